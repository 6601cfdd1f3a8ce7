"""The rule family *loosening*: what a change does to what decides about changes.

It is judged by the old rules (trust.md, rule 4), is shown as a plan of kind `security` and needs those who own it. No
rule of ours holds where the workflow itself is another one (rule 5): that is shown as well, and needs its owners.
"""

from gitops_ci.gate.loosening.owners import lifted, needs, reasons, sides
from gitops_ci.gate.loosening.planning import Sides, changes, shown

__all__ = ["Sides", "changes", "lifted", "needs", "reasons", "shown", "sides"]
