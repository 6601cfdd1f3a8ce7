"""The waivers file: what it accepts, how it explains what it does not, and what an entry covers."""

from __future__ import annotations

import datetime

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding as findings
from gitops_ci.policy.waivers import file
from gitops_ci.policy.waivers.file import Waivers

TODAY = datetime.date(2026, 11, 25)
PATH = "gitops-ci-waivers.yml"


def entry(**given: str) -> str:
    keys = {
        "rule": "checkov/X",
        "path": "a/*.tf",
        "reason": "it is a test of ours",
        "owner": "me",
        "until": "2027-01-31",
    }
    keys |= given
    return "{" + ", ".join(f"{key}: {value}" for key, value in keys.items() if value) + "}"


def read(*entries: str) -> Waivers:
    text = "version: 1\nwaivers:\n" + "".join(f"- {each}\n" for each in entries)
    return file.read(snapshot.of({PATH: text}), PATH, TODAY)


def test_no_file_and_an_empty_one_waive_nothing() -> None:
    assert file.read(snapshot.of({}), PATH, TODAY).entries == ()
    assert file.read(snapshot.of({PATH: "# none\n"}), PATH, TODAY).entries == ()


def test_an_entry_knows_its_line_and_its_date_needs_no_quotes() -> None:
    read_ = read(entry(), entry(stack="production/*/*", path="", until='"2026-11-25"'))
    assert [(each.line, each.entry.until) for each in read_.entries] == [(3, "2027-01-31"), (4, "2026-11-25")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (entry(rule=""), "3: waivers[0].rule: missing; expected text"),
        (entry(reason=""), "3: waivers[0].reason: missing; expected text of at least 10 characters"),
        (entry(reason="short"), "3: waivers[0].reason: expected text of at least 10 characters"),
        (entry(owner=""), "3: waivers[0].owner: missing"),
        (entry(until=""), "3: waivers[0].until: missing"),
        (entry(until="tomorrow"), "3: waivers[0].until: expected a date as 2027-01-31"),
        (entry(until="20270131"), "3: waivers[0].until: expected"),
        (entry(until="2027-12-31"), "3: waivers[0].until: expected a date within a year, at the latest 2027-11-26"),
        (entry(ownr="me"), "3: waivers[0].ownr: unknown key; did you mean owner?"),
        (entry(path=""), "3: waivers[0]: expected `path` or `stack`"),
        (entry(path="/a"), "3: waivers[0].path: expected a path from the repository's root"),
        (entry(path='"{a}/b"'), "3: waivers[0].path: expected * for what may be anything"),
        (entry(rule="layout/requird"), "3: waivers[0].rule: no rule is called so; did you mean layout/required?"),
        (entry(rule="policy/*"), "3: waivers[0].rule: policy/* cannot be waived"),
        (entry(rule="config/changed"), "3: waivers[0].rule: config/* cannot be waived"),
        (entry(rule="gate/approvals-missing"), "3: waivers[0].rule: gate/* cannot be waived"),
        (entry(rule="checks/*"), "3: waivers[0].rule: checks/* cannot be waived"),
        (entry(rule='"*"'), "3: waivers[0]: the rule * is all families"),
        (entry(path='"**"'), "3: waivers[0]: ** is everywhere"),
        (entry(path='"**/*"'), "is everywhere"),
        (entry(path="", stack='"*/*/*"'), "is everywhere"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    [line] = caught.value.message.splitlines()
    assert line.startswith(f"{PATH}:")
    assert expected in line
    assert "docs/waivers.md" in str(caught.value)


@pytest.mark.parametrize(
    "text", [entry(rule='"*"', wide="true"), entry(path='"**"', wide="true"), entry(rule="rego/*")]
)
def test_wide_is_possible_where_it_is_meant(text: str) -> None:
    assert len(read(text).entries) == 1


def test_a_file_that_is_no_waivers_file_is_refused() -> None:
    for content in ("waivers: 3", "version: 2", "- a", "a: [", "\x00", "x" * (11 << 20)):
        with pytest.raises(ConfigError, match=PATH):
            file.read(snapshot.of({PATH: content}), PATH, TODAY)


@pytest.mark.parametrize(
    ("given", "rule", "place", "expected"),
    [
        ({}, "checkov/X", {"path": "a/b.tf"}, True),
        ({}, "checkov/Y", {"path": "a/b.tf"}, False),
        ({}, "checkov/X", {"path": "a/b/c.tf"}, False),
        ({"path": "a/**"}, "checkov/X", {"path": "a/b/c.tf"}, True),
        ({}, "checkov/X", {}, False),
        ({"rule": "checkov/*"}, "checkov/Y", {"path": "a/b.tf"}, True),
        ({"stack": "production/*/*"}, "checkov/X", {"path": "a/b.tf", "stack": "production/terraform/a"}, True),
        ({"stack": "production/*/*"}, "checkov/X", {"path": "a/b.tf", "stack": "staging/terraform/a"}, False),
        ({"stack": "production/*/*"}, "checkov/X", {"path": "a/b.tf"}, False),
        ({"message": '"about *"'}, "checkov/X", {"path": "a/b.tf"}, True),
        ({"message": '"other *"'}, "checkov/X", {"path": "a/b.tf"}, False),
        ({"message": '"about [this]"'}, "checkov/X", {"path": "a/b.tf"}, True),
        ({"message": '"about ?this?"'}, "checkov/X", {"path": "a/b.tf"}, False),
        ({"rule": '"*"', "wide": "true"}, "rego/a", {"path": "a/b.tf"}, True),
        # what nobody means by "everything"
        ({"rule": '"*"', "wide": "true"}, "secrets/token", {"path": "a/b.tf"}, False),
        ({"rule": '"*"', "wide": "true"}, "policy/waiver-expired", {"path": "a/b.tf"}, False),
        ({"rule": '"*/*"', "wide": "true"}, "config/invalid", {"path": "a/b.tf"}, False),
        ({"rule": "secrets/*"}, "secrets/token", {"path": "a/b.tf"}, True),
    ],
)
def test_what_an_entry_covers(given: dict[str, str], rule: str, place: dict[str, str], expected: bool) -> None:
    found = findings.make(rule, "error", "about [this]", help="", **place)  # type: ignore[arg-type]  # path, stack
    assert (read(entry(**given)).of(found, TODAY) is not None) is expected


def test_the_last_day_counts_and_the_next_does_not() -> None:
    found = findings.make("checkov/X", "error", "m", help="", path="a/b.tf")
    waivers = read(entry(until="2026-11-26"))
    assert waivers.of(found, datetime.date(2026, 11, 26)) is not None
    assert waivers.of(found, datetime.date(2026, 11, 27)) is None


def test_of_several_the_one_that_holds_longest_is_told() -> None:
    found = findings.make("checkov/X", "error", "m", help="", path="a/b.tf")
    told = read(entry(), entry(until="2027-03-01", owner="you"), entry()).of(found, TODAY)
    assert told is not None
    assert (told.what, told.owner, told.until) == (f"{PATH}:4", "you", "2027-03-01")
