"""A Kubernetes object: what identifies it, what it says, and where that was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Identity(Struct, frozen=True, order=True):
    """What names an object in a cluster: group and version may change, group, kind, namespace and name may not."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def address(self) -> str:
        """As people write it: `apps/Deployment web/api`, `Namespace web`."""
        kind = f"{self.group}/{self.kind}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


class Object(Struct, frozen=True, kw_only=True):
    """One object, as it would be sent to the cluster.

    `path` and `line` are the file of the repository that it comes from, where that is known; for a rendered one it is
    the source that the rendering took it from, not a place in the rendering.
    """

    identity: Identity
    api_version: str
    value: Mapping[str, Any]
    path: str | None = None
    line: int | None = None


class Gap(Struct, frozen=True, kw_only=True):
    """Something that was not rendered: what, why, where; `code` is that of a plan's Problem.

    `what` is the address or the name of what lies elsewhere. `fixed` is a digest of what it is with all that applies to
    it (patches, images, values …): where both ends have the same, nothing becomes of it. It is empty where what lies
    elsewhere may become another one by itself, or where nobody knows what applies to it. `lacks_values`: a chart asks
    for a value that nobody gives.
    """

    code: str
    message: str
    path: str | None = None
    line: int | None = None
    what: str = ""
    fixed: str = ""
    lacks_values: bool = False


class Rendered(Struct, frozen=True, kw_only=True):
    """What one stack is at one end of a change: its objects, in the order of the rendering, and what is missing."""

    objects: tuple[Object, ...] = ()
    gaps: tuple[Gap, ...] = ()
