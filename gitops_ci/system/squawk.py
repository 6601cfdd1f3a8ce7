"""Finds squawk, the linter of PostgreSQL migrations, and runs it once over many texts, in a clean room and offline."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Literal

import msgspec

from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.rules import squawk
from gitops_ci.kinds.database.rules.squawk import Answer, Answers
from gitops_ci.model.plan import Engine
from gitops_ci.system import clean_room, process, wall

MEMORY = 2 << 30
"""Bytes of private data: a thousand migrations take less than a tenth of it."""
SCRIPTS = Path(sys.executable).parent
"""Where programs lie that packages of our own Python bring; `sysconfig` takes a hundredth of a second to say so."""
TIMEOUT = 120.0
"""Seconds for one run."""
HINT = "`pip install 'gitops-ci[squawk]'` brings it; or have `squawk` 2 on PATH"

_TOGETHER = 100
"""Texts in one file; squawk reads several files at a time."""
_END = "\n;\n"
"""Ends a comment or a statement that its file leaves open."""

_ENDINGS = {"timeout": "took longer than its time limit", "cancelled": "was stopped", "flooded": "printed too much"}


class _Bundle:
    """Several texts as one file: a file system is slower than squawk, and what one makes the next one finds."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._paths = [path for path, _ in texts]
        ended = [f"{text}{_END}" for _, text in texts]
        self.text = "".join(ended)
        self._first = [0, *accumulate(text.count("\n") for text in ended)][:-1]

    def placed(self, answer: Answer) -> tuple[str, Answer]:
        """Which text an answer is about, and its line there."""
        index = bisect_right(self._first, max(answer.line, 0)) - 1
        return self._paths[index], msgspec.structs.replace(answer, line=answer.line - self._first[index])


def _portions(texts: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    for begin in range(0, len(texts), _TOGETHER):
        yield texts[begin : begin + _TOGETHER]


class Squawk:
    """The `Linter` of one run. `scratch` is private and removed by its owner."""

    def __init__(self, *, environ: Mapping[str, str], repository: Path, scratch: Path, stop: process.Stop) -> None:
        self._path = clean_room.safe_path(environ.get("PATH", os.defpath), repository)
        self._repository = repository
        self._scratch = scratch
        self._stop = stop

    def run(self, texts: Mapping[str, str]) -> Answers:
        """See `Linter`. No name from a repository reaches squawk, and no configuration file of one."""
        program, source = self._program()
        bundles = {f"{number}.sql": _Bundle(some) for number, some in enumerate(_portions(tuple(texts.items())))}
        place = Path(tempfile.mkdtemp(dir=self._scratch, prefix="squawk-")).resolve()
        beside = ThreadPoolExecutor(max_workers=1)
        try:
            version = beside.submit(self._version, program)
            for name, bundle in bundles.items():
                (place / name).write_text(bundle.text, encoding="utf-8", newline="")
            (place / "none.toml").touch()
            around = wall.around(wall.Room(programs=(Path(program),), reads=(place,)))
            done = self._start((program, "--reporter", "json", "-c", "none.toml", "*.sql"), place, around)
        except OSError as error:
            raise ToolError(f"what squawk is asked about cannot be laid out: {error.strerror}") from None
        finally:
            beside.shutdown()
            shutil.rmtree(place, ignore_errors=True)
        engine = Engine(name="squawk", version=version.result(), source=source)
        found: dict[str, list[Answer]] = {path: [] for path in texts}
        for each in _answers(done):
            its = bundles.get(each.file)
            if its is None:
                raise ToolError("squawk answered about a file that it was not asked about")
            path, answer = its.placed(each)
            found[path].append(answer)
        return Answers(engine=engine, by_path={path: tuple(answers) for path, answers in found.items()})

    def _program(self) -> tuple[str, Literal["embedded", "path"]]:
        """The one beside our own Python, else the one on PATH."""
        beside = shutil.which("squawk", path=str(SCRIPTS))
        own = beside if beside and Path(beside).is_relative_to(sys.prefix) else None
        program = own or shutil.which("squawk", path=self._path)
        if program is None:
            raise ToolError("squawk is not there", hint=HINT)
        return program, "embedded" if own else "path"

    def _version(self, program: str) -> str:
        done = self._start((program, "--version"), self._scratch, ())
        words = done.stdout.decode("ascii", "replace").split()
        if done.ending != "exited" or done.returncode or len(words) != 2 or words[0] != "squawk":
            raise ToolError("squawk does not tell its version", hint=HINT)
        return words[1][:40]

    def _start(self, command: tuple[str, ...], place: Path, around: tuple[str, ...]) -> process.Completed:
        env = {"PATH": self._path, "HOME": str(place), "TMPDIR": str(place), "LANG": "C.UTF-8"}
        argv = (*clean_room.prefix(offline=True, memory=MEMORY), *around, *command)
        return process.run(argv, cwd=place, env=env, timeout=TIMEOUT, stop=self._stop)


def _answers(done: process.Completed) -> tuple[Answer, ...]:
    """What it found. It exits with 1 where it found something, and prints JSON whenever it came to its end."""
    if done.ending != "exited":
        raise ToolError(f"squawk {_ENDINGS[done.ending]}")
    if done.returncode not in (0, 1):
        raise ToolError(f"squawk ended with exit code {done.returncode}")
    return squawk.decoded(done.stdout)
