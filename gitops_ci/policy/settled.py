"""Where findings become final: severities, waivers, duplicates and the baseline, once and over everything."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.policy import baseline as baselines
from gitops_ci.policy import comparison, duplicates, notices, severity, unknown
from gitops_ci.policy.baseline import Baseline
from gitops_ci.policy.notices import LookedAt
from gitops_ci.policy.severity import Owners
from gitops_ci.policy.waivers import file
from gitops_ci.policy.waivers.comments import Comments
from gitops_ci.policy.waivers.file import Waivers


class Rules(Struct, frozen=True, kw_only=True):
    """What decides about findings, from where rules are read (base), on a day. `told` is what head does to it."""

    config: Config
    today: datetime.date
    waivers: Waivers = Waivers("")
    baseline: Baseline = baselines.EMPTY
    told: tuple[Finding, ...] = ()


class Asked(Struct, frozen=True, kw_only=True):
    """What the findings come from: comments beside the code, the stacks that files belong to, what was looked at.

    `moved` are files that only have another name (new → old path).
    """

    comments: Comments = Comments()
    owners: Owners = {}
    moved: Mapping[str, str] = {}
    looked_at: LookedAt = LookedAt()


def rules(config: Config, today: datetime.date, source: Snapshot, head: Snapshot) -> Rules:
    """The rules of `source`, which is base, or head itself where there is no base or its rules are tried.

    Raises ConfigError where its waivers or its baseline cannot be read; where head's cannot, that is a finding.
    """
    paths = config.policy.waivers, config.policy.baseline
    waivers, baseline = file.read(source, paths[0], today), baselines.read(source, paths[1])
    told: list[Finding] = []
    newer = waivers
    if source.entries.get(paths[0]) != head.entries.get(paths[0]):
        newer, problems = notices.read_of_head(head, paths[0], today, waivers)
        told += (*problems, *notices.of_waivers(waivers, newer))
    if source.entries.get(paths[1]) != head.entries.get(paths[1]):
        try:
            told += notices.of_baseline(baseline, baselines.read(head, paths[1]), paths[1])
        except ConfigError as error:
            told += notices.invalid("policy/baseline-invalid", error, paths[1])
    told += notices.expired(newer, today)
    told += unknown.notices(newer, config, (source, head))
    return Rules(config=config, today=today, waivers=waivers, baseline=baseline, told=tuple(told))


def of(findings: Iterable[Finding], rules: Rules, asked: Asked) -> tuple[Finding, ...]:
    """The final findings, in order, with what is to be said of waivers and baseline.

    Each one is among them (with its severity, its waiver and its state as they count), or is named in another's
    `also`, or is off by `policy.severity`, or is told where its file has gone to. Settled ones do not change when they
    are settled again.
    """
    severe = severity.applied(findings, rules.config, asked.owners)
    waived = (_waived(found, rules, asked) for found in comparison.followed(severe, asked.moved))
    final = list(baselines.applied(duplicates.merged(waived), rules.baseline))
    more = severity.applied((*rules.told, *_noticed(final, rules, asked)), rules.config, asked.owners)
    return tuple(sorted((*final, *set(more).difference(final)), key=finding.place))


def _waived(found: Finding, rules: Rules, asked: Asked) -> Finding:
    if found.waived_by is not None or found.state == "fixed":
        return found
    waiver = rules.waivers.of(found, rules.today) or asked.comments.of(found)
    return found if waiver is None else msgspec.structs.replace(found, waived_by=waiver)


def _noticed(final: list[Finding], rules: Rules, asked: Asked) -> Iterator[Finding]:
    yield from notices.of_comments(asked.comments, final)
    yield from notices.unused(rules.waivers, final, asked.looked_at, rules.today)
    yield from notices.stale(rules.baseline, final, asked.looked_at, rules.config.policy.baseline)
