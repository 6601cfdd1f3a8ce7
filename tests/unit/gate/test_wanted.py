"""What is read of a pull request: nothing where nothing is asked, and every team that somebody is asked of."""

from __future__ import annotations

from gitops_ci.gate import wanted
from gitops_ci.model.plan import Change
from gitops_ci.model.pull_request import Wanted
from tests.unit.gate.scene import MODULE_FILE, NETWORK_FILE, STAGING_FILE, case, plan

EVERYTHING = """environments:
  - {name: staging}
  - name: production
    gate:
      approvals: 1
      owners: true
      destroy: all
      approvers: {teams: [acme/sre], users: [dave]}
      by_kind: {terraform: {approvers: {teams: [acme/terraform], users: [Bob]}}}
      override: {label: lift, approvers: {teams: [acme/leads]}}
"""
OWNERS = {".github/CODEOWNERS": "/environments/ @acme/owners\n/modules/ @acme/modules it@acme.example\n"}


def test_nothing_is_read_where_nothing_is_asked() -> None:
    assert wanted.of(case(changes={STAGING_FILE: None})) == Wanted(neighbours=True)  # for the order of both


def test_everybody_who_is_asked_is_read() -> None:
    deleted = plan(Change(address="a", type="t", action="delete"))
    found = wanted.of(case(config=EVERYTHING, files=OWNERS, changes={MODULE_FILE: "#\n"}, plans=[deleted]))
    assert set(found.teams) == {"acme/terraform", "acme/leads", "acme/owners", "acme/modules"}
    assert found.users == ("Bob",)
    assert set(found.labels) == {"gitops-ci-destroy", "lift"}
    assert found.reviews
    assert found.commits
    assert found.pushers
    assert found.rights


def test_a_waiver_that_is_asked_for_asks_its_owner() -> None:
    comment = "# gitops-ci: allow terraform/module-unpinned because it is ours\n"
    files = {**OWNERS, STAGING_FILE: "terraform {}\n"}
    found = wanted.of(case(files=files, changes={STAGING_FILE: comment}))
    assert found.teams == ("acme/owners",)
    assert found.labels == ()


def test_production_asks_by_itself() -> None:
    found = wanted.of(case(changes={NETWORK_FILE: "#\n"}))
    assert (found.reviews, found.teams, found.labels) == (True, (), ())
