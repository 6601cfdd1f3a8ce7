"""Rules of others that somebody names and nothing here is called like: a waiver of one covers nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from gitops_ci.config import FILE, Config
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy.waivers.file import Waivers


def notices(waivers: Waivers, config: Config, ends: Iterable[Snapshot]) -> Iterator[Finding]:
    """A notice for each `checkov/…` and `rego/…` in the waivers and in `policy.severity` that no rule is called like.

    Those of Rego are known where the repository's policies, at one of the `ends`, are at hand; those of checkov where
    nobody has checks of their own.
    """
    named = [(each.entry.rule, waivers.path, each.line) for each in waivers.entries]
    named += [(rule, FILE, 0) for rule in config.policy.severity]
    asked = {rule.partition("/")[0] for rule, _, _ in named}
    known: Mapping[str, frozenset[str]] = {
        "checkov": _of_checkov(config) if "checkov" in asked else frozenset(),
        "rego": _of_rego(config, ends) if "rego" in asked else frozenset(),
    }
    for rule, path, line in named:
        ids = known.get(rule.partition("/")[0], frozenset())
        if ids and not any(fnmatchcase(id, rule) for id in ids):
            near = difflib.get_close_matches(rule, sorted(ids), n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            message = f"no rule is called {rule}{meant}"
            help = "Correct the name (`gitops-ci policy explain` lists all), or take it out: it means nothing."
            yield finding.make("policy/rule-unknown", "notice", message, help=help, path=path, line=line or None)


def _of_checkov(config: Config) -> frozenset[str]:
    if config.policy.checkov is not None and config.policy.checkov.custom_checks is not None:
        return frozenset()
    from gitops_ci.policy.rules import catalog  # read where somebody names a rule

    return frozenset((*catalog.names(), *catalog.ids()))


def _of_rego(config: Config, ends: Iterable[Snapshot]) -> frozenset[str]:
    from gitops_ci.policy.rego import policies, rules
    from gitops_ci.policy.rules import catalog

    read = [policies.read(policies.configured(config, end), end) for end in ends]
    own = frozenset(each.id for some in read for each in rules.all_described(some))
    return own | catalog.ids() if own else frozenset()
