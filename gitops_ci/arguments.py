"""The command line's grammar: every command and the options that it takes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from gitops_ci import __version__
from gitops_ci.model.run import Run
from gitops_ci.model.stack import KINDS

_Add: TypeAlias = Callable[[argparse.ArgumentParser], None]
_Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # it has no other name

_REPORT_FORMATS = ("terminal", "markdown", "json", "sarif", "code-scanning", "junit")
_PLAIN_FORMATS = ("terminal", "json")
_REPORT = "report.json, or a directory that holds one"
_PULL_REQUEST = "this pull request as it is now (default: the event's)"
_ALSO_WRITE = "also write report.json, comment.md, report.txt, code-scanning.sarif and junit.xml there"


class Command(NamedTuple):
    """A command: `target` is `module.function` in `commands/`, `formats` what `--format` takes, then its options."""

    target: str
    text: str
    formats: tuple[str, ...]
    options: tuple[_Add, ...] = ()


def parser() -> argparse.ArgumentParser:
    """The grammar as argparse has it."""
    top = argparse.ArgumentParser(
        prog="gitops-ci",
        description="Pull requests as the one safe way to change infrastructure.",
        epilog="Exit codes: 0 pass, 1 blocked, 2 usage or configuration, 3 undecided, 4 a bug, 130 interrupted.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"gitops-ci {__version__}")
    top.add_argument(
        "--repo",
        type=Path,
        metavar="DIR",
        help="the repository, or a folder of one to treat as the whole (default: the repository around here)",
    )
    top.add_argument("--config", metavar="PATH", help="configuration inside the repository (default: gitops-ci.yml)")
    top.add_argument("-v", "--verbose", action="store_true", help="say more, and show where a bug happened")
    groups = {"": top.add_subparsers(dest="command", metavar="COMMAND", required=True)}
    for name, (_, text, formats, options) in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        if group not in groups:
            groups[group] = _group(groups[""], group)
        command = groups[group].add_parser(word, help=text, description=_sentence(text), allow_abbrev=False)
        if formats:
            command.add_argument(
                "--format", choices=formats, default="terminal", help="what stdout carries (default: terminal)"
            )
        for add in options:
            add(command)
    return top


def name(given: argparse.Namespace) -> str:
    """Which of `COMMANDS` was called."""
    return " ".join(filter(None, (given.command, getattr(given, "subcommand", None))))


def _group(commands: _Parsers, name: str) -> _Parsers:
    """A command that has commands of its own (`policy run`)."""
    text = GROUPS[name]
    parser = commands.add_parser(name, help=text, description=_sentence(text), allow_abbrev=False)
    return parser.add_subparsers(dest="subcommand", metavar="COMMAND", required=True)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _add_reports(command: argparse.ArgumentParser) -> None:
    command.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help=_REPORT)
    command.add_argument("--out", type=Path, metavar="DIR", help=_ALSO_WRITE)


def _add_explaining(command: argparse.ArgumentParser) -> None:
    command.add_argument("rule", nargs="?", metavar="RULE", help="its id, or a family (default: lists all)")
    command.add_argument("--report", action="append", dest="reports", type=Path, default=[], help=_REPORT)


def _add_publishing(command: argparse.ArgumentParser) -> None:
    command.add_argument("reports", nargs="*", type=Path, metavar="REPORT", help=f"{_REPORT}; none: no job wrote one")
    command.add_argument("--out", type=Path, metavar="DIR", help="also write what is sent, and what came of it, there")
    command.add_argument(
        "--comment",
        choices=("update", "new", "none"),
        help="update the comment in place, write a new one, or none (default: report.comment.mode, update)",
    )
    command.add_argument(
        "--report-url", type=_web_address, metavar="URL", help="where the full report is, for the comment to link to"
    )
    command.add_argument(
        "--needs", metavar="JSON", help="how the jobs before ended, as `toJSON(needs)` gives it: one that failed counts"
    )
    command.add_argument("--pull-request", type=_positive, metavar="N", help=_PULL_REQUEST)
    command.add_argument(
        "--run", type=_run, metavar="ID[/ATTEMPT]", help="the run that wrote the reports (default: this)"
    )


def _add_runs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--workflow", required=True, metavar="FILE", help="the workflow that plans: gitops.yml")
    command.add_argument("--pull-request", type=_positive, metavar="N", help=_PULL_REQUEST)


def _add_ends(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--base", metavar="REV", help="compare with this commit (default: where head left the default branch)"
    )
    command.add_argument("--head", metavar="REV", help="the commit to judge (default: the work tree)")
    command.add_argument(
        "--config-from",
        choices=("base", "worktree"),
        default="base",
        help="read the configuration from the judged tree, to try a change of it",
    )


def _add_baseline(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "reports", nargs="*", type=Path, metavar="REPORT", help="take the findings of `run --all` from here"
    )
    command.add_argument(
        "--out", type=Path, metavar="PATH", help="the file to write (default: policy.baseline in gitops-ci.yml)"
    )


def _add_policies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a policy or a directory of them, from the repository's root (default: those of policy.rego)",
    )
    command.add_argument("--builtin", action="store_true", help="the policies that come with gitops-ci instead")


def _add_coverage(command: argparse.ArgumentParser) -> None:
    text = "fail where tests go through less of the policies' lines"
    command.add_argument("--coverage-minimum", type=_percent, metavar="PERCENT", help=text)


def _percent(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("give 0 to 100")
    return number


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="NAME",
        help="only stacks of this environment (repeatable)",
    )
    command.add_argument(
        "--kind",
        action="append",
        choices=KINDS,
        default=[],
        metavar="NAME",
        help="only stacks of this kind (repeatable)",
    )
    command.add_argument(
        "--stack", action="append", default=[], metavar="ID", help="only this stack, affected or not (repeatable)"
    )
    command.add_argument("--all", action="store_true", dest="everything", help="every stack, as if all had changed")


def _add_planning(command: argparse.ArgumentParser) -> None:
    command.add_argument("--shard", metavar="I/N", help="only shard I of the N that `affected --format matrix` prints")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="where report.json, comment.md and the like go (default: inside .git)"
    )
    command.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        default=os.cpu_count() or 2,
        help="plans at a time (default: one a processor)",
    )
    command.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help="for each call of an engine (default: kinds.terraform.timeout, 900)",
    )
    command.add_argument(
        "--total-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="for all plans together: what is not planned by then is undecided (default: none)",
    )


def _add_policing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--plan",
        action="append",
        default=[],
        metavar="ID=FILE",
        help="a stack's plan, as `terraform show -json` writes it (repeatable)",
    )
    command.add_argument("--out", type=Path, metavar="DIR", help=_ALSO_WRITE)


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError("give an address that begins with https://")
    return text


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


def _run(text: str) -> Run:
    number, _, attempt = text.partition("/")
    return Run(id=str(_positive(number)), attempt=_positive(attempt or "1"))


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("give more than 0 and at most 86400 seconds")
    return seconds


COMMANDS: dict[str, Command] = {
    "layout": Command("layout.run", "validate the repository's layout and static files", _PLAIN_FORMATS, (_add_ends,)),
    "affected": Command(
        "affected.run",
        "list the stacks that the change affects, and why",
        ("terminal", "json", "matrix"),
        (_add_ends, _add_selection),
    ),
    "plan": Command(
        "run.plan",
        "plan the affected stacks and write one report",
        _PLAIN_FORMATS,
        (_add_ends, _add_selection, _add_planning),
    ),
    "run": Command(
        "run.run",
        "all in one: affected stacks planned, checked, reported, judged",
        _PLAIN_FORMATS,
        (_add_ends, _add_selection, _add_planning),
    ),
    "policy run": Command(
        "policy.run.run",
        "check plans and files against every policy",
        _REPORT_FORMATS,
        (_add_ends, _add_selection, _add_policing),
    ),
    "policy test": Command(
        "policy.testing.run",
        "run the tests of Rego policies, with coverage",
        _PLAIN_FORMATS,
        (_add_ends, _add_policies, _add_coverage),
    ),
    "policy check": Command(
        "policy.checking.run", "compile Rego policies strictly", _PLAIN_FORMATS, (_add_ends, _add_policies)
    ),
    "policy baseline": Command(
        "policy.baseline.run",
        "write what is found today, to be told from what is new",
        _PLAIN_FORMATS,
        (_add_baseline,),
    ),
    "policy explain": Command(
        "policy.explain.run", "say what a rule is, why, and how to fix it", _REPORT_FORMATS[:3], (_add_explaining,)
    ),
    "policy needs": Command(
        "policy.needs.run", "name what the configuration asks for that is installed apart", (), (_add_ends,)
    ),
    "report": Command("report.run", "merge reports and render them", _REPORT_FORMATS, (_add_reports,)),
    "publish": Command(
        "publish.run", "say on GitHub what reports claim: status, comment, check run", (), (_add_publishing,)
    ),
    "runs": Command("runs.run", "list the run that judged each open pull request", _PLAIN_FORMATS, (_add_runs,)),
    "doctor": Command("doctor.run", "say what makes the gate toothless", _PLAIN_FORMATS),
}
GROUPS = {"policy": "check plans and files against policies, and look after the policies themselves"}
"""Commands that have commands of their own, which are listed above as `policy run`."""
