"""`gitops-ci gate` on what enters production: staging had it first, for long enough, or somebody lets a hotfix in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command_line import Outcome
from tests.integration.github_server import Server
from tests.integration.test_publish_command import MIGRATIONS, SQL, Job

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY);\n"
ENTERS = {f"{MIGRATIONS}/002_orders.sql": ORDERS}
STAGING = MIGRATIONS.replace("production", "staging")


def opened(place: Path, github: Server, base: Mapping[str, str], head: dict[str, str], **gate: Any) -> Job:
    """A pull request of octocat's, into a branch whose configuration asks for promotion and nothing else."""
    production = {"name": "production", "promotes_from": "staging", "gate": {"promotion": "block", **gate}}
    config = json.dumps({"version": 1, "environments": [{"name": "staging"}, production]})
    before = {f"{STAGING}/001_users.sql": next(iter(SQL.values())), "gitops-ci.yml": config, **base}
    job = Job(place, github, head, before)
    github.repository.branches["main"] = job.base
    github.repository.pushed(job.head, "octocat")
    return job


def gated(job: Job) -> tuple[Outcome, dict[str, Any], set[str]]:
    planned = job.run("plan", "--head", "HEAD", token=None).out / "report.json"
    place = job.scratch.path.parent / "gated"
    outcome = job.run("gate", str(planned), "--out", str(place))
    report = json.loads((place / "report.json").read_bytes())
    return outcome, report, {each["rule"] for each in report["verdict"]["reasons"]}


def test_what_staging_does_not_have_may_not_enter(tmp_path: Path, github: Server) -> None:
    outcome, report, rules = gated(opened(tmp_path, github, {}, ENTERS))
    assert (outcome.code, rules) == (1, {"gate/promotion-missing"}), outcome.stderr
    (reason,) = report["verdict"]["reasons"]
    assert "migration 002_orders" in reason["message"]


def test_what_staging_has_enters(tmp_path: Path, github: Server) -> None:
    outcome, report, rules = gated(opened(tmp_path, github, {f"{STAGING}/002_orders.sql": ORDERS}, ENTERS))
    assert (outcome.code, rules) == (0, set()), report["verdict"]


def test_both_at_once_is_not_first(tmp_path: Path, github: Server) -> None:
    outcome, _, rules = gated(opened(tmp_path, github, {}, {**ENTERS, f"{STAGING}/002_orders.sql": ORDERS}))
    assert (outcome.code, rules) == (1, {"gate/promotion-missing"})


def test_it_has_to_be_there_for_long_enough(tmp_path: Path, github: Server) -> None:
    base = {f"{STAGING}/002_orders.sql": ORDERS}
    outcome, report, rules = gated(opened(tmp_path, github, base, ENTERS, soak="24h"))
    assert (outcome.code, rules) == (1, {"gate/promotion-soak"})
    assert report["verdict"]["reasons"][0]["remedy"].startswith("wait until ")


@pytest.mark.parametrize(("label", "review", "code"), [("ann", "ann", 0), ("octocat", "ann", 1), ("ann", None, 1)])
def test_a_hotfix(tmp_path: Path, github: Server, label: str, review: str | None, code: int) -> None:
    job = opened(tmp_path, github, {}, ENTERS)
    github.repository.label("gitops-ci-hotfix", label)
    if review is not None:
        github.repository.review(review, commit=job.head)
    outcome, report, rules = gated(job)
    assert outcome.code == code, report["verdict"]
    assert rules == (set() if code == 0 else {"gate/promotion-missing"})
