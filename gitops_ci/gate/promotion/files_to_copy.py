"""Which files of one stack's folder become those of another's, so that both have the same module or policy."""

from __future__ import annotations

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK
from gitops_ci.gate.promotion import shared_files
from gitops_ci.gate.promotion.pieces import Piece
from gitops_ci.model.stack import Stack

_WHOLE = (".rego", ".conf", ".sql", ".py", ".rb")
"""Files that hold one thing and no values of an environment."""


def of(piece: Piece, ends: tuple[Stack, Stack], inventory: Inventory) -> dict[str, str | None] | str:
    """Path → the path that it is copied from, None for one that goes; or why nothing can be copied.

    `ends` are the stack that has the piece and the one that gets it.
    """
    there, here = ends
    inside = f"{there.path}/"
    root = piece.name if piece.what == "tree" else piece.slot if piece.what == "migration" else piece.path
    if not root.startswith(inside) or shared_files.is_deployed_elsewhere(there, inventory):
        return f"it lies outside of the folder of {there.id}: point to it by hand"
    target = f"{here.path}/{root.removeprefix(inside)}"
    if piece.what != "tree":
        return (
            {target: root} if root.endswith(_WHOLE) else "it stands beside values of its environment: copy it by hand"
        )
    entries = inventory.snapshot.entries
    sources = {path for path in entries if path == root or path.startswith(f"{root}/")}
    copies: dict[str, str | None] = {f"{target}{path.removeprefix(root)}": path for path in sources}
    gone = [path for path in entries if path.startswith(f"{target}/") and path not in copies]
    copies.update(dict.fromkeys(gone))
    if any(entries[path].mode in (SYMLINK, SUBMODULE) for path in (*sources, *gone)):
        return "it holds a link or a submodule: copy it by hand"
    return copies
