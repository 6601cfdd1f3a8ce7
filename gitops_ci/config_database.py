"""The section `kinds.database` of `gitops-ci.yml`: how migrations are read."""

from __future__ import annotations

from typing import Literal

from gitops_ci.config_section import Section

Dialect = Literal["postgresql", "mysql", "mariadb"]


class Database(Section, frozen=True):
    """How migrations are read. `engine` is the database that they are for, where their names and text do not tell."""

    engine: Dialect | None = None
