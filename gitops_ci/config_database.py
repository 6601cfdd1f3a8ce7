"""The section `kinds.database` of `gitops-ci.yml`: how migrations are read, and how they are tried."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gitops_ci.config_section import Name, RelativePath, Section

Variable = Annotated[
    str, Meta(pattern=r"^([A-Za-z_]|\{(environment|name)\})([A-Za-z0-9_]|\{(environment|name)\})*$", max_length=100)
]

Dialect = Literal["postgresql", "mysql", "mariadb"]


class Database(Section, frozen=True):
    """How migrations are planned. `engine` is the database that they are for, where their names and text do not tell.

    `dry_run: auto` tries PostgreSQL's on a throw-away server where there is one, `required` leaves a plan undecided
    where there is none. `version` is the major version that is preferred where there are several. `extensions` are
    made by the server's superuser before anything else; `seed` is a file of rows, or a directory of such files.
    `timeout` is in seconds for each stack's dry run. `server_env` names the variable with the DSN of a server that is
    there to try migrations on, where the job has one: it comes before any other. `dsn_env` names the variable with the
    DSN of an environment's own database, which is compared with what base's migrations build; `{environment}` and
    `{name}` in it are the stack's, in capitals.
    """

    engine: Dialect | None = None
    dry_run: Literal["auto", "off", "required"] = "auto"
    version: Annotated[int, Meta(ge=13, le=99)] | None = None
    extensions: tuple[Name, ...] = ()
    seed: RelativePath | None = None
    server_env: Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)] | None = None
    dsn_env: Variable | None = None
    timeout: Annotated[float, Meta(gt=0, le=86400)] = 120.0
