"""The baseline: what it holds, what it hides, and how it shrinks."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding, Severity, State, Waiver
from gitops_ci.policy import baseline as baselines
from gitops_ci.policy.baseline import Baseline

PATH = "gitops-ci-baseline.json"
WAIVER = Waiver(what="x:1", owner="me", reason="because")


def found(
    message: str = "m", rule: str = "rego/a", severity: Severity = "error", state: State = "new", line: int = 1
) -> Finding:
    made = findings.make(rule, severity, message, help="", path="a.tf", line=line)
    return msgspec.structs.replace(made, state=state)


def states(told: list[Finding], baseline: Baseline) -> list[str]:
    return [each.state for each in baselines.applied(told, baseline)]


def read(content: str | bytes) -> Baseline:
    return baselines.read(snapshot.of({PATH: content}), PATH)


def test_what_is_there_is_hidden_and_the_next_of_it_is_not() -> None:
    baseline = baselines.of([found(line=1), found(line=2)])
    assert states([found(line=5), found(line=9)], baseline) == ["existing", "existing"]
    assert states([found(line=5), found(line=7), found(line=9)], baseline) == ["existing", "existing", "new"]
    assert states([found("other")], baseline) == ["new"]


def test_what_base_has_uses_the_baseline_up_first() -> None:
    baseline = baselines.of([found()])
    assert states([found(state="existing", line=9), found(line=1)], baseline) == ["new", "existing"]


def test_a_waived_one_is_not_counted() -> None:
    accepted = msgspec.structs.replace(found(line=1), waived_by=WAIVER)
    assert baselines.of([accepted]).findings == ()
    assert states([accepted, found(line=2)], baselines.of([found()])) == ["new", "existing"]


def test_what_it_never_holds() -> None:
    for rule in ("secrets/token", "policy/waiver-expired", "config/invalid"):
        assert baselines.of([found(rule=rule)]).findings == ()
        forged = Baseline(findings=(baselines.Entry(rule="rego/a", fingerprint=found(rule=rule).fingerprint),))
        assert states([found(rule=rule)], forged) == ["new"]
    assert baselines.of([found(severity="notice"), found(state="fixed")]).findings == ()


def test_the_file_has_one_finding_a_line_in_order_and_no_message() -> None:
    told = [found("b is hunter2", line=3), found("a"), found("b is hunter2"), found("w", severity="warning")]
    written = baselines.written(baselines.of(told))
    assert written == baselines.written(baselines.of(reversed(told)))
    assert b"hunter2" not in written
    assert len(written.splitlines()) == 2 + 3
    assert [each["count"] for each in json.loads(written)["findings"]].count(2) == 1
    assert read(written) == baselines.of(told)
    assert read(baselines.written(baselines.EMPTY)) == baselines.EMPTY


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ":1: not valid JSON"),
        ('{"schema": "gitops-ci/baseline/1",\n"findings": [\n<<<< HEAD', ":3: not valid JSON"),
        ("[]", "Expected `object`"),
        ('{"findings": [{"rule": "rego/a"}]}', "missing required field `fingerprint` - at `$.findings[0]`"),
        ('{"findings": [{"rule": "rego/a", "fingerprint": "a", "count": 0}]}', "`$.findings[0].count`"),
        ('{"findings": [{"rule": "rego/a", "fingerprint": "a", "x": 0}]}', "unknown field `x`"),
        ('{"schema": "gitops-ci/baseline/2"}', "`$.schema`"),
        ('{"findings": [{"rule": "secrets/a", "fingerprint": "a"}]}', "secrets/* is never part of a baseline"),
        ('{"findings": ' + "[" * 100_000, PATH),
        (b'{"findings": "\xff"}', PATH),
        (" " * (11 << 20), "too large"),
    ],
    ids=["empty", "conflict", "list", "missing", "zero", "unknown", "version", "secret", "deep", "bytes", "large"],
)
def test_a_file_that_is_no_baseline_is_explained(content: str | bytes, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(content)
    assert caught.value.message.startswith(PATH)
    assert expected in caught.value.message
    assert "gitops-ci policy baseline" in caught.value.hint


def known(_: baselines.Entry) -> bool:
    return True


def unknown(_: baselines.Entry) -> bool:
    return False


def test_what_is_gone_is_known_where_all_was_asked() -> None:
    baseline = baselines.of([found("a"), found("b"), found("b")])
    assert [each.count for each in baselines.gone([found("a"), found("b")], baseline, known)] == [2]
    assert baselines.gone([found("a"), found("b"), found("b")], baseline, known) == ()
    assert baselines.gone([], baseline, unknown) == ()


def test_where_a_part_was_asked_only_what_a_change_fixes_is_gone() -> None:
    baseline = baselines.of([found("a"), found("b")])
    assert [each.fingerprint for each in baselines.gone([found("a", state="fixed")], baseline, unknown)] == [
        found("a").fingerprint
    ]
    assert baselines.gone([], baseline, unknown) == ()


_TOLD = st.lists(st.builds(found, st.sampled_from("abc"), state=st.sampled_from(["new", "existing", "fixed"])))


@given(_TOLD, _TOLD)
def test_no_more_are_hidden_than_it_counts(there: list[Finding], now: list[Finding]) -> None:
    baseline = baselines.of(there)
    counts = baseline.counts()
    told = list(baselines.applied(now, baseline))
    for message in "abc":
        print_ = found(message).fingerprint
        new = [each for each in now if each.fingerprint == print_ and each.state == "new"]
        existing = [each for each in now if each.fingerprint == print_ and each.state == "existing"]
        left = [each for each in told if each.fingerprint == print_ and each.state == "new"]
        assert len(left) == max(0, len(new) - max(0, counts[print_] - len(existing)))


def test_a_path_that_is_not_utf8_is_written_all_the_same() -> None:
    odd = msgspec.structs.replace(found(), path="a\udcff.tf")
    assert read(baselines.written(baselines.of([odd]))).counts() == baselines.of([odd]).counts()
