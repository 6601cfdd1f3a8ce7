"""Finds checkov, lays out what it is asked about in a private place, and runs it once, in a clean room, offline."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gitops_ci.errors import ToolError
from gitops_ci.policy.checkov.job import Answers, Job
from gitops_ci.system import checkov_charts, clean_room, process, wall
from gitops_ci.system.checkov_files import Laid, Source

MEMORY = 4 << 30
"""Bytes of private data: 5,000 resources take less than one GiB."""

_WORKER = Path(__file__).with_name("checkov_worker.py")
BESIDE = f"{sys.prefix}-checkov"

HINT = "`python requirements/install.py VENV checkov` makes its environment; or have `checkov` on PATH"


class Checkov:
    """The `Checker` of one run. `scratch` is private and removed by its owner."""

    def __init__(self, *, environ: Mapping[str, str], repository: Path, scratch: Path, stop: process.Stop) -> None:
        self._path = clean_room.safe_path(environ.get("PATH", os.defpath), repository)
        self._helm = shutil.which("helm", path=self._path)
        self._locale = {name: value for name, value in environ.items() if name == "TZ"}
        self._repository = repository
        self._scratch = scratch
        self._stop = stop

    def run(self, job: Job) -> Answers:
        """See `Checker`. What was answered before it ended is kept, however it ended."""
        python, source = self._interpreter()
        place = Path(tempfile.mkdtemp(dir=self._scratch, prefix="checkov-")).resolve()
        try:
            laid = Laid(place, job, self._template)
            command = (str(python), "-I", "-B", str(_WORKER), *map(str, laid.files))
            room = wall.Room(programs=(python,), reads=(*wall.python(python), _WORKER), writes=(place,))
            done = self._start(command, laid.home, room, job.timeout)
            return laid.answers(done, source)
        except OSError as error:
            raise ToolError(f"what checkov is asked about cannot be laid out: {error.strerror}") from None
        finally:
            shutil.rmtree(place, ignore_errors=True)

    @property
    def renders_charts(self) -> bool:
        """See `Checker`."""
        return self._helm is not None

    def _template(self, chart: Path) -> process.Completed:
        """`helm template` with the chart's own values: no network, no cluster, nothing of the user's configuration."""
        home = chart.parent / f".{chart.name}.helm"
        home.mkdir()
        room = wall.Room(programs=(Path(str(self._helm)),), reads=(chart,), writes=(home,))
        return self._start((str(self._helm), "template", "release", str(chart)), home, room, checkov_charts.LONGEST)

    def _start(self, command: tuple[str, ...], home: Path, room: wall.Room, timeout: float) -> process.Completed:
        env = {"PATH": self._path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", **self._locale}
        argv = (*clean_room.prefix(offline=True, memory=MEMORY), *wall.around(room), *command)
        return process.run(argv, cwd=home, env=env, timeout=timeout, stop=self._stop)

    def _interpreter(self) -> tuple[Path, Source]:
        """Python of the environment beside ours, else the one that runs `checkov` on PATH."""
        for name in ("bin/python", "Scripts/python.exe"):
            if (Path(BESIDE) / name).is_file():
                return Path(BESIDE) / name, "embedded"
        program = shutil.which("checkov", path=self._path)
        if program is None:
            raise ToolError("checkov is not there", hint=HINT)
        python = _shebang(Path(program).resolve())
        if python is None or clean_room.inside(python, self._repository) or not os.access(python, os.X_OK):
            raise ToolError(f"{program} does not name the Python that checkov is installed in", hint=HINT)
        return python, "path"


def _shebang(program: Path) -> Path | None:
    """The interpreter of a script that pip, pipx or uv wrote (a long path stands in its second line)."""
    try:
        with program.open("rb") as file:
            lines = file.read(4096).decode("utf-8", "replace").split("\n")
    except OSError:
        return None
    first = lines[0].removeprefix("#!").strip()
    if first == "/bin/sh" and len(lines) > 1 and lines[1].startswith("'''exec' "):
        first = lines[1].removeprefix("'''exec' ").partition(' "$0"')[0].strip('" ')
    python = Path(first)
    return python if lines[0].startswith("#!") and python.is_absolute() and python.name.startswith("python") else None
