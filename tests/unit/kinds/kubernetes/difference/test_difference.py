"""Objects of two ends as Changes; the objects are YAML, as a rendering has them."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.kubernetes import difference
from gitops_ci.kinds.kubernetes.difference import Difference
from gitops_ci.kinds.kubernetes.difference.keeping import Pruning
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.model.plan import Change

WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}


def objects(*values: dict[str, Any]) -> tuple[Object, ...]:
    found = [reading.of(value, "") for value in values]
    assert all(isinstance(each, Object) for each in found), found
    return tuple(each for each in found if isinstance(each, Object))


def between(
    base: list[dict[str, Any]],
    head: list[dict[str, Any]],
    *,
    prune: bool | None = True,
    by: str = "",
    all_goes: bool = False,
) -> Difference:
    return difference.between(objects(*base), objects(*head), Pruning(prune, by, all_goes))


def only(found: Difference) -> Change:
    assert len(found.changes) == 1, found
    return found.changes[0]


def one(kind: str, api: str = "v1", name: str = "x", **rest: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, **rest}


def test_what_is_the_same_is_no_change() -> None:
    found = between([one("ConfigMap", data={"a": "b"})], [one("ConfigMap", data={"a": "b"})])
    assert found == Difference((), {})


def test_an_update_tells_the_places_that_differ() -> None:
    base, head = ({**WEB, "spec": {"replicas": count, "paused": False}} for count in (2, 3))
    change = only(between([base], [head]))
    assert (change.address, change.type, change.action) == ("apps/Deployment shop/web", "apps/Deployment", "update")
    assert [(each.path, each.before, each.after) for each in change.attributes] == [("spec.replicas", 2, 3)]
    assert not change.destructive


@pytest.mark.parametrize(
    ("base", "head", "told"),
    [
        ("a", "xa", ("a", "x")),
        ("a", "ax", ("a", "x")),
        ("xa", "a", ("x", "a")),
        ("ax", "xa", ("x", "a")),  # the last one wins
        ("aa", "aa", None),
        ("ax", "ay", ("x", "y")),
        ("", "ax", (None, "x")),
        ("ax", "", ("x", None)),
    ],
)
def test_of_two_of_one_identity_none_is_passed_over(base: str, head: str, told: tuple[Any, Any] | None) -> None:
    """Which one counts nobody knows: `no change` would be untrue."""
    found = between(*([one("ConfigMap", data={"k": each}) for each in end] for end in (base, head)))
    assert [each.action for each in found.changes] == (
        [] if told is None else ["create" if told[0] is None else "delete" if told[1] is None else "update"]
    )
    if told is not None and None not in told:
        assert [(each.before, each.after) for each in found.changes[0].attributes] == [told]


def test_what_comes_is_told_whole_but_for_its_name() -> None:
    change = only(between([], [one("ConfigMap", data={"a": "b"})]))
    assert (change.action, change.destructive) == ("create", False)
    assert {each.path: each.after for each in change.attributes} == {"data.a": "b"}


@pytest.mark.parametrize(
    ("prune", "action", "destructive", "said"),
    [
        (True, "delete", True, None),
        (None, "delete", True, "deleted where what applies this stack prunes"),
        (False, "forget", False, "nothing prunes it"),
    ],
)
def test_what_goes_is_deleted_or_left_behind(
    prune: bool | None, action: str, destructive: bool, said: str | None
) -> None:
    change = only(between([one("Service")], [], prune=prune))
    assert (change.action, change.destructive) == (action, destructive)
    assert change.reason is None if said is None else said in (change.reason or "")


KEEP = {"helm.sh/resource-policy": "keep"}
PRUNE = {"argocd.argoproj.io/sync-options": "Validate=false, Prune=false"}
DELETE = {"argocd.argoproj.io/sync-options": "Validate=false, Delete=false"}
DISABLED = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}


@pytest.mark.parametrize(
    ("by", "all_goes", "heard"),
    [
        ("Application", False, [PRUNE]),
        ("Application", True, [DELETE, KEEP]),
        ("Kustomization", False, [DISABLED]),
        ("HelmRelease", True, [KEEP]),
        ("", False, [KEEP, PRUNE, DISABLED]),
    ],
)
def test_an_object_can_ask_what_deploys_it_to_be_left_behind(
    by: str, all_goes: bool, heard: list[dict[str, str]]
) -> None:
    for annotation in (KEEP, PRUNE, DELETE, DISABLED):
        kept = one("PersistentVolumeClaim")
        kept["metadata"] = {**kept["metadata"], "annotations": annotation}
        change = only(between([kept], [], by=by, all_goes=all_goes))
        assert change.action == ("forget" if annotation in heard else "delete"), annotation
        assert change.destructive is (annotation not in heard)


@pytest.mark.parametrize(
    ("kind", "api", "words"),
    [
        ("Namespace", "v1", "everything in the namespace"),
        ("PersistentVolumeClaim", "v1", "data of its volume"),
        ("StatefulSet", "apps/v1", "its pods go"),
        ("CustomResourceDefinition", "apiextensions.k8s.io/v1", "every object of this kind"),
    ],
)
def test_a_deletion_says_what_goes_with_it(kind: str, api: str, words: str) -> None:
    change = only(between([one(kind, api)], []))
    assert change.destructive
    assert words in (change.reason or "")


FLUX = "kustomize.toolkit.fluxcd.io/v1"
FINALIZER = {"name": "x", "finalizers": ["resources-finalizer.argocd.argoproj.io/background"]}


@pytest.mark.parametrize(
    ("each", "goes"),
    [
        (one("Application", "argoproj.io/v1alpha1", metadata=FINALIZER), True),
        (one("Application", "argoproj.io/v1alpha1"), False),
        (one("Kustomization", FLUX, spec={"prune": True}), True),
        (one("Kustomization", FLUX, spec={"prune": False}), False),
        (one("Kustomization", FLUX, spec={"prune": True, "deletionPolicy": "Orphan"}), False),
        (one("Kustomization", FLUX, spec={"deletionPolicy": "Delete"}), True),
        (one("Kustomization", FLUX, spec={"prune": True, "suspend": True}), False),
        (one("HelmRelease", "helm.toolkit.fluxcd.io/v2"), True),
        (one("HelmRelease", "helm.toolkit.fluxcd.io/v2", spec={"suspend": True}), False),
    ],
)
def test_what_deploys_says_whether_all_of_it_goes(each: dict[str, Any], goes: bool) -> None:
    words = "what it deployed goes with it" if goes else "what it deployed is left behind"
    assert words in (only(between([each], [])).reason or "")


IMMUTABLE = [
    ("Deployment", "apps/v1", {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, {"spec": {"selector": {"matchLabels": {"a": "c"}}}}),
    ("DaemonSet", "apps/v1", {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, {"spec": {"selector": {"matchLabels": {"b": "b"}}}}),
    ("StatefulSet", "apps/v1", {"spec": {"selector": {"matchLabels": {"a": "b"}}}}, {"spec": {"selector": {"matchLabels": {"a": "c"}}}}),
    ("StatefulSet", "apps/v1", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}),
    ("StatefulSet", "apps/v1", {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]}}, {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}]}}),
    ("Job", "batch/v1", {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x:1"}]}}}}, {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x:2"}]}}}}),
    ("Service", "v1", {"spec": {"clusterIP": "10.0.0.1"}}, {"spec": {"clusterIP": "10.0.0.2"}}),
    ("Service", "v1", {"spec": {"type": "ClusterIP"}}, {"spec": {"type": "ClusterIP", "clusterIP": "None"}}),
    ("PersistentVolumeClaim", "v1", {"spec": {"storageClassName": "a"}}, {"spec": {"storageClassName": "b"}}),
    ("PersistentVolumeClaim", "v1", {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}, {"spec": {"resources": {"requests": {"storage": "1500Mi"}}}}),
    ("PersistentVolume", "v1", {"spec": {"nfs": {"server": "a"}}}, {"spec": {"nfs": {"server": "b"}}}),
    ("StorageClass", "storage.k8s.io/v1", {"provisioner": "a"}, {"provisioner": "b"}),
    ("StorageClass", "storage.k8s.io/v1", {"parameters": {"type": "gp2"}}, {"parameters": {"type": "gp3"}}),
    ("RoleBinding", "rbac.authorization.k8s.io/v1", {"roleRef": {"kind": "Role", "name": "a"}}, {"roleRef": {"kind": "Role", "name": "b"}}),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}),
    ("ConfigMap", "v1", {"immutable": True, "data": {"a": "b"}}, {"immutable": True, "data": {"a": "c"}}),
    ("ConfigMap", "v1", {"immutable": True}, {"immutable": False}),
    ("Secret", "v1", {"immutable": True, "data": {"a": "Yg=="}}, {"immutable": True, "data": {"a": "Yw=="}}),
    ("Secret", "v1", {"type": "Opaque"}, {"type": "kubernetes.io/tls"}),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1", {"spec": {"scope": "Namespaced"}}, {"spec": {"scope": "Cluster"}}),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1", {"spec": {"names": {"kind": "A"}}}, {"spec": {"names": {"kind": "B"}}}),
    ("PriorityClass", "scheduling.k8s.io/v1", {"value": 1}, {"value": 2}),
    ("Pod", "v1", {"spec": {"nodeName": "a"}}, {"spec": {"nodeName": "b"}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "api", "before", "after"), IMMUTABLE)
def test_what_nobody_may_change_is_replaced(kind: str, api: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    change = only(between([one(kind, api, **before)], [one(kind, api, **after)]))
    assert (change.action, change.destructive) == ("replace", True)
    assert any(each.forces_replacement for each in change.attributes)
    assert change.create_before_destroy is None  # nothing replaces it by itself
    assert "the API server refuses it" in (change.reason or "")


MUTABLE = [
    ("Deployment", "apps/v1", {"spec": {"template": {"spec": {"nodeName": "a"}}}}, {"spec": {"template": {"spec": {"nodeName": "b"}}}}),
    ("StatefulSet", "apps/v1", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}),
    ("PersistentVolumeClaim", "v1", {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}, {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}),
    ("PersistentVolumeClaim", "v1", {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}, {"spec": {"resources": {"requests": {"storage": "1100M"}}}}),
    ("Service", "v1", {"spec": {"clusterIP": "10.0.0.1"}}, {"spec": {}}),
    ("Service", "v1", {"spec": {"type": "ExternalName"}}, {"spec": {"type": "ClusterIP", "clusterIP": "10.0.0.1"}}),
    ("ConfigMap", "v1", {"data": {"a": "b"}}, {"data": {"a": "c"}, "immutable": True}),
    ("Job", "batch/v1", {"spec": {"parallelism": 1}}, {"spec": {"parallelism": 2}}),
    ("StorageClass", "storage.k8s.io/v1", {"allowVolumeExpansion": False}, {"allowVolumeExpansion": True}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "api", "before", "after"), MUTABLE)
def test_what_may_change_is_updated(kind: str, api: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    change = only(between([one(kind, api, **before)], [one(kind, api, **after)]))
    assert (change.action, change.destructive) == ("update", False)


def test_a_hook_runs_again_and_replaces_nothing() -> None:
    job = one("Job", "batch/v1", spec={"template": {"spec": {"restartPolicy": "Never"}}})
    job["metadata"] = {**job["metadata"], "annotations": {"argocd.argoproj.io/hook": "PreSync"}}
    after = {**job, "spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}
    change = only(between([job], [after]))
    assert (change.action, change.destructive) == ("update", False)
    assert "runs again" in (change.reason or "")


@pytest.mark.parametrize(
    "asks", [{"argocd.argoproj.io/sync-options": "Force=true,Replace=true"}, {"helm.sh/hook": "pre-upgrade"}]
)
def test_what_only_now_asks_to_be_made_anew_is_replaced(asks: dict[str, str]) -> None:
    """Else a pull request could take the data of a claim and call it a hook."""
    claim = one("PersistentVolumeClaim", spec={"storageClassName": "a"})
    head = {**claim, "metadata": {**claim["metadata"], "annotations": asks}, "spec": {"storageClassName": "b"}}
    change = only(between([claim], [head]))
    assert (change.action, change.destructive) == ("replace", True)


@pytest.mark.parametrize(
    ("hook", "by", "action"),
    [
        ("helm.sh/hook", "HelmRelease", "replace"),
        ("helm.sh/hook", "Application", "replace"),
        ("argocd.argoproj.io/hook", "Application", "replace"),
        ("argocd.argoproj.io/hook", "HelmRelease", "update"),
        ("helm.sh/hook", "Kustomization", "update"),
        ("helm.sh/hook", "", "replace"),
    ],
)
def test_what_becomes_a_hook_is_deleted_first(hook: str, by: str, action: str) -> None:
    """Helm takes it out of the release, and Argo CD out of what it syncs (review 7, 23)."""
    base = one("Service", spec={})
    head = {**base, "metadata": {**base["metadata"], "annotations": {hook: "pre-upgrade"}}}
    change = only(between([base], [head], by=by))
    assert (change.action, change.destructive) == (action, action == "replace")
    assert ("becomes a hook" in (change.reason or "")) == (action == "replace")
    job = one("Job", "batch/v1")
    hooked = {**job, "metadata": {**job["metadata"], "annotations": {hook: "pre-upgrade"}}}
    assert only(between([job], [hooked], by=by)).action == "update"


def test_a_kind_that_moved_to_another_group_is_the_same_object() -> None:
    change = only(between([one("Ingress", "extensions/v1beta1")], [one("Ingress", "networking.k8s.io/v1")]))
    assert change.action == "update"
    assert change.attributes[0].path == "apiVersion"


PASSWORD = "hunter2-hunter2"


def secret(value: str, name: str = "db", field: str = "data") -> dict[str, Any]:
    written = base64.b64encode(value.encode()).decode() if field == "data" else value
    return one("Secret", name=name) | {field: {"password": written}}


@given(st.sampled_from(["data", "stringData"]), st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_no_value_of_a_secret_is_ever_told(field: str, old: str, new: str) -> None:
    found = between([secret(f"old-{old}!", field=field)], [secret(f"new-{new}!", field=field)])
    told = msgspec.json.encode(found.changes).decode()
    for value in (f"old-{old}!", f"new-{new}!"):
        for form in (value, base64.b64encode(value.encode()).decode()):
            assert msgspec.json.encode(form).decode()[1:-1] not in told
    assert [(each.path, each.sensitive) for each in only(found).attributes] == [("data.password", True)]


@pytest.mark.parametrize(
    "written",
    [
        {"Data": {"password": PASSWORD}},
        {"stringdata": {"deep": [{"password": PASSWORD}]}},
        {"data": [PASSWORD]},
        {"data": PASSWORD},
        {"data": {"deep": {"password": PASSWORD}}},
        {"stringData": {"deep": [PASSWORD]}},
        {"password": PASSWORD},
        {"type": [PASSWORD]},
        {"kind": "secret", "data": {"password": PASSWORD}},
        {"apiVersion": "V1", "Data": {"password": PASSWORD}},
    ],
)
def test_a_secret_that_is_misspelt_is_secret(written: dict[str, Any]) -> None:
    """No cluster takes it, and who wrote it meant a Secret all the same."""
    misspelt = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, **written}
    config = {**one("ConfigMap", data={"url": f"postgres://app:{PASSWORD}@db"})}
    for base, head in (([], [misspelt]), ([misspelt], []), ([], [misspelt, config])):
        assert PASSWORD not in str(between(base, head))


def test_a_secret_that_comes_or_goes_tells_its_keys_only() -> None:
    for base, head in (([], [secret(PASSWORD)]), ([secret(PASSWORD)], [])):
        change = only(between(base, head))
        assert [each.path for each in change.attributes if each.sensitive] == ["data.password"]
        assert PASSWORD not in str(msgspec.to_builtins(change))


def test_a_secret_is_secret_wherever_it_stands() -> None:
    config = one("ConfigMap", data={"url": f"postgres://app:{PASSWORD}@db/app"})
    change = only(between([secret(PASSWORD)], [secret(PASSWORD), config]))
    assert PASSWORD not in str(msgspec.to_builtins(change))


def test_the_same_secret_in_clear_and_encoded_is_no_change() -> None:
    found = between([secret(PASSWORD)], [secret(PASSWORD, field="stringData")])
    assert not found.changes
    assert found.folded == {"how they are written": 1}


def test_a_hash_of_a_secret_is_not_told_either() -> None:
    """kustomize puts a hash of the content into the name, charts put one into an annotation."""

    def end(suffix: str, value: str) -> list[dict[str, Any]]:
        pods = {"metadata": {"annotations": {"checksum/secret": suffix * 4}}, "spec": {"secretName": f"db-{suffix}"}}
        return [secret(value, name=f"db-{suffix}"), {**WEB, "spec": {"template": pods}}]

    found = between(end("5t5k7m8g9b", "one"), end("42bcdfghkm", "two"))
    told = str(msgspec.to_builtins(found.changes))
    assert "5t5k7m8g9b" not in told
    assert "42bcdfghkm" not in told
    assert [each.address for each in found.changes] == ["Secret shop/db", "apps/Deployment shop/web"]
    alone = only(between([], [secret("one", name="db-5t5k7m8g9b")]))
    assert "5t5k7m8g9b" not in str(msgspec.to_builtins(alone))


def test_generated_names_are_the_same_object() -> None:
    def end(suffix: str, value: str) -> list[dict[str, Any]]:
        pods = {"spec": {"volumes": [{"name": "c", "configMap": {"name": f"conf-{suffix}"}}]}}
        return [one("ConfigMap", name=f"conf-{suffix}", data={"a": value}), {**WEB, "spec": {"template": pods}}]

    config, web = between(end("5t5k7m8g9b", "1"), end("42bcdfghkm", "2")).changes
    assert (config.address, config.action) == ("ConfigMap shop/conf", "update")
    assert [(each.path, each.before, each.after) for each in config.attributes] == [("data.a", "1", "2")]
    assert web.attributes == ()
    assert web.reason == "its pods restart: nothing but checksums or generated names differs in them"


@pytest.mark.parametrize("image", ["a:1", "a:2"])
def test_a_name_that_is_generated_at_one_end_only_is_said(image: str) -> None:
    """The generator is called otherwise now, and the reference leads nowhere."""

    def end(name: str, made: str, image: str = "a:1") -> list[dict[str, Any]]:
        volumes = [{"name": "c", "configMap": {"name": name}}]
        pods = {"spec": {"containers": [{"image": image}], "volumes": volumes}}
        return [one("ConfigMap", name=made), {**WEB, "spec": {"template": pods}}]

    generated, plain = end("conf-5t5k7m8g9b", "conf-5t5k7m8g9b"), end("conf", "other-5t5k7m8g9b", image)
    [web] = (each for each in between(generated, plain).changes if each.type == "apps/Deployment")
    assert "conf is no longer a generated name" in (web.reason or "")
    assert "nothing but" not in (web.reason or "")
    [web] = (each for each in between(plain, generated).changes if each.type == "apps/Deployment")
    assert "conf is generated from now on" in (web.reason or "")


def test_a_generated_name_counts_only_where_such_an_object_is_referred_to() -> None:
    """A ConfigMap of a fitting name must not hide who else comes to be called like it."""

    def end(name: str) -> list[dict[str, Any]]:
        subjects = [{"kind": "User", "name": name}]
        template = {"spec": {"containers": [{"name": "a", "image": name}]}}
        return [
            one("RoleBinding", "rbac.authorization.k8s.io/v1", subjects=subjects),
            one("CronJob", "batch/v1", spec={"jobTemplate": {"spec": {"template": template}}}),
        ]

    found = between(end("web"), [*end("web-2222222222"), one("ConfigMap", name="web-2222222222")])
    assert [each.type for each in found.changes if each.action == "update"] == [
        "batch/CronJob",
        "rbac.authorization.k8s.io/RoleBinding",
    ]
    assert found.folded == {}


def test_the_generated_name_of_a_secret_is_told_nowhere() -> None:
    name = "db-5t5k7m8g9b"
    head = [secret("one", name=name), one("ConfigMap", data={"used": f"see {name}"})]
    assert "5t5k7m8g9b" not in str(msgspec.to_builtins(between([], head).changes))


def test_a_secret_in_clear_is_hidden_where_it_is_encoded() -> None:
    encoded = base64.b64encode(PASSWORD.encode()).decode()
    head = [secret(PASSWORD, field="stringData"), one("ConfigMap", data={"a": f"Basic {encoded}"})]
    assert encoded not in str(msgspec.to_builtins(between([], head).changes))


def test_a_name_that_two_objects_would_have_is_left_as_it_is() -> None:
    both = [one("ConfigMap", name="conf"), one("ConfigMap", name="conf-5t5k7m8g9b")]
    assert {each.address for each in between([], both).changes} == {
        "ConfigMap shop/conf",
        "ConfigMap shop/conf-5t5k7m8g9b",
    }


def test_chart_labels_alone_are_counted() -> None:
    def end(version: str) -> dict[str, Any]:
        labels = {"helm.sh/chart": f"web-{version}", "app.kubernetes.io/version": version, "app": "web"}
        return one("ServiceAccount") | {"metadata": {"name": "x", "namespace": "shop", "labels": labels}}

    assert between([end("1.0")], [end("1.1")]) == Difference((), {"chart labels": 1})


def test_noise_beside_a_change_is_counted_in_its_reason() -> None:
    def end(version: str, replicas: int) -> dict[str, Any]:
        metadata = {"name": "web", "namespace": "shop", "labels": {"helm.sh/chart": f"web-{version}"}}
        return {**WEB, "metadata": metadata, "spec": {"replicas": replicas}}

    change = only(between([end("1.0", 1)], [end("1.1", 2)]))
    assert [each.path for each in change.attributes] == ["spec.replicas"]
    assert change.reason == "folded: 1 chart label"


def test_a_checksum_of_pods_is_a_restart() -> None:
    def end(checksum: str) -> dict[str, Any]:
        return {**WEB, "spec": {"template": {"metadata": {"annotations": {"checksum/config": checksum}}}}}

    change = only(between([end("a1" * 32)], [end("b1" * 32)]))
    assert change.attributes == ()
    assert "pods restart" in (change.reason or "")


@pytest.mark.parametrize("key", ["nginx.ingress.kubernetes.io/upstream-hash-by", "nginx.ingress.kubernetes.io/hash"])
def test_a_setting_that_is_called_a_hash_is_no_checksum(key: str) -> None:
    def end(value: str) -> dict[str, Any]:
        ingress = one("Ingress", "networking.k8s.io/v1")
        return {**ingress, "metadata": {**ingress["metadata"], "annotations": {key: value}}}

    assert only(between([end("$request_uri")], [end("$arg; proxy_pass http://evil")])).action == "update"


def test_a_key_without_an_end_takes_no_time() -> None:
    def end(value: str) -> dict[str, Any]:
        config = one("ConfigMap")
        return {**config, "metadata": {**config["metadata"], "annotations": {"-hash" * 60_000 + "\n": value}}}

    assert only(between([end("1")], [end("2")])).action == "update"


@pytest.mark.parametrize(
    ("label", "old", "new", "is_folded"),
    [
        ("chart", "web-1.2.3", "web-v1.3.0-rc.1", True),
        ("helm.sh/chart", "kube-web-1.2.3_1", "kube-web-2", True),
        ("app.kubernetes.io/version", "v1", "v2", True),
        ("app.kubernetes.io/version", "0a1b2c3", "d4e5f60", True),
        ("chart", "web", "admin", False),
        ("chart", "web-1.2.3", "admin-1.2.3", False),
        ("app.kubernetes.io/version", "stable", "canary", False),
        ("app.kubernetes.io/version", "1", 2, False),
    ],
)
def test_only_another_version_in_a_chart_label_is_noise(label: str, old: str, new: object, is_folded: bool) -> None:
    base, head = ({**WEB, "metadata": {"name": "web", "labels": {label: value}}} for value in (old, new))
    assert (between([base], [head]).changes == ()) is is_folded


@pytest.mark.parametrize(
    "spec",
    [
        {"podSelector": {"matchLabels": {"chart": "web-1"}}},
        {"ingress": [{"from": [{"podSelector": {"matchExpressions": [{"key": "chart", "operator": "Exists"}]}}]}]},
        {"selector": {"chart": "web-1"}},
    ],
)
def test_a_chart_label_that_something_selects_by_is_told(spec: dict[str, Any]) -> None:
    by = one("NetworkPolicy", "networking.k8s.io/v1", spec=spec)
    pods = [{**WEB, "spec": {"template": {"metadata": {"labels": {"chart": f"web-{number}"}}}}} for number in (1, 2)]
    assert between([pods[0]], [pods[1]]).changes[0].attributes == ()
    change = only(between([pods[0], by], [pods[1], by]))
    assert [each.path for each in change.attributes] == ["spec.template.metadata.labels.chart"]


def test_chart_labels_in_a_claim_template_are_no_noise() -> None:
    def end(version: str) -> dict[str, Any]:
        claim = {"metadata": {"name": "data", "labels": {"helm.sh/chart": version}}}
        return one("StatefulSet", "apps/v1", spec={"volumeClaimTemplates": [claim]})

    assert only(between([end("1")], [end("2")])).action == "replace"


def crd(schema: dict[str, Any], *, served: bool = True) -> dict[str, Any]:
    versions = [{"name": "v1", "served": served, "storage": True, "schema": {"openAPIV3Schema": schema}}]
    return one("CustomResourceDefinition", "apiextensions.k8s.io/v1", spec={"versions": versions})


def test_the_body_of_a_crd_is_counted() -> None:
    before = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    after = {"properties": {"a": {"type": "integer"}}}
    change = only(between([crd(before)], [crd(after)]))
    assert change.attributes == ()
    assert change.reason == "its schema differs in 2 places, 1 of them gone"
    assert len(only(between([], [crd(before)])).attributes) < 8


def test_descriptions_of_a_crd_alone_are_noise() -> None:
    found = between([crd({"description": "a"})], [crd({"description": "b"})])
    assert found == Difference((), {"descriptions in CRDs": 1})


def test_a_version_of_a_crd_that_is_no_longer_served_is_told() -> None:
    change = only(between([crd({})], [crd({}, served=False)]))
    assert [(each.path, each.after) for each in change.attributes] == [("spec.versions[0].served", False)]


def test_text_in_a_config_map_stays_text_for_line_diffs() -> None:
    before, after = "a: 1\nb: 2\n", "a: 1\nb: 3\n"
    change = only(between([one("ConfigMap", data={"app.yaml": before})], [one("ConfigMap", data={"app.yaml": after})]))
    assert [(each.before, each.after) for each in change.attributes] == [(before, after)]


def test_of_a_long_text_what_differs_is_kept() -> None:
    lines = [f"line {number}" for number in range(60_000)]
    other = [*lines[:30_000], "another line", *lines[30_001:]]
    base, head = (one("ConfigMap", data={"long": "\n".join(each), "same": "\n".join(lines)}) for each in (lines, other))
    (told,) = only(between([base], [head])).attributes
    assert len(told.before) + len(told.after) < 1_000
    assert "line 30000" in told.before
    assert "another line" in told.after
    assert "… 29,997 lines that stay" in told.after


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 3))
def test_long_texts_that_differ_still_differ(one_end: str, other_end: str, breaks: int) -> None:
    filling = ("x" * 30_000 + "\n" * breaks) * 2
    base, head = (one("ConfigMap", data={"long": filling + each}) for each in (one_end, other_end))
    assert len(between([base], [head]).changes) == (one_end != other_end)


def test_binary_data_is_told_by_its_size() -> None:
    base, head = (one("ConfigMap", binaryData={"b": letter * 80_000}) for letter in "AB")
    (told,) = only(between([base], [head])).attributes
    assert (told.before, told.after) == ("(60,000 bytes)", "(60,000 other bytes)")


def test_ten_thousand_objects() -> None:
    base = [one("ConfigMap", name=f"n{number}", data={"a": "1"}) for number in range(10_000)]
    head = [*base[:-1], one("ConfigMap", name="n9999", data={"a": "2"})]
    assert only(between(base, head)).address == "ConfigMap shop/n9999"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.builds(
    lambda kind, name, rest: {**rest, "apiVersion": "v1", "kind": kind, "metadata": {"name": name}},
    st.sampled_from(["ConfigMap", "Secret", "Service", "PersistentVolumeClaim", "CustomResourceDefinition", "Pod"]),
    st.sampled_from(["a", "b"]),
    st.dictionaries(st.sampled_from(["spec", "data", "stringData", "immutable", "type"]), _VALUES, max_size=4),
)


@given(st.lists(_OBJECTS, max_size=3), st.lists(_OBJECTS, max_size=3))
def test_whatever_objects_hold_there_is_a_difference_or_none(
    base: list[dict[str, Any]], head: list[dict[str, Any]]
) -> None:
    assert not between(base, base).changes
    for change in between(base, head).changes:
        msgspec.json.decode(msgspec.json.encode(change), type=Change)


def test_what_sops_keeps_of_itself_is_no_part_of_an_object() -> None:
    held: dict[str, Any] = {"data": {"a": "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]"}}
    one_end, other = (one("Secret", **held, sops={"mac": f"ENC[{mac}]", "age": [mac]}) for mac in "ab")
    assert between([one_end], [other]).changes == ()
    change = only(between([], [other]))
    assert [each.path for each in change.attributes] == ["data.a"]
    plain = one("Secret", sops={"mac": "no"})
    assert "sops" in {each.path for each in only(between([], [plain])).attributes}
