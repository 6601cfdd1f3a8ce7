"""The objects of Argo CD and Flux that stacks render to, beside those that stand in files as they are deployed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.kinds.kubernetes.nested import unknown
from gitops_ci.kinds.kubernetes.nested.altering import Item
from gitops_ci.kinds.kubernetes.nested.made import NOTHING, Made, Part, Trouble
from gitops_ci.kinds.kubernetes.nested.overlays import Overlay, Overlays
from gitops_ci.kinds.kubernetes.nested.templates import Templates
from gitops_ci.kinds.kubernetes.reading.manifests import ARGO, Declared, Maker
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Manifests, Source
from gitops_ci.policy.documents.manifests import Manifest

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.gotemplate import Budget

_Key = tuple[str, object]
_STEPS = 5_000_000
"""What all templates of an end may take together: some fifty seconds at the worst. govuk-helm-charts, whose 209 stacks
are made by charts, takes a fifth of it, in four seconds."""
MOST = 5_000
"""Objects that are rendered in all: a chart that makes itself with another parameter each time would never end."""


class Rendered(Struct, frozen=True):
    """All objects that deploy something, and a stack for each rendering of which it is not known."""

    objects: tuple[Declared, ...]
    unknown: tuple[Placed, ...] = ()


class _Uses(Struct):
    """Objects in files: those that are deployed as they stand, those that are made into others, and patches.

    `guessed` are deployed as they stand by a directory that nothing is known to deploy, `copied` written by a chart.
    """

    kept: set[_Key]
    altered: set[_Key]
    patches: set[str]
    guessed: set[_Key]
    copied: set[_Key]

    def has(self, each: Declared) -> bool:
        """Whether an object in a file deploys anything itself."""
        key = _key(each)
        if key in self.kept or key in self.copied:
            return key in self.kept
        return key in self.guessed or (key not in self.altered and each.path not in self.patches)


class Renderings:
    """What the sources of stacks make; a chart is rendered once for the same content."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._templates = Templates(repository.snapshot, repository.charts, repository.naming)
        self._overlays = Overlays(repository)
        self._budget: Budget | None = None

    def of(self, placed: Iterable[Placed]) -> Rendered:
        """All objects, given what there is by now."""
        uses = _Uses(set(), set(), set(), set(), set())
        objects: list[Declared] = []
        unsure: list[Placed] = []
        for each in placed:
            for source in each.deployment.sources:
                if isinstance(source, Manifests):
                    (uses.kept if each.deployment.by else uses.guessed).update(self._in_files(source))
                    continue
                made = self._made(source, uses) if len(objects) < MOST else self._too_many(source, uses)
                if made is NOTHING:
                    continue
                if isinstance(source, Chart):
                    uses.copied.update(self._copied(made))
                label, is_loose = label_of(each), _is_loose(each, source)
                objects += (
                    Declared(one.path, one.manifest, Maker(label, each.stack, one.read, is_loose)) for one in made.parts
                )
                unsure += (
                    unknown.of(one, Maker(label, each.stack, one.read), self._repository) for one in made.troubles
                )
        written = (each for each in self._repository.declared if uses.has(each))
        return Rendered((*written, *objects), tuple(unsure))

    def _too_many(self, source: Source, uses: _Uses) -> Made:
        """Of what would be rendered, once enough is made."""
        why = f"the renderings of this repository make more than {MOST:,} objects of Argo CD and Flux"
        match source:
            case Chart(path=path) if self._templates.may_make(source):
                return Made(troubles=(Trouble(f"{path}/Chart.yaml", why, 1, source.value_files, (path,)),))
            case Kustomization() if (overlay := self._overlays.of(source)) is not None:
                return _of_overlay(structs.replace(overlay, unknown=why), source, uses)
            case _:
                return NOTHING

    def _copied(self, made: Made) -> Iterator[_Key]:
        """Objects in files of a chart (`.Files`) that its templates write."""
        read = {path for each in made.parts for path in each.read} if self._repository.declared else set()
        names = {each.manifest.identity for each in made.parts}
        for each in self._repository.declared:
            if each.path in read and each.manifest.identity in names:
                yield _key(each)

    def _made(self, source: Source, uses: _Uses) -> Made:
        match source:
            case Chart() if self._templates.may_make(source):
                from gitops_ci.kinds.kubernetes.gotemplate import Budget  # which few repositories need
                from gitops_ci.kinds.kubernetes.nested import charts

                self._budget = self._budget or Budget(steps=_STEPS)
                return charts.made(source, self._templates, self._budget)
            case Kustomization():
                overlay = self._overlays.of(source)
                return NOTHING if overlay is None else _of_overlay(overlay, source, uses)
            case _:
                return NOTHING

    def _in_files(self, source: Manifests) -> Iterator[_Key]:
        names = set(source.files) if self._repository.declared else set()
        yield from (_key(each) for each in self._repository.declared if each.path in names)


def _of_overlay(overlay: Overlay, source: Kustomization, uses: _Uses) -> Made:
    uses.patches |= overlay.patches
    if overlay.unknown:
        uses.kept |= {_key(each) for each in overlay.taken}
        folders = tuple(dict.fromkeys(each for one in overlay.taken for each in _folders(one)))
        files = tuple(dict.fromkeys((*overlay.read, *(each.path for each in overlay.taken))))
        trouble = Trouble(overlay.read[0] if overlay.read else source.path, overlay.unknown, 1, files, folders)
        return Made(troubles=(trouble,))
    parts = []
    made = {_key(each.declared) for each in overlay.items}
    uses.altered |= {_key(each) for each in overlay.taken} - made
    for each in overlay.items:
        if _stands(each):
            uses.kept.add(_key(each.declared))
            continue
        uses.altered.add(_key(each.declared))
        written = each.declared.manifest
        read = tuple(dict.fromkeys((*each.read, *overlay.read)))
        parts.append(Part(each.declared.path, Manifest(each.value, written.document, written.place), read))
    return Made(tuple(parts)) if parts else NOTHING


def _stands(item: Item) -> bool:
    """Whether an object deploys what it deploys as it is written; Flux looks for sources in its namespace."""
    before, after = item.declared.manifest.value, item.value
    keys = ("name", "finalizers", *(() if item.declared.group == ARGO else ("namespace",)))
    own, now = values.mapping(before, "metadata"), values.mapping(after, "metadata")
    return all(own.get(key) == now.get(key) for key in keys) and before.get("spec") == after.get("spec")


def _folders(each: Declared) -> Iterator[str]:
    spec = values.mapping(each.manifest.value, "spec")
    for source in (spec, values.mapping(spec, "source"), *values.mappings(spec, "sources")):
        path = values.text(source, "path").strip("/").removeprefix("./")
        if path:
            yield path


def _key(each: Declared) -> _Key:
    return each.path, (*each.manifest.place, each.manifest.document.line)


def _is_loose(placed: Placed, source: Source) -> bool:
    if placed.maker is not None and placed.maker.is_loose:
        return True
    return not placed.deployment.by and isinstance(source, Chart) and not source.value_files


def label_of(placed: Placed) -> str:
    """What tells a stack from others, whatever renders to it in turn."""
    return f"{placed.stack.id} of {placed.deployment.path}"
