"""Findings made final: what has to hold whatever is found and whatever is accepted."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import Config, Policy
from gitops_ci.discover import snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding, Severity, State
from gitops_ci.policy import baseline as baselines
from gitops_ci.policy import settled
from gitops_ci.policy.notices import LookedAt
from gitops_ci.policy.settled import Asked, Rules
from gitops_ci.policy.waivers import comments
from gitops_ci.policy.waivers.file import Entry, Numbered, Waivers

TODAY = datetime.date(2026, 11, 25)
WAIVERS, BASELINE = "gitops-ci-waivers.yml", "gitops-ci-baseline.json"
ALL = LookedAt(families=frozenset({"layout", "terraform", "checkov", "builtin", "rego"}), whole=True)


def found(rule: str = "rego/a", path: str = "a.tf", message: str = "m", state: State = "new") -> Finding:
    return msgspec.structs.replace(findings.make(rule, "error", message, help="", path=path, line=1), state=state)


def entry(rule: str = "rego/a", path: str | None = "a.tf", until: str = "2027-01-01", owner: str = "me") -> Entry:
    return Entry(rule=rule, path=path, reason="it is a test of ours", owner=owner, until=until)


def file(*entries: Entry) -> str:
    lines = "".join(f"- {msgspec.json.encode(each).decode()}\n" for each in entries)
    return f"version: 1\nwaivers:\n{lines}" if entries else ""


def rules(base: dict[str, str], head: dict[str, str] | None = None, config: Config | None = None) -> Rules:
    source = snapshot.of(base)
    return settled.rules(config or Config(), TODAY, source, snapshot.of(head) if head is not None else source)


def told(base: dict[str, str], head: dict[str, str] | None = None, *given: Finding) -> dict[str, Finding]:
    """What is said by rule, where everything was looked at."""
    return {each.rule: each for each in settled.of(given, rules(base, head), Asked(looked_at=ALL))}


# The waivers file


def test_a_waiver_of_base_counts_and_is_named() -> None:
    [only] = settled.of([found()], rules({WAIVERS: file(entry())}), Asked())
    assert only.waived_by is not None
    assert (only.waived_by.what, only.waived_by.owner, only.blocks) == (f"{WAIVERS}:3", "me", False)


def test_a_waiver_that_head_adds_is_a_request() -> None:
    said = told({}, {WAIVERS: file(entry())}, found())
    assert said["rego/a"].blocks
    assert (said["policy/waivers-changed"].severity, said["policy/waiver-requested"].severity) == ("warning", "warning")
    request = said["policy/waiver-requested"]
    assert request.line == 3
    for word in ("rego/a", "a.tf", "me", "it is a test of ours", "2027-01-01"):
        assert word in request.message
    assert f"an owner of {WAIVERS}" in request.help


def test_a_waiver_that_head_takes_out_still_counts() -> None:
    said = told({WAIVERS: file(entry())}, {}, found())
    assert not said["rego/a"].blocks
    assert "1 taken out" in said["policy/waivers-changed"].message


def test_a_waiver_that_is_only_moved_is_no_change() -> None:
    assert told({WAIVERS: file(entry())}, {WAIVERS: "# hello\n" + file(entry())}, found()).keys() == {"rego/a"}


def test_an_expired_waiver_does_not_count_and_blocks() -> None:
    said = told({WAIVERS: file(entry(until="2026-11-24"))}, None, found())
    assert said["rego/a"].blocks
    expired = said["policy/waiver-expired"]
    assert expired.blocks
    assert expired.line == 3
    assert "me" in expired.message


@pytest.mark.parametrize("head", ["", file(entry(until="2027-01-01"))], ids=["removed", "renewed"])
def test_a_change_that_mends_an_expired_waiver_is_not_held_up_by_it(head: str) -> None:
    assert "policy/waiver-expired" not in told({WAIVERS: file(entry(until="2026-11-24"))}, {WAIVERS: head})


def test_other_words_do_not_make_an_expired_waiver_another() -> None:
    head = entry(until="2026-11-24", owner="somebody else")
    assert told({WAIVERS: file(entry(until="2026-11-24"))}, {WAIVERS: file(head)})["policy/waiver-expired"].blocks


def test_an_unused_waiver_is_told_where_all_of_it_was_looked_at() -> None:
    base = {WAIVERS: file(entry())}
    assert told(base)["policy/waiver-unused"].severity == "notice"
    assert "policy/waiver-unused" not in told(base, None, found())
    assert "policy/waiver-unused" in told(base, None, found(state="fixed"))
    some = LookedAt(families=frozenset({"rego"}), paths={"a.tf"})
    for looked_at, expected in ((some, 1), (LookedAt(), 0), (LookedAt(families=frozenset({"rego"})), 0)):
        assert len(settled.of([], rules(base), Asked(looked_at=looked_at))) == expected
    assert settled.of([], rules({WAIVERS: file(entry(path="a*"))}), Asked(looked_at=some)) == ()


def test_a_waiver_of_what_is_told_with_another_is_used() -> None:
    tag, other = "builtin/kubernetes-image-tag", "checkov/CKV_K8S_14"
    said = told({WAIVERS: file(entry(rule=other))}, None, found(tag), found(other))
    assert said[tag].also == (other,)
    assert said[tag].blocks  # nobody waived that one
    assert "policy/waiver-unused" not in said


def test_a_broken_file_of_base_decides_nothing_and_one_of_head_is_found() -> None:
    for path, rule in ((WAIVERS, "policy/waivers-invalid"), (BASELINE, "policy/baseline-invalid")):
        with pytest.raises(ConfigError):
            rules({path: "waivers: 3"})
        said = told({}, {path: "waivers: 3"})
        assert said.keys() == {rule}
        assert said[rule].blocks


def test_a_waiver_that_base_could_not_have_is_found_in_head() -> None:
    said = told({}, {WAIVERS: file(entry(until="2028-01-01"))})
    assert "within a year" in said["policy/waivers-invalid"].message


# The baseline


def written(*there: Finding) -> str:
    return baselines.written(baselines.of(there)).decode()


def test_the_baseline_of_base_hides_and_that_of_head_asks() -> None:
    assert not told({BASELINE: written(found())}, None, found())["rego/a"].blocks
    said = told({}, {BASELINE: written(found())}, found())
    assert said["rego/a"].blocks
    assert said["policy/baseline-changed"].severity == "warning"
    shrunk = told({BASELINE: written(found(), found("rego/b"))}, {BASELINE: written(found())})
    assert shrunk["policy/baseline-changed"].severity == "notice"


def test_a_baseline_that_counts_what_is_gone_is_told() -> None:
    said = told({BASELINE: written(found(), found("rego/b"))}, None, found())
    assert "rego/b in a.tf" in said["policy/baseline-stale"].message


# Comments


def test_comments_of_base_count_and_new_ones_ask() -> None:
    base, head = "a # gitops-ci: allow rego/a because we know\n", "b # gitops-ci: allow rego/a because we know\n"
    same = comments.beside(snapshot.of({"a.tf": base}), snapshot.of({"a.tf": base}), ["a.tf"])
    [only] = settled.of([found()], rules({}), Asked(comments=same))
    assert only.waived_by is not None
    assert only.waived_by.owner == "an owner of a.tf"
    new = comments.beside(snapshot.of({}), snapshot.of({"a.tf": head}), ["a.tf"])
    said = {each.rule: each for each in settled.of([found()], rules({}), Asked(comments=new))}
    assert said["rego/a"].blocks
    assert "an owner of a.tf" in said["policy/waiver-requested"].help
    wrong = comments.beside(snapshot.of({}), snapshot.of({"a.tf": "a # gitops-ci: allow rego/a\n"}), ["a.tf"])
    assert {each.rule for each in settled.of([], rules({}), Asked(comments=wrong))} == {"policy/waiver-malformed"}


def test_a_hostile_number_of_requests_is_bounded() -> None:
    text = "".join(f"a # gitops-ci: allow rego/a because number {count}\n" for count in range(5_000))
    many = comments.beside(snapshot.of({}), snapshot.of({"a.tf": text}), ["a.tf"])
    assert len(settled.of([], rules({}), Asked(comments=many))) == 101


# What holds whatever there is

RULES = ("rego/a", "rego/b", "builtin/kubernetes-image-tag", "checkov/CKV_K8S_14", "layout/required", "secrets/token")
_RULE, _PATH = st.sampled_from(RULES), st.sampled_from(["a.tf", "environments/production/b.tf"])
_SEVERITY = st.sampled_from(["error", "warning", "notice", "off"])


@st.composite
def _found(draw: st.DrawFn) -> Finding:
    severity: Severity = draw(st.sampled_from(findings.SEVERITIES))
    made = findings.make(
        draw(_RULE),
        severity,
        draw(st.sampled_from("mn")),
        help="",
        path=draw(_PATH),
        line=draw(st.sampled_from([1, 2])),
    )
    return msgspec.structs.replace(made, state=draw(st.sampled_from(["new", "existing", "fixed"])))


_FOUND = st.lists(_found(), max_size=12)
_ENTRY = st.builds(entry, st.sampled_from([*RULES, "rego/*"]), _PATH, st.sampled_from(["2027-01-01", "2026-01-01"]))


@st.composite
def _rules(draw: st.DrawFn) -> Rules:
    severity: dict[str, Any] = draw(
        st.dictionaries(st.sampled_from([*RULES, "rego/*", "checkov/*", "policy/*"]), _SEVERITY, max_size=3)
    )
    entries = draw(st.lists(_ENTRY, max_size=4))
    return Rules(
        config=Config(policy=Policy(severity=severity)),
        today=TODAY,
        waivers=Waivers(WAIVERS, tuple(Numbered(index + 3, each) for index, each in enumerate(entries))),
        baseline=baselines.of(draw(_FOUND)),
        told=tuple(
            draw(st.lists(st.just(findings.make("policy/waivers-changed", "warning", "x", help="")), max_size=1))
        ),
    )


_COMMENT = "x # gitops-ci: allow rego/a because we know\n"
_HEAD = snapshot.of({"a.tf": _COMMENT + "y # gitops-ci: allow rego/b because we know\n"})
_ENDS = [_HEAD, snapshot.of({"a.tf": _COMMENT}), snapshot.of({"a.tf": "z" + _COMMENT}), snapshot.of({})]
_ASKED = st.builds(
    Asked,
    comments=st.sampled_from([comments.beside(end, _HEAD, ["a.tf"]) for end in _ENDS]),
    looked_at=st.sampled_from([LookedAt(), ALL]),
    moved=st.sampled_from([{}, {"a.tf": "environments/production/b.tf"}]),
)


@given(_FOUND, _rules(), _ASKED)
def test_settled_findings_do_not_change_when_they_are_settled_again(
    there: list[Finding], by: Rules, asked: Asked
) -> None:
    once = settled.of(there, by, asked)
    assert settled.of(once, by, asked) == once


@given(st.data(), _FOUND, _rules(), _ASKED)
def test_the_order_of_findings_does_not_matter(
    data: st.DataObject, there: list[Finding], by: Rules, asked: Asked
) -> None:
    shuffled = data.draw(st.permutations(there))
    assert settled.of(shuffled, by, asked) == settled.of(there, by, asked)


@given(_FOUND, _rules())
def test_nothing_is_lost(there: list[Finding], by: Rules) -> None:
    final = settled.of(there, by, Asked())
    kept = Counter((each.rule, each.fingerprint, each.line) for each in final)
    for each in there:
        key = (each.rule, each.fingerprint, each.line)
        if kept[key]:
            kept[key] -= 1
            continue
        is_off = "off" in by.config.policy.severity.values()
        assert is_off or any(
            each.rule in other.also and (other.path, other.line) == (each.path, each.line) for other in final
        )


def blocking(final: tuple[Finding, ...], rule: str) -> int:
    return sum(each.blocks and each.rule == rule for each in final)


@given(_FOUND, _rules(), _ENTRY)
def test_a_waiver_never_adds_what_blocks(there: list[Finding], by: Rules, added: Entry) -> None:
    more = Waivers(WAIVERS, (*by.waivers.entries, Numbered(99, added)))
    before, after = (
        settled.of(there, by, Asked()),
        settled.of(there, msgspec.structs.replace(by, waivers=more), Asked()),
    )
    for rule in RULES:
        if added.rule in (rule, f"{rule.partition('/')[0]}/*"):
            assert blocking(after, rule) <= blocking(before, rule)


@given(_FOUND, _rules())
def test_secrets_are_hidden_by_no_baseline(there: list[Finding], by: Rules) -> None:
    bare = msgspec.structs.replace(by, baseline=baselines.EMPTY)
    assert blocking(settled.of(there, by, Asked()), "secrets/token") == blocking(
        settled.of(there, bare, Asked()), "secrets/token"
    )
