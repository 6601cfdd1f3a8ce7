"""What the command line asks for, and the outside that commands are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from msgspec import Struct

from gitops_ci.model.run import Run
from gitops_ci.settings import Settings


class Options(Struct, frozen=True, kw_only=True):
    """The options of every command; each command reads those that it documents."""

    repo: Path | None = None
    config: str | None = None
    config_from: str = "base"
    base: str | None = None
    head: str | None = None
    environments: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    stacks: frozenset[str] = frozenset()
    shard: str | None = None
    everything: bool = False
    paths: tuple[str, ...] = ()
    builtin: bool = False
    coverage_minimum: float | None = None
    format: str = "terminal"
    out: Path | None = None
    jobs: int = 2
    timeout: float | None = None
    total_timeout: float | None = None
    verbose: bool = False
    reports: tuple[Path, ...] = ()
    rule: str | None = None
    plans: tuple[str, ...] = ()
    comment: str | None = None
    report_url: str | None = None
    needs: str | None = None
    pull_request: int | None = None
    run: Run | None = None
    workflow: str | None = None
    pending: bool = False


def of(given: Mapping[str, Any]) -> Options:
    """What was given, with the defaults for what the command does not take."""
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
        comment=given.get("comment"),
        report_url=given.get("report_url"),
        needs=given.get("needs"),
        pull_request=given.get("pull_request"),
        run=given.get("run"),
        workflow=given.get("workflow"),
        pending=given.get("pending", False),
    )


class Outside(Struct, frozen=True, kw_only=True):
    """Streams, environment, and a private directory that is removed when the command ends."""

    stdout: TextIO
    stderr: TextIO
    settings: Settings
    cwd: Path
    scratch: Path

    def colour(self, stream: TextIO) -> bool:
        """Whether `stream` may be painted (https://no-color.org)."""
        if self.settings.no_color:
            return False
        return self.settings.force_color or stream.isatty()
