"""`gitops-ci doctor` against settings as GitHub gives them: each weakness is found, and nothing that is well."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.doctor.settings import Branch, Check, Environment, OwnersError, Settings
from gitops_ci.github import repository_settings
from gitops_ci.github.api import Api, ApiError
from gitops_ci.model.pull_request import Unreadable
from tests.integration.command_line import Outcome, gitops_ci
from tests.integration.github_server import TOKEN, Fault, Server
from tests.integration.repositories import Scratch
from tests.integration.test_publishing import Clock

ADMIN = "token-of-an-admin"
ACTIONS, APP = 15368, 99
SHA = "0123456789012345678901234567890123456789"
CALL = f"gitops-ci/gitops-ci/.github/workflows/gitops-pull-request.yml@{SHA}"
WORKFLOWS = {
    ".github/workflows/gitops.yml": (
        f"on: {{pull_request: , merge_group: }}\npermissions: {{}}\njobs: {{gitops: {{uses: {CALL}}}}}\n"
    ),
    ".github/workflows/re-gate.yml": (
        f"on: pull_request_review\npermissions: {{}}\njobs: {{again: {{uses: {CALL.replace('gitops-pull-request', 're-gate')}}}}}\n"
    ),
    ".github/CODEOWNERS": "/.github/ @acme/platform\n",
    "gitops-ci.yml": "version: 1\nenvironments: [{name: production, github_environment: production-plan}]\n",
}
URL = "https://api.github.com/x"
SETTINGS: dict[str, Any] = {
    "": {"default_branch": "main"},
    "branches/main": {"name": "main", "protected": True, "protection": {"enabled": True}},
    "branches/main/protection": {
        "required_status_checks": {
            "strict": True,
            "contexts": ["gitops-ci"],
            "checks": [],
            "url": URL,
            "contexts_url": URL,
        },
        "required_pull_request_reviews": {"require_code_owner_reviews": True, "dismiss_stale_reviews": False},
        "enforce_admins": {"url": URL, "enabled": True},
        "allow_force_pushes": {"enabled": False},
    },
    "rules/branches/main": [],
    "actions/permissions/workflow": {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
    "environments": {
        "total_count": 1,
        "environments": [
            {
                "name": "production-plan",
                "protection_rules": [{"id": 1, "node_id": "x", "type": "branch_policy"}],
                "deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False},
            }
        ],
    },
    "codeowners/errors": {"errors": []},
}
SETTINGS["branches/main/protection"]["required_status_checks"]["checks"] = [{"context": "gitops-ci", "app_id": APP}]


@pytest.fixture
def github(github: Server) -> Server:
    """A repository that is set as it should be."""
    github.repository.settings = copy.deepcopy(SETTINGS)
    return github


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    made = Scratch(tmp_path_factory.mktemp("doctor") / "infra")
    made.commit(WORKFLOWS)
    return made


def doctor(scratch: Scratch, github: Server | None, *options: str, token: str = ADMIN) -> Outcome:
    env = {"GITOPS_CI_TOKEN": token, "GITHUB_REPOSITORY": "acme/infra", "GITHUB_API_URL": github.url} if github else {}
    return gitops_ci(scratch.path, *options, "doctor", "--format", "json", env=env)


def rules(outcome: Outcome) -> set[str]:
    return {each["rule"].removeprefix("doctor/") for each in outcome.json()["findings"]}


def read(github: Server, token: str = ADMIN) -> Settings:
    return repository_settings.read(
        Api(token, repository="acme/infra", url=github.url, clock=Clock()), (), has_owners=True
    )


def protection(github: Server) -> dict[str, Any]:
    found: dict[str, Any] = github.repository.settings["branches/main/protection"]
    return found


def by_ruleset(github: Server, *rules: dict[str, Any], bypass: list[dict[str, Any]] | None = None) -> None:
    """The branch is protected by one ruleset instead."""
    settings = github.repository.settings
    settings["branches/main"]["protection"] = {"enabled": False}
    del settings["branches/main/protection"]
    source = {"ruleset_source_type": "Repository", "ruleset_source": "acme/infra", "ruleset_id": 5}
    settings["rules/branches/main"] = [{**rule, **source} for rule in rules]
    actors = {} if bypass is None else {"bypass_actors": bypass}
    settings["rulesets/5"] = {"id": 5, "name": "guard", "source": "acme/infra", "enforcement": "active", **actors}


def required(app: int | None = APP, *, strict: bool = True) -> dict[str, Any]:
    check = {"context": "gitops-ci"} | ({"integration_id": app} if app is not None else {})
    given = {"required_status_checks": [check], "strict_required_status_checks_policy": strict}
    return {"type": "required_status_checks", "parameters": given}


REVIEWED = {
    "type": "pull_request",
    "parameters": {
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
        "require_last_push_approval": True,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": False,
    },
}
KEPT = {"type": "non_fast_forward"}


def queue(strategy: str) -> dict[str, Any]:
    numbers = (
        "max_entries_to_build",
        "max_entries_to_merge",
        "min_entries_to_merge",
        "min_entries_to_merge_wait_minutes",
    )
    given = dict.fromkeys((*numbers, "check_response_timeout_minutes"), 5)
    return {"type": "merge_queue", "parameters": {**given, "grouping_strategy": strategy, "merge_method": "SQUASH"}}


WORKFLOW_RULE = {
    "type": "workflows",
    "parameters": {"workflows": [{"path": ".github/workflows/gitops.yml", "repository_id": 3, "sha": SHA}]},
}


def test_what_is_well_is_well(scratch: Scratch, github: Server) -> None:
    outcome = doctor(scratch, github)
    assert (outcome.code, outcome.json()["findings"], outcome.json()["unread"]) == (0, [], [])
    assert outcome.json()["branches"] == ["main"]
    by_ruleset(github, required(), REVIEWED, KEPT, bypass=[])
    assert (doctor(scratch, github).code, rules(doctor(scratch, github))) == (0, set())


def unprotect(github: Server) -> None:
    github.repository.settings["branches/main"] |= {"protected": False, "protection": {"enabled": False}}


def checks(*listed: dict[str, Any]) -> Callable[[Server], None]:
    return lambda github: protection(github)["required_status_checks"].update(checks=list(listed))


def lax(github: Server) -> None:
    protection(github)["enforce_admins"]["enabled"] = False
    protection(github)["allow_force_pushes"]["enabled"] = True
    protection(github)["required_status_checks"]["strict"] = False
    del protection(github)["required_pull_request_reviews"]


def ruled(*given: dict[str, Any], bypass: list[dict[str, Any]] | None = None) -> Callable[[Server], None]:
    return lambda github: by_ruleset(github, *given, bypass=bypass or [])


def tokens(github: Server) -> None:
    github.repository.settings["actions/permissions/workflow"] = {
        "default_workflow_permissions": "write",
        "can_approve_pull_request_reviews": True,
    }


def owners(github: Server) -> None:
    error = {
        "line": 3,
        "column": 1,
        "kind": "Unknown owner",
        "message": "Unknown owner on line 3",
        "path": "CODEOWNERS",
    }
    github.repository.settings["codeowners/errors"]["errors"].append(error)


def unguarded(github: Server) -> None:
    (environment,) = github.repository.settings["environments"]["environments"]
    environment |= {
        "protection_rules": [{"id": 1, "node_id": "x", "type": "wait_timer"}],
        "deployment_branch_policy": None,
    }


ADMINS = [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}]
CASES: dict[str, tuple[Callable[[Server], None], set[str], int]] = {
    "nothing protects the branch": (unprotect, {"branch-unprotected"}, 1),
    "another status is required": (checks({"context": "build", "app_id": ACTIONS}), {"check-not-required"}, 1),
    "a job is required": (checks({"context": "gitops / gate", "app_id": ACTIONS}), {"check-named-otherwise"}, 1),
    "the check run is required": (
        checks({"context": "gitops-ci report", "app_id": None}),
        {"check-named-otherwise"},
        1,
    ),
    "anybody may set it": (checks({"context": "gitops-ci", "app_id": None}), {"check-any-source"}, 1),
    "any source, as a number": (checks({"context": "gitops-ci", "app_id": -1}), {"check-any-source"}, 1),
    "any workflow may set it": (checks({"context": "gitops-ci", "app_id": ACTIONS}), {"workflow-editable"}, 0),
    "protection that is lax": (
        lax,
        {"bypass", "force-push-allowed", "not-up-to-date", "pull-request-not-required", "codeowners-review-off"},
        1,
    ),
    "a ruleset that admins go around": (ruled(required(), REVIEWED, KEPT, bypass=ADMINS), {"bypass"}, 1),
    "a ruleset with any source": (ruled(required(None), REVIEWED, KEPT), {"check-any-source"}, 1),
    "a ruleset without the rest": (
        ruled(required(strict=False)),
        {"force-push-allowed", "not-up-to-date", "pull-request-not-required", "codeowners-review-off"},
        1,
    ),
    "an organisation requires the workflow": (ruled(WORKFLOW_RULE, required(ACTIONS), REVIEWED, KEPT), set(), 0),
    "the same, and no status": (ruled(WORKFLOW_RULE, REVIEWED, KEPT), {"not-up-to-date"}, 0),
    "a queue that merges what fails": (
        ruled(required(strict=False), REVIEWED, KEPT, queue("HEADGREEN")),
        {"queue-merges-failing"},
        1,
    ),
    "a queue that does not": (ruled(required(strict=False), REVIEWED, KEPT, queue("ALLGREEN")), set(), 0),
    "tokens that write": (tokens, {"default-token-writes", "actions-may-approve"}, 0),
    "CODEOWNERS with errors": (owners, {"codeowners-invalid"}, 0),
    "an environment without rules": (unguarded, {"environment-open"}, 0),
    "an environment that is not there": (
        lambda github: github.repository.settings["environments"].update(environments=[]),
        {"environment-open"},
        0,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_weakness(scratch: Scratch, github: Server, case: str) -> None:
    weaken, expected, code = CASES[case]
    weaken(github)
    outcome = doctor(scratch, github)
    assert rules(outcome) == expected
    assert outcome.code == code
    assert all(each["help"] and each["url"] for each in outcome.json()["findings"])


def test_without_owners_of_workflows_an_editable_one_is_an_error(tmp_path: Path, github: Server) -> None:
    open_ = Scratch(tmp_path / "infra")
    open_.commit({**WORKFLOWS, ".github/CODEOWNERS": "* @acme/platform\n/.github/workflows/\n"})
    checks({"context": "gitops-ci", "app_id": ACTIONS})(github)
    outcome = doctor(open_, github)
    assert (outcome.code, rules(outcome)) == (1, {"workflow-editable"})


def test_a_second_configuration_has_a_status_of_its_own(scratch: Scratch, github: Server) -> None:
    scratch.commit({"payments/gitops-ci.yml": "version: 1\n"})
    outcome = doctor(scratch, github, "--config", "payments/gitops-ci.yml")
    assert rules(outcome) == {"check-named-otherwise"}
    assert "gitops-ci/payments-gitops-ci" in outcome.json()["findings"][0]["message"]


def test_a_merge_queue_of_branch_protection(scratch: Scratch, github: Server) -> None:
    github.repository.settings["merging_strategy"] = "HEADGREEN"
    assert rules(doctor(scratch, github)) == {"queue-merges-failing"}


def test_what_the_settings_are_read_as(github: Server) -> None:
    by_ruleset(
        github,
        required(ACTIONS, strict=False),
        WORKFLOW_RULE,
        queue("ALLGREEN"),
        bypass=[
            {"actor_id": None, "actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"},
            {"actor_id": 7, "actor_type": "Team"},
            {"actor_id": 8, "actor_type": "Integration"},
            {"actor_id": None, "actor_type": "DeployKey"},
            {"actor_id": 17, "actor_type": "RepositoryRole"},
        ],
    )
    owners(github)
    settings = read(github)
    assert settings.branches == (
        Branch(
            name="main",
            checks=(Check("gitops-ci", ACTIONS),),
            up_to_date=False,
            pull_request=False,
            code_owners=False,
            force_push=True,
            bypass=(
                "owners of the organisation, in pull requests (ruleset guard)",
                "the team 7 (ruleset guard)",
                "the App 8 (ruleset guard)",
                "deploy keys (ruleset guard)",
                "the role 17 (ruleset guard)",
            ),
            queue="ALLGREEN",
            workflows=(f".github/workflows/gitops.yml@{SHA}",),
        ),
    )
    assert settings.environments == (Environment(name="production-plan", guarded=True),)
    assert settings.owners_errors == (OwnersError(path="CODEOWNERS", line=3, message="Unknown owner on line 3"),)


def test_people_who_need_no_pull_request(github: Server) -> None:
    protection(github)["required_pull_request_reviews"]["bypass_pull_request_allowances"] = {
        "users": [{"login": "ann"}],
        "teams": [{"slug": "dba"}],
        "apps": [],
    }
    (branch,) = read(github).branches
    assert branch.bypass == ("ann, dba (without a pull request)",)


UNREAD = {
    "branches/main/protection": ("the protection of main", "administration: read"),
    "rules/branches/main": ("the rules of main", "metadata: read"),
    "branches/main": ("the branch main", "contents: read, where it is there"),
    "actions/permissions/workflow": ("what the tokens of workflows may", "administration: read"),
    "environments": ("the environments", "actions: read"),
    "codeowners/errors": ("the errors of CODEOWNERS", "contents: read"),
}


@pytest.mark.parametrize("place", UNREAD)
@pytest.mark.parametrize("status", [403, 404])
def test_what_may_not_be_read_is_said_with_the_permission(
    scratch: Scratch, github: Server, place: str, status: int
) -> None:
    """And nothing is said to be wrong that is hidden only."""
    github.repository.faults.append(Fault("GET", f"infra/{place}$", status=status, times=9))
    outcome = doctor(scratch, github)
    what, permission = UNREAD[place]
    assert outcome.json()["unread"] == [{"what": what, "permission": permission}]
    assert (outcome.code, rules(outcome)) == (3, set())


def test_required_checks_are_known_also_where_protection_is_hidden(scratch: Scratch, github: Server) -> None:
    summary = github.repository.settings["branches/main"]["protection"]
    summary["required_status_checks"] = {
        "enforcement_level": "non_admins",
        "contexts": ["build"],
        "checks": [{"context": "build", "app_id": None}],
    }
    github.repository.faults.append(Fault("GET", "main/protection$", status=404, times=9))
    outcome = doctor(scratch, github)
    assert (outcome.code, rules(outcome)) == (1, {"check-not-required", "bypass"})


def test_who_goes_around_a_ruleset_is_told_to_few(scratch: Scratch, github: Server) -> None:
    by_ruleset(github, required(), REVIEWED, KEPT)
    outcome = doctor(scratch, github)
    assert outcome.json()["unread"] == [
        {"what": "who may go around the ruleset guard", "permission": "administration: write"}
    ]
    assert outcome.code == 3
    del github.repository.settings["rulesets/5"]
    assert doctor(scratch, github).json()["unread"] == [{"what": "the ruleset 5", "permission": "administration: read"}]


def test_the_token_of_a_job_says_what_it_cannot_see(scratch: Scratch, github: Server) -> None:
    outcome = doctor(scratch, github, token=TOKEN)
    assert outcome.json()["unread"] == [{"what": "the merge queue of main", "permission": "merge-queues: read"}]
    assert outcome.code == 3


def test_without_a_token_the_files_are_looked_at_and_the_rest_is_said_to_be_left_out(scratch: Scratch) -> None:
    outcome = doctor(scratch, None)
    assert (outcome.code, rules(outcome)) == (0, set())
    assert "GITOPS_CI_TOKEN" in outcome.json()["left_out"][0]
    shown = gitops_ci(scratch.path, "doctor").stdout
    assert "left out: GitHub's settings" in shown
    assert "nothing to object to in what was looked at" in shown


def test_a_terminal_is_told_what_is_not_known(scratch: Scratch, github: Server) -> None:
    github.repository.faults.append(Fault("GET", "main/protection$", status=404, times=9))
    env = {"GITOPS_CI_TOKEN": ADMIN, "GITHUB_REPOSITORY": "acme/infra", "GITHUB_API_URL": github.url}
    outcome = gitops_ci(scratch.path, "doctor", env=env)
    assert "not known: the protection of main" in outcome.stdout
    assert "the token needs administration: read" in outcome.stdout
    assert outcome.code == 3


def test_a_github_that_fails_is_undecided(scratch: Scratch, github: Server) -> None:
    github.repository.faults.append(Fault("GET", "acme/infra$", status=401, message="Bad credentials"))
    outcome = doctor(scratch, github)
    assert outcome.code == 3
    assert ADMIN not in outcome.stderr + outcome.stdout
    github.repository.faults.append(Fault("GET", "rules/branches", raw=b"", times=9))
    with pytest.raises(ApiError):
        read(github)


def test_a_single_rule_can_be_silenced(tmp_path: Path, github: Server) -> None:
    quiet = Scratch(tmp_path / "infra")
    settings = WORKFLOWS["gitops-ci.yml"] + "policy: {severity: {doctor/not-up-to-date: 'off'}}\n"
    quiet.commit({**WORKFLOWS, "gitops-ci.yml": settings})
    protection(github)["required_status_checks"]["strict"] = False
    assert rules(doctor(quiet, github)) == set()


def test_a_second_page_of_environments(github: Server) -> None:
    template = SETTINGS["environments"]["environments"][0]
    many = [{**template, "name": f"e{number}"} for number in range(100)]
    github.repository.settings["environments"]["environments"] = many
    found = read(github).environments
    assert found is not None
    assert len(found) == 1000  # the stand-in gives the same page as long as it is full: that ends, too


def test_nothing_is_unreadable_twice(github: Server) -> None:
    github.repository.settings = {"": {"default_branch": "main"}}
    settings = read(github)
    assert len(settings.unread) == len(set(settings.unread)) == 5
    assert all(isinstance(each, Unreadable) for each in settings.unread)
