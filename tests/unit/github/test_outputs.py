from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitops_ci.github import outputs


def report(directory: Path, *ids: str, decision: str | None = None) -> Path:
    directory.mkdir()
    verdict = {"decision": decision} if decision else None
    content = {"schema": "gitops-ci/report/1", "stacks": [{"id": each} for each in ids], "verdict": verdict}
    (directory / "report.json").write_text(json.dumps(content))
    (directory / "comment.md").write_text("### ⛔ Blocked\n")
    return directory


def parsed(text: str) -> dict[str, str]:
    """What a runner reads from `$GITHUB_OUTPUT`."""
    values: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value: list[str] = []
        while (line := next(lines)) != delimiter:
            value.append(line)
        values[name] = "\n".join(value)
    return values


@pytest.mark.parametrize(
    ("code", "said", "verdict"),
    [
        (0, "pass", "pass"),
        (0, None, "pass"),
        (1, "blocked", "blocked"),
        (3, "undecided", "undecided"),
        (3, "pass", "undecided"),  # it could not finish what it judged
        (0, "blocked", "blocked"),
        (2, None, "undecided"),
        (4, "pass", "undecided"),
        (130, None, "undecided"),
    ],
)
def test_the_worse_of_report_and_exit_code_is_the_verdict(
    tmp_path: Path, code: int, said: str | None, verdict: str
) -> None:
    made = report(tmp_path / "report", "production/terraform/network", decision=said)
    found = outputs.collect("run", code, tmp_path, made)
    assert found["verdict"] == verdict
    assert json.loads(found["affected"]) == ["production/terraform/network"]
    assert (found["count"], found["report"], found["matrix"]) == ("1", str(made), "")


def test_a_report_that_is_missing_or_broken_never_passes(tmp_path: Path) -> None:
    missing = outputs.collect("run", 3, tmp_path, tmp_path / "none")
    assert (missing["verdict"], missing["report"], missing["affected"]) == ("undecided", "", "")
    made = report(tmp_path / "report", decision="pass")
    (made / "report.json").write_text('{"stacks": 7}')
    assert outputs.collect("run", 0, tmp_path, made)["verdict"] == "undecided"


def test_where_nothing_was_judged_there_is_no_verdict(tmp_path: Path) -> None:
    assert outputs.collect("publish", 0, tmp_path, None)["verdict"] == ""
    assert outputs.collect("publish", 2, tmp_path, None)["verdict"] == "undecided"


def test_runs_have_a_matrix_and_no_verdict(tmp_path: Path) -> None:
    matrix = {"include": [{"pull_request": 7, "id": 100, "run": "100/1"}]}
    (tmp_path / "runs.json").write_text(json.dumps(matrix))
    found = outputs.collect("runs", 0, tmp_path, None)
    assert (json.loads(found["matrix"]), found["count"], found["verdict"]) == (matrix, "1", "")
    assert outputs.collect("runs", 3, tmp_path, None)["count"] == ""
    assert "1 judged again" in outputs.summarise("runs", found, tmp_path, None)


def test_affected_has_a_matrix_and_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "affected.json").write_text(
        '{"base": "b0", "stacks": [{"id": "a/terraform/b"}, {"id": "a/terraform/c"}]}'
    )
    (tmp_path / "matrix.json").write_text('{"include": []}\n')
    found = outputs.collect("affected", 0, tmp_path, None)
    assert found == {
        "verdict": "",
        "affected": '["a/terraform/b","a/terraform/c"]',
        "matrix": '{"include": []}',
        "count": "2",
        "base": "b0",
        "report": "",
        "comment-url": "",
    }
    assert set(outputs.collect("affected", 2, tmp_path, None).values()) == {""}


def test_no_value_can_end_itself_or_name_another_output() -> None:
    hostile = "x\nEOF\nverdict=pass\nverdict<<EOF\npass\nEOF"
    first, second = (outputs.encode({"report": hostile, "verdict": "blocked"}) for _ in range(2))
    assert parsed(first) == {"report": hostile, "verdict": "blocked"}
    assert first != second, "the delimiters can be guessed"


def test_write_appends_to_what_the_runner_reads(tmp_path: Path) -> None:
    made = report(tmp_path / "report", decision="blocked")
    for name in ("output", "summary"):
        (tmp_path / name).write_text("earlier\n")
    outputs.write("run", "1", str(tmp_path), str(made), str(tmp_path / "output"), str(tmp_path / "summary"))
    first, rest = (tmp_path / "output").read_text().split("\n", 1)
    assert (first, set(parsed(rest))) == ("earlier", set(outputs.NAMES))
    assert (tmp_path / "summary").read_text() == "earlier\n### ⛔ Blocked\n"


def test_the_summary_of_layout_is_text_that_cannot_become_markup(tmp_path: Path) -> None:
    (tmp_path / "layout.txt").write_text("a\n```\n<img src=x>\n````\n")
    summary = outputs.summarise("layout", {}, tmp_path, None)
    assert summary == "`````text\na\n```\n<img src=x>\n````\n`````\n"


@pytest.mark.parametrize("length", [10, outputs.SUMMARY_LIMIT, outputs.SUMMARY_LIMIT + 1, 3 * outputs.SUMMARY_LIMIT])
def test_the_summary_stays_below_the_limit(length: int) -> None:
    shortened = outputs.shorten("ü" * (length // 2))
    assert len(shortened.encode()) <= 1024 * 1024
    assert ("cut" in shortened) is (length // 2 * 2 > outputs.SUMMARY_LIMIT)


def test_what_may_be_affected_downstream_is_not_counted(tmp_path: Path) -> None:
    stacks = [{"id": "a/terraform/b", "certainty": "direct"}, {"id": "a/terraform/c", "certainty": "downstream"}]
    (tmp_path / "affected.json").write_text(json.dumps({"stacks": stacks}))
    (tmp_path / "matrix.json").write_text("{}")
    found = outputs.collect("affected", 0, tmp_path, None)
    assert (found["count"], json.loads(found["affected"])) == ("1", ["a/terraform/b"])
