"""What one YAML document takes in: images by tag or digest, charts, remote bases and sources, whatever its kind."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import structs

from gitops_ci.gate.promotion.pieces import Piece, What
from gitops_ci.policy.documents import kustomizations, yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, Place, YamlProblem

_IMAGE = re.compile(r"(?P<name>[^\s@]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>sha\d+:[0-9a-f]+))?")
_TAGS = ("tag", "imageTag", "image_tag", "imageVersion")
_MOVING = frozenset({"", "latest", "main", "master", "HEAD", "edge", "nightly", "stable", "dev"})
_INHERITED = "as in the base"
_RANGE = re.compile(r"[*^~<>|,@$\s]|(?:^|\.)[xX](?:\.|$)")
_FLUX_SOURCES = "source.toolkit.fluxcd.io/"
_OURS = frozenset({"", "HEAD", "main", "master"})
"""Revisions of the repository that this is, which Argo CD and Flux follow: what they get is compared by itself."""
_MOST_EMBEDDED = 64 * 1024


def pieces(path: str, document: Document) -> Iterator[Piece]:
    """Everything that a document names with a version."""
    reader = _Reader(path, document)
    value = document.value
    if kustomizations.is_one(path) and isinstance(value, dict):
        yield from reader.kustomization(value)
        return
    if path.rpartition("/")[2] == "Chart.yaml" and isinstance(value, dict):
        yield from reader.charts(value, "dependencies")
        return
    yield from reader.source(value)
    if not (isinstance(value, dict) and _text(value.get("apiVersion")).startswith(_FLUX_SOURCES)):
        yield from reader.walk(value, ())


def without_replaced(found: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, but for images whose tags a kustomization of the same folder or above it replaces."""
    listed = list(found)
    replaced = [(each.path.rpartition("/")[0], each.slot) for each in listed if each.slot.startswith("images:")]
    for each in listed:
        folder = each.path.rpartition("/")[0]
        above = (name for at, name in replaced if folder == at or folder.startswith(f"{at}/" if at else ""))
        if each.what != "image" or each.slot.startswith("images:") or f"images:{each.name}" not in above:
            yield each


