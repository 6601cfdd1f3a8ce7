"""What the doctor says of workflow files: a table of what makes a gate toothless, and files that are not what they seem."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config import Config, Environment
from gitops_ci.discover import snapshot
from gitops_ci.doctor import diagnosis, events, jobs, workflows
from gitops_ci.doctor.settings import Branch, Check, Settings
from gitops_ci.model.finding import Finding

SHA = "0" * 40
GATE = f"gitops-ci/gitops-ci/.github/workflows/gitops-pull-request.yml@{SHA}"
AGAIN = {"on": "pull_request_review", "jobs": {"again": {"uses": GATE.replace("gitops-pull-request", "re-gate")}}}
CHECKOUT = f"actions/checkout@{SHA}"


def workflow(on: Any = None, jobs: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "on": on if on is not None else ["pull_request", "merge_group"],
        "permissions": {},
        "jobs": jobs if jobs is not None else {"gitops": {"uses": GATE}},
        **more,
    }


def steps(*given: Any, **more: Any) -> dict[str, Any]:
    return {"job": {"runs-on": "ubuntu-24.04", "steps": list(given), **more}}


def found(files: dict[str, Any], config: Config | None = None, settings: Settings | None = None) -> list[Finding]:
    """JSON is YAML."""
    seen = snapshot.of(
        {
            f".github/workflows/{name}": each if isinstance(each, str | bytes) else json.dumps(each)
            for name, each in files.items()
        }
    )
    return list(diagnosis.findings(seen, config or Config(), settings, "gitops-ci"))


def rules(files: dict[str, Any], config: Config | None = None, settings: Settings | None = None) -> dict[str, str]:
    return {
        each.rule.removeprefix("doctor/"): each.severity
        for each in found({"again.yml": AGAIN, **files}, config, settings)
    }


def test_a_gate_as_it_should_be() -> None:
    assert rules({"gitops.yml": workflow()}) == {}


@pytest.mark.parametrize(
    "jobs",
    [
        steps({"uses": f"gitops-ci/gitops-ci@{SHA}", "with": {"command": "run"}}),
        steps({"uses": f"gitops-ci/gitops-ci@{SHA}"}),  # `run` is what the action does by itself
        steps({"uses": f"gitops-ci/gitops-ci@{SHA}", "with": {"command": "publish"}}),
        steps({"run": "gitops-ci --config a.yml -v publish reports"}),
        steps({"run": "gitops-ci --config=a.yml gate"}),
        steps({"run": "set -e\npython -I -m gitops_ci run --all"}),
        {"call": {"uses": "./.github/workflows/called.yml"}},
    ],
)
def test_a_gate_is_known_however_it_is_called(jobs: Any) -> None:
    called = workflow({"workflow_call": {}})
    assert "no-workflow" not in rules({"gitops.yml": workflow(jobs=jobs), "called.yml": called})


@pytest.mark.parametrize(
    "given",
    [
        workflow("push"),
        workflow(["push", "pull_request_target"]),
        workflow(jobs={"again": {"uses": GATE.replace("gitops-pull-request", "re-gate")}}),
        workflow(jobs={"lint": {"uses": f"acme/other-ci/.github/workflows/x.yml@{SHA}"}}),
        workflow(jobs={"call": {"uses": "./.github/workflows/gitops.yml"}}),  # itself, without end
        workflow(jobs=steps({"run": "echo gitops-ci is great"})),
        workflow(jobs=steps({"run": "gitops-ci policy run"})),
        workflow(jobs={}),
    ],
)
def test_what_is_no_gate(given: Any) -> None:
    assert rules({"gitops.yml": given})["no-workflow"] == "error"


BRANCHES = Config(environments=(Environment(name="production", branch="production"),))


@pytest.mark.parametrize(
    ("on", "listens"),
    [
        ({}, True),
        ({"branches": ["main", "production"]}, True),
        ({"branches": "prod*"}, True),
        ({"branches": ["**"]}, True),
        ({"branches": ["main"]}, False),
        ({"branches": ["*", "!production"]}, False),
        ({"branches": ["!production", "production"]}, True),
        ({"branches-ignore": ["production"]}, False),
        ({"branches-ignore": ["release/*"]}, True),
        ({"branches": []}, False),
        ({"branches": ["[a-z]+"]}, True),
        ({"branches": ["[z-a]"]}, False),
        ({"branches": ["*p" * 9]}, False),
        ({"branches": ["[a-z]+" * 40]}, False),
        ({"branches": [None, 7, {"a": 1}]}, False),
    ],
)
def test_a_filter_that_leaves_a_protected_branch_out(on: Any, *, listens: bool) -> None:
    given = rules({"gitops.yml": workflow({"pull_request": on, "merge_group": None})}, BRANCHES)
    assert given == ({} if listens else {"filtered-trigger": "error"})


@pytest.mark.parametrize("name", ["paths", "paths-ignore"])
def test_a_filter_of_paths(name: str) -> None:
    (told,) = found({"gitops.yml": workflow({"pull_request": {name: ["*.tf"]}, "merge_group": None}), "a.yml": AGAIN})
    assert (told.rule, told.path, told.line) == ("doctor/filtered-trigger", ".github/workflows/gitops.yml", 1)


def protected(**more: Any) -> Settings:
    return Settings(branches=(Branch(name="main", checks=(Check("gitops-ci", 99),), **more),))


@pytest.mark.parametrize(
    ("settings", "severity"),
    [(None, "notice"), (protected(queue="ALLGREEN"), "error"), (protected(), None)],
)
def test_the_merge_queue_is_listened_to_where_there_is_one(settings: Settings | None, severity: str | None) -> None:
    told = rules({"gitops.yml": workflow("pull_request")}, settings=settings)
    assert told.get("merge-group-missing") == severity


def test_reviews_are_listened_to() -> None:
    assert [each.rule for each in found({"gitops.yml": workflow()})] == ["doctor/not-judged-again"]


HEAD = "${{ github.event.pull_request.head.sha }}"


@pytest.mark.parametrize(
    ("on", "step", "more", "severity"),
    [
        ("pull_request_target", {"uses": CHECKOUT, "with": {"ref": HEAD}}, {}, "error"),
        ("pull_request_target", {"uses": CHECKOUT, "with": {"ref": "${{ github.head_ref }}"}}, {}, "error"),
        (
            "pull_request_target",
            {"uses": CHECKOUT, "with": {"ref": "refs/pull/${{ github.event.number }}/merge"}},
            {},
            "error",
        ),
        (
            "pull_request_target",
            {"uses": CHECKOUT, "with": {"repository": "${{ github.event.pull_request.head.repo.full_name }}"}},
            {},
            "error",
        ),
        ("pull_request_target", {"run": "gh pr checkout 7 && make"}, {}, "error"),
        ("pull_request_target", {"run": "git fetch origin\ngit checkout ${{ github.head_ref }}"}, {}, "error"),
        ("pull_request_target", {"uses": "./.github/workflows/called.yml"}, {}, "error"),
        (
            "pull_request_target",
            {"uses": CHECKOUT, "with": {"ref": HEAD}},
            {"if": "github.event.pull_request.head.repo.full_name == github.repository"},
            "warning",
        ),
        ("issue_comment", {"run": "gh pr checkout 7"}, {}, "warning"),
        (
            {"workflow_run": {}},
            {"uses": CHECKOUT, "with": {"ref": "${{ github.event.workflow_run.head_sha }}"}},
            {},
            "error",
        ),
        (
            {"workflow_run": {"branches": ["main"]}},  # a fork's branch can have that name
            {"uses": CHECKOUT, "with": {"ref": "${{ github.event.workflow_run.head_branch }}"}},
            {},
            "error",
        ),
        (
            {"workflow_run": {}},
            {"uses": CHECKOUT, "with": {"ref": "${{ github.event.workflow_run.head_sha }}"}},
            {"if": "github.event.workflow_run.event == 'push'"},
            None,
        ),
        ("pull_request_target", {"uses": CHECKOUT, "with": {"ref": "${{ needs.meta.outputs.sha }}"}}, {}, "warning"),
        (
            "pull_request_target",
            {"uses": CHECKOUT, "with": {"ref": "${{ github.event.pull_request.base.sha }}"}},
            {},
            None,
        ),
        ("pull_request_target", {"uses": CHECKOUT, "with": {"ref": "${{ github.base_ref }}"}}, {}, None),
        ("pull_request_target", {"uses": CHECKOUT, "with": {"ref": "release-1"}}, {}, None),
        ("pull_request_target", {"uses": CHECKOUT}, {}, None),
        ("pull_request_target", {"run": "git checkout main"}, {}, None),
        ("pull_request", {"uses": CHECKOUT, "with": {"ref": HEAD}}, {}, None),
    ],
)
def test_a_strangers_code_with_all_secrets(on: Any, step: Any, more: Any, severity: str | None) -> None:
    called = workflow("workflow_call", steps({"uses": CHECKOUT, "with": {"ref": HEAD}}))
    files = {"gitops.yml": workflow(), "called.yml": called, "other.yml": workflow(on, steps(step, **more))}
    assert rules(files).get("target-checkout") == severity
    whose = {"error": "takes the code of any pull request", "warning": "what somebody who may write lets in|may take"}
    told = [each.message for each in found(files) if each.rule == "doctor/target-checkout"]
    assert all(re.search(whose[severity or "error"], each) for each in told)
    assert all("any pull request" in each for each in told if "may take" in each)


PLAN = {"uses": f"gitops-ci/gitops-ci@{SHA}", "with": {"command": "plan"}}
RUN = {"uses": f"gitops-ci/gitops-ci@{SHA}", "with": {"command": "run"}}


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        (workflow(jobs=steps(PLAN, permissions={"statuses": "write"})), "error"),
        (workflow(jobs=steps(PLAN, permissions={"checks": "write"})), "error"),
        (workflow(jobs=steps(PLAN), permissions="write-all"), "error"),
        (workflow(jobs=steps(RUN, permissions={"statuses": "write"})), "warning"),
        (workflow(jobs=steps(RUN, permissions="write-all")), "warning"),
        (workflow("push", steps({"run": "make"}), permissions="write-all"), "warning"),
        (workflow(jobs=steps(PLAN, permissions={"contents": "read"}), permissions="write-all"), None),
        (workflow(jobs=steps(PLAN, permissions="read-all")), None),
        (workflow("push", {"a": {"steps": []}}), None),
    ],
)
def test_tokens_that_may_too_much(given: Any, severity: str | None) -> None:
    seen = {
        each.rule: each.severity for each in reversed(found({"gate.yml": workflow(), "x.yml": given, "a.yml": AGAIN}))
    }
    worst = "error" if severity == "error" else seen.get("doctor/token-too-wide")
    told = [each.severity for each in found({"gate.yml": workflow(), "x.yml": given}) if each.rule.endswith("-wide")]
    assert (severity in told) if severity else told == []
    assert worst == severity


def test_a_gate_that_names_no_permissions() -> None:
    bare = {"on": ["pull_request", "merge_group"], "jobs": {"gitops": {"uses": GATE}}}
    assert rules({"gitops.yml": bare}) == {"token-too-wide": "warning"}
    bare["jobs"]["gitops"]["permissions"] = {}  # type: ignore[index]  # plain data
    assert rules({"gitops.yml": bare}) == {}


@pytest.mark.parametrize(
    ("uses", "pinned"),
    [
        ("actions/checkout@v6", False),
        ("actions/checkout@main", False),
        ("actions/checkout@" + "a" * 39, False),
        ("actions/checkout", False),
        (f"actions/checkout@{SHA}", True),
        (f"acme/shared/.github/workflows/x.yml@{SHA}", True),
        ("./tools/action", True),
        ("docker://alpine:3", False),
        ("docker://alpine@sha256:" + "a" * 64, True),
    ],
)
def test_actions_by_a_name_that_can_be_moved(uses: str, *, pinned: bool) -> None:
    told = rules({"gitops.yml": workflow(), "ci.yml": workflow("push", steps({"uses": uses}))})
    assert told == ({} if pinned else {"unpinned-action": "warning"})


def test_many_that_are_not_pinned_are_not_told_one_by_one() -> None:
    many = [{"uses": f"acme/a{number}@v1"} for number in range(60)]
    told = [each for each in found({"ci.yml": workflow("push", steps(*many))}) if each.rule == "doctor/unpinned-action"]
    assert len(told) == jobs.MOST + 1
    assert told[-1].message.startswith("35 more")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "on: [pull_request\n",
        "a: *x\n",
        b"\xff\xfe",
        "jobs: 7\n",
        "x",
        "on: push\n",
        "- " * 5000,
        "{" * 5000,
    ],
)
def test_what_is_no_workflow_is_said_and_nothing_breaks(text: str | bytes) -> None:
    told = {each.rule: each for each in found({"gitops.yml": workflow(), "bad.yaml": text, "a.yml": AGAIN})}
    assert list(told) == ["doctor/workflow-unreadable"]
    assert told["doctor/workflow-unreadable"].path == ".github/workflows/bad.yaml"


def test_what_lies_elsewhere_is_no_workflow() -> None:
    seen = snapshot.of({".github/workflows/sub/a.yml": "x", ".github/a.yml": "x", "workflows/a.yml": "x"})
    assert workflows.read(seen) == ((), ())


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["pull_request", GATE, "run"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "on",
                    "jobs",
                    "steps",
                    "uses",
                    "run",
                    "with",
                    "if",
                    "permissions",
                    "pull_request",
                    "branches",
                    "environment",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(on=ODD, jobs=ODD, permissions=ODD)
def test_any_shape_is_read(on: Any, jobs: Any, permissions: Any) -> None:
    value = {"on": on, "jobs": jobs if isinstance(jobs, dict) else {"a": jobs}, "permissions": permissions}
    for each in found({"gitops.yml": value}, BRANCHES):
        assert each.rule.startswith("doctor/")


@given(pattern=st.text(alphabet="*?+[]!a-z/()|{}^$.\\", max_size=40))
def test_any_pattern_ends(pattern: str) -> None:
    seen, _ = workflows.read(
        snapshot.of({".github/workflows/a.yml": json.dumps(workflow({"pull_request": {"branches": [pattern]}}))})
    )
    assert isinstance(list(events.findings(seen, ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",), queue=None)), list)
