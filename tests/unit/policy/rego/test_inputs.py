"""What is judged of a change that hides it: links, other names, other formats, templates, kustomizations."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec

from gitops_ci.config import RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.model import stack
from gitops_ci.policy.documents import files
from gitops_ci.policy.rego import subject
from gitops_ci.policy.rego.engine import RegoProblem
from gitops_ci.policy.rego.inputs import Reading
from gitops_ci.policy.scope import Scope
from tests.unit.policy.rego.rego_bed import Fake, Files, check, scope

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {root: true}\n"
POLICIES = {"p/a.rego": "package adm\ndeny contains msg if input.request.object.spec.root\n"}
WEB = stack.make(environment="production", kind="kubernetes", name="web", path="web")
OTHER = stack.make(environment="production", kind="kubernetes", name="other", path="other")


def denied(given: Any) -> Any:
    spec = given["request"]["object"].get("spec")
    return ["root is used"] if isinstance(spec, dict) and spec.get("root") else []


def told(head: Files, base: Files | None = None, **more: Any) -> list[tuple[str, str, str | None]]:
    some = scope(
        {**POLICIES, **head}, None if base is None else {**POLICIES, **base}, rego=[RegoPolicies(path="p")], **more
    )
    found = check(some, Fake({"data.adm.deny": denied}))
    return [(each.state, each.rule, each.path) for each in found.findings if each.rule != "rego/selects-nothing"]


def linked(head: Files, links: dict[str, str], base: Files | None = None) -> list[tuple[str, str, str | None]]:
    some = scope({**POLICIES, **head}, None if base is None else {**POLICIES, **base}, rego=[RegoPolicies(path="p")])
    ends = [snapshot.of({**POLICIES, **end}, links=links) for end in (head, base) if end is not None]
    before = ends[1] if base is not None else None
    some = msgspec.structs.replace(some, head=ends[0], base=before, rules=before or ends[0])
    paths = tuple(sorted({*some.paths, *(links if base is None else ())}))
    found = check(msgspec.structs.replace(some, paths=paths), Fake({"data.adm.deny": denied}))
    return [(each.state, each.rule, each.path) for each in found.findings if each.rule != "rego/selects-nothing"]


def test_a_list_of_any_kind_is_its_items() -> None:
    within = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"root": True}})
    for kind in ("Foo", "List", "PodList", "AllowList"):
        text = f"apiVersion: v1\nkind: {kind}\nitems: [{within}]\n"
        assert told({"k/a.yaml": text}) == [("new", "rego/adm", "k/a.yaml")], kind
    nested = f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: v1, kind: List, items: [{within}]}}]\n"
    assert told({"k/a.yaml": nested}) == [("new", "rego/adm", "k/a.yaml")]
    whole = f"apiVersion: x/v1\nkind: Foo\nmetadata: {{name: b}}\nspec: {{root: true}}\nitems: [{within}]\n"
    assert len(told({"k/a.yaml": whole})) == 2


def test_yaml_that_is_called_json_is_read() -> None:
    text = POD.replace("apiVersion", '"api\\u0056ersion"').replace("kind", '"k\\x69nd"')
    assert told({"k/a.json": text}) == [("new", "rego/adm", "k/a.json")]
    assert told({"k/a.yaml": text.replace("v1", "!!binary djE=")}) == [("new", "rego/adm", "k/a.yaml")]


def test_what_cannot_be_read_is_told_wherever_an_object_may_be() -> None:
    escaped = '"api\\u0056ersion": ['
    assert told({"k/a.json": escaped}) == [("new", "rego/unreadable", "k/a.json")]
    assert told({"k/a.json": "{x"}) == []
    deployed: dict[str, Any] = {"stacks": {WEB.id: WEB}, "owners": {"web/a.json": (WEB.id,)}}
    assert told({"web/a.json": "{x"}, **deployed) == [("new", "rego/unreadable", "web/a.json")]
    assert told({"k/a.yaml": f"{files.LFS.decode()}oid sha256:0\n"}) == [("new", "rego/unreadable", "k/a.yaml")]


def test_what_readers_of_yaml_read_differently_is_unreadable() -> None:
    for text in (POD + "x: 1\nx: 2\n", POD + "data: {a: 1, <<: {a: 2}}\n", POD + "data: {on: 1}\n", "--- !x\n" + POD):
        assert ("new", "rego/unreadable", "k/a.yaml") in told({"k/a.yaml": text}), text
    assert told({"k/values.yaml": "enabled: yes\non: 1\n"}) == []
    assert told({"k/suite.yaml": "apiVersion: test.gatekeeper.sh/v1\nkind: Suite\ntests: [{violations: yes}]\n"}) == []


def test_braces_are_no_excuse_outside_of_a_chart() -> None:
    deep = f"{POD}# {{{{ x }}}}\nx: {'{a: ' * 250}1{'}' * 250}\n"
    assert told({"k/a.yaml": deep}) == [("new", "rego/unreadable", "k/a.yaml")]
    broken = "apiVersion: v1\na: {{ x }}\n"
    assert told({"k/a.yaml": broken}) == [("new", "rego/unreadable", "k/a.yaml")]
    chart = {"c/Chart.yaml": "name: c\n"}
    assert told({**chart, "c/templates/a.yaml": broken}, chart) == [("new", "rego/template", "c/templates/a.yaml")]
    assert ("new", "rego/unreadable", "c/templates/a.yaml") in told({**chart, "c/templates/a.yaml": deep}, chart)


def test_a_chart_that_the_change_plants_excuses_nothing() -> None:
    planted = {"c/Chart.yaml": "name: c\n", "c/templates/a.yaml": "apiVersion: v1\na: {{ x }}\n"}
    assert told(planted, {}) == [("new", "rego/unreadable", "c/templates/a.yaml")]
    owners = dict.fromkeys(planted, (WEB.id,))
    assert [each[1] for each in told(planted, {}, stacks={WEB.id: WEB}, owners=owners)] == ["rego/template"]


def test_an_object_among_templates_is_judged() -> None:
    chart = {"c/Chart.yaml": "name: c\n"}
    found = told({**chart, "c/templates/a.yaml": f"# {{{{ x }}}}\n{POD}"}, chart)
    assert sorted(each[1] for each in found) == ["rego/adm", "rego/template"]


def test_a_link_is_what_it_leads_to_at_its_own_place() -> None:
    files = {"docs/pod.txt": POD}
    assert linked(files, {"web/a.yaml": "../docs/pod.txt"}) == [("new", "rego/adm", "web/a.yaml")]
    assert linked({}, {"web/a.yaml": "../../etc/pod"}) == [("new", "rego/unreadable", "web/a.yaml")]


def test_a_link_changes_with_what_it_leads_to() -> None:
    before, links = {"docs/pod.txt": POD.replace("true", "false")}, {"web/a.yaml": "../docs/pod.txt"}
    assert linked({"docs/pod.txt": POD}, links, before) == [("new", "rego/adm", "web/a.yaml")]


def test_what_a_kustomization_names_is_yaml_whatever_it_is_called() -> None:
    files = {"web/kustomization.yaml": "resources: [pod.manifest]\n", "web/pod.manifest": POD, "web/b.manifest": POD}
    assert told(files) == [("new", "rego/adm", "web/pod.manifest")]


def test_patches_in_a_kustomization_are_objects() -> None:
    patch = "\n".join(f"    {line}" for line in POD.splitlines())
    text = f"patches:\n- patch: |-\n{patch}\n"
    for name in ("kustomization.yaml", "Kustomization"):
        assert told({f"web/{name}": text}) == [("new", "rego/adm", f"web/{name}")]
    some = scope({"web/kustomization.yaml": text})
    (review,) = Reading(some, subject.of(some)).ends("review", ()).head
    assert json.loads(review.payload)["gitops_ci"]["kustomized"] == "patch"


def test_what_only_a_rendering_shows_is_told_once() -> None:
    notice = [("new", "rego/kustomization", "web/kustomization.yaml")]
    json_patch = "patches:\n- target: {kind: Pod}\n  patch: |-\n    - {op: replace, path: /spec/root, value: true}\n"
    for text in (
        json_patch,
        "images: [{name: a, newTag: b}]\n",
        "helmCharts: [{name: a}]\nconfigMapGenerator: [{name: a}]\n",
    ):
        assert told({"web/kustomization.yaml": text}) == notice, text
    assert (
        told({"web/kustomization.yaml": "patches: [{path: b.yaml}]\n", "web/b.yaml": "- {op: remove, path: /a}\n"})
        == notice
    )
    assert told({"web/kustomization.yaml": "namePrefix: a\n"}) == []
    images = {"web/kustomization.yaml": "images: [{name: a}]\n"}
    some = scope({**POLICIES, **images, "x": "1"}, {**POLICIES, **images, "x": ""}, rego=[RegoPolicies(path="p")])
    (told_before,) = (each for each in check(some, Fake({"data.adm.deny": denied})).findings if each.path in images)
    assert told_before.state == "existing"
    untouched = msgspec.structs.replace(some, paths=("x",))
    assert [each.rule for each in check(untouched, Fake({"data.adm.deny": denied})).findings] == [
        "rego/selects-nothing"
    ]


def test_what_a_kustomization_takes_from_now_on_is_new() -> None:
    before = {"web/kustomization.yaml": "resources: []\n", "web/pod.manifest": POD}
    after = {**before, "web/kustomization.yaml": "resources: [pod.manifest]\n"}
    assert told(after, before) == [("new", "rego/adm", "web/pod.manifest")]
    assert told({**after, "x": ""}, after) == [("existing", "rego/adm", "web/pod.manifest")]


def test_a_patch_of_base_that_is_applied_as_it_is_is_asked_about_at_both_ends() -> None:
    before = {"web/kustomization.yaml": "patches: [{path: b.yaml}]\n", "web/b.yaml": POD}
    after = {**before, "web/kustomization.yaml": "resources: [b.yaml]\n"}
    some = scope(after, before, owners=dict.fromkeys(before, (WEB.id,)), stacks={WEB.id: WEB})
    ends = Reading(some, subject.of(some)).ends("review", ())
    uses = [[json.loads(each.payload)["gitops_ci"]["kustomized"] for each in end] for end in (ends.base, ends.head)]
    assert uses == [["patch"], ["resource"]]


def requests(head: Files, base: Files) -> list[tuple[str, Any]]:
    some = scope(head, base)
    payloads = [json.loads(each.payload)["request"] for each in Reading(some).ends("review", ()).head]
    return [(each["operation"], each["oldObject"] and each["oldObject"]["spec"]["root"]) for each in payloads]


def test_another_environments_object_is_no_old_one() -> None:
    new, old = POD, POD.replace("true", "false")
    moved = {"environments/production/k/a.yaml": old}
    assert requests({"environments/production/n/a.yaml": new}, moved) == [("UPDATE", False)]
    assert requests({"environments/production/n/a.yaml": new}, {"environments/development/k/a.yaml": old}) == [
        ("CREATE", None)
    ]
    assert requests({"shared/b/a.yaml": new}, {"shared/a/a.yaml": old}) == [("CREATE", None)]
    assert requests({"shared/b/a.yaml": new}, {"shared/b/old.yaml": old}) == [("UPDATE", False)]


def kustomized(head: Files, base: Files, path: str, owners: dict[str, tuple[str, ...]] | None = None) -> str | None:
    owned = {each: (WEB.id,) for each in head if each.startswith("web/")} if owners is None else owners
    some = Scope(
        rules=snapshot.of(base), base=snapshot.of(base), head=snapshot.of(head), config=scope({}).config,
        stacks={WEB.id: WEB, OTHER.id: OTHER}, owners=owned,
    )  # fmt: skip
    return subject.of(some)(path, WEB.id, "head").get("kustomized")


def test_a_patch_is_one_by_a_kustomization_of_its_own_stack_that_base_has() -> None:
    taken = {"web/kustomization.yaml": "patches: [{path: b.yaml}]\n", "web/b.yaml": POD}
    assert kustomized(taken, taken, "web/b.yaml") == "patch"
    assert kustomized(taken, {}, "web/b.yaml") == "new-patch"
    elsewhere = {"docs/kustomization.yaml": "patches: [{path: ../web/b.yaml}]\n", "web/b.yaml": POD}
    assert kustomized(elsewhere, elsewhere, "web/b.yaml") is None
    above = {"kustomization.yaml": "patches: [{path: web/b.yaml}]\n", "web/b.yaml": POD}
    assert kustomized(above, above, "web/b.yaml") is None
    owned: dict[str, tuple[str, ...]] = dict.fromkeys(above, (WEB.id,))
    assert kustomized(above, above, "web/b.yaml", owned) == "patch"
    both = {**taken, "web/kustomization.yaml": "patches: [{path: b.yaml}]\nresources: [b.yaml]\n"}
    assert kustomized(both, taken, "web/b.yaml") == "resource"


def test_one_input_that_no_policy_can_be_asked_about_is_one_reason() -> None:
    policy = (
        "package adm\ndeny contains msg if input.request.object.spec\nwarn contains msg if input.request.object.spec\n"
    )
    wrong = RegoProblem(code="evaluation", message="a number of more than 64 bits", path="lib.rego", line=3)
    files = {"p/a.rego": policy, "k/a.yaml": POD, "k/b.yaml": POD.replace("name: a", "name: b")}

    def of_b(given: Any) -> Any:
        return wrong if given["request"]["name"] == "b" else []

    (one,) = check(
        scope(files, rego=[RegoPolicies(path="p")]), Fake({"data.adm.deny": of_b, "data.adm.warn": of_b})
    ).run.problems
    assert (one.code, one.path, one.line) == ("input", "k/b.yaml", 1)
    assert one.message == "Pod b in k/b.yaml: adm.deny: a number of more than 64 bits (and so for 1 more rules)"
    engine = Fake({"data.adm.deny": lambda _: wrong, "data.adm.warn": lambda _: []})
    (other,) = check(scope(files, rego=[RegoPolicies(path="p")]), engine).run.problems
    assert (other.code, other.path) == ("evaluation", "lib.rego")
    assert other.message.endswith("(asked about Pod a in k/a.yaml and 1 more)")


def test_a_format_that_is_not_read_is_nobodys_environment_where_several_are() -> None:
    policies = {"p/f.rego": "package f\ndeny contains msg if input.services\n"}
    ini = {"environments/development/a.ini": "", "environments/production/b.ini": ""}
    some = scope({**policies, **ini}, rego=[RegoPolicies(path="p", files=("environments/**/*.ini",))])
    assert [each.path for each in check(some, Fake({"data.f.deny": lambda _: []})).run.problems] == [None]


def test_a_policy_of_deletions_alone_is_told() -> None:
    only = 'package adm\ndeny contains msg if {\n\tinput.request.operation == "DELETE"\n\tmsg := "no"\n}\n'
    for policy, count in ((only, 1), (only.replace("==", "!="), 0), (f"{only}deny contains 1 if input.request.x\n", 0)):
        some = scope({"p/a.rego": policy, "k/a.yaml": POD}, rego=[RegoPolicies(path="p")])
        found = check(some, Fake({"data.adm.deny": lambda _: []})).findings
        assert [each.rule for each in found] == ["rego/selects-nothing"] * count


def test_a_content_is_parsed_once_for_all_who_ask() -> None:
    some = scope({"k/a.yaml": POD, "k/b.yaml": POD})
    (one, same), (other, _) = (Reading(some).ends("object", ()).head for _ in range(2))
    assert one.document is same.document is other.document


def test_a_long_list_takes_as_long_as_it_is() -> None:
    def seconds(items: int) -> float:
        began = time.process_time()
        assert sum(1 for _ in files.documents("a.yaml", b"- a: b\n" * items)) == items
        return time.process_time() - began

    small, large = (min(seconds(items) for _ in range(2)) for items in (1_000, 32_000))
    assert large < 250 * small  # 32 times as long, whatever runs beside; 1,024 where each item goes through all