class _Reader:
    """Reads one document; every piece has its place."""

    def __init__(self, path: str, document: Document) -> None:
        self._path = path
        self._document = document
        self._embedded: set[tuple[Place, str]] = set()

    def kustomization(self, value: dict[str, Any]) -> Iterator[Piece]:
        yield from self._images(value, ())
        for key in ("resources", "bases", "components"):
            for index, each in enumerate(_list(value.get(key))):
                if isinstance(each, str) and _is_remote(each):
                    yield self._base(each, (key, index))
        yield from self.charts(value, "helmCharts")
        yield from self.walk({key: each for key, each in value.items() if key != "images"}, ())

    def _images(self, value: dict[str, Any], place: Place) -> Iterator[Piece]:
        for index, each in enumerate(_list(value.get("images"))):
            if isinstance(each, dict) and isinstance(each.get("name"), str):
                yield self._replaced(each, (*place, "images", index))

    def _replaced(self, image: dict[str, Any], place: Place) -> Piece:
        key = next((each for each in ("digest", "newTag") if image.get(each) is not None), "")
        version = _text(image.get(key)) if key else _INHERITED
        name = _text(image.get("newName") or image["name"])
        slot = f"images:{image['name']}"
        at = (*place, key) if key else place
        return self._piece("image", name, version, at, slot=slot, written=version if key else "")

    def _base(self, address: str, place: Place) -> Piece:
        url, _, query = address.partition("?")
        ref = next((each.partition("=")[2] for each in query.split("&") if each.startswith(("ref=", "version="))), "")
        return self._piece("source", url, ref, place, written=ref)

    def charts(self, value: dict[str, Any], key: str) -> Iterator[Piece]:
        """`helmCharts` of a kustomization, `dependencies` of a chart."""
        for index, each in enumerate(_list(value.get(key))):
            if isinstance(each, dict) and isinstance(each.get("name"), str) and not _is_local(each):
                name = "/".join(filter(None, (_text(each.get("repo") or each.get("repository")), each["name"])))
                yield self._chart(name, each.get("version"), (key, index, "version"))

    def _chart(self, name: str, version: Any, place: Place) -> Piece:
        return self._piece("chart", name, _text(version), place, written=_text(version))

    def source(self, value: Any) -> Iterator[Piece]:
        """What an Application, a HelmRelease or a source of Flux asks for."""
        spec = value.get("spec") if isinstance(value, dict) else None
        api = _text(value.get("apiVersion")) if isinstance(value, dict) else ""
        if not isinstance(spec, dict):
            return
        if api.startswith("argoproj.io/"):
            template = spec.get("template") if isinstance(spec.get("template"), dict) else None
            inner = template.get("spec") if template is not None else spec
            at: Place = ("spec", "template", "spec") if template is not None else ("spec",)
            yield from self._applications(inner if isinstance(inner, dict) else {}, at)
        elif api.startswith("helm.toolkit.fluxcd.io/"):
            yield from self._release(value, spec)
        elif api.startswith(_FLUX_SOURCES) and isinstance(spec.get("url"), str):
            yield from self._flux_source(spec)
        elif api.startswith("kustomize.toolkit.fluxcd.io/"):
            yield from self._images(spec, ("spec",))

    def _applications(self, spec: dict[str, Any], at: Place) -> Iterator[Piece]:
        listed = [((*at, "source"), spec.get("source"))]
        listed += [((*at, "sources", index), each) for index, each in enumerate(_list(spec.get("sources")))]
        for place, each in listed:
            if not isinstance(each, dict) or not isinstance(each.get("repoURL"), str):
                continue
            revision, chart = _text(each.get("targetRevision")), each.get("chart")
            where = (*place, "targetRevision")
            if isinstance(chart, str):
                yield self._chart(f"{each['repoURL']}/{chart}", revision, where)
            else:
                yield self._followed(each["repoURL"], revision, where)
            yield from self._parameters(each, place)

    def _parameters(self, source: dict[str, Any], place: Place) -> Iterator[Piece]:
        """What Argo CD overrides: `helm.parameters`, and `kustomize.images` (`name=new/name:tag`)."""
        helm, kustomize = source.get("helm"), source.get("kustomize")
        for index, each in enumerate(_list(helm.get("parameters")) if isinstance(helm, dict) else ()):
            if isinstance(each, dict) and "image" in _text(each.get("name")).lower():
                value, where = _text(each.get("value")), (*place, "helm", "parameters", index, "value")
                yield self._piece("image", _text(each["name"]), value, where, written=value)
        for index, each in enumerate(_list(kustomize.get("images")) if isinstance(kustomize, dict) else ()):
            if isinstance(each, str):
                yield self._image(each.rpartition("=")[2], (*place, "kustomize", "images", index))

    def _release(self, value: dict[str, Any], spec: dict[str, Any]) -> Iterator[Piece]:
        chart = spec.get("chart")
        inner = chart.get("spec") if isinstance(chart, dict) else None
        if isinstance(inner, dict) and ("chart" in inner or "version" in inner):
            metadata = value.get("metadata")
            name = inner.get("chart") or (metadata.get("name") if isinstance(metadata, dict) else "")
            if "version" in inner or "chart" in inner:
                yield self._chart(_text(name), inner.get("version"), ("spec", "chart", "spec", "version"))

    def _flux_source(self, spec: dict[str, Any]) -> Iterator[Piece]:
        given = spec.get("ref")
        ref = given if isinstance(given, dict) else {}
        key = next((each for each in ("digest", "commit", "tag", "semver", "branch") if ref.get(each)), "branch")
        yield self._followed(spec["url"], _text(ref.get(key)), ("spec", "ref", key))

    def _followed(self, url: str, revision: str, place: Place) -> Piece:
        """A repository at a revision. A main branch is no other one tomorrow: it is that of what lies here."""
        found = self._piece("source", url, revision or "HEAD", place, written=revision)
        return structs.replace(found, fixed=True) if revision in _OURS else found

    def walk(self, value: Any, place: Place) -> Iterator[Piece]:
        """Images, wherever they are: `image: name:tag`, `{repository, tag}`, a tag alone, a patch of an image."""
        pending: list[tuple[Any, Place]] = [(value, place)]
        while pending:  # JSON may be nested as deeply as it likes
            here, at = pending.pop()
            if isinstance(here, list):
                pending += [(each, (*at, index)) for index, each in reversed([*enumerate(here)])]
            elif isinstance(here, dict):
                yield from self._mapping(here, at)
                pending += [(each, (*at, key)) for key, each in reversed(here.items())]
            elif isinstance(here, str) and (at, here) not in self._embedded:
                pending += [(each, at) for each in self._inside(here, at)]

    def _inside(self, text: str, place: Place) -> Iterator[Any]:
        """YAML that is written in a text: Helm values of an Application, a patch of a kustomization."""
        if "\n" in text and len(text) < _MOST_EMBEDDED and any(word in text for word in ("image", "tag")):
            self._embedded.add((place, text))
            with contextlib.suppress(YamlProblem):
                yield from (each.value for each in yaml_documents.documents(text.encode("utf-8", "replace")))

    def _mapping(self, value: dict[str, Any], place: Place) -> Iterator[Piece]:
        is_whole = isinstance(value.get("repository"), str) and any(value.get(key) for key in ("tag", "digest"))
        if is_whole:
            yield self._parts(value, place)
        if isinstance(value.get("image"), dict) and isinstance(value["image"].get("reference"), str):
            yield self._image(value["image"]["reference"], (*place, "image", "reference"))
        patched = _text(value.get("path")) if value.get("op") in ("add", "replace") else ""
        if patched.endswith("/image") and isinstance(value.get("value"), str):
            yield self._image(value["value"], (*place, "value"))
        for key, each in value.items():
            if key == "image" and isinstance(each, str) and each:
                yield self._image(each, (*place, key))
            elif key in _TAGS and _is_version(each) and not is_whole and _is_of_image(key, place):
                where = ".".join(str(part) for part in place) or key
                yield self._piece("image", where, _text(each), (*place, key), written=_text(each))

    def _parts(self, value: dict[str, Any], place: Place) -> Piece:
        registry, repository = value.get("registry"), value["repository"]
        name = f"{registry}/{repository}" if isinstance(registry, str) and registry else repository
        key = "digest" if value.get("digest") else "tag"
        return self._piece("image", name, _text(value.get(key)), (*place, key), written=_text(value.get(key)))

    def _image(self, text: str, place: Place) -> Piece:
        found = _IMAGE.fullmatch(text.strip())
        if found is None:
            return self._piece("image", text, text, place)
        written = "@".join(filter(None, (found["tag"], found["digest"])))
        return self._piece("image", found["name"], found["digest"] or written, place, written=written)

    def _piece(self, what: What, name: str, version: str, place: Place, *, slot: str = "", written: str = "") -> Piece:
        return Piece(
            what=what,
            name=name,
            version=version,
            shown=version or "without a version",
            path=self._path,
            line=self._document.line_of(place),
            written=written,
            slot=slot or ".".join(map(str, place)),
            fixed=version == _INHERITED or _is_fixed(what, version),
        )


def _is_fixed(what: What, version: str) -> bool:
    """Whether it is the same tomorrow. Of a repository, what holds no number is a branch."""
    if what == "source" and not any(each.isdigit() for each in version):
        return False
    return version not in _MOVING and _RANGE.search(version) is None


def _is_version(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _is_of_image(key: str, place: Place) -> bool:
    """Whether a tag without a name is an image's: that of the chart's own values."""
    return "image" in key.lower() or any("image" in str(part).lower() for part in place)


def _is_remote(address: str) -> bool:
    return "://" in address or address.startswith(("git@", "github.com/", "bitbucket.org/", "gitlab.com/"))


def _is_local(chart: dict[str, Any]) -> bool:
    """A chart beside this one, which counts by its files."""
    return _text(chart.get("repository")).startswith("file:")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)
