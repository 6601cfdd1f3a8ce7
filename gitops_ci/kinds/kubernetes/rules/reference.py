"""Another object that one names, in its own namespace or in another one."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.policy.documents.yaml_documents import Place


class Reference(Struct, frozen=True):
    """What is named, and where; `optional`: it works without it, too. `namespace` is empty for the object's own.

    `key` is the one of a ConfigMap that is asked for, where it is one.
    """

    kind: str
    name: str
    place: Place
    optional: bool = False
    namespace: str = ""
    key: str = ""
