"""Templates of charts: which of them may make objects of Argo CD and Flux, and which define others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.reading.charts import Charts
from gitops_ci.kinds.kubernetes.reading.manifests import DECLARES, below
from gitops_ci.kinds.kubernetes.sources import Chart

_API = rb"^[ \t-]*[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?"
_GROUPS = rb"(?:argoproj\.io|(?:kustomize|helm|source)\.toolkit\.fluxcd\.io|source\.extensions\.fluxcd\.io)/"
_KIND = rb"^[ \t-]*[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?"
_DEPLOYING = rb"(?:Application(?:Set)?|HelmRelease|Kustomization)\b"
_HELPING = rb"(?:AppProject|GitRepository|ArtifactGenerator)\b"
_OURS = re.compile(_API + _GROUPS, re.MULTILINE)
_ANY_API = re.compile(rb"^[ \t-]*[\"']?apiVersion[\"']?[ \t]*:[^\n]*\{\{", re.MULTILINE)
_DEPLOYER = re.compile(_KIND + _DEPLOYING, re.MULTILINE)
_HELPER = re.compile(_KIND + _HELPING, re.MULTILINE)
_ANY_KIND = re.compile(rb"^[ \t-]*[\"']?kind[\"']?[ \t]*:[^\n]*\{\{", re.MULTILINE)
_PASSES_ON = re.compile(rb"\b(?:toYaml|toJson|tpl)\b")
_DEFINES = re.compile(rb"\{\{-?\s*(?:define|block)\s+[\"`]([^\"`\n]+)[\"`]")
_TAKES = re.compile(rb"\b(?:include|template)\b")
_TAKING = re.compile(rb"(?P<opens>\{\{)|\}|(?P<takes>\b(?:include|template)\s+(?=[^\"`\s}]))")
_QUOTE = re.compile('["`]')
_NAMES_API = re.compile(rb"(?:\bargoproj|\btoolkit\.fluxcd|\bsource\.extensions\.fluxcd)\.io/v\d")
_NAMES_KIND = re.compile(rb"\b" + _DEPLOYING)
_CRDS = "/crds/"


class Template(Struct, frozen=True):
    """What one says of itself: `makes` objects, perhaps; `deploys`: surely such as deploy something.

    `passes`: it writes what values hold; `files`: it reads files of the chart. `defines` are names of templates in it,
    `takes`: it asks for such ones, `mentions`: which may be these, `takes_any`: or for one whose name is made there.
    The text is kept only where some of it is true.
    """

    text: str = ""
    makes: bool = False
    deploys: bool = False
    passes: bool = False
    takes: bool = False
    defines: tuple[str, ...] = ()
    files: bool = False
    mentions: frozenset[str] = frozenset()
    takes_any: bool = False


_NOTHING = Template()


class Words(Struct, frozen=True):
    """Whether a file has the API of Argo CD or Flux in it, in whatever form, and a kind that deploys."""

    api: bool
    kind: bool


def words(content: bytes) -> Words:
    """What a file of a chart names."""
    return Words(_NAMES_API.search(content) is not None, _NAMES_KIND.search(content) is not None)


def read(content: bytes) -> Template:
    """A template by its words."""
    ours, any_api = _OURS.search(content) is not None, _ANY_API.search(content) is not None
    deployer, any_kind = _DEPLOYER.search(content) is not None, _ANY_KIND.search(content) is not None
    helper = ours and _HELPER.search(content) is not None
    makes = helper or ((ours or any_api) and (deployer or any_kind))
    passes, takes = _PASSES_ON.search(content) is not None, _TAKES.search(content) is not None
    defines = tuple(each.decode("utf-8", "replace") for each in _DEFINES.findall(content))
    named, files = words(content), b"Files" in content
    if not (makes or passes or takes or defines or named.api or named.kind or files):
        return _NOTHING
    text = content.decode("utf-8", "replace")
    return Template(
        text=text,
        makes=makes,
        deploys=(deployer and (ours or any_api)) or (ours and any_kind),
        passes=passes,
        takes=takes,
        defines=defines,
        files=files,
        mentions=frozenset(_QUOTE.split(text)[1:-1]) if takes else frozenset(),
        takes_any=takes and _takes_any(content),
    )


def _takes_any(content: bytes) -> bool:
    is_open = False
    for sign in _TAKING.finditer(content):
        if is_open and sign["takes"]:
            return True
        if not sign["takes"]:
            is_open = sign["opens"] is not None
    return False


class Templates(Struct, frozen=True, dict=True):
    """The templates of all charts of a snapshot; `naming` are files that name the APIs of Argo CD or Flux."""

    snapshot: Snapshot
    charts: Charts
    naming: frozenset[str]

    @cached_property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Directory of a chart → its own templates."""
        found = {}
        for directory in self.charts.directories:
            folder = f"{directory}/templates".lstrip("/")
            real = self.snapshot.resolve(folder) or folder
            each = below(real, self.snapshot, recurse=True)
            found[directory] = tuple(path for path in each if not path.endswith("/NOTES.txt"))
        return found

    @cached_property
    def read(self) -> Mapping[str, Template]:
        """Path → what a template says of itself, of those that say something."""
        found = self.snapshot.facts((path for paths in self.paths.values() for path in paths), read)
        return {path: each for path, each in found.items() if each is not _NOTHING}

    @cached_property
    def making(self) -> frozenset[str]:
        """Charts of which a template may make objects of Argo CD and Flux."""
        read = self.read
        return frozenset(
            chart for chart, paths in self.paths.items() if any(path in read and read[path].makes for path in paths)
        )

    def may_make(self, source: Chart) -> bool:
        """Whether a chart may make some, by itself, by one in it, or by an object that stands in its values."""
        real = self.snapshot.resolve(source.path)
        if real is None or real not in self.charts.directories:
            return False
        if self.making and not self.making.isdisjoint(self.parts(real)):
            return True
        return self.has_objects(source, real) or self.is_worded(source, real)

    def is_worded(self, source: Chart, real: str) -> bool:
        """Whether an API of Argo CD or Flux and a kind that deploys are named somewhere in a chart or its values.

        In which words a template puts them together nobody can tell before it is run.
        """
        given = [source.values, *(value for _, value in (*source.parameters, *source.forced))]
        paths = [self.snapshot.resolve(path) or path for path in source.value_files]
        found = [*self._words(real), *self.snapshot.facts(paths, words).values()]
        found.append(words("\n".join(given).encode("utf-8", "replace")))
        return any(each.api for each in found) and any(each.kind for each in found)

    def has_worded_file(self, real: str) -> bool:
        """Whether a file that is no template names both."""
        return any(each.api and each.kind for each in self._words(real, templates=False))

    @cached_property
    def _worded(self) -> dict[tuple[str, bool], tuple[Words, ...]]:
        return {}

    def _words(self, real: str, *, templates: bool = True) -> tuple[Words, ...]:
        """What the files of a chart and of those in it name."""
        if (real, templates) not in self._worded:
            parts = self.parts(real)
            paths = {path for each in parts for path in below(each, self.snapshot, recurse=True) if _CRDS not in path}
            if not templates:
                paths -= {path for each in parts for path in self.paths[each]}
            resolved = {self.snapshot.resolve(path) or path for path in paths}
            found = self.snapshot.facts(sorted(resolved), words).values()
            self._worded[real, templates] = tuple(dict.fromkeys(each for each in found if each.api or each.kind))
        return self._worded[real, templates]

    def has_objects(self, source: Chart, real: str) -> bool:
        """Whether an object stands in the values, which a template may write as it is."""
        if source.values and DECLARES.search(source.values.encode("utf-8", "replace")) is not None:
            return True
        if not self.naming:
            return False
        own = (f"{each}/values.yaml".lstrip("/") for each in self.parts(real))
        paths = (*(self.snapshot.resolve(path) or path for path in source.value_files), *own)
        return any(path in self.naming for path in paths)

    def parts(self, chart: str) -> tuple[str, ...]:
        """A chart, and those in it or taken from this repository, whether they are switched on or not."""
        found, pending = dict.fromkeys((chart,)), [chart]
        while pending:
            at = pending.pop()
            inner = (*self.inside(at), *self.charts.local.get(at, ()))
            new = [each for each in inner if each not in found and each in self.charts.directories]
            found.update(dict.fromkeys(new))
            pending += new
        return tuple(found)

    def makers(self, parts: Iterable[str]) -> frozenset[str]:
        """Names of the templates of charts that may make objects for those that take them, themselves or in turn."""
        read = [self.read[path] for each in parts for path in self.paths[each] if path in self.read]
        found = {name for each in read if each.makes for name in each.defines}
        taking = [each for each in read if each.takes and each.defines and not each.makes]
        while found:
            more = [not each.mentions.isdisjoint(found) for each in taking]
            if not any(more):
                break
            found.update(name for each, is_one in zip(taking, more, strict=True) if is_one for name in each.defines)
            taking = [each for each, is_one in zip(taking, more, strict=True) if not is_one]
        return frozenset(found)

    def inside(self, chart: str) -> Iterator[str]:
        """The charts in the `charts/` of a chart, unpacked."""
        folder = f"{chart}/charts".lstrip("/")
        real = self.snapshot.resolve(folder) or folder
        for name in self.snapshot.directories.get(real, ()):
            if f"{real}/{name}" in self.charts.directories:
                yield f"{real}/{name}"
