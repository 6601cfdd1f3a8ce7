"""The command line's grammar: every command and the options that it takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from gitops_ci import __version__
from gitops_ci.arguments import options

_Add: TypeAlias = Callable[[argparse.ArgumentParser], None]
_Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # it has no other name

_REPORT_FORMATS = ("terminal", "markdown", "json", "sarif", "code-scanning", "junit")
_PLAIN_FORMATS = ("terminal", "json")


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
    for name, (_, text, formats, adders) in COMMANDS.items():
        group, _, word = name.rpartition(" ")
        if group not in groups:
            groups[group] = _group(groups[""], group)
        command = groups[group].add_parser(word, help=text, description=_sentence(text), allow_abbrev=False)
        if formats:
            command.add_argument(
                "--format", choices=formats, default="terminal", help="what stdout carries (default: terminal)"
            )
        for add in adders:
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


COMMANDS: dict[str, Command] = {
    "layout": Command(
        "layout.run", "validate the repository's layout and static files", _PLAIN_FORMATS, (options.ends,)
    ),
    "affected": Command(
        "affected.run",
        "list the stacks that the change affects, and why",
        ("terminal", "json", "matrix"),
        (options.ends, options.selection),
    ),
    "plan": Command(
        "run.plan",
        "plan the affected stacks and write one report",
        _PLAIN_FORMATS,
        (options.ends, options.selection, options.planning),
    ),
    "run": Command(
        "run.run",
        "all in one: affected stacks planned, checked, reported, judged",
        _PLAIN_FORMATS,
        (options.ends, options.selection, options.planning),
    ),
    "policy run": Command(
        "policy.run.run",
        "check plans and files against every policy",
        _REPORT_FORMATS,
        (options.ends, options.selection, options.policing),
    ),
    "policy test": Command(
        "policy.testing.run",
        "run the tests of Rego policies, with coverage",
        _PLAIN_FORMATS,
        (options.ends, options.policies, options.coverage),
    ),
    "policy check": Command(
        "policy.checking.run", "compile Rego policies strictly", _PLAIN_FORMATS, (options.ends, options.policies)
    ),
    "policy baseline": Command(
        "policy.baseline.run",
        "write what is found today, to be told from what is new",
        _PLAIN_FORMATS,
        (options.baseline,),
    ),
    "policy explain": Command(
        "policy.explain.run", "say what a rule is, why, and how to fix it", _REPORT_FORMATS[:3], (options.explaining,)
    ),
    "policy needs": Command(
        "policy.needs.run", "name what the configuration asks for that is installed apart", (), (options.ends,)
    ),
    "report": Command("report.run", "merge reports and render them", _REPORT_FORMATS, (options.reports,)),
    "gate": Command(
        "gate.run",
        "give the verdict: reports, repository and pull request judged together",
        _REPORT_FORMATS,
        (options.ends, options.judging),
    ),
    "publish": Command(
        "publish.run", "say on GitHub what reports claim: status, comment, check run", (), (options.publishing,)
    ),
    "promote": Command(
        "promote.run",
        "show which environment is ahead, and write the change that promotes one stack",
        ("terminal", "markdown", "json", "patch"),
        (options.promoting,),
    ),
    "runs": Command("runs.run", "list the run that judged each open pull request", _PLAIN_FORMATS, (options.runs,)),
    "doctor": Command("doctor.run", "say what makes the gate toothless", _PLAIN_FORMATS),
}
GROUPS = {"policy": "check plans and files against policies, and look after the policies themselves"}
"""Commands that have commands of their own, which are listed above as `policy run`."""
