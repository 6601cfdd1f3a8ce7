"""A Rule: what it looks for, why, and how to put right what it finds."""

from __future__ import annotations

from msgspec import Struct

DOCS = "https://github.com/gitops-ci/gitops-ci/blob/v1/docs/"
"""The folder of our documentation."""


class Rule(Struct, frozen=True, kw_only=True):
    """One rule, known by its id (`family/name`); its texts but `title` and `severity` are Markdown.

    `severity` says in words how severe a finding is without a configuration. `found` is an example that is found,
    `passing` one that is not. `written` is where a repository's policy has the rule (`path:line`), `page` a page of
    our documentation with its anchor (`rules/layout.md#…`), `url` the rule's own documentation elsewhere.
    """

    id: str
    title: str
    what: str = ""
    why: str = ""
    fix: str = ""
    severity: str = ""
    found: str = ""
    passing: str = ""
    written: str = ""
    page: str | None = None
    url: str | None = None

    @property
    def family(self) -> str:
        """What comes before the slash."""
        return self.id.partition("/")[0]

    @property
    def link(self) -> str | None:
        """Where it is documented."""
        return self.url if self.page is None else DOCS + self.page
