from __future__ import annotations

import msgspec
import pytest

from gitops_ci.kinds.kubernetes.objects import Identity
from gitops_ci.kinds.kubernetes.rules import declared, duplicates, references, selectors
from gitops_ci.kinds.kubernetes.rules.declared import Target
from gitops_ci.kinds.kubernetes.rules.subject import Held, Neighbour
from gitops_ci.kinds.kubernetes.sources import Deployment
from tests.unit.kinds.kubernetes.rules import ends

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  serviceAccountName: web
  imagePullSecrets: [{name: pull}]
  initContainers: [{name: init, image: a, env: [{name: A, valueFrom: {secretKeyRef: {name: password, key: a}}}]}]
  containers:
    - name: web
      image: a
      envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: maybe, optional: true}}]
  volumes:
    - {name: a, persistentVolumeClaim: {claimName: data}}
    - {name: b, projected: {sources: [{configMap: {name: kube-root-ca.crt}}, {configMap: {name: extra}}]}}
    - {name: c, secret: {secretName: tls}}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
ALL = {"settings": 11, "extra": 14, "data": 13, "web": 5, "pull": 6, "password": 7, "tls": 15}


def missing(more: str = "", neighbours: tuple[Neighbour, ...] = (), cluster: str = "") -> dict[str, tuple[str, int]]:
    files = {"pod.yaml": POD, **({"more.yaml": more} if more else {})}
    told = references.missing(ends.subject(files, neighbours, cluster=cluster))
    return {each.message.split("`")[1]: (each.severity or "", each.line or 0) for each in told}


def beside(*objects: tuple[str, str], cluster: str = "", namespace: str = "shop", complete: bool = True) -> Neighbour:
    found = frozenset(Identity("", kind, namespace, name) for kind, name in objects)
    return Neighbour(
        id="production/kubernetes/other",
        target=Target("production", cluster),
        reads=lambda: Held(objects=found),
        complete=complete,
    )


def test_every_kind_of_reference_is_followed_to_its_line() -> None:
    found = missing()
    assert {name: line for name, (_, line) in found.items()} == ALL
    assert {name for name, (severity, _) in found.items() if severity == "notice"} == {"pull", "password", "tls"}


def test_what_the_stack_makes_is_there() -> None:
    assert missing(CONFIG).keys() == ALL.keys() - {"settings"}


def test_what_another_stack_of_the_cluster_makes_in_the_namespace_is_there() -> None:
    assert missing("", (beside(("ConfigMap", "settings")),)).keys() == ALL.keys() - {"settings"}
    assert missing("", (beside(("ConfigMap", "settings"), namespace="other"),)).keys() == ALL.keys()
    assert missing("", (beside(("ConfigMap", "settings"), cluster="b"),), cluster="a").keys() == ALL.keys()


@pytest.mark.parametrize(
    "operator",
    [
        "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: a}, spec: {target: {name: tls}}}",
        "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: a}, spec: {secretName: tls}}",
        "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: tls}, spec: {encryptedData: {}}}",
    ],
)
def test_what_an_operator_is_told_to_make_is_there_and_the_rest_may_be(operator: str) -> None:
    found = missing(operator)
    assert found.keys() == ALL.keys() - {"tls"}
    assert {severity for severity, _ in found.values()} == {"notice"}


def test_a_stack_that_is_not_rendered_may_make_it() -> None:
    assert {severity for severity, _ in missing("", (beside(complete=False),)).values()} == {"notice"}


def test_a_stack_of_another_namespace_makes_nothing_here() -> None:
    other = msgspec.structs.replace(beside(complete=False), namespace="other", names=lambda: frozenset({"a", "other"}))
    assert {severity for severity, _ in missing("", (other,)).values()} == {"notice", "warning"}
    mentions = msgspec.structs.replace(other, names=lambda: frozenset({"shop", "settings"}))
    warned = [name for name, (severity, _) in missing("", (mentions,)).items() if severity == "warning"]
    assert warned == ["web", "data", "extra"]
    template = msgspec.structs.replace(other, names=lambda: None)
    assert {severity for severity, _ in missing("", (template,)).values()} == {"notice", "warning"}


def test_a_stateful_set_makes_its_claims() -> None:
    text = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  volumeClaimTemplates: [{metadata: {name: data}}]
  template: {spec: {containers: [{name: db}], volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}}
