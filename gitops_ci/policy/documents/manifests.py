"""Kubernetes objects in files, and each of them as an API server would send it to an admission webhook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.policy.documents.yaml_documents import Document, Place

Identity = tuple[str, str, str, str]
"""Group, kind, namespace and name."""


class Manifest(Struct, frozen=True):
    """An object and where it is: `place` leads to it inside of its document (an item of a `List`).

    `is_patch`: it is written in a kustomization as a patch of another one.
    """

    value: dict[str, Any]
    document: Document
    place: Place = ()
    is_patch: bool = False

    @property
    def identity(self) -> Identity:
        """What the cluster tells it by."""
        group, _, _ = _text(self.value["apiVersion"]).rpartition("/")
        metadata = self._metadata
        return group, self.value["kind"], _text(metadata.get("namespace")), _text(metadata.get("name"))

    @property
    def _metadata(self) -> dict[str, Any]:
        found = self.value.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """Its name; what it is generated from where it has none yet."""
        return _text(self._metadata.get("name")) or _text(self._metadata.get("generateName"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def is_object(value: Any) -> bool:
    """Whether a value is an object of Kubernetes."""
    return isinstance(value, dict) and isinstance(value.get("apiVersion"), str) and isinstance(value.get("kind"), str)


def objects(documents: Iterable[Document]) -> Iterator[Manifest]:
    """The objects among documents, those of lists one by one.

    Any object with a list of `items` is one to Kubernetes (apimachinery: `unstructured.detector`), whatever its kind;
    one that may as well be an object of a kind of its own is given, too. Those within come after it.
    """
    for document in documents:
        pending = [Manifest(document.value, document)] if isinstance(document.value, dict) else []
        while pending:
            each = pending.pop()
            within = _within(each)
            if is_object(each.value) and not (within and _is_list(each.value)):
                yield each
            pending.extend(reversed(within))


def _within(manifest: Manifest) -> list[Manifest]:
    value, items = manifest.value, manifest.value.get("items")
    kind = value.get("kind")
    if not isinstance(items, list) or not isinstance(kind, str):
        return []
    typed = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")}
    found = []
    for index, item in enumerate(items):
        if isinstance(item, dict) and ("metadata" in item or is_object(item)):
            whole = item if "kind" in item or "apiVersion" in item or kind == "List" else typed | item
            found.append(Manifest(whole, manifest.document, (*manifest.place, "items", index)))
    return found


def _is_list(value: dict[str, Any]) -> bool:
    """Whether this is Kubernetes' own list (of a kind), and no object whose kind is called like one."""
    return str(value["kind"]).endswith("List")


def doubts(documents: Iterable[Document]) -> Iterator[tuple[int, str]]:
    """What makes it unclear which objects a file holds, by line: only documents with one that is applied count."""
    for document in documents:
        if document.doubts and any(each.identity[0] not in _NOT_APPLIED for each in objects((document,))):
            yield from document.doubts


_NOT_APPLIED = frozenset({"test.gatekeeper.sh", "cli.kyverno.io"})
"""Groups of what tests policies, and what no cluster knows: `violations: yes` is usual there."""


def review(manifest: Manifest, before: Manifest | None) -> dict[str, Any]:
    """What a policy finds in `input`: the webhook's `request`, and what Gatekeeper gives, `review` and `parameters`.

    https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request
    """
    import uuid

    group, kind, namespace, name = manifest.identity
    version = manifest.value["apiVersion"].rpartition("/")[2]
    request = {
        "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(manifest.identity))),
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": _plural(kind)},
        "name": name,
        "namespace": name if (group, kind) == ("", "Namespace") else namespace,
        "operation": "CREATE" if before is None else "UPDATE",
        "userInfo": {},
        "object": manifest.value,
        "oldObject": None if before is None else before.value,
        "dryRun": False,
    }
    return {"request": request, "review": request, "parameters": {}}


def _plural(kind: str) -> str:
    """As Kubernetes itself guesses a resource's name (apimachinery: `UnsafeGuessKindToResource`)."""
    name = kind.lower()
    if name.endswith("s"):
        return name if name == "endpoints" else f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def is_template(path: str, charts: Iterable[str]) -> bool:
    """Whether a file is a template of a Helm chart; `charts` are the directories with a Chart.yaml."""
    return any(path.startswith(f"{chart}/templates/" if chart else "templates/") for chart in charts)
