"""What migrations did when they were tried: how long each took, what it locked and what it wrote anew."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.model.plan import Observation
from gitops_ci.render import words
from gitops_ci.render.comment.page import Page, Section, fit, folded, row, table
from gitops_ci.render.links import place
from gitops_ci.render.untrusted import code, cut

_FRAME = 300
_MOST = 40
_TABLES = 6
"""Tables that are named in one cell."""
_NAME = 80
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_Trial = tuple[Observation, ...]
"""What was seen of one migration; that it ran comes first."""


def section(page: Page, room: int) -> Section:
    """A row for each migration that was tried, told once where several stacks get it."""
    trials = tuple(_trials(page).values())
    fitted = fit((_row(page, trial) for trial in trials), len(trials), room - _FRAME, _MOST)
    left = (("tried migration", fitted.left_out),) if fitted.left_out else ()
    if not fitted.pieces:
        return Section("", left)
    summary = f"<b>Tried on a throw-away PostgreSQL</b> · {words.several(len(trials), 'migration')}"
    return Section(folded(summary, table(("Migration", "Time", "Locks", "Rewrites"), "lrll", fitted.pieces)), left)


def _trials(page: Page) -> dict[tuple[object, ...], _Trial]:
    found: dict[tuple[object, ...], _Trial] = {}
    for each in page.rows:
        seen = each.plan.observations if each.plan else ()
        for ran in seen:
            if ran.what == "ran":
                its = [other for other in seen if other.what in ("lock", "rewrite") and other.path == ran.path]
                key = (ran.path, *((other.what, other.address, other.mode) for other in its))
                found.setdefault(key, (ran, *its))
    return found


def _row(page: Page, trial: _Trial) -> str:
    ran, *seen = trial
    strongest = [each for each in seen if each.what == "lock" and each.seconds is not None]
    rewritten = dict.fromkeys(each.address for each in seen if each.what == "rewrite")
    return row(
        place(page.links, ran.path, None) if ran.path else code(cut(ran.address, _NAME)),
        f"{(ran.seconds or 0) * 1000:,.0f} ms",
        _some(f"{code(cut(each.address, _NAME))} {_mode(each)}" for each in strongest),
        _some(code(cut(address, _NAME)) for address in rewritten),
    )


def _mode(lock: Observation) -> str:
    """`AccessExclusiveLock` as its documentation has it; any other text as code."""
    word = lock.mode or ""
    plain = _WORDS.sub(" ", word.removesuffix("Lock")).upper()
    return plain if re.fullmatch(r"[A-Z ]{1,40}", plain) else code(cut(word, _NAME))


def _some(cells: Iterator[str]) -> str:
    shown = [*cells]
    more = f" and {len(shown) - _TABLES:,} more" if len(shown) > _TABLES else ""
    return ", ".join(shown[:_TABLES]) + more
