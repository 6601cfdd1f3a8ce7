"""What is said of an object of Argo CD or Flux that goes, and of what it deployed."""

from __future__ import annotations

from pathlib import Path

from gitops_ci.kinds import kubernetes
from gitops_ci.model.plan import Change
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, application, application_set, end

HOLDER, WEB = "shared/kubernetes/argocd", "shared/kubernetes/web"
FILES: Files = {
    "argocd/web.yaml": application("web", "apps/web", finalizer=True),
    "argocd/other.yaml": application("other", "apps/other"),
    "apps/other/web.yaml": DEPLOYMENT,
    "apps/web/web.yaml": DEPLOYMENT,
}
DOUBT = "only if the Application web is deleted: nobody here says what prunes argocd/web.yaml"
ROOT = application("root", "argocd", more="  syncPolicy: {automated: {prune: true}}\n")


def without(files: Files, *gone: str) -> Files:
    return {path: text for path, text in files.items() if path not in gone}


def change(base: Files, head: Files, stack: str, tmp_path: Path) -> Change:
    before, after = end(base), end(head)
    own = before.stacks[stack]
    (found,) = kubernetes.plan(own, before, after, Tools(tmp_path, lambda _: DEPLOYMENT)).changes
    return found


def test_an_application_that_goes_names_the_stack_that_goes_with_it(tmp_path: Path) -> None:
    found = change(FILES, without(FILES, "argocd/web.yaml"), HOLDER, tmp_path)
    assert (found.action, found.address) == ("delete", "argoproj.io/Application argocd/web")
    assert f"what it deployed ({WEB}) goes with it (its finalizer)" in (found.reason or "")


def test_what_it_deployed_is_only_sure_to_go_where_something_deletes_the_application(tmp_path: Path) -> None:
    found = change(FILES, without(FILES, "argocd/web.yaml"), WEB, tmp_path)
    assert (found.action, found.reason) == ("delete", DOUBT)
    rooted = {**FILES, "bootstrap/root.yaml": ROOT}
    found = change(rooted, without(rooted, "argocd/web.yaml"), WEB, tmp_path)
    assert (found.action, found.reason) == ("delete", None)


def test_a_set_that_stays_deletes_the_applications_that_it_makes_no_more(tmp_path: Path) -> None:
    text = application_set("one")
    files: Files = {"argocd/set.yaml": text, "apps/web/web.yaml": DEPLOYMENT, "apps/b/web.yaml": DEPLOYMENT}
    head = without(files, "apps/web/web.yaml")
    assert change(files, head, WEB, tmp_path).reason is None
    assert f"what it deployed ({WEB}) goes with it" in (change(files, head, HOLDER, tmp_path).reason or "")


def test_a_kustomization_of_another_cluster_with_the_same_name_does_not_keep_it(tmp_path: Path) -> None:
    text = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: apps, namespace: flux-system}}
spec: {{path: ./apps/{0}, prune: {1}, sourceRef: {{kind: GitRepository, name: flux-system}}}}
"""
    files: Files = {
        "clusters/staging/apps.yaml": text.format("staging", "false"),
        "clusters/production/apps.yaml": text.format("production", "true"),
        "apps/staging/web.yaml": DEPLOYMENT,
        "apps/production/web.yaml": DEPLOYMENT,
    }
    found = change(files, without(files, "clusters/staging/apps.yaml"), "staging/kubernetes/apps", tmp_path)
    assert found.action == "forget"
