"""A directory that nobody was known to deploy, and that another stack takes: nothing of it goes."""

from __future__ import annotations

from pathlib import Path

from gitops_ci.kinds import kubernetes
from gitops_ci.model.plan import Plan
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, application, application_set, end, kustomization
from tests.unit.kinds.kubernetes.planning.test_stacks import actions

OTHER = DEPLOYMENT.replace("name: web", "name: other")
WEB: Files = {"web/kustomization.yaml": kustomization("a.yaml"), "web/a.yaml": DEPLOYMENT}
TAKEN: Files = {**WEB, "all/kustomization.yaml": kustomization("../web")}
PLAIN: Files = {"k8s/web/a.yaml": f"{DEPLOYMENT}---\n{OTHER}"}


def plan(base: Files, head: Files, stack: str, place: Path) -> Plan:
    before, after = end(base), end(head)
    assert stack not in after.stacks
    return kubernetes.plan(before.stacks[stack], before, after, Tools(place, lambda _: DEPLOYMENT))


def test_what_another_stack_takes_as_it_is_does_not_go(tmp_path: Path) -> None:
    found = plan(WEB, TAKEN, "shared/kubernetes/web", tmp_path)
    assert (found.status, actions(found)) == ("unchanged", [])
    assert found.reason is not None
    assert found.reason.code == "taken-over"
    assert found.reason.message.startswith("shared/kubernetes/all deploys this directory now")


def test_where_something_in_it_differs_nobody_can_say_and_it_is_told(tmp_path: Path) -> None:
    found = plan(WEB, {**TAKEN, "web/a.yaml": OTHER}, "shared/kubernetes/web", tmp_path)
    assert [each for each, _ in actions(found)] == ["delete"]
    assert found.reason is None, "nothing is left out of it"


def test_an_overlay_that_goes_is_not_taken_for_its_base(tmp_path: Path) -> None:
    base = {
        **{path.replace("web/", "base/"): text for path, text in WEB.items()},
        "overlays/a/kustomization.yaml": kustomization("../../base"),
        "overlays/b/kustomization.yaml": kustomization("../../base"),
    }
    head = {path: text for path, text in base.items() if not path.startswith("overlays/b")}
    id = next(each for each in end(base).stacks if each not in end(head).stacks)
    assert [each for each, _ in actions(plan(base, head, id, tmp_path))] == ["delete"]


def test_of_manifests_only_what_is_no_longer_in_them_goes(tmp_path: Path) -> None:
    [stack] = end(PLAIN).stacks
    parent = {"all/kustomization.yaml": kustomization("../k8s/web/a.yaml")}
    assert actions(plan(PLAIN, {**PLAIN, **parent}, stack, tmp_path)) == []
    fewer: Files = {"k8s/web/a.yaml": DEPLOYMENT, **parent}
    assert actions(plan(PLAIN, fewer, stack, tmp_path)) == [("delete", "apps/Deployment other")]


def test_what_a_set_in_the_directory_makes_is_no_taker(tmp_path: Path) -> None:
    base: Files = {"sets/apps.yaml": application_set("eu"), "apps/api/kustomization.yaml": kustomization()}
    head: Files = {**base, "root.yaml": application("root", "sets")}
    found = plan(base, head, "shared/kubernetes/sets", tmp_path)
    assert found.reason is not None
    assert found.reason.message.startswith("shared/kubernetes/root deploys this directory now")
