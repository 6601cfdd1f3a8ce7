"""What an Application renders from: each of its sources in this repository, and why another cannot be rendered here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct, structs

from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes import addresses, globs, values
from gitops_ci.kinds.kubernetes.argocd import edits, helm, jsonnet, overrides
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.discovery import pinning
from gitops_ci.kinds.kubernetes.reading import manifests, revisions, submodules
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.reading.repository import Deployed, Reading, Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Manifests, Source, Unrendered

_TYPES = ("kustomize", "helm", "directory", "plugin")
_VERSION = re.compile(r"v?\d+\.\d+(?:\.\d+)?(?:[-+][0-9A-Za-z.+-]*)?")
_SKIPPED = b"+argocd:skip-file-rendering"
"""What a manifest of a directory has in it that Argo CD passes over (user-guide/directory)."""


def of(application: Application, repository: Repository, repositories: Repositories) -> Deployed | None:
    """What an Application deploys; None where nothing of it lies in this repository."""
    ours = [repositories.has(values.text(each, "repoURL")) for each in application.sources]
    if not any(ours):
        return None
    found: list[Source] = []
    reads: list[Reading] = []
    path: str | None = None
    for index, (source, is_ours) in enumerate(zip(application.sources, ours, strict=True)):
        each = _Of(application, index, source, repository, repositories)
        deployed = each.deployed() if is_ours else each.foreign()
        found += deployed.sources
        reads += deployed.reads
        path = deployed.path if path is None else path
    return Deployed(tuple(found), tuple(dict.fromkeys(reads)), path)


class _Of(Struct, frozen=True):
    """One source; `revision` is the one that `repository` is at, where that is not in front of us."""

    application: Application
    index: int
    source: dict[str, Any]
    repository: Repository
    repositories: Repositories
    revision: str | None = None

    @property
    def place(self) -> tuple[str | int, ...]:
        """Where in the Application the source stands."""
        own = self.application.place
        return (*own, self.index) if own[-1] == "sources" else own

    def unrendered(self, what: str, why: str, *key: str) -> Unrendered:
        """A source that says at a key what cannot be rendered."""
        line = self.application.line_of(*self.place, *key)
        return Unrendered(what=what, why=why, path=self.application.by.path, line=line)

    def wrong(self, what: str, why: str, *key: str) -> Unrendered:
        """A source that says at a key what is not there: Argo CD renders nothing of it."""
        return structs.replace(self.unrendered(what, why, *key), code="invalid")

    def foreign(self) -> Deployed:
        """A chart of a registry or another repository; what is only referred to is no source."""
        url, chart = values.text(self.source, "repoURL"), values.text(self.source, "chart")
        if chart:
            wanted = f"{chart} {values.text(self.source, 'targetRevision')}".strip()
            unrendered = self.unrendered(wanted, f"the chart is kept at {url}", "chart")
            fixed = structs.replace(unrendered, fixed=self._fixed())
            return Deployed((fixed,), tuple(self._values_of_foreign()))
        if not values.text(self.source, "path"):
            return Deployed()
        what = values.text(self.source, "path")
        unrendered = self.unrendered(what, f"it lies in another repository, {url}", "repoURL")
        return Deployed((structs.replace(unrendered, fixed=self._fixed()),), tuple(self._values_of_foreign()))

    def _fixed(self) -> str:
        """A digest of a source elsewhere with all that it is given; empty where it is not pinned, or not all known."""
        snapshot = self.repository.snapshot
        files = self._files(values.mapping(self.source, "helm"), "")
        if not addresses.is_fixed(values.text(self.source, "targetRevision")) or any(each.problem for each in files):
            return ""
        real = [snapshot.resolve(each.path) or each.path for each in files]
        oids = [(each, snapshot.entries[each].oid if each in snapshot else "") for each in real]
        return values.digest((self.source, oids, self.application.name))

    def _values_of_foreign(self) -> Iterator[Reading]:
        for each in self._files(values.mapping(self.source, "helm"), ""):
            if each.path:
                yield from self.repository.through(each.path)

    def _files(self, options: dict[str, Any], directory: str) -> list[helm.ValueFile]:
        """The files that values and single parameters are taken from."""
        from_files = {"valueFiles": [values.text(each, "path") for each in values.mappings(options, "fileParameters")]}
        found = helm.value_files(options, directory, self.repository.snapshot, self.referred())
        return [*found, *helm.value_files(from_files, directory, self.repository.snapshot, self.referred())]

    def referred(self) -> frozenset[str]:
        """The names (`$name`) of sources that are this repository, as it is in front of us, or at the same revision."""
        return frozenset(
            f"${values.text(each, 'ref')}"
            for each in self.application.sources
            if values.text(each, "ref") and self.repositories.has(values.text(each, "repoURL"))
            if self._is_here(values.text(each, "targetRevision"))
        )

    def _is_here(self, revision: str) -> bool:
        """Whether a revision is what `repository` is at."""
        if self.revision is not None:
            return revision == self.revision
        return revisions.is_current(revision, self.repository.snapshot)

    def deployed(self) -> Deployed:
        """A source in this repository."""
        written = values.text(self.source, "path")
        if not written:
            return Deployed()
        path = join("", written.strip("/") or ".")
        revision = values.text(self.source, "targetRevision")
        if not self._is_here(revision):
            return self._pinned(written, path, revision)
        real = self.repository.snapshot.resolve(path) if path is not None else None
        if path is None or real is None or not self.repository.snapshot.is_directory(real):
            if path is not None and (submodule := submodules.above(path, self.repository)) is not None:
                return Deployed((self.unrendered(written, submodules.WHY, "path"),), (Reading(submodule),))
            why = "there is no such directory in this repository"
            reads = (Reading(path, "tree", "direct"),) if path else ()
            return Deployed((self.wrong(written, why, "path"),), reads)
        given = overrides.of(self.source, real, self.application.name, self.repository.snapshot)
        deployed = structs.replace(self, source=given.source).of_type(written, path, real)
        is_whole = self._type(real) != "directory" or values.at(given.source, "directory", "recurse") is True
        line = self.application.line_of(*self.place, "path")
        deployed = submodules.told(deployed, self.repository, self.application.by.path, line, below=is_whole)
        files = tuple(read for each in given.files for read in self.repository.through(each, "direct"))
        sources = deployed.sources
        if given.wrong is not None:
            place, file = given.wrong
            sources = (Unrendered(what=place, why=file.wrong, path=place, line=file.line, code="invalid"),)
        return structs.replace(deployed, sources=sources, reads=(*deployed.reads, *files))

    def of_type(self, written: str, path: str, real: str) -> Deployed:
        """A directory of this repository, as what Argo CD takes it for."""
        match self._type(real):
            case "kustomize":
                return self._kustomize(path)
            case "helm":
                return self._helm(path)
            case "plugin":
                reads = (Reading(path, "tree", "direct"),)
                unrendered = self.unrendered(written, "a plugin of Argo CD renders it", "plugin")
                return Deployed((unrendered,), reads, path)
            case _:
                return self._directory(path)

    def _pinned(self, written: str, path: str | None, revision: str) -> Deployed:
        """As it is at its own revision, where this clone has that.

        Files in front of us mean nothing to it, if it is known that this is not the branch it is at.
        """
        wanted = revisions.of_argo(revision)
        there = revisions.seen(wanted, self.repository.snapshot)
        if there is not None and there.commit is not None:
            found = structs.replace(self, repository=self.repository.at(there), revision=revision).deployed()
            by = self.application
            return pinning.of(found, revision, there.commit, by.by.path, by.line_of(*self.place, "targetRevision"))
        is_another = revisions.is_surely_another(wanted, self.repository.snapshot)
        reads = () if is_another or path is None else (Reading(path, "tree", "direct"),)
        unrendered = structs.replace(self.unrendered(written, wanted.why, "targetRevision"), code="revision-missing")
        return Deployed((unrendered,), reads, path)

    def _type(self, directory: str) -> str:
        """What Argo CD takes a source for: what its options are of, else what is there (util/app/discovery)."""
        told = [each for each in _TYPES if self.source.get(each) is not None]
        if told:
            return told[0]
        if directory in self.repository.kustomizations.files:
            return "kustomize"
        return "helm" if directory in self.repository.charts.directories else "directory"

    def _kustomize(self, path: str) -> Deployed:
        options = values.mapping(self.source, "kustomize")
        written = edits.of(options)
        reads = [*self.repository.of_kustomization(path)]
        for component in values.texts(options, "components"):
            target = join(path, component)
            reads += self.repository.of_kustomization(target, "module") if target is not None else ()
        text = yaml.safe_dump(written, sort_keys=False) if written else ""
        return Deployed((Kustomization(path=path, edits=text),), tuple(reads), path)

    def _helm(self, path: str) -> Deployed:
        options = values.mapping(self.source, "helm")
        files = helm.value_files(options, path, self.repository.snapshot, self.referred())
        problems = [
            (self.wrong if each.is_missing else self.unrendered)(each.written, each.problem, "helm", "valueFiles")
            for each in files
            if each.problem
        ]
        from_files = [values.text(each, "path") for each in values.mappings(options, "fileParameters")]
        problems += [self.unrendered(each, "parameters from files are not read here", "helm") for each in from_files]
        if (version := values.text(options, "kubeVersion")) and not _VERSION.fullmatch(version):
            problems.append(self.unrendered(version, "a version that is not read here", "helm", "kubeVersion"))
        chart = Chart(
            path=path,
            release=values.text(options, "releaseName") or self.application.name,
            namespace=values.text(options, "namespace") or self.application.target or "default",
            value_files=tuple(each.path for each in files if not each.problem and not each.left_out),
            values=helm.written(options),
            parameters=tuple(helm.parameters(options, forced=False)),
            forced=tuple(helm.parameters(options, forced=True)),
            with_crds=options.get("skipCrds") is not True,
            kube_version=version,
            api_versions=tuple(values.texts(options, "apiVersions")),
        )
        read = (each.path for each in self._files(options, path) if each.path)
        reads = self.repository.of_chart(path, read)
        # What would be rendered without some of its values is not what is deployed.
        return Deployed(tuple(problems) or (chart,), reads, path)

    def _directory(self, path: str) -> Deployed:
        options = values.mapping(self.source, "directory")
        recurse = options.get("recurse") is True
        for key in ("include", "exclude"):
            text = values.text(options, key)
            if text and globs.any_depth(text) is None:
                unread = self.unrendered(text, "a pattern that is not read here", "directory", key)
                return Deployed((unread,), (Reading(path, "tree", "direct"),), path)
        include, exclude = (globs.any_depth(text) if text else None for text in self._globs(options))
        snapshot = self.repository.snapshot
        files = []
        inside = f"{path}/" if path else ""
        written = self.repository.manifests_in(path, recurse=recurse)
        skipped = snapshot.facts((snapshot.resolve(each) or each for each in written), _is_skipped)
        for each in written:
            name = each.removeprefix(inside)
            is_taken = (include is None or include.fullmatch(name)) and not (exclude and exclude.fullmatch(name))
            if is_taken and not skipped.get(snapshot.resolve(each) or each, False):
                files.append(each)
        found: list[Source] = [Manifests(path=path, files=tuple(files))]
        names = manifests.below(path, snapshot, recurse=recurse)
        programs = [each for each in names if each.endswith(".jsonnet")]
        if programs:
            found.append(self.unrendered(programs[0], "Jsonnet is not rendered", "path"))
        reads = [read for each in (*files, *programs) for read in self.repository.through(each, "direct")]
        if programs:
            reads += jsonnet.reads(path, options, programs, self.repository.snapshot)
        elif not files:
            reads.append(Reading(path, "tree" if recurse else "directory", "direct", manifests.SUFFIXES))
        return Deployed(tuple(found), (*reads, *self.repository.linked(path)), path)

    def _globs(self, options: dict[str, Any]) -> tuple[str, str]:
        return values.text(options, "include"), values.text(options, "exclude")


def _is_skipped(content: bytes) -> bool:
    return _SKIPPED in content
