"""Policies that nothing in the repository could ever break: a notice, since it may be a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.config import FILE
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy.rego import rules, selection
from gitops_ci.policy.rego.forms import Form
from gitops_ci.policy.rego.policies import Asked, Policies
from gitops_ci.policy.scope import Scope

_NAMES: dict[Form, str] = {
    "review": "Kubernetes objects",
    "object": "Kubernetes objects",
    "plan": "Terraform plans",
    "sql": "SQL files",
    "hcl": "files of Terraform's language",
    "file": "files of a known format",
}
_AT_A_TIME = 200
_HELP = f"Correct `on` or `files` under policy.rego in {FILE}, or remove the policy."


def notices(scope: Scope, policies: Policies, idle: Iterable[Asked]) -> Iterator[Finding]:
    """One for each package whose input is nowhere in the repository; `idle` are those that this change asks nothing.

    Policies that come with gitops-ci are for every repository: with them it is no mistake.
    """
    if policies.family == "builtin":
        return
    there: dict[tuple[frozenset[Form], tuple[str, ...]], bool] = {}
    for asked in idle:
        key = (asked.forms, asked.files)
        if key not in there:
            there[key] = any(_exists(scope.head, form, asked.files) for form in sorted(asked.forms))
        if there[key]:
            continue
        source = policies.sources(asked.package)[0]
        wanted = " or ".join(dict.fromkeys(_NAMES[form] for form in sorted(asked.forms)))
        where = f" at {', '.join(asked.files)}" if asked.files else ""
        message = f"{'.'.join(asked.package)} is asked about {wanted}{where}, and the repository has none"
        yield finding.make("rego/selects-nothing", "notice", message, help=_HELP, path=source.path, line=source.line)


def of_deletions(policies: Policies) -> Iterator[Finding]:
    """One for each package that is asked about reviews and objects to deletions alone: no review is of one."""
    for asked in policies.asked:
        if "review" not in asked.forms or policies.family == "builtin":
            continue
        defined = [each for name in asked.rules for each in rules.definitions(policies, asked.package, name)]
        if defined and all(each.rule.of_deletions for each in defined):
            source, line = defined[0].source, defined[0].rule.line
            message = f"{'.'.join(asked.package)} asks for deletions only, and there are no reviews of those"
            yield finding.make("rego/selects-nothing", "notice", message, help=_HELP, path=source.path, line=line)


def _exists(snapshot: Snapshot, form: Form, patterns: tuple[str, ...]) -> bool:
    if form == "plan":
        return any(path.endswith((".tf", ".tofu", ".tf.json", ".tofu.json")) for path in snapshot.entries)
    wanted = selection.takes(form, patterns)
    paths = [path for path in snapshot.entries if wanted(path)]
    if form not in ("review", "object"):
        return bool(paths)
    for start in range(0, len(paths), _AT_A_TIME):
        for content in snapshot.read_many(paths[start : start + _AT_A_TIME]).values():
            if b"apiVersion" in content and b"kind" in content:
                return True
    return False
