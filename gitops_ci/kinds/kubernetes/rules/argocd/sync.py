"""Options of a sync: Argo CD compares them as texts, so that one it does not know is ignored without a word.

https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.rules.argocd.application import Fault
from gitops_ci.policy.documents.yaml_documents import Place

OPTION = "argocd/sync-option"
NAMESPACE = "argocd/create-namespace"

_BOOLEAN = (
    "Replace", "ServerSideApply", "ApplyOutOfSyncOnly", "CreateNamespace", "PruneLast", "RespectIgnoreDifferences",
    "FailOnSharedResource", "SkipDryRunOnMissingResource", "ClientSideApplyMigration", "Validate", "Prune", "Delete",
)  # fmt: skip
KNOWN = frozenset(
    {f"{key}={value}" for key in _BOOLEAN for value in ("true", "false")}
    | {f"PrunePropagationPolicy={value}" for value in ("background", "foreground", "orphan")}
    | {"Prune=confirm", "Delete=confirm"}
)
"""What counts in spec.syncPolicy.syncOptions, or says what holds without it."""
_OF_RESOURCES = frozenset({"Force=true", "Force=false"})
_PLACE: Place = ("spec", "syncPolicy", "syncOptions")


def faults(app: Application) -> Iterator[Fault]:
    """Options that do nothing, and namespaces that are not created."""
    options = values.at(app.value, *_PLACE)
    listed = options if isinstance(options, list) else []
    for index, option in enumerate(listed):
        if option in KNOWN or (isinstance(option, str) and "{{" in option):
            continue
        place = (*_PLACE, index)
        if option in _OF_RESOURCES:
            yield Fault(OPTION, place, f"`{option}` is ignored here: it is for the annotation of a single resource")
        elif isinstance(option, str):
            near = difflib.get_close_matches(option.replace(" ", "").casefold(), _FOLDED, n=1, cutoff=0.8)
            hint = f": `{_FOLDED[near[0]]}` is meant, to the letter" if near else ""
            yield Fault(OPTION, place, f"`{option}` is no option that Argo CD knows, and is ignored{hint}")
        else:
            yield Fault(OPTION, place, "an option is no text, and is ignored")
    creates = "CreateNamespace=true" in listed
    if creates and not values.text(app.value, "spec", "destination", "namespace"):
        yield Fault(NAMESPACE, _PLACE, "CreateNamespace=true without spec.destination.namespace creates nothing")
    managed = ("spec", "syncPolicy", "managedNamespaceMetadata")
    if values.at(app.value, *managed) and not creates:
        yield Fault(NAMESPACE, managed, "managedNamespaceMetadata does nothing without CreateNamespace=true")


_FOLDED = {option.casefold(): option for option in sorted(KNOWN)}
