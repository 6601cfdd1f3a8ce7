"""What one policy step looks at, and what a checker has to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Finding
from gitops_ci.model.policy import PolicyRun
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:  # which loads a parser
    from gitops_ci.policy.documents.yaml_documents import Place


class Past(Struct, frozen=True, gc=False):
    """A content that a commit of the change added: `oid` is git's id of it, `path` what it is called there."""

    commit: str
    path: str
    oid: str


class History(Struct, frozen=True):
    """What the change's commits added, oldest first; `problem` says why that may not be all."""

    contents: tuple[Past, ...] = ()
    problem: str | None = None


class Made(Struct, frozen=True, kw_only=True):
    """An object that a stack renders to; `where` tells the file and the line in which a place of it is written."""

    value: Mapping[str, Any]
    stack: str
    directory: str
    where: Callable[[Place], tuple[str | None, int | None]]


class Rendering(Struct, frozen=True, kw_only=True):
    """What stacks render to at one end, and the files that are judged by that and not as they are written."""

    objects: tuple[Made, ...] = ()
    instead_of: frozenset[str] = frozenset()


class Scope(Struct, frozen=True, kw_only=True):
    """Two ends of a change and what of them is judged.

    `rules` is where policies, their data, waivers and the baseline are read: base, or the work tree where somebody
    tries a change of them (trust.md, rule 4). `proposed` is the configuration that head would have count next, if any.
    `paths` are the files of head to look at, in order: those that changed and those that affected stacks are made of;
    everything with `--all`. `changed` are the paths that differ between the ends (gone ones too). `owners` gives the
    stacks that a path belongs to (one that is gone: to which it belonged). `plans` gives the engine's own plan document
    (JSON, with its secrets in clear) of each stack that was planned: nothing of it may reach an output without
    `policy.secrets` and what the plan itself marks having been taken out. `everything` says that what did not change is
    judged as well; `history` is what the commits between the ends added, also what is gone again. `rendered_base` and
    `rendered_head` are what the stacks that were planned render to.
    """

    rules: Snapshot
    base: Snapshot | None
    head: Snapshot
    config: Config
    proposed: Config | None = None
    stacks: Mapping[str, Stack] = {}
    paths: tuple[str, ...] = ()
    changed: frozenset[str] = frozenset()
    owners: Mapping[str, tuple[str, ...]] = {}
    plans: Mapping[str, Path] = {}
    everything: bool = False
    history: History = History()
    rendered_base: Rendering = Rendering()
    rendered_head: Rendering = Rendering()


class Told(Struct, frozen=True):
    """What one checker found (new, existing and fixed ones, compared with base) and how its run went.

    Severities are the checker's own: the configuration's, waivers and the baseline come later, for all alike.
    """

    findings: tuple[Finding, ...]
    run: PolicyRun
