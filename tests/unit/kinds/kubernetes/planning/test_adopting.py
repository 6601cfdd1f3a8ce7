"""A directory that nobody was known to deploy, and an Application of the change itself that says it does."""

from __future__ import annotations

from pathlib import Path

from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, application
from tests.unit.kinds.kubernetes.planning.test_following import AT, plan
from tests.unit.kinds.kubernetes.planning.test_stacks import actions

BASE: Files = {f"{AT}/a.yaml": DEPLOYMENT, f"{AT}/b.yaml": DEPLOYMENT.replace("web", "other")}
CHANGED = DEPLOYMENT + "spec: {replicas: 9}\n"
MORE = DEPLOYMENT.replace("web", "more")


def test_what_a_new_deployer_hides_is_not_decided(tmp_path: Path) -> None:
    """It leaves out what is new; who deploys the directory today does not."""
    hiding = application("shop", AT, more="    directory: {exclude: more.yaml}\n")
    found = plan(BASE, {**BASE, f"{AT}/more.yaml": MORE, "docs/shop.yaml": hiding}, tmp_path)
    assert found.reason is not None
    assert (found.status, found.reason.code, found.reason.path) == ("failed", "not-rendered", "docs/shop.yaml")
    assert "nothing here was known to deploy" in found.reason.message


def test_a_new_deployer_that_hides_nothing_is_welcome(tmp_path: Path) -> None:
    """Objects without a namespace get one, labels are put on: what differs in the directory shows all the same."""
    adopted = {**BASE, f"{AT}/a.yaml": CHANGED, f"{AT}/more.yaml": MORE, "argo/shop.yaml": application("shop", AT)}
    found = plan(BASE, adopted, tmp_path)
    assert found.status == "changed"
    assert ("create", "apps/Deployment web/more") in actions(found)


def test_without_a_change_of_the_directory_nothing_is_asked(tmp_path: Path) -> None:
    options = "    directory: {exclude: a.yaml}\n"
    found = plan(BASE, {**BASE, "argo/shop.yaml": application("shop", AT, more=options)}, tmp_path)
    assert found.status == "changed"
