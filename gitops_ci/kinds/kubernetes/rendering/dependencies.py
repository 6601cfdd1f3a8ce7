"""The charts that a chart depends on: those of the repository are put where Helm looks, all others have to be there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import addresses, values
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.rendering import given
from gitops_ci.kinds.kubernetes.rendering.call import Call
from gitops_ci.kinds.kubernetes.sources import Chart
from gitops_ci.policy import secrets
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

_FILES = ("Chart.yaml", "requirements.yaml")  # the second is where charts of the first version name them
_DEEPEST = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NUMBER = re.compile(r"\d+")


class Dependency(Struct, frozen=True):
    """A chart by its name, the version that is asked for, and where it comes from (`file://../x` of the repository).

    `keys` are those of the values that it is given or that decide about it, `written` is all that is said of it. With
    `imports` its own values become some of what takes it.
    """

    name: str
    version: str
    repository: str
    line: int
    keys: frozenset[str] = frozenset()
    written: str = ""
    imports: bool = False

    @property
    def is_pinned(self) -> bool:
        """Whether it is one release of one place, and stays that."""
        return bool(self.repository) and addresses.is_exact(self.version)


class Dependencies(Struct, frozen=True):
    """What one file declares."""

    found: tuple[Dependency, ...] = ()


def declared(chart: str, call: Call) -> tuple[tuple[str, Dependency], ...]:
    """What a chart of the repository says that it depends on, with the file that says so."""
    paths = [f"{chart}/{name}".lstrip("/") for name in _FILES]
    facts = call.snapshot.facts(paths, _declared)
    return tuple((path, each) for path in paths if path in facts for each in facts[path].found)


def _declared(content: bytes) -> Dependencies:
    try:
        document = next(yaml_documents.documents(content), None)
    except YamlProblem:
        return Dependencies()  # Helm tells what is wrong with it
    value = document.value if document is not None else None
    several = value.get("dependencies") if isinstance(value, Mapping) else None
    if document is None or not isinstance(several, list):
        return Dependencies()
    return Dependencies(
        tuple(
            Dependency(
                name=_text(each.get("name")),
                version=_text(each.get("version")),
                repository=_text(each.get("repository")),
                line=document.line_of(("dependencies", index)),
                keys=given.keys_of(each),
                written=values.digest(each),
                imports=bool(each.get("import-values")),
            )
            for index, each in enumerate(several)
            if isinstance(each, Mapping)
        )
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


Way = tuple[tuple[str, Dependency], ...]
"""Charts of the repository, from the outside in, each with what it depends on to get to the next."""


def missing(source: Chart, call: Call, chart: str | None = None, way: Way = ()) -> Iterator[Gap]:
    """A Gap for each chart that is not there, in whose place an empty one is put, so that the rest can be rendered.

    Those of the repository are copied to where Helm looks for them, in the private copy of the chart.
    """
    where = call.snapshot.resolve(source.path if chart is None else chart)
    if where is None or len(way) > _DEEPEST:
        return
    for path, each in declared(where, call):
        if _vendored(where, each.name, call.snapshot):
            continue
        local = _local(where, each.repository, call.snapshot)
        here: Way = (*way, (where, each))
        if local is None:
            what = f"{each.name} {each.version}{f' of {each.repository}' if each.repository else ''}"
            message = (
                f"{path} depends on the chart {secrets.masked(what)}, which is not in {where}/charts:"
                " commit it there (`helm dependency build`), so that it can be seen what it deploys"
            )
            is_known = each.is_pinned and not any(one.imports for _, one in here)
            fixed = _given(source, here, call) if is_known else ""
            yield Gap(code="not-rendered", message=message, path=path, line=each.line, what=what, fixed=fixed)
        else:
            yield from missing(source, call, local, here)
        if _NAME.fullmatch(each.name):
            _put(each, call.workspace.root / where / "charts" / each.name, local and call.workspace.root / local)


def _given(source: Chart, way: Way, call: Call) -> str:
    """A digest of all that reaches a chart that is not there."""
    snapshot = call.snapshot
    parts: list[Any] = [given.of_release(source, way[0][1].keys, snapshot)]
    for chart, each in way:
        beside = [_local(chart, other.repository, snapshot) for _, other in declared(chart, call)]
        others = [given.of_beside(one, each.keys, snapshot) for one in beside if one is not None]
        parts.append((each.written, given.of_chart(chart, each.keys, snapshot), others))
    return values.digest(parts)


def _put(each: Dependency, target: Path, source: Path | str | None) -> None:
    """A chart into the charts of another one: a copy of `source`, or an empty one."""
    if target.exists():
        return
    if isinstance(source, Path):
        _copy(source, target)
        return
    numbers = [*_NUMBER.findall(each.version), "0", "0", "0"]
    target.mkdir(parents=True)
    text = f"apiVersion: v2\nname: {each.name}\nversion: {'.'.join(numbers[:3])}\n"
    (target / "Chart.yaml").write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    """A copy whose links lead where those of `source` do: from elsewhere relative ones lead out of the private copy.

    A chart may lie in the one that it depends on: what is put into it here is no part of that.
    """
    into = target.parent
    shutil.copytree(source, target, symlinks=True, ignore=lambda at, _: [into.name] if Path(at) == into.parent else [])
    for link in [path for path in target.rglob("*") if path.is_symlink()]:
        leads = (source / link.relative_to(target)).resolve()
        link.unlink()
        link.symlink_to(leads)


def located(chart: str, inside: str, call: Call) -> str:
    """The path in the repository of what Helm finds at `inside` of a chart, which may be one that was copied there."""
    first, _, rest = inside.partition("/")
    name, _, below = rest.partition("/")
    if first == "charts" and below and not _vendored(chart, name, call.snapshot):
        for _, each in declared(chart, call):
            local = _local(chart, each.repository, call.snapshot) if each.name == name else None
            if local is not None:
                return located(local, below, call)
    return f"{chart}/{inside}".lstrip("/")


def _vendored(chart: str, name: str, snapshot: Snapshot) -> bool:
    """Whether `charts/` has it, unpacked or packed; which version that is Helm looks at."""
    folder = snapshot.resolve(f"{chart}/charts")
    if folder is None:
        return False
    if snapshot.is_directory(f"{folder}/{name}") or f"{folder}/{name}" in snapshot:
        return True
    return any(each.startswith(f"{name}-") and each.endswith(".tgz") for each in snapshot.children.get(folder, ()))


def _local(chart: str, repository: str, snapshot: Snapshot) -> str | None:
    """The directory of the repository that `file://` names, if it holds a chart."""
    if not repository.startswith("file://"):
        return None
    target = join(chart, repository.removeprefix("file://"))
    found = None if target is None else snapshot.resolve(target)
    return found if found is not None and f"{found}/Chart.yaml".lstrip("/") in snapshot else None
