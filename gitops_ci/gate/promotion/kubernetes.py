"""What a Kubernetes stack takes in: images, charts, remote sources, and the files that it shares with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import SUBMODULE, Snapshot
from gitops_ci.gate.promotion import manifests, shared_files
from gitops_ci.gate.promotion.pieces import Contents, Piece, Unread
from gitops_ci.model.stack import Stack
from gitops_ci.policy.documents import files, kustomizations
from gitops_ci.policy.documents import manifests as objects
from gitops_ci.policy.documents.files import Parsed

_FORMATS = ("YAML", "JSON")


def contents(stack: Stack, inventory: Inventory) -> Contents:
    """What the stack's own files name, and what it reads elsewhere; templates of charts count by their text."""
    snapshot = inventory.snapshot
    read = sorted(_read(stack, inventory))
    own = [path for path in read if shared_files.is_own(path, stack, inventory)]
    shared = [shared_files.piece(path, (path,), snapshot) for path in sorted(frozenset(read).difference(own))]
    charts = [path.rpartition("/")[0] for path in own if path.rpartition("/")[2] == "Chart.yaml"]
    templates = {path for path in own if objects.is_template(path, charts)}
    found = [*shared, *_charts(charts, templates, snapshot)]
    unread: list[Unread] = []
    named: list[Piece] = []
    for path in own:
        if path not in templates and _is_document(path):
            more, wrong = _file(path, snapshot)
            named += more
            unread += wrong
    return Contents((*found, *manifests.without_replaced(named)), tuple(unread))


def _read(stack: Stack, inventory: Inventory) -> frozenset[str]:
    found = (shared_files.files(each, inventory.snapshot) for each in shared_files.references(stack, inventory))
    return frozenset().union(*found)


def _is_document(path: str) -> bool:
    return files.format_of(path) in _FORMATS or kustomizations.is_one(path)


def _file(path: str, snapshot: Snapshot) -> tuple[list[Piece], list[Unread]]:
    target = snapshot.resolve(path)
    entry = snapshot.entries.get(target or "")
    if target is None or entry is None or entry.mode == SUBMODULE:
        return [], []
    name = files.format_of(path) or "YAML"
    parsed = snapshot.facts((target,), files.fact(name)).get(target, files.TOO_LARGE)
    pieces = [piece for document in parsed.documents for piece in manifests.pieces(path, document)]
    return pieces, [Unread(path=path, content=entry.oid, message=says, line=line) for line, says in _doubts(parsed)]


def _doubts(parsed: Parsed) -> Iterator[tuple[int | None, str]]:
    """Why a file may say something else than what was read: to kubectl, to kustomize, or because it cannot be read."""
    if parsed.wrong is not None:
        yield parsed.wrong.line, parsed.wrong.message
    for document in parsed.documents:
        yield from document.doubts[:1]


def _charts(charts: Iterable[str], templates: Iterable[str], snapshot: Snapshot) -> Iterator[Piece]:
    """Each chart that is the environment's own, by its templates."""
    for chart in charts:
        inside = [path for path in templates if path.startswith(f"{chart}/" if chart else "")]
        if inside:
            yield shared_files.piece(chart, inside, snapshot)
