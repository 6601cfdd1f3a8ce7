"""Helm charts through Helm: offline, with the values that their stack gives them, for the configured Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.rendering import call as calls
from gitops_ci.kinds.kubernetes.rendering import capabilities, dependencies, places, reading, unsteady
from gitops_ci.kinds.kubernetes.rendering.call import Call, Part
from gitops_ci.kinds.kubernetes.sources import Chart
from gitops_ci.model.plan import Engine
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

FILE = "Chart.yaml"
_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""Names of releases that Helm takes (pkg/chartutil: ValidateReleaseName); another one could be an option of Helm's."""
_SEPARATING = re.compile(r'[,"\r\n]')
"""What makes several paths, or another one, of the path in `--values`."""


class Values(Struct, frozen=True):
    """What is wrong with a file of values, if anything: the line and the words."""

    line: int = 0
    problem: str = ""


def render(source: Chart, call: Call) -> Iterator[Part]:
    """The objects of a chart, or why there are none."""
    wrong = [*_release_problems(source), *_chart_problems(source, call), *_value_problems(source, call)]
    if wrong:
        yield from wrong
        return
    missing = [*dependencies.missing(source, call)]
    yield from missing
    for each in _rendered(source, call):
        yield calls.excused(each) if missing else each


def _rendered(source: Chart, call: Call) -> Iterator[Part]:
    using = calls.engine(call.tools, "helm")
    if using.source == "embedded" and (gap := capabilities.prepared(source, call)) is not None:
        yield gap
        return
    if unsteady.may_be(call.snapshot.resolve(source.path) or source.path, call.snapshot):
        yield from unsteady.steadied(_once(source, call, using), _once(source, call, using))
    else:
        yield from _once(source, call, using)


def _once(source: Chart, call: Call, using: Engine) -> Iterator[Part]:
    located = partial(_path, source=source, call=call)
    text = calls.rendered(call, using, arguments(source, call, using), source.path, located)
    if isinstance(text, Gap):
        yield text
    else:
        yield from _parts(text, source, call)


def _release_problems(source: Chart) -> Iterator[Gap]:
    if not _RELEASE.fullmatch(source.release):
        message = f"{source.path} is to be released as {source.release!r}, a name that Helm does not take"
        yield Gap(code="invalid", message=message, path=source.path)


def _chart_problems(source: Chart, call: Call) -> Iterator[Gap]:
    snapshot = call.snapshot
    where = snapshot.resolve(source.path)
    path = f"{where}/{FILE}".lstrip("/")
    if where is None or path not in snapshot:
        yield Gap(code="invalid", message=f"{source.path} is no chart: it has no {FILE}", path=source.path)
        return
    folders = (f"{where}/{name}".lstrip("/") for name in ("templates", "charts", "crds"))
    if not any(snapshot.is_directory(snapshot.resolve(each) or each) for each in folders) and not dependencies.declared(
        where, call
    ):
        message = f"the chart {source.path} has no templates: nothing of it would be deployed"
        yield Gap(code="invalid", message=message, path=path)


def _value_problems(source: Chart, call: Call) -> Iterator[Gap]:
    for path in source.value_files:
        if _SEPARATING.search(path):
            message = f"Helm takes {path!r} for several value files: rename it"
            yield Gap(code="invalid", message=message, path=path)
            continue
        target = call.snapshot.resolve(path)
        if target is None or target not in call.snapshot:
            yield Gap(code="invalid", message=f"the value file {path} is not there", path=path)
            continue
        found = call.snapshot.facts((target,), _values).get(target, Values(1, "it is too large to be read"))
        if found.problem:
            message = f"the value file {path} cannot be used: {found.problem}"
            yield Gap(code="invalid", message=message, path=path, line=found.line)


def _values(content: bytes) -> Values:
    try:
        documents = list(yaml_documents.documents(content))
    except YamlProblem as problem:
        return Values(problem.line, problem.message)
    for each in documents[:1]:
        if not isinstance(each.value, dict):
            return Values(each.line, "values are a mapping")
    return Values()


def arguments(source: Chart, call: Call, using: Engine) -> Sequence[str]:
    """What `helm` is asked: one option after the other, and nothing that it would look for elsewhere."""
    root = call.workspace.root
    args = ["template", source.release, str(root / source.path), "--namespace", source.namespace or "default"]
    args += ["--include-crds"] if source.with_crds else []
    args += [part for path in source.value_files for part in ("--values", str(root / path))]
    for number, text in enumerate(filter(None, (*source.layers, source.values))):
        args += ["--values", str(_given(text, call.workspace.private / f"values-{number}.yaml"))]
    args += [part for name, value in source.parameters for part in ("--set", f"{name}={value}")]
    args += [part for name, value in source.forced for part in ("--set-string", f"{name}={value}")]
    if using.source != "embedded":
        given = capabilities.given(source, call)
        args += [part for each in given.versions for part in ("--kube-version", capabilities.full(each))]
        args += [part for each in given.api_versions for part in ("--api-versions", each)]
    return tuple(args)


def _given(values: str, path: Path) -> Path:
    path.write_text(values, encoding="utf-8")
    return path


def _parts(text: str, source: Chart, call: Call) -> Iterator[Part]:
    known = places.Places(call.snapshot)
    for piece in reading.pieces(text):
        path = _path(piece.source, source, call)
        if piece.problem:
            message = f"what {piece.source or source.path} renders to cannot be read: {piece.problem}"
            yield Gap(code="plan-failed", message=message, path=path or source.path)
            continue
        for value, _ in reading.opened(piece.value):
            yield _object(value, path, call, known)


def _object(value: Any, path: str | None, call: Call, known: places.Places) -> Part:
    line = known.line_in_template(path, value) if path is not None else None
    return reading.of(value, call.namespace, path=path, line=line)


def _path(written: str, source: Chart, call: Call) -> str | None:
    """The template of the repository that `# Source:` names, which begins with the chart's own name."""
    path = dependencies.located(source.path, written.partition("/")[2], call)
    target = call.snapshot.resolve(path)
    return path if written and target is not None and target in call.snapshot else None
