"""`gitops-ci policy explain`: what a rule looks for, why, how to fix what it finds, and how severe it is here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gitops_ci.commands import change as changes
from gitops_ci.commands import output, report
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import Config
from gitops_ci.errors import ConfigError, UsageError
from gitops_ci.model.finding import Finding
from gitops_ci.model.rule import Rule
from gitops_ci.policy import severity_here
from gitops_ci.policy.rego import policies, rules
from gitops_ci.policy.rules import catalog
from gitops_ci.render import explained, rule_texts
from gitops_ci.render.explained import Explained

_OF_CHECKOV = re.compile(r"(?:checkov/)?ckv", re.IGNORECASE)
_REASONS = "checks"
"""The family of the verdict's own reasons, which no configuration makes more or less severe."""


def run(options: Options, outside: Outside) -> int:
    """Explains one rule, or lists those of a family, or all; 0 where there is anything to tell."""
    found = [each for path in options.reports for each in report.read(outside.cwd / path).findings]
    config, written = _here(options, outside)
    known = {rule.id: rule for several in catalog.families().values() for rule in several}
    known = rule_texts.of(found) | written | known
    asked = (options.rule or "").removesuffix("/*").strip()
    if asked == "checkov":
        known = rule_texts.of_checkov() | known
    families = {rule.family for rule in known.values()}
    if not asked or asked in families:
        _listed([rule for rule in known.values() if asked in ("", rule.family)], options, outside)
        return 0
    if asked not in known and _OF_CHECKOV.match(asked):
        known = rule_texts.of_checkov() | known
    rule = known[_meant(asked, known)]
    told = Explained(
        rule=rule,
        here=severity_here.of(rule, config) if config is not None and rule.family != _REASONS else None,
        findings=_of(rule, found) if options.reports else None,
    )
    match options.format:
        case "json":
            output.document(explained.document(told), outside)
        case "markdown":
            outside.stdout.write(explained.markdown(told))
        case _:
            output.show(explained.terminal(told, output.width(outside)), outside)
    return 0


def _listed(rules: Sequence[Rule], options: Options, outside: Outside) -> None:
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.family, []).append(rule)
    told = dict(sorted(families.items()))
    match options.format:
        case "json":
            output.document(explained.list_document(told), outside)
        case "markdown":
            outside.stdout.write(explained.list_markdown(told))
        case _:
            output.show(explained.list_terminal(told, output.width(outside)), outside)


def _meant(asked: str, known: Mapping[str, Rule]) -> str:
    """The id that is meant: itself, in other capitals, or without its family where only one rule is called so.

    Raises UsageError for any other, with the nearest ids.
    """
    if asked in known:
        return asked
    lower = asked.lower()
    same = [id for id in known if lower in (id.lower(), id.partition("/")[2].lower())]
    if len(same) == 1:
        return same[0]
    near = same or _near(lower, known)
    hint = f"did you mean {' or '.join(near)}?" if near else "`gitops-ci policy explain` lists all rules"
    raise UsageError(f"no rule is called {asked!r}", hint=hint)


def _near(asked: str, known: Mapping[str, Rule]) -> list[str]:
    import difflib  # only a mistake needs it

    names = {id.lower(): id for id in known} | {id.partition("/")[2].lower(): id for id in known}
    near = difflib.get_close_matches(asked, names, cutoff=0.85) or difflib.get_close_matches(asked, names)
    return list(dict.fromkeys(names[each] for each in near))


def _of(rule: Rule, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The rule's findings in the reports, new ones first."""
    order = ("new", "existing", "fixed")
    ours = [finding for finding in found if finding.rule == rule.id]
    return tuple(sorted(ours, key=lambda finding: (finding.waived_by is not None, order.index(finding.state))))


def _here(options: Options, outside: Outside) -> tuple[Config | None, dict[str, Rule]]:
    """The work tree's configuration and the rules of its Rego policies; nothing outside of a repository."""
    try:
        with changes.work_tree(options, outside) as (snapshot, config):
            read = policies.read(policies.configured(config, snapshot), snapshot)
            return config, rule_texts.of_policies(rules.all_described(read))
    except ConfigError:
        raise
    except UsageError:
        if options.repo is not None or options.config is not None:
            raise
        return None, {}
