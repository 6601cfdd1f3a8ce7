"""The forms in which a policy may be asked about something, and how a policy's reading of its input tells which."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from gitops_ci.config import PolicyInput
from gitops_ci.policy.rego.source import BARE

Form = Literal["review", "object", "plan", "hcl", "file", "sql"]
"""`review`: a Kubernetes object as an admission review. `object`: as it is. `hcl`: a file of Terraform's language.
`file`: any file that holds values, Kubernetes objects among them."""

_REVIEW = frozenset({"request", "review", "parameters"})
_PLAN = frozenset(
    {"resource_changes", "planned_values", "configuration", "prior_state", "output_changes", "resource_drift"}
    | {"terraform_version", "format_version"}
)
_OBJECT = frozenset({"apiVersion", "kind", "metadata", "spec"})
_OF_OBJECTS = frozenset(
    {"status", "data", "stringData", "binaryData", "rules", "subjects", "roleRef", "webhooks", "type", "immutable"}
    | {"provisioner", "parameters", "secrets", "imagePullSecrets", "subsets", "items", "webhooks", "template"}
)
_OF_PLANS = frozenset({"variables", "checks", "timestamp", "relevant_attributes", "errored", "complete", "applyable"})
_HCL = frozenset({"resource", "variable", "locals", "terraform", "module"})
_OF_HCL = frozenset({"provider", "data", "output", "moved", "import", "removed", "check"})


def told(reads: Collection[str]) -> frozenset[Form]:
    """The forms that the first keys of the input stand for; what is known of none of them may be in any file."""
    left = set(reads) - {BARE}
    found: set[Form] = set()
    for form, telling, more in (
        ("review", _REVIEW, frozenset[str]()),
        ("plan", _PLAN, _OF_PLANS),
        ("object", _OBJECT, _OF_OBJECTS),
        ("sql", frozenset({"statements"}), frozenset({"path"})),
        ("hcl", _HCL, _OF_HCL),
    ):
        if not telling.isdisjoint(reads):
            found.add(form)  # type: ignore[arg-type]  # a literal of the table above
            left -= telling | more
    if left or not found:
        found.add("file")
    return frozenset(found)


def configured(inputs: Collection[PolicyInput], reads: Collection[str]) -> frozenset[Form]:
    """The forms that `on` asks for; what the policy reads settles in which of two forms an object is given."""
    found: set[Form] = {each for each in inputs if each != "manifest"}
    if "manifest" in inputs:
        reviewed = not _REVIEW.isdisjoint(reads)
        found |= {"review"} if reviewed else set()
        found |= {"object"} if not reviewed or set(reads) - _REVIEW - {BARE} else set()
    return frozenset(found)
