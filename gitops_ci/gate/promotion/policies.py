"""What a set of policies takes in: each rule by what it says, not who it is given to in one environment."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate.promotion.pieces import Contents, Piece, Unread
from gitops_ci.kinds.security import reading
from gitops_ci.kinds.security.items import Item
from gitops_ci.model.stack import Stack

_OWN = frozenset({
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount", "Secret", "SealedSecret",
    "Kustomization", "Component", "Namespace", "ConfigMap", "casbin.role", "rego.tests", "rego.package", "file",
})  # fmt: skip
"""Types of items that say who may what, or where, which is an environment's own, or that decide nothing."""


def contents(stack: Stack, inventory: Inventory) -> Contents:
    """The rules that the stack's files hold. How strictly a constraint is enforced is the environment's own."""
    end = reading.read(stack, inventory)
    entries = inventory.snapshot.entries
    unread = tuple(
        Unread(path=path, content=entries[path].oid, message=wrong.message, line=wrong.line)
        for path, wrong in end.wrong.items()
        if path in entries
    )
    items = reading.items(end, reading.crowded(end), frozenset(end.wrong))
    return Contents(tuple(_piece(item) for item in items if item.type not in _OWN), unread)


def _piece(item: Item) -> Piece:
    version = hashlib.sha256(_meaning(item).encode("utf-8", "surrogatepass")).hexdigest()
    return Piece(what="policy", name=item.address, version=version, shown=version[:8], path=item.path, line=item.line)


def _meaning(item: Item) -> str:
    says = item.meaning if item.meaning is not None else _without_enforcement(item.content)
    return f"{item.type}\0{json.dumps(says, sort_keys=True, default=repr)}"


def _without_enforcement(content: Any) -> Any:
    spec = content.get("spec") if isinstance(content, dict) else None
    if not isinstance(spec, dict) or "enforcementAction" not in spec:
        return content
    kept = {key: value for key, value in spec.items() if key not in ("enforcementAction", "scopedEnforcementActions")}
    return {**content, "spec": kept}
