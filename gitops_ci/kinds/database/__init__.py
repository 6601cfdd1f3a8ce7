"""Database migrations: what a change adds to the set that a database has applied, and what must not happen to the rest."""

from gitops_ci.kinds.database.discovery import find
from gitops_ci.kinds.database.history import check
from gitops_ci.kinds.database.planning import plan

__all__ = ["check", "find", "plan"]
