from __future__ import annotations

from gitops_ci.config import DEFAULT
from gitops_ci.model import stack
from gitops_ci.policy.rego import subject

NETWORK = stack.make(environment="production", kind="terraform", name="network", path="environments/production/network")


def test_a_plan_is_its_stack() -> None:
    assert subject.of_stack(NETWORK) == {
        "stack": "production/terraform/network",
        "environment": "production",
        "kind": "terraform",
        "path": "environments/production/network",
    }


def test_a_file_of_no_stack_has_its_folder_s_environment() -> None:
    path = "environments/prod/k8s/deployment.yaml"
    assert subject.of_file(path, DEFAULT) == {"environment": "production", "path": path}
    assert subject.of_file("shared/kubernetes/base/deployment.yaml", DEFAULT)["environment"] == "shared"


def test_a_file_of_a_stack_has_the_stack_s_environment() -> None:
    told = subject.of_file("shared/values.yaml", DEFAULT, NETWORK, kustomized="patch")
    assert told["environment"] == "production"
    assert told["stack"] == NETWORK.id
    assert (told["path"], told["kustomized"]) == ("shared/values.yaml", "patch")
