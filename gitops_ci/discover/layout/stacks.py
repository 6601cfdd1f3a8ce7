"""Rules about stacks: two with one id, and environments that do not hold the same ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from gitops_ci.config import FILE
from gitops_ci.discover.layout.subject import Fault, Subject, listed, shown
from gitops_ci.model.stack import Kind

_Key = tuple[Kind, str]


def duplicate_stack(subject: Subject) -> Iterator[Fault]:
    """Two directories with one id: reports, approvals and `--stack` could not tell them apart."""
    paths: dict[str, list[str]] = defaultdict(list)
    for stack in subject.stacks:
        if stack.path not in paths[stack.id]:
            paths[stack.id].append(stack.path)
    for identity, found in paths.items():
        if len(found) > 1:
            yield Fault(
                "error",
                f"{len(found)} directories have the id {shown(identity)}, so none of them can be planned",
                f"Rename all but one of {listed([path or '.' for path in found])}, or use `layout.stacks` in {FILE}.",
                stack=identity,
            )


def environments_differ(subject: Subject) -> Iterator[Fault]:
    """One environment lacks a stack that every other one has."""
    held: dict[str, set[_Key]] = {each.name: set() for each in subject.config.environments}
    for stack in subject.stacks:
        if stack.environment in held:
            held[stack.environment].add((stack.kind, stack.name))
    held = {environment: keys for environment, keys in held.items() if keys}
    if len(held) < 2:
        return
    lacking = {environment: _lacking(held, environment) for environment in held}
    common = set.intersection(*held.values())
    if not subject.chosen.declared and sum(map(len, lacking.values())) > len(common):
        return  # environments that share so little are not meant to be alike
    for environment, keys in lacking.items():
        kinds = {kind for kind, _ in held[environment]}
        others = [other for other in held if other != environment]
        for kind, name in keys:
            if subject.chosen.preset != "article" or kind in kinds:  # else missing-kind says it
                yield _differs(subject, environment, others, f"{kind}/{name}")


def _lacking(held: dict[str, set[_Key]], environment: str) -> list[_Key]:
    others = [keys for other, keys in held.items() if other != environment]
    return sorted(set.intersection(*others) - held[environment])


def _differs(subject: Subject, environment: str, others: list[str], stack: str) -> Fault:
    promoting = {each.promotes_from for each in subject.config.environments if each.name in others}
    last = environment not in promoting  # nothing is promoted from here: the stack may be on its way
    where = [path for path, name in subject.environment_paths.items() if name == environment]
    have = f"which {listed(others)} {'have' if len(others) > 1 else 'has'}"
    add = f"Add it to {environment}, or remove it from {listed(others)} if it is not needed."
    return Fault(
        "notice" if last else subject.severity("warning", "notice"),
        f"{environment} lacks the stack {shown(stack)}, {have}",
        f"Promote it to {environment}, or leave it." if last else add,
        where[0] if where else None,
    )
