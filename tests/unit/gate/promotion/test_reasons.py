"""What enters production was in staging first: a table of pull requests and what the gate says of each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.config_gate import Approvers, Gate, Hotfix
from gitops_ci.gate import promotion, wanted
from gitops_ci.gate.promoted import Identity, Promoted
from gitops_ci.model.pull_request import Commit, Person, Unreadable, Wanted
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


CHART = "apiVersion: v2\nname: api\nversion: 1.0.0\n"
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
        {**kubernetes(CHART, CHART, "Chart.yaml"), **kubernetes(HELM.format("2"), HELM.format("1"), "values.yaml")},
        {"environments/production/k8s/values.yaml": HELM.format("2").replace("replicas: 2", "replicas: 9")},
        [],
    ),
    (
        "Helm values with a tag that staging does not have",
        {**kubernetes(CHART, CHART, "Chart.yaml"), **kubernetes(HELM.format("1"), HELM.format("1"), "values.yaml")},
        {"environments/production/k8s/values.yaml": HELM.format("2")},
        [("missing", "blocked", K8S)],
    ),
    (
        "YAML that nobody can read",
        kubernetes(deployment("a:1"), deployment("a:1"), "api.yaml"),
        {"environments/production/k8s/other.yaml": "apiVersion: v1\nkind: Pod\nimage: [\n"},
        [("unknown", "undecided", K8S)],
    ),
    (
        "YAML of staging that nobody can read",
        kubernetes("image: [", kustomization("1"), "kustomization.yaml"),
        {"environments/production/k8s/kustomization.yaml": kustomization("2")},
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
    assert reason.message == "module git::https://git.example/vpc.git v2 was not in staging first"
    assert reason.remedy.startswith("bring it to staging first; `gitops-ci promote --stack production/terraform/main`")
    assert "gitops-ci-hotfix" in reason.remedy
    assert reason.who == "for a hotfix: anyone who may write and had no part in it"


def test_at_once_is_told_apart() -> None:
    (reason,) = reasons(case(*AT_ONCE))
    assert "this same change brings it there" in reason.message


def test_a_push_is_not_judged() -> None:
    assert told(case(*AHEAD, pulls=())) == []


@pytest.mark.parametrize(("weight", "decision"), [("block", "blocked"), ("warn", "pass")])
def test_promotion_weighs_as_the_environment_says(weight: str, decision: str) -> None:
    assert told(case(*AHEAD, config(Gate(promotion=weight)))) == [("missing", decision, TF)]  # type: ignore[arg-type]  # one of its values


def test_a_warning_needs_an_environment_to_promote_from() -> None:
    new = {"environments/production/terraform/main.tf": module("v1")}
    assert told(case({}, new, config(Gate(promotion="warn")))) == []
    assert told(case({}, new)) == [("missing", "blocked", TF)]


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
    both = config(Gate(promotion="block", promotion_together=True, soak="1h"))
    assert told(case(*AT_ONCE, both)) == [("soak", "blocked", TF)]


def test_only_what_history_has_to_answer_is_asked() -> None:
    (ahead,) = promotion.questions(case(*AHEAD))
    assert (ahead.missing, ahead.waiting, ahead.soak) == (frozenset({PIECE}), frozenset[Identity](), 0)
    (soaking,) = promotion.questions(case(*PROMOTED, SOAK))
    assert (soaking.missing, soaking.waiting, soaking.soak) == (frozenset[Identity](), frozenset({PIECE}), 86_400)
    assert soaking.counterparts == ("staging/terraform/main",)
    assert list(promotion.questions(case(*PROMOTED))) == []
    assert list(promotion.questions(case(*AHEAD, pulls=()))) == []


# Hotfixes


GOOD: dict[str, object] = {
    "labels": (label("grace"),),
    "reviews": (review("grace"),),
    "pushers": (Person("ada"),),
    "commits": (Commit(sha="d" * 40, people=(Person("ada"),)),),
}
HOTFIXES: list[tuple[str, dict[str, object], str]] = [
    ("a label and an approval by one other person", {}, ""),
    ("a label and an approval by two", {"labels": (label("linus"),)}, ""),
    ("an approval without the label", {"labels": ()}, "blocked"),
    ("another label", {"labels": (label("grace", name="hotfix"),)}, "blocked"),
    ("a label without an approval", {"reviews": ()}, "blocked"),
    ("an approval of an older commit", {"reviews": (review("grace", commit="c" * 40),)}, "blocked"),
    ("the author's own label", {"labels": (label("ada"),)}, "blocked"),
    ("the author's own approval", {"reviews": (review("ada"),)}, "blocked"),
    ("both of somebody who wrote a commit", {"commits": (Commit(sha="d" * 40, people=(Person("Grace"),)),)}, "blocked"),
    ("both of somebody who pushed", {"pushers": (Person("ada"), Person("grace"))}, "blocked"),
    ("the approval of somebody who may only read", {"reviews": (review("guest"),)}, "blocked"),
    (
        "an approval that was dismissed",
        {"reviews": (review("grace"), review("grace", state="dismissed", hours=1))},
        "blocked",
    ),
    (
        "an approval that was followed by a comment",
        {"reviews": (review("grace"), review("grace", state="commented", hours=1))},
        "",
    ),
    (
        "somebody who wants it changed",
        {"reviews": (review("grace"), review("linus", state="changes_requested"))},
        "blocked",
    ),
    ("a label that a bot set", {"labels": (label("robot", bot=True),)}, "blocked"),
    ("a label that somebody set who may only read", {"labels": (label("guest"),)}, "blocked"),
    ("a label of which GitHub does not tell who set it", {"labels": (label(None),)}, "undecided"),
    ("labels that cannot be read", {"labels": Unreadable(what="labels", permission="issues: read")}, "undecided"),
    (
        "reviews that cannot be read",
        {"reviews": Unreadable(what="reviews", permission="pull-requests: read")},
        "undecided",
    ),
    ("nobody knows who pushed", {"pushers": ()}, "undecided"),
    ("rights that cannot be read", {"rights": {"ada": "write"}}, "undecided"),
]


@pytest.mark.parametrize(("state", "decision"), [row[1:] for row in HOTFIXES], ids=[row[0] for row in HOTFIXES])
def test_hotfixes(state: dict[str, object], decision: str) -> None:
    found = case(*AHEAD, pulls=[pull(**{**GOOD, **state})])
    assert told(found) == ([("missing", decision, TF)] if decision else [])
    assert len(list(promotion.lifted(found))) == (decision == "")


def test_a_hotfix_is_recorded_with_who_let_it_in() -> None:
    (lifted,) = promotion.lifted(case(*AHEAD, pulls=[pull(**{**GOOD, "labels": (label("linus"),)})]))
    assert (lifted.rule, lifted.how, lifted.by) == ("gate/promotion-missing", "label", ("linus", "grace"))
    assert (lifted.what, lifted.where, lifted.pull_request, lifted.commit) == (TF, "production", 7, "a" * 40)
    assert lifted.why == "module git::https://git.example/vpc.git v2 was not in staging first"


def test_a_label_that_is_not_enough_says_why() -> None:
    (reason,) = reasons(case(*AHEAD, pulls=[pull(**{**GOOD, "reviews": (review("ada"),)})]))
    assert "does not let it in: it has 0 of 1 approvals of the head (ada is the author)" in reason.message


def test_what_cannot_be_read_is_named_with_the_permission() -> None:
    named = config(Gate(promotion="block", hotfix=Hotfix(approvers=Approvers(teams=("acme/sre",)))))
    (reason,) = reasons(case(*AHEAD, named, pulls=[pull(**GOOD)]))
    assert reason.decision == "undecided"
    assert "the members of acme/sre" in reason.message
    assert reason.remedy.startswith("give the gate's token members: read")
    assert reason.who == "for a hotfix: a member of acme/sre"


def test_who_may_let_a_hotfix_in() -> None:
    named = config(Gate(promotion="block", hotfix=Hotfix(approvals=1, approvers=Approvers(teams=("acme/sre",)))))
    members = {"acme/sre": frozenset({"linus"})}
    by_linus = {**GOOD, "labels": (label("linus"),), "reviews": (review("linus"),)}
    assert told(case(*AHEAD, named, pulls=[pull(**by_linus, members=members)])) == []
    assert told(case(*AHEAD, named, pulls=[pull(**GOOD, members=members)])) == [("missing", "blocked", TF)]
    two = config(Gate(promotion="block", hotfix=Hotfix(approvals=2)))
    assert told(case(*AHEAD, two, pulls=[pull(**GOOD)])) == [("missing", "blocked", TF)]


def test_in_a_queue_none_rides_with_a_hotfix() -> None:
    other = {**GOOD, "labels": ()}
    assert told(case(*AHEAD, pulls=[pull(**GOOD), pull(number=8, **other)])) == [("missing", "blocked", TF)]
    found = case(*AHEAD, pulls=[pull(**GOOD), pull(number=8, **GOOD)])
    assert told(found) == []
    assert [each.pull_request for each in promotion.lifted(found)] == [7, 8]


def test_what_has_to_be_read_for_hotfixes() -> None:
    named = config(Gate(promotion="block", hotfix=Hotfix(label="sos", approvers=Approvers(teams=("acme/sre",)))))
    found = wanted.of(case(*AHEAD, named, pulls=()))
    assert (found.labels, found.teams, found.reviews, found.rights) == (("sos",), ("acme/sre",), True, True)
    assert wanted.of(case(*AHEAD, config(Gate(promotion="warn")), pulls=())) == Wanted(neighbours=True)
    assert wanted.of(case({}, {"README.md": "x"}, named, pulls=())) == Wanted()


# Monotone


@pytest.mark.parametrize("gone", ["labels", "reviews", "rights", "pushers"])
def test_taking_away_never_lets_in(gone: str) -> None:
    absent: list[object] = [{}] if gone == "rights" else [(), Unreadable(what=gone, permission="x")]
    for empty in absent:
        found = case(*AHEAD, pulls=[pull(**{**GOOD, gone: empty})])
        assert [each.decision for each in reasons(found)] in (["blocked"], ["undecided"])


SOME = st.dictionaries(
    st.sampled_from(["shared/a.tf", "environments/staging/terraform/x.tf", "environments/production/terraform/x.tf"]),
    st.sampled_from([module("v1", name="x"), module("v2", name="x"), "module {", ""]),
)


@given(SOME, SOME)
@settings(max_examples=60, deadline=None)
def test_without_history_no_more_enters_than_with_it(before: dict[str, str], after: dict[str, str]) -> None:
    """What history tells lets more in, and nothing that staging gets by the same change does."""
    there = {path: text for path, text in before.items() if text}
    empty, full = (case(there, after, promoted=each) for each in (None, Promoted(before=frozenset({(TF, PIECE)}))))
    assert len(told(full)) <= len(told(empty))
    same = {path: text for path, text in after.items() if "staging" not in path}
    kept = {path: text for path, text in after.items() if "production" in path}
    assert set(told(case(there, kept))) == set(told(case(there, same)))
