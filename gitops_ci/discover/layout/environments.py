"""Rules about the folders of environments and of kinds: which are missing, which are unknown, what lies astray."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from gitops_ci.config import DEFAULT_ENVIRONMENTS, FILE, KIND_DIRECTORIES
from gitops_ci.discover.layout.presets import ARTICLE_KINDS, ARTICLE_SHARED
from gitops_ci.discover.layout.subject import Fault, Subject, listed, nearest, shown
from gitops_ci.model.stack import SHARED, Kind

_COMMON = frozenset({"shared", "common", "global", "base", "modules", "templates"})
_DEPLOYABLE = (".tf", ".tofu", ".tfvars", ".sql", ".rego", ".yaml", ".yml", ".json")
_WELCOME = (".md", ".rst", ".hcl")
_WELCOME_STEMS = frozenset({"readme", "license", "licence", "codeowners", "owners", "makefile", "justfile", "taskfile"})


def missing_environment(subject: Subject) -> Iterator[Fault]:
    """An environment of the configuration has no folder. Its defaults are nobody's wish: a notice where guessed."""
    if subject.container is None:
        return
    asked = subject.config.environments != DEFAULT_ENVIRONMENTS
    for environment in subject.config.environments:
        if environment.name not in subject.environments.values():
            yield Fault(
                subject.severity("error", "warning" if asked else "notice"),
                f"there is no folder for the environment {environment.name}: expected {subject.container}/{environment.name}",
                f"Add the folder, or list the environments that you have under `environments` in {FILE}.",
                subject.container,
            )


def unknown_environment(subject: Subject) -> Iterator[Fault]:
    """A folder beside the environments' own names none: what lies in it counts as shared, not as an environment's."""
    if subject.container is None:
        return
    known = [word for each in subject.config.environments for word in (each.name, *each.aliases)]
    names = [name for name in subject.folders(subject.container) if name not in subject.environments and name[0] not in "._"]
    advice = f"Rename the folder, or add it under `environments` in {FILE} (`name`, or `aliases` of one that is there)."
    rest = []
    for name in names:
        path, near = f"{subject.container}/{name}", nearest(name, known)
        if near is not None:
            message = f"{shown(name)} is no known environment: did you mean {near}?"
            yield Fault(subject.severity("error", "warning"), message, advice, path)
        elif name in _COMMON:
            if subject.chosen.declared:
                message = f"{shown(name)} is no environment: expected one of {listed(known)}"
                yield Fault("warning", message, f"Move what environments share to {SHARED}/.", path)
        elif subject.chosen.declared:
            yield Fault("error", f"{shown(name)} is no known environment: expected one of {listed(known)}", advice, path)
        else:
            rest.append(name)
    if rest:
        message = f"{subject.container} has folders that name no known environment: {listed(rest)}"
        yield Fault("notice", message, advice, subject.container)


def missing_kind(subject: Subject) -> Iterator[Fault]:
    """An environment has no folder for a kind: all four where `article` is declared, else what most others have."""
    if subject.chosen.preset != "article" or subject.container is None:
        return
    have = {folder: _kinds_in(subject, f"{subject.container}/{folder}") for folder in subject.environments}
    counts = Counter(kind for kinds in have.values() for kind in kinds)
    for folder, environment in subject.environments.items():
        for name, kind in ARTICLE_KINDS.items():
            if kind in have[folder] or not (subject.chosen.declared or 2 * counts[kind] >= len(have)):
                continue
            if not subject.chosen.declared and _has_stacks(subject, environment, kind):
                continue
            path = f"{subject.container}/{folder}"
            yield Fault(
                subject.severity("error", "warning"),
                f"{path} has no folder for {kind}: expected {path}/{name}",
                "Add the folder (with a .gitkeep while it is empty: git keeps no empty folders).",
                path,
            )
    if subject.chosen.declared:
        yield from _missing_shared(subject)


