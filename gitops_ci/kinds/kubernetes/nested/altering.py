"""One object of Argo CD or Flux on its way through kustomizations, and what each of them makes of it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.gotemplate.values import TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.values import weight as weight_of
from gitops_ci.kinds.kubernetes.nested import patching
from gitops_ci.kinds.kubernetes.nested.patching import Unknown
from gitops_ci.kinds.kubernetes.reading.manifests import Declared


class Item(Struct, frozen=True):
    """One object: as it is declared, as it is by now, all the names that it had, and the files that decided it."""

    declared: Declared
    value: dict[str, Any]
    names: frozenset[str]
    read: tuple[str, ...]


def weight(item: Item) -> int:
    """How many values an object holds. Raises Unknown where they are too many."""
    try:
        return weight_of(item.value)
    except TemplateProblem as problem:
        raise Unknown(str(problem)) from None


def patched(item: Item, target: dict[str, Any] | None, patch: Any) -> Iterator[Item]:
    """An object after a patch: the same where the patch is for others, nothing where it takes it away."""
    own = target
    if own is None:
        metadata = values.mapping(patch, "metadata") if isinstance(patch, dict) else {}
        group = values.text(patch, "apiVersion").rpartition("/")[0]
        own = {"group": group, "kind": values.text(patch, "kind"), "name": values.text(metadata, "name")}
        if not own["kind"] or not own["name"]:
            yield item
            return
    if not patching.meant(own, item.value, item.names):
        yield item
        return
    if isinstance(patch, list):
        made: dict[str, Any] | None = patching.operated(item.value, patch)
    elif isinstance(patch, dict):
        made = patching.merged(item.value, patch, is_targeted=target is not None)
    else:
        raise Unknown("a patch that is neither a mapping nor a list")
    if made is not None:
        yield structs.replace(item, value=made, names=item.names | {values.text(made, "metadata", "name")})


def named(item: Item, namespace: str, prefix: str, suffix: str, labels: Mapping[str, Any]) -> Item:
    """An object with what a kustomization puts into all that it takes."""
    value = {**item.value, "metadata": copy.deepcopy(values.mapping(item.value, "metadata"))}
    metadata: dict[str, Any] = value["metadata"]
    name = f"{prefix}{values.text(metadata, 'name')}{suffix}"
    metadata["name"] = name
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = {**values.mapping(metadata, "labels"), **labels}
    return structs.replace(item, value=value, names=item.names | {name})


def may_reach(replacements: Iterable[dict[str, Any]], items: Iterable[Item]) -> bool:
    """Whether replacements, some of which may stand in another file, may be for one of the objects."""
    kinds = {"", *(f"{each.value.get('kind')}" for each in items)}
    for each in replacements:
        targets = values.mappings(each, "targets")
        if not targets or any(values.text(one, "select", "kind") in kinds for one in targets):
            return True
    return False
