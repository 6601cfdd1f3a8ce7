"""A pull request as a few files before and after, for the tests of the promotion rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from gitops_ci.config import Config, Environment
from gitops_ci.config_gate import Gate
from gitops_ci.discover import affected, inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate import promotion
from gitops_ci.gate.case import Case
from gitops_ci.gate.promoted import Promoted
from gitops_ci.kinds import catalog
from gitops_ci.model.pull_request import Label, Person, PullRequest, Review
from gitops_ci.model.report import Planned, Report, Tool
from gitops_ci.model.verdict import VerdictReason

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEAD = "a" * 40
TOLD = "gate/promotion-"

Files = Mapping[str, str]


def config(gate: Gate | None = None, *, branch: str | None = None, staging: str | None = None) -> Config:
    """Three environments; `gate` is production's (default: `promotion: block`), the others are branches, if any."""
    production = Environment(
        name="production",
        promotes_from="staging",
        branch=branch,
        gate=gate or Gate(promotion="block"),
    )
    return Config(
        environments=(
            Environment(name="development", aliases=("dev",)),
            Environment(name="staging", promotes_from="development", branch=staging),
            production,
        )
    )


def take(files: Files, settings: Config) -> Inventory:
    """What a dict of files holds."""
    return inventory.take(snapshots.of(files), settings, catalog.ALL)


def pull(**given: object) -> PullRequest:
    """A pull request by ada into main, which grace may approve."""
    state: dict[str, object] = {
        "number": 7,
        "author": Person("ada"),
        "open": True,
        "draft": False,
        "fork": False,
        "base_ref": "main",
        "base_tip": "b" * 40,
        "head": HEAD,
        "rights": {"ada": "write", "grace": "write", "linus": "maintain", "guest": "read"},
        **given,
    }
    return PullRequest(**state)  # type: ignore[arg-type]  # a table of what a test sets


def case(
    before: Files,
    after: Files,
    settings: Config | None = None,
    *,
    pulls: Iterable[PullRequest] | None = None,
    promoted: Promoted | None = None,
) -> Case:
    """The case of a change from `before` to what `after` makes of it (an empty text: deleted)."""
    settings = settings or config()
    head_files = {path: text for path, text in {**before, **after}.items() if text}
    base, head = take(before, settings), take(head_files, settings)
    report = Report(
        tool=Tool(version="1"),
        repository=None,
        pull_request=7,
        base="b" * 40,
        head=HEAD,
        planned=Planned(commit=HEAD, tree=head.snapshot.tree),
        config_digest="",
        run=None,
        started_at="",
        seconds=0.0,
    )
    return Case(
        config=settings,
        config_path="gitops-ci.yml",
        base=base,
        head=head,
        stacks=affected.between(base, head),
        report=report,
        now=NOW,
        pull_requests=tuple(pulls) if pulls is not None else (pull(),),
        promoted=promoted,
    )


def reasons(found: Case) -> list[VerdictReason]:
    """What the rules say."""
    return list(promotion.reasons(found))


def told(found: Case) -> list[tuple[str, str, str | None]]:
    """Each reason as rule, decision and stack."""
    return [(each.rule.removeprefix(TOLD), each.decision, each.stack) for each in reasons(found)]


def review(who: str, *, state: str = "approved", commit: str = HEAD, hours: int = 0) -> Review:
    """A review of the head."""
    at = NOW + timedelta(hours=hours)
    return Review(id=hours + 1, by=Person(who), state=state, commit=commit, at=at)  # type: ignore[arg-type]  # one of the states


def label(by: str | None = "ada", *, name: str = "gitops-ci-hotfix", bot: bool = False) -> Label:
    """The hotfix label."""
    return Label(name=name, by=Person(by, bot=bot) if by else None)
