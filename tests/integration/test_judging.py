"""Findings of the policy step as they count, through the command line with real git: renames, duplicates, notices."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from gitops_ci.model.finding import Finding
from gitops_ci.system import checkov
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

CONFIG = "version: 1\npolicy: {builtin: {}}\n"
WEB = "environments/production/kubernetes/web"
NET = "environments/production/terraform/net"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec:
  containers:
    - name: sh
      image: busybox
    - name: two
      image: busybox
"""
REGO = """\
package acme

deny contains msg if {
	input.kind == "Pod"
	some container in input.spec.containers
	msg := sprintf("%s has no limits", [container.name])
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    made = Scratch(tmp_path / "repository")
    made.commit({"gitops-ci.yml": CONFIG, "README.md": "x"})
    return made


def checked(repository: Scratch, *arguments: str) -> Outcome:
    return gitops_ci(repository.path, "policy", "run", *arguments)


def reasons(outcome: Outcome) -> dict[str, str]:
    """What the verdict says, by rule."""
    verdict = outcome.report.verdict
    return {each.rule: each.message for each in verdict.reasons} if verdict is not None else {}


def states(findings: tuple[Finding, ...], rule: str) -> list[str]:
    return [each.state for each in findings if each.rule.startswith(rule)]


@pytest.mark.parametrize("altered", [False, True])
def test_a_renamed_file_takes_its_findings_along(repository: Scratch, altered: bool) -> None:
    base = repository.commit({f"{WEB}/pod.yaml": POD, "shared/security/policies/acme.rego": REGO})
    before = states(checked(repository, "--all").report.findings, "")
    repository.git("mv", f"{WEB}/pod.yaml", f"{WEB}/other.yaml")
    repository.commit({f"{WEB}/other.yaml": POD + ("  restartPolicy: Never\n" if altered else "")})
    outcome = checked(repository, "--base", base)
    assert (outcome.code, outcome.report.findings[0].path) == (0, f"{WEB}/other.yaml")
    assert states(outcome.report.findings, "") == ["existing"] * len(before)
    assert states(outcome.report.findings, "rego/") == ["existing"] * 2


def test_a_renamed_file_keeps_what_is_new_in_it(repository: Scratch) -> None:
    base = repository.commit({f"{WEB}/pod.yaml": POD})
    repository.git("mv", f"{WEB}/pod.yaml", f"{WEB}/other.yaml")
    repository.commit({f"{WEB}/other.yaml": POD + "    - {name: three, image: busybox}\n"})
    outcome = checked(repository, "--base", base)
    assert outcome.code == 1
    new = {each.message.split(": ")[1] for each in outcome.report.findings if each.state == "new"}
    assert new == {"container three"}


def test_a_renamed_root_keeps_what_is_known_of_it(repository: Scratch) -> None:
    module = 'module "a" {\n  source = "git::https://git.example/a.git"\n}\n'
    base = repository.commit({f"{NET}/main.tf": module})
    repository.git("mv", f"{NET}/main.tf", f"{NET}/modules.tf")
    repository.commit()
    outcome = gitops_ci(repository.path, "plan", "--base", base)
    assert states(outcome.report.findings, "terraform/module-unpinned") == ["existing"]


def test_a_comment_that_waives_goes_with_its_file(repository: Scratch) -> None:
    rule = "builtin/kubernetes-image-tag"
    pod = POD.replace("- name: sh", f"# gitops-ci: allow {rule} because it is a toy\n    - name: sh")
    base = repository.commit({f"{WEB}/pod.yaml": pod})
    repository.git("mv", f"{WEB}/pod.yaml", f"{WEB}/other.yaml")
    repository.commit()
    found = [
        each
        for each in checked(repository, "--base", base).report.findings
        if each.rule in (rule, "policy/waiver-requested")
    ]
    assert [(each.rule, each.waived_by is not None) for each in found] == [(rule, True), (rule, False)]


def test_what_judges_changes_belongs_to_no_stack(repository: Scratch) -> None:
    config = """\
