"""Objects of Kubernetes in YAML and JSON as items: what each is, what of it is secret, what it protects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from gitops_ci.kinds.security import access, admission, policies, traffic
from gitops_ci.kinds.security.items import Item
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document, YamlProblem

_UNORDERED = frozenset(
    {access.GROUP, "networking.k8s.io", "constraints.gatekeeper.sh", "config.gatekeeper.sh", "cilium.io"}
)
"""Groups of objects in whose lists the order means nothing."""
_ACCESS = access.ROLES | access.BINDINGS | {"ServiceAccount"}
_TEMPLATES = "templates.gatekeeper.sh"
_OURS = "constraint"


class Wrong(Struct, frozen=True):
    """Why a file, or the rest of it, cannot be read."""

    line: int
    message: str


class Documents(Struct, frozen=True):
    """The documents of one file, and what is wrong with it."""

    found: tuple[Document, ...]
    wrong: Wrong | None = None


class Manifest(Struct, frozen=True):
    """One object: its file, its value, its group and kind, and how to find lines (`at` leads into the document)."""

    path: str
    value: dict[str, Any]
    document: Document
    at: tuple[str | int, ...] = ()

    @property
    def group(self) -> str:
        """The API group without its version; empty for the core group."""
        version = str(self.value.get("apiVersion") or "")
        return version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The kind as it is written."""
        return str(self.value.get("kind"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its metadata; empty for anything that is none."""
        found = self.value.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """Its name, with its namespace where it says one."""
        name = str(self.metadata.get("name") or self.metadata.get("generateName") or "(no name)")
        namespace = self.metadata.get("namespace")
        return f"{namespace}/{name}" if namespace else name

    def line_of(self, *place: str | int) -> int:
        """The line of a value inside of it."""
        return self.document.line_of((*self.at, *place))


def documents(content: bytes) -> Documents:
    """A file's documents; JSON is read as YAML, which it is."""
    found: list[Document] = []
    try:
        found.extend(_each(content))
    except YamlProblem as problem:
        return Documents(tuple(found), Wrong(problem.line, problem.message))
    return Documents(tuple(found))


def _each(content: bytes) -> Iterator[Document]:
    yield from yaml_documents.documents(content)


def of(path: str, read: Documents) -> tuple[Manifest, ...]:
    """The objects among the documents, those of lists one by one; a kustomization need not say that it is one."""
    return tuple(each for document in read.found for each in _objects(path, document, document.value, ()))


def _objects(path: str, document: Document, value: Any, at: tuple[str | int, ...]) -> Iterator[Manifest]:
    if not isinstance(value, dict):
        return
    if is_kustomization(path) and "kind" not in value:
        value = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **value}
    if not isinstance(value.get("kind"), str) or not isinstance(value.get("apiVersion"), str):
        return
    items = value.get("items")
    if value["kind"].endswith("List") and isinstance(items, list) and "metadata" not in items:
        for index, item in enumerate(items):
            yield from _objects(path, document, item, (*at, "items", index))
        return
    yield Manifest(path, value, document, at)


def is_kustomization(path: str) -> bool:
    """Whether a file is called as kustomize looks for it."""
    return path.rpartition("/")[2].lower() in ("kustomization.yaml", "kustomization.yml", "kustomization")


def items(manifests: Iterable[Manifest]) -> tuple[Item, ...]:
    """Each object as an item; a binding knows the dangerous roles beside it."""
    listed = list(manifests)
    roles: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for each in listed:
        if each.group == access.GROUP and each.kind in access.ROLES:
            namespace = str(each.metadata.get("namespace") or "") if each.kind == "Role" else ""
            says = tuple(danger.says for danger in access.dangers(each.value))
            roles[each.kind, namespace, str(each.metadata.get("name"))] = says
    return tuple(_item(each, roles) for each in listed)


def _item(manifest: Manifest, roles: Mapping[tuple[str, str, str], tuple[str, ...]]) -> Item:
    group, kind, value = manifest.group, manifest.kind, manifest.value
    told = _unnamed(value)
    item = Item(
        key=(group, kind, manifest.name if manifest.name != "(no name)" else manifest.path),
        address=f"{kind} {manifest.name if not _is_kustomization(manifest) else manifest.path}",
        type=kind,
        path=manifest.path,
        line=manifest.line_of(),
        content=_canonical(told) if group in _UNORDERED else told,
        marks=marks(group, value),
        opens=admission.opens(group, value),
        closes=admission.closes(group, value),
        place=manifest.path.rpartition("/")[0],
        kept=kind not in _ACCESS,
    )
    if _is_kustomization(manifest):
        return structs.replace(item, key=(group, kind, manifest.path), facts=value)
    if group == access.GROUP:
        says = tuple(each.says for each in access.dangers(value))
        extra = access.new_access(value, roles) if kind in access.BINDINGS else ()
        return structs.replace(item, content=access.content(told, kind), opens=(*says, *extra))
    if group == "networking.k8s.io" and kind == "NetworkPolicy":
        return structs.replace(item, facts=traffic.of(value))
    if group == admission.CONSTRAINTS:
        return structs.replace(item, facts=value.get("spec"))
    if group == _TEMPLATES:
        return _template(item, value)
    return item


def _unnamed(value: dict[str, Any]) -> dict[str, Any]:
    """The object without its kind, name and namespace, which its address says."""
    told = {name: inner for name, inner in value.items() if name != "kind"}
    if isinstance(metadata := value.get("metadata"), dict):
        told["metadata"] = {name: inner for name, inner in metadata.items() if name not in ("name", "namespace")}
        if not told["metadata"]:
            del told["metadata"]
    return told


def _is_kustomization(manifest: Manifest) -> bool:
    return manifest.kind in ("Kustomization", "Component") and manifest.group == "kustomize.config.k8s.io"


def _template(item: Item, value: dict[str, Any]) -> Item:
    """A template: its Rego as definitions, and the rest as it is, so that comments and layout mean nothing."""
    texts = [text for text in regos(value) if text]
    definitions = [each for text in texts for each in policies.template(text) or ()]
    rest = json.dumps(_without_rego(value), sort_keys=True, default=str)
    words = [repr((each.name, each.head, each.conditions)) for each in definitions]
    readable = all(policies.template(text) is not None for text in texts)
    return structs.replace(item, facts=tuple(definitions), meaning=(rest, *sorted(words)) if readable else None)


def regos(value: Mapping[str, Any]) -> Iterator[str]:
    """Every text of Rego in a Gatekeeper ConstraintTemplate."""
    spec = value.get("spec")
    targets = spec.get("targets") if isinstance(spec, dict) else None
    for target in targets if isinstance(targets, list) else ():
        if not isinstance(target, dict):
            continue
        sources = [target]
        code = target.get("code")
        sources += [
            each["source"]
            for each in (code if isinstance(code, list) else ())
            if isinstance(each, dict) and isinstance(each.get("source"), dict)
        ]
        for source in sources:
            libraries = source.get("libs")
            for text in (source.get("rego"), *(libraries if isinstance(libraries, list) else ())):
                if isinstance(text, str):
                    yield text


def _without_rego(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_rego(inner) for key, inner in value.items() if key not in ("rego", "libs")}
    return [_without_rego(each) for each in value] if isinstance(value, list) else value


def _canonical(value: Any) -> Any:
    """The value with every list in one order."""
    if isinstance(value, dict):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(
            (_canonical(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True, default=str)
        )
    return value


def marks(group: str, value: Mapping[str, Any]) -> Any:
    """What of an object is secret, whatever it looks like: data of secrets and sealed ones, what SOPS has encrypted."""
    kind = value.get("kind")
    found = encrypted(value) or {}
    if kind == "Secret" and not group:
        found = {**found, "data": _all(value.get("data")), "stringData": _all(value.get("stringData"))}
    if kind == "SealedSecret":
        spec = value.get("spec")
        if isinstance(spec, dict):
            template = spec.get("template")
            data = template.get("data") if isinstance(template, dict) else None
            found = {
                **found,
                "spec": {
                    "encryptedData": _all(spec.get("encryptedData")),
                    "data": _all(spec.get("data")),
                    "template": {"data": _all(data)},
                },
            }
    return found or None


def _all(value: Any) -> Any:
    """Each value of a mapping, so that its key is told; all of anything else."""
    return dict.fromkeys(value, True) if isinstance(value, dict) else value is not None


def encrypted(value: Any, inside: str = "") -> Any:
    """Marks for what SOPS has encrypted, and for what it notes of its own keys."""
    if isinstance(value, dict):
        found = {key: mark for key, inner in value.items() if (mark := encrypted(inner, f"{inside}.{key}"))}
        return found or None
    if isinstance(value, list):
        listed = [encrypted(inner, inside) for inner in value]
        return listed if any(listed) else None
    if not isinstance(value, str):
        return None
    return (
        value.startswith("ENC[") or (inside.startswith(".sops.") and inside.endswith((".enc", ".lastmodified"))) or None
    )
