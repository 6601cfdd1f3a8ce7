"""What Gatekeeper refuses, or drops without a word: its Config, templates, and constraints without a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.security import manifests, parameters, policies
from gitops_ci.kinds.security.admission import CONSTRAINTS
from gitops_ci.kinds.security.manifests import Manifest
from gitops_ci.kinds.security.reading import End
from gitops_ci.kinds.security.told import Told

_FIELDS: Mapping[str, Any] = {
    "match": ({"excludedNamespaces": None, "processes": None},),
    "sync": {"syncOnly": ({"group": None, "version": None, "kind": None},)},
    "validation": {"traces": ({"user": None, "kind": None, "dump": None},)},
    "readiness": {"statsEnabled": None},
}
"""What the `spec` of a Config may hold (its CustomResourceDefinition, v1alpha1); a tuple is a list, None any value."""
_ACTIONS = ("deny", "warn", "dryrun", "scoped")
_TARGET = "admission.k8s.gatekeeper.sh"
_LONGEST = 63
_LIKELY = ("template", "gatekeeper", "constraint")


def object_rules(manifest: Manifest) -> Iterator[Told]:
    """What is wrong with one object of Gatekeeper."""
    match manifest.group, manifest.kind:
        case "config.gatekeeper.sh", "Config":
            yield from _config(manifest)
        case "templates.gatekeeper.sh", "ConstraintTemplate":
            yield from _template(manifest)
        case "constraints.gatekeeper.sh", _:
            spec = manifest.value.get("spec")
            action = spec.get("enforcementAction") if isinstance(spec, dict) else None
            if action is not None and action not in _ACTIONS:
                line = manifest.line_of("spec", "enforcementAction")
                said = f"{manifest.kind} {manifest.name}: `{str(action)[:40]}` is no enforcementAction"
                yield Told("security/constraint-action", said, manifest.path, line)
        case _:
            pass


def _config(manifest: Manifest) -> Iterator[Told]:
    if manifest.metadata.get("name") != "config":
        said = f"Gatekeeper reads only the Config called `config`, not {manifest.name}"
        yield Told("security/gatekeeper-config", said, manifest.path, manifest.line_of("metadata", "name"))
    yield from _unknown(manifest, manifest.value.get("spec"), _FIELDS, ("spec",))


def _unknown(manifest: Manifest, value: Any, known: Any, place: tuple[str | int, ...]) -> Iterator[Told]:
    """Fields that the Config's schema has not, and values of another form than it has."""
    if known is None or value is None:
        return
    said = ""
    if isinstance(known, tuple):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _unknown(manifest, item, known[0], (*place, index))
        else:
            said = "has to be a list"
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in known:
                yield from _unknown(manifest, inner, known[name], (*place, name))
            else:
                said = f"has no field `{name[:60]}`: it is refused, or dropped without a word"
                line = manifest.line_of(*place, name)
                yield Told("security/gatekeeper-config", f"{_path(place)} {said}", manifest.path, line)
        return
    else:
        fields = ", ".join(known)
        said = f"has to be an object with {fields}: what is here is refused, or dropped without a word"
    if said:
        yield Told("security/gatekeeper-config", f"{_path(place)} {said}", manifest.path, manifest.line_of(*place))


def _path(place: tuple[str | int, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"`{text.removeprefix('.')}` of Gatekeeper's Config"


def _template(manifest: Manifest) -> Iterator[Told]:
    def told(said: str, *place: str | int) -> Told:
        said = f"ConstraintTemplate {manifest.name} {said}"
        return Told("security/constraint-template", said, manifest.path, manifest.line_of(*place))

    kind, name = _kind(manifest.value), str(manifest.metadata.get("name"))
    if kind is None:
        yield told("names no kind (spec.crd.spec.names.kind)", "spec")
    elif name != kind.lower():
        yield told(f"has to be called `{kind.lower()[:80]}`, as its kind {kind[:80]}", "metadata", "name")
    if len(name) > _LONGEST:
        yield told(f"has a name of more than {_LONGEST} characters", "metadata", "name")
    spec = manifest.value.get("spec")
    targets = spec.get("targets") if isinstance(spec, dict) else None
    listed = targets if isinstance(targets, list) else []
    if len(listed) != 1 or not isinstance(listed[0], dict) or listed[0].get("target") != _TARGET:
        yield told(f"needs exactly one target, {_TARGET}", "spec", "targets")
        return
    texts = list(manifests.regos(manifest.value))
    definitions = [policies.template(text) for text in texts]
    readable = [each for found in definitions if found is not None for each in found]
    if texts and None not in definitions and not any(each.name == "violation" for each in readable):
        yield told("has no rule `violation`, so it finds nothing", "spec", "targets", 0)


def _kind(template: Mapping[str, Any]) -> str | None:
    value: Any = template
    for name in ("spec", "crd", "spec", "names", "kind"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def constraints(end: End, inventory: Inventory) -> Iterator[Told]:
    """Constraints of a kind that no template of the repository makes, and parameters that their template has not."""
    constraints = [each for each in end.manifests if each.group == CONSTRAINTS]
    if not constraints:
        return
    folders = frozenset(stack.path for stack in inventory.stacks.values() if stack.kind == "security")
    known = dict(_known(inventory.snapshot, folders))
    own = (each for each in end.manifests if each.kind == "ConstraintTemplate")
    known |= {kind: parameters.schema(each.value) for each in own if (kind := _kind(each.value))}
    for each in constraints:
        spec = each.value.get("spec")
        given = spec.get("parameters") if isinstance(spec, dict) else None
        if each.kind not in known:
            said = f"{each.kind} {each.name} has no ConstraintTemplate here: a cluster without it refuses it"
            yield Told("security/constraint-template-missing", said, each.path, each.line_of("kind"))
        for place, said in parameters.misfits(given, known.get(each.kind)):
            where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
            message = f"{each.kind} {each.name}: `parameters{where[:80]}` {said}"
            yield Told("security/constraint-parameters", message, each.path, each.line_of("spec", "parameters", *place))


@lru_cache(maxsize=2)
def _known(snapshot: Snapshot, folders: frozenset[str]) -> Mapping[str, Any]:
    """The kinds that templates make, with their schemas; asked once for each end, however many stacks there are."""
    found = snapshot.facts(_likely(snapshot, folders), _templates)
    return {kind: schema for templates in found.values() for kind, schema in templates}


def _likely(snapshot: Snapshot, folders: frozenset[str]) -> Iterator[str]:
    """Files in which templates are looked for: those of stacks of this kind, and those that are called so."""
    for path in snapshot.entries:
        if path.endswith((".yaml", ".yml", ".json")):
            lower = path.lower()
            if any(word in lower for word in _LIKELY) or not folders.isdisjoint(_above(path)):
                yield path


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _templates(content: bytes) -> tuple[tuple[str, Any], ...]:
    """The kinds that the templates of a file make, each with the schema of its parameters."""
    if b"ConstraintTemplate" not in content:
        return ()
    found = manifests.of("", manifests.documents(content))
    values = [each.value for each in found if each.kind == "ConstraintTemplate"]
    return tuple((kind, parameters.schema(value)) for value in values if (kind := _kind(value)))
