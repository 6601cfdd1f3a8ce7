"""Findings as they are read: one by one while they are few, else by rule, so that five hundred fit on a page."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gitops_ci.model.finding import SEVERITIES, Finding, Severity
from gitops_ci.render import outline, rule_texts, words


class Group(Struct, frozen=True):
    """Findings that are told together: a `title`, what to do (`help`; both plain text), and the findings themselves.

    Where they say different things the title is their rule's, or the first one's message; then `more` are not told.
    """

    title: str
    help: str
    findings: tuple[Finding, ...]
    more: int = 0

    @property
    def rule(self) -> str:
        """The rule that all of them break."""
        return self.findings[0].rule

    @property
    def severity(self) -> Severity:
        """The severity that all of them have."""
        return self.findings[0].severity

    @property
    def said(self) -> str:
        """The title, with how many findings there are where they say different things."""
        if not self.more:
            return self.title
        first = self.title == self.findings[0].message
        count = f"and {self.more:,} more" if first else words.several(len(self.findings), "finding")
        return f"{self.title} ({count})"


def of(found: Sequence[Finding], few: int) -> list[Group]:
    """The groups of findings, worst first; at most `few` of one message, all of a severity past that by their rule."""
    told: list[Group] = []
    for severity in SEVERITIES:
        members = [finding for finding in found if finding.severity == severity]
        single = outline.places(members)
        if len(told) + len(single) <= few:
            told += (Group(group[0].message, group[0].help, tuple(group)) for group in single)
        else:
            told += _by_rule(members)
    return told


def _by_rule(found: list[Finding]) -> list[Group]:
    """Rules with the most findings first; a rule that says one thing only is told as before."""
    rules = rule_texts.of(found)
    groups: dict[str, list[Finding]] = {}
    for finding in found:
        groups.setdefault(finding.rule, []).append(finding)
    told = []
    for id, members in groups.items():
        messages, helps = {each.message for each in members}, {each.help for each in members}
        help = members[0].help if len(helps) == 1 else rule_texts.plain(rules[id].fix).replace("\n", " ")
        title = members[0].message if len(messages) == 1 or rules[id].title == id else rules[id].title
        more = len(members) - 1 if len(messages) > 1 else 0
        told.append(Group(title, help, tuple(members), more))
    return sorted(told, key=lambda group: -len(group.findings))
