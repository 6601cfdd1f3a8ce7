"""The rules through the kind itself: stacks as they are found, their neighbours, and what policies are asked instead."""

from __future__ import annotations

import pytest

from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.objects import Gap, Rendered
from gitops_ci.kinds.kubernetes.planning import judged
from gitops_ci.model.finding import Finding
from tests.unit.kinds.kubernetes.ends import Files, application, end, kustomization
from tests.unit.kinds.kubernetes.rules import ends as rendered

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: web}\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: web}
spec: {containers: [{name: a, image: "a:1", envFrom: [{configMapRef: {name: settings}}]}]}
"""


def told(files: Files) -> dict[str, list[tuple[str, str | None, str]]]:
    """Rule, path and severity of what each stack is told."""
    seen = end(files)
    found: dict[str, list[Finding]] = {id: list(kubernetes.inspect(each, seen)) for id, each in seen.stacks.items()}
    return {id: [(each.rule, each.path, each.severity) for each in several] for id, several in found.items()}


def test_an_end_that_lacks_the_stack_says_nothing() -> None:
    before, after = end({}), end({"environments/production/k8s/a.yaml": CONFIG})
    [stack] = after.stacks.values()
    assert kubernetes.inspect(stack, before) == ()


def test_two_applications_of_one_cluster_have_nothing_in_common() -> None:
    files = {
        "argocd/a.yaml": application("one", "one").replace("one-cluster", "both"),
        "argocd/b.yaml": application("two", "two").replace("two-cluster", "both"),
        "one/a.yaml": CONFIG,
        "two/b.yaml": CONFIG + "---\n" + POD.replace("NAME", "two"),
    }
    twice = "kubernetes/duplicate-object"
    assert sorted(filter(None, told(files).values())) == [
        [(twice, "one/a.yaml", "error")],
        [(twice, "two/b.yaml", "error")],
    ]
    without = {**files, "two/b.yaml": POD.replace("NAME", "two")}
    assert not any(told(without).values())  # the other one makes the ConfigMap
    apart = {**files, "argocd/b.yaml": application("two", "two")}
    assert not any(told(apart).values())


def test_a_neighbour_with_a_prefix_is_read_whatever_its_names_are() -> None:
    files = {
        "argocd/a.yaml": application("one", "one").replace("one-cluster", "both"),
        "argocd/b.yaml": application("two", "two").replace("two-cluster", "both"),
        "one/a.yaml": CONFIG.replace("settings", "blue-settings"),
        "two/kustomization.yaml": kustomization("b.yaml", more="namePrefix: blue-\n"),
        "two/b.yaml": CONFIG,
    }
    assert [("kubernetes/duplicate-object", "one/a.yaml", "error")] in told(files).values()


OVERLAY = "environments/production/k8s"
FILES = {
    f"{OVERLAY}/kustomization.yaml": kustomization("../../../shared/kubernetes/base", "own.yaml"),
    f"{OVERLAY}/own.yaml": CONFIG,
    "shared/kubernetes/base/kustomization.yaml": kustomization("pod.yaml"),
    "shared/kubernetes/base/pod.yaml": POD.replace("NAME", "web"),
}


def test_what_is_rendered_is_judged_in_place_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = end(FILES)
    stack = seen.stacks["production/kubernetes/main"]
    made = Rendered(objects=rendered.of(POD.replace("NAME", "web")))
    monkeypatch.setattr(rendering, "known", lambda stack, inventory: made)
    found = judged.of([stack], seen)
    assert found.instead_of == FILES.keys()
    [one] = found.objects
    assert (one.stack, one.directory) == (stack.id, OVERLAY)
    assert one.where(("spec", "containers")) == ("shared/kubernetes/base/pod.yaml", 4)


@pytest.mark.parametrize("known", [None, Rendered(gaps=(Gap(code="not-rendered", message="a remote base"),))])
def test_what_is_not_rendered_is_judged_as_it_is_written(
    known: Rendered | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "known", lambda stack, inventory: known)
    seen = end(FILES)
    found = judged.of(seen.stacks.values(), seen)
    assert (found.objects, found.instead_of) == ((), frozenset())
    assert judged.of(seen.stacks.values(), None).objects == ()


def test_a_file_that_another_stack_takes_unrendered_is_judged_too(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**FILES, "environments/staging/k8s/kustomization.yaml": kustomization("../../../shared/kubernetes/base")}
    seen = end(files)
    made = Rendered(objects=rendered.of(CONFIG))
    known = {"production/kubernetes/main": made}
    monkeypatch.setattr(rendering, "known", lambda stack, inventory: known.get(stack.id))
    found = judged.of(seen.stacks.values(), seen)
    assert found.instead_of == {f"{OVERLAY}/kustomization.yaml", f"{OVERLAY}/own.yaml"}
