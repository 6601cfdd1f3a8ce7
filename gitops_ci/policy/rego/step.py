"""Asks policies about both ends of a change and makes findings of what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from gitops_ci.errors import GitopsError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy import comparison
from gitops_ci.policy.rego import existence
from gitops_ci.policy.rego.asking import Asking
from gitops_ci.policy.rego.contents import Contents
from gitops_ci.policy.rego.engine import RegoEngine
from gitops_ci.policy.rego.inputs import Input, Reading, Subject
from gitops_ci.policy.rego.policies import Asked, Policies
from gitops_ci.policy.rego.telling import Telling
from gitops_ci.policy.scope import Scope, Told

Engine = Callable[[], RegoEngine]
"""Starts the engine the first time that there is something to ask. Raises ToolError where there is none."""


def check(
    scope: Scope,
    policies: Policies,
    engine: Engine,
    *,
    more: Iterable[Finding] = (),
    subject: Subject | None = None,
) -> Told:
    """What the policies say, compared with base; `more` are findings about the policies themselves.

    `subject` gives what reviews and plans have as `input.gitops_ci`. Whatever keeps a policy from an answer is a
    problem of the run; what others found is kept.
    """
    reading, asking, telling = Reading(scope, subject), Asking(policies, engine), Telling(scope, policies)
    base: list[Finding] = []
    head: list[Finding] = []
    looked_at: set[bytes] = set()
    idle: list[Asked] = []
    missing: list[Problem] = []
    for group in _groups(policies.asked):
        ends = [reading.ends(form, group[0].files) for form in sorted(group[0].forms)]
        before, after = _distinct(end.base for end in ends), _distinct(end.head for end in ends)
        idle += () if after else group
        if not (before or after):
            continue
        try:
            asking.ask(group, dict.fromkeys(each.payload for each in (*after, *before)))
        except GitopsError as error:
            missing = [Problem(code="missing", message=": ".join(filter(None, (error.message, error.hint))))]
            break
        looked_at.update(each.payload for each in after)
        telling.note(asking.problems(group, after))
        base += telling.findings(group, before, asking)
        head += telling.findings(group, after, asking)
    unread = reading.contents.unreadable
    found = tuple(_compared((*unread[0], *base), (*unread[1], *head)))
    run = PolicyRun(
        name=policies.family,
        engine=asking.engine,
        inputs=len(looked_at),
        policies=len(policies.asked)
        if policies.family == "builtin"
        else sum(len(each.rules) for each in policies.asked),
        problems=tuple(dict.fromkeys((*policies.problems, *missing, *reading.contents.problems, *telling.problems))),
    )
    notices = (
        *existence.notices(scope, policies, idle),
        *existence.of_deletions(policies),
        *_unrendered(reading.contents),
    )
    return Told((*more, *found, *notices), run)


def _compared(base: Iterable[Finding], head: Iterable[Finding]) -> Iterator[Finding]:
    """Both ends compared, what an exception excuses by itself: one that base excused and head does not is new."""
    ends = tuple(base), tuple(head)
    for excused in (False, True):
        before, after = (tuple(each for each in end if (each.waived_by is not None) is excused) for end in ends)
        yield from comparison.against(before, after)


def _groups(asked: Iterable[Asked]) -> tuple[tuple[Asked, ...], ...]:
    """What is asked about the same documents, together: the engine is called once for each group."""
    groups: dict[tuple[frozenset[str], tuple[str, ...]], list[Asked]] = {}
    for each in asked:
        groups.setdefault((each.forms, each.files), []).append(each)
    return tuple(map(tuple, groups.values()))


def _distinct(ends: Iterable[tuple[Input, ...]]) -> tuple[Input, ...]:
    """Each document once, also where two forms of it are the same."""
    found: dict[tuple[bytes, str | None, str, str | None, object], Input] = {}
    for inputs in ends:
        for each in inputs:
            found.setdefault((each.payload, each.path, each.about, each.stack, each.place), each)
    return tuple(found.values())


def _unrendered(contents: Contents) -> Iterator[Finding]:
    """What templates and kustomizations make is not known yet, and nobody shall think that it was judged."""
    if contents.templates:
        first, count = min(contents.templates), len(contents.templates)
        files = "1 template is" if count == 1 else f"{count} templates are"
        message = f"{files} judged by Rego policies as written, if at all: what comes of a template is not known here"
        help = "Render it in the repository (`helm template`), or have a policy check what is rendered."
        yield finding.make("rego/template", "notice", message, help=help, path=first)
    for path, each in contents.kustomizations("head").items():
        if each.unseen and path in contents.paths and path not in contents.scope.rendered_head.instead_of:
            message = f"what {', '.join(each.unseen)} of this kustomization make is not judged by Rego policies"
            help = "Look at it by hand, or render it in the repository (`kustomize build`)."
            stack = contents.stack(path)
            found = finding.make("rego/kustomization", "notice", message, help=help, path=path, stack=stack)
            is_old = contents.scope.base is not None and path not in contents.changed
            yield msgspec.structs.replace(found, state="existing") if is_old else found
