from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.config import Checkov, Config, Policy
from gitops_ci.discover import snapshot
from gitops_ci.discover.snapshot import Snapshot, changed_paths
from gitops_ci.errors import ToolError
from gitops_ci.model import stack
from gitops_ci.model.plan import Engine
from gitops_ci.policy.checkov import step
from gitops_ci.policy.checkov.job import Answer, Answers, Ending, Failed, Job
from gitops_ci.policy.scope import Scope, Told

NAMED = "production/terraform/network"
STACK = stack.make(environment="production", kind="terraform", name="network", path="live")
ENGINE = Engine(name="checkov", version="3.3.30", source="embedded")
BUCKET = 'resource "aws_s3_bucket" "a" {\n}\n'


class Fake:
    """Answers each scan with what it is given under its name; a scan without an answer is passed over."""

    def __init__(self, ending: Ending = "finished", **answers: dict[str, Any] | None) -> None:
        self.ending = ending
        self.given = {name.replace("_", "/", 1): each for name, each in answers.items()}
        self.jobs: list[Job] = []
        self.renders_charts = False

    def run(self, job: Job) -> Answers:
        self.jobs.append(job)
        told = []
        for scan in job.scans:
            answer = self.given.get(
                "/".join(scan.name.split("/")[:2]) if scan.snapshot else scan.name.split("/")[0], {}
            )
            if answer is not None:
                told.append(Answer(scan=scan.name, **{"checks": ("CKV_1",), **answer}))
        return Answers(engine=ENGINE, ending=self.ending, answers=tuple(told))

    @property
    def scans(self) -> dict[str, tuple[str, ...]]:
        return {scan.name: scan.files for job in self.jobs for scan in job.scans}


def failed(
    path: str, *, check: str = "CKV_AWS_20", resource: str = "aws_s3_bucket.a", line: int = 1, end: int = 2
) -> Failed:
    return Failed(check=check, name="Ensure it", resource=resource, path=path, line=line, end=end)


def told(
    checker: Fake,
    head: dict[str, str],
    base: dict[str, str] | None = None,
    *,
    settings: Checkov | None = None,
    **more: Any,
) -> Told:
    after, before = snapshot.of(head), snapshot.of(base) if base is not None else None
    changed = frozenset(changed_paths(before, after)) if before is not None else frozenset[str]()
    rules: Snapshot = before or after
    config = Config(policy=Policy(checkov=settings or Checkov()))
    given = {"paths": tuple(sorted(head)), "stacks": {NAMED: STACK}, **more}
    return step.check(Scope(rules=rules, base=before, head=after, config=config, changed=changed, **given), checker)


def plan(tmp_path: Path, *addresses: str, before: tuple[str, ...] = (), actions: str = "update") -> dict[str, Path]:
    def module(names: tuple[str, ...]) -> dict[str, Any]:
        return {"root_module": {"resources": [{"address": each, "mode": "managed", "values": {}} for each in names]}}

    document = {
        "planned_values": module(addresses),
        "prior_state": {"values": module(before)},
        "resource_changes": [{"address": each, "change": {"actions": [actions]}} for each in addresses],
    }
    place = tmp_path / "plan.json"
    place.write_text(json.dumps(document))
    return {NAMED: place}


def codes(answer: Told) -> list[str]:
    return [problem.code for problem in answer.run.problems]


# What is asked


def test_nothing_is_started_where_there_is_nothing_to_look_at() -> None:
    fake = Fake()
    answer = told(fake, {"README.md": "x", "a/x.tfvars": "a = 1"})
    assert (answer.findings, answer.run.engine, answer.run.problems, fake.jobs) == ((), None, (), [])


def test_a_stack_with_a_plan_is_not_read_once_more(tmp_path: Path) -> None:
    fake = Fake(plan={"resources": ("p:a",)})
    files = {"live/main.tf": BUCKET, "modules/m/main.tf": BUCKET, "other/main.tf": BUCKET}
    owners = {"live/main.tf": (NAMED,), "modules/m/main.tf": (NAMED, "production/terraform/other")}
    answer = told(fake, files, plans=plan(tmp_path, "a.b"), owners=owners)
    assert fake.scans == {f"plan/{NAMED}": (), "head/terraform": ("modules/m/main.tf", "other/main.tf")}
    assert codes(answer) == []


