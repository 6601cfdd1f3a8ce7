"""The rules behind findings as they are told elsewhere: the catalogue's words, or what the findings themselves say."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from msgspec import structs

from gitops_ci.model.finding import Finding
from gitops_ci.model.rule import Rule
from gitops_ci.policy.checkov import severities
from gitops_ci.policy.rego.rules import Described
from gitops_ci.policy.rules import catalog
from gitops_ci.render.links import trusted
from gitops_ci.render.untrusted import cut, text, visible

_TITLE = 200
_TEXT = 2_000
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")


def of(findings: Iterable[Finding]) -> dict[str, Rule]:
    """The rule of each finding by its id, in order of the findings.

    What a repository's policy or another tool says of itself is escaped, so that all texts of a Rule are Markdown.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.rule, []).append(finding)
    return {id: catalog.of(id) or _told(id, found) for id, found in groups.items()}


def of_checkov() -> dict[str, Rule]:
    """Checkov's own checks, which nobody found anything with."""
    return {
        id: structs.replace(
            _general(id), title=name, what=text(f"{name}."), severity=severities.of(id.removeprefix("checkov/"))
        )
        for id, name in catalog.names().items()
    }


def _general(id: str) -> Rule:
    """What holds for any rule of a family that others write: its severity and examples are those of one of them."""
    return structs.replace(catalog.general(id) or Rule(id=id, title=id), id=id, severity="", found="", passing="")


def of_policies(described: Iterable[Described]) -> dict[str, Rule]:
    """The rules of Rego policies, in the words of their METADATA."""
    found: dict[str, Rule] = {}
    for each in described:
        rule = Rule(
            id=each.id,
            title=visible(cut(each.title or each.id, _TITLE)),
            what=text(cut(each.description or each.title, _TEXT)),
            fix=text(cut(each.help, _TEXT)) if each.help not in (each.title, each.description) else "",
            severity=each.severity,
            written=f"{each.path}:{each.line}" if each.path else "",
            url=each.url if each.url and trusted(each.url) else None,
        )
        found.setdefault(each.id, rule)
    return found


def _told(id: str, found: list[Finding]) -> Rule:
    messages = {finding.message for finding in found}
    helps = list(dict.fromkeys(finding.help for finding in found if finding.help))
    url = next((finding.url for finding in found if finding.url and trusted(finding.url)), None)
    general = _general(id)
    said = messages.pop() if len(messages) == 1 else id
    return structs.replace(
        general,
        title=visible(cut(catalog.names().get(id, said), _TITLE)),
        fix=text(cut(helps[0], _TEXT)) if len(helps) == 1 else general.fix,
        page=None if url else general.page,
        url=url,
    )


def markdown(rule: Rule) -> str:
    """All that is known of a rule, as a page of Markdown; empty for nothing."""
    return "".join(f"{part}\n\n" for part in _parts(rule)).strip()


def _parts(rule: Rule) -> Iterator[str]:
    for label, words in (("What", rule.what), ("Why", rule.why), ("How to fix", rule.fix)):
        if words:
            yield f"**{label}**: {words}"
    if rule.severity:
        yield f"**Severity**: {rule.severity}"
    yield from (example for example in (rule.found, rule.passing) if example)
    if rule.link:
        yield f"[Documentation]({rule.link})"


def plain(words: str) -> str:
    """Markdown of ours without its marks, for where only text is read; links have their address behind them."""
    return html.unescape(_STRONG.sub(r"\1", _LINK.sub(r"\1 (\2)", words))).strip()
