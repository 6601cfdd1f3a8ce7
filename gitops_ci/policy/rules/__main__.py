"""`python -m gitops_ci.policy.rules` writes rules.json and the index of docs/rules anew from the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gitops_ci.model.rule import Rule
from gitops_ci.policy.rules import catalog, pages

FOLDER = Path(__file__).parents[3] / "docs" / "rules"
INDEX = FOLDER / "README.md"

_TOP = """\
# All rules

<!-- Written by `make schemas` from the pages of this folder: edit those. -->

A rule is known by its id, `family/name`. [`gitops-ci policy explain RULE`](../commands/policy-explain.md) tells what
its section here does, and how severe it is in your repository; [`policy.severity`](../configuration.md) changes that,
or silences it. The rules of checkov are `checkov/CKV_…`, those of a repository's own Rego policies `rego/…`: their
authors document them.
"""


def found() -> dict[Path, tuple[Rule, ...]]:
    """The rules of each page, in the pages' order."""
    every = {page: page.read_text(encoding="utf-8") for page in sorted(FOLDER.glob("*.md")) if page != INDEX}
    return {page: tuple(pages.rules(f"rules/{page.name}", text)) for page, text in every.items()}


def compiled() -> bytes:
    """The rules of all pages as JSON, one a line, so that a change of one is a change of one line."""
    rules = [msgspec.json.encode(rule) for each in found().values() for rule in each]
    return b"[\n" + b",\n".join(rules) + b"\n]\n"


def index() -> str:
    """The page that lists them all."""
    return "\n".join([_TOP, *_sections()])


def _sections() -> Iterator[str]:
    for page, rules in found().items():
        if rules:
            heading = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            yield f"## [{heading}]({page.name})\n\n| rule | finds | severity |\n|---|---|---|"
            for rule in rules:
                anchor = (rule.page or "").partition("#")[2]
                title = re.sub(r"([*|<\\])", r"\\\1", rule.title)
                yield f"| [{rule.id}]({page.name}#{anchor}) | {title} | {rule.severity} |"
            yield ""


if __name__ == "__main__":
    catalog.FILE.write_bytes(compiled())
    INDEX.write_text(index(), encoding="utf-8")
