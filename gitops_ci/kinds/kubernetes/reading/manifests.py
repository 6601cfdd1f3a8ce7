"""Which files are manifests, and which objects of Argo CD and Flux they hold; no other YAML is parsed for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.policy.documents.manifests import Manifest
    from gitops_ci.policy.documents.yaml_documents import Document

SUFFIXES = (".yaml", ".yml", ".json")
FOREIGN = frozenset({"node_modules", "vendor", "testdata"})
"""Folders of what others wrote, and of what is there to be tested with."""
ARGO = "argoproj.io"
KUSTOMIZE_CONTROLLER, HELM_CONTROLLER = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
SOURCES, ARTIFACTS = "source.toolkit.fluxcd.io", "source.extensions.fluxcd.io"
KINDS = {
    ARGO: frozenset({"Application", "ApplicationSet", "AppProject"}),
    KUSTOMIZE_CONTROLLER: frozenset({"Kustomization"}),
    HELM_CONTROLLER: frozenset({"HelmRelease"}),
    SOURCES: frozenset({"GitRepository", "HelmChart"}),
    ARTIFACTS: frozenset({"ArtifactGenerator"}),
}
"""API group → kinds that say what is deployed, or help to."""
DECLARES = re.compile(
    rb"apiVersion[\"']?\s*:\s*(?:[!&|>]\S{300}|(?:[!&|>]\S{0,299}\s+){0,2}"
    rb"[\"']?(?:argoproj\.io|(?:kustomize|helm|source)\.toolkit\.fluxcd\.io|source\.extensions\.fluxcd\.io)/)"
)
_VERSION = re.compile(rb"(?:^|[{,\s\xbf])[\"']?apiVersion[\"']?\s*:", re.MULTILINE)
_KIND = re.compile(rb"(?:^|[{,\s\xbf])[\"']?kind[\"']?\s*:", re.MULTILINE)
_OBSCURE = re.compile(rb"\\[uUx]|\\\r?$|^[ \t]*\?[ \t\r\n]|^[ \t]*\*\S+[ \t]*:|^\xff\xfe|^\xfe\xff", re.MULTILINE)
"""Keys can be written otherwise: with escapes, behind `?`, as an alias, in UTF-16. Then only a parser knows."""


_HIDING = re.compile(
    rb"apiVersion[\"']?\s*:\s*(?:[!&]\S{1,300}\s+){0,2}(?:\*|\"[^\"\n]{0,300}\\[uUx/\r\n])"
    rb"|\\[uUx][^\n:\"']{0,120}[\"']\s*:|^[ \t]*\?[ \t\r\n]|^[ \t]*\*\S+[ \t]*:",
    re.MULTILINE,
)
"""An API, or the key before it, that is written otherwise. All has a length: whoever writes it chooses the rest."""


class Maker(Struct, frozen=True):
    """What renders to an object that stands in no file: its stack, and `label`, which tells it from all others.

    `read` are the files that decide what the object is. `is_loose`: nothing in this repository says with which values
    it is rendered, as a chart that was found by its directory and has none of its own.
    """

    label: str
    stack: Stack
    read: tuple[str, ...] = ()
    is_loose: bool = False


class Declared(Struct, frozen=True):
    """An object of Argo CD or Flux, and its file; or that of the template, and what makes it."""

    path: str
    manifest: Manifest
    maker: Maker | None = None

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
    def within(self) -> str:
        """What tells what makes it from others; empty where it stands in a file."""
        return "" if self.maker is None else self.maker.label

    @property
    def decided(self) -> tuple[str, ...]:
        """The files that decide what it is: its own, or those that a rendering reads."""
        return (self.path,) if self.maker is None else self.maker.read

    @property
    def line(self) -> int:
        """The line that it begins in."""
        return self.line_of()

    def line_of(self, *place: str | int) -> int:
        """The line of a value inside of it."""
        return self.manifest.document.line_of((*self.manifest.place, *place))


class Read(Struct, frozen=True):
    """The objects of Argo CD and Flux in one content; `wrong` is the line and why the rest cannot be read.

    What has `{{` and cannot be read is a template of somebody else's, and nothing that is deployed as it is.
    """

    objects: tuple[Manifest, ...] = ()
    wrong: tuple[int, str] | None = None


_NOTHING = Read()


def read(content: bytes) -> Read:
    """The objects of Argo CD and Flux in a content; only what names their API groups is parsed."""
    is_plain = DECLARES.search(content) is not None
    if not is_plain and _HIDING.search(content) is None:
        return _NOTHING
    from gitops_ci.policy.documents import manifests, yaml_documents
    from gitops_ci.policy.documents.files import MAX_BYTES

    if len(content) > MAX_BYTES:
        return _NOTHING if not is_plain else Read(wrong=(1, f"larger than {MAX_BYTES >> 20} MiB of YAML"))
    documents: list[Document] = []
    wrong = None
    try:
        documents.extend(yaml_documents.documents(content))
    except yaml_documents.YamlProblem as problem:
        wrong = None if not is_plain or b"{{" in content else (problem.line, problem.message)
    found = [each for each in manifests.objects(documents) if each.value["kind"] in KINDS.get(each.identity[0], ())]
    return Read(tuple(found), wrong) if is_plain or found else _NOTHING


def is_manifest(content: bytes) -> bool:
    """Whether a content looks as if it held an object of Kubernetes, without parsing it where it is written plainly."""
    if _VERSION.search(content) is not None and _KIND.search(content) is not None:
        return True
    return _OBSCURE.search(content) is not None and _holds_an_object(content)


def _holds_an_object(content: bytes) -> bool:
    """Whether a parser finds one, or none that it can read: what is not known is told when it is rendered."""
    from gitops_ci.policy.documents import yaml_documents

    try:
        found = [each.value for each in yaml_documents.documents(content)]
    except yaml_documents.YamlProblem:
        return True
    return any(isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys() for each in found)


class Found(Struct, frozen=True):
    """The objects of Argo CD and Flux in files, what cannot be read (by path), and the files that name their APIs."""

    objects: tuple[Declared, ...]
    wrong: dict[str, tuple[int, str]]
    naming: frozenset[str]


def declared(snapshot: Snapshot, charts: Iterable[str]) -> Found:
    """What the files that are no chart's templates hold."""
    templates = tuple(f"{chart}/templates/" if chart else "templates/" for chart in charts)
    paths = [
        path
        for path in snapshot.entries
        if path.endswith(SUFFIXES) and not path.startswith(templates) and FOREIGN.isdisjoint(path.split("/"))
    ]
    found: list[Declared] = []
    wrong: dict[str, tuple[int, str]] = {}
    naming = {path: each for path, each in snapshot.facts(paths, read).items() if each is not _NOTHING}
    for path, each in naming.items():
        found += [Declared(path, manifest) for manifest in each.objects]
        if each.wrong is not None:
            wrong[path] = each.wrong
    return Found(tuple(found), wrong, frozenset(naming))


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
