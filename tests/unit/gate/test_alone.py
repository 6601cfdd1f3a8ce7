"""What somebody does who works alone, as docs/configuration.md says it: then nobody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.gate import rules
from gitops_ci.model.plan import Change
from gitops_ci.model.pull_request import PullRequest, Review
from tests.unit.gate.scene import ALICE, NETWORK_FILE, case, plan, pull, review

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text()
WRITTEN = PAGE.split("#### Alone\n", 1)[1].split("```yaml\nversion: 1\n", 1)[1].split("```", 1)[0]
DECIDING = {NETWORK_FILE: "# other\n", ".github/workflows/gitops.yml": "on: push\n"}
DELETED = plan(Change(address="aws_db_instance.a", type="aws_db_instance", action="delete", destructive=True))
PEOPLE = {"approvals", "owners", "destroy", "loosening"}


def blocking(pull_request: PullRequest, config: str, owners: str = "") -> set[str]:
    files = {".github/CODEOWNERS": owners} if owners else {}
    judged = case(pull_request, config=config, changes=DECIDING, files=files, plans=[DELETED])
    families = (rules.OF_THE_PULL_REQUEST[name] for name in PEOPLE)
    return {reason.rule for family in families for reason in family(judged) if reason.decision != "pass"}


@pytest.mark.parametrize("reviews", [(), (review(ALICE),)])
def test_alone(reviews: tuple[Review, ...]) -> None:
    own = pull(*reviews)
    assert blocking(own, "") == {"gate/approvals-missing", "gate/destroy", "gate/deciding-files"}
    assert blocking(own, WRITTEN) == set()
    assert blocking(own, WRITTEN, owners="* @alice\n") == {"gate/deciding-files"}
