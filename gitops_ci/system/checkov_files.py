"""What checkov is asked about, laid out in a private place, and its answers with the repository's paths again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec
from msgspec import Struct

from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.model.plan import Engine
from gitops_ci.policy.checkov import skips
from gitops_ci.policy.checkov.job import Answer, Answers, Ending, Job, Scan
from gitops_ci.system import checkov_charts
from gitops_ci.system.process import Completed

Source = Literal["configured", "path", "embedded"]

_NAMES = {"dockerfile": ".Dockerfile", "github_actions": "/.github/workflows/workflow.yml"}
_SLOWEST = 5
"""A check gets this part of the time limit: one that analyses policies for minutes must not eat all of it."""
_REFUSED = ("", ".", "..", ".git", ".external_modules", ".terraform")
_DEEPEST = 100  # folders above a file; the system's own limit of a path would be met soon after


class _Line(Struct):
    """A line of the answers that is not of a scan."""

    version: str = ""
    custom: list[tuple[str, str]] = []


class Laid:
    """A job in a private place. Names there are ours, but for those in trees and of custom checks."""

    def __init__(self, place: Path, job: Job, template: Callable[[Path], Completed]) -> None:
        """Writes everything; `template` runs `helm template` for one folder. Raises OSError."""
        self.home = place / "home"
        self.home.mkdir()
        self.files = (place / "job.json", place / "answers")
        self._template = template
        self._paths: dict[str, str] = {}
        self._unread: dict[str, set[str]] = {}
        custom = place / "custom" if job.custom_root is not None and job.rules is not None else None
        if custom is not None and job.rules is not None:
            names = {path: path[len(job.custom_root or "") + 1 :] for path in job.custom if _is_safe(path)}
            custom.mkdir()
            self._write(custom, names, job.rules, mute=False)
        document = {
            "checks": job.checks,
            "skip": job.skip,
            "custom": custom,
            "budget": job.timeout / _SLOWEST,
            "scans": [self._scan(place / str(index), scan) for index, scan in enumerate(job.scans)],
        }
        _create(self.files[0], msgspec.json.encode(document, enc_hook=str))

    def _scan(self, root: Path, scan: Scan) -> dict[str, object]:
        if scan.snapshot is None:
            file = root / "plan.json"
            _create(file, scan.document)
            return {"name": scan.name, "framework": scan.framework, "root": None, "files": [file]}
        if scan.tree:
            names = {path: path for path in scan.files if _is_safe(path)}
        else:
            names = {path: f"{number}{_ending(scan, path)}" for number, path in enumerate(scan.files)}
        written = self._write(root, names, scan.snapshot, mute=True)
        if scan.framework == "helm":
            return self._charts(root, scan, tuple(written.values()))
        self._unread[scan.name] = set(scan.files) - written.keys()
        files = [] if scan.tree else list(written.values())
        return {"name": scan.name, "framework": scan.framework, "root": root if scan.tree else None, "files": files}

    def _charts(self, root: Path, scan: Scan, files: tuple[Path, ...]) -> dict[str, object]:
        """A scan of what the charts render to; one that cannot be rendered is unread by its `Chart.yaml`."""
        manifests: list[Path] = []
        self._unread[scan.name] = set()
        for chart in checkov_charts.outermost(files):
            documents = checkov_charts.rendered(self._template(chart))
            if documents is None:
                self._unread[scan.name].add(self._paths[str(chart / "Chart.yaml")])
            for source, text in (documents or {}).items():
                template = self._paths.get(str(chart / source.partition("/")[2]))
                manifests.append(root.with_name(f"{root.name}-rendered") / f"{len(manifests)}.yaml")
                _create(manifests[-1], text)
                self._paths[str(manifests[-1])] = template or self._paths[str(chart / "Chart.yaml")]
        return {"name": scan.name, "framework": "kubernetes", "root": None, "files": manifests}

    def _write(self, root: Path, names: dict[str, str], snapshot: Snapshot, *, mute: bool) -> dict[str, Path]:
        """Writes files under the names that they are given; what is no file, or too large, is left out."""
        plain = [path for path in names if snapshot.entries[path].mode not in (SYMLINK, SUBMODULE)]
        written: dict[str, Path] = {}
        for path, content in snapshot.stream(plain):
            target = root / names[path]
            _create(target, skips.muted(content) if mute else content)
            self._paths[str(target)] = path
            written[path] = target
        return written

    def answers(self, done: Completed, source: Source) -> Answers:
        """What the worker wrote before it ended, as far as that can be read."""
        engine: Engine | None = None
        answers: list[Answer] = []
        wrong: list[tuple[str, str]] = []
        garbled = False
        for line in _lines(self.files[1]):
            try:
                if b'"scan"' in line[:10]:
                    answers.append(self._in_repository(msgspec.json.decode(line, type=Answer)))
                    continue
                said = msgspec.json.decode(line, type=_Line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                garbled = True
                continue
            engine = Engine(name="checkov", version=said.version[:50], source=source) if said.version else engine
            wrong += [(self._path(file), reason) for file, reason in said.custom]
        ending = _ending_of(done, any(answer.error == "MemoryError" for answer in answers), garbled)
        detail = "" if ending == "finished" else _detail(done)
        return Answers(engine=engine, ending=ending, detail=detail, answers=tuple(answers), wrong=tuple(wrong))

    def _in_repository(self, answer: Answer) -> Answer:
        failed = (msgspec.structs.replace(each, path=self._path(each.path)) for each in answer.findings)
        unread = {self._path(path) for path in answer.unread} | self._unread.get(answer.scan, set())
        objects = {self._path(path): count for path, count in answer.objects.items()}
        return msgspec.structs.replace(answer, findings=tuple(failed), unread=tuple(sorted(unread)), objects=objects)

    def _path(self, file: str) -> str:
        return self._paths.get(file, "")


def _ending(scan: Scan, path: str) -> str:
    """What our name for a file has to end with, so that checkov takes it for what it is."""
    return _NAMES.get(scan.framework) or PurePosixPath(path).suffix


def _is_safe(path: str) -> bool:
    """Whether a path can be one of ours as it is: printable, of sane length, in no folder that changes what is read."""
    parts = path.split("/")
    if len(parts) > _DEEPEST or any(part in _REFUSED or part.startswith(".checkov") for part in parts):
        return False
    return path.isprintable() and len(path.encode("utf-8", "replace")) < 1000


def _create(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as open_file:
        open_file.write(content)


def _lines(file: Path) -> Iterable[bytes]:
    try:
        return file.read_bytes().splitlines()
    except OSError:
        return ()


def _ending_of(done: Completed, memory: bool, garbled: bool) -> Ending:
    if done.ending in ("timeout", "cancelled"):
        return "timeout" if done.ending == "timeout" else "cancelled"
    if memory or b"MemoryError" in done.stderr[-2000:] or done.returncode in (137, -9):
        return "memory"
    return "finished" if done.returncode == 0 and done.ending == "exited" and not garbled else "crashed"


def _detail(done: Completed) -> str:
    """The last word of a traceback without its message, which may hold a part of a file."""
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    name = last.partition(":")[0]
    return name if name.isidentifier() or name.replace(".", "").isidentifier() else f"exit code {done.returncode}"
