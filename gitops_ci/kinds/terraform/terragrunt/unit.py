"""What one unit reads: its own files, what it includes and reads, its module, other units."""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from gitops_ci.kinds.terraform.language import evaluation
from gitops_ci.kinds.terraform.language.nodes import Call, Literal, Node, walk
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.terragrunt import FILES
from gitops_ci.kinds.terraform.terragrunt.facts import Said
from gitops_ci.kinds.terraform.terragrunt.scope import Files, Scope
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|git@|(?:github|gitlab|bitbucket)\.")
_VERSION = re.compile(r"\?.*\b(?:ref|version)=")
_MOST_FILES = 200
"""Files of Terragrunt that one unit reads; what more would say is not known."""
_VAR_FILE = "-var-file="


class Unit(Struct, frozen=True):
    """A unit: `path` is its directory, `module` that of the Terraform files which it deploys, where they are here.

    `files` are what it reads beside that, with the links on the way, `trees` directories of which it reads anything.
    `is_unresolved`: something that it reads cannot be told; `is_anywhere`: nor can its module. `needs` are the
    directories of other units, with the places that say so. `source` is the address or path of its module, where it
    can be told.
    """

    path: str
    file: str
    module: str | None
    has_source: bool
    source_line: int | None
    includes: tuple[str, ...]
    files: tuple[str, ...]
    trees: tuple[str, ...]
    is_unresolved: bool
    is_anywhere: bool
    needs: tuple[tuple[str, str, int], ...]
    findings: tuple[Finding, ...]
    source: str | None


