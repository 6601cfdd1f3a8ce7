"""Findings from checkov's answers: rules, places, severities, and which inline skips count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec
from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.policy import addresses, secrets
from gitops_ci.policy.checkov import places, severities, skips
from gitops_ci.policy.checkov.job import Failed, Form
from gitops_ci.policy.checkov.skips import Skip
from gitops_ci.policy.scope import Scope

_INDEX = "https://www.checkov.io/5.Policy%20Index"
_PAGES: dict[Form, str] = {"terraform_plan": "terraform", "terraform_json": "terraform", "helm": "kubernetes"}
_OBJECTS = ("kubernetes", "helm")
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,80}")
_REQUEST = "policy/waiver-requested"


class Seen(Struct, frozen=True):
    """One failed check as a finding, where it is, and the lines that a skip of it may stand in."""

    found: Finding
    framework: Form
    begin: int
    end: int


def of_file(failed: Failed, framework: Form, scope: Scope) -> Seen:
    """A failed check of a file."""
    owners = scope.owners.get(failed.path, ())
    stack = owners[0] if len(owners) == 1 else None
    resource = failed.resource
    if framework == "dockerfile":
        resource = resource.rpartition(".")[2] or failed.path.rpartition("/")[2]  # before it is the file's path
    line = failed.line if framework != "helm" else 0  # it counts the lines of what a template renders to
    return _seen(failed, framework, resource, path=failed.path, line=line, stack=stack)


def of_plan(failed: Failed, stack: str, scope: Scope, ends: tuple[Snapshot | None, ...]) -> Seen:
    """A failed check of a plan, where the first of `ends` has the resource; without a line where none has it."""
    directory = scope.stacks[stack].path if stack in scope.stacks else ""
    place = next(
        (place for end in ends if end is not None and (place := places.of(failed.resource, directory, end))), None
    )
    return _seen(
        failed,
        "terraform_plan",
        secrets.masked(failed.resource),  # keys of instances may come from anywhere
        path=place.path if place is not None else None,
        line=place.line if place is not None else 0,
        stack=stack,
    )


def _seen(failed: Failed, framework: Form, resource: str, *, path: str | None, line: int, stack: str | None) -> Seen:
    check = failed.check if _ID.fullmatch(failed.check) else "unknown"
    page = _PAGES.get(framework, framework)
    url = failed.guideline if failed.guideline.startswith("https://") else f"{_INDEX}/{page}.html"
    found = finding.make(
        f"checkov/{check}",
        severities.of(check),
        f"{resource}: {failed.name}",
        help=_help(resource, check, failed.name),
        path=path or None,
        line=line or None,
        stack=stack,
    )
    found = finding.about(found, addresses.of_checkov(resource) if framework in _OBJECTS else resource or None)
    end = failed.end if framework not in ("terraform_plan", "helm") else line
    return Seen(msgspec.structs.replace(found, url=url), framework, line, max(line, end))


def _help(resource: str, check: str, name: str) -> str:
    """What to do. A check is called after what it wants ("Ensure …"), or after what it found: then its page says."""
    if name.lower().startswith("ensure "):
        return f"Change {resource} so that this holds: {name.rstrip('.')}."
    return f"Change {resource} so that {check} no longer finds this; the rule's page says how."


class Judge:
    """Says which inline skips count: those that base has in the same block, all of them where nothing is compared."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._head = cache(self._in_head)
        self._base = cache(self._in_base)
        self.requests: dict[tuple[str, str, str], Finding] = {}

    def _in_head(self, path: str, framework: Form) -> tuple[Skip, ...]:
        return skips.found(self._scope.head.read(path) or b"", framework, path)

    def _in_base(self, path: str, framework: Form) -> tuple[Skip, ...]:
        base = self._scope.base
        return skips.found((base.read(path) if base is not None else None) or b"", framework, path)

    def judged(self, seen: Seen, found: Finding) -> Finding:
        """`found`, which is what was seen beside base, waived where base has the skip.

        A new skip becomes a request of its own, and so does one in an altered block where something new is found.
        """
        path = found.path
        if path is None:
            return found
        check = found.rule.partition("/")[2]
        for skip in self._head(path, seen.framework):
            if skip.check != check or skip.begin > seen.end or skip.end < seen.begin:
                continue
            is_known = self._scope.base is None
            standing = "same" if is_known else skips.standing(skip, self._base(path, seen.framework))
            if standing == "same":
                waiver = Waiver(what="checkov:skip", owner="the base branch", reason=skip.reason or "no reason given")
                return msgspec.structs.replace(found, waived_by=waiver)
            if standing == "new" or found.state == "new":
                is_altered = standing == "altered"
                self.requests.setdefault((path, check, skip.within), _request(found, skip, self._scope, is_altered))
        return found


def _request(found: Finding, skip: Skip, scope: Scope, is_altered: bool) -> Finding:
    reason = f": {skip.reason}" if skip.reason else ", without a reason"
    why = "stands in something that is altered here" if is_altered else "is new here"
    return finding.make(
        _REQUEST,
        "warning",
        f"`checkov:skip={skip.check}` {why} and asks for a waiver{reason}",
        help="It counts once base has it. Until then the finding stands, unless an owner of the file approves it:"
        f" with a waiver for {found.rule} in {scope.config.policy.waivers} of the base branch.",
        path=found.path,
        line=found.line,
        stack=found.stack,
    )


def unreadable(path: str, why: str, scope: Scope) -> Finding:
    """A file that checkov should have looked at and could not."""
    owners = scope.owners.get(path, ())
    return finding.make(
        "checkov/unreadable",
        "error",
        f"checkov cannot read this file, so none of its checks looked at it: {why}",
        help="Mend the file. If it is as it has to be, let its owners waive this rule for it.",
        path=path,
        stack=owners[0] if len(owners) == 1 else None,
    )


def not_rendered(path: str, why: str, scope: Scope) -> Finding:
    """A Helm chart that nobody looked at; `path` is its `Chart.yaml`."""
    path = path.lstrip("/")
    owners = scope.owners.get(path, ())
    help = "Have helm on PATH, keep the chart's dependencies in its charts/, and give required values a default."
    stack = owners[0] if len(owners) == 1 else None
    return finding.make("checkov/chart-not-rendered", "notice", why, help=help, path=path, stack=stack)


def all_requests(judge: Judge) -> Iterator[Finding]:
    """The requests, in the order of their places."""
    yield from (judge.requests[key] for key in sorted(judge.requests))
