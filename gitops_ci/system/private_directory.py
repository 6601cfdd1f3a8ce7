"""A private directory that is removed on every path: closed, forgotten, ended by an error, or with us being killed."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path

_KEEPER = """
trap '' HUP INT QUIT TERM
read -r _
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf -- "$1" 2>/dev/null && exit
    sleep 1
done
"""
"""Waits until we close its input or are gone. What still runs in there may write on for a moment."""


class PrivateDirectory:
    """A new directory, and a process that removes it when we are gone. Others may pass through it and not look."""

    def __init__(self, parent: str | None) -> None:
        """In `parent`, or where temporary files go. Raises OSError."""
        self.path = Path(tempfile.mkdtemp(prefix="gitops-ci-", dir=parent))
        try:
            self.path.chmod(0o711)
            keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "sh", str(self.path)],
                cwd="/",
                env={"PATH": "/usr/bin:/bin"},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            self.path.rmdir()
            raise
        self.close = weakref.finalize(self, _removed, self.path, keeper)
        """Removes it; whatever is forgotten is closed at the end of the process."""


def _removed(path: Path, keeper: subprocess.Popen[bytes]) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with contextlib.suppress(OSError):
        if keeper.stdin is not None:
            keeper.stdin.close()
    try:
        keeper.wait(2)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
