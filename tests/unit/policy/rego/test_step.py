"""Questions, answers and findings from end to end, with an engine of functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.errors import ToolError
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack
from gitops_ci.policy.rego import policies, step
from gitops_ci.policy.rego.engine import RegoProblem
from tests.unit.policy.rego.rego_bed import UNDEFINED, Fake, Files, check, none_there, read, scope

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {root: true}\n"
SAFE = POD.replace("true", "false")
REVIEW = "package adm\ndeny contains msg if input.request.object.spec.root\n"
OBJECT = "package obj\ndeny contains msg if input.spec.root\ndeny_other contains 1 if input.kind\n"
POLICIES = {"p/a.rego": REVIEW}


def root_denied(given: Any) -> Any:
    spec = given["request"]["object"].get("spec", {})
    return ["root is used"] if spec.get("root") else []


def told(base: Files | None, head: Files, **more: Any) -> list[tuple[str, str, str | None, int | None, str]]:
    files = {**POLICIES, **head}
    before = None if base is None else {**POLICIES, **base}
    found = check(
        scope(files, before, rego=[RegoPolicies(path="p")], **more),
        Fake({"data.adm.deny": root_denied, "data.obj.deny": lambda _: [], "data.obj.deny_other": lambda _: UNDEFINED}),
    )
    assert found.run.problems == ()
    return [(each.state, each.rule, each.path, each.line, each.message) for each in found.findings]


def test_a_change_is_blamed_for_what_it_adds() -> None:
    assert told({"k/a.yaml": SAFE}, {"k/a.yaml": POD}) == [("new", "rego/adm", "k/a.yaml", 1, "root is used")]
    assert told({}, {"k/a.yaml": POD}) == [("new", "rego/adm", "k/a.yaml", 1, "root is used")]
    assert told({"k/a.yaml": POD}, {"k/a.yaml": f"# more\n{POD}"}) == [
        ("existing", "rego/adm", "k/a.yaml", 2, "root is used")
    ]
    assert told({"k/a.yaml": POD}, {"k/a.yaml": POD}) == [("existing", "rego/adm", "k/a.yaml", 1, "root is used")]
    assert told({"k/a.yaml": POD}, {"k/a.yaml": SAFE}) == [("fixed", "rego/adm", "k/a.yaml", 1, "root is used")]
    other = {"k/b.yaml": SAFE}
    assert told({"k/a.yaml": POD, **other}, other) == [("fixed", "rego/adm", "k/a.yaml", 1, "root is used")]
    assert told(None, {"k/a.yaml": POD}) == [("new", "rego/adm", "k/a.yaml", 1, "root is used")]


def test_a_fault_that_moves_from_one_object_to_another_is_new() -> None:
    other = POD.replace("name: a", "name: b")
    one = f"{POD}---\n{other.replace('true', 'false')}"
    two = f"{SAFE}---\n{other}"
    assert [each[0] for each in told({"k/a.yaml": one}, {"k/a.yaml": two})] == ["new", "fixed"]


def test_a_fault_with_another_number_is_new() -> None:
    engine = Fake(
        {"data.obj.deny": lambda given: [f"port {given['spec']['port']}"], "data.obj.deny_other": lambda _: []}
    )
    ends = [{"p/a.rego": OBJECT, "k/a.yaml": POD.replace("root: true", f"port: {port}")} for port in (443, 22)]
    found = check(scope(ends[1], ends[0], rego=[RegoPolicies(path="p")]), engine).findings
    assert [(each.state, each.message) for each in found] == [("new", "port 22"), ("fixed", "port 443")]


def requests(base: Files | None, head: Files) -> list[Any]:
    engine = Fake({"data.adm.deny": lambda _: []})
    before = None if base is None else {**POLICIES, **base}
    check(scope({**POLICIES, **head}, before, rego=[RegoPolicies(path="p")]), engine)
    return [each["request"] for _, inputs in engine.asked for each in inputs]


def test_reviews_are_creations_and_updates() -> None:
    (made,) = requests({}, {"k/a.yaml": POD})
    assert (made["operation"], made["oldObject"]) == ("CREATE", None)
    assert made["kind"] == {"group": "", "version": "v1", "kind": "Pod"}
    assert made["resource"]["resource"] == "pods"
    assert (made["name"], made["object"]["spec"]) == ("a", {"root": True})
    changed, before = requests({"k/a.yaml": SAFE}, {"k/a.yaml": POD})
    assert (changed["operation"], changed["oldObject"]["spec"]) == ("UPDATE", {"root": False})
    assert before["object"] == before["oldObject"] == changed["oldObject"]
    (same,) = requests({"k/a.yaml": POD}, {"k/a.yaml": f"# {POD}"[:2] + f"\n{POD}"})
    assert same["operation"] == "UPDATE"
    moved = requests({"k/a.yaml": SAFE}, {"k/b.yaml": POD})
    assert [each["operation"] for each in moved] == ["UPDATE", "UPDATE"]
    (whole,) = requests(None, {"k/a.yaml": POD})
    assert whole["operation"] == "CREATE"


def test_lists_are_their_items_and_point_to_them() -> None:
    items = "".join(
        f"- {{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{root: true}}}}\n" for name in "ab"
    )
    found = told({}, {"k/a.yaml": f"apiVersion: v1\nkind: List\nitems:\n{items}"})
    assert [each[3] for each in found] == [4, 5]


def test_each_form_is_asked_once_and_only_by_who_reads_it() -> None:
    engine = Fake({"data.adm.deny": lambda _: [], "data.obj.deny": lambda _: [], "data.obj.deny_other": lambda _: []})
    files = {"p/a.rego": REVIEW, "p/b.rego": OBJECT, "k/a.yaml": POD, "k/b.json": json.dumps({"a": 1})}
    found = check(scope(files, rego=[RegoPolicies(path="p")]), engine)
    assert [(queries, len(inputs)) for queries, inputs in engine.asked] == [
        (("data.adm.deny",), 1),
        (("data.obj.deny", "data.obj.deny_other"), 1),
    ]
    assert (found.run.inputs, found.run.policies, found.run.engine) == (2, 3, engine.engine)


def test_no_engine_is_started_where_there_is_nothing_to_ask() -> None:
    some = scope({**POLICIES, "README.md": ""}, rego=[RegoPolicies(path="p")])
    found = step.check(some, read(some), none_there)
    assert [each.rule for each in found.findings] == ["rego/selects-nothing"]
    assert found.run.engine is None


def test_policies_for_every_repository_may_select_nothing() -> None:
    some = scope({"README.md": ""}, rego=())
    packed = policies.of_modules("builtin", {"x.rego": REVIEW}, b"{}")
    assert step.check(some, packed, none_there).findings == ()


def test_policies_of_a_family_have_its_ids() -> None:
    text = f"# METADATA\n# custom: {{id: kubernetes-root}}\n{REVIEW}"
    packed = policies.of_modules("builtin", {"x.rego": text}, b'{"a": 1}')
    engine = Fake({"data.adm.deny": root_denied})
    told = step.check(scope({"k/a.yaml": POD}, rego=()), packed, lambda: engine)
    assert [(each.rule, each.source) for each in told.findings] == [("builtin/kubernetes-root", "builtin")]
    assert (told.run.name, engine.bundles[0].data) == ("builtin", b'{"a": 1}')


def one(value: Any, policy: str = "package a\ndeny contains 1 if input.kind\n", **rules: Any) -> Any:
    files = {"p/a.rego": policy, "k/a.yaml": POD}
    queries = {"data.a.deny": lambda _: value, **{f"data.a.{name}": rule for name, rule in rules.items()}}
    return check(scope(files, rego=[RegoPolicies(path="p")]), Fake(queries))


@pytest.mark.parametrize("value", [3, True, "x", [3], [{"m": "x"}]])
def test_a_value_that_is_no_message_leaves_the_change_open(value: Any) -> None:
    found = one(value)
    (problem,) = found.run.problems
    assert (problem.code, problem.path, problem.line) == ("policy-shape", "p/a.rego", 2)
    assert found.findings == ()


@pytest.mark.parametrize("code", ["syntax", "needs-opa", "timeout", "memory", "crashed"])
def test_a_query_without_an_answer_leaves_the_change_open_and_keeps_the_others(code: Any) -> None:
    policy = "package a\ndeny contains 1 if input.kind\nwarn contains 1 if input.kind\n"
    problem = RegoProblem(code=code, message="why", path="p/a.rego", line=2)
    found = one(problem, policy, warn=lambda _: ["said"])
    assert [(each.code, each.path, each.line) for each in found.run.problems] == [(code, "p/a.rego", 2)]
    assert [(each.rule, each.severity) for each in found.findings] == [("rego/a.warn", "warning")]


def test_a_missing_engine_leaves_the_change_open() -> None:
    def start() -> Any:
        raise ToolError("no opa", hint="install it")

    some = scope({**POLICIES, "k/a.yaml": POD}, rego=[RegoPolicies(path="p")])
    found = step.check(some, read(some), start)
    assert [(each.code, each.message) for each in found.run.problems] == [("missing", "no opa: install it")]


def test_a_rule_without_metadata_says_where_it_is() -> None:
    (found,) = one(["x"]).findings
    assert found.help == "The rule is in p/a.rego:2."


def test_exceptions_are_told_and_in_nobodys_way() -> None:
    policy = "package a\ndeny_x contains 1 if input.kind\ndeny contains 1 if input.kind\nexception contains r if input.kind\n"
    found = one(["plain"], policy, deny_x=lambda _: ["excused"], exception=lambda _: [["x"]])
    by_message = {each.message: each for each in found.findings}
    assert (by_message["plain"].severity, by_message["plain"].waived_by) == ("error", None)
    excused = by_message["excused"]
    assert (excused.severity, excused.rule) == ("notice", "rego/a.deny_x")
    assert excused.waived_by is not None
    assert excused.waived_by.what == "exception in a"


def test_what_is_excused_no_more_is_new() -> None:
    policy = "package a\ndeny contains 1 if input.kind\nexception contains r if input.kind\n"

    def exception(given: Any) -> Any:
        return [[""]] if given["metadata"].get("labels") else []

    labelled = POD.replace("name: a", "name: a, labels: {ok: x}")
    engine = Fake({"data.a.deny": lambda _: ["no"], "data.a.exception": exception})
    files = {"p/a.rego": policy}
    some = scope({**files, "k/a.yaml": POD}, {**files, "k/a.yaml": labelled}, rego=[RegoPolicies(path="p")])
    found = check(some, engine).findings
    assert [(each.state, each.waived_by is not None) for each in found] == [("new", False), ("fixed", True)]


def test_a_wrong_exception_excuses_nothing() -> None:
    policy = "package a\ndeny contains 1 if input.kind\nexception contains r if input.kind\n"
    found = one(["plain"], policy, exception=lambda _: True)
    assert [each.severity for each in found.findings] == ["error"]
    assert [each.code for each in found.run.problems] == ["policy-shape"]


def test_places_inside_of_objects() -> None:
    def deny(_: Any) -> Any:
        return [
            {"msg": "by path", "path": "spec.containers[0].image"},
            {"msg": "by list", "details": {"path": ["request", "object", "spec", "containers", 0]}},
            {"msg": "by line", "line": 77},
            {"msg": "beside", "path": ["spec", "nowhere"]},
        ]

    pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: x\n"
    files = {"p/a.rego": REVIEW, "k/a.yaml": f"# first\n---\n{pod}"}
    found = check(scope(files, rego=[RegoPolicies(path="p")]), Fake({"data.adm.deny": deny}))
    assert [(each.message, each.line) for each in found.findings] == [
        ("by path", 8), ("by list", 7), ("by line", 77), ("beside", 5),
    ]  # fmt: skip


def test_no_message_tells_a_secret() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: geheim9}\n"
    files = {"p/a.rego": "package a\ndeny contains 1 if input.kind\n", "k/s.yaml": secret}
    engine = Fake({"data.a.deny": lambda given: [f"found {given['stringData']['a']}"]})
    (found,) = check(scope(files, rego=[RegoPolicies(path="p")]), engine).findings
    assert found.message == "found (sensitive)"


# Plans

PLAN_POLICY = {"p/plan.rego": "package tf\ndeny contains 1 if input.resource_changes\n"}
STACK = Stack(id="production/terraform/main", environment="production", kind="terraform", name="main", path="env")
TF = {"env/main.tf": '\nresource "aws_s3_bucket" "logs" {}\n'}


def plan(**changes: Any) -> dict[str, Any]:
    resources = [
        {
            "address": f"aws_s3_bucket.{name}",
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": name,
            "provider_name": "aws",
            "change": {
                "actions": ["create"] if before is None else ["update"],
                "before": before,
                "after": after,
                "after_unknown": {},
                "before_sensitive": {},
                "after_sensitive": {"password": True},
            },
        }
        for name, (before, after) in changes.items()
    ]
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": resources}


def public(given: Any) -> list[Any]:
    return [
        f"{each['address']} is public ({each['change']['after'].get('password')})"
        for each in given["resource_changes"]
        if each["change"]["after"].get("acl") == "public"
    ]


def planned(tmp_path: Path, document: bytes) -> Any:
    place = tmp_path / "plan.json"
    place.write_bytes(document)
    files = {**PLAN_POLICY, **TF}
    some = scope(files, files, rego=[RegoPolicies(path="p")], plans={STACK.id: place}, stacks={STACK.id: STACK})
    return check(some, Fake({"data.tf.deny": public}))


def test_plans_point_to_their_blocks_and_keep_their_secrets(tmp_path: Path) -> None:
    content = plan(logs=(None, {"acl": "public", "password": "Tr0ub4dor"}))
    (found,) = planned(tmp_path, json.dumps(content).encode()).findings
    assert (found.path, found.line, found.stack, found.state) == ("env/main.tf", 2, STACK.id, "new")
    assert found.message == "aws_s3_bucket.logs is public ((sensitive))"


def test_what_was_there_before_the_plan_is_existing(tmp_path: Path) -> None:
    was = {"acl": "public", "n": 1}
    content = plan(logs=(was, {**was, "n": 2}), fresh=({"acl": "private"}, {"acl": "public"}))
    found: tuple[Finding, ...] = planned(tmp_path, json.dumps(content).encode()).findings
    assert [(each.state, each.message.partition(" ")[0]) for each in found] == [
        ("existing", "aws_s3_bucket.logs"),
        ("new", "aws_s3_bucket.fresh"),
    ]


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"\xff\xfe", b'{"format_version": "9.0"}', b"\0" * 1000])
def test_a_malformed_plan_leaves_the_change_open(tmp_path: Path, document: bytes) -> None:
    found = planned(tmp_path, document)
    assert [each.code for each in found.run.problems] == ["invalid-plan"]
    assert [each.rule for each in found.findings] in ([], ["rego/selects-nothing"])


def test_policies_may_be_told_which_stack_it_is_about(tmp_path: Path) -> None:
    place = tmp_path / "plan.json"
    place.write_bytes(b" " + json.dumps(plan(logs=({"n": 1.0}, {"n": 1.50}))).encode())
    files = {**PLAN_POLICY, **POLICIES, **TF, "k/a.yaml": POD}
    some = scope(files, files, rego=[RegoPolicies(path="p")], plans={STACK.id: place}, stacks={STACK.id: STACK})
    engine = Fake({"data.tf.deny": lambda _: [], "data.adm.deny": lambda _: []})
    step.check(some, read(some), lambda: engine, subject=lambda path, stack, _: {"path": path, "stack": stack})
    by_query = {queries[0]: inputs for queries, inputs in engine.asked}
    assert [each["gitops_ci"] for each in by_query["data.tf.deny"]] == [{"path": None, "stack": STACK.id}] * 2
    assert [each["gitops_ci"] for each in by_query["data.adm.deny"]] == [{"path": "k/a.yaml", "stack": None}]
    assert by_query["data.tf.deny"][0]["format_version"] == "1.2"


# Files

FILE_POLICY = {"p/f.rego": "package f\ndeny contains 1 if input.services\n"}


def of_files(given: Files, **entry: Any) -> Any:
    engine = Fake({"data.f.deny": lambda given: ["seen"] if given else []})
    return check(scope({**FILE_POLICY, **given}, rego=[RegoPolicies(path="p", **entry)]), engine)


def test_files_of_known_formats_are_asked_about() -> None:
    files = {
        "a.yaml": "services: {}\n", "b.toml": "a = 1\n", "c.tf": "locals {}\n", "Dockerfile": "FROM x\n", "d.json": "[1, 2]",
        "e.txt": "x", "f.ini": "[a]\n",
    }  # fmt: skip
    found = of_files(files)
    assert sorted(each.path or "" for each in found.findings) == [
        "Dockerfile",
        "a.yaml",
        "b.toml",
        "c.tf",
        *["d.json"] * 2,
    ]
    assert [each.path for each in of_files(files, files=("*.toml",)).findings] == ["b.toml"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", b"a: [", "not valid YAML"),
        ("a.yaml", b"\x89PNG\0\0", "binary"),
        ("a.yaml", b"a: 1\n" * (1 << 20), "larger than 4 MiB"),
        ("a.json", b"{", "not valid JSON"),
        ("a.json", b" " * (11 << 20), "too large"),
        ("a.toml", b"= 1", "not valid TOML"),
        ("a.tf", b"resource {", "not valid HCL"),
        ("Dockerfile", b"NOTHING x\n", "not a valid Dockerfile"),
    ],
)
def test_files_that_cannot_be_read_are_findings(name: str, content: bytes, said: str) -> None:
    (found,) = of_files({name: content}).findings
    assert (found.rule, found.severity, found.path) == ("rego/unreadable", "error", name)
    assert said in found.message


def test_what_could_not_be_read_before_is_nobodys_doing() -> None:
    files = {**FILE_POLICY, "a.yaml": "a: [", "b.yaml": "b: ["}
    some = scope({**files, "b.yaml": "# more\nb: ["}, files, rego=[RegoPolicies(path="p")])
    assert [each.state for each in check(some, Fake({"data.f.deny": lambda _: []})).findings] == [
        "existing",
        "existing",
    ]


def test_templates_are_told_once_and_never_passed_over() -> None:
    files = {
        "chart/Chart.yaml": "name: x\n",
        "chart/templates/a.yaml": "a: {{ .Values.a }}\n",
        "chart/templates/plain.yaml": "services: 1\n",
        "chart/templates/b.yaml": "{{ if x }}\na: 1\n{{ end }}\n",
        "other.yaml": "{{ if x }}\na: 1\n{{ end }}\n",
    }
    found = of_files(files)
    assert [(each.rule, each.severity, each.path) for each in found.findings if each.rule == "rego/template"] == [
        ("rego/template", "notice", "chart/templates/a.yaml")
    ]
    assert "2 templates" in next(each.message for each in found.findings if each.rule == "rego/template")
    assert [each.path for each in found.findings if each.rule == "rego/unreadable"] == ["other.yaml"]
    assert "chart/templates/plain.yaml" in [each.path for each in found.findings if each.rule == "rego/f"]


def test_files_of_a_format_that_is_not_read_are_refused_where_they_are_asked_for() -> None:
    files = {"a.ini": "[a]\n", "b.yaml": "services: 1\n"}
    (problem,) = of_files(files, files=("*.ini", "*.yaml", "*.nowhere")).run.problems
    assert (problem.code, problem.path) == ("unsupported-format", "a.ini")
    assert of_files(files, files=("*",)).run.problems == ()


def test_files_that_could_hold_no_object_are_nobodys_business_but_a_file_policys() -> None:
    files: dict[str, str | bytes] = {
        "tsconfig.json": '{"a": 1} // why',
        "crypt.yaml": b"\0GITCRYPT\0\xff",
        "binary.yaml": b"\0{{",
        "utf16.yaml": POD.encode("utf-16"),
        "broken.yaml": "apiVersion: v1\nkind: [",
    }
    some = scope({**POLICIES, **files}, rego=[RegoPolicies(path="p")])
    found = check(some, Fake({"data.adm.deny": root_denied})).findings
    assert sorted(each.path or "" for each in found if each.rule == "rego/unreadable") == ["broken.yaml", "utf16.yaml"]
    told_of_all = {each.path for each in of_files(files).findings if each.rule == "rego/unreadable"}
    assert told_of_all == files.keys()
