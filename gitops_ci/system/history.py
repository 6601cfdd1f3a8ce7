"""What the commits between two ends added, also what is gone again: contents with the commit that brought each."""

from __future__ import annotations

import subprocess
from typing import IO

from gitops_ci.discover.snapshot import MAX_FILE_BYTES
from gitops_ci.policy.scope import History, Past
from gitops_ci.system.git import Repository

MOST_COMMITS = 1_000
MOST_CONTENTS = 50_000
MOST_BYTES = 1 << 30
"""Bounds of what is looked at; past them the answer says that it is not whole."""

_TOO_MUCH = "the change has too many commits to search what each of them added for secrets: squash it, or split it"
_LACKING = (
    "this clone lacks a part of the change's history, which is searched for secrets: fetch all of it (`fetch-depth: 0`)"
)

_WALK = ("rev-list", "--objects", "--in-commit-order", "--reverse", f"--max-count={MOST_COMMITS + 1}")
_DESCRIBE = ("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize) %(rest)", "--buffer")


def added(repository: Repository, base: str, head: str) -> History:
    """The contents that commits reachable from `head` and not from `base` added, oldest commit first.

    A content that a merge brings by itself is the merge's; one that came twice is its first commit's. Paths are
    relative to the repository's prefix; what lies outside of it is left out.
    """
    walk = _started(repository, *_WALK, head, f"^{base}", *_below(repository), stdin=subprocess.DEVNULL)
    describe = _started(repository, *_DESCRIBE, stdin=walk.stdout)
    assert walk.stdout is not None
    assert describe.stdout is not None
    walk.stdout.close()  # `describe` has it
    with walk, describe:
        found = _read(describe.stdout, f"{repository.prefix}/" if repository.prefix else "")
        if found.problem is not None:
            walk.kill()
            describe.kill()
    if found.problem is None and (walk.returncode or describe.returncode):
        return History(found.contents, _LACKING)
    if found.problem is None and _is_cut(repository, base, head):
        return History(found.contents, _LACKING)
    return found


def _read(lines: IO[bytes], prefix: str) -> History:
    """Takes `<id> <type> <size> <path>` apart, line by line; git cuts a path at a line end, so that none is forged."""
    contents: list[Past] = []
    commits = total = 0
    commit = ""
    for line in lines:
        oid, type, *rest = line.rstrip(b"\n").decode("utf-8", "surrogateescape").split(" ", 3)
        if type == "missing":
            return History(tuple(contents), _LACKING)
        if type == "commit":
            commit, commits = oid, commits + 1
        elif type == "blob" and (path := rest[1]).startswith(prefix):
            contents.append(Past(commit, path.removeprefix(prefix), oid))
            total += min(int(rest[0]), MAX_FILE_BYTES)
        if commits > MOST_COMMITS or len(contents) > MOST_CONTENTS or total > MOST_BYTES:
            return History(tuple(contents[:-1]), _TOO_MUCH)
    return History(tuple(contents))


def _below(repository: Repository) -> tuple[str, ...]:
    """Arguments that leave out what is not in the folder that is looked at, also where its content is the same."""
    return ("--full-history", "--", f":(top,literal){repository.prefix}") if repository.prefix else ()


def _started(repository: Repository, *args: str, stdin: int | IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        repository.command(*args),
        cwd=repository.cwd(),
        env=repository.environ(),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _is_cut(repository: Repository, base: str, head: str) -> bool:
    """Whether a shallow clone ends somewhere between the two."""
    if not repository.shallow:
        return False
    command = repository.command("rev-list", "--max-parents=0", "--max-count=1", head, f"^{base}")
    done = subprocess.run(command, cwd=repository.cwd(), env=repository.environ(), capture_output=True, check=False)
    return done.returncode != 0 or bool(done.stdout.strip())
