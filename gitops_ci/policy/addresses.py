"""What findings about Kubernetes objects name them by, the same in all checkers: `Kind namespace/name`."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from gitops_ci.policy import secrets

_DEFAULT = "default"
"""The namespace of an object that names none: left out, since checkov does not tell the two apart."""
_LONGEST = 200


class _Payload(Struct, rename={"api_version": "apiVersion"}):
    """What a policy is asked about, as far as it names an object: itself, or the one of an admission review."""

    api_version: Any = None
    kind: Any = None
    metadata: Any = None
    request: Any = None


def of(kind: str, namespace: str, name: str) -> str | None:
    """`Pod web/api`, or `Pod api` where the namespace is none or `default`; None for what has no name yet."""
    if not (kind and name):
        return None
    within = f"{namespace}/" if namespace not in ("", _DEFAULT) else ""
    return secrets.masked(f"{kind} {within}{name}"[:_LONGEST])


def of_payload(payload: bytes) -> str | None:
    """The same of the object that a JSON document is, or whose review it is; None for other documents."""
    try:
        found = msgspec.json.decode(payload, type=_Payload)
        if isinstance(found.request, dict):
            found = msgspec.convert(found.request.get("object"), _Payload)
    except msgspec.ValidationError:
        return None
    if not isinstance(found.api_version, str):
        return None
    metadata = found.metadata if isinstance(found.metadata, dict) else {}
    return of(*map(_text, (found.kind, metadata.get("namespace"), metadata.get("name"))))


def of_checkov(resource: str) -> str | None:
    """The same of a resource as checkov writes it: `Pod.default.api`. A name may have dots in it."""
    kind, _, rest = resource.partition(".")
    namespace, _, name = rest.partition(".")
    return of(kind, namespace, name)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
