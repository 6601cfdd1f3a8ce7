from __future__ import annotations

import pytest

from gitops_ci.errors import UsageError
from gitops_ci.model.finding import make
from gitops_ci.render import report_json
from tests.unit.render.example import REALISTIC, report


def test_a_report_survives_and_is_written_the_same_again() -> None:
    written = report_json.encode(REALISTIC)
    assert written.startswith(b'{\n  "schema": "gitops-ci/report/1",\n')
    assert written.endswith(b"}\n")
    assert report_json.encode(report_json.decode(written)) == written


def test_an_undecodable_path_is_written_as_it_is_shown() -> None:
    written = report_json.encode(report(findings=(make("a/b", "error", "é", help="", path="caf\udcc3"),)))
    assert rb'"caf\\xc3"' in written
    assert '"é"'.encode() in written


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "input data was truncated"),
        (b"{}", "missing required field"),
        (b'{"schema": "gitops-ci/report/2"}', "$.schema"),
        (b"\xff", "report"),
        (b"[" * 100_000, "report"),
        (b'"\\udc80"', "report"),
    ],
)
def test_anything_else_is_refused_with_where_and_what_to_do(content: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=r"a/report\.json is not a valid report") as caught:
        report_json.decode(content, name="a/report.json")
    assert says in str(caught.value).lower()
    assert "gitops-ci/report/1" in caught.value.hint
