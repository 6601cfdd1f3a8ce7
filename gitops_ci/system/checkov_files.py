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
from gitops_ci.policy.checkov import charts, contents, skips
from gitops_ci.policy.checkov.contents import Content
from gitops_ci.policy.checkov.job import Answer, Answers, Ending, Failed, Job, Scan
from gitops_ci.system import checkov_charts
from gitops_ci.system.process import Completed

Source = Literal["configured", "path", "embedded"]

_NAMES = {
    "dockerfile": ".Dockerfile",
    "github_actions": "/.github/workflows/workflow.yml",
    "terraform_json": ".tf.json",
}
_ENDINGS = {".cfn": ".template"}
_YAML = (".yaml", ".yml", ".json")
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
        self._lines: dict[str, int] = {}
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
            names = {path: _in_tree(path) for path in scan.files if _is_safe(path)}
        else:
            names = {path: f"{number}{_ending(scan, path)}" for number, path in enumerate(scan.files)}
        written = self._write(root, names, scan.snapshot, mute=True)
        if scan.framework == "helm":
            return self._charts(root, scan, scan.snapshot, written)
        self._unread[scan.name] = set(scan.files) - written.keys()
        files = [] if scan.tree else list(written.values())
        if scan.framework == "kubernetes":
            held = scan.snapshot.facts(written, contents.of)
            files = [each for path, file in written.items() for each in self._apart(file, path, held[path]) or (file,)]
        return {"name": scan.name, "framework": scan.framework, "root": root if scan.tree else None, "files": files}

    def _apart(self, target: Path, path: str, content: Content) -> list[Path]:
        """The objects of a file that checkov would pass over as it is written, each laid out as a file; else none."""
        files = [target.with_name(f"{target.stem}-{number}.yaml") for number in range(len(content.apart))]
        for file, member in zip(files, content.apart, strict=True):
            _create(file, skips.muted(member.json))
            self._paths[str(file)] = path
            self._lines[str(file)] = member.line
        return files

    def _charts(self, root: Path, scan: Scan, snapshot: Snapshot, written: dict[str, Path]) -> dict[str, object]:
        """A scan of what the charts render to. Unread is a chart, by its `Chart.yaml`, that cannot be rendered.

        And a template that is a manifest as it stands and that Helm makes nothing of: others may deploy it.
        """
        manifests: list[Path] = []
        unread = self._unread[scan.name] = set()
        for folder in charts.outermost(charts.folders(written)):
            documents = checkov_charts.rendered(self._template(root / folder))
            inside = {path: path[len(folder) :].lstrip("/") for path in written if _is_in(path, folder)}
            if documents is None:
                unread.add(next(path for path, name in inside.items() if name == charts.FILE))
                continue
            made = {source.partition("/")[2]: text for source, text in documents.items()}
            templates = [path for path, name in inside.items() if "templates/" in name and name not in made]
            plain = snapshot.facts((path for path in templates if path.endswith(_YAML)), contents.of)
            unread |= {path for path, content in plain.items() if content.objects > 0}
            for name, text in made.items():
                path = f"{folder}/{name}".lstrip("/")
                path = path if path in written else f"{folder}/{charts.FILE}".lstrip("/")
                manifest = root.with_name(f"{root.name}-rendered") / f"{len(manifests)}.yaml"
                _create(manifest, text)
                self._paths[str(manifest)] = path
                manifests += self._apart(manifest, path, contents.of(text)) or [manifest]
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
        failed = map(self._placed, answer.findings)
        unread = {self._path(path) for path in answer.unread} | self._unread.get(answer.scan, set())
        objects: dict[str, int] = {}
        for file, count in answer.objects.items():
            objects[self._path(file)] = objects.get(self._path(file), 0) + count
        return msgspec.structs.replace(answer, findings=tuple(failed), unread=tuple(sorted(unread)), objects=objects)

    def _placed(self, failed: Failed) -> Failed:
        line = self._lines.get(failed.path)
        placed = msgspec.structs.replace(failed, path=self._path(failed.path))
        return placed if line is None else msgspec.structs.replace(placed, line=line, end=line)

    def _path(self, file: str) -> str:
        return self._paths.get(file, "")


def _ending(scan: Scan, path: str) -> str:
    """What our name for a file has to end with, so that checkov takes it for what it is."""
    suffix = PurePosixPath(path).suffix
    return _NAMES.get(scan.framework) or _ENDINGS.get(suffix, suffix)


def _in_tree(path: str) -> str:
    """The repository's own name for a file, with an ending that checkov knows: OpenTofu's own is a file beside it."""
    return f"{path}.tf" if path.endswith(".tofu") else path


def _is_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


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
