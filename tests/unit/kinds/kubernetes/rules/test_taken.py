"""What a change takes away while somebody still names it: an error, whoever else might make it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.kinds import kubernetes
from gitops_ci.model.finding import Finding
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import Files, application, end
from tests.unit.kinds.kubernetes.planning.test_stacks import never
from tests.unit.kinds.kubernetes.rules import ends

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\n"
POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - {name: web, image: a, envFrom: [{configMapRef: {name: settings}}]}
"""
OPERATOR = "apiVersion: x.example/v1\nkind: Thing\nmetadata: {name: a, namespace: shop}\n"
EXTERNAL = """apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: web, namespace: shop}
spec: {target: {name: token}}
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: shop}\n"
ASKS = POD.replace("configMapRef: {name: settings}", "secretRef: {name: token}")
CHARTS = """apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: acme, namespace: shop}
spec: {url: "https://charts.acme.example", interval: 1h}
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec: {interval: 1h, chart: {spec: {chart: web, sourceRef: {kind: HelmRepository, name: acme}}}}
"""


def told(base: str, head: str) -> list[tuple[str, str]]:
    found = ends.inspected({f"{ends.AT}/web.yaml": head, "base": base})
    return [(each.rule, each.severity) for each in found if "reference" in each.rule]


BROKEN = [("kubernetes/reference-broken", "error")]


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (f"{CONFIG}---\n{POD}", POD, BROKEN),
        (f"{CONFIG}---\n{POD}", f"{POD}---\n{OPERATOR}", BROKEN),
        (POD, POD, [("kubernetes/reference-missing", "warning")]),
        (POD, f"{POD}---\n{OPERATOR}", [("kubernetes/reference-missing", "notice")]),
        (f"{CONFIG}---\n{POD}", CONFIG.replace("settings", "other"), []),
        (f"{EXTERNAL}---\n{ASKS}", ASKS, BROKEN),
        (f"{SECRET}---\n{ASKS}", f"{EXTERNAL}---\n{ASKS}", []),
        (f"{CONFIG}---\n{POD}", POD.replace("name: settings", "name: settings, optional: true"), []),
        (f"{CHARTS}---\n{RELEASE}", f"{CHARTS.replace('acme', 'acne')}---\n{RELEASE}", BROKEN),
    ],
)
def test_what_base_made_and_head_does_not(base: str, head: str, expected: list[tuple[str, str]]) -> None:
    assert told(base, head) == expected


KEYED = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - {name: web, image: a, env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: level}}}]}
"""
WITH_KEY = f"{CONFIG}data: {{level: info}}\n"
WITHOUT_KEY = f"{CONFIG}data: {{levl: info}}\n"


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (f"{WITH_KEY}---\n{KEYED}", f"{WITH_KEY}---\n{KEYED}", []),
        (f"{WITH_KEY}---\n{KEYED}", f"{WITHOUT_KEY}---\n{KEYED}", BROKEN),
        (f"{WITHOUT_KEY}---\n{KEYED}", f"{WITHOUT_KEY}---\n{KEYED}", [("kubernetes/reference-missing", "warning")]),
        (f"{WITH_KEY}---\n{KEYED}", f"{CONFIG}---\n{KEYED}", []),  # an operator may fill it
        (f"{WITH_KEY}---\n{KEYED}", f"{CONFIG}binaryData: {{level: aQ==}}\n---\n{KEYED}", []),
        (
            f"{WITH_KEY}---\n{KEYED}",
            f"{WITHOUT_KEY}---\n{KEYED.replace('key: level', 'key: level, optional: true')}",
            [],
        ),
    ],
)
def test_a_key_that_a_pod_asks_for(base: str, head: str, expected: list[tuple[str, str]]) -> None:
    assert told(base, head) == expected


def test_a_generated_name_that_is_no_longer_one() -> None:
    generated = "settings-5fd9c7mm2k"
    base = f"{CONFIG.replace('settings', generated)}---\n{POD.replace('name: settings', f'name: {generated}')}"
    assert told(base, f"{CONFIG.replace('settings', 'other-5fd9c7mm2k')}---\n{POD}") == BROKEN
    unused = f"{CONFIG.replace('settings', generated)}---\n{POD}"  # somebody else's, then as now
    assert told(unused, POD) == [("kubernetes/reference-missing", "warning")]


APPS = {
    "argo/web.yaml": application("web", "production/web").replace("web-cluster", "one"),
    "argo/base.yaml": application("base", "production/base").replace("base-cluster", "one"),
    "production/web/web.yaml": POD.replace("shop", "web"),
    "production/base/other.yaml": CONFIG.replace("shop", "web").replace("settings", "other"),
    "production/base/config.yaml": CONFIG.replace("shop", "web"),
}


def inspected(head: Files, id: str, place: Path) -> list[Finding]:
    base = end(APPS)
    other = end(head)
    kubernetes.plan(base.stacks[id], base, other, Tools(place, never))
    found = kubernetes.inspect(base.stacks[id], other)
    return [each for each in found if each.rule == "kubernetes/reference-broken"]


def test_what_another_stack_still_names_is_told_where_it_does(tmp_path: Path) -> None:
    head = {path: text for path, text in APPS.items() if path != "production/base/config.yaml"}
    [found] = inspected(head, "production/kubernetes/base", tmp_path)
    assert (found.path, found.line) == ("production/web/web.yaml", 1)
    assert "production/kubernetes/web still names the ConfigMap `settings`" in found.message


def test_a_stack_that_goes_takes_all_away(tmp_path: Path) -> None:
    head = {path: text for path, text in APPS.items() if "base" not in path}
    [found] = inspected(head, "production/kubernetes/base", tmp_path)
    assert found.path == "production/web/web.yaml"


def test_what_moves_into_another_stack_is_there(tmp_path: Path) -> None:
    moved = {path.replace("base/config", "web/config"): text for path, text in APPS.items()}
    assert inspected(moved, "production/kubernetes/base", tmp_path) == []


def test_nothing_is_taken_from_another_cluster(tmp_path: Path) -> None:
    head = {path: text for path, text in APPS.items() if path != "production/base/config.yaml"}
    head["argo/web.yaml"] = head["argo/web.yaml"].replace("name: one", "name: two")
    assert inspected(head, "production/kubernetes/base", tmp_path) == []


def test_of_a_cluster_that_nobody_names_it_is_not_known_to_be_the_same(tmp_path: Path) -> None:
    files = {
        "kubernetes/base/config.yaml": CONFIG.replace("shop", "web"),
        "kubernetes/base/other.yaml": CONFIG.replace("settings", "other"),
        "kubernetes/web/web.yaml": POD.replace("shop", "web"),
    }
    base, head = end(files), end({path: text for path, text in files.items() if path != "kubernetes/base/config.yaml"})
    kubernetes.plan(base.stacks["shared/kubernetes/base"], base, head, Tools(tmp_path, never))
    assert kubernetes.inspect(base.stacks["shared/kubernetes/base"], head) == ()
