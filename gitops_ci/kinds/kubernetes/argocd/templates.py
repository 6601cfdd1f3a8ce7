"""Templates of an ApplicationSet on the parameters that its generators give: every text in them, and every key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.kinds.kubernetes import gotemplate
from gitops_ci.kinds.kubernetes.argocd import fasttemplate
from gitops_ci.kinds.kubernetes.gotemplate import Budget, TemplateProblem

Parameters = dict[str, Any]


class Templating(Struct, frozen=True):
    """Which of Argo CD's two languages a set uses, within a budget; `strict` is the option `missingkey=error`."""

    budget: Budget
    goes: bool = False
    strict: bool = False

    def text(self, text: str, parameters: Mapping[str, Any]) -> str:
        """One text. Raises TemplateProblem."""
        if "{{" not in text:
            return text
        if self.goes:
            return gotemplate.render(text, dict(parameters), missing_is_error=self.strict, budget=self.budget)
        found = fasttemplate.render(text, parameters)
        self.budget.spend(1, len(found))
        return found

    def value(self, value: Any, parameters: Mapping[str, Any]) -> Any:
        """Every text and every key in a value. Raises TemplateProblem."""
        self.budget.spend(1, 0)
        match value:
            case str():
                return self.text(value, parameters)
            case dict():
                return {self.text(key, parameters): self.value(inner, parameters) for key, inner in value.items()}
            case list():
                return [self.value(inner, parameters) for inner in value]
            case _:
                return value


def of(spec: Mapping[str, Any], budget: Budget) -> Templating:
    """What the spec of an ApplicationSet asks for. Raises TemplateProblem at an option that Go does not have."""
    options = spec.get("goTemplateOptions")
    strict = False
    for option in options if isinstance(options, list) else ():
        if option not in ("missingkey=error", "missingkey=default", "missingkey=zero", "missingkey=invalid"):
            raise TemplateProblem(f"unrecognized option {option!r}")
        strict = option == "missingkey=error"
    return Templating(budget, spec.get("goTemplate") is True, strict)


def patched(value: Any, patch: Any) -> Any:
    """A `templatePatch` put on an Application: mappings are merged, `null` takes away, lists are replaced.

    Argo CD's strategic merge patch does the same, as no list of an Application has a merge key but `info`, `finalizers`
    and the like, which deploy nothing.
    """
    if not isinstance(value, dict) or not isinstance(patch, dict):
        return patch
    found = dict(value)
    for key, inner in patch.items():
        if inner is None:
            found.pop(key, None)
        else:
            found[key] = patched(found.get(key), inner)
    return found
