"""What is missing at both ends: what makes a plan fail, and what is only told."""

from __future__ import annotations

import pytest

from gitops_ci.config_kubernetes import Accepted
from gitops_ci.gate import verdict
from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.planning import lacking
from gitops_ci.model.plan import Change, Plan, Problem

URL = "https://github.com/acme/base?ref=v1.2.3"
PINNED = Gap(
    code="not-rendered", message=f"web takes {URL}", path="web/kustomization.yaml", line=3, what=URL, fixed="a"
)
MOVED = Gap(code="not-rendered", message=f"web takes {URL}", path="web/kustomization.yaml", line=9, what=URL, fixed="a")
PATCHED = Gap(
    code="not-rendered", message=f"web takes {URL}", path="web/kustomization.yaml", line=3, what=URL, fixed="b"
)
UNPINNED = Gap(code="not-rendered", message="web takes main", what="https://github.com/acme/base?ref=main")
ACCEPTED = (Accepted(source="https://github.com/acme/*", reason="reviewed where it is made"),)
DELETE = Change(address="ConfigMap a", type="ConfigMap", action="delete")
CREATE = Change(address="ConfigMap a", type="ConfigMap", action="create")


@pytest.mark.parametrize("head", [PINNED, MOVED])
def test_what_both_ends_lack_alike_is_told_and_no_reason_to_fail(head: Gap) -> None:
    found = lacking.between((PINNED,), (head,), ())
    assert found.failure(removed=False) is None
    assert [each.message for each in found.told] == [f"not rendered, and the same at both ends: {URL}"]
    assert found.is_sure(DELETE)
    assert found.is_sure(CREATE)


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (PINNED, PATCHED),
        (PINNED, None),
        (None, PINNED),
        (UNPINNED, UNPINNED),
    ],
)
def test_what_may_hide_a_change_fails(base: Gap | None, head: Gap | None) -> None:
    found = lacking.between([base] if base else [], [head] if head else [], ())
    failure = found.failure(removed=False)
    assert failure is not None
    assert failure.code == "not-rendered"
    assert found.told == ()


@pytest.mark.parametrize(("what", "code"), [("apps/wbe", "wrong-at-base"), ("", None)])
def test_a_path_that_was_wrong_at_base_hides_what_is_deployed(what: str, code: str | None) -> None:
    """What no engine took there is deployed nowhere; of a path nobody knows."""
    wrong = Gap(code="invalid", message="apps/wbe: there is no such directory", what=what)
    failure = lacking.between((wrong,), (), ()).failure(removed=False)
    assert (failure and failure.code) == code


def test_where_the_stack_goes_elsewhere_it_goes_with_it() -> None:
    assert lacking.between((PINNED,), (PINNED,), (), stays=False).failure(removed=False) is not None


@pytest.mark.parametrize(("base", "head"), [(PINNED, PATCHED), (None, PINNED), (PINNED, None), (UNPINNED, UNPINNED)])
def test_what_is_accepted_is_told(base: Gap | None, head: Gap | None) -> None:
    found = lacking.between([base] if base else [], [head] if head else [], ACCEPTED)
    assert found.failure(removed=False) is None
    assert found.failure(removed=True) is None
    assert [each.message for each in found.told][:1] == [
        f"not rendered, and accepted (reviewed where it is made): {(head or base or PINNED).what}"
    ]
    assert found.is_sure(DELETE)
    assert found.is_sure(CREATE)
    [unseen] = found.unseen
    assert (unseen.what, unseen.why) == (
        (head or base or PINNED).what,
        "not rendered, and accepted (reviewed where it is made)",
    )
    plan = Plan(stack="a/kubernetes/web", status="unchanged", reason=found.told[0], unseen=found.unseen)
    [line] = verdict.of((), plans=[plan], judges_pull_request=True).left_out
    assert line.startswith(f"what {unseen.what} deploys: {unseen.why}")


def test_what_is_accepted_and_the_same_is_no_change() -> None:
    assert lacking.between((PINNED,), (MOVED,), ACCEPTED).unseen == ()


@pytest.mark.parametrize(
    "gap",
    [
        Gap(code="plan-failed", message="kustomize cannot render web", what=URL),
        Gap(code="not-rendered", message="nobody says what"),
        Gap(code="not-rendered", message="x", what="https://github.com/other/base"),
    ],
)
def test_only_what_is_named_is_accepted(gap: Gap) -> None:
    assert lacking.between((), (gap,), ACCEPTED).failure(removed=False) is not None


def test_what_need_not_be_seen_is_in_the_verdict() -> None:
    told = lacking.between((PINNED,), (PINNED,), ()).told
    reason = Problem(code=told[0].code, message=f"{told[0].message}\n1 object differs only in checksums")
    plans = [
        *(Plan(stack=f"{each}/kubernetes/web", status="changed", reason=reason) for each in ("production", "staging")),
        Plan(
            stack="staging/kubernetes/a", status="changed", reason=Problem(code="folded", message="not rendered, and x")
        ),
    ]
    found = verdict.of((), plans=plans, judges_pull_request=True)
    assert found.decision == "pass"
    assert found.left_out == (f"not rendered, and the same at both ends: {URL} (production/kubernetes/web and 1 more)",)