def _missing_shared(subject: Subject) -> Iterator[Fault]:
    have = _kinds_in(subject, SHARED)
    missing = [f"{SHARED}/{name}" for name, kind in ARTICLE_SHARED.items() if kind not in have]
    if missing:
        path = SHARED if subject.snapshot.is_directory(SHARED) else None
        yield Fault("warning", f"what environments share has no folder {listed(missing)}", "Add it (with a .gitkeep while it is empty).", path)


def _kinds_in(subject: Subject, directory: str) -> set[Kind]:
    return {KIND_DIRECTORIES[name] for name in subject.folders(directory) if name in KIND_DIRECTORIES}


def _has_stacks(subject: Subject, environment: str, kind: Kind) -> bool:
    return any(stack.environment == environment and stack.kind == kind for stack in subject.stacks)


def unknown_kind(subject: Subject) -> Iterator[Fault]:
    """A folder of an environment names no kind (`article`); a repository holds more than one (`multi-repo`)."""
    if subject.chosen.preset == "multi-repo" and subject.chosen.declared:
        yield from _second_kind(subject)
    if subject.chosen.preset != "article" or subject.container is None:
        return
    for folder in subject.environments:
        yield from _unknown_in(subject, f"{subject.container}/{folder}", tuple(ARTICLE_KINDS), Fault(subject.severity("error", "notice"), "", ""))
    yield from _unknown_in(subject, SHARED, tuple(ARTICLE_SHARED), Fault("warning", "", "") if subject.chosen.declared else None)


def _unknown_in(subject: Subject, directory: str, expected: tuple[str, ...], otherwise: Fault | None) -> Iterator[Fault]:
    """Misspelt folders each; the others as `otherwise` is severe, together, or (None) not at all."""
    names = [name for name in subject.folders(directory) if name not in KIND_DIRECTORIES and name[0] not in "._"]
    advice = f"Rename the folder, or say under `layout.stacks` in {FILE} what is deployed from it."
    rest = []
    for name in names:
        near = nearest(name, KIND_DIRECTORIES)
        if near is not None:
            severity = subject.severity("error", "warning")
            yield Fault(severity, f"{shown(name)} names no kind: did you mean {near}?", advice, f"{directory}/{name}")
        elif subject.chosen.declared or not subject.holds_stack(f"{directory}/{name}"):
            rest.append(name)
    if rest and otherwise is not None:
        path = f"{directory}/{rest[0]}" if len(rest) == 1 else directory
        message = f"{directory} has folders that name no kind: {listed(rest)}; expected {listed(expected)}"
        yield Fault(otherwise.severity, message, advice, path)


def _second_kind(subject: Subject) -> Iterator[Fault]:
    first = {stack.kind: stack for stack in reversed(subject.stacks)}
    if len(first) > 1:
        counts = Counter(stack.kind for stack in subject.stacks)
        odd = first[min(counts, key=counts.__getitem__)]
        yield Fault(
            "error",
            f"one repository holds {listed(sorted(first))}: the preset multi-repo expects one kind",
            f"Move {odd.kind} to a repository of its own, or set `layout.preset` in {FILE} to what this one follows.",
            odd.path or None,
            odd.id,
        )


def stray_file(subject: Subject) -> Iterator[Fault]:
    """Files directly beside the folders of environments or kinds, which nothing deploys."""
    if subject.container is None:
        return
    places = [subject.container]
    if subject.chosen.preset == "article":
        places += [f"{subject.container}/{folder}" for folder in subject.environments]
    for directory in places:
        if directory in subject.stack_paths:
            continue
        folders = subject.folders(directory)
        names = [name for name in subject.snapshot.children.get(directory, ()) if name not in folders and not _is_welcome(name)]
        if names:
            deployable = any(name.endswith(_DEPLOYABLE) for name in names)
            yield Fault(
                subject.severity("error" if deployable else "warning", "notice"),
                f"{directory} has files that belong to no stack: {listed(names)}",
                "Move them into the folder that is deployed with them, to shared/ or to tools/.",
                f"{directory}/{names[0]}" if len(names) == 1 else directory,
            )


def _is_welcome(name: str) -> bool:
    stem = posixpath.splitext(name)[0].lower()
    return name.startswith(".") or stem in _WELCOME_STEMS or name.endswith(_WELCOME)
