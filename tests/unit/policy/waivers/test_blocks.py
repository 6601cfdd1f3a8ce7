"""The parts of a file that stand for themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.policy.waivers import blocks


def parts(text: str, path: str) -> list[str]:
    lines = text.split("\n")
    return ["\n".join(lines[block.start : block.stop]).strip() for block in blocks.of(lines, path)]


def test_a_resource_is_one_with_the_comment_above() -> None:
    text = "# about a\nresource a {\n  x = 1\n}\n\n# about b\n\nresource b {\n  y = [\n1,\n]\n}"
    assert parts(text, "main.tf") == [
        "# about a\nresource a {\n  x = 1\n}",
        "# about b\n\nresource b {\n  y = [\n1,\n]\n}",
    ]


def test_a_body_without_indentation_belongs_to_its_resource() -> None:
    assert parts("resource a {\nacl = 1\n}\nresource b {}", "main.tf") == ["resource a {\nacl = 1\n}", "resource b {}"]


def test_a_bracket_that_does_not_close_makes_the_rest_one() -> None:
    assert len(parts('a = "{"\nb = 1\nc = 2', "x.tfvars")) == 1


def test_yaml_is_cut_between_documents_only() -> None:
    assert parts("a: 1\nb: 2\n---\nc: 3", "x.yaml") == ["a: 1\nb: 2", "---\nc: 3"]


def test_a_statement_goes_on_to_its_end() -> None:
    text = "-- why\nDELETE FROM a\nWHERE b;\nSELECT 1;\nCREATE FUNCTION f() AS $$\nBEGIN\nx;\nEND\n$$;\nSELECT 2;"
    assert parts(text, "1.sql") == [
        "-- why\nDELETE FROM a\nWHERE b;",
        "SELECT 1;",
        "CREATE FUNCTION f() AS $$\nBEGIN\nx;\nEND\n$$;",
        "SELECT 2;",
    ]


def test_a_dockerfile_is_one_and_a_continued_line_goes_on() -> None:
    assert len(parts("FROM a\nRUN b", "app/Dockerfile")) == len(parts("FROM a\nRUN b", "app.dockerfile")) == 1
    assert parts("a \\\nb\nc", "x.sh") == ["a \\\nb", "c"]


@given(st.text(alphabet="a{}()#-;$\n \\", max_size=60), st.sampled_from(["a.tf", "a.sql", "a.yml", "Dockerfile", ""]))
def test_every_line_is_in_one_block(text: str, path: str) -> None:
    lines = text.split("\n")
    assert [index for block in blocks.of(lines, path) for index in block] == list(range(len(lines)))


def test_yaml_is_cut_at_separators_only() -> None:
    assert parts("a: 1\n---x: 2\nb: 3\n--- # why\nc: 3", "x.yaml") == ["a: 1\n---x: 2\nb: 3", "--- # why\nc: 3"]