def test_frameworks_choose(tmp_path: Path) -> None:
    fake = Fake()
    files = {"live/main.tf": BUCKET, "Dockerfile": "FROM x"}
    settings = Checkov(frameworks=("terraform",))
    told(fake, files, settings=settings, plans=plan(tmp_path, "a.b"), owners={"live/main.tf": (NAMED,)})
    assert fake.scans == {"head/terraform": ("live/main.tf",)}


def test_base_is_asked_about_what_differs_only() -> None:
    fake = Fake()
    base = {
        "Dockerfile": "FROM a",
        "b/Dockerfile": "FROM b",
        "gone/Dockerfile": "FROM c",
        "x/a.tf": BUCKET,
        "x/b.tf": "",
    }
    told(
        fake,
        {**base, "Dockerfile": "FROM z", "new/Dockerfile": "FROM n", "x/b.tf": "# b"} | {"gone/Dockerfile": ""},
        base,
    )
    assert fake.scans["base/dockerfile"] == ("Dockerfile", "gone/Dockerfile")
    assert fake.scans["base/terraform"] == ("x/a.tf", "x/b.tf")
    head = {path: text for path, text in base.items() if not path.startswith("gone")}
    again = Fake()
    told(again, head, base)
    assert again.scans["base/dockerfile"] == ("gone/Dockerfile",)
    assert "base/terraform" not in again.scans


def test_custom_checks_are_read_where_the_rules_are() -> None:
    fake = Fake()
    base = {"checks/a.py": "1", "checks-of-others/b.py": "2", "Dockerfile": ""}
    told(fake, {"Dockerfile": "x", "checks/new.py": "3"}, base, settings=Checkov(custom_checks="checks/"))
    assert fake.jobs[0].custom == ("checks/a.py",)
    assert fake.jobs[0].custom_root == "checks"


# What is told


def test_files_are_new_existing_or_fixed() -> None:
    base = {"Dockerfile": "FROM a", "b/Dockerfile": "FROM b"}
    fake = Fake(
        head_dockerfile={"findings": (failed("Dockerfile", check="CKV_DOCKER_1"), failed("b/Dockerfile"))},
        base_dockerfile={"findings": (failed("Dockerfile", check="CKV_DOCKER_2"),)},
    )
    states = {
        (found.rule, found.path): found.state for found in told(fake, {**base, "Dockerfile": "FROM z"}, base).findings
    }
    assert states == {
        ("checkov/CKV_DOCKER_1", "Dockerfile"): "new",
        ("checkov/CKV_AWS_20", "b/Dockerfile"): "existing",
        ("checkov/CKV_DOCKER_2", "Dockerfile"): "fixed",
    }


def test_a_plan_is_compared_with_the_state_and_leads_to_its_file(tmp_path: Path) -> None:
    both = (failed("", resource="aws_s3_bucket.a"), failed("", check="CKV_X_1", resource="aws_s3_bucket.a"))
    fake = Fake(plan={"findings": both, "resources": ("1",)}, before={"findings": both[1:], "resources": ("1",)})
    files = {"live/main.tf": "\n" + BUCKET}
    documents = plan(tmp_path, "aws_s3_bucket.a", before=("aws_s3_bucket.a",))
    answer = told(fake, files, {"live/main.tf": BUCKET}, plans=documents, owners={"live/main.tf": (NAMED,)})
    assert [(found.path, found.line, found.stack, found.state, found.severity) for found in answer.findings] == [
        ("live/main.tf", 2, NAMED, "new", "error"),
        ("live/main.tf", 2, NAMED, "existing", "warning"),
    ]


def test_a_plan_that_changes_nothing_is_asked_once(tmp_path: Path) -> None:
    fake = Fake(plan={"findings": (failed("", resource="a.b"),), "resources": ("1",)})
    documents = plan(tmp_path, "a.b", before=("a.b",), actions="no-op")
    answer = told(fake, {}, {}, plans=documents)
    assert list(fake.scans) == [f"plan/{NAMED}"]
    assert [found.state for found in answer.findings] == ["existing"]


