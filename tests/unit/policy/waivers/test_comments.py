"""Waivers in comments: how they are read, and which of head's count beside base."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot
from gitops_ci.model import finding as findings
from gitops_ci.policy.waivers import comments
from gitops_ci.policy.waivers.comments import Comment, Comments

RULE = "terraform/module-unpinned"
REASON = "we own it"
ALLOW = f"gitops-ci: allow {RULE} because {REASON}"


def read(text: str, path: str = "main.tf") -> tuple[Comment, ...]:
    return comments.of(text.encode(), path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"x = 1 # {ALLOW}", 1),
        (f"x = 1 // {ALLOW}", 1),
        (f"x = 1 /* {ALLOW} */", 1),
        (f"SELECT 1; -- {ALLOW}", 1),
        (f"# {ALLOW}\nx = 1", 2),
        (f"<!-- {ALLOW} -->\n<x/>", 2),
        (f"{{{{/* {ALLOW} */}}}}\nx: 1", 2),
        (f"{{{{- /* {ALLOW} */ -}}}}\nx: 1", 2),
        (f"# {ALLOW}\n# another comment\nx = 1", 3),
        (f'colour = "#fff" # {ALLOW}', 1),
    ],
)
def test_every_style_of_comment_is_read(text: str, line: int) -> None:
    [found] = read(text)
    assert (found.rule, found.reason, found.target) == (RULE, REASON, line)
    assert not found.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# gitops-ci: allow", "expected `gitops-ci: allow RULE because REASON`"),
        (f"# gitops-ci: allow {RULE}", "expected `gitops-ci: allow RULE because REASON`"),
        (f"# gitops-ci: allow {RULE} because", "expected `gitops-ci: allow RULE because REASON`"),
        ("# gitops-ci: allow terraform/* because x", "without *"),
        ("# gitops-ci: allow terraform/module-unpined because x", "did you mean terraform/module-unpinned?"),
        ("# gitops-ci: allow policy/waiver-expired because x", "cannot be waived"),
        ("# gitops-ci: allow config/invalid because x", "cannot be waived"),
        ("# gitops-ci: allow gate/destroy because x", "cannot be waived"),
    ],
)
def test_what_says_something_else_is_told(text: str, problem: str) -> None:
    [found] = read(text)
    assert problem in found.problem


@pytest.mark.parametrize("text", ["gitops-ci: allow a/b because c", "# gitops-ci is nice", "# gitops-ci: allowance"])
def test_other_text_is_nothing(text: str) -> None:
    assert read(text) == ()


def test_a_secret_in_a_reason_is_masked() -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    [found] = read(f"x # gitops-ci: allow {RULE} because {token} works")
    assert token not in found.reason


def test_a_hostile_line_takes_no_time() -> None:
    lines = "\n".join("#" * 5_000 + "gitops-ci:" + " " * 5_000 for _ in range(200))
    assert read(lines) == ()
    assert len(read(f"x # {ALLOW}\n" * 5_000)) == 1_000
    assert len(read(f"# {ALLOW}\n" * 200_000, "x.yaml")) == 1_000


def stood(base: str, head: str, path: str = "main.tf", where: str | None = None) -> Comments:
    return comments.beside(snapshot.of({where or path: base}), snapshot.of({path: head}), [path])


def waived(base: str, head: str, line: int, rule: str = RULE, path: str = "main.tf") -> bool:
    """Whether a new finding in a line of head is waived by a comment."""
    found = findings.make(rule, "error", "m", help="", path=path, line=line)
    return stood(base, head, path).of(found) is not None


MODULE = f'module "a" {{\n  source = "x" # {ALLOW}\n  other  = 1\n}}\n'


def test_what_base_has_on_the_same_thing_counts_wherever_it_moves() -> None:
    assert waived(MODULE, MODULE, 2)
    assert waived(MODULE, "# a line above\nlocals {}\n\n\n" + MODULE + "\n\nlocals {}\n", 6)
    assert waived(MODULE, MODULE, 1)  # said of the module as a whole
    assert not waived(MODULE, MODULE, 3)  # the comment is on another line
    assert not waived(MODULE, MODULE, 2, rule="terraform/module-missing")


def test_a_new_comment_only_asks() -> None:
    head = stood(MODULE.replace(f" # {ALLOW}", ""), MODULE)
    assert not waived(MODULE.replace(f" # {ALLOW}", ""), MODULE, 2)
    assert [each.comment.line for each in head.asked(())] == [2]


def test_another_reason_is_another_waiver() -> None:
    assert not waived(MODULE, MODULE.replace(REASON, "I say so"), 2)


def test_the_same_comment_in_another_file_does_not_count() -> None:
    head = stood(MODULE, MODULE, path="b.tf", where="a.tf")
    assert head.of(findings.make(RULE, "error", "m", help="", path="b.tf", line=2)) is None


def test_code_that_changes_under_a_comment_is_not_waived() -> None:
    """Another problem of the same rule may have come: the line is the same, what it belongs to is not."""
    altered = MODULE.replace("other  = 1", "other  = 2")
    assert not waived(MODULE, altered, 2)
    found = findings.make(RULE, "error", "m", help="", path="main.tf", line=2)
    assert [each.comment.line for each in stood(MODULE, altered).asked([found])] == [2]
    assert stood(MODULE, altered).asked([]) == ()


def test_a_comment_that_moves_to_another_problem_is_not_waived() -> None:
    base = MODULE + '\nmodule "b" {\n  source = "x"\n}\n'
    moved = MODULE.replace(f" # {ALLOW}", "") + f'\nmodule "b" {{\n  source = "x" # {ALLOW}\n}}\n'
    assert waived(base, base, 2)
    assert not waived(base, moved, 7)


def test_a_comment_that_moves_to_another_document_is_not_waived() -> None:
    first = "kind: A\nmetadata: {name: a}\nspec:\n  privileged: true"
    second = "kind: A\nmetadata: {name: b}\nspec:\n  privileged: true"
    base = f"{first} # {ALLOW}\n---\n{second}\n"
    assert waived(base, base, 4, path="a.yaml")
    assert not waived(base, f"{second} # {ALLOW}\n", 4, path="a.yaml")
    assert not waived(base, f"{first}\n---\n{second} # {ALLOW}\n", 9, path="a.yaml")


def test_a_statement_that_changes_after_its_first_line_is_not_waived() -> None:
    base = f"-- {ALLOW}\nDELETE FROM a\nWHERE id = 1;\n"
    assert waived(base, base, 2, path="1.sql")
    assert not waived(base, base.replace("WHERE id = 1", "WHERE true"), 2, path="1.sql")


def test_a_copy_of_a_waived_thing_is_not_waived() -> None:
    head = MODULE + "\n" + MODULE
    assert waived(MODULE, head, 2)
    assert not waived(MODULE, head, 7)


def test_without_another_end_everything_that_is_there_counts() -> None:
    assert waived(MODULE, MODULE, 2)
    assert stood(MODULE, MODULE).asked(()) == ()


@given(st.text(alphabet="#/*{}-<>! a\n", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for end in (text, f"{text}{ALLOW}{text}"):
        comments.of(end.encode(), "a.tf")
