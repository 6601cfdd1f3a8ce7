"""The record: what one line holds, that lines chain, that they are canonical, and what is never in them."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gitops_ci
from gitops_ci.gate import record
from gitops_ci.gate.lifted import Lifted
from gitops_ci.gate.record import Record, Told
from gitops_ci.model import finding
from gitops_ci.model.finding import Waiver
from gitops_ci.model.plan import Attribute, Change, Plan
from gitops_ci.model.pull_request import Unreadable
from gitops_ci.model.report import Report
from gitops_ci.model.verdict import Verdict, VerdictReason
from gitops_ci.render import record_json, report_json
from tests.unit.gate.scenes import ANN, HEAD, NETWORK, NOW, OLDER, TIP, Scene, approved, labelled, pull

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
REASON = VerdictReason(rule="gate/freeze", decision="blocked", message="frozen", remedy="wait", stack=NETWORK)
LIFTED = Lifted(rule="gate/destroy", how="label", what="1 delete", by=("ann",), where="production", why="decided")
DOCS = Path(__file__).resolve().parents[3] / "docs" / "record.md"
SCHEMA = Path(gitops_ci.__file__).parent / "schema" / "record-1.json"


def made(scene: Scene | None = None, *, lifted: tuple[Lifted, ...] = (), **report: Any) -> Record:
    case = (scene or Scene()).case()
    verdict = report.pop("verdict", Verdict(decision="blocked", reasons=(REASON,)))
    of_it = msgspec.structs.replace(case.report, verdict=msgspec.structs.replace(verdict, lifted=lifted), **report)
    document = report_json.encode(of_it)
    return record.of(of_it, Told(at=case.now, document=document, case=case, rules=("freeze",)))


def line(of: Record, before: bytes | None = None) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(record_json.line(of, before))
    return decoded


def test_who_what_why() -> None:
    state = pull(
        reviews=(approved(ANN),),
        labels=(labelled("b"), labelled("a")),
        members={"acme/sre": Unreadable(what="the members of acme/sre", permission="members: read")},
    )
    told = line(made(Scene(pull_requests=(state,)), lifted=(LIFTED,)))
    assert told["decision"] == "blocked"
    assert told["reasons"] == [
        {
            "decision": "blocked",
            "message": "frozen",
            "remedy": "wait",
            "rule": "gate/freeze",
            "stack": NETWORK,
            "who": "",
        }
    ]
    assert told["rules"] == ["freeze"]
    assert told["at"] == "2026-11-27T18:00:00+00:00"
    (judged,) = told["pull_requests"]
    assert (judged["number"], judged["author"], judged["head"], judged["base_tip"]) == (7, "eve", HEAD, TIP)
    assert judged["labels"] == ["a", "b"]
    assert judged["reviews"] == [{"by": "ann", "commit": HEAD, "id": 1, "state": "approved"}]
    assert judged["unread"] == [{"permission": "members: read", "what": "the members of acme/sre"}]
    assert told["lifted"][0]["by"] == ["ann"]


def test_commits_and_hashes() -> None:
    case = Scene(planned_on={"README.md": "other"}).case()
    document = report_json.encode(case.report)
    told = line(record.of(case.report, Told(at=NOW, document=document, case=case)))
    assert (told["base"], told["planned_on"], told["head"]) == (TIP, OLDER, HEAD)
    assert told["tree"] == case.head.snapshot.tree
    assert told["report"] == hashlib.sha256(document).hexdigest()
    assert told["config_digest"] == case.report.config_digest
    assert [each["of"] for each in told["plans"]] == [NETWORK]


def test_a_plan_has_the_same_digest_however_long_it_took() -> None:
    one = Plan(stack=NETWORK, status="changed", seconds=1.0)
    other = msgspec.structs.replace(one, seconds=2.0)
    change = Change(
        address="a", type="b", action="delete", attributes=(Attribute(path="c", before={"x": 1, "a": 2.5}),)
    )
    third = msgspec.structs.replace(one, changes=(change,))
    first, second, changed = (made(plans=(each,)).plans[0].sha256 for each in (one, other, third))
    assert first == second != changed


def test_what_somebody_accepts_is_listed() -> None:
    found = finding.make("checkov/X", "error", "is open", help="", path="a.tf", stack=NETWORK)
    waiver = Waiver(what="gitops-ci-waivers.yml:3", owner="@ann", reason="a proxy", until="2027-01-31")
    told = line(made(findings=(found, msgspec.structs.replace(found, waived_by=waiver))))
    assert told["waived"] == [
        {
            "by": {"owner": "@ann", "reason": "a proxy", "until": "2027-01-31", "what": "gitops-ci-waivers.yml:3"},
            "fingerprint": found.fingerprint,
            "path": "a.tf",
            "rule": "checkov/X",
            "stack": NETWORK,
        }
    ]


def test_what_could_not_be_judged_is_recorded_as_well() -> None:
    report = Scene().case().report
    told = line(record.of(report, Told(at=NOW, document=b"")))
    assert (told["decision"], told["base"], told["tree"], told["pull_requests"]) == ("undecided", None, None, [])
    assert told["pull_request"] == 7


def test_another_clock_is_told_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert record.of(Scene().case().report, Told(at=there, document=b"")).at == "2026-11-27T18:00:00+00:00"


def test_no_secret_is_in_it() -> None:
    leaky = VerdictReason(rule="a/b", decision="blocked", message=f"has {KEY}", remedy=f"take {KEY} out")
    lifted = msgspec.structs.replace(LIFTED, what=f"{KEY}", why=f"because {KEY}")
    plan = Plan(stack=NETWORK, status="changed", changes=(Change(address=KEY, type="t", action="create"),))
    verdict = Verdict(decision="blocked", reasons=(leaky,), left_out=(KEY,))
    assert KEY.encode() not in record_json.line(made(lifted=(lifted,), verdict=verdict, plans=(plan,)))


# A chain


def chain(*records: Record) -> list[bytes]:
    lines: list[bytes] = []
    for each in records:
        lines.append(record_json.line(each, lines[-1] if lines else None))
    return lines


def documented_check(lines: list[bytes]) -> list[str]:
    """What the program of the manual prints."""
    program = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    said: list[str] = []
    names = {"print": lambda *words: said.append(" ".join(map(str, words))), "open": lambda *_: lines}
    exec(compile(program[1], "record.md", "exec"), names)
    return said


def test_each_line_has_the_hash_of_the_line_before() -> None:
    lines = chain(made(), made(head="c" * 40), made())
    assert all(each.endswith(b"\n") and each.count(b"\n") == 1 for each in lines)
    previous = [json.loads(each)["previous"] for each in lines]
    assert previous == [None, *(hashlib.sha256(each.rstrip(b"\n")).hexdigest() for each in lines[:-1])]
    assert record_json.line(made(), lines[0]) == record_json.line(made(), lines[0].rstrip(b"\n"))


def test_the_check_of_the_manual_finds_what_was_altered() -> None:
    lines = chain(made(), made(head="c" * 40), made())
    assert documented_check(lines) == ["3 lines, unbroken"]
    forged = lines[1].replace(b'"decision":"blocked"', b'"decision":"pass"')
    assert forged != lines[1]
    assert documented_check([lines[0], forged, lines[2]]) == ["line 3 does not follow line 2"]
    assert documented_check([lines[0], lines[2]]) == ["line 2 does not follow line 1"]
    assert documented_check(lines[1:]) == ["line 1 is not the first"]


# The form


TEXTS = st.text(max_size=20)


@given(message=TEXTS, path=TEXTS, until=st.none() | TEXTS)
def test_it_is_canonical_json(message: str, path: str, until: str | None) -> None:
    """As RFC 8785 has it: of such values, what Python writes with sorted keys and nothing between."""
    lifted = msgspec.structs.replace(LIFTED, where=path, until=until)
    reason = msgspec.structs.replace(REASON, message=message)
    content = record_json.line(made(verdict=Verdict(decision="blocked", reasons=(reason,)), lifted=(lifted,)))
    decoded = json.loads(content)
    assert json.dumps(decoded, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n" == content
    jsonschema.validate(decoded, json.loads(SCHEMA.read_bytes()))


def test_bytes_that_are_no_text_are_shown() -> None:
    state = pull(labels=(labelled("a\udcff\n"),))
    (judged,) = line(made(Scene(pull_requests=(state,))))["pull_requests"]
    assert judged["labels"] == ["a\\xff\n"]


def test_the_same_verdict_is_the_same_line() -> None:
    assert record_json.line(made()) == record_json.line(made())


def test_the_example_of_the_manual_is_a_record() -> None:
    example = re.search(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    decoded = json.loads(example[1])
    jsonschema.validate(decoded, json.loads(SCHEMA.read_bytes()))
    assert decoded.keys() == line(made()).keys()


@pytest.mark.parametrize("name", ["schema", "decision", "reasons", "previous"])
def test_the_schema_refuses_others(name: str) -> None:
    decoded = line(made()) | {name: 7}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(decoded, json.loads(SCHEMA.read_bytes()))


def test_a_report_is_not_taken_for_a_record() -> None:
    assert isinstance(made(), Record)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(report_json.encode(Scene().case().report), type=Record)
    assert msgspec.json.decode(record_json.line(made()), type=Record).schema == record.SCHEMA
    assert Report.__struct_fields__ != Record.__struct_fields__
    assert datetime.fromisoformat(made().at) == NOW
