"""What commands write: reports into a directory, lines and documents onto stdout."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import FILE
from gitops_ci.errors import ToolError, UsageError

if TYPE_CHECKING:
    from gitops_ci.model.report import Report
    from gitops_ci.render.lines import Line
    from gitops_ci.render.links import Links

WIDTH = 100
"""Columns where there is no terminal to ask."""


def write_report(
    report: Report,
    directory: Path,
    links: Links,
    *,
    environments: tuple[str, ...],
    detail: Literal["full", "summary"] = "full",
    category: str = "",
) -> tuple[Path, ...]:
    """Writes report.json, comment.md and report.txt; raises ToolError where the disk refuses.

    With a verdict also code-scanning.sarif (`category` as in `sarif.encode`) and junit.xml: of a part they would
    replace what the others say.
    """
    from gitops_ci.render import junit, lines, markdown, report_json, sarif, terminal

    text = io.StringIO()
    lines.write(terminal.report_lines(report, environments=environments, detail=detail), text, colour=False)
    comment = markdown.comment(report, links, environments=environments, detail=detail)
    contents = {
        "report.json": report_json.encode(report),
        "comment.md": comment.encode("utf-8", "replace"),
        "report.txt": text.getvalue().encode("utf-8", "replace"),
    }
    if report.verdict is not None:
        contents["code-scanning.sarif"] = sarif.encode(report, links, category=category, only_open=True)
        contents["junit.xml"] = junit.encode(report)
    return write_all(directory, contents)


def write_all(directory: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Writes files into a directory, which is made; raises ToolError where the disk refuses."""
    return tuple(write(directory / name, content) for name, content in contents.items())


def write(path: Path, content: bytes) -> Path:
    """Writes a file, all of it or nothing: a reader never meets half a report. Raises ToolError where it cannot be."""
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        partial = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return partial.replace(path)
    except OSError as error:
        if partial is not None:
            partial.unlink(missing_ok=True)
        message = f"{path} cannot be written: {error.strerror}"
        raise ToolError(message, hint="give another place with --out DIR") from None


def category(options: Options) -> str:
    """What sets what code scanning is told by a second configuration of a repository apart: its path."""
    return "" if options.config in (None, FILE) else str(options.config)


def show_report(
    report: Report,
    options: Options,
    outside: Outside,
    *,
    environments: tuple[str, ...],
    detail: Literal["full", "summary"] = "full",
    written: tuple[str, ...] = (),
) -> None:
    """Writes the rendering that `--format` asks for to stdout; `written` are files that a terminal is told of."""
    from gitops_ci.commands import assembly

    links = assembly.links(outside)
    match options.format:
        case "json":
            from gitops_ci.render import report_json

            outside.stdout.write(report_json.encode(report).decode())
        case "markdown":
            from gitops_ci.render import markdown

            outside.stdout.write(markdown.comment(report, links, environments=environments, detail=detail))
        case "sarif" | "code-scanning":
            from gitops_ci.render import sarif

            is_open = options.format == "code-scanning"
            log = sarif.encode(report, links, category=category(options), only_open=is_open)
            outside.stdout.write(log.decode())
        case "junit":
            from gitops_ci.render import junit

            outside.stdout.write(junit.encode(report).decode())
        case _:
            from gitops_ci.render import terminal

            columns = width(outside)
            told = terminal.report_lines(
                report, environments=environments, width=columns, detail=detail, written=written
            )
            show(told, outside)


def show(told: Iterable[Line], outside: Outside) -> None:
    """Writes styled lines to stdout."""
    from gitops_ci.render import lines

    lines.write(told, outside.stdout, colour=outside.colour(outside.stdout))


def say(text: str, outside: Outside) -> None:
    """A message on stderr, parts of which may come from somewhere else: nothing in it is taken for a command."""
    from gitops_ci.render import lines

    lines.write([lines.line(f"gitops-ci: {text}")], outside.stderr, colour=False)


def width(outside: Outside) -> int:
    """Columns of the terminal that stdout is, or a width that reads well in a log."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if outside.stdout.isatty() else WIDTH


def document(content: object, outside: Outside) -> None:
    """Writes a JSON document to stdout."""
    from gitops_ci.render import report_json

    outside.stdout.write(report_json.document(content).decode())


def prepare(directory: Path, repository: Path) -> None:
    """Makes the directory of the report before anything is planned.

    Raises UsageError where it cannot be made, or where a link of the repository leads out of it: a pull request
    could choose the place that is written to.
    """
    lexical = Path(os.path.normpath(directory))
    if lexical.is_relative_to(repository) and not lexical.resolve().is_relative_to(repository):
        raise UsageError(
            f"{directory} leads out of the repository through a link", hint="give another place with --out"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{directory} cannot be made: {error.strerror}"
        raise UsageError(message, hint="give another place with --out DIR") from None


def directory(options: Options, outside: Outside, git_directory: Path) -> Path:
    """Where reports go: `--out`, else a folder in the repository's git directory, where nothing is tracked."""
    return outside.cwd / options.out if options.out is not None else git_directory / "gitops-ci"
