"""How severe a rule is here: the configuration's word over the rule's own."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gitops_ci.config import Config
from gitops_ci.model.finding import Finding


def applied(findings: Iterable[Finding], config: Config) -> tuple[Finding, ...]:
    """The findings with `policy.severity` applied (a rule's id, or its family as `layout/*`); `off` drops them."""
    overrides = config.policy.severity
    if not overrides:
        return tuple(findings)
    kept: list[Finding] = []
    for finding in findings:
        severity = overrides.get(finding.rule, overrides.get(f"{finding.source}/*", finding.severity))
        if severity != "off":
            kept.append(
                finding if severity == finding.severity else msgspec.structs.replace(finding, severity=severity)
            )
    return tuple(kept)
