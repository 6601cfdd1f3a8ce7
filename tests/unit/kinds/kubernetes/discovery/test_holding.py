"""What the stacks that deploy objects of Argo CD and Flux say of what these deploy in turn."""

from __future__ import annotations

from gitops_ci.discover import affected
from gitops_ci.kinds.kubernetes.discovery import deployments
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, URL, Files, application_set, end, kustomization

SOURCE = f"""apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {{name: flux-system, namespace: flux-system}}
spec: {{url: {URL}, ref: {{branch: main}}}}
"""
CHART = {"charts/api/Chart.yaml": "name: api\n", "charts/api/templates/a.yaml": DEPLOYMENT}
FLUX: Files = {"clusters/staging/source.yaml": SOURCE, **CHART}
SET = application_set("production")
APPS: Files = {"argocd/set.yaml": SET, "apps/a/web.yaml": DEPLOYMENT, "apps/b/web.yaml": DEPLOYMENT}
HOLDER = "shared/kubernetes/argocd"


def release(namespace: str = "") -> str:
    return f"""apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: api{f", namespace: {namespace}" if namespace else ""}}}
spec:
  chart: {{spec: {{chart: charts/api, sourceRef: {{kind: GitRepository, name: flux-system}}}}}}
"""


def deployer(name: str, path: str, more: str = "") -> str:
    return f"""apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{path: {path}, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}{more}}}
"""


def test_a_release_is_of_the_environment_the_cluster_and_the_namespace_of_what_deploys_its_file() -> None:
    files: Files = {
        **FLUX,
        "clusters/staging/extra.yaml": deployer("extra", "./extra/app", ", targetNamespace: extra"),
        "extra/app/kustomization.yaml": kustomization("release.yaml"),
        "extra/app/release.yaml": release(),
    }
    found = end(files)
    deployment = deployments.of(found.stacks["staging/kubernetes/api"], found)
    assert (deployment.cluster, deployment.namespace) == ("staging", "extra")
    untouched = {
        "clusters/staging/extra.yaml": deployer("extra", "./extra/app"),
        "extra/app/release.yaml": release("own"),
    }
    own = end({**files, **untouched})
    assert deployments.of(own.stacks["staging/kubernetes/api"], own).namespace == "own"


def test_a_release_that_two_environments_take_is_of_none() -> None:
    files: Files = {
        **FLUX,
        "clusters/staging/extra.yaml": deployer("extra", "./extra/app"),
        "clusters/production/extra.yaml": deployer("extra", "./extra/app"),
        "extra/app/kustomization.yaml": kustomization("release.yaml"),
        "extra/app/release.yaml": release("own"),
    }
    found = end(files)
    assert deployments.of(found.stacks["shared/kubernetes/api"], found).cluster == ""


def reached(base: Files, head: Files) -> set[str]:
    return {each.id for each in affected.between(end(base), end(head))}


def test_a_folder_that_a_generator_finds_affects_the_stack_of_the_set() -> None:
    gone = {path: text for path, text in APPS.items() if path != "apps/b/web.yaml"}
    assert HOLDER in reached(APPS, gone)
    assert HOLDER in reached(gone, APPS)


def test_what_is_in_such_a_folder_does_not() -> None:
    changed = {**APPS, "apps/a/web.yaml": DEPLOYMENT.replace("web", "shop")}
    assert reached(APPS, changed) == {"production/kubernetes/a"}


def test_a_file_that_a_generator_reads_affects_it_where_it_says_something_else() -> None:
    by_files = SET.replace("directories: [{path: apps/*}]", "files: [{path: 'apps/*/config.yaml'}]")
    files = {**APPS, "argocd/set.yaml": by_files, "apps/a/config.yaml": "name: a\n"}
    named = {path: str(text).replace("path.basename", "name") for path, text in files.items()}
    assert HOLDER in reached(named, {**named, "apps/a/config.yaml": "name: other\n"})
    assert HOLDER not in reached(named, {**named, "apps/a/config.yaml": "name: a\n# a comment\n"})
