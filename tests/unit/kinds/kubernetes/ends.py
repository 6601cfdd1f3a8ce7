"""What the tests of finding share: a repository as the kind sees it, from a dict of files."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import kubernetes
from gitops_ci.kinds.kubernetes.discovery import deployments, survey
from gitops_ci.kinds.kubernetes.discovery.survey import Survey
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.finding import Finding

Files = Mapping[str, bytes | str]
URL = "https://github.com/acme/gitops.git"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"


def end(files: Files, *, config: Config = DEFAULT, links: Mapping[str, str] | None = None) -> Inventory:
    return inventory.take(snapshots.of(files, links=links), config, {"kubernetes": kubernetes})


def surveyed(files: Files, *, config: Config = DEFAULT) -> Survey:
    return survey.of(snapshots.of(files), config)


def findings(files: Files, *, config: Config = DEFAULT) -> list[Finding]:
    return list(surveyed(files, config=config).found.findings)


def deployed(files: Files, stack: str, *, config: Config = DEFAULT) -> Deployment:
    seen = end(files, config=config)
    return deployments.of(seen.stacks[stack], seen)


def paths(files: Files, *, config: Config = DEFAULT) -> dict[str, str]:
    return {id: stack.path for id, stack in end(files, config=config).stacks.items()}


def application(name: str, path: str, *, more: str = "", finalizer: bool = False) -> str:
    finalizers = ", finalizers: [resources-finalizer.argocd.argoproj.io]" if finalizer else ""
    return f"""apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd{finalizers}}}
spec:
  project: default
  destination: {{name: {name}-cluster, namespace: web}}
  source:
    repoURL: {URL}
    path: {path}
{more}"""


def application_set(cluster: str) -> str:
    """One that makes an Application of each folder of `apps`."""
    return f"""apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: apps, namespace: argocd}}
spec:
  generators: [{{git: {{repoURL: {URL}, revision: HEAD, directories: [{{path: apps/*}}]}}}}]
  template:
    metadata: {{name: '{{{{path.basename}}}}'}}
    spec:
      project: default
      source: {{repoURL: {URL}, path: '{{{{path}}}}', targetRevision: HEAD}}
      destination: {{name: {cluster}, namespace: web}}
"""


def kustomization(*resources: str, more: str = "") -> str:
    return "resources:\n" + "".join(f"- {each}\n" for each in resources) + more