version: 1
policy: {rego: [{path: policies, data: [limits]}], waivers: shared/waivers.yml, baseline: shared/baseline.json}
"""
    base = repository.commit({"gitops-ci.yml": config, "policies/acme.rego": REGO, "limits/limits.yaml": "most: 1\n"})
    repository.commit(
        {
            "policies/acme.rego": REGO.replace("limits", "bounds"),
            "policies/deep/more.rego": REGO.replace("acme", "more"),
            "limits/limits.yaml": "most: 2\n",
            "shared/waivers.yml": "version: 1\n",
            "shared/baseline.json": '{"schema": "gitops-ci/baseline/1"}',
            ".github/CODEOWNERS": "* @acme/platform\n",
        }
    )
    outcome = gitops_ci(repository.path, "run", "--base", base)
    assert (outcome.code, reasons(outcome).get("checks/unclaimed")) == (0, None)
    assert "rego/changed" in outcome.rules()
    gone = repository.commit()
    repository.git("rm", "--quiet", "policies/deep/more.rego")
    repository.commit({"other/lost.rego": REGO})
    outcome = gitops_ci(repository.path, "run", "--base", gone)
    assert reasons(outcome)["checks/unclaimed"].endswith("knows: other/lost.rego")


def test_policies_that_a_change_turns_on_are_compiled(repository: Scratch) -> None:
    base = repository.commit()
    turned_on = "version: 1\npolicy: {rego: [{path: policies}]}\n"
    repository.commit({"gitops-ci.yml": turned_on, "policies/x.rego": "package acme.x\ndeny contains msg if {\n"})
    for arguments in (("policy", "run"), ("run",)):
        outcome = gitops_ci(repository.path, *arguments, "--base", base)
        assert outcome.code == 1
        assert {"config/changed", "rego/changed", "rego/invalid"} <= outcome.rules()
    repository.commit({"policies/x.rego": "package acme.x\n"})
    assert "rego/no-policies" in checked(repository, "--base", base).rules()
    repository.commit({"policies/x.rego": REGO})
    outcome = gitops_ci(repository.path, "run", "--base", base)
    assert (outcome.code, outcome.rules() & {"rego/invalid", "rego/no-policies"}) == (0, set())


def test_policies_that_lie_there_already_are_compiled_when_they_are_turned_on(repository: Scratch) -> None:
    base = repository.commit({"policies/x.rego": "package acme.x\ndeny contains msg if {\n"})
    repository.commit({"gitops-ci.yml": "version: 1\npolicy: {rego: [{path: policies}]}\n"})
    assert "rego/invalid" in checked(repository, "--base", base).rules()


def test_a_configuration_that_nobody_could_be_judged_by_blocks(repository: Scratch) -> None:
    base = repository.commit()
    repository.commit({"gitops-ci.yml": "version: 1\npolicy: {severity2: 1}\n"})
    outcome = checked(repository, "--base", base)
    assert outcome.code == 1
    assert "config/invalid" in outcome.rules()


WITH_CHECKOV = "version: 1\npolicy: {builtin: {}, checkov: {frameworks: [kubernetes]}}\n"


@pytest.mark.skipif(
    not (Path(f"{checkov.BESIDE}") / "bin/python").is_file(), reason="no checkov beside this Python: `make checkov`"
)
def test_an_object_that_two_checkers_find_fault_with_is_told_once(repository: Scratch) -> None:
    shop = POD.replace("name: debug", "name: debug, namespace: shop")
    repository.commit({"gitops-ci.yml": WITH_CHECKOV, f"{WEB}/pod.yaml": POD + "---\n" + shop})
    found = checked(repository, "--all").report.findings
    root = [each for each in found if each.rule == "builtin/kubernetes-run-as-non-root"]
    assert [(each.address, each.line, each.also) for each in root] == [
        (address, line, ("checkov/CKV_K8S_23",))
        for address, line in (("Pod debug", 6), ("Pod debug", 8), ("Pod shop/debug", 16), ("Pod shop/debug", 18))
    ]
    assert "checkov/CKV_K8S_23" not in {each.rule for each in found}
    assert {each.address for each in found if each.rule.startswith("checkov/")} == {"Pod debug", "Pod shop/debug"}


def test_findings_of_a_manifest_name_the_object(repository: Scratch) -> None:
    listed = "apiVersion: v1\nkind: PodList\nitems:\n  - metadata: {name: a, namespace: shop}\n    spec: {containers: [{name: c, image: x}]}\n"
    repository.commit({f"{WEB}/pod.yaml": POD, f"{WEB}/list.yaml": listed, "shared/security/policies/acme.rego": REGO})
    found = checked(repository, "--all").report.findings
    assert {each.address for each in found if each.path == f"{WEB}/pod.yaml"} == {"Pod debug"}
    assert {each.rule.partition("/")[0] for each in found if each.address == "Pod debug"} == {"builtin", "rego"}
    assert {each.address for each in found if each.path == f"{WEB}/list.yaml" and each.rule.startswith("builtin/")} <= {
        "Pod shop/a"
    }


def test_the_baseline_of_a_folder_lies_in_it(repository: Scratch) -> None:
    repository.commit({"infra/gitops-ci.yml": CONFIG, "infra/deploy/pod.yaml": POD})
    assert gitops_ci(repository.path, "--repo", "infra", "policy", "baseline").code == 0
    assert (repository.path / "infra/gitops-ci-baseline.json").is_file()
    assert not (repository.path / "gitops-ci-baseline.json").exists()
    repository.commit()
    outcome = gitops_ci(repository.path, "--repo", "infra", "policy", "run", "--all")
    assert (outcome.code, {*states(outcome.report.findings, "builtin/")}) == (0, {"existing"})


def waivers(*rules: str, place: str = "path: environments/production/**") -> str:
    """A waivers file for these rules, for a month from now."""
    until = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)).isoformat()
    said = f'{place}\n    reason: we know of it and accept it\n    owner: "@acme/platform"\n    until: {until}\n'
    return "version: 1\nwaivers:\n" + "".join(f"  - rule: {rule}\n    {said}" for rule in rules)


def unused(outcome: Outcome) -> set[str]:
    """The rules of the waivers that nothing needs."""
    told = [each.message for each in outcome.report.findings if each.rule == "policy/waiver-unused"]
    return {message.split(" in ")[0].removeprefix("the waiver of ") for message in told}


def test_what_nothing_needs_is_told_by_those_who_looked(repository: Scratch) -> None:
    needed, idle = "builtin/kubernetes-image-tag", "builtin/kubernetes-internal-load-balancer"
    kept = waivers(needed, idle, "secrets/token", "builtin/terraform-encryption", "layout/missing-readme")
    repository.commit({f"{WEB}/pod.yaml": POD, f"{NET}/main.tf": "", "gitops-ci-waivers.yml": kept})
    assert unused(checked(repository, "--all")) == {idle, "secrets/token"}  # no plan was given, no layout looked at
    assert unused(gitops_ci(repository.path, "run", "--all")) >= {idle, "secrets/token", "layout/missing-readme"}
    assert unused(checked(repository, "--all", "--environment", "production")) == set()


def test_a_waiver_of_a_file_that_is_gone_is_told(repository: Scratch) -> None:
    rules = ("builtin/kubernetes-image-tag", "secrets/token")
    base = repository.commit(
        {f"{WEB}/pod.yaml": POD, "gitops-ci-waivers.yml": waivers(*rules, place=f"path: {WEB}/pod.yaml")}
    )
    repository.commit({"README.md": "y"})
    assert unused(checked(repository, "--base", base)) == set()
    repository.git("rm", "--quiet", f"{WEB}/pod.yaml")
    repository.commit()
    assert unused(checked(repository, "--base", base)) == {*rules}


def test_what_the_baseline_counts_and_is_gone_is_told(repository: Scratch) -> None:
    repository.commit({f"{WEB}/pod.yaml": POD})
    gitops_ci(repository.path, "policy", "baseline")
    base = repository.commit()
    assert "policy/baseline-stale" not in checked(repository, "--all").rules()
    repository.git("rm", "--quiet", f"{WEB}/pod.yaml")
    repository.commit()
    for arguments in (("--all",), ("--base", base)):
        told = [
            each for each in checked(repository, *arguments).report.findings if each.rule == "policy/baseline-stale"
        ]
        assert len(told) == 1


LEAKED = "k3X9s1Qz7LmP2" + "vT8wR4"


@pytest.mark.parametrize("name", ["leak.auto.tfvars", "leak.auto.tfvars.json"])
def test_a_var_file_that_a_later_commit_takes_away(repository: Scratch, name: str) -> None:
    base = repository.commit({f"{NET}/main.tf": 'variable "pin" {\n  sensitive = true\n}\n'})
    content = {"db_password": LEAKED, "pin": LEAKED[::-1]}
    lines = "".join(f'{key} = "{value}"\n' for key, value in content.items())
    repository.commit({f"{NET}/{name}": json.dumps(content) if name.endswith("json") else lines})
    repository.git("rm", "--quiet", f"{NET}/{name}")
    repository.commit()
    outcome = checked(repository, "--base", base)
    assert outcome.code == 1
    assert {each.rule for each in outcome.report.findings if each.path == f"{NET}/{name}"} == {"secrets/tfvars"}
    assert all(name in str(outcome.report.findings) for name in content)
    assert not any(value in outcome.stdout + outcome.comment for value in content.values())


def test_the_way_out_of_a_secret_in_the_history(repository: Scratch) -> None:
    base = repository.commit()
    repository.commit({"app/x.env": f"DB_PASSWORD={LEAKED}\n"})
    repository.git("rm", "--quiet", "app/x.env")
    repository.commit()
    (found,) = (each for each in checked(repository, "--base", base).report.findings if each.path == "app/x.env")
    assert "rebase" in found.help
    until = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=9)).isoformat()
    line = found.help.split("`")[3].replace("YYYY-MM-DD", until).replace("DATE", "Monday")
    branch = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "--quiet", "-B", "mended", base)
    merged = repository.commit({"gitops-ci-waivers.yml": f"version: 1\nwaivers:\n  {line}\n"})
    repository.git("checkout", "--quiet", "-B", "change", branch)
    repository.git("rebase", "--quiet", merged)
    outcome = checked(repository, "--base", merged)
    assert outcome.code == 0
    assert [each.waived_by is not None for each in outcome.report.findings if each.path == "app/x.env"] == [True]


def test_every_mistake_of_a_file_is_told_at_once_and_in_its_line(repository: Scratch) -> None:
    base = repository.commit()
    broken = waivers("builtin/kubernetes-run-as-nonroot", "layot/x").replace("path: ", "pth: ", 1)
    repository.commit(
        {
            "gitops-ci.yml": "version: 1\nlayout: {presett: article}\npolicy:\n  severity: {layout/requird: error}\n",
            "gitops-ci-waivers.yml": broken,
        }
    )
    found = checked(repository, "--base", base).report.findings
    told = {(each.rule, each.line) for each in found if each.rule.endswith("invalid")}
    assert told == {
        ("config/invalid", 2),
        ("config/invalid", 4),
        *(("policy/waivers-invalid", line) for line in (3, 4, 8)),
    }
    assert not any("\n" in each.message for each in found)


def test_rules_of_others_that_nothing_is_called_like_are_told(repository: Scratch) -> None:
    named = waivers("checkov/CKV_AWS_20000", "checkov/CKV_AWS_20", "checkov/*", "rego/acmee", "rego/acme", "rego/un*")
    repository.commit({"gitops-ci-waivers.yml": named, "shared/security/policies/acme.rego": REGO})
    found = checked(repository, "--all").report.findings
    told = [(each.line, each.message.split("?")[0]) for each in found if each.rule == "policy/rule-unknown"]
    assert [line for line, _ in told] == [3, 18]
    assert told[1][1] == "no rule is called rego/acmee; did you mean rego/acme"


def test_secrets_that_a_baseline_leaves_out_are_counted(repository: Scratch) -> None:
    assert "not in it" not in gitops_ci(repository.path, "policy", "baseline").stdout
    repository.commit({"app/x.env": f"DB_PASSWORD={LEAKED}\n"})
    assert gitops_ci(repository.path, "policy", "baseline").stdout.endswith(
        "1 secret is not in it: no baseline holds secrets\n"
    )