class Reading:
    """Collects what a unit reads while its files are gone through; `scopes` are these, each where it is read."""

    def __init__(self, files: Files, file: str) -> None:
        self._files = files
        self._file = file
        self._path = posixpath.dirname(file)
        self._read: dict[str, None] = {}
        self._trees: dict[str, None] = {}
        self._needs: dict[str, tuple[str, str, int]] = {}
        self._findings: list[Finding] = []
        self._seen: set[tuple[str, str]] = set()
        self._is_unresolved = False
        self.scopes: list[Scope] = []
        self.source: tuple[Scope, Said] | None = None

    def unit(self) -> Unit:
        """The unit; whether it is one at all is for the caller to say."""
        own = Scope(self._files, self._file, unit=self._path, base=self._path)
        for include in own.facts.includes:
            self._include(own, include.label, include.path)
        scopes = (own, *own.includes.values())
        for scope in scopes:
            self._go_through(scope)
        sources = [(scope, scope.facts.source) for scope in (own, *reversed(list(own.includes.values())))]
        scope, source = next(((scope, said) for scope, said in sources if said is not None), (own, None))
        module, is_anywhere = self._source(scope, source) if source is not None else (None, False)
        self.source = (scope, source) if source is not None else None
        address = self._value(source.node, scope) if source is not None else None
        return Unit(
            path=self._path,
            file=self._file,
            module=module,
            has_source=source is not None or any(each.facts.problem is not None for each in scopes),
            source_line=source.line if source is not None and scope is own else None,
            includes=tuple(scope.file for scope in own.includes.values()),
            files=tuple(self._read),
            trees=tuple(self._trees),
            is_unresolved=self._is_unresolved or is_anywhere,
            is_anywhere=is_anywhere,
            needs=tuple(self._needs.values()),
            findings=tuple(self._findings),
            source=address if isinstance(address, str) else None,
        )

    def _include(self, own: Scope, label: str, path: Said | None) -> None:
        value = self._value(path.node, own) if path is not None else COMPUTED
        place = self._files.place(value, self._path)
        if value is None or (place is not None and self._files.facts(place) is None):
            line = path.line if path is not None else None
            self._missing(f'include "{label}" leads to no file', line)
        elif place is None:
            self._is_unresolved = True
        else:
            own.includes[label] = Scope(self._files, place, unit=self._path, base=self._path)
            own.includes[label].opened = own.opened
            self._reads(place)

    def _go_through(self, scope: Scope) -> None:
        """Reads what a file says, and the files that it reads in turn."""
        at = (scope.file, scope.base)
        if at in self._seen:
            return
        if len(self._seen) >= _MOST_FILES:
            self._is_unresolved = True
            return
        self._seen.add(at)
        self.scopes.append(scope)
        said = scope.facts
        self._is_unresolved = self._is_unresolved or said.problem is not None
        for call, _ in said.reads:
            self._call(scope, call)
        for each in said.paths:
            self._path_in(scope, each.node)
        for each in (*said.var_files, *said.arguments):
            for value in self._listed(each, scope):
                name = value.removeprefix(_VAR_FILE)
                if each in said.var_files or name != value:
                    self._reads(self._files.place(name, scope.base))
        for each in said.dependencies:
            for value in self._listed(each, scope):
                self._need(scope, value, each.line)

    def _value(self, node: Node, scope: Scope) -> Value:
        """What an expression comes to: None where it needs a file that is nowhere, COMPUTED where it cannot be told."""
        missed = scope.missed
        value = evaluation.of(node, scope)
        return None if value is COMPUTED and scope.missed > missed else value

    def _listed(self, said: Said, scope: Scope) -> list[str]:
        value = self._value(said.node, scope)
        items = value if isinstance(value, list) else [value]
        self._is_unresolved = self._is_unresolved or any(each is COMPUTED for each in items)
        return [each for each in items if isinstance(each, str)]

    def _call(self, scope: Scope, call: Call) -> None:
        if call.name == "run_cmd":
            words = [self._value(each, scope) for each in call.arguments]
            for word in words:
                if isinstance(word, str) and "/" in word:
                    self._reads(self._files.place(word, scope.base))
            return
        value = self._value(call.arguments[0], scope) if call.arguments else None
        if value is None:
            return
        place = self._files.place(value, scope.base)
        if value is COMPUTED:
            self._is_unresolved = True
        elif place is not None:
            self._reads(place)
            if self._files.snapshot.is_directory(place):
                self._trees[place] = None
            elif call.name == "read_terragrunt_config" and (read := scope.read(place)) is not None:
                self._go_through(read)

    def _path_in(self, scope: Scope, node: Node) -> None:
        """An expression that may come to a path: what it names may be handed to the module to read."""
        value = self._value(node, scope)
        if isinstance(value, str) and not _REMOTE.match(value):
            self._reads(self._files.place(value, scope.base))

    def _reads(self, place: str | None) -> None:
        """A file that is read, where it is there; directories are for those who know that all of it is."""
        if place is None:
            return
        snapshot = self._files.snapshot
        for each in (*snapshot.links_on(place), snapshot.resolve(place)):
            if each is not None and each in snapshot:
                self._read[each] = None

    def _need(self, scope: Scope, value: str, line: int) -> None:
        place = self._files.place(value, scope.base)
        if place is None:
            return
        for name in FILES:
            place = place.removesuffix(f"/{name}")
        place = self._files.snapshot.resolve(place) or place
        if any(f"{place}/{name}".lstrip("/") in self._files.snapshot for name in FILES):
            self._needs.setdefault(place, (place, scope.file, line))
        elif not self._files.exists(place):
            self._missing(f"a dependency leads to {value}, which is not there", line, scope.file)

    def _source(self, scope: Scope, said: Said) -> tuple[str | None, bool]:
        """The directory of the module, and whether it may be any."""
        value = self._value(said.node, scope)
        if not isinstance(value, str):
            return None, not _is_remote(said.node)
        path = re.sub("/{2,}", "/", value.partition("?")[0])
        place = self._files.place(path, scope.base)
        if place is not None and self._files.exists(place):
            self._reads(place)
            return self._files.snapshot.resolve(place), False
        if _REMOTE.match(value):
            return None, False
        if place is None and path.startswith("/"):
            return None, True  # on the machine's disk, where the repository may lie as well
        self._missing(
            f"source leads to {path}, which is not there" if place else "source leaves the repository", said.line
        )
        return None, False

    def _missing(self, message: str, line: int | None, file: str | None = None) -> None:
        self._findings.append(
            finding.make(
                "terraform/terragrunt-missing",
                "warning",
                message.replace("\0/", ""),
                help="Correct the path; Terragrunt looks for it from the unit's directory.",
                path=file or self._file,
                line=line,
            )
        )


def _is_remote(node: Node) -> bool:
    """Whether a source that cannot be told shows by itself that it lies elsewhere."""
    texts = [str(each.value) for each in walk(node) if isinstance(each, Literal) and isinstance(each.value, str)]
    return any(_VERSION.search(text) for text in texts) or bool(texts and _REMOTE.match(texts[0]))
