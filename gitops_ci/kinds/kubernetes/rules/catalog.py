"""Every rule of this kind: how severe it is, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_ci.model.finding import Severity

ALL: Mapping[str, tuple[Severity, str]] = {
    "kubernetes/schema": ("error", "Write what the field takes: the API server refuses the object as it is."),
    "kubernetes/unknown-field": ("error", "Correct its name or its place, or take it out: nothing reads it."),
    "kubernetes/schema-missing": (
        "notice",
        "Add the CRD or its JSON schema to the repository, or review these objects by hand.",
    ),
    "kubernetes/not-validated": (
        "notice",
        "Install gitops-ci with the extra `schemas`, and name versions that it has in kinds.kubernetes.versions.",
    ),
    "kubernetes/api-unknown": ("error", "Correct the apiVersion or the kind."),
    "kubernetes/api-removed": ("error", "Move it to the new version before the cluster is upgraded, if it still is."),
    "kubernetes/api-deprecated": ("warning", "Move it to the new version before the old one is removed."),
    "kubernetes/duplicate-key": ("error", "Take one of them out: the API server refuses both, or takes the last one."),
    "kubernetes/duplicate-object": ("error", "Have it in one place: whoever applies last wins."),
    "kubernetes/reference-missing": (
        "warning",
        "Correct the name, add the object, or make the reference optional; waive what is made outside of git.",
    ),
    "kubernetes/reference-broken": ("error", "Change the name in both places, or keep what is named."),
    "kubernetes/port-missing": ("warning", "Correct the port, or give it to the Service or to the container."),
    "kubernetes/selects-nothing": ("warning", "Give it a selector that the pods' labels fit."),
    "kubernetes/selector-mismatch": (
        "error",
        "Give the template the labels that the selector asks for: the API server refuses the object as it is.",
    ),
    "kubernetes/fits-nothing": ("warning", "Correct the name, or take the entry out: it does nothing."),
    "kubernetes/rendered-secret": (
        "error",
        "Replace it where it was issued; then let it come from a secret store (External Secrets, SealedSecret, SOPS).",
    ),
    "argocd/application-incomplete": ("error", "Complete it: Argo CD refuses it as it is."),
    "argocd/source-ignored": ("warning", "Take spec.source out, or move it into spec.sources."),
    "argocd/source-type": ("error", "Keep one of them, and make a source of its own for the other."),
    "argocd/source-ref": ("error", "Correct the ref, or the value file that names it."),
    "argocd/values-twice": ("warning", "Keep one of them: valuesObject wins."),
    "argocd/destination": ("error", "Name the cluster once: by spec.destination.name, or by .server, its address."),
    "argocd/destination-server": ("error", "Write `name:` in place of `server:`, or the address of its API server."),
    "argocd/destination-unknown": (
        "warning",
        "Correct it, or name the cluster under kinds.kubernetes.generators.clusters, where these are configured.",
    ),
    "argocd/path-missing": ("error", "Correct the path, or add the folder."),
    "argocd/path-empty": ("warning", "Correct the path, add manifests, or set directory.recurse."),
    "argocd/value-file-missing": ("error", "Correct the path, add the file, or set helm.ignoreMissingValueFiles."),
    "argocd/project-missing": ("warning", "Add the AppProject, or correct spec.project."),
    "argocd/project-forbids": ("error", "Permit it in the AppProject, or correct the Application."),
    "argocd/sync-option": ("warning", "Write it as Argo CD does, to the letter, or take it out."),
    "argocd/create-namespace": ("warning", "Set both, or take it out."),
    "argocd/set-incomplete": ("error", "Complete it: Argo CD refuses it as it is."),
    "argocd/template-language": ("error", "Write the template in the set's language, and give what it asks for."),
    "argocd/missing-key": ("warning", 'Add `goTemplateOptions: ["missingkey=error"]`.'),
    "argocd/name-collision": ("error", "Make the names differ: put what differs between the elements into them."),
    "flux/path-missing": ("error", "Correct the path, or add the folder: until then nothing of it is reconciled."),
    "flux/variable-unset": (
        "warning",
        "Give it under postBuild.substitute, or a default (`${x:=y}`); write `$${x}` where it is none of Flux's.",
    ),
    "flux/source-missing": ("error", "Correct the name, or add what makes it: until then nothing of it is reconciled."),
}
"""Each rule with its severity and what to do."""
