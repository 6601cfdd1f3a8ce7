"""`python -m gitops_ci.policy.rules` writes rules.json anew from docs/rules (`make schemas`)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gitops_ci.policy.rules import catalog, pages

DOCS = Path(__file__).parents[3] / "docs"


def compiled() -> bytes:
    """The rules of all pages as JSON, one a line, so that a change of one is a change of one line."""
    found = [
        rule
        for page in sorted((DOCS / "rules").glob("*.md"))
        for rule in pages.rules(f"rules/{page.name}", page.read_text(encoding="utf-8"))
    ]
    return b"[\n" + b",\n".join(msgspec.json.encode(rule) for rule in found) + b"\n]\n"


if __name__ == "__main__":
    catalog.FILE.write_bytes(compiled())
