"""What differs at every release and tells nothing: chart labels, checksums, CRD bodies; folded by rule, and counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes.difference.selecting import Selecting
from gitops_ci.kinds.kubernetes.rendering.unsteady import MADE_ANEW
from gitops_ci.kinds.terraform.plans import pairing

CHART_LABELS = "chart labels"
CHECKSUMS = "checksums"
NAMES = "generated names"
DESCRIPTIONS = "descriptions in CRDs"
FORM = "how they are written"

CHART = frozenset({"helm.sh/chart", "chart", "app.kubernetes.io/version"})
"""Labels in which charts write their own version."""
_VERSION = re.compile(r"(?P<name>(?:[\w.]+-)*?)v?\d[\w.+-]*|[0-9a-f]{7,64}")
"""What they write: of one chart, and of no other."""
_LONGEST_LABEL = 63
_CHECKSUM = re.compile(r"(?:.*[/._-])?(?:check-?sum|sha256|sha1|md5|hash)(?:[/._-].*)?", re.IGNORECASE)
"""Annotations that change with what a pod reads, so that it restarts; of a Secret they are a hash of its values."""
_DIGEST = re.compile(
    r"|(?:sha\d+[:-])?(?=[A-Za-z]*\d)[0-9A-Za-z]{8,128}|[0-9A-Za-z+/_-]{16,88}={1,2}|\d{6,20}|" + re.escape(MADE_ANEW)
)
"""What a checksum looks like: what is called so and holds anything else is a setting (nginx's `upstream-hash-by`)."""
_LONGEST_KEY = 253 + 1 + 63  # of an annotation, its prefix and the slash
_METADATA: tuple[tuple[str, ...], ...] = (
    ("metadata",),
    ("spec", "template", "metadata"),
    ("spec", "jobTemplate", "metadata"),
    ("spec", "jobTemplate", "spec", "template", "metadata"),
)
_DEEPEST = 100


class Folded(Struct, frozen=True):
    """Both sides without what is noise, how much of each rule that was, and whether it restarts pods."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    counts: Counter[str]


def folded(before: Mapping[str, Any], after: Mapping[str, Any], selecting: Selecting | None = None) -> Folded:
    """Takes checksums out of both sides, and chart labels that differ in the version and that nothing selects by."""
    counts = Counter[str]()
    for path in _METADATA:
        one, other = _at(before, path), _at(after, path)
        for field, rule, noisy in (("labels", CHART_LABELS, _chart), ("annotations", CHECKSUMS, _checksum)):
            mine, theirs = _mapping(one.get(field)), _mapping(other.get(field))
            dropped = noisy(mine, theirs)
            if rule == CHART_LABELS and dropped and selecting is not None:
                dropped -= selecting.keys
            counts[rule] += sum(not pairing.same(mine.get(key), theirs.get(key)) for key in dropped)
            if dropped:
                before = _without(before, (*path, field), dropped)
                after = _without(after, (*path, field), dropped)
    return Folded(before, after, counts)


def _chart(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    shared = (key for key in CHART if key in one and key in other and one[key] != other[key])
    return frozenset(key for key in shared if _are_versions(one[key], other[key]))


def _are_versions(one: Any, other: Any) -> bool:
    if not all(isinstance(each, str) and len(each) <= _LONGEST_LABEL for each in (one, other)):
        return False
    mine, theirs = _VERSION.fullmatch(one), _VERSION.fullmatch(other)
    return mine is not None and theirs is not None and (mine["name"] or "") == (theirs["name"] or "")


def _checksum(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(
        key
        for key in (*one, *other)
        if len(key) <= _LONGEST_KEY
        and _CHECKSUM.fullmatch(key)
        and all(_is_digest(side.get(key)) for side in (one, other))
    )


def _is_digest(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _DIGEST.fullmatch(value) is not None)


def _without(value: Mapping[str, Any], path: tuple[str, ...], keys: frozenset[str]) -> Mapping[str, Any]:
    """A copy in which the mapping at a path lacks some keys, and is itself gone where nothing is left of it."""
    if not path:
        return {key: inner for key, inner in value.items() if key not in keys}
    inner = value.get(path[0])
    if not isinstance(inner, Mapping):
        return value
    left = _without(inner, path[1:], keys)
    return {key: left if key == path[0] else each for key, each in value.items() if key != path[0] or left}


def is_crd(value: Mapping[str, Any]) -> bool:
    """Whether an object defines a kind."""
    return value.get("kind") == "CustomResourceDefinition"


def outline(crd: Mapping[str, Any]) -> Mapping[str, Any]:
    """A CRD with its versions, each without the body: the schema, columns, selectable fields."""
    spec = _mapping(crd.get("spec"))
    versions = spec.get("versions")
    told = [
        {key: each[key] for key in ("name", "served", "storage", "deprecated") if key in each}
        for each in (versions if isinstance(versions, list) else ())
        if isinstance(each, Mapping)
    ]
    kept = {key: spec[key] for key in ("group", "names", "scope", "conversion") if key in spec}
    return {**crd, "spec": {**kept, "versions": told}}


def bodies(crd: Mapping[str, Any]) -> dict[str, Any]:
    """The bodies of a CRD's versions by name, without descriptions."""
    versions = _mapping(crd.get("spec")).get("versions")
    return {
        str(each.get("name")): _undescribed(
            {key: inner for key, inner in each.items() if key not in ("served", "storage")}
        )
        for each in (versions if isinstance(versions, list) else ())
        if isinstance(each, Mapping)
    }


def _undescribed(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {
            key: _undescribed(inner, depth + 1)
            for key, inner in value.items()
            if not (key == "description" and isinstance(inner, str))
        }
    return [_undescribed(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[int, int]:
    """In how many places the bodies of versions that both sides have differ, and how many of those are gone."""
    one, other = bodies(before), bodies(after)
    changed = gone = 0
    for name in one.keys() & other.keys():
        for is_gone in _places(one[name], other[name]):
            changed += 1
            gone += is_gone
    return changed, gone


def _places(one: Any, other: Any, depth: int = 0) -> Iterator[bool]:
    """Each place that differs: whether it is not there any more."""
    if pairing.same(one, other):
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping) and depth < _DEEPEST:
        for key in dict.fromkeys((*one, *other)):
            if key not in other or key not in one:
                yield key not in other
            else:
                yield from _places(one[key], other[key], depth + 1)
    else:
        yield False


def _at(value: Any, path: tuple[str, ...]) -> Mapping[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return _mapping(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
