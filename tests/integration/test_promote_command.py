"""`gitops-ci promote`: the table, the patch that git takes, the pull request that is opened once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.github_git import Git
from tests.integration.github_server import TOKEN, Fault, Server
from tests.integration.repositories import Scratch

AT = "environments/{}/{}"
IMAGE = "production/kubernetes/main"
BRANCH = "gitops-ci/promote/production-kubernetes-main"


def module(version: str, size: str) -> str:
    return (
        f'module "vpc" {{\n  source = "git::https://git.example/vpc.git?ref={version}"\n  size = "{size}"\n}}\n'
        'terraform {\n  backend "s3" {}\n}\n'
    )


def lock(version: str) -> str:
    return (
        '# This file is maintained automatically by "terraform init".\n\n'
        f'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{version}"\n'
        f'  hashes = [\n    "h1:{version}",\n  ]\n}}\n'
    )


def kustomization(tag: str, replicas: int) -> str:
    return f"kind: Kustomization\nimages:\n- name: r.example/api\n  newTag: {tag}  # the release\nreplicas:\n- {{name: api, count: {replicas}}}"


def files(environment: str, *, new: bool) -> dict[str, str]:
    at = f"environments/{environment}"
    return {
        f"{at}/terraform/main.tf": module("v1.2.0" if new else "v1.1.0", environment),
        f"{at}/terraform/.terraform.lock.hcl": lock("5.2.0" if new else "5.1.0"),
        f"{at}/terraform/modules/dns/main.tf": "# dns\n# 2\n" if new else "# dns\n# 1\n",
        f"{at}/terraform/dns.tf": 'module "dns" {\n  source = "./modules/dns"\n}\n',
        f"{at}/terraform/log.tf": f'module "log" {{\n  source = "../../../modules/log/{"v2" if new else "v1"}"\n}}\n',
        f"{at}/k8s/kustomization.yaml": kustomization("2.0.1", 3) if new else kustomization("1.9.0", 9),
        f"{at}/k8s/values.yaml": f"image: {{repository: r.example/web, tag: '{'v3' if new else 'v2'}'}}\nhost: {environment}\n",
        f"{at}/databases/migrations.yml": (
            f"migrations: ../../../shared/databases/migrations\nthrough: {'002_b' if new else '001_a'}\n"
        ),
        f"{at}/security/p.rego": "package p\n\nallow if input.new\n" if new else "package p\n",
    }


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    migrations = {f"shared/databases/migrations/{name}.sql": "SELECT 1;\n" for name in ("001_a", "002_b")}
    migrations |= {f"modules/log/{each}/main.tf": f"# {each}\n" for each in ("v1", "v2")}
    migrations["shared/databases/migrations/002_b.sql"] = "SELECT 2;\n"
    scratch.commit({**migrations, **files("staging", new=True), **files("production", new=False)})
    return scratch


def promote(repository: Scratch, *arguments: str, **env: str) -> Outcome:
    return gitops_ci(repository.path, "promote", *arguments, env=env)


def test_the_table(repository: Scratch) -> None:
    told = promote(repository, "--environment", "production").stdout
    assert told.splitlines()[0] == "production ← staging"
    for row in (
        "image r.example/api  1.9.0 → 2.0.1",
        "migrations  — → 002_b.sql",
        "module git::https://git.example/vpc.git  v1.1.0   → v1.2.0",
        "provider hashicorp/aws                   5.1.0    → 5.2.0",
    ):
        assert row in told


def test_the_document_and_the_markdown_say_the_same(repository: Scratch) -> None:
    document = promote(repository, "--format", "json", "--environment", "prod").json()
    (environment,) = document["environments"]
    stacks = {each["stack"]: each for each in environment["stacks"]}
    assert set(stacks) == {f"production/{kind}/main" for kind in ("terraform", "kubernetes", "database", "security")}
    assert {
        "what": "image",
        "name": "r.example/api",
        "there": ["2.0.1"],
        "here": ["1.9.0"],
        "newer_here": False,
    } in stacks[IMAGE]["differences"]
    told = promote(repository, "--format", "markdown", "--kind", "kubernetes").stdout
    assert "| `kubernetes/main` | image r.example/api | `1.9.0` | `2.0.1` |" in told
    assert "terraform/main" not in told


@pytest.mark.parametrize("kind", ["terraform", "kubernetes", "database", "security"])
def test_a_patch_promotes_everything_of_one_stack_and_nothing_else(repository: Scratch, kind: str) -> None:
    stack = f"production/{kind}/main"
    patch = promote(repository, "--stack", stack, "--format", "patch")
    assert patch.code == 0
    (repository.path.parent / "one.patch").write_text(patch.stdout)
    repository.git("apply", "--check", "../one.patch")
    repository.git("apply", "--whitespace=error", "../one.patch")
    changed = repository.git("ls-files", "--modified", "--others").splitlines()
    assert changed
    assert all(path.startswith("environments/production/") for path in changed)
    (environment,) = promote(repository, "--environment", "production", "--format", "json").json()["environments"]
    assert {each["stack"]: each["same"] for each in environment["stacks"]}[stack]
    assert sum(each["same"] for each in environment["stacks"]) == 1


def test_values_of_the_environment_stay(repository: Scratch) -> None:
    patch = promote(repository, "--stack", "production/terraform/main", "--format", "patch").stdout
    added = [line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert sorted(added) == sorted(
        [
            '  version = "5.2.0"',
            '    "h1:5.2.0",',
            '  source = "git::https://git.example/vpc.git?ref=v1.2.0"',
            '  source = "../../../modules/log/v2"',
            "# 2",
        ]
    )


def test_without_a_token_the_patch_is_written(repository: Scratch) -> None:
    done = promote(repository, "--stack", IMAGE, "--out", "made")
    assert done.code == 0
    assert "made/promote-production-kubernetes-main.patch" in done.stdout
    repository.git("apply", "--check", "made/promote-production-kubernetes-main.patch")
    told = promote(repository, "--stack", IMAGE, "--format", "json").json()
    assert (told["done"], told["by_hand"]) == (["image r.example/api 2.0.1"], [])
    assert Path(told["patch"]).is_file()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (kustomization("3.0.0", 9), "production has 3.0.0, which is newer"),
        ("kind: Kustomization\nimages:\n- name: r.example/api\n  digest: sha256:aa\n", "not written in the same way"),
        (kustomization("1.10", 9), "not plain to see at environments/production/k8s/kustomization.yaml:4"),
        ("kind: Kustomization\n", "does not ask for another version"),
        (
            "kind: Kustomization\nimages: [{name: r.example/api, newName: r.example/api, newTag: !!str 1.9}] # 1.9\n",
            "plain to see",
        ),
    ],
    ids=["newer", "a digest", "a number", "not there", "twice in a line"],
)
def test_what_cannot_be_written_is_left_to_people(repository: Scratch, text: str, why: str) -> None:
    repository.commit({AT.format("production", "k8s/kustomization.yaml"): text})
    done = promote(repository, "--stack", IMAGE, "--format", "json")
    assert done.code == 1
    (by_hand,) = done.json()["by_hand"]
    assert why in by_hand


def test_a_stack_that_is_not_there_yet(repository: Scratch) -> None:
    repository.commit({"environments/staging/terraform/dns/main.tf": module("v1.0.0", "s")})
    assert "terraform/dns  only in staging" in promote(repository).stdout
    done = promote(repository, "--stack", "production/terraform/dns")
    assert (done.code, "the stack is not there yet" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--stack", "production/kubernetes/mian"), "did you mean production/kubernetes/main?"),
        (("--stack", "staging/kubernetes/main", "--environment", "production"), "is not promoted from another"),
        (("--stack", IMAGE, "--stack", "production/database/main"), "one stack is promoted at a time"),
        (("--format", "patch"), "a patch is of one stack"),
        (("--environment", "nowhere"), "promoted from another: staging, production"),
        (("--head", "nowhere"), "is not a commit"),
    ],
)
def test_mistakes(repository: Scratch, arguments: tuple[str, ...], said: str) -> None:
    done = promote(repository, *arguments)
    assert done.code == 2
    assert said in done.stderr


def test_environments_that_are_branches(repository: Scratch) -> None:
    environments = [
        {"name": "staging", "branch": "main"},
        {"name": "production", "branch": "release", "promotes_from": "staging"},
    ]
    repository.git("branch", "release")
    repository.commit({"gitops-ci.yml": json.dumps({"version": 1, "environments": environments})})
    assert "branch release  1 commit of main to promote" in promote(repository).stdout
    assert "Branch `release`: 1 commit of main to promote." in promote(repository, "--format", "markdown").stdout
    refused = promote(repository, "--stack", "production/kubernetes/main")
    assert "its environment is a branch" in refused.stderr


# Through the API


@pytest.fixture
def hosted(repository: Scratch, github: Server) -> dict[str, str]:
    github.repository.git = Git(repository.path)
    github.repository.pulls.clear()
    return {"GITOPS_CI_TOKEN": TOKEN, "GITHUB_REPOSITORY": "acme/infra", "GITHUB_API_URL": github.url}


def test_with_a_token_a_pull_request_is_opened_once(
    repository: Scratch, github: Server, hosted: dict[str, str]
) -> None:
    done = promote(repository, "--stack", IMAGE, "--format", "json", **hosted)
    assert done.json()["pull_request"] == "https://github.com/acme/infra/pull/1"
    assert repository.git("diff", "--name-only", "main", BRANCH).splitlines() == [
        "environments/production/k8s/kustomization.yaml",
    ]
    assert "newTag: 2.0.1  # the release" in repository.git(
        "show", f"{BRANCH}:environments/production/k8s/kustomization.yaml"
    )
    (pull,) = github.repository.pulls.values()
    assert pull["title"] == "Promote production/kubernetes/main to what staging has"
    tip, asked = repository.git("rev-parse", BRANCH), len(github.repository.requests)
    again = promote(repository, "--stack", IMAGE, **hosted)
    assert "#1 is open already, and up to date" in again.stderr
    assert repository.git("rev-parse", BRANCH) == tip
    assert not any(verb in ("PATCH", "DELETE") for verb, _ in github.repository.requests)
    assert [path for verb, path in github.repository.requests[asked:] if verb == "POST"] == [
        "/repos/acme/infra/git/trees"
    ]


def test_the_same_pull_request_follows_staging(repository: Scratch, github: Server, hosted: dict[str, str]) -> None:
    promote(repository, "--stack", IMAGE, **hosted)
    repository.commit({AT.format("staging", "k8s/kustomization.yaml"): kustomization("2.1.0", 3)})
    done = promote(repository, "--stack", IMAGE, **hosted)
    assert "#1 is open\n" in done.stderr
    assert len(github.repository.pulls) == 1
    assert "newTag: 2.1.0" in repository.git("show", f"{BRANCH}:environments/production/k8s/kustomization.yaml")
    assert repository.git("rev-parse", f"{BRANCH}^") == repository.git("rev-parse", "main")


def test_a_branch_that_somebody_has_worked_on_is_left_alone(repository: Scratch, hosted: dict[str, str]) -> None:
    promote(repository, "--stack", IMAGE, **hosted)
    repository.git("checkout", "--quiet", BRANCH)
    mine = repository.commit({"README.md": "mine"})
    repository.git("checkout", "--quiet", "main")
    done = promote(repository, "--stack", IMAGE, **hosted)
    assert (done.code, "has commits of somebody else" in done.stderr) == (2, True)
    assert repository.git("rev-parse", BRANCH) == mine


def test_an_old_checkout_or_a_work_tree_makes_no_pull_request(repository: Scratch, hosted: dict[str, str]) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit({"README.md": "more"})
    done = promote(repository, "--stack", IMAGE, "--head", first, **hosted)
    assert (done.code, "--head origin/main" in done.stderr) == (2, True)
    repository.write({"README.md": "and more"})
    done = promote(repository, "--stack", IMAGE, **hosted)
    assert (done.code, "give --head REV" in done.stderr) == (2, True)


def test_a_pull_request_that_github_made_before_it_failed(
    repository: Scratch, github: Server, hosted: dict[str, str]
) -> None:
    github.repository.faults.append(Fault("POST", "/pulls$", done=True))
    done = promote(repository, "--stack", IMAGE, "--format", "json", **hosted)
    assert done.json()["pull_request"] == "https://github.com/acme/infra/pull/1"
    assert len(github.repository.pulls) == 1


def test_a_patch_is_never_sent(repository: Scratch, github: Server, hosted: dict[str, str]) -> None:
    assert promote(repository, "--stack", IMAGE, "--format", "patch", **hosted).stdout.startswith("diff --git ")
    assert github.repository.requests == []


def test_a_folder_that_is_treated_as_the_whole(tmp_path: Path) -> None:
    outer = Scratch(tmp_path / "outer")
    outer.commit(
        {
            f"infra/{path}": text
            for each in (True, False)
            for path, text in files("staging" if each else "production", new=each).items()
        }
    )
    done = promote(outer, "--stack", IMAGE, "--format", "patch", "--head", "HEAD")
    assert done.code == 2  # the environments are not at the root
    patch = gitops_ci(outer.path, "--repo", "infra", "promote", "--stack", IMAGE, "--format", "patch").stdout
    (tmp_path / "one.patch").write_text(patch)
    outer.git("apply", "../one.patch")
    assert "newTag: 2.0.1" in (outer.path / "infra/environments/production/k8s/kustomization.yaml").read_text()


def test_nothing_goes_back_to_an_older_version(repository: Scratch) -> None:
    at = "environments/production/terraform"
    repository.commit({f"{at}/.terraform.lock.hcl": lock("6.0.0"), f"{at}/main.tf": module("v1.3.0", "production")})
    told = promote(repository, "--environment", "production").stdout
    assert re.search("v1.3.0 +→ v1.2.0  newer here", told)
    done = promote(repository, "--stack", "production/terraform/main", "--format", "json")
    assert done.code == 1
    assert [each.rpartition(": ")[2] for each in done.json()["by_hand"]] == [
        "production has v1.3.0, which is newer",
        "production has 6.0.0, which is newer",
    ]


def test_a_module_of_its_own_becomes_the_other_one(repository: Scratch) -> None:
    at = "environments/{}/terraform/modules/dns"
    repository.write(
        {f"{at.format('staging')}/empty.tf": "", f"{at.format('staging')}/a b/run.tf": "# run\r\n# \u2028\f"}
    )
    (repository.path / at.format("staging") / "run.sh").write_text("#!/bin/sh\n")
    (repository.path / at.format("staging") / "run.sh").chmod(0o755)
    repository.commit({f"{at.format('production')}/gone.tf": "# gone"})
    patch = promote(repository, "--stack", "production/terraform/main", "--format", "patch").stdout
    (repository.path.parent / "one.patch").write_text(patch, newline="")
    repository.git("apply", "../one.patch")
    repository.commit()
    trees = [repository.git("ls-tree", "-r", f"HEAD:{at.format(each)}") for each in ("staging", "production")]
    assert trees[0] == trees[1]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [("logo.tf", b"\0\1", "is no text"), ('odd".tf', b"# x\n", "the name of a file is not one that a patch can hold")],
)
def test_files_that_no_patch_can_hold(repository: Scratch, name: str, content: bytes, why: str) -> None:
    (repository.path / "environments/staging/terraform/modules/dns" / name).write_bytes(content)
    repository.commit()
    done = promote(repository, "--stack", "production/terraform/main", "--format", "json")
    assert done.code == 1
    assert [why in each for each in done.json()["by_hand"]] == [True]
