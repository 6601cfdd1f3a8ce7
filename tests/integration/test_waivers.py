"""Waivers and the baseline through the command line, with real git: what base has counts, what head brings asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.repositories import Scratch

CONFIG = "version: 1\npolicy: {severity: {terraform/module-unpinned: error}}\n"
MAIN = """\
terraform {
  backend "s3" {
    bucket = "acme"
  }
}

module "a" {
  source = "git::https://git.example/a.git"
}
"""
ALLOW = " # gitops-ci: allow terraform/module-unpinned because it is ours"
ROOT = "environments/production/terraform/net/main.tf"
WAIVER = """\
version: 1
waivers:
  - rule: terraform/module-unpinned
    stack: production/terraform/net
    reason: we release from its main branch
    owner: "@acme/platform"
    until: 2999-01-01
"""


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    made = Scratch(tmp_path / "repository")
    made.commit({"gitops-ci.yml": CONFIG, "README.md": "x"})
    return made


def waiver(days: int = 30) -> str:
    """The waivers file with a last day so many days from now."""
    import datetime

    until = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)
    return WAIVER.replace("2999-01-01", until.isoformat())


def judged(repository: Scratch, base: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    """The exit code of `layout`, and its findings by rule."""
    outcome = gitops_ci(repository.path, "layout", "--base", base, "--format", "json")
    found: dict[str, list[dict[str, object]]] = {}
    for each in outcome.json()["findings"] if outcome.stdout else ():
        found.setdefault(each["rule"], []).append(each)
    return outcome.code, found


def test_a_waiver_counts_from_base_and_asks_from_head(repository: Scratch) -> None:
    bare = repository.commit()
    repository.commit({ROOT: MAIN, "gitops-ci-waivers.yml": waiver()})
    code, found = judged(repository, bare)
    assert code == 1
    assert "@acme/platform" in str(found["policy/waiver-requested"][0]["message"])
    assert found["terraform/module-unpinned"][0]["waived_by"] is None

    agreed = repository.commit({ROOT: "# nothing yet\n"})
    repository.commit({ROOT: MAIN})
    code, found = judged(repository, agreed)
    assert code == 0
    assert found["terraform/module-unpinned"][0]["waived_by"] == {
        "what": "gitops-ci-waivers.yml:3",
        "owner": "@acme/platform",
        "reason": "we release from its main branch",
        "until": json.loads(json.dumps(waiver().split("until: ")[1].strip())),
    }
    shown = gitops_ci(repository.path, "layout", "--base", agreed).stdout
    assert "1 waived" in shown
    assert "we release from its main branch" in shown


def test_an_expired_waiver_holds_up_all_but_what_mends_it(repository: Scratch) -> None:
    base = repository.commit({"gitops-ci-waivers.yml": waiver(days=-1)})
    repository.commit({"README.md": "y"})
    code, found = judged(repository, base)
    assert (code, list(found)) == (1, [*found])
    assert found["policy/waiver-expired"][0]["line"] == 3
    repository.commit({"gitops-ci-waivers.yml": waiver()})
    assert judged(repository, base)[0] == 0


def test_a_broken_file_of_base_is_a_mistake_of_the_configuration(repository: Scratch) -> None:
    broken = "version: 1\nwaivers:\n- {rule: layout/requird}\n"
    base = repository.commit()
    repository.commit({"gitops-ci-waivers.yml": broken})
    code, found = judged(repository, base)
    assert code == 1
    told = [(each["path"], each["line"], str(each["message"])) for each in found["policy/waivers-invalid"]]
    owner = ("gitops-ci-waivers.yml", 3, "waivers[0].owner: missing; expected text of at most 100 characters")
    assert owner in told
    assert "did you mean layout/required?" in str(told)  # what no schema says, in the same go
    outcome = gitops_ci(repository.path, "layout", "--base", "HEAD")
    assert outcome.code == 2
    assert "gitops-ci-waivers.yml:3: waivers[0].owner: missing" in outcome.stderr


def test_a_comment_cannot_be_put_beside_something_else(repository: Scratch) -> None:
    waived = MAIN.replace('a.git"', f'a.git"{ALLOW}')
    base = repository.commit({ROOT: waived})
    repository.commit({ROOT: "# moved down\n" + waived})
    code, found = judged(repository, base)
    assert code == 0
    assert found["terraform/module-unpinned"][0]["waived_by"] is not None

    other = MAIN.replace('"a"', '"b"').replace("a.git", "b.git").partition("module")[2]
    repository.commit({ROOT: f"{MAIN}\nmodule{other}".replace('b.git"', f'b.git"{ALLOW}')})
    code, found = judged(repository, base)
    assert code == 1
    assert {each["line"] for each in found["terraform/module-unpinned"] if each["waived_by"]} == set()
    assert found["policy/waiver-requested"]


def baseline(repository: Scratch, *arguments: str) -> Outcome:
    outcome = gitops_ci(repository.path, "policy", "baseline", *arguments)
    assert outcome.code == 0, outcome.stderr
    return outcome


def test_a_baseline_hides_what_is_there_and_nothing_more(repository: Scratch) -> None:
    repository.commit({ROOT: MAIN})
    assert gitops_ci(repository.path, "layout").code == 1
    said = baseline(repository).stdout
    assert "added, 0 taken out)" in said
    first = (repository.path / "gitops-ci-baseline.json").read_bytes()
    assert gitops_ci(repository.path, "layout").code == 0
    assert json.loads(baseline(repository, "--format", "json").stdout) == json.loads(first)
    assert (repository.path / "gitops-ci-baseline.json").read_bytes() == first

    repository.write({ROOT: MAIN + '\nmodule "b" {\n  source = "git::https://git.example/b.git"\n}\n'})
    assert gitops_ci(repository.path, "layout").code == 1
    repository.write({ROOT: MAIN.replace("a.git", "a.git?ref=v1")})
    outcome = gitops_ci(repository.path, "layout", "--format", "json")
    assert outcome.code == 0
    repository.commit()
    assert "policy/baseline-changed" in judged(repository, "HEAD~1")[1]


def test_a_broken_baseline_is_written_anew(repository: Scratch) -> None:
    repository.commit({"gitops-ci-baseline.json": "<<<<<<< HEAD\n"})
    assert gitops_ci(repository.path, "layout").code == 2
    baseline(repository)
    assert gitops_ci(repository.path, "layout").code == 0


def test_a_report_gives_the_baseline_what_only_a_plan_tells(repository: Scratch) -> None:
    repository.commit({ROOT: MAIN.replace("git::https://git.example/a.git", "./missing")})
    reports = repository.path.parent / "reports"
    gitops_ci(repository.path, "run", "--all", "--out", str(reports))
    out = repository.path.parent / "baseline.json"
    baseline(repository, str(reports), "--out", str(out))
    rules = {each["rule"] for each in json.loads(out.read_bytes())["findings"]}
    assert "terraform/module-missing" in rules
    assert not (repository.path / "gitops-ci-baseline.json").exists()


def test_a_link_cannot_choose_where_the_baseline_goes(repository: Scratch, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (repository.path / "kept").symlink_to(elsewhere)
    repository.commit({"gitops-ci.yml": "version: 1\npolicy: {baseline: kept/baseline.json}\n"})
    outcome = gitops_ci(repository.path, "policy", "baseline")
    assert outcome.code == 2
    assert "through a link" in outcome.stderr
    assert list(elsewhere.iterdir()) == []
