"""Stacks that are told by what deploys them: it goes, is renamed by its neighbours, or takes something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.kinds import kubernetes
from gitops_ci.model import stack as stacks
from gitops_ci.model.plan import Plan
from gitops_ci.model.stack import Stack
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, application, end
from tests.unit.kinds.kubernetes.planning.test_stacks import actions, never

AT = "environments/production/kubernetes/shop"
SYNCED = "  syncPolicy: {automated: {}}\n"
GONE = ("delete", "apps/Deployment web/web")


def plan(base: Files, head: Files, place: Path, id: str = "production/kubernetes/shop") -> Plan:
    one, other = end(base), end(head)
    return kubernetes.plan(one.stacks.get(id) or other.stacks[id], one, other, Tools(place, never))


def files(*applications: str, at: str = AT) -> Files:
    named = {f"argo/{index}.yaml": text for index, text in enumerate(applications)}
    return {
        **named,
        "argo/other.yaml": application("other", "other"),
        "other/a.yaml": DEPLOYMENT,
        f"{at}/a.yaml": DEPLOYMENT,
    }


@pytest.mark.parametrize(("finalizer", "action"), [(True, "delete"), (False, "forget")])
def test_the_stack_goes_with_what_deploys_it_though_its_directory_stays(
    finalizer: bool, action: str, tmp_path: Path
) -> None:
    base, head = files(application("shop", AT, finalizer=finalizer)), files()
    assert "production/kubernetes/shop" in end(head).stacks
    found = plan(base, head, tmp_path)
    assert actions(found) == [(action, "apps/Deployment web/web")]
    assert found.reason is not None
    assert (found.reason.code, found.reason.message) == (
        "deployer-gone",
        "Application shop, which deployed it, is gone",
    )


def test_a_kustomization_of_flux_that_prunes_takes_all_with_it(tmp_path: Path) -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: shop}}\n"
        f"spec: {{{{path: {AT}, prune: {{}}, sourceRef: {{{{kind: GitRepository, name: flux-system}}}}}}}}\n"
    )
    base = {"clusters/production/shop.yaml": flux.format("true"), f"{AT}/a.yaml": DEPLOYMENT}
    one, other = end(base), end({f"{AT}/a.yaml": DEPLOYMENT})
    stack = one.stacks["production/kubernetes/shop"]
    text = f"{DEPLOYMENT.replace('web', 'web, namespace: web')}"
    tools = Tools(tmp_path, lambda _: text)
    assert actions(kubernetes.plan(stack, one, other, tools)) == [GONE]


def test_a_second_one_that_comes_makes_another_name_and_no_change(tmp_path: Path) -> None:
    base = files(application("shop", AT))
    head = files(application("shop", AT), application("shop-production", AT))
    known: list[Stack] = [each for each in end(head).stacks.values() if "shop" in each.id]
    assert len(known) == 2
    assert "production/kubernetes/shop" not in end(head).stacks
    found = plan(base, head, tmp_path)
    assert (found.status, found.changes) == ("unchanged", ())
    assert found.reason is not None
    assert found.reason.code == "renamed"
    told = {each.id: actions(plan(base, head, tmp_path, each.id)) for each in known}
    assert sorted(map(len, told.values())) == [0, 1]
    back = plan(head, base, tmp_path)
    assert (back.status, back.changes) == ("unchanged", ())


def test_what_differs_is_told_by_both_names(tmp_path: Path) -> None:
    """What only base reads reaches the old one, and nothing else does."""
    base = {**files(application("shop", AT, more=SYNCED)), f"{AT}/b.yaml": DEPLOYMENT.replace("web", "b")}
    head = files(application("shop", AT, more=SYNCED), application("shop-production", AT))
    assert actions(plan(base, head, tmp_path)) == [("forget", "apps/Deployment web/b")]


def test_what_deploys_something_of_elsewhere_now_is_not_known(tmp_path: Path) -> None:
    """It is there, so nobody deletes what it deployed; what is there now nobody here can say."""
    base = files(application("shop", AT, finalizer=True))
    away = application("shop", "not/here", finalizer=True).replace("acme/gitops", "acme/other")
    found = plan(base, files(away), tmp_path)
    assert (found.status, found.changes) == ("failed", ())
    assert found.reason is not None
    assert found.reason.message.startswith("not rendered: Application shop takes what it deploys from elsewhere")


def test_another_environment_is_another_stack(tmp_path: Path) -> None:
    """What goes from production is told there; the Application is still there, so that only pruning would delete it."""
    other = AT.replace("production", "staging")
    base = {**files(application("shop", AT, finalizer=True)), f"{other}/a.yaml": DEPLOYMENT}
    head = {**files(application("shop", other, finalizer=True, more=SYNCED)), f"{other}/a.yaml": DEPLOYMENT}
    assert actions(plan(base, head, tmp_path)) == [("forget", GONE[1])]


@pytest.mark.parametrize(
    ("policy", "action", "reason"),
    [
        ("", "delete", "deleted if whoever syncs the Application prunes, else left behind"),
        ("  syncPolicy: {automated: {enabled: false, prune: true}}\n", "delete", "deleted if whoever syncs"),
        (SYNCED, "forget", "left behind: nothing prunes it"),
        ("  syncPolicy: {automated: {prune: true}}\n", "delete", ""),
    ],
)
def test_who_syncs_by_hand_may_prune(policy: str, action: str, reason: str, tmp_path: Path) -> None:
    head = files(application("shop", AT, more=policy))
    base = {**head, f"{AT}/b.yaml": DEPLOYMENT.replace("web", "b")}
    (found,) = plan(base, head, tmp_path).changes
    assert found.action == action
    assert reason in (found.reason or "")
    assert bool(found.reason) == bool(reason)


def test_a_stack_without_ends_is_as_it_was(tmp_path: Path) -> None:
    stack = stacks.make(environment="production", kind="kubernetes", name="shop", path=AT)
    found = kubernetes.plan(stack, None, end(files()), Tools(tmp_path, never))
    assert [action for action, _ in actions(found)] == ["create"]


@pytest.mark.parametrize("suspended", [True, False])
def test_a_suspended_kustomization_applies_nothing_until_it_is_resumed(suspended: bool, tmp_path: Path) -> None:
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop}\n"
        f"spec: {{path: {AT}, suspend: {str(suspended).lower()}, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n"
    )
    base, head = (
        end({"clusters/production/shop.yaml": flux, f"{AT}/a.yaml": f"{DEPLOYMENT}# {each}"}) for each in "ab"
    )
    texts = iter([DEPLOYMENT, f"{DEPLOYMENT}spec: {{replicas: 2}}\n"])
    found = kubernetes.plan(
        head.stacks["production/kubernetes/shop"], base, head, Tools(tmp_path, lambda _: next(texts))
    )
    said = found.reason.message if found.reason is not None else ""
    told = "Kustomization shop is suspended: nothing of this is applied until it is resumed"
    assert (found.status, said) == ("changed", told if suspended else "")