def test_a_skip_of_base_waives_and_a_new_one_asks() -> None:
    base = {"x/main.tf": 'resource "aws_s3_bucket" "a" {\n  # checkov:skip=CKV_AWS_20:site\n}\n'}
    head = {"x/main.tf": base["x/main.tf"] + base["x/main.tf"].replace('"a"', '"b"')}
    fake = Fake(
        head_terraform={
            "findings": (
                failed("x/main.tf", line=1, end=3),
                failed("x/main.tf", line=4, end=6, resource="aws_s3_bucket.b"),
            )
        }
    )
    first, second, request = told(fake, head, base).findings
    assert first.waived_by is not None
    assert first.waived_by.reason == "site"
    assert second.waived_by is None
    assert (request.rule, request.severity, request.line) == ("policy/waiver-requested", "warning", 4)
    assert "gitops-ci-waivers.yml" in request.help


def test_without_a_base_every_skip_counts() -> None:
    head = {"Dockerfile": "FROM a\n# checkov:skip=CKV_AWS_20:old\n"}
    [found] = told(Fake(head_dockerfile={"findings": (failed("Dockerfile"),)}), head).findings
    assert found.waived_by is not None


def test_one_owner_is_the_stack_and_of_more_none() -> None:
    fake = Fake(head_dockerfile={"findings": (failed("Dockerfile"), failed("b/Dockerfile"))})
    owners = {"Dockerfile": ("a/kubernetes/x",), "b/Dockerfile": ("a/kubernetes/x", "b/kubernetes/x")}
    found = told(fake, {"Dockerfile": "", "b/Dockerfile": ""}, owners=owners).findings
    assert [each.stack for each in found] == ["a/kubernetes/x", None]


@pytest.mark.parametrize("check", ["../../etc", "", "CKV\n::error::", "x" * 200])
def test_an_odd_id_of_a_custom_check_is_no_rule(check: str) -> None:
    [found] = told(
        Fake(head_dockerfile={"findings": (failed("Dockerfile", check=check),)}), {"Dockerfile": ""}
    ).findings
    assert found.rule == "checkov/unknown"


def test_an_address_that_is_no_web_page_is_not_linked() -> None:
    odd = Failed(check="C_1", name="n", guideline="javascript:alert(1)", resource="r", path="Dockerfile")
    [found] = told(Fake(head_dockerfile={"findings": (odd,)}), {"Dockerfile": ""}).findings
    assert found.url == "https://www.checkov.io/5.Policy%20Index/dockerfile.html"


def test_what_was_not_read_is_told_and_existing_where_it_is_unchanged() -> None:
    manifest = "apiVersion: v1\nkind: Pod\n"
    base = {"a.yaml": "apiVersion: [\nkind", "b.yaml": manifest, "c/Dockerfile": ""}
    head = {**base, "b.yaml": manifest + "# x", "c/Dockerfile": "x"}
    answers = {"objects": {"b.yaml": 0}}
    fake = Fake(
        head_kubernetes=answers,
        base_kubernetes={"objects": {"b.yaml": 1}},
        head_dockerfile={"unread": ("c/Dockerfile",)},
    )
    states = {found.path: found.state for found in told(fake, head, base).findings}
    assert states == {"a.yaml": "existing", "b.yaml": "new", "c/Dockerfile": "new"}


def test_charts_are_named_and_a_problem_where_they_are_asked_for() -> None:
    files = {"chart/Chart.yaml": "", "chart/templates/x.yaml": "apiVersion kind"}
    [found] = told(Fake(), files).findings
    assert (found.rule, found.severity, found.path) == ("checkov/chart-not-rendered", "notice", "chart/Chart.yaml")
    asked = told(Fake(), files, settings=Checkov(frameworks=("helm",)))
    assert (asked.findings, codes(asked)) == ((), ["checkov-helm"])


