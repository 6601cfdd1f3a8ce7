from __future__ import annotations

import pytest
import yaml

from gitops_ci.model.plan import Change
from tests.unit.kinds.security.sides import changes, found, here, only, planned, side

ROLE = """apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: developer, namespace: shop}
rules:
  - {apiGroups: [""], resources: [pods, services], verbs: [get, list]}
  - {apiGroups: [apps], resources: [deployments], verbs: [get]}
"""
BINDING = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: developers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: developer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: developers}]
"""
POLICY = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shop, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{namespaceSelector: {matchLabels: {name: ingress}}}]
      ports: [{protocol: TCP, port: 8080}]
"""
CONSTRAINT = """apiVersion: constraints.gatekeeper.sh/v1beta1
kind: AcmeLabels
metadata: {name: labels}
spec:
  enforcementAction: deny
  match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}], namespaces: [shop, blog]}
  parameters: {labels: [app, team], exemptImages: [a]}
"""
KYVERNO = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels}
spec:
  validationFailureAction: Enforce
  rules:
    - name: team
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {message: team, pattern: {metadata: {labels: {team: "?*"}}}}
"""
NAMESPACE = """apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
"""


def edited(text: str, old: str, new: str) -> Change:
    assert old in text
    return only({"a.yaml": text}, {"a.yaml": text.replace(old, new)})


def test_an_object_is_told_by_what_it_is() -> None:
    change = only({}, {"a.yaml": f"---\n{ROLE}"})
    assert (change.address, change.type, change.action) == ("Role shop/developer", "Role", "create")
    assert (change.path, change.line) == ("shared/security/a.yaml", 2)


def test_rules_are_compared_by_what_they_permit() -> None:
    split = ROLE.replace('[""], resources: [pods, services]', '[""], resources: [services]') + (
        '  - {apiGroups: [""], verbs: [list, get], resources: [pods]}\n'
    )
    assert changes({"a.yaml": ROLE}, {"a.yaml": split}) == ()
    change = edited(ROLE, "resources: [deployments], verbs: [get]", "resources: [deployments], verbs: [get, patch]")
    assert [(each.path, each.before, each.after) for each in change.attributes] == [
        ('rules["deployments.apps"]', "get", "get, patch")
    ]
    assert not change.destructive


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("verbs: [get]}", 'verbs: ["*"]}', "grants every verb on deployments.apps"),
        ("[deployments]", '["*"]', "grants get on every resource of the group apps"),
        ("[pods, services]", "[pods, secrets]", "lets it read secrets"),
        ("[pods, services]", "[pods/exec]", "lets it run commands in pods"),
        ("verbs: [get, list]", "verbs: [impersonate]", "grants impersonate on pods, services"),
    ],
)
def test_a_role_that_opens_something_is_destructive(old: str, new: str, reason: str) -> None:
    change = edited(ROLE, old, new)
    assert change.destructive
    assert change.reason == reason


def test_access_that_goes_away_is_no_loss() -> None:
    change = only({"a.yaml": ROLE}, {})
    assert (change.action, change.destructive) == ("delete", False)
    assert not edited(ROLE, "verbs: [get, list]", "verbs: [get]").destructive


def test_who_is_bound_to_a_dangerous_role_of_the_stack_is_told() -> None:
    role = ROLE.replace("verbs: [get]}", 'verbs: ["*"]}')
    bound = BINDING.replace("subjects: [", "subjects: [{kind: User, name: eve}, ")
    change = only({"r.yaml": role, "b.yaml": BINDING}, {"r.yaml": role, "b.yaml": bound})
    assert change.destructive
    assert change.reason == "gives User eve the role developer, which grants every verb on deployments.apps"
    assert [each.after for each in change.attributes] == ["User eve"]
    everyone = edited(BINDING, "Group, name: developers", "Group, name: system:anonymous")
    assert everyone.destructive


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    - from", "    - {}\n    - from", "allows traffic from anything on any port"),
        ("      ports: [{protocol: TCP, port: 8080}]\n", "", "allows traffic from"),
        ("port: 8080}", "port: 8080}, {port: 22}", "allows traffic from namespaces with name=ingress on TCP 22"),
        ("[Ingress, Egress]", "[Ingress]", "no longer rules egress: all of it is allowed"),
        ("podSelector: {}", "podSelector: {matchLabels: {app: x}}", "is about other pods than before"),
        ("    - from", "    - from: [{ipBlock: {cidr: 0.0.0.0/0}}]\n    - from", "allows traffic from anything on any port"),
    ],
)  # fmt: skip
def test_traffic_that_is_let_in_is_destructive(old: str, new: str, reason: str) -> None:
    change = edited(POLICY, old, new)
    assert change.destructive
    assert change.reason is not None
    assert change.reason.startswith(reason)


def test_traffic_that_is_kept_out_is_not() -> None:
    assert not edited(POLICY, "  ingress:\n    - from: [{namespaceSelector: {matchLabels: {name: ingress}}}]\n      ports: "
                              "[{protocol: TCP, port: 8080}]\n", "").destructive  # fmt: skip
    wide = POLICY.replace("      ports: [{protocol: TCP, port: 8080}]\n", "")
    assert not only({"a.yaml": wide}, {"a.yaml": POLICY}).destructive
    removed = only({"a.yaml": POLICY}, {})
    assert (removed.action, removed.destructive) == ("delete", True)
    assert removed.reason == "no longer keeps other traffic from the pods that it selects"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Action: deny", "Action: dryrun", "no longer refuses what breaks it"),
        ("Action: deny", "Action: warn", "no longer refuses what breaks it"),
        ("[app, team]", "[app]", "no longer names team in labels"),
        ("exemptImages: [a]", "exemptImages: [a, b]", "lets off b (exemptImages)"),
        ("namespaces: [shop, blog]", "namespaces: [shop]", "is no longer about the namespaces blog"),
        ("kinds: [Deployment]", "kinds: [Pod]", "is no longer about the kinds Deployment.apps"),
        ("match: {", "match: {excludedNamespaces: [blog], ", "leaves out the namespaces blog"),
        ("match: {", "match: {labelSelector: {matchLabels: {a: b}}, ", "selects by another labelSelector than before"),
    ],
)
def test_a_constraint_that_asks_less_is_destructive(old: str, new: str, reason: str) -> None:
    change = edited(CONSTRAINT, old, new)
    assert change.destructive
    assert change.reason == reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[app, team]", "[team, app, environment]"),
        ("exemptImages: [a]", "exemptImages: []"),
        ("[shop, blog]", "[blog, shop, cart]"),
        ("kinds: [Deployment]", "kinds: [Deployment, StatefulSet]"),
        ("apiGroups: [apps], kinds: [Deployment]", 'apiGroups: ["*"], kinds: ["*"]'),
    ],
)
def test_a_constraint_that_asks_more_is_not(old: str, new: str) -> None:
    assert not edited(CONSTRAINT, old, new).destructive


def test_the_order_in_a_constraint_means_nothing() -> None:
    assert changes({"a.yaml": CONSTRAINT}, {"a.yaml": CONSTRAINT.replace("[shop, blog]", "[blog, shop]")}) == ()


@pytest.mark.parametrize(
    ("text", "old", "new", "reason"),
    [
        (KYVERNO, "Enforce", "Audit", "no longer refuses what breaks the rule team"),
        (KYVERNO, "match: {any", "exclude: {any: [{resources: {namespaces: [shop]}}]}\n      match: {any", "leaves something out of the rule team"),
        (KYVERNO, "name: team\n", "name: other\n", "no longer refuses what breaks the rule team"),
        (NAMESPACE, "enforce: restricted", "enforce: baseline", "no longer keeps pods to the level restricted"),
        (NAMESPACE, ", labels: {pod-security.kubernetes.io/enforce: restricted}", "", "no longer keeps pods to the level restricted"),
        (NAMESPACE, "enforce: restricted", "enforce: restricted, admission.gatekeeper.sh/ignore: x", "no longer has Gatekeeper look at it"),
    ],
)  # fmt: skip
def test_what_is_admitted_now_is_destructive(text: str, old: str, new: str, reason: str) -> None:
    change = edited(text, old, new)
    assert change.destructive
    assert change.reason is not None
    assert change.reason.startswith(reason)


def test_a_pattern_that_is_rewritten_is_said_to_be() -> None:
    change = edited(KYVERNO, "?*", "*")
    assert not change.destructive
    assert change.reason is not None
    assert change.reason.startswith("rewritten")


def test_a_template_is_compared_by_its_rules() -> None:
    def template(rego: str) -> str:
        target = {"target": "admission.k8s.gatekeeper.sh", "rego": rego}
        spec = {"crd": {"spec": {"names": {"kind": "A"}}}, "targets": [target]}
        return yaml.safe_dump({"apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate",
                               "metadata": {"name": "a"}, "spec": spec})  # fmt: skip

    rule = 'package a\nviolation[{"msg": "x"}] {\n  input.a\n}\n'
    commented = only({"a.yaml": template(rule)}, {"a.yaml": template(f"# why\n{rule}")})
    assert all(each.cosmetic for each in commented.attributes)
    weaker = only({"a.yaml": template(rule)}, {"a.yaml": template(rule.replace("input.a\n", "input.a\n  input.b\n"))})
    assert weaker.reason == "refuses only where also `input.b`"
    gone = only({"a.yaml": template(rule)}, {"a.yaml": template("package a\nx := 1\n")})
    assert gone.reason == "`violation` is gone, which refused"
    parameter = only({"a.yaml": template(rule)}, {"a.yaml": template(rule).replace("kind: A\n", "kind: B\n")})
    assert not all(each.cosmetic for each in parameter.attributes)


def test_a_list_is_its_items_and_json_is_read() -> None:
    import json

    listed = {"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(ROLE), yaml.safe_load(BINDING)]}
    assert changes({"a.yaml": f"{ROLE}---\n{BINDING}"}, {"b.json": json.dumps(listed, indent=1)}) == ()


def test_a_move_within_a_folder_is_nothing_and_to_another_one_is_told() -> None:
    assert changes({"a.yaml": f"{ROLE}---\n{POLICY}"}, {"b.yaml": POLICY, "c.yml": ROLE}) == ()
    change = only({"a.yaml": POLICY}, {"old/a.yaml": POLICY})
    assert (change.action, change.previous_address) == ("move", "NetworkPolicy shop/shop in shared/security")


def test_a_file_that_nothing_applies_any_more_is_gone() -> None:
    told = {change.address: change for change in changes({"a.yaml": POLICY}, {"a.yaml.off": POLICY})}
    assert told["NetworkPolicy shop/shop"].action == "delete"
    assert told["file shared/security/a.yaml.off"].action == "create"


def test_what_a_kustomization_no_longer_applies_is_destructive() -> None:
    base = {"kustomization.yaml": "resources: [a.yaml, b.yaml]\n", "a.yaml": POLICY, "b.yaml": ROLE}
    change = only(base, {**base, "kustomization.yaml": "resources: [b.yaml]\n"})
    assert (change.destructive, change.reason) == (True, "no longer applies a.yaml")


def test_several_of_one_name_are_told_apart() -> None:
    both = {"a.yaml": POLICY, "b.yaml": POLICY}
    assert changes(both, {"b.yaml": POLICY, "a.yaml": POLICY}) == ()
    change = only(both, {"a.yaml": POLICY})
    assert (change.action, change.path) == ("delete", "shared/security/b.yaml")


def test_a_shared_base_is_part_of_what_reads_it() -> None:
    files = {
        "environments/production/security/kustomization.yaml": "resources: [../../../base]\n",
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": POLICY,
    }
    base, head = side(files), side({**files, "base/a.yaml": POLICY.replace("8080", "80")})
    [change] = planned(base, head, "production/security/main").changes
    assert change.path == "base/a.yaml"


def test_a_removed_stack_deletes_everything() -> None:
    plan = planned(here({"a.yaml": f"{ROLE}---\n{POLICY}", "x.txt": "a"}), side({"other": ""}))
    assert (plan.status, plan.summary.delete) == ("changed", 3)
    assert {change.action for change in plan.changes} == {"delete"}


def test_an_added_stack_creates_everything() -> None:
    assert planned(None, here({"a.yaml": ROLE})).summary.create == 1
    assert planned(side({"other": ""}), here({"a.yaml": ROLE})).summary.create == 1


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a: [\n", 2),
        (b"kind: Role\nkind: Role\n", 2),
        (b"a: 1\nb: \xff\n", 2),
        (b"a: &a [*a]\n", 1),
        (b"[" * 5000, 1),
    ],
)
def test_what_is_no_yaml_fails_the_plan(content: bytes, line: int) -> None:
    plan = planned(here({"a.yaml": POLICY, "b.yaml": ROLE}), here({"a.yaml": content}))
    assert plan.status == "failed"
    assert plan.reason is not None
    assert (plan.reason.code, plan.reason.path, plan.reason.line) == ("invalid", "shared/security/a.yaml", line)
    assert [change.address for change in plan.changes] == ["Role shop/developer"]  # what was in the other is not known


def test_what_only_base_has_broken_is_compared_as_a_file() -> None:
    told = {change.address: change.action for change in changes({"a.yaml": "a: ["}, {"a.yaml": ROLE})}
    assert told == {"file shared/security/a.yaml": "update", "Role shop/developer": "create"}


def test_templates_of_charts_are_text() -> None:
    chart = {"c/Chart.yaml": "name: c", "c/templates/a.yaml": "{{ if .x }}\na: 1\n{{ end }}"}
    change = only(chart, {**chart, "c/templates/a.yaml": "{{ if .y }}\na: 1\n{{ end }}"})
    assert (change.type, change.address) == ("file", "file shared/security/c/templates/a.yaml")


@pytest.mark.parametrize(
    ("base", "head", "action"),
    [
        ({"x.txt": "a\n"}, {"x.txt": "b\n"}, "update"),
        ({"x.bin": b"\0\1"}, {"x.bin": b"\0\2"}, "update"),
        ({"x.big": "a" * 200_000}, {"x.big": "b" * 200_000}, "update"),
        ({"keep": "", "x.txt": "a\n"}, {"keep": "", "y.txt": "a\n"}, "move"),
        ({"values.yaml": "a: 1\n"}, {"values.yaml": "a: 2\n"}, "update"),
        ({"CODEOWNERS": "* @a\n"}, {}, "delete"),
    ],
)
def test_any_other_file_is_seen(base: dict[str, bytes | str], head: dict[str, bytes | str], action: str) -> None:
    change = only(base, head)
    assert (change.type, change.action) == ("file", action)


@pytest.mark.parametrize(("before", "after"), [("0", "false"), ("1", "true"), ("[1]", "[true]")])
def test_a_number_that_becomes_a_truth_value_is_a_change(before: str, after: str) -> None:
    """Python takes them for the same, Kubernetes does not."""
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\nspec: {enabled: VALUE}\n"
    change = only({"a.yaml": text.replace("VALUE", before)}, {"a.yaml": text.replace("VALUE", after)})
    assert change.action == "update"
    assert [attribute.cosmetic for attribute in change.attributes] == [False]


def test_a_link_is_followed_and_one_that_leaves_is_told() -> None:
    files = {"shared/security/keep": "", "lib/a.yaml": POLICY}
    base = side(files, links={"shared/security/a.yaml": "../../lib/a.yaml"})
    head = side(files, links={"shared/security/a.yaml": "/etc/passwd"})
    told = {change.address: change.action for change in planned(base, head).changes}
    assert told["file shared/security/a.yaml"] == "create"
    assert "delete" in told.values()


def test_the_article_s_config_is_told() -> None:
    text = (
        "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {name: config}\nspec:\n"
        "  validation:\n    - name: require-labels\n      parameters: {}\n"
    )
    told = found({"shared/security/c.yaml": text})
    assert [(each.rule, each.line) for each in told] == [("security/gatekeeper-config", 5)]


def test_a_rule_of_many_peers_and_ports_is_taken_as_a_whole() -> None:
    def policy(ports: int) -> str:
        peers = ", ".join(f"{{ipBlock: {{cidr: 10.0.{n // 250}.{n % 250}/32}}}}" for n in range(2000))
        numbers = ", ".join(f"{{port: {n + 1}}}" for n in range(ports))
        return POLICY.replace("    - from", f"    - from: [{peers}]\n      ports: [{numbers}]\n    - from")

    change = only({"a.yaml": policy(1000)}, {"a.yaml": policy(1001)})
    assert change.destructive
    assert change.reason is not None
    assert len(change.reason) < 400
