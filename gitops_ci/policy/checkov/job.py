"""What checkov is asked in one run and what it answers; whoever runs it satisfies `Checker`."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct

from gitops_ci.config import Framework
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.plan import Engine

Form = Framework | Literal["terraform_json"]
"""What a file is to checkov: Terraform in JSON has a reader of its own there."""

Ending = Literal["finished", "timeout", "cancelled", "memory", "crashed"]
"""How a run ended: with every answer, or why not."""


class Scan(Struct, frozen=True, kw_only=True):
    """Files of one end of a change for one framework, or one plan `document`.

    Charts (`helm`) are rendered, and what came of a template is told as that template's.

    With `tree` they are laid out as in the repository, so that modules find each other; else under names of our own,
    so that no name from a repository reaches checkov.
    """

    name: str
    framework: Form
    snapshot: Snapshot | None = None
    files: tuple[str, ...] = ()
    tree: bool = False
    document: bytes = b""


class Job(Struct, frozen=True, kw_only=True):
    """One run: `custom` are the files of the base commit's own checks below `custom_root`; `timeout` is in seconds."""

    scans: tuple[Scan, ...]
    checks: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    rules: Snapshot | None = None
    custom_root: str | None = None
    custom: tuple[str, ...] = ()
    timeout: float = 300.0


class Failed(Struct, frozen=True, kw_only=True):
    """One check that failed; `path` is the repository's, lines count from one (0: not known).

    `skipped`: the resource says that the check is to be skipped, in a form that was left in what checkov read.
    """

    check: str
    name: str
    guideline: str = ""
    resource: str
    path: str
    line: int = 0
    end: int = 0
    skipped: bool = False


class Answer(Struct, frozen=True, kw_only=True):
    """What one scan gave. `unread` are the files that checkov made nothing of.

    `resources` are the resources that it saw, by its own words, and `objects` the number of Kubernetes objects in each
    file; `checks` the ids that it asked; `left` and `broken` the
    number of resources that a check was not asked about because it took too long, or broke at.
    """

    scan: str
    seconds: float = 0.0
    findings: tuple[Failed, ...] = ()
    unread: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    objects: dict[str, int] = {}
    checks: tuple[str, ...] = ()
    left: dict[str, int] = {}
    broken: dict[str, int] = {}
    error: str = ""


class Answers(Struct, frozen=True, kw_only=True):
    """What one run gave; scans that it did not come to have no answer. `detail` says more about how it ended.

    `wrong` are files of custom checks that cannot be loaded, each with the reason.
    """

    engine: Engine | None
    ending: Ending
    detail: str = ""
    answers: tuple[Answer, ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()


class Checker(Protocol):
    """checkov, as this package may use it; handed in by the command line."""

    @property
    def renders_charts(self) -> bool:
        """Whether Helm is there, which `helm` scans need."""

    def run(self, job: Job) -> Answers:
        """Starts it once for the whole job. Raises ToolError where it is not there or cannot be started."""
