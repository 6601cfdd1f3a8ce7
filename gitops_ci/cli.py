"""The command line: arguments to Options, adapters built, one command called, every failure an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TypeAlias

from gitops_ci import __version__
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import INTERRUPTED, GitopsError
from gitops_ci.model.stack import KINDS
from gitops_ci.settings import Settings

BUG = 4
_Command = Callable[[Options, Outside], int]

_REPORT_FORMATS = ("terminal", "markdown", "json", "sarif", "code-scanning", "junit")
_REPORT = "report.json, or a directory that holds one"
_ALSO_WRITE = "also write report.json, comment.md, report.txt, code-scanning.sarif and junit.xml there"

COMMANDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # name: (module.function, help, formats)
    "layout": ("layout.run", "validate the repository's layout and static files", ("terminal", "json")),
    "affected": ("affected.run", "list the stacks that the change affects, and why", ("terminal", "json", "matrix")),
    "policy test": ("policy.testing.run", "run the tests of Rego policies, with coverage", ("terminal", "json")),
    "policy check": ("policy.checking.run", "compile Rego policies strictly", ("terminal", "json")),
    "plan": ("run.plan", "plan the affected stacks and write one report", ("terminal", "json")),
    "run": ("run.run", "all in one: affected stacks planned, checked, reported, judged", ("terminal", "json")),
    "policy run": ("policy.run.run", "check plans and files against every policy", _REPORT_FORMATS),
    "policy baseline": ("policy.baseline.run", "write what is found today, to be told from what is new", _REPORT_FORMATS[:3:2]),
    "policy explain": ("policy.explain.run", "say what a rule is, why, and how to fix it", _REPORT_FORMATS[:3]),
    "report": ("report.run", "merge reports and render them", _REPORT_FORMATS),
    "publish": ("publish.run", "say on GitHub what reports claim: status, comment, check run", ()),
    "policy needs": ("policy.needs.run", "name what the configuration asks for that is installed apart", ("terminal",)),
}
GROUPS = {"policy": "check plans and files against policies, and look after the policies themselves"}
"""Commands that have commands of their own, which are listed above as `policy run`."""

_Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # it has no other name


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
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
    for name, (_, text, formats) in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        if group not in groups:
            groups[group] = _group(groups[""], group)
        command = groups[group].add_parser(word, help=text, description=_sentence(text), allow_abbrev=False)
        if formats:
            command.add_argument(
                "--format", choices=formats, default="terminal", help="what stdout carries (default: terminal)"
            )
        if name in ("report", "publish"):
            _add_reports(command, least="*" if name == "publish" else "+")
            if name == "publish":
                _add_publishing(command)
            continue
        if name == "policy baseline":
            command.add_argument(
                "reports", nargs="*", type=Path, metavar="REPORT", help="take the findings of `run --all` from here"
            )
            command.add_argument(
                "--out", type=Path, metavar="PATH", help="the file to write (default: policy.baseline in gitops-ci.yml)"
            )
            continue
        if name == "policy explain":
            _add_explaining(command)
            continue
        _add_ends(command)
        if name in ("policy test", "policy check"):
            _add_policies(command, name)
            continue
        if name not in ("layout", "policy needs"):
            _add_selection(command)
        if name in ("plan", "run"):
            _add_planning(command)
        if name == "policy run":
            _add_policing(command)
    return top


def _group(commands: _Parsers, name: str) -> _Parsers:
    """A command that has commands of its own (`policy run`)."""
    text = GROUPS[name]
    parser = commands.add_parser(name, help=text, description=_sentence(text), allow_abbrev=False)
    return parser.add_subparsers(dest="subcommand", metavar="COMMAND", required=True)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _add_reports(command: argparse.ArgumentParser, *, least: str) -> None:
    command.add_argument("reports", nargs=least, type=Path, metavar="REPORT", help=_REPORT)
    command.add_argument("--out", type=Path, metavar="DIR", help=_ALSO_WRITE)


def _add_explaining(command: argparse.ArgumentParser) -> None:
    command.add_argument("rule", nargs="?", metavar="RULE", help="its id, or a family (default: lists all)")
    command.add_argument("--report", action="append", dest="reports", type=Path, default=[], help=_REPORT)


def _add_publishing(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--comment",
        choices=("update", "new", "none"),
        default="update",
        help="update the comment in place, write a new one, or none (default: update)",
    )
    command.add_argument(
        "--needs", metavar="JSON", help="how the jobs before ended, as `toJSON(needs)` gives it: one that failed counts"
    )


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


def _add_policies(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a policy or a directory of them, from the repository's root (default: those of policy.rego)",
    )
    command.add_argument("--builtin", action="store_true", help="the policies that come with gitops-ci instead")
    if name == "policy test":
        command.add_argument(
            "--coverage-minimum",
            type=_percent,
            metavar="PERCENT",
            help="fail where tests go through less of the policies' lines",
        )


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
        "--out", type=Path, metavar="DIR", help="where report.json, comment.md and report.txt go (default: inside .git)"
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


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("give more than 0 and at most 86400 seconds")
    return seconds


def _options(arguments: argparse.Namespace) -> Options:
    given = vars(arguments)
    return Options(
        repo=given["repo"],
        config=given["config"],
        config_from=given.get("config_from", "base"),
        base=given.get("base"),
        head=given.get("head"),
        environments=frozenset(given.get("environment", ())),
        kinds=frozenset(given.get("kind", ())),
        stacks=frozenset(given.get("stack", ())),
        shard=given.get("shard"),
        everything=given.get("everything", False),
        paths=tuple(given.get("paths", ())),
        builtin=given.get("builtin", False),
        coverage_minimum=given.get("coverage_minimum"),
        format=given.get("format", "terminal"),
        out=given.get("out"),
        jobs=given.get("jobs", 1),
        timeout=given.get("timeout"),
        total_timeout=given.get("total_timeout"),
        verbose=given["verbose"],
        reports=tuple(given.get("reports", ())),
        rule=given.get("rule"),
        plans=tuple(given.get("plan", ())),
        comment=given.get("comment", "update"),
        needs=given.get("needs"),
    )


def main(argv: Sequence[str]) -> int:
    """Runs one command and returns its exit code; argparse's own errors exit with 2."""
    arguments = parser().parse_args(argv)
    options = _options(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a replaced stream may lack it
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="gitops-ci-", ignore_cleanup_errors=True) as scratch:
            outside = Outside(
                stdout=sys.stdout,
                stderr=sys.stderr,
                settings=Settings.from_environ(os.environ),
                cwd=Path.cwd(),
                scratch=Path(scratch),
            )
            code = _command(_name(arguments))(options, outside)
            sys.stdout.flush()
            return code
    except GitopsError as error:
        _say(f"gitops-ci: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("gitops-ci: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of stdout went away (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except Exception as error:
        return _bug(error, verbose=options.verbose)


def _name(arguments: argparse.Namespace) -> str:
    return " ".join(filter(None, (arguments.command, getattr(arguments, "subcommand", None))))


def _command(name: str) -> _Command:
    module, _, function = COMMANDS[name][0].rpartition(".")
    command: _Command = getattr(importlib.import_module(f"gitops_ci.commands.{module}"), function)
    return command


def _say(text: str) -> None:
    """Writes a message, parts of which may come from the repository: no terminal or runner takes it for a command."""
    from gitops_ci.render.lines import line, write

    write([line(each) for each in text.splitlines()], sys.stderr, colour=False)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _bug(error: Exception, *, verbose: bool) -> int:
    """A traceback could hold a secret in its message: only the places are shown, and only when asked."""
    import traceback

    sys.stderr.write(
        f"gitops-ci: a bug in gitops-ci {__version__}: {type(error).__name__}; please report it with `-v`'s output\n"
    )
    if verbose:
        for frame in traceback.extract_tb(error.__traceback__):
            sys.stderr.write(f"  {frame.filename}:{frame.lineno} in {frame.name}\n")
    return BUG
