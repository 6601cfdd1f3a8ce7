"""Rules about the folders of environments: which are missing, which are unknown, which files lie astray in them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from gitops_ci.config import DEFAULT_ENVIRONMENTS, FILE
from gitops_ci.discover.layout.subject import Fault, Subject, listed, nearest, shown
from gitops_ci.model.stack import SHARED

_COMMON = frozenset({"shared", "common", "global", "base", "modules", "templates"})
_DEPLOYABLE = (".tf", ".tofu", ".tfvars", ".sql", ".rego", ".yaml", ".yml", ".json")
_WELCOME = (".md", ".rst", ".hcl")
_WELCOME_STEMS = frozenset({"readme", "license", "licence", "codeowners", "owners", "makefile", "justfile", "taskfile"})

_CUSTOM = 2
"""Environments with a folder from which on the others are missed."""
_ADD = f"Rename the folder, or add it under `environments` in {FILE} (`name`, or `aliases` of one that is there)."


def missing_environment(subject: Subject) -> Iterator[Fault]:
    """An environment of the configuration has no folder. Its defaults are nobody's wish: a notice where guessed.

    One folder alone is no custom, where nobody asked for any.
    """
    if subject.container is None:
        return
    asked = subject.config.environments != DEFAULT_ENVIRONMENTS
    if not asked and not subject.chosen.declared and len(set(subject.environments.values())) < _CUSTOM:
        return
    for environment in subject.config.environments:
        if environment.name not in subject.environments.values():
            expected = f"{subject.container}/{environment.name}"
            yield Fault(
                subject.severity("error", "warning" if asked else "notice"),
                f"there is no folder for the environment {environment.name}: expected {expected}",
                f"Add the folder, or list the environments that you have under `environments` in {FILE}.",
                subject.container,
            )


def unknown_environment(subject: Subject) -> Iterator[Fault]:
    """A folder beside the environments' own names none: what lies in it counts as shared, not as an environment's."""
    if subject.container is None:
        return
    known = [word for each in subject.config.environments for word in (each.name, *each.aliases)]
    others = []
    for name in subject.unnamed(subject.container, subject.environments):
        near = nearest(name, known)
        if near is not None:
            message = f"{shown(name)} is no known environment: did you mean {near}?"
            yield Fault(subject.severity("error", "warning"), message, _ADD, f"{subject.container}/{name}")
        elif name in _COMMON:
            yield from _common(subject, name)
        else:
            others.append(name)
    if subject.chosen.declared:
        for name in others:
            message = f"{shown(name)} is no known environment: expected one of {listed(known, most=12)}"
            yield Fault("error", message, _ADD, f"{subject.container}/{name}")
    elif others:
        message = f"{subject.container} has folders that name no known environment: {listed(others)}"
        yield Fault("notice", message, _ADD, subject.container)


def _common(subject: Subject, name: str) -> Iterator[Fault]:
    """A folder of shared code among the environments: a habit of many, against a declared preset."""
    if subject.chosen.declared:
        help_ = f"Move what environments share to {SHARED}/."
        yield Fault("warning", f"{name} is no environment: expected it elsewhere", help_, f"{subject.container}/{name}")


def stray_file(subject: Subject) -> Iterator[Fault]:
    """Files directly beside the folders of environments or kinds, which nothing deploys."""
    if subject.container is None:
        return
    places = [subject.container]
    if subject.chosen.preset == "article":
        places += [f"{subject.container}/{folder}" for folder in subject.environments]
    for directory in places:
        names = [] if directory in subject.stack_paths else _stray_in(subject, directory)
        if names:
            deployable = any(name.endswith(_DEPLOYABLE) for name in names)
            yield Fault(
                subject.severity("error" if deployable else "warning", "notice"),
                f"{directory} has files that belong to no stack: {listed(names)}",
                "Move them into the folder that is deployed with them, to shared/ or to tools/.",
                f"{directory}/{names[0]}" if len(names) == 1 else directory,
            )


def _stray_in(subject: Subject, directory: str) -> list[str]:
    folders = subject.folders(directory)
    files = subject.snapshot.children.get(directory, ())
    return [name for name in files if name not in folders and not _is_welcome(name)]


def _is_welcome(name: str) -> bool:
    stem = posixpath.splitext(name)[0].lower()
    return name.startswith(".") or stem in _WELCOME_STEMS or name.endswith(_WELCOME)
