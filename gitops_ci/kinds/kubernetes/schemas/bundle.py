"""Kubernetes' own schemas, of each version that the package kubernetes-validate brings: the extra `schemas`."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.schemas.validation import Validator

_DIRECTORY = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")
_DEFINITIONS = "/api/_definitions.json"
Version = tuple[int, int]


def version(text: str) -> Version | None:
    """Major and minor of `1.31`, `v1.31.4` or `1.31.2-eks-1`; None for anything else."""
    match = re.match(r"v?(\d{1,3})\.(\d{1,3})(?!\d)", text)
    return (int(match[1]), int(match[2])) if match is not None else None


def shown(each: Version) -> str:
    """As people write it."""
    return f"{each[0]}.{each[1]}"


@cache
def available() -> Mapping[Version, Path]:
    """The directory of each version that is installed here; empty without the extra. Nothing of the package is run."""
    if importlib.util.find_spec("jsonschema_rs") is None:
        return {}
    found = importlib.util.find_spec("kubernetes_validate")
    places = found.submodule_search_locations if found is not None else None
    versions = {}
    for place in places or ():
        folder = Path(place) / "kubernetes-json-schema"
        for each in folder.iterdir() if folder.is_dir() else ():
            match = _DIRECTORY.fullmatch(each.name)
            if match is not None:
                versions[int(match[1]), int(match[2])] = each
    return dict(sorted(versions.items()))


def chosen(configured: Iterable[str]) -> tuple[dict[Version, Version], tuple[str, ...]]:
    """What each configured version is checked by (its own, else the nearest older one), and those that nothing checks.

    Without a configured version it is the newest that is here.
    """
    there = list(available())
    wanted = tuple(configured)
    if not wanted:
        return ({there[-1]: there[-1]} if there else {}), ()
    found: dict[Version, Version] = {}
    left = []
    for text in wanted:
        asked = version(text)
        older = [each for each in there if asked is not None and each <= asked]
        if asked is not None and older:
            found[asked] = older[-1]
        else:
            left.append(text)
    return found, tuple(left)


class Bundle:
    """The schemas of one version; a validator is built when its kind is first asked for."""

    def __init__(self, directory: Path) -> None:
        import jsonschema_rs

        content = (directory / "_definitions.json").read_bytes()
        document = msgspec.json.decode(content, type=dict[str, Any])
        definitions = document["$defs"]
        for each in definitions.values():
            if "oneOf" in each:  # a quantity that is null is both of its alternatives
                each["anyOf"] = each.pop("oneOf")
        self._names = {
            (group["group"], group["version"], group["kind"]): name
            for name, each in definitions.items()
            for group in _groups(each)
        }
        self._documents = {f"file://{_DEFINITIONS}": document}
        self._registry = jsonschema_rs.Registry(list(self._documents.items()))
        self._validators: dict[str, Validator] = {}

    @property
    def kinds(self) -> Iterable[tuple[str, str, str]]:
        """Group, version and kind of every object that this version has."""
        return self._names.keys()

    def knows(self, group: str, version: str, kind: str) -> bool:
        """Whether this version of Kubernetes has such objects."""
        return (group, version, kind) in self._names

    def validator(self, group: str, version: str, kind: str) -> Validator | None:
        """What validates such an object; None where this version of Kubernetes has none."""
        name = self._names.get((group, version, kind))
        if name is None:
            return None
        if name not in self._validators:
            from gitops_ci.kinds.kubernetes.schemas import validation

            schema = {"$ref": f"{_DEFINITIONS}#/$defs/{name}"}
            self._validators[name] = validation.built(schema, self._documents, self._registry)
        return self._validators[name]


def _groups(definition: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a definition is one of; what belongs to every group (`DeleteOptions`) is no object that anybody applies."""
    found: list[dict[str, str]] = definition.get("x-kubernetes-group-version-kind", [])
    return found if len(found) == 1 else []


@cache
def of(each: Version) -> Bundle:
    """The schemas of an available version."""
    return Bundle(available()[each])
