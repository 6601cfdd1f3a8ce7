"""The objects of Argo CD and Flux that a chart makes, from those of its templates that may make some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes.gotemplate import Budget, Setting, TemplateProblem, rendered
from gitops_ci.kinds.kubernetes.gotemplate.nodes import Node
from gitops_ci.kinds.kubernetes.gotemplate.parsing import parse
from gitops_ci.kinds.kubernetes.nested import chart_functions, chart_tree, chart_values
from gitops_ci.kinds.kubernetes.nested.chart_tree import Level
from gitops_ci.kinds.kubernetes.nested.made import Made, Part, Trouble
from gitops_ci.kinds.kubernetes.nested.templates import Template, Templates
from gitops_ci.kinds.kubernetes.reading.manifests import KINDS, below
from gitops_ci.kinds.kubernetes.sources import Chart
from gitops_ci.policy import secrets
from gitops_ci.policy.documents import manifests, yaml_documents
from gitops_ci.policy.documents.manifests import Manifest
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

_PATH = re.compile(r"^[ \t-]*[\"']?(?:path|chart)[\"']?[ \t]*:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_KIND = re.compile(r"^[ \t-]*[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?(\w+)")
_MOST_KEPT = 4096
_PER_STEP = 40
"""Characters of YAML that are read in a step, beside its lines and items: texts in it are long and cost little."""


class _Chart(Struct, frozen=True):
    """A rendering of a chart: what all of its templates share.

    `is_worded`: what it makes may be put together in any words; `has_worded_file`: also from a file of the chart.
    """

    source: Chart
    directories: tuple[str, ...]
    templates: Templates
    budget: Budget
    from_values: bool
    makers: frozenset[str]
    is_worded: bool
    has_worded_file: bool

    def making(self, directory: str) -> Iterator[tuple[str, Template]]:
        """The templates of one of the charts that may make something."""
        for path in self.templates.paths.get(directory, ()):
            template = self.templates.read.get(path)
            is_partial = path.rpartition("/")[2].startswith("_")
            if template is None or is_partial:
                continue
            takes_one = template.takes_any and bool(self.makers)
            if self.is_worded or template.makes or takes_one or self.passes_on(template):
                yield path, template

    def is_to_be_told(self, template: Template) -> bool:
        """Whether one that cannot be run may have made something, and not only by a chance of words."""
        in_any_words = template.makes or (template.files and self.has_worded_file)
        return template.deploys or (self.is_worded and in_any_words) or self.passes_on(template)

    def passes_on(self, template: Template) -> bool:
        """Whether it writes objects that stand in values, or takes a template that makes some."""
        if self.from_values and template.passes:
            return True
        return not template.mentions.isdisjoint(self.makers)

    def shared(self) -> tuple[str, ...]:
        """The files that decide about everything: charts, values, templates that others take."""
        found = dict.fromkeys(self.source.value_files)
        for each in self.directories:
            names = ("Chart.yaml", "requirements.yaml", "values.yaml")
            paths = (f"{each}/{name}".lstrip("/") for name in names)
            found.update(dict.fromkeys(path for path in paths if path in self.templates.snapshot))
            read = self.templates.read
            found.update(
                dict.fromkeys(path for path in self.templates.paths[each] if path in read and read[path].defines)
            )
        return tuple(found)


_known: dict[object, Made] = {}


def made(source: Chart, templates: Templates, budget: Budget) -> Made:
    """What a chart that may make something makes of what its source gives to it; the same content only once."""
    snapshot = templates.snapshot
    real = snapshot.resolve(source.path) or source.path
    directories = templates.parts(real)
    from_values = templates.has_objects(source, real)
    key = _content(source, directories, snapshot)
    if key not in _known:
        if len(_known) >= _MOST_KEPT:
            _known.clear()
        chart = _Chart(
            source=source,
            directories=directories,
            templates=templates,
            budget=budget,
            from_values=from_values,
            makers=templates.makers(directories),
            is_worded=templates.is_worded(source, real),
            has_worded_file=templates.has_worded_file(real),
        )
        _known[key] = _made(chart, real)
    return _known[key]


def _content(source: Chart, directories: Iterable[str], snapshot: Snapshot) -> object:
    paths = {path for each in directories for path in below(each, snapshot, recurse=True)}
    paths.update(snapshot.resolve(path) or path for path in source.value_files)
    real = (snapshot.resolve(path) or path for path in paths)  # what links lead to may be another one
    return source, frozenset((path, snapshot.entries.get(path)) for path in real)


def _made(chart: _Chart, directory: str) -> Made:
    shared = chart.shared()
    try:
        given = chart_values.given(chart.source, chart.templates.snapshot)
        levels = tuple(chart_tree.levels(directory, given, chart.templates, chart.budget))
        named = _named(chart)
    except TemplateProblem as problem:
        troubles = [
            _trouble(path, template, problem, shared, chart)
            for each in chart.directories
            for path, template in chart.making(each)
            if chart.is_to_be_told(template)
        ]
        return Made(troubles=tuple(troubles))
    parts: list[Part] = []
    found: list[Trouble] = []
    for level in levels:
        for path, template in chart.making(level.directory):
            read = {*shared, path}
            try:
                text = _text(path, template, level, named, chart, read)
                chart.budget.spend(len(text) // _PER_STEP + sum(map(text.count, "\n,[{")), 0)
                parts += _parts(path, template, text, tuple(sorted(read)))
            except TemplateProblem as problem:
                if chart.is_to_be_told(template):
                    found.append(_trouble(path, template, problem, tuple(sorted(read)), chart))
    return Made(tuple(parts), tuple(found))


def _named(chart: _Chart) -> Mapping[str, tuple[Node, ...]]:
    """What templates define, those of the outer chart over those of charts in it (pkg/engine: sortTemplates)."""
    read = chart.templates.read
    paths = [path for each in chart.directories for path in chart.templates.paths[each]]
    found: dict[str, tuple[Node, ...]] = {}
    for path in sorted(paths, key=lambda path: (-path.count("/"), path)):
        if path in read and read[path].defines:
            found.update(parse(read[path].text).named)
    return found


def _text(
    path: str, template: Template, level: Level, named: Mapping[str, tuple[Node, ...]], chart: _Chart, read: set[str]
) -> str:
    """What Helm would write of one template. Raises TemplateProblem."""
    inside = path.removeprefix(f"{level.directory}/")
    about = {f"{key}"[:1].upper() + f"{key}"[1:]: value for key, value in level.about.items()}
    release = {"Name": chart.source.release, "Namespace": chart.source.namespace, "Service": "Helm", "Revision": 1}
    data = {
        "Values": level.values,
        "Chart": {**about, "APIVersion": about.get("ApiVersion"), "IsRoot": level.directory == chart.directories[0]},
        "Release": {**release, "IsInstall": True, "IsUpgrade": False},
        "Template": {"Name": f"{level.name}/{inside}", "BasePath": f"{level.name}/templates"},
        "Files": chart_functions.files(level.directory, chart.templates.snapshot, read),
    }
    setting = Setting(of_chart=True, named=named, functions=chart_functions.FUNCTIONS)
    return rendered(template.text, data, setting, chart.budget).replace("<no value>", "")


def _parts(path: str, template: Template, text: str, read: tuple[str, ...]) -> Iterator[Part]:
    try:
        found = [*manifests.objects(yaml_documents.documents(text.encode("utf-8", "replace")))]
    except YamlProblem as problem:
        raise TemplateProblem(f"what it makes is not valid YAML: {problem.message}") from None
    ours = [each for each in found if each.value["kind"] in KINDS.get(each.identity[0], ())]
    written: dict[str, list[int]] = {}
    for number, line in enumerate(template.text.split("\n"), 1):
        match = _KIND.match(line)
        if match is not None:
            written.setdefault(match[1], []).append(number)
    alike = {each: [one for one in ours if one.value["kind"] == each] for each in {one.value["kind"] for one in ours}}
    for each in ours:
        lines = written.get(each.value["kind"], [1])
        same = alike[each.value["kind"]]
        index = next(at for at, one in enumerate(same) if one is each) if len(same) == len(lines) else 0
        yield Part(path, Manifest(each.value, Document(each.value, lines[index], {})), read)


def _trouble(path: str, template: Template, problem: TemplateProblem, read: tuple[str, ...], chart: _Chart) -> Trouble:
    folders = dict.fromkeys(_folders(template.text, chart.templates.snapshot))
    line = next((number for number, line in enumerate(template.text.split("\n"), 1) if _KIND.match(line)), 1)
    return Trouble(path, secrets.masked(str(problem)[:300]), line, (*read, path), tuple(folders))


def _folders(text: str, snapshot: Snapshot) -> Iterator[str]:
    """The directories that a template names, or the constant part of what it names."""
    for written in _PATH.findall(text):
        plain = written.partition("{{")[0]
        known = join("", (plain if plain == written else plain.rpartition("/")[0]).strip("/") or ".")
        if known and snapshot.is_directory(known):
            yield known
