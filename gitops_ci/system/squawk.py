"""Finds squawk, the linter of PostgreSQL migrations, and runs it once over many texts, in a clean room and offline."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.rules import squawk
from gitops_ci.kinds.database.rules.squawk import Answer, Answers
from gitops_ci.model.plan import Engine
from gitops_ci.system import clean_room, process

MEMORY = 2 << 30
"""Bytes of private data: a thousand migrations take less than a tenth of it."""
TIMEOUT = 120.0
"""Seconds for one run."""
HINT = "`pip install 'gitops-ci[squawk]'` brings it; or have `squawk` 2 on PATH"

_ENDINGS = {"timeout": "took longer than its time limit", "cancelled": "was stopped", "flooded": "printed too much"}


class Squawk:
    """The `Linter` of one run. `scratch` is private and removed by its owner."""

    def __init__(self, *, environ: Mapping[str, str], repository: Path, scratch: Path, stop: process.Stop) -> None:
        self._path = clean_room.safe_path(environ.get("PATH", os.defpath), repository)
        self._repository = repository
        self._scratch = scratch
        self._stop = stop

    def run(self, texts: Mapping[str, str]) -> Answers:
        """See `Linter`. No name from a repository reaches squawk, and no configuration file of one."""
        engine = self._engine()
        place = Path(tempfile.mkdtemp(dir=self._scratch, prefix="squawk-")).resolve()
        try:
            names = {f"{number}.sql": path for number, path in enumerate(texts)}
            for name, asked in names.items():
                (place / name).write_text(texts[asked], encoding="utf-8", newline="")
            (place / "none.toml").touch()
            options = ("--reporter", "json", "-c", "none.toml")
            done = self._start((engine[0], *options, "*.sql"), place)
        except OSError as error:
            raise ToolError(f"what squawk is asked about cannot be laid out: {error.strerror}") from None
        finally:
            shutil.rmtree(place, ignore_errors=True)
        found: dict[str, tuple[Answer, ...]] = dict.fromkeys(texts, ())
        for each in _answers(done):
            path = names.get(each.file)
            if path is None:
                raise ToolError("squawk answered about a file that it was not asked about")
            found[path] = (*found[path], each)
        return Answers(engine=engine[1], by_path=found)

    def _engine(self) -> tuple[str, Engine]:
        """The one beside our own Python, else the one on PATH, with its version."""
        beside = shutil.which("squawk", path=sysconfig.get_path("scripts"))
        own = beside if beside and Path(beside).is_relative_to(sys.prefix) else None
        program = own or shutil.which("squawk", path=self._path)
        if program is None:
            raise ToolError("squawk is not there", hint=HINT)
        done = self._start((program, "--version"), self._scratch)
        words = done.stdout.decode("ascii", "replace").split()
        if done.ending != "exited" or done.returncode or len(words) != 2 or words[0] != "squawk":
            raise ToolError("squawk does not tell its version", hint=HINT)
        return program, Engine(name="squawk", version=words[1][:40], source="embedded" if own else "path")

    def _start(self, command: tuple[str, ...], place: Path) -> process.Completed:
        env = {"PATH": self._path, "HOME": str(place), "TMPDIR": str(place), "LANG": "C.UTF-8"}
        argv = (*clean_room.prefix(offline=True, memory=MEMORY), *command)
        return process.run(argv, cwd=place, env=env, timeout=TIMEOUT, stop=self._stop)


def _answers(done: process.Completed) -> tuple[Answer, ...]:
    """What it found. It exits with 1 where it found something, and prints JSON whenever it came to its end."""
    if done.ending != "exited":
        raise ToolError(f"squawk {_ENDINGS[done.ending]}")
    if done.returncode not in (0, 1):
        raise ToolError(f"squawk ended with exit code {done.returncode}")
    return squawk.decoded(done.stdout)
