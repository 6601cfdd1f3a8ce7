"""What the tests of the lint share: one new migration on a set that is there, and a squawk that says what it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.errors import ToolError
from gitops_ci.kinds import database
from gitops_ci.kinds.database.rules import catalog, step
from gitops_ci.kinds.database.rules.squawk import Answer, Answers, Linter
from gitops_ci.model.plan import Engine, Plan
from gitops_ci.policy.rules import pages
from gitops_ci.policy.scope import Scope, Told

PAGE = Path(__file__).parents[5] / "docs/rules/database.md"
_FENCE = re.compile(r"```sql\n(.*?)```", re.DOTALL)

BASE = {"migrations/001_base.sql": "CREATE TABLE users (id int, email text);\nCREATE TABLE orders (id int);\n"}


class Silent:
    """A squawk that finds what it is told, in every file."""

    def __init__(self, *answers: Answer, fails: str = "") -> None:
        self.answers = answers
        self.fails = fails
        self.texts: Mapping[str, str] = {}

    def run(self, texts: Mapping[str, str]) -> Answers:
        self.texts = texts
        if self.fails:
            raise ToolError(self.fails)
        engine = Engine(name="squawk", version="2.70.0", source="embedded")
        return Answers(engine=engine, by_path=dict.fromkeys(texts, self.answers))


def lint(
    head: Mapping[str, bytes | str],
    base: Mapping[str, bytes | str] | None = None,
    *,
    linter: Linter | None = None,
    plans: tuple[Plan, ...] = (),
    config: Config = DEFAULT,
) -> Told:
    """What the checker says of every database stack of `head`."""
    before, now = snapshots.of(base or {}), snapshots.of(head)
    stacks = {stack.id: stack for stack in database.find(now, config).stacks}
    scope = Scope(rules=before, base=before, head=now, config=config, stacks=stacks)
    told = step.check(scope, linter or Silent(), plans)
    assert told is not None
    return told


def new(sql: str, *, linter: Linter | None = None, name: str = "002_new.sql") -> Told:
    """What is said of one migration on top of BASE."""
    return lint({**BASE, f"migrations/{name}": sql}, BASE, linter=linter)


def rules(told: Told) -> list[tuple[str, int | None]]:
    return [(each.rule, each.line) for each in told.findings]


def examples() -> Iterator[tuple[str, str, str]]:
    """The rules of the lint with the migration that fires and the one that does not, from their documentation."""
    for rule in pages.rules("rules/database.md", PAGE.read_text()):
        found, passing = (_FENCE.findall(each) for each in (rule.found, rule.passing))
        if rule.id in catalog.RULES:
            assert all((found, passing)), rule.id
            yield rule.id, found[0], passing[0]
