"""Makes a release: `python tools/release.py 1.2.0` commits workflows that name the action by its commit, and tags that.

A caller who pins a workflow by its commit pins what it runs only if the workflow itself names the action so. The commit
of the release is a child of the one that it names, on no branch; nothing is pushed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ACTION = "gitops-ci/gitops-ci"
_MOVING = re.compile(rf"uses: {ACTION}@v1 # zizmor: ignore\[unpinned-uses\][^\n]*")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


def main(version: str, root: Path = ROOT) -> str:
    """Makes the commit and its tags (`v1.2.0`, and `v1` moved to it); gives the commit. Raises SystemExit."""
    if not _VERSION.fullmatch(version):
        raise SystemExit(f"{version!r} is no version: give 1.2.0")
    if _git(root, "status", "--porcelain"):
        raise SystemExit("the work tree differs from its commit: commit it first")
    branch, commit = _git(root, "rev-parse", "--abbrev-ref", "HEAD"), _git(root, "rev-parse", "HEAD")
    _git(root, "switch", "--quiet", "--detach")
    try:
        if not pinned(root, commit, version):
            raise SystemExit(f"no workflow names {ACTION}@v1")
        _git(root, "commit", "--quiet", "--all", "--message", f"Release {version}: the workflows name {commit[:12]}")
        released = _git(root, "rev-parse", "HEAD")
        _git(root, "tag", f"v{version}", released)
        _git(root, "tag", "--force", f"v{version.partition('.')[0]}", released)
    finally:
        _git(root, "switch", "--quiet", "--force", *((branch,) if branch != "HEAD" else ("--detach", commit)))
    return released


def pinned(root: Path, commit: str, version: str) -> int:
    """Rewrites the workflows so that they name the action by `commit`; how many places that were."""
    places = 0
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        text, count = _MOVING.subn(f"uses: {ACTION}@{commit} # v{version}", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
        places += count
    return places


def _git(root: Path, *args: str) -> str:
    done = subprocess.run(("git", "-C", str(root), *args), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {args[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.stdout.write(f"{main(sys.argv[1])}\n")
