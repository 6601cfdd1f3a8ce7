"""Rules about single files: what a repository needs, what must not be in it, what its configuration asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gitops_ci.config import FILE
from gitops_ci.discover import naming
from gitops_ci.discover.layout.subject import Fault, Subject, shown
from gitops_ci.discover.snapshot import Snapshot

CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""GitHub reads the first of these (docs.github.com, "About code owners")."""

_WORKFLOWS = ".github/workflows"
_README_PLACES = ("", ".github", "docs")
_WILDCARD = re.compile(r"\{[a-z_]+\}|\*\*/?|\*|\?")  # as `naming.compiled` reads a pattern


def missing_readme(subject: Subject) -> Iterator[Fault]:
    """Nobody can find out what is deployed from here and how."""
    names = (name for place in _README_PLACES for name in subject.snapshot.children.get(place, ()))
    if not any(name.lower().partition(".")[0] == "readme" for name in names):
        yield Fault(
            subject.severity("warning", "notice"),
            "there is no README: expected README.md at the repository's root",
            "Say in README.md which environments there are, who owns them and how a change gets there.",
        )


def missing_codeowners(subject: Subject) -> Iterator[Fault]:
    """Without owners a change of production needs nobody in particular."""
    if not any(path in subject.snapshot for path in CODEOWNERS):
        yield Fault(
            subject.severity("warning", "notice"),
            f"there is no CODEOWNERS: expected one of {', '.join(CODEOWNERS)}",
            "Add .github/CODEOWNERS with a line for each environment, such as `/environments/production/ @acme/sre`.",
        )


def missing_workflow(subject: Subject) -> Iterator[Fault]:
    """Without a workflow nothing is checked on a pull request."""
    if not any(name.endswith((".yml", ".yaml")) for name in subject.snapshot.children.get(_WORKFLOWS, ())):
        yield Fault(
            subject.severity("warning", "notice"),
            f"there is no workflow: expected at least one {_WORKFLOWS}/*.yml",
            "Add a workflow that runs gitops-ci on pull requests.",
        )


def state_in_git(subject: Subject) -> Iterator[Fault]:
    """Terraform's state holds secrets in plain text, and a copy in git is stale at once."""
    for path in subject.snapshot.entries:
        if ".tfstate" in path and _is_state(path.rpartition("/")[2]):
            yield Fault(
                "error",
                "Terraform state is in git: expected it in a remote backend",
                "Move it to a backend (`terraform init -migrate-state`), `git rm --cached` it, ignore `*.tfstate*`, "
                "and change every secret it holds: git keeps the old versions.",
                path,
            )


def _is_state(name: str) -> bool:
    return name.startswith("terraform.tfstate") or name.endswith((".tfstate", ".tfstate.backup"))


def required(subject: Subject) -> Iterator[Fault]:
    """A path that `layout.require` asks for is not there."""
    for pattern in subject.config.layout.require:
        if not _exists(subject.snapshot, pattern):
            yield Fault(
                "error",
                f"nothing matches {shown(pattern)}, which `layout.require` asks for",
                f"Add the file or folder, or take the pattern out of `layout.require` in {FILE}.",
            )


def _exists(snapshot: Snapshot, pattern: str) -> bool:
    plain = pattern.strip("/")
    if plain in snapshot or plain in snapshot.directories:
        return True
    matches = naming.compiled(pattern).fullmatch
    return any(any(map(matches, _candidates(paths, plain))) for paths in (snapshot.directories, snapshot.entries))


def forbidden(subject: Subject) -> Iterator[Fault]:
    """A file matches a pattern of `layout.forbid`, itself or by a folder that it lies in."""
    for pattern in subject.config.layout.forbid:
        for path in _matching(subject.snapshot, pattern):
            yield Fault(
                "error",
                f"{shown(path)} matches {shown(pattern)}, which `layout.forbid` rules out",
                f"Remove the file, or take the pattern out of `layout.forbid` in {FILE}.",
                path,
            )


def _matching(snapshot: Snapshot, pattern: str) -> Iterator[str]:
    matches = naming.compiled(pattern).fullmatch
    plain = pattern.strip("/")
    folders = tuple(f"{directory}/" for directory in _candidates(snapshot.directories, plain) if matches(directory))
    named = set(filter(matches, _candidates(snapshot.entries, plain)))
    if named or folders:
        for path in snapshot.entries:
            if path in named or path.startswith(folders):
                yield path


def _candidates(paths: Iterable[str], plain: str) -> list[str]:
    """The paths that hold the longest literal part of a pattern: far cheaper than matching each."""
    literal = max(_WILDCARD.split(plain), key=len)
    return [path for path in paths if literal in path]
