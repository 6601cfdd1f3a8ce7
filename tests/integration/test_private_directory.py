"""Private directories: nothing of them is left, whatever ends us."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitops_ci.system.private_directory import PrivateDirectory

_ROOT = Path(__file__).parents[2]


def gone(path: Path) -> bool:
    """Whether a path goes away soon."""
    deadline = time.monotonic() + 15
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not path.exists()


def test_closing_removes_it_at_once_and_twice_is_no_matter(tmp_path: Path) -> None:
    directory = PrivateDirectory(str(tmp_path))
    (directory.path / "a/b").mkdir(parents=True)
    (directory.path / "a/b/file").write_text("x")
    assert directory.path.stat().st_mode & 0o777 == 0o711
    directory.close()
    directory.close()
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_forgotten_goes(tmp_path: Path) -> None:
    directory = PrivateDirectory(str(tmp_path))
    path = directory.path
    del directory
    assert gone(path)


@pytest.mark.parametrize(
    "ending",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os.killpg(0, signal.SIGTERM)",
        "os._exit(1)",
        "sys.exit(1)",
        "raise KeyboardInterrupt",
        "pass",
    ],
)
def test_nothing_is_left_however_we_end(tmp_path: Path, ending: str) -> None:
    script = f"""
import os, signal, sys
from gitops_ci.system.private_directory import PrivateDirectory
directory = PrivateDirectory({str(tmp_path)!r})
(directory.path / "file").write_text("x")
print(directory.path, flush=True)
{ending}
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    path = Path(done.stdout.strip())
    assert path.parent == tmp_path
    assert gone(path)


def test_where_there_is_no_place_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        PrivateDirectory(str(tmp_path / "nowhere"))
