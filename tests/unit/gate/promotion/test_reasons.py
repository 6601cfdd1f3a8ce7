"""What enters production was in staging first: a table of pull requests and what the gate says of each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gitops_ci.config_gate import Approvers, Gate, Hotfix
from gitops_ci.gate import promotion
from gitops_ci.gate.promoted import Identity, Promoted
from gitops_ci.model.pull_request import Commit, Person, Unreadable
from tests.unit.gate.promotion.scenarios import NOW, case, config, label, pull, reasons, review, told

TF = "production/terraform/main"
K8S = "production/kubernetes/main"
DB = "production/database/main"
SEC = "production/security/main"


def module(version: str, source: str = "git::https://git.example/vpc.git", name: str = "vpc") -> str:
    return f'module "{name}" {{\n  source = "{source}?ref={version}"\n  cidr = "10.0.0.0/8"\n}}\nterraform {{\n  backend "s3" {{}}\n}}\n'


def registry(version: str) -> str:
    return f'module "vpc" {{\n  source  = "acme/vpc/aws"\n  version = "{version}"\n}}\nterraform {{\n  backend "s3" {{}}\n}}\n'


def local(path: str) -> str:
    return f'module "vpc" {{\n  source = "{path}"\n}}\nterraform {{\n  backend "s3" {{}}\n}}\n'


def lock(version: str) -> str:
    return f'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{version}"\n  hashes = ["h1:x"]\n}}\n'


def terraform(staging: str, production: str) -> dict[str, str]:
    at = "environments/{}/terraform/main.tf"
    return {at.format("staging"): staging, at.format("production"): production}


def kustomization(tag: str, name: str = "registry.example/api") -> str:
    return f"kind: Kustomization\nimages:\n  - name: {name}\n    newTag: {tag}\n"


def kubernetes(staging: str, production: str, file: str = "kustomization.yaml") -> dict[str, str]:
    return {
        f"environments/{name}/k8s/{file}": text for name, text in (("staging", staging), ("production", production))
    }


def deployment(image: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\n"
        f"spec:\n  template:\n    spec:\n      containers:\n        - {{name: api, image: '{image}'}}\n"
    )


def database(staging: str, production: str, **files: str) -> dict[str, str]:
    at = "environments/{}/databases/migrations.yml"
    pointer = "migrations: ../../../shared/databases/migrations\nthrough: {}\n"
    return {
        "shared/databases/migrations/001_a.sql": "SELECT 1;",
        "shared/databases/migrations/002_b.sql": "SELECT 2;",
        at.format("staging"): pointer.format(staging),
        at.format("production"): pointer.format(production),
        **files,
    }


def constraint(action: str, labels: str) -> str:
    return (
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: RequiredLabels\nmetadata: {name: labels}\n"
        f"spec:\n  enforcementAction: {action}\n  parameters: {{labels: [{labels}]}}\n"
    )


def security(staging: str, production: str, file: str = "policy.yaml") -> dict[str, str]:
    return {
        f"environments/{name}/security/{file}": text
        for name, text in (("staging", staging), ("production", production))
    }


HELM = "image:\n  repository: registry.example/api\n  tag: '{}'\nreplicas: 2\n"
TABLE = [
    # Terraform
    ("a module that staging has", terraform(module("v2"), module("v1")), terraform(module("v2"), module("v2")), []),
    (
        "a module that staging does not have",
        terraform(module("v1"), module("v1")),
        terraform(module("v1"), module("v2")),
        [("missing", "blocked", TF)],
    ),
    (
        "the same module under another name",
        terraform(module("v2", name="network"), module("v1")),
        terraform(module("v2", name="network"), module("v2")),
        [],
    ),
    (
        "the same version of another module",
        terraform(module("v2"), module("v1")),
        terraform(module("v2"), module("v2", source="git::https://evil.example/vpc.git")),
        [("missing", "blocked", TF)],
    ),
    (
        "staging and production at once",
        terraform(module("v1"), module("v1")),
        terraform(module("v2"), module("v2")),
        [("missing", "blocked", TF)],
    ),
    (
        "values that are production's own",
        terraform(module("v1"), module("v1")),
        terraform(module("v1"), module("v1").replace("10.0.0.0", "10.9.0.0")),
        [],
    ),
    (
        "a version of the registry",
        terraform(registry("2.0.0"), registry("1.0.0")),
        terraform("", registry("2.0.0")),
        [],
    ),
    (
        "a range of versions, which may be another one tomorrow",
        terraform(registry("~> 2.0"), registry("1.0.0")),
        {"environments/production/terraform/main.tf": registry("~> 2.0")},
        [("unknown", "undecided", TF)],
    ),
    (
        "a branch of a module's repository",
        terraform(module("main"), module("v1")),
        {"environments/production/terraform/main.tf": module("main")},
        [("unknown", "undecided", TF)],
    ),
    (
        "a shared module by path, which both have at once",
        {**terraform(local("../../../modules/vpc"), local("../../../modules/vpc")), "modules/vpc/main.tf": "# 1\n"},
        {"modules/vpc/main.tf": "# 2\n"},
        [("missing", "blocked", TF)],
    ),
    (
        "a module's version in a folder of its own, that staging has",
        {
            **terraform(local("../../../modules/vpc/v2"), local("../../../modules/vpc/v1")),
            "modules/vpc/v1/main.tf": "# 1\n",
            "modules/vpc/v2/main.tf": "# 2\n",
        },
        {"environments/production/terraform/main.tf": local("../../../modules/vpc/v2")},
        [],
    ),
    (
        "a copy of staging's module with the same content elsewhere",
        {
            **terraform(local("./modules/vpc"), local("./modules/vpc")),
            "environments/staging/terraform/modules/vpc/main.tf": "# 2\n",
            "environments/production/terraform/modules/vpc/main.tf": "# 1\n",
        },
        {"environments/production/terraform/modules/vpc/main.tf": "# 2\n"},
        [],
    ),
    (
        "a copy of staging's module that was touched on the way",
        {
            **terraform(local("./modules/vpc"), local("./modules/vpc")),
            "environments/staging/terraform/modules/vpc/main.tf": "# 2\n",
            "environments/production/terraform/modules/vpc/main.tf": "# 1\n",
        },
        {"environments/production/terraform/modules/vpc/main.tf": "# 2, nearly\n"},
        [("missing", "blocked", TF)],
    ),
    (
        "a provider's version in the lock file",
        {
            **terraform(module("v1"), module("v1")),
            "environments/staging/terraform/.terraform.lock.hcl": lock("5.0.0"),
            "environments/production/terraform/.terraform.lock.hcl": lock("5.0.0"),
        },
        {"environments/production/terraform/.terraform.lock.hcl": lock("5.1.0")},
        [("missing", "blocked", TF)],
    ),
    (
        "a lock file that nobody can read",
        {
            **terraform(module("v1"), module("v1")),
            "environments/production/terraform/.terraform.lock.hcl": lock("5.0.0"),
        },
        {"environments/production/terraform/.terraform.lock.hcl": "provider {"},
        [("unknown", "undecided", TF)],
    ),
    (
        "a root that nobody can read",
        terraform(module("v1"), module("v1")),
        {"environments/production/terraform/other.tf": 'module "x" {\n  source =\n'},
        [("unknown", "undecided", TF)],
    ),
    (
        "a stack that staging does not have",
        terraform(module("v1"), module("v1")),
        {"environments/production/terraform/dns/main.tf": module("v1")},
        [("missing", "blocked", "production/terraform/dns")],
    ),
    # Kubernetes
    (
        "a tag that staging has",
        kubernetes(kustomization("2"), kustomization("1")),
        kubernetes("", kustomization("2")),
        [],
    ),
    (
        "a tag that staging does not have",
        kubernetes(kustomization("1"), kustomization("1")),
        {"environments/production/k8s/kustomization.yaml": kustomization("2")},
        [("missing", "blocked", K8S)],
    ),
    (
        "a tag of another image",
        kubernetes(kustomization("2"), kustomization("1")),
        {"environments/production/k8s/kustomization.yaml": kustomization("2", "registry.evil/api")},
        [("missing", "blocked", K8S)],
    ),
    (
        "latest, whatever staging has",
        kubernetes(kustomization("latest"), kustomization("1")),
        {"environments/production/k8s/kustomization.yaml": kustomization("latest")},
        [("unknown", "undecided", K8S)],
    ),
    (
        "a digest in a manifest",
        kubernetes(deployment("r.example/api@sha256:aa"), deployment("r.example/api:1"), "api.yaml"),
        {"environments/production/k8s/api.yaml": deployment("r.example/api@sha256:bb")},
        [("missing", "blocked", K8S)],
    ),
    (
        "Helm values with a tag that staging has, and another number of replicas",
        kubernetes(HELM.format("2"), HELM.format("1"), "values.yaml"),
        {"environments/production/k8s/values.yaml": HELM.format("2").replace("replicas: 2", "replicas: 9")},
        [],
    ),
    (
        "Helm values with a tag that staging does not have",
        kubernetes(HELM.format("1"), HELM.format("1"), "values.yaml"),
        {"environments/production/k8s/values.yaml": HELM.format("2")},
        [("missing", "blocked", K8S)],
    ),
    (
        "YAML that nobody can read",
        kubernetes(kustomization("1"), kustomization("1")),
        {"environments/production/k8s/other.yaml": "image: [\n"},
        [("unknown", "undecided", K8S)],
    ),
    # Databases
    (
        "a migration that staging has",
        database("002_b", "001_a"),
        database("002_b", "002_b"),
        [],
    ),
    (
        "a migration that staging does not have",
        database("001_a", "001_a"),
        database("001_a", "002_b"),
        [("missing", "blocked", DB)],
    ),
    (
        "a migration that is edited on its way",
        database("002_b", "001_a"),
        database("002_b", "002_b", **{"shared/databases/migrations/002_b.sql": "SELECT 3;"}),
        [("missing", "blocked", DB)],
    ),
    (
        "a version that is no migration's",
        database("002_b", "001_a"),
        database("002_b", "009_none"),
        [("unknown", "undecided", DB)],
    ),
    # Security
    (
        "a policy that staging has, more strictly enforced",
        security(constraint("warn", "app, team"), constraint("deny", "app")),
        {"environments/production/security/policy.yaml": constraint("deny", "app, team")},
        [],
    ),
    (
        "a policy that staging does not have",
        security(constraint("warn", "app"), constraint("deny", "app")),
        {"environments/production/security/policy.yaml": constraint("deny", "team")},
        [("missing", "blocked", SEC)],
    ),
    (
        "Rego that says the same in other words",
        security("package p\n\ndeny contains 1 if input.x\n", "package p\n", "p.rego"),
        {"environments/production/security/p.rego": "package p\n# why\ndeny  contains 1   if input.x\n"},
        [],
    ),
    # Environments that are not looked at
    ("staging itself", terraform(module("v1"), module("v1")), terraform(module("v2"), module("v1")), []),
    (
        "a stack of production that goes",
        terraform(module("v1"), module("v1")),
        {"environments/production/terraform/main.tf": ""},
        [],
    ),
]


@pytest.mark.parametrize(("before", "after", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_enters_production(
    before: dict[str, str], after: dict[str, str], expected: list[tuple[str, str, str | None]]
) -> None:
    changed = {path: text for path, text in after.items() if text or "staging" not in path}
    assert told(case(before, changed)) == expected


AHEAD = (terraform(module("v1"), module("v1")), {"environments/production/terraform/main.tf": module("v2")})
PROMOTED = (terraform(module("v2"), module("v1")), {"environments/production/terraform/main.tf": module("v2")})
AT_ONCE = (terraform(module("v1"), module("v1")), terraform(module("v2"), module("v2")))
PIECE = ("module", "git::https://git.example/vpc.git", "v2")


def test_a_reason_says_what_is_missing_and_what_to_do() -> None:
    (reason,) = reasons(case(*AHEAD))
    assert reason.message == "module git::https://git.example/vpc.git v2 has not been in staging first"
    assert reason.remedy.startswith("bring it to staging first; `gitops-ci promote --stack production/terraform/main`")
    assert "gitops-ci-hotfix" in reason.remedy
    assert reason.who == "for a hotfix: whoever may write here"


def test_at_once_is_told_apart() -> None:
    (reason,) = reasons(case(*AT_ONCE))
    assert "this same change brings it there" in reason.message


def test_a_push_is_not_judged() -> None:
    assert told(case(*AHEAD, pulls=())) == []


@pytest.mark.parametrize(("weight", "decision"), [("block", "blocked"), ("warn", "pass")])
def test_promotion_weighs_as_the_environment_says(weight: str, decision: str) -> None:
    assert told(case(*AHEAD, config(Gate(promotion=weight)))) == [("missing", decision, TF)]  # type: ignore[arg-type]  # one of its values


def test_promotion_that_is_off_says_nothing() -> None:
    assert told(case(*AHEAD, config(Gate(promotion="off")))) == []


def test_one_change_may_bring_it_to_both_where_base_says_so() -> None:
    together = config(Gate(promotion="block", promotion_together=True))
    assert told(case(*AT_ONCE, together)) == []
    assert told(case(*AHEAD, together)) == [("missing", "blocked", TF)]


def test_a_stack_without_a_counterpart_may_be_named() -> None:
    new = (terraform(module("v1"), module("v1")), {"environments/production/terraform/dns/main.tf": module("v9")})
    assert told(case(*new, config(Gate(promotion="block", promotion_except=("terraform/d*",))))) == []
    assert told(case(*new, config(Gate(promotion="block", promotion_except=("terraform/main",))))) != []


def test_a_branch_that_production_does_not_deploy_is_not_judged() -> None:
    assert told(case(*AHEAD, config(branch="release"))) == []


# A way back, and how long


def test_what_production_had_before_may_come_back() -> None:
    assert told(case(*AHEAD, promoted=Promoted(before=frozenset({(TF, PIECE)})))) == []
    assert told(case(*AHEAD, promoted=Promoted(before=frozenset({("production/terraform/dns", PIECE)})))) != []


SOAK = config(Gate(promotion="block", soak="24h"))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(25, []), (24, []), (23, [("soak", "blocked", TF)]), (-5, [("soak", "blocked", TF)])],
    ids=["longer", "just", "not yet", "a clock that is wrong"],
)
def test_soak_time(hours: int, expected: list[tuple[str, str, str]]) -> None:
    since = {(TF, PIECE): NOW - timedelta(hours=hours)}
    assert told(case(*PROMOTED, SOAK, promoted=Promoted(since=since))) == expected


def test_soak_says_when_it_is_over() -> None:
    (reason,) = reasons(case(*PROMOTED, SOAK, promoted=Promoted(since={(TF, PIECE): NOW - timedelta(hours=23)})))
    assert "since 2026-11-24 13:00 UTC" in reason.message
    assert reason.remedy.startswith("wait until 2026-11-25 13:00 UTC")


@pytest.mark.parametrize("promoted", [None, Promoted(lacking="this clone is shallow")])
def test_without_the_history_soak_is_undecided(promoted: Promoted | None) -> None:
    assert told(case(*PROMOTED, SOAK, promoted=promoted)) == [("soak", "undecided", TF)]


def test_at_once_and_soak_do_not_go_together() -> None:
    settings = config(Gate(promotion="block", promotion_together=True, soak="1h"))
    assert told(case(*AT_ONCE, settings)) == [("soak", "blocked", TF)]


def test_only_what_history_has_to_answer_is_asked() -> None:
    (ahead,) = promotion.questions(case(*AHEAD))
    assert (ahead.missing, ahead.waiting, ahead.soak) == (frozenset({PIECE}), frozenset[Identity](), 0)
    (soaking,) = promotion.questions(case(*PROMOTED, SOAK))
    assert (soaking.missing, soaking.waiting, soaking.soak) == (frozenset[Identity](), frozenset({PIECE}), 86_400)
    assert soaking.counterparts == ("staging/terraform/main",)
    assert list(promotion.questions(case(*PROMOTED))) == []
    assert list(promotion.questions(case(*AHEAD, pulls=()))) == []


# Hotfixes


GOOD: dict[str, object] = {"labels": (label(),), "reviews": (review("grace"),)}
HOTFIXES: list[tuple[str, dict[str, object], str, str]] = [
    ("a label and an approval", GOOD, "hotfix", "pass"),
    ("an approval without the label", {**GOOD, "labels": ()}, "missing", "blocked"),
    ("another label", {**GOOD, "labels": (label(name="hotfix"),)}, "missing", "blocked"),
    ("a label without an approval", {**GOOD, "reviews": ()}, "missing", "blocked"),
    ("an approval of an older commit", {**GOOD, "reviews": (review("grace", commit="c" * 40),)}, "missing", "blocked"),
    ("the author's own approval", {**GOOD, "reviews": (review("ada"),)}, "missing", "blocked"),
    (
        "the approval of somebody who wrote a commit",
        {**GOOD, "commits": (Commit(sha="d" * 40, people=(Person("Grace"),)),)},
        "missing",
        "blocked",
    ),
    ("the approval of somebody who pushed", {**GOOD, "pushers": (Person("grace"),)}, "missing", "blocked"),
    ("the approval of somebody who may only read", {**GOOD, "reviews": (review("guest"),)}, "missing", "blocked"),
    (
        "an approval that was dismissed",
        {**GOOD, "reviews": (review("grace"), review("grace", state="dismissed", hours=1))},
        "missing",
        "blocked",
    ),
    (
        "an approval that was followed by a comment",
        {**GOOD, "reviews": (review("grace"), review("grace", state="commented", hours=1))},
        "hotfix",
        "pass",
    ),
    ("a label that a bot set", {**GOOD, "labels": (label("robot", bot=True),)}, "missing", "blocked"),
    ("a label that somebody set who may only read", {**GOOD, "labels": (label("guest"),)}, "missing", "blocked"),
    ("a label of which GitHub does not tell who set it", {**GOOD, "labels": (label(None),)}, "missing", "undecided"),
    (
        "labels that cannot be read",
        {**GOOD, "labels": Unreadable(what="labels", permission="issues: read")},
        "missing",
        "undecided",
    ),
    (
        "reviews that cannot be read",
        {**GOOD, "reviews": Unreadable(what="reviews", permission="pull-requests: read")},
        "missing",
        "undecided",
    ),
    (
        "a commit by nobody that GitHub knows",
        {**GOOD, "commits": (Commit(sha="d" * 40, strangers=("Mallory",)),)},
        "missing",
        "undecided",
    ),
    ("rights that cannot be read", {**GOOD, "rights": {"ada": "write"}}, "missing", "undecided"),
]


@pytest.mark.parametrize(("state", "rule", "decision"), [row[1:] for row in HOTFIXES], ids=[row[0] for row in HOTFIXES])
def test_hotfixes(state: dict[str, object], rule: str, decision: str) -> None:
    assert told(case(*AHEAD, pulls=[pull(**state)])) == [(rule, decision, TF)]


def test_a_hotfix_is_recorded_with_who_let_it_in() -> None:
    (reason,) = reasons(case(*AHEAD, pulls=[pull(**GOOD)]))
    assert reason.message.startswith("let in as a hotfix (#7: set by ada, approved by grace): module ")


def test_who_may_let_a_hotfix_in() -> None:
    named = config(Gate(promotion="block", hotfix=Hotfix(approvals=1, approvers=Approvers(teams=("acme/sre",)))))
    members = {"acme/sre": frozenset({"linus", "grace"})}
    by_linus = {"labels": (label("linus"),), "reviews": (review("grace"),)}
    assert told(case(*AHEAD, named, pulls=[pull(**by_linus, members=members)])) == [("hotfix", "pass", TF)]
    assert told(case(*AHEAD, named, pulls=[pull(**GOOD, members=members)])) == [("missing", "blocked", TF)]
    assert told(case(*AHEAD, named, pulls=[pull(**by_linus)])) == [("missing", "undecided", TF)]
    (reason,) = reasons(case(*AHEAD, named, pulls=[pull(**by_linus)]))
    assert "members: read" in reason.remedy


def test_in_a_queue_none_rides_with_a_hotfix() -> None:
    assert told(case(*AHEAD, pulls=[pull(**GOOD), pull(number=8)])) == [("missing", "blocked", TF)]
    assert told(case(*AHEAD, pulls=[pull(**GOOD), pull(number=8, **GOOD)])) == [("hotfix", "pass", TF)]
