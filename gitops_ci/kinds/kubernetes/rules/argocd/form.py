"""What an Application has to have and what excludes each other in it, whatever is in the repository.

https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.rules.argocd.application import Fault, sources
from gitops_ci.policy.documents.yaml_documents import Place

INCOMPLETE = "argocd/application-incomplete"
SOURCE_IGNORED = "argocd/source-ignored"
SOURCE_TYPE = "argocd/source-type"
SOURCE_REF = "argocd/source-ref"
VALUES_TWICE = "argocd/values-twice"
DESTINATION = "argocd/destination"
SERVER = "argocd/destination-server"

_REF = re.compile(r"[a-zA-Z0-9_-]+")
_TYPES = ("helm", "kustomize", "directory", "plugin")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_SPEC: Place = ("spec",)


def faults(app: Application) -> Iterator[Fault]:
    """What is wrong with its form."""
    if not isinstance(app.value.get("spec"), Mapping):
        yield Fault(INCOMPLETE, (), "it has no spec")
        return
    if not app.name and not app.generator:
        yield Fault(INCOMPLETE, ("metadata",), "metadata.name is missing")
    if not values.text(app.spec, "project"):
        yield Fault(INCOMPLETE, _SPEC, "spec.project is missing")
    yield from _destination(app)
    found = list(sources(app))
    spec = app.value["spec"]
    if not found and not isinstance(spec.get("sourceHydrator"), Mapping):
        yield Fault(INCOMPLETE, _SPEC, "it has neither spec.source nor spec.sources")
    if values.at(spec, "sources") and values.at(spec, "source"):
        yield Fault(SOURCE_IGNORED, ("spec", "source"), "spec.source is ignored, since there is spec.sources")
    is_one_of_several = bool(values.at(spec, "sources"))
    for place, source in found:
        yield from _source(source, place, is_one_of_several=is_one_of_several)
    yield from _refs(found)


def _destination(app: Application) -> Iterator[Fault]:
    destination = values.at(app.value, "spec", "destination")
    place = ("spec", "destination")
    if not isinstance(destination, Mapping):
        yield Fault(INCOMPLETE, _SPEC, "spec.destination is missing")
        return
    server, name = values.text(destination, "server"), values.text(destination, "name")
    if server and name:
        yield Fault(DESTINATION, (*place, "name"), "spec.destination has both a name and a server: one of them counts")
    elif not server and not name:
        yield Fault(DESTINATION, place, "spec.destination has neither a name nor a server")
    if server and "{{" not in server and not _ADDRESS.fullmatch(server):
        said = "spec.destination.server is no address (https://…) but the name of a cluster, which is for"
        yield Fault(SERVER, (*place, "server"), f"{said} spec.destination.name", server)


def _source(source: Mapping[str, Any], place: Place, *, is_one_of_several: bool) -> Iterator[Fault]:
    if not values.text(source, "repoURL"):
        yield Fault(INCOMPLETE, place, "a source has no repoURL")
    chart, path, ref = (values.text(source, key) for key in ("chart", "path", "ref"))
    if not (chart or path or (ref and is_one_of_several)):
        wanted = "path, chart or ref" if is_one_of_several else "path or chart"
        yield Fault(INCOMPLETE, place, f"a source has no {wanted}")
    if chart and path:
        yield Fault(SOURCE_TYPE, (*place, "chart"), "a source has both a chart and a path")
    if chart and not values.text(source, "targetRevision"):
        yield Fault(INCOMPLETE, (*place, "chart"), "a source has a chart and no targetRevision, its version")
    types = [key for key in _TYPES if isinstance(source.get(key), Mapping) and source[key]]
    if len(types) > 1:
        yield Fault(SOURCE_TYPE, (*place, types[1]), f"a source is of more than one type: {', '.join(types)}")
    helm = values.mapping(source, "helm")
    if helm.get("values") and helm.get("valuesObject"):
        yield Fault(
            VALUES_TWICE, (*place, "helm", "values"), "helm.values is ignored, since there is helm.valuesObject"
        )


def _refs(found: list[tuple[Place, dict[str, Any]]]) -> Iterator[Fault]:
    """The names of sources, and the value files that lead into one by `$name/`."""
    seen: set[str] = set()
    for place, source in found:
        ref = values.text(source, "ref")
        if ref and not _REF.fullmatch(ref):
            yield Fault(SOURCE_REF, (*place, "ref"), f"the ref `{ref}` may have letters, digits, - and _ only")
        if ref and ref in seen:
            yield Fault(SOURCE_REF, (*place, "ref"), f"two sources have the ref `{ref}`")
        if ref and source.get("chart"):
            yield Fault(
                SOURCE_REF, (*place, "ref"), f"the source with the ref `{ref}` has a chart: its files cannot be used"
            )
        seen.add(ref)
    for place, source in found:
        listed = values.at(source, "helm", "valueFiles")
        for index, file in enumerate(listed if isinstance(listed, list) else ()):
            if not isinstance(file, str) or "$" not in file:
                continue
            name = re.match(r"\$([^/]*)/", file)
            at = (*place, "helm", "valueFiles", index)
            if name is None:
                yield Fault(
                    SOURCE_REF, at, f"`{file}`: a $ref is only one at the start of a value file, with / behind it"
                )
            elif name[1] not in seen:
                yield Fault(SOURCE_REF, at, f"`{file}`: no source has the ref `{name[1]}`")
