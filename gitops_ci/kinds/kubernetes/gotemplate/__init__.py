"""Go's text/template with Sprig, as ApplicationSets and charts use it: read and run here, within limits."""

from gitops_ci.kinds.kubernetes.gotemplate.execution import Setting, render, rendered
from gitops_ci.kinds.kubernetes.gotemplate.values import Budget, TemplateProblem

__all__ = ["Budget", "Setting", "TemplateProblem", "render", "rendered"]
