"""The rule family *owners*: who owns the affected stacks by base's CODEOWNERS has to agree, where the gate asks so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from msgspec import Struct, structs

from gitops_ci.config_gate import Approvers
from gitops_ci.gate import approvals, checks, codeowners, quorum
from gitops_ci.gate.case import Case
from gitops_ci.gate.codeowners import Codeowners, Owners
from gitops_ci.gate.lifted import Lifted
from gitops_ci.model.stack import AffectedStack
from gitops_ci.model.verdict import Decision, VerdictReason

RULE = "gate/owners-missing"

_INVALID = "gate/codeowners-invalid"
_UNKNOWN = "gate/owners-unknown"
_WHO = "whoever maintains CODEOWNERS on the base branch"
_MEND = "mend it on the base branch: what it says now would leave somebody out"


class Need(Struct, frozen=True, kw_only=True):
    """Owners of whom one has to agree, for stacks (ids) of an environment; `path` is one that they own.

    `owners` are None where CODEOWNERS says nothing of the path.
    """

    environment: str
    owners: Owners | None
    stacks: tuple[str, ...]
    path: str


def reasons(case: Case) -> Iterator[VerdictReason]:
    """Which owners still have to agree, and why that cannot be told."""
    if not case.pull_requests:
        return
    file = codeowners.read(case.base.snapshot)
    for environment in _asking(case):
        yield from checks.weighed(_unusable(file, environment), environment, case.config)
    for need in needs(case, file):
        yield from checks.weighed(_judged(need, case), need.environment, case.config)
    yield from _of_the_file(case, file)


def lifted(case: Case) -> Iterator[Lifted]:
    """Which owners agreed, where that is enough."""
    for need in needs(case, codeowners.read(case.base.snapshot)) if case.pull_requests else ():
        asked = need.owners.approvers if need.owners is not None else Approvers()
        for pull_request in case.pull_requests if asked.named else ():
            count = quorum.of(pull_request, asked, 1)
            if count.decision == "pass":
                yield Lifted(
                    rule=RULE,
                    how="review",
                    what=f"{approvals.of_stacks(need.stacks)}: {need.path}",
                    by=count.given,
                    where=need.environment,
                    pull_request=pull_request.number,
                    commit=pull_request.head,
                )


def needs(case: Case, file: Codeowners) -> tuple[Need, ...]:
    """Whose owners are asked: of each changed file that reaches a stack, and of the stack's own where it is reached.

    A file that changes in the stack's directory asks its own owners; one that reaches it from elsewhere asks all owners
    of the stack's own files, and its own owners where it has some.
    """
    found: dict[tuple[str, Owners | None], dict[str, str]] = {}
    owners_of = cache(file.of)
    asking = _asking(case) if file.path is not None else ()
    for stack in case.stacks:
        if stack.change != "unmodified" and stack.environment in asking:
            for path, owners in _of_stack(stack, case, owners_of).items():
                if owners is None or not owners.nobody:
                    found.setdefault((stack.environment, owners), {}).setdefault(stack.id, path)
    return tuple(
        Need(environment=environment, owners=owners, stacks=tuple(sorted(stacks)), path=min(stacks.values()))
        for (environment, owners), stacks in found.items()
    )


def of_path(path: str, file: Codeowners) -> Approvers:
    """Who has to agree to a change of a file: its owners, or anybody where nobody is named who can be told."""
    owners = file.of(path) if not file.problems else None
    return owners.approvers if owners is not None else Approvers()


def _asking(case: Case) -> tuple[str, ...]:
    """The environments of affected stacks whose gate asks for owners."""
    names = dict.fromkeys(stack.environment for stack in case.stacks if stack.change != "unmodified")
    return tuple(name for name in names if case.config.gate(name).owners)


def _of_stack(
    stack: AffectedStack, case: Case, owners_of: Callable[[str], Owners | None]
) -> Mapping[str, Owners | None]:
    """Path → owners, of every path that is looked at for a stack."""
    inside = f"{stack.path}/" if stack.path else ""
    changed = [reason.path for reason in stack.reasons]
    own = [path for path in changed if path.startswith(inside)]
    elsewhere = [path for path in changed if not path.startswith(inside)]
    if elsewhere or not own:
        own += _files(stack, case, inside)
    found = {path: owners_of(path) for path in own or (stack.path,)}
    return found | {path: owners for path in elsewhere if (owners := owners_of(path)) is not None}


def _files(stack: AffectedStack, case: Case, inside: str) -> Iterable[str]:
    """What a stack reads in its own directory, at either end."""
    read = {path for end in (case.head, case.base) for path in end.graph.closure(stack.id, end.snapshot)}
    return sorted(path for path in read if path.startswith(inside))


def _judged(need: Need, case: Case) -> Iterator[VerdictReason]:
    if need.owners is None or not need.owners.approvers.named:  # no approvers at all would be everybody
        says = "names no owner" if need.owners is None else "knows the owner only by mail, which is no account,"
        message = f"{approvals.of_stacks(need.stacks)}: CODEOWNERS of the base branch {says} of {need.path}"
        remedy = "name an account or a team there, or its pattern alone where nobody has to agree"
        yield _reason(_UNKNOWN, "undecided", message, remedy)
        return
    asked = need.owners.approvers
    for pull_request in case.pull_requests:
        subject = approvals.subject(RULE, need.stacks, pull_request, case)
        about = structs.replace(subject, what=f"{subject.what}an owner of {need.path}: ", who=quorum.who(asked))
        yield from quorum.reasons(quorum.of(pull_request, asked, 1), about)


def _unusable(file: Codeowners, environment: str) -> Iterator[VerdictReason]:
    if file.path is None:
        message = f"{environment} asks for the owners of its stacks, and the base branch has no CODEOWNERS"
        remedy = "add .github/CODEOWNERS to the base branch, or take `owners` out of its gate"
        yield _reason(_INVALID, "undecided", message, remedy)
    elif file.problems:
        yield _reason(_INVALID, "undecided", f"the base branch's {_told(file)}", _MEND)


def _of_the_file(case: Case, file: Codeowners) -> Iterator[VerdictReason]:
    """A change must leave a CODEOWNERS that the next one can be judged by; this one is judged by the old."""
    asking = [each for each in case.config.environments if case.config.gate(each.name).owners]
    after = codeowners.read(case.head.snapshot)
    if not asking or (file.path is None and after.path is None) or not _is_other(case, file, after):
        return
    if after.path is None:
        message = f"{file.path} is deleted, and {asking[0].name} asks for the owners of its stacks"
        found = _reason(_INVALID, "blocked", message, "keep it, or take `owners` out of the gate first")
    elif after.problems:
        found = _reason(_INVALID, "blocked", f"this leaves a {_told(after)}", "mend it at the line named")
    else:
        return
    weighing = next((each.name for each in asking if each.enforcement == "block"), asking[0].name)
    yield from checks.weighed((found,), weighing, case.config)


def _is_other(case: Case, before: Codeowners, after: Codeowners) -> bool:
    entries = case.base.snapshot.entries.get(before.path or ""), case.head.snapshot.entries.get(after.path or "")
    return before.path != after.path or entries[0] != entries[1]


def _told(file: Codeowners) -> str:
    """The file and what is wrong with it."""
    lines = (f"line {number}: {problem}" if number else problem for number, problem in file.problems)
    return f"{file.path} cannot be relied on: {quorum.some(lines, '; ')}"


def _reason(rule: str, decision: Decision, message: str, remedy: str) -> VerdictReason:
    return VerdictReason(rule=rule, decision=decision, message=message, remedy=remedy, who=_WHO)
