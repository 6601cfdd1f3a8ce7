"""Every message that publishing can print has its entry in docs/troubleshooting.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = (*sorted((ROOT / "gitops_ci/github").glob("*.py")), ROOT / "gitops_ci/commands/publish.py")
RAISED = {"ApiError", "Denied", "Unavailable", "Uncertain", "UsageError", "ToolError", "Unanswered", "Elsewhere"}
SAID = {"say", "append"}
SHORTEST = 10


def messages() -> Iterator[tuple[str, str]]:
    """Where something is raised or said, and the longest piece of its words that is always the same."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in RAISED:
                    yield from _piece(path, first)
                case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in SAID:
                    yield from _piece(path, first)
                case ast.keyword(arg="stale", value=value):
                    yield from _piece(path, value)
                case _:
                    pass


def _piece(path: Path, value: ast.expr) -> Iterator[tuple[str, str]]:
    pieces = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    longest = max(pieces, key=len, default="").strip(" :,;(")
    if len(longest) >= SHORTEST:
        yield f"{path.name}:{value.lineno}", longest


def test_every_message_is_explained() -> None:
    text = " ".join((ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8").split())
    found = dict(messages())
    assert len(found) >= 15
    assert {place: piece for place, piece in found.items() if piece not in text} == {}
