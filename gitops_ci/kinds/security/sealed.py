"""What can be said of a SealedSecret (github.com/bitnami-labs/sealed-secrets) without its key; no value is told."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitops_ci.kinds.security.manifests import Manifest
from gitops_ci.kinds.security.told import Told
from gitops_ci.policy import secrets

_GROUP = "bitnami.com"
_CLUSTER = "sealedsecrets.bitnami.com/cluster-wide"
_NAMESPACE = "sealedsecrets.bitnami.com/namespace-wide"
_TAG = 16
"""Bytes that AES-GCM adds to what it encrypts."""


def secret(manifest: Manifest) -> Iterator[Told]:
    """What is wrong with one SealedSecret; nothing for anything else."""
    if manifest.group != _GROUP or manifest.kind != "SealedSecret":
        return
    spec = _mapping(manifest.value.get("spec"))
    template = _mapping(spec.get("template"))
    for place, said in (*_names(manifest, template), *_sealed(spec)):
        where = manifest.line_of(*place)
        yield Told("security/sealed-secret", f"SealedSecret {manifest.name} {said}", manifest.path, where)
    for name, value in _mapping(template.get("data")).items():
        if isinstance(value, str) and (secrets.is_secret_name(name) or secrets.find(value)) and "{{" not in value:
            line = manifest.line_of("spec", "template", "data", name)
            said = f"SealedSecret {manifest.name} has `{name[:60]}` in clear in its template"
            yield Told("security/sealed-secret-clear", said, manifest.path, line)


_Wrong = tuple[tuple[str | int, ...], str]


def _names(manifest: Manifest, template: Mapping[str, Any]) -> Iterator[_Wrong]:
    metadata, inner = manifest.metadata, _mapping(template.get("metadata"))
    if not metadata.get("name"):
        yield ("metadata",), "has no name, for which it is sealed"
    scope, inside = _scope(metadata), _scope(inner)
    if scope != inside and "annotations" in inner:
        yield ("spec", "template", "metadata"), f"is sealed {scope}, its template says {inside}"
    if scope == "strictly" and not metadata.get("namespace"):
        yield ("metadata",), "names no namespace, for which it is sealed"
    checked = {"strictly": ("name", "namespace"), "for its namespace": ("namespace",)}.get(scope, ())
    for name in checked:
        if inner.get(name) and metadata.get(name) and inner[name] != metadata[name]:
            yield ("spec", "template", "metadata", name), f"has a template with another {name}: it cannot be opened"


def _scope(metadata: Mapping[str, Any]) -> str:
    annotations = _mapping(metadata.get("annotations"))
    if str(annotations.get(_CLUSTER)).lower() == "true":
        return "for the cluster"
    return "for its namespace" if str(annotations.get(_NAMESPACE)).lower() == "true" else "strictly"


def _sealed(spec: Mapping[str, Any]) -> Iterator[_Wrong]:
    if spec.get("data") is not None:
        yield ("spec", "data"), "uses spec.data, which is no longer read: encryptedData has one value a key"
    data = spec.get("encryptedData")
    if not isinstance(data, dict) or not data:
        if spec.get("data") is None:
            yield ("spec",), "has no encryptedData"
        return
    for name, value in data.items():
        said = _unsealed(value)
        if said:
            yield ("spec", "encryptedData", name), f"has `{name[:60]}`, which {said}"


def _unsealed(value: Any) -> str:
    """Why a value is nothing that kubeseal wrote; empty where it may be."""
    if not isinstance(value, str):
        return "is no text"
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return "is not base64"
    length = int.from_bytes(content[:2], "big")
    if len(content) < 2 + length + _TAG or length < _TAG:
        return f"is too short to be sealed ({len(content)} bytes)"
    return ""


def renamed(before: Iterable[Manifest], after: Iterable[Manifest]) -> Iterator[Told]:
    """Secrets that have another name or namespace than at base, and the very ciphertext that they had there."""
    known = {text: each for each in before for text in _texts(each)}
    for each in after:
        others = [known[text] for text in _texts(each) if text in known]
        moved = next((other for other in others if _bound(other) != _bound(each)), None)
        same = any(other.metadata == each.metadata for other in others)
        if moved is not None and not same:
            said = f"SealedSecret {each.name} was sealed as {moved.name} and is not sealed again"
            yield Told("security/sealed-secret-renamed", said, each.path, each.line_of("metadata", "name"))


def _texts(manifest: Manifest) -> tuple[str, ...]:
    if manifest.group != _GROUP or manifest.kind != "SealedSecret":
        return ()
    data = _mapping(_mapping(manifest.value.get("spec")).get("encryptedData"))
    return tuple(value for value in data.values() if isinstance(value, str) and value)


def _bound(manifest: Manifest) -> tuple[object, ...]:
    """What the ciphertext is bound to, by its scope."""
    scope = _scope(manifest.metadata)
    if scope == "for the cluster":
        return ()
    namespace = manifest.metadata.get("namespace")
    return (namespace,) if scope == "for its namespace" else (namespace, manifest.metadata.get("name"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
