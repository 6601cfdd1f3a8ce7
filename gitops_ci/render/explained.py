"""A rule explained, and all rules listed: as lines for a terminal, as Markdown, and as a document of JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, to_builtins

from gitops_ci.model.finding import Finding
from gitops_ci.model.rule import Rule
from gitops_ci.policy.severity_here import Here
from gitops_ci.render import finding_lines, outline, prose, rule_texts, words
from gitops_ci.render.lines import EMPTY, Line, line, span
from gitops_ci.render.untrusted import code, cut, text

RULE_SCHEMA = "gitops-ci/rule/1"
RULES_SCHEMA = "gitops-ci/rules/1"
_PLACES = 20
_WIDEST = 100


class Explained(Struct, frozen=True, kw_only=True):
    """A rule, how severe it is here and what a report has of it; None where no configuration or report was read."""

    rule: Rule
    here: tuple[Here, ...] | None = None
    findings: tuple[Finding, ...] | None = None


def terminal(explained: Explained, width: int) -> Iterator[Line]:
    """Everything about a rule, from what it looks for to where it is documented."""
    rule, columns = explained.rule, min(width, _WIDEST)
    yield line(span(rule.id, "title"), f"  {rule.title}" if rule.title != rule.id else "")
    for title, words_ in (("What", rule.what), ("Why", rule.why), ("How to fix", rule.fix)):
        if words_:
            yield from _part(title, prose.lines(words_, columns))
    if rule.severity or explained.here is not None:
        yield from _part("Severity", _severity(explained, columns))
    examples = "\n\n".join(filter(None, (rule.found, rule.passing)))
    if examples:
        yield from _part("Examples", prose.lines(examples, columns))
    if explained.findings is not None:
        yield from _part("In the report", _found(explained.findings))
    if rule.written:
        yield from _part("Written in", (line("  ", rule.written),))
    if rule.link:
        yield from _part("Documentation", (line("  ", rule.link),))


def _part(title: str, below: Iterator[Line] | Sequence[Line]) -> Iterator[Line]:
    yield EMPTY
    yield line(span(title, "title"))
    yield from below


def _severity(explained: Explained, columns: int) -> Iterator[Line]:
    here = list(_here(explained.here or ()))
    if explained.rule.severity:
        yield from prose.lines(("by itself: " if here else "") + explained.rule.severity, columns)
    yield from (line("  ", each) for each in here)


def _here(here: Sequence[Here]) -> Iterator[str]:
    """What the configuration says, environments of which the same holds together; nothing where it says nothing."""
    if all(each.severity is None and not each.kinds and each.enforced for each in here):
        return
    groups: dict[str, list[str]] = {}
    for each in here:
        groups.setdefault(_said(each), []).append(each.environment)
    for said, environments in groups.items():
        yield f"{words.both(environments)}: {said}"


def _said(here: Here) -> str:
    own = "the rule's own"
    kinds = [f"{severity or own} for {kind}" for kind, severity in here.kinds.items()]
    warns = [] if here.enforced else ["nothing there blocks (enforcement: warn)"]
    return "; ".join([here.severity or own, *kinds, *warns])


def _found(findings: Sequence[Finding]) -> Iterator[Line]:
    if not findings:
        yield line("  nothing")
        return
    yield line("  ", _counts(findings))
    yield from finding_lines.findings(findings[:_PLACES])
    if len(findings) > _PLACES:
        yield line(span(f"  and {len(findings) - _PLACES:,} more", "dim"))


def _counts(findings: Sequence[Finding]) -> str:
    new = outline.new(findings)
    said = [words.counts(outline.severities(new))] if new else []
    for state, word in (("existing", "from before"), ("fixed", "fixed")):
        count = sum(each.state == state and each.waived_by is None for each in findings)
        said += [f"{count:,} {word}"] if count else []
    waived = sum(each.waived_by is not None for each in findings)
    return ", ".join([*said, *([f"{waived:,} waived"] if waived else [])])


def markdown(explained: Explained) -> str:
    """The same as a page."""
    rule = explained.rule
    parts = [f"## {code(rule.id)}", f"**{text(rule.title)}**", rule_texts.markdown(rule)]
    parts += ["\n".join(f"- {text(each)}" for each in _here(explained.here or ()))]
    parts += [f"**Written in**: {code(rule.written)}"] if rule.written else []
    if explained.findings is not None:
        counts = _counts(explained.findings) if explained.findings else "nothing"
        places = [f"- {_place(each)}: {text(cut(each.message, 300))}" for each in explained.findings[:_PLACES]]
        more = len(explained.findings) - _PLACES
        parts += [f"**In the report**: {counts}", "\n".join([*places, *([f"- and {more:,} more"] if more > 0 else [])])]
    return "\n\n".join(filter(None, parts)) + "\n"


def _place(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path or finding.stack
    return code(cut(where, 200)) if where else "the repository"


def document(explained: Explained) -> dict[str, object]:
    """The same as JSON."""
    rule = explained.rule
    written: dict[str, object] = {"schema": RULE_SCHEMA, **to_builtins(rule), "family": rule.family, "url": rule.link}
    written.pop("page")
    if explained.here is not None:
        written["here"] = explained.here
    if explained.findings is not None:
        written["findings"] = explained.findings
    return written


def list_terminal(families: Mapping[str, Sequence[Rule]], width: int) -> Iterator[Line]:
    """One line a rule, under its family."""
    for index, (family, rules) in enumerate(families.items()):
        if index:
            yield EMPTY
        column = max(len(rule.id) for rule in rules)
        yield line(span(family, "title"), span(f"  {words.several(len(rules), 'rule')}", "dim"))
        for rule in rules:
            room = max(prose.LEAST, width - column - 4)
            yield line("  ", f"{rule.id:<{column}}", "  ", span(cut(rule.title, room), "dim"))


def list_markdown(families: Mapping[str, Sequence[Rule]]) -> str:
    """A table a family."""
    parts = []
    for family, rules in families.items():
        rows = [f"| {_linked(rule)} | {text(rule.title)} |" for rule in rules]
        parts.append("\n".join([f"## {text(family)}", "", "| rule | |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _linked(rule: Rule) -> str:
    return f"[{code(rule.id)}]({rule.link})" if rule.link else code(rule.id)


def list_document(families: Mapping[str, Sequence[Rule]]) -> dict[str, object]:
    """Ids, titles and links."""
    rules = [
        {"id": rule.id, "title": rule.title, "family": rule.family, "severity": rule.severity, "url": rule.link}
        for each in families.values()
        for rule in each
    ]
    return {"schema": RULES_SCHEMA, "rules": rules}
