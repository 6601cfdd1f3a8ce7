"""What is ahead of what, and the change that promotes one stack: as lines, as Markdown, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from gitops_ci.gate.promotion.ahead import Difference, Standing
from gitops_ci.gate.promotion.pieces import WORDS
from gitops_ci.gate.promotion.writing import Written
from gitops_ci.render import words
from gitops_ci.render.lines import EMPTY, Line, line, span, tree
from gitops_ci.render.untrusted import code, cut, text

SCHEMA = "gitops-ci/promote/1"
_MOST = 3
_NONE = "—"
_WIDTH = 60


class Branch(Struct, frozen=True, kw_only=True):
    """An environment that is a branch: how many commits its source has that it lacks, and the other way round.

    None where this clone lacks one of the branches.
    """

    branch: str
    source: str
    ahead: int | None
    behind: int | None


class Step(Struct, frozen=True, kw_only=True):
    """One environment and the one that it is promoted from; `branch` where they are branches."""

    environment: str
    promotes_from: str
    stacks: tuple[Standing, ...] = ()
    branch: Branch | None = None


def lines(steps: Sequence[Step]) -> list[Line]:
    """A tree: environments, their stacks, what is ahead."""
    found: list[Line] = []
    for step in steps:
        found.append(line(span(step.environment, "title"), span(f" ← {step.promotes_from}", "dim")))
        found += tree([*_branch(step), *((_head(each), _below(each)) for each in step.stacks if not each.same)])
        found += [*_rest(step), EMPTY]
    if not found:
        return [line("no environment is promoted from another (promotes_from in gitops-ci.yml)")]
    return found[:-1]


def _branch(step: Step) -> Iterator[tuple[Line, list[Line]]]:
    if step.branch is not None:
        yield line(f"branch {step.branch.branch}", span(f"  {_commits(step.branch)}", "dim")), []


def _commits(branch: Branch) -> str:
    if branch.ahead is None or branch.behind is None:
        return f"not known: this clone lacks it, or {branch.source}"
    if not branch.ahead and not branch.behind:
        return f"the same as {branch.source}"
    told = f"{words.several(branch.ahead, 'commit')} of {branch.source} to promote"
    return f"{told}, {branch.behind:,} that {branch.source} lacks" if branch.behind else told


def _head(standing: Standing) -> Line:
    label = standing.stack.partition("/")[2]
    return line(label, span(f"  {only}", "dim")) if (only := _only(standing)) else line(label)


def _only(standing: Standing) -> str:
    if standing.here is None and standing.counterpart is not None:
        return f"only in {standing.counterpart.environment}"
    return f"only in {standing.here.environment}" if standing.here is not None and standing.counterpart is None else ""


def _below(standing: Standing) -> list[Line]:
    rows = [(_subject(each), _versions(each.here), _versions(each.there)) for each in standing.differences]
    first, second = (max((len(row[index]) for row in rows), default=0) for index in (0, 1))
    found = [
        line(
            f"{name:<{first}}  {here:<{second}}",
            span(" → ", "dim"),
            span(there, "update" if each.newer_here else "create"),
            span("  newer here" if each.newer_here else "", "dim"),
        )
        for each, (name, here, there) in zip(standing.differences, rows, strict=True)
    ]
    found += [line(span(f"not known: {each.path}: {each.message}", "undecided")) for each in standing.unread]
    return found


def _subject(difference: Difference) -> str:
    """The thing; of a long name the end, which tells it from others."""
    name = difference.name if len(difference.name) <= _WIDTH else f"…{difference.name[1 - _WIDTH :]}"
    return f"{WORDS.get(difference.what, difference.what)} {name}".rstrip()


def _versions(versions: Sequence[str]) -> str:
    listed = ", ".join(cut(each, _WIDTH) for each in versions[-_MOST:])
    return (f"{len(versions) - _MOST:,} more, {listed}" if len(versions) > _MOST else listed) or _NONE


def _rest(step: Step) -> Iterator[Line]:
    same = sum(each.same for each in step.stacks)
    if not step.stacks and step.branch is None:
        yield line(span(f"no stack in {step.environment} or {step.promotes_from}", "dim"))
    elif same:
        yield line(span(f"{words.several(same, 'stack')} the same as in {step.promotes_from}", "dim"))


def written(found: Written, places: Iterable[str]) -> list[Line]:
    """The change of one stack: what it brings, what has to be brought by hand, where it went."""
    told = [line(span(found.stack, "title"), span(f" ← {found.source}", "dim"))]
    told += tree([(line(span("+ ", "create"), each), []) for each in found.done])
    told += [line(span("by hand  ", "undecided"), each) for each in found.by_hand]
    if not found.done and not found.by_hand:
        told.append(line("nothing to promote"))
    return [*told, *(line(span("  wrote ", "dim"), place) for place in places)]


def markdown(steps: Sequence[Step]) -> str:
    """A table for each environment."""
    parts: list[str] = []
    for step in steps:
        parts.append(f"### {text(step.environment)} ← {text(step.promotes_from)}\n")
        if step.branch is not None:
            parts.append(f"Branch {code(step.branch.branch)}: {text(_commits(step.branch))}.\n")
        rows = [row for each in step.stacks if not each.same for row in _rows(each)]
        if rows:
            head = f"| Stack | What | {text(step.environment)} | {text(step.promotes_from)} |\n|---|---|---|---|\n"
            parts.append(head + "".join(f"{row}\n" for row in rows))
        parts += [f"{text(each.plain)}.\n" for each in _rest(step)]
    return "\n".join(parts) or "No environment is promoted from another.\n"


def _rows(standing: Standing) -> Iterator[str]:
    stack = code(standing.stack.partition("/")[2])
    if only := _only(standing):
        yield f"| {stack} | {text(only)} | | |"
    for each in standing.differences:
        yield f"| {stack} | {text(_subject(each))} | {_cell(each.here)} | {_cell(each.there)} |"
    for wrong in standing.unread:
        yield f"| {stack} | not known: {code(wrong.path)} {text(wrong.message)} | | |"


def _cell(versions: Sequence[str]) -> str:
    return code(_versions(versions)) if versions else _NONE


def body(found: Written) -> str:
    """What a pull request that promotes a stack says of itself."""
    brought = "".join(f"- {text(each)}\n" for each in found.done)
    by_hand = "".join(f"- {text(each)}\n" for each in found.by_hand)
    rest = f"\nWhat this does not bring, and somebody has to bring by hand:\n\n{by_hand}" if by_hand else ""
    return f"Brings to {code(found.stack)} what {code(found.source)} has:\n\n{brought}{rest}"


def document(steps: Sequence[Step], tree: str) -> dict[str, Any]:
    """The JSON document."""
    return {"schema": SCHEMA, "tree": tree, "environments": [_step(step) for step in steps]}


def _step(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {"environment": step.environment, "promotes_from": step.promotes_from}
    if step.branch is not None:
        found["branch"] = step.branch
    found["stacks"] = [
        {
            "stack": each.stack,
            "counterpart": each.counterpart.id if each.counterpart is not None else None,
            "exists": each.here is not None,
            "same": each.same,
            "differences": each.differences,
            "unread": [{"path": one.path, "line": one.line, "message": one.message} for one in each.unread],
        }
        for each in step.stacks
    ]
    return found


def document_of(found: Written, *, patch: str | None, pull_request: str | None) -> dict[str, Any]:
    """The JSON document of one stack's promotion: where its patch is, or the pull request."""
    return {
        "schema": SCHEMA,
        "stack": found.stack,
        "counterpart": found.source,
        "done": found.done,
        "by_hand": found.by_hand,
        "files": [each.path for each in found.files],
        "patch": patch,
        "pull_request": pull_request,
    }
