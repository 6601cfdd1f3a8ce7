"""Whatever a repository holds, the comment has our structure, fits, and notifies, links and commands nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gitops_ci.model.report import Report
from gitops_ci.render import lines, markdown, report_json, terminal
from gitops_ci.render.comment.page import units
from gitops_ci.render.links import TRUSTED_HOSTS, Links
from tests.unit.render import example, hostile, oracle

LINKS = Links(
    run="https://ci.example/run/1",
    repository="https://github.example/acme/infra",
    commit="a1b2c3d",
    report="https://ci.example/report",
    docs="https://docs.example/",
)
TRUSTED = tuple(f"https://{host}/" for host in TRUSTED_HOSTS)
DESTINATIONS = (
    "https://ci.example/",
    "https://github.example/acme/infra/blob/a1b2c3d/",
    "https://github.example/acme/infra/commit/a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
    "https://docs.example/",
    *TRUSTED,
)
# Without shrinking: a report of this size takes minutes to shrink, and the message names the token that was refused.
SLOW = settings(
    max_examples=40,
    phases=(Phase.generate,),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW
@given(
    hostile.reports, st.integers(1_000, 12_000), st.sampled_from(("full", "summary")), st.sampled_from((LINKS, Links()))
)
def test_a_comment_holds_our_structure_only(report: Report, limit: int, detail: Any, links: Links) -> None:
    comment = markdown.comment(report, links, environments=("production",), detail=detail, limit=limit)
    oracle.check(comment, DESTINATIONS if links.run else TRUSTED)
    assert units(comment) <= limit
    comment.encode()


@SLOW
@given(hostile.reports)
def test_a_status_is_one_short_line(report: Report) -> None:
    line = markdown.summary_line(report)
    assert len(line) <= 140
    assert "\n" not in line
    assert "\x1b" not in line


@SLOW
@given(hostile.reports)
def test_a_terminal_is_never_commanded(report: Report) -> None:
    for line in lines.plain(terminal.report_lines(report, environments=("production",), written=("out/a",))).split(
        "\n"
    ):
        assert not line.strip().startswith("::")
        assert "##[" not in line
        assert line == "".join(
            character for character in line if ord(character) >= 32 and not 127 <= ord(character) < 160
        )
        line.encode()


@SLOW
@given(hostile.reports)
def test_a_report_is_written_and_read_again(report: Report) -> None:
    written = report_json.encode(report)
    again = report_json.decode(written)
    assert report_json.encode(again) == written


def test_a_limit_too_small_for_a_verdict_is_refused() -> None:
    with pytest.raises(ValueError, match="1000"):
        markdown.comment(example.REALISTIC, limit=999)
