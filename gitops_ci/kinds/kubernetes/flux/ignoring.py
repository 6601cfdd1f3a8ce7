"""What of a repository Flux leaves out of a source: `.sourceignore`, `spec.ignore`, `spec.sparseCheckout`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import globs, values
from gitops_ci.kinds.kubernetes.reading import manifests
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repository import Repository
from gitops_ci.kinds.kubernetes.sources import Unrendered

_PARTS = re.compile(r"/(?:Chart\.yaml|values\.yaml|(?:templates|crds|charts)/)")
_MOST_SPANS, _MOST_PATTERNS = 4, 1_000
"""Times that `**` may stand in a pattern, and patterns in all: more would take long to try."""


class Pattern(Struct, frozen=True):
    """One line of a file like `.gitignore`: `inside` is the folder that it is for, `text` without what marks it."""

    inside: str
    text: str
    keeps: bool
    is_folder: bool

    def fits(self, path: str) -> bool | None:
        """Whether a file, or a folder that it is in, is meant; None where the pattern is not read here."""
        if self.inside and not path.startswith(f"{self.inside}/"):
            return False
        below = path.removeprefix(f"{self.inside}/") if self.inside else path
        pattern = _compiled(self.text)
        if pattern is None:
            return None
        parts = below.split("/")
        if "/" not in self.text:
            named = parts[:-1] if self.is_folder else parts
            return any(pattern.fullmatch(each) for each in named)
        most = len(parts) - 1 if self.is_folder else len(parts)
        return any(pattern.fullmatch("/".join(parts[: index + 1])) for index in range(most))


class Ignoring(Struct, frozen=True):
    """All that decides what a source lacks: patterns in order, the last one that fits wins, and folders that it has.

    `read` are the files that say so.
    """

    patterns: tuple[Pattern, ...] = ()
    folders: tuple[str, ...] = ()
    read: tuple[str, ...] = ()

    def lacks(self, path: str) -> bool:
        """Whether the source does not have a file, as far as that can be told: else it is taken not to have it."""
        if len(self.patterns) > _MOST_PATTERNS:
            return True
        if self.folders and "/" in path and not any(path.startswith(f"{each}/") for each in self.folders):
            return True
        for each in reversed(self.patterns):
            fits = each.fits(path)
            if fits is None or fits:
                return fits is None or not each.keeps
        return False

    @property
    def is_any(self) -> bool:
        """Whether anything may be left out."""
        return bool(self.patterns or self.folders)

    def told(self, by: Declared, files: Iterable[str]) -> Iterator[Unrendered]:
        """That files of what is deployed are left out: Flux builds nothing then, or something else."""
        lacking = sorted({each for each in files if self.lacks(each)})
        if lacking:
            more = f", and {len(lacking) - 1:,} more" if len(lacking) > 1 else ""
            why = f"the source leaves it out (`.sourceignore`, `ignore` or `sparseCheckout`){more}"
            yield Unrendered(what=lacking[0], why=why, path=by.path, line=by.line, fixed=values.digest(lacking))


def built_from(starts: Iterable[str], repository: Repository) -> Iterator[str]:
    """The files that a kustomization is built from."""
    tree, resolve = repository.kustomizations, repository.snapshot.resolve
    for each in tree.reached(resolve(start) or start for start in starts):
        if each in tree.files:
            yield tree.files[each]
        yield from (target.path for target in tree.targets.get(each, ()) if target.kind == "file")


def of_chart(path: str, repository: Repository) -> Iterator[str]:
    """The files of a chart that decide what it renders to."""
    inside = manifests.below(repository.snapshot.resolve(path) or path, repository.snapshot, recurse=True)
    yield from (each for each in inside if _PARTS.search(each))


def of(sources: Iterable[Declared], repository: Repository) -> Ignoring:
    """What is left out of sources (GitRepositories) of this repository (fluxcd/pkg: sourceignore)."""
    read = repository.source_ignores
    patterns = [each for path in read for each in _in_file(path, repository.snapshot)]
    folders: list[str] = []
    for each in sources:
        spec = values.mapping(each.manifest.value, "spec")
        patterns += _patterns(values.text(spec, "ignore"), "")
        folders += (join("", folder.strip("/") or ".") or "" for folder in values.texts(spec, "sparseCheckout"))
    return Ignoring(tuple(patterns), () if "" in folders else tuple(folders), read)


def _in_file(path: str, snapshot: Snapshot) -> Iterator[Pattern]:
    content = snapshot.read(snapshot.resolve(path) or path) or b""
    yield from _patterns(content.decode("utf-8", "replace"), path.rpartition("/")[0])


def _patterns(text: str, inside: str) -> Iterator[Pattern]:
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        keeps = line.startswith("!")
        plain = (line[1:] if keeps else line).rstrip()
        is_folder = plain.endswith("/")
        yield Pattern(inside, plain.rstrip("/"), keeps, is_folder)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> re.Pattern[str] | None:
    """A pattern: one with a slash is from its folder on, where `**` spans folders."""
    parts = text.removeprefix("/").split("/")
    if parts.count("**") > _MOST_SPANS:
        return None
    expression = ""
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        if part == "**":
            expression += ".+" if is_last else "(?:[^/]+/)*"
            continue
        compiled = globs.path_match(part)
        if compiled is None:
            return None
        expression += compiled.pattern + ("" if is_last else "/")
    return re.compile(expression)
