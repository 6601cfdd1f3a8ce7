"""What real git history says of promotions: how long, what was there before, and environments that are branches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gitops_ci.config import Config
from gitops_ci.config_gate import Gate
from gitops_ci.discover import affected, inventory
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.gate import promotion
from gitops_ci.gate.case import Case
from gitops_ci.gate.promoted import Promoted
from gitops_ci.kinds import catalog
from gitops_ci.system import promoted
from gitops_ci.system.git import Repository
from tests.integration.repositories import IDENTITY, Scratch
from tests.unit.gate.promotion import scenarios

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
STAGING = "environments/staging/k8s/kustomization.yaml"
PRODUCTION = "environments/production/k8s/kustomization.yaml"
STACK = "production/kubernetes/main"


def tag(version: str) -> str:
    return f"kind: Kustomization\nimages:\n  - name: r.example/api\n    newTag: '{version}'\n"


def piece(version: str) -> tuple[str, str, str]:
    return "image", "r.example/api", version


class History:
    """A repository whose commits are made at times that a test says."""

    def __init__(self, path: Path) -> None:
        self.scratch = Scratch(path / "repository")
        self._private = path / "private"
        self._private.mkdir()
        self.opened: list[Repository] = []

    def commit(self, files: Mapping[str, str], hours_ago: float) -> str:
        at = f"{int((NOW - timedelta(hours=hours_ago)).timestamp())} +0000"
        self.scratch.write(files)
        self.scratch.git("add", "--all")
        self.dated(at, "commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.scratch.git("rev-parse", "HEAD")

    def dated(self, at: str, *arguments: str) -> None:
        before = {name: os.environ.get(name) for name in ("GIT_COMMITTER_DATE", "GIT_AUTHOR_DATE")}
        os.environ.update(GIT_COMMITTER_DATE=at, GIT_AUTHOR_DATE=at)
        try:
            self.scratch.git(*arguments)
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def repository(self, path: Path | None = None) -> Repository:
        found = Repository(
            path or self.scratch.path, exact=False, environ={**os.environ, **IDENTITY}, scratch=self._private
        )
        self.opened.append(found)
        return found


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    found = History(tmp_path)
    yield found
    for repository in found.opened:
        repository.close()


def asked(repository: Repository, base: str, head: str, config: Config, **pull: object) -> tuple[Case, Promoted]:
    """The case of a merge of `head` into `base`, and what git says of it."""

    def take(snapshot: Snapshot) -> Inventory:
        return inventory.take(snapshot, config, catalog.ALL)

    before = take(repository.at(base))
    after = take(repository.at(head, near=before.snapshot))
    empty = scenarios.case({}, {}, config, pulls=[scenarios.pull(head=head, **pull)])
    case = msgspec.structs.replace(empty, base=before, head=after, stacks=affected.between(before, after), now=NOW)
    found = promoted.of(case, repository, take)
    return msgspec.structs.replace(case, promoted=found), found


def change(history: History, base: str, version: str) -> str:
    """A pull request that brings a version to production."""
    history.scratch.git("checkout", "--quiet", "-B", "change", base)
    head = history.commit({PRODUCTION: tag(version)}, 0.1)
    history.scratch.git("checkout", "--quiet", "main")
    return head


SOAK = scenarios.config(Gate(promotion="block", soak="24h"))


def test_since_when_staging_has_it(history: History) -> None:
    history.commit({STAGING: tag("1"), PRODUCTION: tag("1")}, 100)
    history.commit({STAGING: tag("2")}, 30)
    base = history.commit({"README.md": "nothing"}, 2)
    case, found = asked(history.repository(), base, change(history, base, "2"), SOAK)
    assert found.since == {(STACK, piece("2")): NOW - timedelta(hours=30)}
    assert list(promotion.reasons(case)) == []


def test_a_break_begins_the_time_anew(history: History) -> None:
    history.commit({STAGING: tag("2"), PRODUCTION: tag("1")}, 100)
    history.commit({STAGING: tag("1")}, 50)
    base = history.commit({STAGING: tag("2")}, 3)
    case, found = asked(history.repository(), base, change(history, base, "2"), SOAK)
    assert found.since == {(STACK, piece("2")): NOW - timedelta(hours=3)}
    assert [each.rule for each in promotion.reasons(case)] == ["gate/promotion-soak"]


def test_a_merged_branch_counts_from_its_merge(history: History) -> None:
    history.commit({STAGING: tag("1"), PRODUCTION: tag("1")}, 100)
    history.scratch.git("checkout", "--quiet", "-b", "feature")
    history.commit({STAGING: tag("2")}, 90)
    history.scratch.git("checkout", "--quiet", "main")
    at = f"{int((NOW - timedelta(hours=5)).timestamp())} +0000"
    history.dated(at, "merge", "--quiet", "--no-ff", "--message", "merge", "feature")
    base = history.scratch.git("rev-parse", "HEAD")
    _, found = asked(history.repository(), base, change(history, base, "2"), SOAK)
    assert found.since == {(STACK, piece("2")): NOW - timedelta(hours=5)}


def test_dates_that_cannot_be_true(history: History) -> None:
    history.commit({STAGING: tag("1"), PRODUCTION: tag("1")}, 10)
    history.commit({STAGING: tag("2")}, 1000)  # says that it is older than the one before it
    base = history.commit({STAGING: tag("2") + "# more\n"}, 5)
    _, found = asked(history.repository(), base, change(history, base, "2"), SOAK)
    assert found.since == {(STACK, piece("2")): NOW - timedelta(hours=10)}
    base = history.commit({STAGING: tag("3")}, -1000)  # says that it is of next month
    _, found = asked(history.repository(), base, change(history, base, "3"), SOAK)
    assert found.since == {(STACK, piece("3")): NOW}


def test_what_production_had_before_may_come_back(history: History) -> None:
    history.commit({STAGING: tag("1"), PRODUCTION: tag("1")}, 100)
    history.commit({STAGING: tag("2")}, 90)
    base = history.commit({PRODUCTION: tag("2")}, 50)
    case, found = asked(history.repository(), base, change(history, base, "1"), SOAK)
    assert found.before == {(STACK, piece("1"))}
    assert list(promotion.reasons(case)) == []
    case, found = asked(history.repository(), base, change(history, base, "3"), SOAK)
    assert found.before == frozenset()
    assert [each.rule for each in promotion.reasons(case)] == ["gate/promotion-missing"]


def test_a_shallow_clone_knows_no_more_than_it_has(history: History, tmp_path: Path) -> None:
    history.commit({STAGING: tag("1"), PRODUCTION: tag("1")}, 100)
    history.commit({STAGING: tag("2")}, 60)
    base = history.commit({"README.md": "nothing"}, 5)
    head = change(history, base, "2")
    clone = tmp_path / "clone"
    history.scratch.git(
        "clone", "--quiet", "--depth=2", "--branch=change", f"file://{history.scratch.path}", str(clone)
    )
    case, found = asked(history.repository(clone), base, head, SOAK)
    assert found.lacking == "this clone is shallow"
    assert found.since == {(STACK, piece("2")): NOW - timedelta(hours=5)}
    assert [each.decision for each in promotion.reasons(case)] == ["blocked"]


def test_git_is_not_asked_where_nothing_needs_it(history: History) -> None:
    base = history.commit({STAGING: tag("2"), PRODUCTION: tag("1")}, 100)
    _, found = asked(history.repository(), base, change(history, base, "2"), scenarios.config())
    assert found == Promoted()


BRANCHES = scenarios.config(Gate(promotion="block", soak="24h"), branch="production", staging="main")
APP = "apps/api/k8s/kustomization.yaml"


def release(history: History, *, hours: float) -> str:
    """A branch `production` behind `main`, which has had version 2 for some hours."""
    base = history.commit({APP: tag("1")}, 100)
    history.scratch.git("branch", "production")
    history.commit({APP: tag("2")}, hours)
    return base


def test_a_branch_that_is_merged_into_the_next(history: History) -> None:
    base = release(history, hours=30)
    head = history.scratch.git("rev-parse", "main")
    history.commit({APP: tag("3")}, 1)
    case, found = asked(history.repository(), base, head, BRANCHES, base_ref="production")
    upstream = found.upstream["production"]
    assert (upstream.has_head, upstream.since) == (True, NOW - timedelta(hours=30))
    assert list(promotion.reasons(case)) == []


def test_a_commit_beside_the_branch_before(history: History) -> None:
    base = release(history, hours=30)
    history.scratch.git("checkout", "--quiet", "-b", "side", "production")
    picked = history.commit({APP: tag("2")}, 1)
    other = history.commit({APP: tag("9")}, 1)
    case, found = asked(history.repository(), base, picked, BRANCHES, base_ref="production")
    assert (found.upstream["production"].has_head, list(promotion.reasons(case))) == (False, [])
    case, _ = asked(history.repository(), base, other, BRANCHES, base_ref="production")
    (reason,) = promotion.reasons(case)
    assert (reason.rule, reason.decision) == ("gate/promotion-missing", "blocked")
    assert reason.message == f"1 file is not as the branch main has it: {APP}"


def test_a_branch_that_has_it_for_too_short_a_time(history: History) -> None:
    base = release(history, hours=3)
    head = history.scratch.git("rev-parse", "main")
    case, _ = asked(history.repository(), base, head, BRANCHES, base_ref="production")
    assert [(each.rule, each.decision) for each in promotion.reasons(case)] == [("gate/promotion-soak", "blocked")]


def test_a_branch_that_the_clone_lacks(history: History) -> None:
    base = release(history, hours=30)
    head = history.scratch.git("rev-parse", "main")
    history.scratch.git("checkout", "--quiet", "production")
    history.scratch.git("branch", "--quiet", "-D", "main")
    case, _ = asked(history.repository(), base, head, BRANCHES, base_ref="production")
    assert [(each.rule, each.decision) for each in promotion.reasons(case)] == [("gate/promotion-unknown", "undecided")]


def test_another_branch_is_not_judged(history: History) -> None:
    base = release(history, hours=3)
    head = history.scratch.git("rev-parse", "main")
    case, found = asked(history.repository(), base, head, BRANCHES, base_ref="topic")
    assert (found, list(promotion.reasons(case))) == (Promoted(), [])


def test_what_is_looked_at_has_an_end(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promoted, "MOST_SNAPSHOTS", 2)
    history.commit({STAGING: tag("2"), PRODUCTION: tag("1")}, 100)
    base = ""
    for number in range(3):
        base = history.commit({STAGING: tag("2") + f"# {number}\n"}, 9 - number)
    case, found = asked(history.repository(), base, change(history, base, "2"), SOAK)
    assert found.since == {(STACK, piece("2")): NOW - timedelta(hours=8)}
    assert [each.rule for each in promotion.reasons(case)] == ["gate/promotion-soak"]
    case, found = asked(history.repository(), base, change(history, base, "9"), SOAK)
    assert found.before == frozenset()
