"""What commands write: reports into a directory, lines onto streams."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import ToolError
from gitops_ci.model.report import Report
from gitops_ci.render import markdown, report_json, terminal
from gitops_ci.render.links import Links


def write_report(
    report: Report, directory: Path, links: Links, *, environments: tuple[str, ...], detail: str = "full"
) -> tuple[Path, ...]:
    """Writes report.json, comment.md and report.txt; raises ToolError where the disk refuses."""
    text = terminal.plain(terminal.report_lines(report, environments=environments))
    contents = {
        "report.json": report_json.encode(report),
        "comment.md": markdown.comment(report, links, environments=environments, detail=detail).encode(
            "utf-8", "replace"
        ),
        "report.txt": text.encode("utf-8", "replace"),
    }
    return tuple(_write(directory / name, content) for name, content in contents.items())


def _write(path: Path, content: bytes) -> Path:
    """All of it or nothing: a reader never meets half a report."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ToolError(
            f"{path} cannot be written: {error.strerror}", hint="give another directory with --out DIR"
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise ToolError(
            f"{path} cannot be written: {error.strerror}", hint="give another directory with --out DIR"
        ) from None
    return path


def show(lines: object, outside: Outside) -> None:
    """Writes styled lines to stdout."""
    terminal.write(lines, outside.stdout, colour=outside.colour(outside.stdout))  # type: ignore[arg-type]


def directory(options: Options, outside: Outside, git_directory: Path) -> Path:
    """Where reports go: `--out`, else a folder in the repository's git directory, where nothing is tracked."""
    return outside.cwd / options.out if options.out is not None else git_directory / "gitops-ci"
