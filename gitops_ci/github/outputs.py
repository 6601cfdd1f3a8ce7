"""What the action hands to later steps: outputs and the job summary, from what a command wrote."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from gitops_ci.model.verdict import EXIT_CODES, Decision

NAMES = ("verdict", "affected", "matrix", "count", "base", "report", "comment-url")
SUMMARY_LIMIT = 1000 * 1024
"""Bytes; past 1,024 KiB GitHub drops a step's whole summary (https://docs.github.com/actions/reference/limits)."""

_WORST_FIRST: tuple[Decision, ...] = ("blocked", "undecided", "pass")


class _Stack(Struct):
    id: str
    certainty: str = ""


class _Outcome(Struct):
    comment_url: str | None = None


class _Matrix(Struct):
    include: tuple[dict[str, int | str], ...]


class _Verdict(Struct):
    decision: Decision


class _Report(Struct):
    stacks: tuple[_Stack, ...]
    base: str | None = None
    verdict: _Verdict | None = None


def write(command: str, code: str, work: str, report: str, output: str, summary: str) -> None:
    """Appends the outputs of one command to the file `output` and its text to the file `summary`.

    `code` is the command's exit code, `work` holds what it printed, `report` is its output directory or empty.
    """
    directory = Path(report) if report else None
    outputs = collect(command, int(code), Path(work), directory)
    with Path(output).open("a", encoding="utf-8") as file:
        file.write(encode(outputs))
    text = summarise(command, outputs, Path(work), directory)
    with Path(summary).open("a", encoding="utf-8") as file:
        file.write(shorten(text))


def collect(command: str, code: int, work: Path, report: Path | None) -> dict[str, str]:
    """Every output of the action; those that the command does not have are empty."""
    outputs = dict.fromkeys(NAMES, "")
    if command == "affected":
        if code == 0:
            found = msgspec.json.decode(_read(work / "affected.json"), type=_Report)
            outputs |= _stacks(found) | {"base": found.base or ""}
            outputs["matrix"] = _read(work / "matrix.json").decode().strip()
        return outputs
    if command == "runs":
        if code == 0:
            outputs["matrix"] = _read(work / "runs.json").decode().strip()
            outputs["count"] = str(len(msgspec.json.decode(outputs["matrix"], type=_Matrix).include))
        return outputs
    if command == "publish" and code == 0 and report is None:
        return outputs  # there was nothing to judge: a closed pull request
    decisions = [_decision(code)]
    if report is not None and (file := report / "report.json").is_file():
        outputs["report"] = str(report)
        try:
            read = msgspec.json.decode(_read(file), type=_Report)
        except msgspec.DecodeError:
            decisions.append("undecided")
        else:
            outputs |= _stacks(read)
            decisions += [read.verdict.decision] if read.verdict is not None else []
        if (published := report / "published.json").is_file():
            outputs["comment-url"] = msgspec.json.decode(_read(published), type=_Outcome).comment_url or ""
    outputs["verdict"] = next(decision for decision in _WORST_FIRST if decision in decisions)
    return outputs


def encode(outputs: Mapping[str, str]) -> str:
    """The lines of `$GITHUB_OUTPUT`, each value between delimiters that nobody can guess."""
    lines: list[str] = []
    for name, value in outputs.items():
        delimiter = f"gitops-ci-{secrets.token_hex(16)}"
        lines += [f"{name}<<{delimiter}", value, delimiter]
    return "".join(f"{line}\n" for line in lines)


def summarise(command: str, outputs: Mapping[str, str], work: Path, report: Path | None) -> str:
    """The Markdown of the job summary."""
    if report is not None:
        return _text(report / "comment.md")
    if command == "affected":
        stacks = msgspec.json.decode(outputs["affected"] or "[]", type=list[str])
        return f"{len(stacks)} affected\n\n{fenced(chr(10).join(stacks))}" if stacks else "Nothing is affected.\n"
    return fenced(_text(work / "layout.txt")) if command != "runs" else f"{outputs['count'] or 0} judged again\n"


def fenced(text: str) -> str:
    """`text` as a code block that it cannot end itself; nothing for nothing."""
    if not text.strip():
        return ""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


def shorten(text: str) -> str:
    """`text` within what GitHub keeps, and a line that says so where something is left out."""
    encoded = text.encode()
    if len(encoded) <= SUMMARY_LIMIT:
        return text
    return encoded[:SUMMARY_LIMIT].decode(errors="ignore") + "\n\n… cut: the whole text is in the report.\n"


def _decision(code: int) -> Decision:
    """What an exit code says; a code that is no verdict (usage, a bug, interrupted) decides nothing."""
    return next((decision for decision, known in EXIT_CODES.items() if known == code), "undecided")


def _stacks(report: _Report) -> dict[str, str]:
    ids = [stack.id for stack in report.stacks if stack.certainty != "downstream"]
    return {"affected": msgspec.json.encode(ids).decode(), "count": str(len(ids))}


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
