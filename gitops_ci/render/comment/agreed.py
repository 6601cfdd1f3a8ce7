"""What would have held the change up, and who answers for it: approvals, labels and waivers that were used."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.verdict import Lifted
from gitops_ci.render import words
from gitops_ci.render.comment.page import Page, Section, fit, folded, row, table
from gitops_ci.render.links import anchor
from gitops_ci.render.untrusted import code, cut, text

_MOST = 50
_WIDTH = 300
_FRAME = 200


def section(page: Page, room: int) -> Section:
    """A folded table; nothing where nobody had to agree to anything."""
    lifted = page.report.verdict.lifted if page.report.verdict is not None else ()
    if not lifted:
        return Section("", ())
    fitted = fit(_lines(page, lifted), len(lifted), room - _FRAME, _MOST)
    if not fitted.pieces:
        return Section("", (("agreement", fitted.left_out),))
    told = table(("Agreed to", "Rule", "By"), "lll", fitted.pieces)
    return Section(folded(words.several(len(lifted), "agreement"), told), (("agreement", fitted.left_out),))


def _lines(page: Page, lifted: tuple[Lifted, ...]) -> Iterator[str]:
    for each in lifted:
        why = f": {text(cut(each.why, _WIDTH))}" if each.why else ""
        until = f" until {text(cut(each.until, 40))}" if each.until else ""
        rule = anchor(code(cut(each.rule, 80)), page.links.rule(each.rule))
        by = ", ".join(text(cut(login, 60)) for login in each.by[:5])
        yield row(f"{text(cut(each.what, _WIDTH))}{why}", rule, f"{by} ({each.how}){until}")
