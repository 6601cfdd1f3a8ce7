"""The layout rules: what a repository should look like, judged from its paths alone."""

from gitops_ci.discover.layout.presets import Chosen, choose
from gitops_ci.discover.layout.rules import ALL, Rule, findings

__all__ = ["ALL", "Chosen", "Rule", "choose", "findings"]
