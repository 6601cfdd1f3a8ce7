"""The configuration that the engine wrote for objects that are imported, to be copied into the repository."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.plan import Change
from gitops_ci.render import words
from gitops_ci.render.comment.page import Page, Section, fit, folded
from gitops_ci.render.told import Told
from gitops_ci.render.untrusted import code, cut, fence, text

_MOST = 20
_LINES = 60
_WIDTH = 200
_FRAME = 250


def section(page: Page, room: int) -> Section:
    """One folded part for all stacks; nothing where nothing was generated."""
    written = [(each, change) for each in page.told if each.row.plan for change in _generated(each)]
    fitted = fit(_parts(written), len(written), room - _FRAME, _MOST)
    left = (("generated configuration", fitted.left_out),)
    if not fitted.pieces:
        return Section("", left)
    summary = f"<b>Configuration that was generated</b> for {words.several(len(written), 'import')}"
    return Section(folded(summary, "\n\n".join(fitted.pieces)), left)


def _generated(each: Told) -> Iterator[Change]:
    for change in each.new(each.row.plan.changes) if each.row.plan else ():
        if change.generated_config:
            yield change


def _parts(written: list[tuple[Told, Change]]) -> Iterator[str]:
    for each, change in written:
        lines = (change.generated_config or "").strip("\n").split("\n")
        shown = [cut(line, _WIDTH) for line in lines[:_LINES]]
        rest = len(lines) - len(shown)
        shown += [f"# {words.several(rest, 'more line')}, in the report"] if rest else []
        head = f"{code(cut(change.address, 200))} in {text(cut(each.row.id, 200))}:"
        yield f"{head}\n\n{fence(chr(10).join(shown), 'hcl')}"
