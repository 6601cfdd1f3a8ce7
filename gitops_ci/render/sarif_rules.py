"""Rules as SARIF describes them, with what GitHub's code scanning shows of them: help, tags and a security severity."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from gitops_ci.model.finding import SEVERITIES, Finding, Severity
from gitops_ci.model.rule import Rule
from gitops_ci.render import rule_texts
from gitops_ci.render.untrusted import cut, visible

_DESCRIPTION = 1_000
_NO_HELP = "The rule comes without help; its findings say what they can."
_LEVELS: dict[Severity, tuple[str, str, str]] = {
    "error": ("error", "error", "8.0"),
    "warning": ("warning", "warning", "5.5"),
    "notice": ("note", "recommendation", "2.0"),
}
"""A severity as a level, as a `problem.severity` and as a `security-severity`: high, medium and low."""
_CRITICAL = "9.1"  # a secret, whatever the place: who can read the repository has it
_SECURITY = frozenset({"builtin", "checkov", "rego", "secrets", "security"})
"""Families whose findings code scanning counts as security alerts."""
_SAFETY = frozenset(
    f"terraform/{name}"
    for name in (
        "backend-unencrypted",
        "external-program",
        "foreign-state",
        "lock-file-altered",
        "module-not-allowed",
        "no-longer-sensitive",
        "path-not-allowed",
        "provider-not-allowed",
        "provisioner",
        "server-not-allowed",
        "state-environment",
        "state-not-allowed",
    )
) | {"layout/state-in-git", "layout/symlink-escapes"}


class Descriptors(Struct, frozen=True):
    """The descriptors of a run, and the place of each rule's among them."""

    all: list[dict[str, object]]
    index: dict[str, int]


def descriptors(findings: Iterable[Finding]) -> Descriptors:
    """The rules that these findings break, in their order; as severe as the worst of their findings."""
    found = list(findings)
    worst: dict[str, Severity] = {}
    for finding in found:
        known = worst.get(finding.rule, finding.severity)
        worst[finding.rule] = min(known, finding.severity, key=SEVERITIES.index)
    rules = rule_texts.of(found)
    return Descriptors(
        [_descriptor(rule, worst[id]) for id, rule in rules.items()], {id: index for index, id in enumerate(rules)}
    )


def identifier(rule: str) -> str:
    """A rule's id as it is written."""
    return visible(cut(rule, 250)) or "unnamed"


def _descriptor(rule: Rule, severity: Severity) -> dict[str, object]:
    help = rule_texts.markdown(rule) or f"{_NO_HELP}\n"
    described: dict[str, object] = {
        "id": identifier(rule.id),
        "shortDescription": {"text": visible(rule.title) or identifier(rule.id)},
        "fullDescription": {"text": cut(rule_texts.plain(rule.what) or visible(rule.title), _DESCRIPTION)},
        "help": {"text": rule_texts.plain(help), "markdown": help},
        "defaultConfiguration": {"level": _LEVELS[severity][0]},
        "properties": _properties(rule, severity),
    }
    return described | ({"helpUri": rule.link} if rule.link else {})


def _properties(rule: Rule, severity: Severity) -> dict[str, object]:
    """Severity of what is about security is a score, of the rest a word; never both, or a score makes it security."""
    _, problem, score = _LEVELS[severity]
    tags = [identifier(rule.family)]
    if rule.family in _SECURITY or rule.id in _SAFETY:
        score = _CRITICAL if rule.family == "secrets" else score
        return {
            "tags": ["security", *(tag for tag in tags if tag != "security")],
            "precision": "high",
            "security-severity": score,
        }
    return {"tags": tags, "precision": "high", "problem.severity": problem}
