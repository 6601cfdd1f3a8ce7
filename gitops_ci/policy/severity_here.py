"""How severe a rule is by the configuration, wherever it may find something."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.config import Config, SeverityOrOff
from gitops_ci.model import finding
from gitops_ci.model.rule import Rule
from gitops_ci.model.stack import KINDS, SHARED, Kind
from gitops_ci.policy import severity


class Here(Struct, frozen=True, kw_only=True):
    """What `policy.severity` makes of a rule's findings in one environment.

    `severity` is None where the rule's own holds, `kinds` has those of which something else is said. `enforced`: an
    error there keeps a change from being merged.
    """

    environment: str
    severity: SeverityOrOff | None
    kinds: dict[Kind, SeverityOrOff | None] = {}
    enforced: bool = True


def of(rule: Rule, config: Config) -> tuple[Here, ...]:
    """What holds in each environment of the configuration, in its order, and for what they share."""
    found = []
    for name in (*(each.name for each in config.environments), SHARED):
        by_kind = {kind: _severity(rule, f"{name}/{kind}/x", config) for kind in KINDS}
        usual = max(dict.fromkeys(by_kind.values()), key=list(by_kind.values()).count)
        environment = config.environment(name)
        found.append(
            Here(
                environment=name,
                severity=usual,
                kinds={kind: told for kind, told in by_kind.items() if told != usual},
                enforced=environment is None or environment.enforcement == "block",
            )
        )
    return tuple(found)


def _severity(rule: Rule, stack: str, config: Config) -> SeverityOrOff | None:
    """What every severity of the rule's own would become; None where they stay what they are."""
    told: set[SeverityOrOff] = set()
    for own in finding.SEVERITIES:
        probe = finding.make(rule.id, own, "x", help="x", stack=stack)
        told |= {each.severity for each in severity.applied((probe,), config, {})} or {"off"}
    return told.pop() if len(told) == 1 else None
