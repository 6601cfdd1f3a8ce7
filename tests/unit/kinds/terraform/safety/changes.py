"""A change of a few files, and what the safety check says of it."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_ci import config_file
from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import inventory, snapshot
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import catalog
from gitops_ci.kinds.terraform import binding, safety
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem

ROOT = "environments/staging/terraform/main.tf"
STACK = "staging/terraform/main"
HARMLESS = 'resource "terraform_data" "a" {}\n'

Files = Mapping[str, str]


def config(text: str) -> Config:
    return config_file.load(f"version: 1\n{text}".encode(), "gitops-ci.yml")


def end(files: Files, settings: Config = DEFAULT, links: Files | None = None) -> Inventory:
    return inventory.take(snapshot.of(files, links=links), settings, catalog.ALL)


def refused(
    base: Files, head: Files, settings: Config = DEFAULT, stack: str = STACK, links: Files | None = None
) -> Problem | None:
    """Why a root is not planned that changes from `base` to `head`."""
    judged = end(head, settings, links)
    return safety.refused(judged.stacks[stack], judged, end(base, settings))


def found(base: Files, head: Files, settings: Config = DEFAULT, stack: str = STACK) -> dict[str, Finding]:
    """The findings about it, by rule."""
    judged = end(head, settings)
    return {each.rule: each for each in safety.findings(judged.stacks[stack], end(base, settings), judged)}


def bound(files: Files, settings: Config, stack: str = STACK) -> Problem | None:
    """What the binding says."""
    judged = end(files, settings)
    return binding.refused(judged.stacks[stack], judged)
