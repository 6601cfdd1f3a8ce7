"""What the tests of throw-away PostgreSQL servers share: the tools, and why they are skipped where there is none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import structs

from gitops_ci.config import DEFAULT, Config, Database, Kinds
from gitops_ci.errors import ToolError
from gitops_ci.kinds import database
from gitops_ci.kinds.database.server import ServerLostError
from gitops_ci.model.plan import Change, Observation, Plan
from gitops_ci.system.postgres import Servers
from gitops_ci.system.process import Stop
from gitops_ci.system.tools import Toolbox
from tests.unit.kinds.database.sides import side

STACK = "shared/database/migrations"
CACHE = Path(tempfile.gettempdir()) / f"gitops-ci-tests-{os.geteuid()}"
"""Empty data directories only: made once a machine, as on a laptop."""


def environ() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(CACHE)}


def servers(scratch: Path, config: Config = DEFAULT) -> Servers:
    return Servers(config, environ(), Path(__file__).parent, scratch, Stop())


@cache
def why_not() -> str:
    """Why nothing can be tried on this machine; empty where it can."""
    with tempfile.TemporaryDirectory() as scratch:
        found = servers(Path(scratch))
        try:
            with found.own("nothing", 60):
                return ""
        except (ToolError, ServerLostError) as error:
            return str(error)
        finally:
            found.close()


def configured(settings: Database) -> Config:
    return structs.replace(DEFAULT, kinds=Kinds(database=settings))


def tried(
    scratch: Path,
    new: str | Mapping[str, str],
    base: str | Mapping[str, str] | None = None,
    settings: Database | None = None,
    *,
    stranger: bool = False,
    variables: Mapping[str, str] | None = None,
) -> Plan:
    """The plan of new migrations (of one, or by file name) on top of those of base."""
    config = configured(settings or Database(dry_run="required", timeout=60))
    given = {"001_base.sql": base} if isinstance(base, str) else base or {}
    entering = {"002_new.sql": new} if isinstance(new, str) else new
    before = side({f"migrations/{name}": sql for name, sql in given.items()}, config=config) if given else None
    after = side({f"migrations/{name}": sql for name, sql in {**given, **entering}.items()}, config=config)
    with contextlib.closing(toolbox(scratch, config, stranger=stranger, variables=variables)) as tools:
        return database.plan(after.stacks[STACK], before, after, tools)


def toolbox(
    scratch: Path, config: Config = DEFAULT, *, stranger: bool = False, variables: Mapping[str, str] | None = None
) -> Toolbox:
    return Toolbox(
        config=config,
        environ={**environ(), **(variables or {})},
        repository=Path(__file__).parent,
        scratch=scratch,
        stop=Stop(),
        stranger=stranger,
    )


def change(plan: Plan, address: str) -> Change:
    return next(each for each in plan.changes if each.address == address)


def seen(plan: Plan, what: str) -> list[Observation]:
    return [each for each in plan.observations if each.what == what]
