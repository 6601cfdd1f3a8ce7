"""What Flux's Kustomizations and HelmReleases deploy from this repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.flux import ignoring, kept, leading
from gitops_ci.kinds.kubernetes.flux import origins as sources_of
from gitops_ci.kinds.kubernetes.flux.origins import Origins
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Deployed, Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Source, Unrendered


def votes(objects: tuple[Declared, ...], snapshot: Snapshot, origins: Origins) -> Iterator[tuple[str, bool]]:
    """The addresses of GitRepositories, and whether a path that is asked of them is here."""
    for key, is_here in sources_of.asked(objects, snapshot):
        yield from ((url, is_here) for url in origins.urls.get(key, ()))


def kustomization(
    by: Declared, repository: Repository, origins: Origins, repositories: Repositories
) -> Deployed | None:
    """What a Kustomization of Flux deploys; None where that is of another repository."""
    spec = values.mapping(by.manifest.value, "spec")
    reference = values.mapping(spec, "sourceRef")
    ours = leading.is_ours(by, reference, origins, repositories)
    written = values.text(spec, "path") or "."
    path = leading.directory(by, written, reference, repository, origins)
    if origins.lacks(reference):
        return _unmade(by, reference, "spec", "sourceRef", "name")
    if ours is False or (ours is None and path is None):
        return None
    if path is None:
        return _missing(by, written, "spec", "path")
    components = _components(by, path, repository, origins)
    edits = _edits(spec, tuple(components))
    files: tuple[str, ...] = ()
    ignored = ignoring.of(origins.taken(by), repository)
    if path in repository.kustomizations.files:
        reads = list(repository.of_kustomization(path))
    else:
        files = tuple(each for each in generated(path, repository) if not ignored.lacks(each))
        reads = [Reading(path, "directory", "direct", NAMES)]
        for one in files:
            is_file = one in repository.snapshot
            reads += repository.through(one, "direct") if is_file else repository.of_kustomization(one, "module")
    taken = tuple(each for each in components.values() if each is not None)
    reads += [read for each in taken for read in repository.of_kustomization(each, "module")]
    variables, unknown, more = _variables(by, repository)
    text = yaml.safe_dump(edits, sort_keys=False) if edits else ""
    own = Kustomization(
        path=path,
        edits=text,
        files=files,
        components=taken,
        variables=variables,
        has_all_variables=not unknown,
    )
    built = ignoring.built_from((path, *files, *taken), repository) if ignored.is_any else ()
    lacking = ignored.told(by, built)
    return Deployed((own, *unknown, *lacking), (*reads, *more, *map(Reading, ignored.read)), path)


def _variables(
    by: Declared, repository: Repository
) -> tuple[tuple[tuple[str, str], ...] | None, list[Source], list[Reading]]:
    """What `postBuild` puts into the rendering (None: it puts in nothing), what is not known of it, what it reads."""
    spec = values.mapping(by.manifest.value, "spec")
    entries = values.mappings(spec, "postBuild", "substituteFrom")
    given: dict[str, Any] = {}
    unknown: list[Source] = []
    reads: list[Reading] = []
    for index, each in enumerate(entries):
        known = kept.of(each, by, repository)
        if known is None:
            line = by.line_of("spec", "postBuild", "substituteFrom", index)
            unknown.append(_in_the_cluster(each, "variables", by.path, line))
        else:
            given |= known.data
            reads += known.reads
    given |= values.mapping(spec, "postBuild", "substitute")
    found = tuple((name, str(value)) for name, value in given.items())
    return (found if given or entries else None), unknown, reads


def _in_the_cluster(entry: dict[str, Any], sort: str, path: str, line: int) -> Unrendered:
    what = f"{entry.get('kind')} {entry.get('name')}"
    return Unrendered(what=what, why=f"the cluster keeps these {sort}", path=path, line=line, code="cluster-values")


def _missing(by: Declared, written: str, *place: str | int) -> Deployed:
    """Flux stops at a path that is not there: it deploys nothing anew, and deletes nothing."""
    why = "there is no such directory in this repository"
    wrong = Unrendered(what=written, why=why, path=by.path, line=by.line_of(*place), code="invalid")
    return Deployed((wrong,), (), None)


def _unmade(by: Declared, reference: dict[str, Any], *place: str | int) -> Deployed:
    """Flux waits for a source that nobody makes, and deletes nothing."""
    what = f"{values.text(reference, 'kind')} {values.text(reference, 'name')}"
    why = "nothing in this repository makes this source"
    wrong = Unrendered(what=what, why=why, path=by.path, line=by.line_of(*place), code="invalid")
    return Deployed((wrong,), (), None)


def generated(path: str, repository: Repository) -> Iterator[str]:
    """The resources of a kustomization that Flux generates: manifests, and directories with one of their own."""
    snapshot, known = repository.snapshot, repository.kustomizations.files
    pending = [path]
    while pending:
        here = pending.pop()
        at = f"{here}/" if here else ""
        if here != path and here in known:
            yield here
            continue
        yield from repository.manifests_in(here, recurse=False)
        pending += [at + name for name in reversed(snapshot.directories.get(here, ())) if not name.startswith(".")]


def _components(by: Declared, path: str, repository: Repository, origins: Origins) -> dict[str, str | None]:
    """`spec.components`, each with its directory of this repository, None where kustomize will not find it.

    They are relative to `spec.path`; with `ignoreMissingComponents` those that are not there are left out.
    """
    spec = values.mapping(by.manifest.value, "spec")
    found: dict[str, str | None] = {}
    for each in values.texts(spec, "components"):
        target = join(path, each)
        real = repository.snapshot.resolve(target) if target is not None else None
        is_there = real is not None and repository.snapshot.is_directory(real)
        if is_there or spec.get("ignoreMissingComponents") is not True:
            found[each] = target if is_there else None
    return found


def _edits(spec: dict[str, Any], components: tuple[str, ...]) -> dict[str, Any]:
    """Keys that Flux writes into the kustomization (fluxcd/pkg/kustomize: Generator)."""
    found: dict[str, Any] = {key: spec[key] for key in ("namePrefix", "nameSuffix") if spec.get(key)}
    if namespace := values.text(spec, "targetNamespace"):
        found["namespace"] = namespace
    for key in ("patches", "images"):
        if listed := values.mappings(spec, key):
            found[key] = listed
    if components:
        found["components"] = list(components)
    if labels := values.mapping(spec, "commonMetadata", "labels"):
        found["labels"] = [{"pairs": labels}]
    return found


def release(by: Declared, repository: Repository, origins: Origins, repositories: Repositories) -> Deployed | None:
    """What a HelmRelease deploys; None where its chart is of a registry or another repository."""
    spec = values.mapping(by.manifest.value, "spec")
    wanted = origins.chart(by)
    if values.text(spec, "chartRef", "kind") == "ExternalArtifact":
        return _of_artifact(by, repository, origins, repositories)
    chart, asking = wanted.spec, wanted.by
    reference, written = values.mapping(chart, "sourceRef"), values.text(chart, "chart")
    if values.text(reference, "kind") not in ("GitRepository", "ExternalArtifact") or not written:
        return None
    path = leading.directory(asking, written, reference, repository, origins)
    ours = leading.is_ours(asking, reference, origins, repositories)
    if origins.lacks(reference):
        return _unmade(asking, reference, *wanted.place, "sourceRef", "name")
    if ours is False or (ours is None and path is None):
        return None
    if path is None:
        return _missing(asking, written, *wanted.place, "chart")
    files = [each.removeprefix("./") for each in values.texts(chart, "valuesFiles")]
    return _released(by, path, files, (repository, origins))


def _of_artifact(by: Declared, repository: Repository, origins: Origins, repositories: Repositories) -> Deployed | None:
    """What a HelmRelease deploys whose chart is an artifact: one folder of this repository, or what nobody knows."""
    reference = values.mapping(by.manifest.value, "spec", "chartRef")
    made, snapshot = origins.made(reference, by), repository.snapshot
    if made is None:
        return _unmade(by, reference, "spec", "chartRef", "name") if origins.lacks(reference) else None
    parts = list(leading.copied(made, origins, repositories, snapshot))
    ours = [each for each in parts if each is not None]
    if not ours:
        return None
    if len(parts) == 1 and ours[0] in repository.charts.directories:
        return _released(by, ours[0], [], (repository, origins))
    what, why = f"ExternalArtifact {values.text(reference, 'name')}", "what is put together in it is not rendered here"
    unknown = Unrendered(what=what, why=why, path=by.path, line=by.line_of("spec", "chartRef"))
    reads = (Reading(each, "tree" if snapshot.is_directory(each) else "file") for each in ours)
    return Deployed((unknown,), tuple(reads), None)


def _released(by: Declared, path: str, files: list[str], known: tuple[Repository, Origins]) -> Deployed:
    """A chart of this repository with the values that a HelmRelease gives it."""
    repository, origins = known
    spec = values.mapping(by.manifest.value, "spec")
    given = values.mapping(spec, "values")
    target = values.text(spec, "targetNamespace")
    name = f"{target}-{by.name}" if target else by.name
    layers, unknown, more = _layers(by, repository)
    own = Chart(
        path=path,
        release=values.text(spec, "releaseName") or name,
        namespace=target or by.namespace or "default",
        value_files=tuple(files),
        layers=layers,
        values=yaml.safe_dump(given, sort_keys=False, allow_unicode=True) if given else "",
    )
    ignored = ignoring.of(origins.taken(by), repository)
    unknown += _turned(by)
    lacking = ignored.told(by, (*files, *ignoring.of_chart(path, repository)) if ignored.is_any else ())
    reads = (*repository.of_chart(path, files), *more, *map(Reading, ignored.read))
    return Deployed((own, *unknown, *lacking), reads, path)


def _turned(by: Declared) -> list[Source]:
    """What Flux makes of what Helm renders, which is not done here: the same at both ends changes nothing."""
    spec = values.mapping(by.manifest.value, "spec")
    given = {key: spec[key] for key in ("postRenderers", "commonMetadata") if spec.get(key)}
    return [
        Unrendered(
            what=f"{key} of HelmRelease {by.name}",
            why="what Helm renders is not changed by it here",
            path=by.path,
            line=by.line_of("spec", key),
            fixed=values.digest(value),
        )
        for key, value in given.items()
    ]


def _layers(by: Declared, repository: Repository) -> tuple[tuple[str, ...], list[Source], list[Reading]]:
    """The values of `valuesFrom` in their order, what is not known of them, and what they read."""
    layers: list[str] = []
    unknown: list[Source] = []
    reads: list[Reading] = []
    for index, each in enumerate(values.mappings(by.manifest.value, "spec", "valuesFrom")):
        known = kept.of(each, by, repository) if not each.get("targetPath") else None
        key = values.text(each, "valuesKey") or "values.yaml"
        if known is None or key not in known.data:
            unknown.append(_in_the_cluster(each, "values", by.path, by.line_of("spec", "valuesFrom", index)))
        else:
            layers.append(known.data[key])
            reads += known.reads
    return tuple(layers), unknown, reads
