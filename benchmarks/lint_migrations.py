"""`python -I lint_migrations.py DIRECTORY COUNT`: lints that many migrations of a directory, as the step does."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

from gitops_ci.config import DEFAULT
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import database
from gitops_ci.kinds.database.rules import step
from gitops_ci.policy.scope import Scope
from gitops_ci.system.process import Stop
from gitops_ci.system.squawk import Squawk


def main(directory: Path, count: int) -> int:
    """0 where so many were linted and nothing was left open."""
    head = snapshots.of({f"migrations/{path.name}": path.read_bytes() for path in directory.glob("*.sql")})
    stacks = {stack.id: stack for stack in database.find(head, DEFAULT).stacks}
    with tempfile.TemporaryDirectory() as scratch:
        squawk = Squawk(environ=os.environ, repository=directory, scratch=Path(scratch), stop=Stop())
        told = step.check(Scope(rules=head, base=None, head=head, config=DEFAULT, stacks=stacks), squawk)
    if told is None:
        return 1
    print(told.run.inputs, len(told.findings))
    return int(told.run.inputs != count or bool(told.run.problems))


if __name__ == "__main__":
    gc.set_threshold(1_000_000)  # as `gitops_ci/__main__.py` does
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
