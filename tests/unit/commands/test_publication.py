"""Whatever a repository holds, what is sent to GitHub has our structure, fits its limits, and commands nobody."""

from __future__ import annotations

import io
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from gitops_ci.commands import publish
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import UsageError
from gitops_ci.github.event import Event
from gitops_ci.github.publishing import Publication
from gitops_ci.model.report import Report
from gitops_ci.model.run import Run
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render import annotations as annotating
from gitops_ci.render import markdown
from gitops_ci.render.comment.page import units
from gitops_ci.render.links import TRUSTED_HOSTS
from gitops_ci.settings import Settings
from tests.unit.render import hostile, oracle
from tests.unit.render.example import HEAD, REALISTIC
from tests.unit.render.example import report as made

DESTINATIONS = (
    "https://github.com/acme/infra/",
    "https://github.com/gitops-ci/gitops-ci/blob/v1/docs/",
    "https://reports.example/",
    *(f"https://{host}/" for host in TRUSTED_HOSTS),
)
INVISIBLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")
SLOW = settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
EMOJI = made(
    verdict=Verdict(
        decision="blocked",
        reasons=(VerdictReason(rule="gate/x", decision="blocked", message="🚀" * 300, remedy="🚀"),),
    )
)
LONG = made(
    verdict=Verdict(
        decision="blocked",
        reasons=tuple(
            VerdictReason(rule=f"gate/{number}", decision="blocked", message=f"é{number}" * 200, remedy="🚀" * 500)
            for number in range(400)
        ),
    )
)


def published(report: Report, **options: str) -> Publication:
    outside = Outside(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        settings=Settings(repository="acme/infra", run=Run(id="1", attempt=2)),
        cwd=Path(),
        scratch=Path(),
    )
    return publish.of(report, Event(), msgspec.structs.replace(Options(), **options), outside)


@SLOW
@given(hostile.reports, hostile.texts)
@example(EMOJI, "")
@example(LONG, ")[x](http://evil.example) \n")
@example(REALISTIC, "artifacts/2")
def test_everything_that_is_sent_is_harmless_and_fits(report: Report, address: str) -> None:
    whole = msgspec.structs.replace(report, head=HEAD)  # anything else is refused before
    sent = published(whole, report_url=f"https://reports.example/{address}")
    assert sent.comment is not None
    for body in filter(None, (sent.comment, sent.shorter)):
        oracle.check(body, DESTINATIONS)
        assert units(body) <= 65_000
    run = sent.check_run
    assert run is not None
    assert sent.status is not None
    oracle.check(f"{sent.marker}\n{run.summary}", DESTINATIONS)
    assert units(run.summary) <= 65_000
    for line in (run.title, sent.status.description or ""):
        assert len(line.encode("utf-16-le")) // 2 <= 140
        assert "\n" not in line
        assert not INVISIBLE.search(line)
    for annotation in run.annotations:
        assert not INVISIBLE.search(annotation.message + annotation.path)
        assert "\n" not in annotation.path
        assert len(annotation.message.encode()) <= 64 * 1024
        assert len(str(annotation.title).encode()) <= 255 * 4
        assert annotation.start_line >= 1
    msgspec.json.encode((sent.status, run)).decode()


@SLOW
@given(hostile.reports)
def test_annotations_as_commands_are_one_line_each(report: Report) -> None:
    for command in annotating.commands(annotating.of(report)):
        assert re.match(r"::(error|warning|notice) file=", command)
        assert len(command.splitlines()) == 1
        command.encode()


@SLOW
@given(hostile.reports, st.text(max_size=40))
def test_a_configurations_name_is_harmless_in_marker_and_context(report: Report, name: str) -> None:
    sent = published(msgspec.structs.replace(report, head=HEAD), config=f"teams/{name}.yml")
    first = (sent.comment or "").partition("\n")[0]
    assert re.fullmatch(r"<!-- gitops-ci:comment v1 config=[\w.-]+ -->", first)
    assert sent.status is not None
    assert re.fullmatch(r"gitops-ci(/[\w.-]+)?", sent.status.context)


@pytest.mark.parametrize("head", ["../../../user", "a" * 39, "a" * 40 + "\n", "A" * 40, "", "\udcff"])
def test_a_head_that_is_no_commit_is_part_of_no_address(head: str) -> None:
    report = msgspec.structs.replace(REALISTIC, head=head)
    outside = Outside(stdout=io.StringIO(), stderr=io.StringIO(), settings=Settings(), cwd=Path(), scratch=Path())
    with pytest.raises(UsageError, match="no commit"):
        publish.sent(report, Event(), Options(), outside)


def test_two_configurations_have_two_names() -> None:
    sent = [published(REALISTIC, config=f"teams/{name}.yml").status for name in ("a", "b", "a-b")]
    assert len({status.context for status in sent if status is not None}) == 3
    assert published(REALISTIC).marker == markdown.marker()


def test_the_same_found_later_is_the_same_check_run_and_anything_else_is_not() -> None:
    first = published(REALISTIC).check_run
    plans = tuple(msgspec.structs.replace(plan, seconds=plan.seconds + 1) for plan in REALISTIC.plans)
    later = msgspec.structs.replace(REALISTIC, seconds=99.0, started_at="2027", run=Run(id="9", attempt=1), plans=plans)
    other = msgspec.structs.replace(REALISTIC, findings=REALISTIC.findings[1:])
    again, different = published(later).check_run, published(other).check_run
    assert first is not None
    assert again is not None
    assert different is not None
    assert first.external_id == again.external_id != different.external_id