"""
    assert list(references.missing(ends.subject({"a.yaml": text}))) == []


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: SELECTED}\n"


@pytest.mark.parametrize(
    ("service", "neighbours", "expected"),
    [
        (SERVICE.replace("SELECTED", "web"), (), []),
        (SERVICE.replace("SELECTED", "other"), (), [("warning", 5)]),
        (SERVICE.replace("  selector: {app: SELECTED}\n", "  externalName: a.example\n"), (), []),
        (SERVICE.replace("SELECTED", "other"), (beside(complete=False),), [("notice", 5)]),
    ],
)
def test_a_service_selects_a_pod(
    service: str, neighbours: tuple[Neighbour, ...], expected: list[tuple[str, int]]
) -> None:
    subject = ends.subject({"pod.yaml": POD, "service.yaml": service}, neighbours)
    assert [(each.severity, each.line) for each in selectors.selects_nothing(subject)] == expected


@pytest.mark.parametrize(
    ("cluster", "other", "expected"),
    [("a", "a", ["error"]), ("a", "b", []), ("", "a", ["warning"]), ("", "", ["warning"])],
)
def test_two_stacks_of_one_cluster_have_no_object_in_common(cluster: str, other: str, expected: list[str]) -> None:
    neighbour = beside(("ConfigMap", "settings"), cluster=other)
    subject = ends.subject({"a.yaml": CONFIG}, (neighbour,), cluster=cluster)
    assert [each.severity for each in duplicates.twice(subject)] == expected


def test_an_object_is_no_duplicate_in_a_namespace_that_nobody_names() -> None:
    neighbour = beside(("ConfigMap", "settings"), namespace="")
    assert list(duplicates.twice(ends.subject({"a.yaml": CONFIG}, (neighbour,), namespace=""))) == []


def test_a_generated_name_is_another_one_each_time() -> None:
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\n"
    subject = ends.subject({"a.yaml": f"{job}---\n{job}"})
    assert list(duplicates.twice(subject)) == []


def test_an_object_that_is_there_twice_names_the_other_place() -> None:
    [told] = duplicates.twice(ends.subject({"a.yaml": CONFIG, "b.yaml": f"\n{CONFIG}"}))
    assert "a.yaml:1" in told.message
    assert (told.path, told.line) == ("b.yaml", 2)


def test_files_of_a_folder_that_nobody_deploys_may_be_alternatives() -> None:
    files = {"a.yaml": f"{CONFIG}---\n{POD}", "b.yaml": f"{CONFIG}---\n{POD}"}
    guessed = msgspec.structs.replace(ends.subject(files), target=Target("shared"))
    [told] = duplicates.twice(guessed)
    assert (told.severity, told.path) == ("warning", "b.yaml")
    assert told.message.startswith("ConfigMap settings: is in a.yaml, too, and 1 more of this file")
    deployment = msgspec.structs.replace(guessed.deployment, by="Application web")
    said = list(duplicates.twice(msgspec.structs.replace(guessed, deployment=deployment)))
    assert [each.severity for each in said] == [None, None]
    [within] = duplicates.twice(
        msgspec.structs.replace(ends.subject({"a.yaml": f"{CONFIG}---\n{CONFIG}"}), target=Target("shared"))
    )
    assert within.severity is None


@pytest.mark.parametrize(
    ("one", "other", "is_told"),
    [
        (Target("production", "in-cluster", "eu"), Target("production", "in-cluster", "us"), False),
        (Target("production", "in-cluster", "eu"), Target("production", "in-cluster", "eu"), True),
        (Target("production", "in-cluster", "eu"), Target("production", "in-cluster"), True),
        (Target("production", "a", "eu"), Target("production", "a", "us"), True),
    ],
)
def test_the_own_cluster_of_an_argo_cd_is_that_of_its_folder(one: Target, other: Target, is_told: bool) -> None:
    neighbour = msgspec.structs.replace(beside(("ConfigMap", "settings")), target=other)
    subject = msgspec.structs.replace(ends.subject({"a.yaml": CONFIG}, (neighbour,)), target=one)
    assert bool(list(duplicates.twice(subject))) == is_told


def test_a_folder_that_is_deployed_several_times_is_not_deployed_into_one_cluster() -> None:
    neighbour = beside(("ConfigMap", "settings"))
    subject = ends.subject({"a.yaml": CONFIG}, (neighbour,))
    assert len(list(duplicates.twice(subject))) == 1
    again = msgspec.structs.replace(neighbour, path=subject.path)
    assert list(duplicates.twice(ends.subject({"a.yaml": CONFIG}, (again,)))) == []


@pytest.mark.parametrize(
    ("by", "file", "path", "home"),
    [
        ("Application a", "clusters/eu/a.yaml", "apps/a", "eu"),
        ("Application a", "clusters/a.yaml", "apps/a", ""),
        ("", "clusters/eu", "clusters/eu", "eu"),
        ("", "apps/a", "apps/a", ""),
    ],
)
def test_which_folder_of_a_cluster_a_stack_belongs_to(by: str, file: str, path: str, home: str) -> None:
    assert declared.target("production", Deployment(sources=(), by=by, path=file), path).home == home
