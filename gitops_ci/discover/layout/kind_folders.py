"""Rules about the folders of kinds (k8s, terraform, databases, security): which are missing, which are unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from gitops_ci.config import FILE, KIND_DIRECTORIES
from gitops_ci.discover.layout.presets import ARTICLE_KINDS, ARTICLE_SHARED
from gitops_ci.discover.layout.subject import Fault, Subject, listed, nearest, shown
from gitops_ci.model.finding import Severity
from gitops_ci.model.stack import SHARED, Kind

_KEEP = "Add the folder (with a .gitkeep while it is empty: git keeps no empty folders)."
_RENAME = f"Rename the folder, or say under `layout.stacks` in {FILE} what is deployed from it."


def missing_kind(subject: Subject) -> Iterator[Fault]:
    """An environment has no folder for a kind: any of the four where `article` is declared, else what most have."""
    if subject.chosen.preset != "article":
        return
    have = {folder: _kinds_in(subject, folder) for folder in subject.environment_paths}
    counts = Counter(kind for kinds in have.values() for kind in kinds)
    for path, environment in subject.environment_paths.items():
        for name, kind in ARTICLE_KINDS.items():
            usual = 2 * counts[kind] >= len(have) and not _has_stacks(subject, environment, kind)
            if kind not in have[path] and (subject.chosen.declared or usual):
                message = f"{path} has no folder for {kind}: expected {path}/{name}"
                yield Fault(subject.severity("error", "warning"), message, _KEEP, path)
    if subject.chosen.declared:
        yield from _missing_shared(subject)


def _missing_shared(subject: Subject) -> Iterator[Fault]:
    have = _kinds_in(subject, SHARED)
    missing = [f"{SHARED}/{name}" for name, kind in ARTICLE_SHARED.items() if kind not in have]
    if missing:
        path = SHARED if subject.snapshot.is_directory(SHARED) else None
        yield Fault("warning", f"what environments share has no folder {listed(missing)}", _KEEP, path)


def _kinds_in(subject: Subject, directory: str) -> set[Kind]:
    return {KIND_DIRECTORIES[name] for name in subject.folders(directory) if name in KIND_DIRECTORIES}


def _has_stacks(subject: Subject, environment: str, kind: Kind) -> bool:
    return any(stack.environment == environment and stack.kind == kind for stack in subject.stacks)


def unknown_kind(subject: Subject) -> Iterator[Fault]:
    """A folder of an environment names no kind (`article`); a repository holds more than one (`multi-repo`)."""
    match subject.chosen.preset:
        case "article":
            for path in subject.environment_paths:
                yield from _unknown_in(subject, path)
            yield from _unknown_shared(subject)
        case "multi-repo" if subject.chosen.declared:
            yield from _second_kind(subject)


def _unknown_in(subject: Subject, directory: str) -> Iterator[Fault]:
    """Where guessed, a folder that holds a stack is known well enough."""
    others = []
    for name in subject.unnamed(directory, KIND_DIRECTORIES):
        if nearest(name, KIND_DIRECTORIES):
            yield _misspelt(subject, directory, name)
        elif subject.chosen.declared or not subject.holds_stack(f"{directory}/{name}"):
            others.append(name)
    if others:
        yield _unknown(directory, others, ARTICLE_KINDS, subject.severity("error", "notice"))


def _unknown_shared(subject: Subject) -> Iterator[Fault]:
    """Folders of `shared`: nothing is deployed from them by their name alone, so only misspellings where guessed."""
    others = []
    for name in subject.unnamed(SHARED, KIND_DIRECTORIES):
        if nearest(name, KIND_DIRECTORIES):
            yield _misspelt(subject, SHARED, name)
        else:
            others.append(name)
    if others and subject.chosen.declared:
        yield _unknown(SHARED, others, ARTICLE_SHARED, "warning")


def _misspelt(subject: Subject, directory: str, name: str) -> Fault:
    message = f"{shown(name)} names no kind: did you mean {nearest(name, KIND_DIRECTORIES)}?"
    return Fault(subject.severity("error", "warning"), message, _RENAME, f"{directory}/{name}")


def _unknown(directory: str, names: list[str], expected: Iterable[str], severity: Severity) -> Fault:
    message = f"{directory} has folders that name no kind: {listed(names)}; expected {listed(tuple(expected))}"
    return Fault(severity, message, _RENAME, f"{directory}/{names[0]}" if len(names) == 1 else directory)


def _second_kind(subject: Subject) -> Iterator[Fault]:
    counts = Counter(stack.kind for stack in subject.stacks)
    if len(counts) > 1:
        fewest = min(counts, key=counts.__getitem__)
        odd = next(stack for stack in subject.stacks if stack.kind == fewest)
        yield Fault(
            "error",
            f"this repository holds {listed(sorted(counts))}: the preset multi-repo expects one kind",
            f"Move {odd.kind} to a repository of its own, or set `layout.preset` in {FILE} to what this one follows.",
            odd.path or None,
            odd.id,
        )
