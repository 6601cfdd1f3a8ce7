"""What a kustomization takes from elsewhere with all that applies to it: where that is the same, nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import addresses, values
from gitops_ci.kinds.kubernetes.objects import Gap, Object
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.kinds.kubernetes.rendering.closure import Closure
from gitops_ci.kinds.kubernetes.rendering.reading import First
from gitops_ci.kinds.kubernetes.sources import Kustomization

_TAKES = ("resources", "bases")
_GENERATORS = ("configMapGenerator", "secretGenerator", "generatorOptions")
_NAMING = ("namePrefix", "nameSuffix", "namespace")
_SPREADING = ("vars", "configurations", "crds", "openapi")
"""What kustomize hands on from a kustomization to all that take it, where it applies to what else they take."""
_SELECTING = ("source", "objref")
"""What a replacement and a variable call the object that they take a value of."""


class Standing(Struct, frozen=True):
    """One kustomization with those that it takes; `emptied` are files in whose place an empty one was put."""

    source: Kustomization
    found: Closure
    snapshot: Snapshot
    emptied: frozenset[str]

    def told(self, gap: Gap, objects: Iterable[Object]) -> Gap:
        """The gap, with a digest where what is missing is pinned and all is known that applies to it.

        That is what each kustomization on the way to it says, but for what else it takes; the files of its patches,
        replacements and generators, all of its components; what Argo CD and Flux write into it; what is generated
        beside it, by what takes it or what that takes, whose names may be written into it; variables and
        configurations of any other; and the objects that values are taken of.
        """
        path = gap.path or ""
        if gap.code != "not-rendered" or path not in self.found.named or not self._stays(path, gap.what):
            return gap
        above = self.found.above(path)
        parts: list[Any] = [gap.message, self.source.edits, self.source.variables, self.source.has_all_variables]
        parts += [self._applied(each) for each in sorted(above)]
        parts += [self._whole(path)] if path in self.emptied else []
        beside = {each for taker in (path, *self.found.takers(path)) for each in self.found.reached(taker)}
        parts += [self._generated(each) for each in sorted(beside - above)]
        parts += [told for each in sorted(self.found.named.keys() - above) if (told := self._spread(each))]
        parts += self._taken(above, objects)
        return structs.replace(gap, fixed=values.digest(parts))

    def _stays(self, path: str, what: str) -> bool:
        """Whether what is missing is pinned, and applies to nothing itself, as a component or a plugin would."""
        is_whole = path in self.emptied
        inside = self.found.reached(path) if is_whole else {path}
        if self.found.plugged & (self.found.above(path) | inside):
            return False
        uses = [(entry, to) for entries in self.found.named.values() for entry, to in entries]
        if is_whole:
            missing = [(each, name) for each in inside for name in self.found.elsewhere.get(each, ())]
            return (
                not any(entry.use == "component" and to == path for entry, to in uses)
                and all(addresses.is_pinned(name) for _, name in missing)
                and all(map(self._has_exact_charts, inside))
            )
        use = {entry.use for entry, _ in self.found.named[path] if entry.name == what}
        return (use == {"resource"} and addresses.is_pinned(what)) or (use == {"tree"} and self._has_exact_charts(path))

    def _has_exact_charts(self, path: str) -> bool:
        return all(addresses.is_exact(values.text(chart, "version")) for chart in self._charts(path))

    def _charts(self, path: str) -> Iterator[dict[str, Any]]:
        for key in ("helmCharts", "helmChartInflationGenerator"):
            yield from values.mappings(self._value(path), key)

    def _value(self, path: str) -> Any:
        return self.snapshot.facts((path,), reading.first).get(path, First()).value

    def _applied(self, path: str) -> Any:
        """What a kustomization does to what it takes."""
        value = self._value(path)
        said = (
            {key: inner for key, inner in value.items() if key not in _TAKES} if isinstance(value, Mapping) else value
        )
        return path, said, [self._leads(to) for entry, to in self.found.named[path] if entry.use != "resource"]

    def _leads(self, path: str) -> Any:
        """A file, or all of a component."""
        return self._whole(path) if path in self.found.named else self._oid(path)

    def _whole(self, path: str) -> Any:
        """All files that a kustomization is built from."""
        reached = self.found.reached(path)
        files = {*reached, *(to for each in reached for _, to in self.found.named[each])}
        return [self._oid(each) for each in sorted(files)]

    def _oid(self, path: str) -> tuple[str, str]:
        entry = self.snapshot.entries.get(path)
        return path, "" if entry is None else entry.oid

    def _generated(self, path: str) -> Any:
        """What names objects beside what is left out, which may refer to them: a hash of what they hold, a prefix."""
        value = values.mapping(self._value(path))
        named = [value.get(key) for key in _NAMING]
        said = [value.get(key) for key in _GENERATORS]
        if values.mapping(value, "generatorOptions").get("disableNameSuffixHash") is True or not any(said):
            return (path, named) if any(named) else None
        files = [self._oid(to) for entry, to in self.found.named[path] if entry.use == "file"]
        return path, named, said, files

    def _spread(self, path: str) -> Any:
        """What a kustomization says that reaches what it does not take; nothing where it says no such thing."""
        value = values.mapping(self._value(path))
        said = [value.get(key) for key in _SPREADING]
        files = [self._oid(to) for entry, to in self.found.named[path] if entry.use == "file"]
        return (path, said, files) if any(said) else None

    def _taken(self, above: set[str], objects: Iterable[Object]) -> Iterator[Any]:
        """The objects that replacements and variables take a value of."""
        wanted = {one for path in above for one in _selected(self._value(path))}
        files = {
            to for path in above for entry, to in self.found.named[path] if entry.use == "file" and to not in above
        }
        for path in sorted(files):
            wanted |= set(_selected(self._value(path)))
        for each in objects if wanted else ():
            identity = each.identity
            if any(kind == identity.kind and name in identity.name for kind, name in wanted):
                yield identity.address, each.value


def _selected(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of what replacements and variables select, wherever they are written."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, Mapping):
            for key in _SELECTING:
                if isinstance(each.get(key), Mapping):
                    yield values.text(each[key], "kind"), values.text(each[key], "name")
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
