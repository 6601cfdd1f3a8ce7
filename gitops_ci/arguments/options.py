"""The options of commands, a function for those that belong together."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from gitops_ci.arguments import values
from gitops_ci.model.stack import KINDS

_REPORT = "report.json, or a directory that holds one"
_PULL_REQUEST = "this pull request as it is now (default: the event's)"
_ALSO_WRITE = "also write report.json, comment.md, report.txt, code-scanning.sarif and junit.xml there"


def reports(command: argparse.ArgumentParser) -> None:
    """The reports to merge, and where all renderings go."""
    command.add_argument("reports", nargs="+", type=Path, metavar="REPORT", help=_REPORT)
    command.add_argument("--out", type=Path, metavar="DIR", help=_ALSO_WRITE)


def explaining(command: argparse.ArgumentParser) -> None:
    """The rule to explain."""
    command.add_argument("rule", nargs="?", metavar="RULE", help="its id, or a family (default: lists all)")
    command.add_argument("--report", action="append", dest="reports", type=Path, default=[], help=_REPORT)


def publishing(command: argparse.ArgumentParser) -> None:
    """What is published, about what, and how."""
    command.add_argument("reports", nargs="*", type=Path, metavar="REPORT", help=f"{_REPORT}; none: no job wrote one")
    command.add_argument("--out", type=Path, metavar="DIR", help="also write what is sent, and what came of it, there")
    command.add_argument(
        "--comment",
        choices=("update", "new", "none"),
        help="update the comment in place, write a new one, or none (default: report.comment.mode, update)",
    )
    command.add_argument(
        "--report-url",
        type=values.web_address,
        metavar="URL",
        help="where the full report is, for the comment to link to",
    )
    jobs(command)
    command.add_argument(
        "--pending", action="store_true", help="say only that it is being judged: no older verdict stays meanwhile"
    )
    command.add_argument(
        "--run", type=values.run, metavar="ID[/ATTEMPT]", help="the run that wrote the reports (default: this)"
    )


def judging(command: argparse.ArgumentParser) -> None:
    """What the gate judges: reports, and how the jobs that wrote them ended."""
    command.add_argument("reports", nargs="*", type=Path, metavar="REPORT", help=f"{_REPORT}; none: no job wrote one")
    command.add_argument("--out", type=Path, metavar="DIR", help=_ALSO_WRITE)
    jobs(command)


def jobs(command: argparse.ArgumentParser) -> None:
    """How the jobs before ended, and which pull request they were about."""
    command.add_argument(
        "--needs",
        metavar="JSON",
        help='how the jobs before ended, `{"JOB": {"result": "success"}}`: one that failed or was cancelled counts',
    )
    command.add_argument("--pull-request", type=values.positive, metavar="N", help=_PULL_REQUEST)


def runs(command: argparse.ArgumentParser) -> None:
    """Which workflow's runs, of which pull request."""
    command.add_argument("--workflow", required=True, metavar="FILE", help="the workflow that plans: gitops.yml")
    command.add_argument("--pull-request", type=values.positive, metavar="N", help=_PULL_REQUEST)


def ends(command: argparse.ArgumentParser) -> None:
    """The two ends of a change, and whose configuration decides."""
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


def promoting(command: argparse.ArgumentParser) -> None:
    """Which environments are looked at, and which stack is promoted."""
    command.add_argument("--head", metavar="REV", help="the commit to look at (default: the work tree)")
    command.add_argument(
        "--environment", action="append", default=[], metavar="NAME", help="only what goes to this one (repeatable)"
    )
    command.add_argument(
        "--kind", action="append", choices=KINDS, default=[], metavar="NAME", help="only this kind (repeatable)"
    )
    command.add_argument(
        "--stack", action="append", default=[], metavar="ID", help="make the change that promotes to this stack"
    )
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="where the patch goes without a token (default: inside .git)"
    )


def baseline(command: argparse.ArgumentParser) -> None:
    """Where a baseline comes from and goes to."""
    command.add_argument(
        "reports", nargs="*", type=Path, metavar="REPORT", help="take the findings of `run --all` from here"
    )
    command.add_argument(
        "--out", type=Path, metavar="PATH", help="the file to write (default: policy.baseline in gitops-ci.yml)"
    )


def policies(command: argparse.ArgumentParser) -> None:
    """Which policies."""
    command.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a policy or a directory of them, from the repository's root (default: those of policy.rego)",
    )
    command.add_argument("--builtin", action="store_true", help="the policies that come with gitops-ci instead")


def coverage(command: argparse.ArgumentParser) -> None:
    """How much of the policies tests have to go through."""
    text = "fail where tests go through less of the policies' lines"
    command.add_argument("--coverage-minimum", type=values.percent, metavar="PERCENT", help=text)


def selection(command: argparse.ArgumentParser) -> None:
    """Which stacks."""
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


def planning(command: argparse.ArgumentParser) -> None:
    """Which part is planned, how much at a time, for how long, and where the report goes."""
    command.add_argument("--shard", metavar="I/N", help="only shard I of the N that `affected --format matrix` prints")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="where report.json, comment.md and the like go (default: inside .git)"
    )
    command.add_argument(
        "--jobs",
        type=values.positive,
        metavar="N",
        default=os.cpu_count() or 2,
        help="plans at a time (default: one a processor)",
    )
    command.add_argument(
        "--timeout",
        type=values.seconds,
        metavar="SECONDS",
        help="for each call of an engine (default: kinds.terraform.timeout, 900)",
    )
    command.add_argument(
        "--total-timeout",
        type=values.seconds,
        metavar="SECONDS",
        help="for all plans together: what is not planned by then is undecided (default: none)",
    )


def policing(command: argparse.ArgumentParser) -> None:
    """Plans that are checked without planning, and where the report goes."""
    command.add_argument(
        "--plan",
        action="append",
        default=[],
        metavar="ID=FILE",
        help="a stack's plan, as `terraform show -json` writes it (repeatable)",
    )
    command.add_argument("--out", type=Path, metavar="DIR", help=_ALSO_WRITE)
