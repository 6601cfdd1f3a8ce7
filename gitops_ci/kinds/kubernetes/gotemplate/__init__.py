"""Go's text/template with Sprig, as an ApplicationSet uses it: read and run here, within limits, with no engine."""

from gitops_ci.kinds.kubernetes.gotemplate.execution import render
from gitops_ci.kinds.kubernetes.gotemplate.values import Budget, TemplateProblem

__all__ = ["Budget", "TemplateProblem", "render"]
