"""Finds kustomize and Helm (configured, on PATH, embedded) and has them render in workers in the clean room."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct, structs

from gitops_ci.config_kubernetes import Kubernetes
from gitops_ci.errors import ConfigError, ToolError
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Engine
from gitops_ci.system import clean_room, wall
from gitops_ci.system.process import Stop
from gitops_ci.system.worker import Died, Worker

NAMES = ("kustomize", "helm")
MEMORY = 2 << 30
"""Bytes of private data that a rendering may take: a thousand times what a large chart needs."""

_SHIM = Path(__file__).with_name("render_worker.py")
_STARTING = 60.0  # seconds that a program may take to say its version, on a loaded machine
_EMBEDDED_HELM = "embedded-helm"
_HINTS = {
    "kustomize": "install kubectl or kustomize, or `pip install 'gitops-ci[kustomize]'`",
    "helm": "install helm, or `pip install 'gitops-ci[helm]'`",
}
_VERSIONS = {
    "kubectl": ("version", "--client", "-o", "json"),
    "kustomize": ("version", "-o", "json"),
    "helm": ("version", "--template={{.Version}}"),
}
_NOWHERE = "http://127.0.0.1:9"  # the port of `discard`, where nothing answers
_SWIFT = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}  # a short life needs no garbage collected: a quarter less work
_OFFLINE = {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE, "ALL_PROXY": _NOWHERE, "KUBECONFIG": os.devnull}


class _Program(Struct, frozen=True):
    """A program that renders: how it is started, which of the three it is, and how it was found."""

    command: str
    called: str
    source: Literal["configured", "path", "embedded"]


class Renderers:
    """The engines of one run that render what lies in `copies`, and see nothing else that is not the system's.

    `scratch` is private and removed by its owner, who calls `close` before.
    """

    def __init__(
        self,
        *,
        settings: Kubernetes,
        environ: Mapping[str, str],
        repository: Path,
        scratch: Path,
        copies: Path,
        stop: Stop,
    ) -> None:
        """Raises ConfigError for a program in the repository, which a pull request could replace."""
        for name in NAMES:
            binary = getattr(settings.binaries, name)
            if binary is not None and Path(binary).is_absolute() and clean_room.inside(Path(binary), repository):
                hint = "a pull request could replace it: install it outside, or give a name on PATH"
                raise ConfigError(f"kinds.kubernetes.binaries.{name}: {binary} lies in the repository", hint=hint)
        self._settings = settings
        self._path = clean_room.safe_path(environ.get("PATH", os.defpath), repository)
        self._scratch = scratch
        self._copies = copies
        self._stop = stop
        self._lock = threading.Lock()
        self._identifying = threading.Lock()
        self._binaries: tuple[Path, ...] | None = None
        self._idle: list[Worker] = []
        self._there: dict[str, tuple[_Program, ...]] = {}
        self._known: dict[str, Engine | ToolError] = {}
        self._commands: dict[Engine, tuple[str, ...]] = {}

    def engines(self, name: str) -> Iterator[Engine | ToolError]:
        """The programs that render as `name` does, the preferred first; see `Tools.engines`."""
        if name not in self._there:
            self._there[name] = tuple(self._programs(name))
        for program in self._there[name]:
            found = self._identified(program)
            if isinstance(found, ToolError) and program.source == "configured":
                raise found
            yield found
        if not self._there[name]:
            raise ToolError(f"{name} is not there", hint=_HINTS[name])

    def _programs(self, name: str) -> Iterator[_Program]:
        configured = getattr(self._settings.binaries, name)
        if configured is not None:
            found = configured if Path(configured).is_absolute() else shutil.which(configured, path=self._path)
            key = f"kinds.kubernetes.binaries.{name}"
            if found is None or not os.access(found, os.X_OK):
                hint = "give an absolute path or a name on PATH"
                raise ToolError(f"{key}: {configured} is not there or not executable", hint=hint)
            called = "kubectl" if name == "kustomize" and "kubectl" in Path(found).name else name
            yield _Program(found, called, "configured")
            return
        for called in ("kubectl", "kustomize") if name == "kustomize" else ("helm",):
            found = shutil.which(called, path=self._path)
            if found is not None:
                own = called == "kubectl" and Path(found).parent == Path(sysconfig.get_path("scripts"))
                yield _Program(found, called, "embedded" if own else "path")
        if name == "helm" and importlib.util.find_spec("helm_python") is not None:
            yield _Program(_EMBEDDED_HELM, "helm", "embedded")
        beside = shutil.which("kubectl", path=sysconfig.get_path("scripts")) if name == "kustomize" else None
        if beside is not None and Path(beside).is_relative_to(sys.prefix):
            yield _Program(beside, "kubectl", "embedded")

    def _identified(self, program: _Program) -> Engine | ToolError:
        with self._identifying:
            if program.command not in self._known:
                try:
                    engine = self._asked(program)
                    render = (program.command, "kustomize") if program.called == "kubectl" else (program.command,)
                    render = (program.command, "build") if program.called == "kustomize" else render
                    self._commands.setdefault(engine, render)
                    self._known[program.command] = engine
                except ToolError as error:
                    self._known[program.command] = error
            return self._known[program.command]

    def _asked(self, program: _Program) -> Engine:
        """Its version. kubectl tells which kustomize is in it."""
        ended = self._ended((program.command, *_VERSIONS[program.called]), self._scratch, _STARTING)
        try:
            said = ended.stdout.decode().strip()
            if program.called != "helm":
                document = json.loads(said)
                said = document["kustomizeVersion" if program.called == "kubectl" else "version"]
            number = str(said).removeprefix("v")[:40]
            int(number.partition(".")[0])
        except (ValueError, KeyError, TypeError):
            detail = ended.stderr.decode("utf-8", "replace").strip()[-300:] or f"exit code {ended.returncode}"
            raise ToolError(f"{program.command} tells no version: {detail}") from None
        name = "helm" if program.called == "helm" else "kustomize"
        return Engine(name=name, version=number, source=program.source)

    def has(self, engine: Engine) -> bool:
        """Whether an engine is one of these."""
        return engine in self._commands

    def run(self, engine: Engine, args: Sequence[str], *, cwd: Path, timeout: float) -> Ended:
        """Has an engine render, in a worker that is ended where it takes longer than `timeout` seconds."""
        return self._ended((*self._commands[engine], *args), cwd, timeout)

    def _ended(self, command: Sequence[str], cwd: Path, timeout: float) -> Ended:
        if self._stop.is_set():
            return Ended(-2, b"", b"", "cancelled")
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or self._started()
        try:
            worker.ask({"command": tuple(command), "cwd": str(cwd)})
            told = worker.reply(timeout)
            out = worker.received(timeout)
        except Died as died:
            ending = "cancelled" if self._stop.is_set() else "timeout" if died.code == "timeout" else "exited"
            return Ended(-9, b"", died.message.encode(), ending)
        with self._lock:
            self._idle.append(worker)
        return Ended(int(told["code"]), out, str(told["words"]).encode("utf-8", "replace"), "exited")

    def _started(self) -> Worker:
        place = Path(tempfile.mkdtemp(dir=self._scratch, prefix="renderer-"))
        env = {**_OFFLINE, **_SWIFT, "PATH": os.devnull}  # no program is found there: git, a plugin
        command = (sys.executable, "-I", str(_SHIM))
        room = self._room(place)
        return Worker(command, place, called="the renderer", memory=MEMORY, stop=self._stop, env=env, room=room)

    def _room(self, place: Path) -> wall.Room:
        """What a worker sees, whatever it is asked: all the renderers that there are, and the private copies."""
        if self._binaries is None:
            found = (program for name in NAMES for program in self._known_programs(name))
            self._binaries = tuple(Path(each.command) for each in found if each.command != _EMBEDDED_HELM)
        own = wall.worker()
        programs, reads = (*own.programs, *self._binaries), (*own.reads, self._copies)
        return structs.replace(own, programs=programs, reads=reads, writes=(place,))

    def _known_programs(self, name: str) -> tuple[_Program, ...]:
        try:
            return tuple(self._programs(name))
        except ToolError:  # a configured one that is not there; told to who asks for it
            return ()

    def close(self) -> None:
        """Ends the workers."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()


__all__ = ["NAMES", "Renderers"]
