from __future__ import annotations

from gitops_ci.config import DEFAULT
from gitops_ci.discover import snapshot
from gitops_ci.model import stack
from gitops_ci.policy.rego import subject
from gitops_ci.policy.scope import Scope

NETWORK = stack.make(environment="production", kind="terraform", name="network", path="environments/production/network")
HEAD = snapshot.of(
    {
        "shared/k8s/kustomization.yaml": "resources: [deployment.yaml]\npatches: [{path: patch.yaml}]",
        "shared/k8s/deployment.yaml": "",
        "shared/k8s/patch.yaml": "",
    }
)
told = subject.of(Scope(rules=HEAD, base=None, head=HEAD, config=DEFAULT, stacks={NETWORK.id: NETWORK}))


def test_a_plan_is_its_stack() -> None:
    assert told(None, NETWORK.id, "head") == {
        "stack": "production/terraform/network",
        "environment": "production",
        "kind": "terraform",
        "path": "environments/production/network",
    }


def test_a_plan_of_an_unknown_stack_is_nothing() -> None:
    assert told(None, "production/terraform/other", "head") == {}


def test_a_file_of_no_single_stack_has_its_folder_s_environment() -> None:
    path = "environments/prod/k8s/deployment.yaml"
    assert told(path, None, "head") == {"environment": "production", "path": path}
    assert told("shared/values.yaml", None, "head") == {"environment": "shared", "path": "shared/values.yaml"}


def test_a_file_of_a_stack_has_the_stack_s_environment() -> None:
    found = told("shared/values.yaml", NETWORK.id, "head")
    assert (found["environment"], found["stack"]) == ("production", NETWORK.id)
    assert found["path"] == "shared/values.yaml"


def test_a_file_that_a_kustomization_takes() -> None:
    assert told("shared/k8s/deployment.yaml", None, "head")["kustomized"] == "resource"
    assert told("shared/k8s/patch.yaml", None, "head")["kustomized"] == "patch"
