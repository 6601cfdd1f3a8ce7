"""Compares our tables of Argo CD's and Flux's fields with published CRDs: `python tools/compare_fields.py CRD.yaml …`.

Prints what differs, a line each, and exits 1 then; where a CRD takes anything the table may say more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gitops_ci.kinds.kubernetes.schemas import fields
from gitops_ci.kinds.kubernetes.schemas.fields import Table
from gitops_ci.policy.documents import yaml_documents

_WORDS = {"string": "text", "integer": "whole", "object": "mapping"}


def differences(crd: dict[str, Any]) -> Iterator[str]:
    """What the tables say of a CRD's kind otherwise than its served versions."""
    spec = crd["spec"]
    kind = spec["names"]["kind"]
    for version in spec["versions"]:
        api_version = f"{spec['group']}/{version['name']}"
        if not version["served"]:
            continue
        table = fields.of(api_version)
        if table is None or (api_version, kind) not in table.kinds:
            yield f"{api_version} {kind}: no table has it"
            continue
        own = {**version["schema"]["openAPIV3Schema"]["properties"]}
        for name in ("apiVersion", "kind", "metadata", "status"):
            own.pop(name, None)
        kept = {name: each for name, each in table.types[table.kinds[api_version, kind]].items() if name in own}
        yield from _fields(table, kept, own, (), f"{api_version} {kind}")


def _fields(table: Table, ours: Any, theirs: dict[str, Any], required: Any, at: str) -> Iterator[str]:
    for name in sorted(ours.keys() ^ theirs.keys()):
        yield f"{at}.{name}: only {'the table' if name in ours else 'the CRD'} has it"
    for name in sorted(ours.keys() & theirs.keys()):
        needed = name in required and "default" not in theirs[name]
        if required and needed != ours[name].required:
            yield f"{at}.{name}: required {needed} in the CRD"
        yield from _type(table, ours[name].type, theirs[name], f"{at}.{name}")


def _type(table: Table, ours: str, theirs: dict[str, Any], at: str) -> Iterator[str]:
    ours = table.words.get(ours, ours).removesuffix("|*")
    sign, inner = _inner(theirs)
    if sign and ours[0] == sign:
        yield from _type(table, ours[1:-1], inner, at + sign)
    elif theirs.get("properties") and ours in table.types:
        yield from _fields(table, table.types[ours], theirs["properties"], theirs.get("required", ("",)), at)
    elif ours != (found := sign or _word(theirs)) and found != "any":
        yield f"{at}: {ours} in the table, {found} in the CRD"


def _inner(theirs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Whether it is a list or a mapping of any keys, and what it holds."""
    more = theirs.get("additionalProperties")
    if theirs.get("type") == "array":
        return "[", theirs["items"]
    return ("{", more) if isinstance(more, dict) else ("", {})


def _word(theirs: dict[str, Any]) -> str:
    """How a table writes a type that holds no fields."""
    if theirs.get("x-kubernetes-int-or-string"):
        return "number-or-text"
    if "enum" in theirs:
        return "|".join(theirs["enum"]) + "|" * (len(theirs["enum"]) == 1)
    found = "duration" if "(ms|s|m" in theirs.get("pattern", "") else theirs.get("type", "any")
    return _WORDS.get(found, found)


def main(paths: list[str]) -> int:
    """The exit code: 1 where something differs."""
    told = [
        line
        for path in paths
        for document in yaml_documents.documents(Path(path).read_bytes())
        if document.value and document.value.get("kind") == "CustomResourceDefinition"
        for line in differences(document.value)
    ]
    print("\n".join(told) or "nothing differs")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
