"""How the change reaches the stacks: changed things, shared parts, stacks, as a small Mermaid flowchart."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from gitops_ci.model.stack import AffectedStack, Reason
from gitops_ci.render.comment.page import Page, Section, units
from gitops_ci.render.untrusted import mermaid_label

_MOST_STACKS = 12
_MOST_PARTS = 16
_MOST_EDGES = 40

Edge = tuple[tuple[str, str], tuple[str, str]]
"""From a node to a node, each a shape (`changed`, `part`, `stack`) and a name."""

_SHAPES = {"changed": ("([", "])"), "part": ("[", "]"), "stack": ("[[", "]]")}


def section(page: Page, room: int) -> Section:
    """The flowchart; nothing where every stack is affected by its own files only, or where the chart would be large."""
    names = _stack_names(page.report.stacks)
    edges = dict.fromkeys(
        edge for stack in page.report.stacks for reason in stack.reasons for edge in _way(reason, names[stack.id])
    )
    parts = {node for edge in edges for node in edge if node[0] != "stack"}
    if not edges or len(edges) > _MOST_EDGES or len(parts) > _MOST_PARTS:
        return Section("", (("graph", 1),) if edges else ())
    drawn = _draw(list(edges))
    return Section(drawn) if units(drawn) <= room else Section("", (("graph", 1),))


def _stack_names(stacks: tuple[AffectedStack, ...]) -> dict[str, str]:
    """What each stack is called: its id, or where there are many their number, environment and kind."""
    reached = [stack for stack in stacks if any(reason.via for reason in stack.reasons)]
    if len(reached) <= _MOST_STACKS:
        return {stack.id: stack.id for stack in stacks}
    sizes = Counter((stack.environment, stack.kind) for stack in reached)
    return {
        stack.id: f"{sizes[stack.environment, stack.kind]} in {stack.environment}/{stack.kind}"
        if sizes[stack.environment, stack.kind] > 1
        else stack.id
        for stack in stacks
    }


def _way(reason: Reason, stack: str) -> list[Edge]:
    """The edges from a changed file to a stack; a part that holds the file stands for it."""
    if not reason.via:
        return []
    inside = reason.path == reason.via[0] or reason.path.startswith(f"{reason.via[0]}/")
    first = ("changed", reason.via[0] if inside else reason.path)
    nodes = [first, *(("part", part) for part in (reason.via[1:] if inside else reason.via)), ("stack", stack)]
    return list(pairwise(nodes))


def _draw(edges: list[Edge]) -> str:
    changed = {name for edge in edges for shape, name in edge if shape == "changed"}
    numbers: dict[tuple[str, str], str] = {}
    targets: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for edge in edges:
        start, end = (
            ("changed", name) if shape == "part" and name in changed else (shape, name) for shape, name in edge
        )
        targets.setdefault(start, []).append(end)
    lines = []
    for start, ends in targets.items():
        first, *others = [_node(node, numbers) for node in (start, *ends)]
        lines.append(f"  {first} --> {' & '.join(others)}")
    return "\n".join(("```mermaid", "flowchart LR", *lines, "```"))


def _node(node: tuple[str, str], numbers: dict[tuple[str, str], str]) -> str:
    """A node's number, with its shape and label where it is drawn first."""
    if node in numbers:
        return numbers[node]
    numbers[node] = f"n{len(numbers)}"
    opening, closing = _SHAPES[node[0]]
    return f"{numbers[node]}{opening}{mermaid_label(node[1])}{closing}"
