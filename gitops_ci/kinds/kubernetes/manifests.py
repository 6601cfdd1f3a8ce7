"""Which files are manifests, and which objects of Argo CD and Flux they hold; no other YAML is parsed for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.policy.documents import manifests, yaml_documents
from gitops_ci.policy.documents.files import MAX_BYTES
from gitops_ci.policy.documents.manifests import Manifest
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

SUFFIXES = (".yaml", ".yml", ".json")
ARGO = "argoproj.io"
KUSTOMIZE_CONTROLLER, HELM_CONTROLLER, SOURCE_CONTROLLER = (
    f"{name}.toolkit.fluxcd.io" for name in ("kustomize", "helm", "source")
)
_GROUPS = frozenset({ARGO, KUSTOMIZE_CONTROLLER, HELM_CONTROLLER, SOURCE_CONTROLLER})
_KINDS = frozenset(
    {"Application", "ApplicationSet", "AppProject", "Kustomization", "HelmRelease", "GitRepository"},
)
_DECLARES = re.compile(
    rb"apiVersion[\"']?\s*:\s*[\"']?(?:argoproj\.io|(?:kustomize|helm|source)\.toolkit\.fluxcd\.io)/"
)
_VERSION = re.compile(rb"(?:^|[{,\s])[\"']?apiVersion[\"']?[ \t]*:", re.MULTILINE)
_KIND = re.compile(rb"(?:^|[{,\s])[\"']?kind[\"']?[ \t]*:", re.MULTILINE)


class Declared(Struct, frozen=True):
    """An object of Argo CD or Flux, and its file."""

    path: str
    manifest: Manifest

    @property
    def kind(self) -> str:
        """Its kind as it is written."""
        return str(self.manifest.value["kind"])

    @property
    def group(self) -> str:
        """Its API group."""
        return self.manifest.identity[0]

    @property
    def name(self) -> str:
        """Its name; empty where it has none."""
        return self.manifest.name

    @property
    def namespace(self) -> str:
        """The namespace that it says itself; empty where it says none."""
        return self.manifest.identity[2]

    @property
    def line(self) -> int:
        """The line that it begins in."""
        return self.line_of()

    def line_of(self, *place: str | int) -> int:
        """The line of a value inside of it."""
        return self.manifest.document.line_of((*self.manifest.place, *place))


class Read(Struct, frozen=True):
    """The objects of Argo CD and Flux in one content; `wrong` is the line and why the rest cannot be read."""

    objects: tuple[Manifest, ...] = ()
    wrong: tuple[int, str] | None = None


_NOTHING = Read()


def read(content: bytes) -> Read:
    """The objects of Argo CD and Flux in a content; only what names their API groups is parsed."""
    if _DECLARES.search(content) is None:
        return _NOTHING
    if len(content) > MAX_BYTES:
        return Read(wrong=(1, f"larger than {MAX_BYTES >> 20} MiB of YAML"))
    documents: list[Document] = []
    wrong = None
    try:
        documents.extend(yaml_documents.documents(content))
    except YamlProblem as problem:
        wrong = (problem.line, problem.message)
    found = [each for each in manifests.objects(documents) if each.identity[0] in _GROUPS and _is_known(each.value)]
    return Read(tuple(found), wrong)


def _is_known(value: dict[str, Any]) -> bool:
    return value["kind"] in _KINDS


def is_manifest(content: bytes) -> bool:
    """Whether a content looks as if it held an object of Kubernetes, without parsing it."""
    return _VERSION.search(content) is not None and _KIND.search(content) is not None


def declared(snapshot: Snapshot, charts: Iterable[str]) -> tuple[tuple[Declared, ...], dict[str, tuple[int, str]]]:
    """The objects of Argo CD and Flux in the files that are no chart's templates, and what cannot be read (by path)."""
    templates = tuple(f"{chart}/templates/" if chart else "templates/" for chart in charts)
    paths = [path for path in snapshot.entries if path.endswith(SUFFIXES) and not path.startswith(templates)]
    found: list[Declared] = []
    wrong: dict[str, tuple[int, str]] = {}
    for path, each in snapshot.facts(paths, read).items():
        found += [Declared(path, manifest) for manifest in each.objects]
        if each.wrong is not None:
            wrong[path] = each.wrong
    return tuple(found), wrong


def below(directory: str, snapshot: Snapshot, *, recurse: bool) -> Iterator[str]:
    """The paths of the files in a directory, or of all below it, in order."""
    pending = [directory]
    found: list[str] = []
    while pending:
        here = pending.pop()
        at = f"{here}/" if here else ""
        found += [at + name for name in snapshot.children.get(here, ())]
        pending += [at + name for name in snapshot.directories.get(here, ())] if recurse else []
    yield from sorted(found)
