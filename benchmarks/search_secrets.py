"""`python -I search_secrets.py REPOSITORY COUNT`: searches a commit for secrets, as the step does with `--all`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from gitops_ci.config import DEFAULT
from gitops_ci.policy.scope import Scope
from gitops_ci.policy.secrets import step
from gitops_ci.system.git import Repository


def main(directory: Path, count: int) -> int:
    """0 where exactly so many were found."""
    with tempfile.TemporaryDirectory() as scratch:
        repository = Repository(directory, exact=False, environ=os.environ, scratch=Path(scratch))
        try:
            head = repository.at(repository.require_commit("HEAD", "--head"))
            paths = tuple(head.entries)
            told = step.check(Scope(rules=head, base=None, head=head, config=DEFAULT, paths=paths, everything=True))
        finally:
            repository.close()
    print(len(told.findings))
    return int(len(told.findings) != count)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
