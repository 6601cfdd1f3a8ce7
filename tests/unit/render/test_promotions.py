"""What is ahead of what, as people read it: nothing of a repository is taken for markup or a command."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate.promotion.ahead import Difference, Standing
from gitops_ci.gate.promotion.pieces import Unread
from gitops_ci.gate.promotion.writing import Written
from gitops_ci.model import stack as stacks
from gitops_ci.render import lines, promotions
from gitops_ci.render.promotions import Branch, Step

HERE = stacks.make(environment="production", kind="kubernetes", name="main", path="p")
THERE = stacks.make(environment="staging", kind="kubernetes", name="main", path="s")


def standing(*differences: Difference, unread: str = "") -> Standing:
    wrong = (Unread(path=unread, content="", message="odd"),) if unread else ()
    return Standing(stack=HERE.id, here=HERE, counterpart=THERE, differences=differences, unread=wrong)


def test_the_tree() -> None:
    many = Difference(what="migration", name="", there=("1", "2", "3", "4", "5"))
    one = Difference(what="tree", name="shared/base/deployment.yaml", there=("b",), here=("a",))
    step = Step(environment="production", promotes_from="staging", stacks=(standing(many, one, unread="x.yaml"),))
    assert lines.plain(promotions.lines([step])) == (
        "production ← staging\n"
        "└─ kubernetes/main\n"
        "   migrations                         — → 2 more, 3, 4, 5\n"
        "   files shared/base/deployment.yaml  a → b\n"
        "   not known: x.yaml: odd\n"
    )


def test_branches_and_nothing() -> None:
    branch = Branch(branch="release", source="main", ahead=2, behind=1)
    step = Step(environment="production", promotes_from="staging", branch=branch)
    assert "branch release  2 commits of main to promote, 1 that main lacks" in lines.plain(promotions.lines([step]))
    gone = Branch(branch="release", source="main", ahead=None, behind=None)
    step = Step(environment="production", promotes_from="staging", branch=gone)
    assert "not known: this clone lacks it, or main" in lines.plain(promotions.lines([step]))
    assert lines.plain(promotions.lines([])).startswith("no environment is promoted")


@given(st.text(max_size=20))
def test_names_of_a_repository_are_harmless(name: str) -> None:
    difference = Difference(what="image", name=f"<img>@acme {name}", there=(f"|{name}`",), here=(f"::error::{name}",))
    step = Step(environment="production", promotes_from="staging", stacks=(standing(difference, unread=f"|{name}"),))
    table = promotions.markdown([step])
    assert "<img>" not in table
    assert "@acme" not in table
    rows = [row for row in table.splitlines() if row.startswith("| `kubernetes/main`")]
    assert [row.count("|") for row in rows] == [5, 5]
    written = Written(stack=HERE.id, source=THERE.id, done=(f"<img> {name}",), by_hand=(f"@acme {name}",))
    assert "<img>" not in promotions.body(written)
    assert "@acme" not in promotions.body(written)
    told = promotions.written(written, ())
    assert not any(line.startswith("::") for line in lines.plain([*promotions.lines([step]), *told]).splitlines())
