from __future__ import annotations

from gitops_ci.model.plan import Observation
from gitops_ci.render import markdown
from tests.unit.render import example

PATH = "migrations/004_x.sql"


def seen(what: str, address: str, **fields: object) -> Observation:
    return Observation(what=what, address=address, message="m", path=PATH, line=2, **fields)  # type: ignore[arg-type]


RAN = seen("ran", "004_x", seconds=0.0123)
LOCK = seen("lock", "table users", mode="AccessExclusiveLock", seconds=0.1)
AGAIN = seen("lock", "table users", mode="AccessExclusiveLock")
REWRITE = seen("rewrite", "table users")


def comment(*trials: tuple[Observation, ...]) -> str:
    plans = [
        example.planned(f"{environment}/database/app", [example.update("table users")], observations=observations)
        for environment, observations in zip(("production", "staging"), trials, strict=False)
    ]
    return markdown.comment(example.report(*plans))


def test_each_migration_has_its_time_its_strongest_locks_and_its_rewrites() -> None:
    shown = comment((RAN, LOCK, AGAIN, REWRITE, REWRITE))
    assert "Tried on a throw-away PostgreSQL</b> · 1 migration" in shown
    assert f"| `{PATH}` | 12 ms | `table users` ACCESS EXCLUSIVE | `table users` |" in shown


def test_what_several_stacks_see_alike_is_told_once() -> None:
    later = seen("ran", "004_x", seconds=0.5)
    assert comment((RAN, LOCK), (later, LOCK)).count(f"| `{PATH}`") == 1
    assert comment((RAN, LOCK), (RAN,)).count(f"| `{PATH}`") == 2


def test_nothing_is_said_where_nothing_was_tried() -> None:
    assert "Tried on" not in comment((seen("not-tried", "x"),))
    assert "| 12 ms |  |  |" in comment((RAN,))


def test_a_mode_that_is_none_is_shown_as_it_is() -> None:
    odd = seen("lock", "t", mode="<b>", seconds=1.0)
    assert "&lt;b&gt;" in comment((RAN, odd)) or "`<b>`" in comment((RAN, odd))