def test_a_new_chart_that_nobody_looked_at_leaves_the_change_undecided() -> None:
    """It may be there for nothing else than to keep checkov from what lies beside it."""
    base = {
        "old/Chart.yaml": "",
        "old/templates/a.yaml": "kind: {{ x }}",
        "web/pod.yaml": "apiVersion: v1\nkind: Pod\n",
    }
    fake = Fake(head_kubernetes={"objects": {"web/pod.yaml": 1}})
    answer = told(fake, {**base, "Chart.yaml": "name: x", "old/templates/a.yaml": "kind: {{ y }}"}, base)
    assert [(problem.code, problem.path) for problem in answer.run.problems] == [("checkov-chart", "Chart.yaml")]
    assert [found.path for found in answer.findings] == ["old/Chart.yaml"]
    assert fake.scans["head/kubernetes"] == ("web/pod.yaml",)


def test_a_skip_in_an_altered_block_waives_nothing_new() -> None:
    block = 'resource "aws_s3_bucket" "a" {\n  # checkov:skip=CKV_AWS_20:site\n}\n'
    altered = {"x/main.tf": block.replace("}", '  acl = "public-read"\n}')}
    answer = failed("x/main.tf", line=1, end=4)
    new, request = told(Fake(head_terraform={"findings": (answer,)}), altered, {"x/main.tf": block}).findings
    assert (new.state, new.waived_by, request.rule) == ("new", None, "policy/waiver-requested")
    assert "altered" in request.message
    both = Fake(head_terraform={"findings": (answer,)}, base_terraform={"findings": (answer,)})
    [known] = told(both, altered, {"x/main.tf": block}).findings
    assert (known.state, known.waived_by) == ("existing", None)


# What leaves a question open


class Missing(Fake):
    def run(self, job: Job) -> Answers:
        raise ToolError("checkov is not there", hint="install it")


def test_a_missing_checkov_is_no_pass() -> None:
    answer = told(Missing(), {"Dockerfile": ""})
    assert codes(answer) == ["checkov-missing"]
    assert answer.run.problems[0].message == "checkov is not there: install it"
    assert answer.run.engine is None


@pytest.mark.parametrize("ending", ["timeout", "cancelled", "memory", "crashed"])
def test_however_it_ended_early_it_is_told_and_what_was_found_is_kept(ending: Ending) -> None:
    fake = Fake(ending, head_dockerfile={"findings": (failed("Dockerfile"),)}, head_terraform=None)
    answer = told(fake, {"Dockerfile": "", "x/main.tf": BUCKET})
    assert codes(answer) == [f"checkov-{ending}"]
    assert "head/terraform" in answer.run.problems[0].message
    assert len(answer.findings) == 1


def test_a_scan_without_an_answer_is_a_problem() -> None:
    assert codes(told(Fake(head_terraform=None), {"x/main.tf": BUCKET})) == ["checkov-finished"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "KeyError"}, "checkov-broke"),
        ({"left": {"CKV_AWS_289": 7}}, "checkov-slow"),
        ({"broken": {"CKV_AWS_1": 1}}, "checkov-broken-check"),
    ],
)
def test_what_a_scan_left_out_is_a_problem(answer: dict[str, Any], code: str) -> None:
    assert codes(told(Fake(head_terraform=answer), {"x/main.tf": BUCKET})) == [code]


@pytest.mark.parametrize("resources", [(), ("1",), ("1", "2", "3")])
def test_resources_of_a_plan_are_counted(resources: tuple[str, ...], tmp_path: Path) -> None:
    answer = told(Fake(plan={"resources": resources}), {}, plans=plan(tmp_path, "a.b", "c.d"))
    assert codes(answer) == ["checkov-resources"]
    assert f"saw {len(resources)} of the 2" in answer.run.problems[0].message


def test_a_plan_that_is_none_is_a_problem_and_its_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{")
    fake = Fake()
    owners = {"live/main.tf": (NAMED,)}
    answer = told(fake, {"live/main.tf": BUCKET}, plans={NAMED: tmp_path / "plan.json"}, owners=owners)
    assert codes(answer) == ["checkov-plan"]
    assert fake.scans == {"head/terraform": ("live/main.tf",)}
