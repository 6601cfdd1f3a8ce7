"""The documents of a change's files at both ends, and which files cannot be read; each content is parsed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.policy.documents import files, kustomizations, manifests
from gitops_ci.policy.documents.files import Parsed, Unreadable
from gitops_ci.policy.documents.kustomizations import Kustomization
from gitops_ci.policy.documents.yaml_documents import Document
from gitops_ci.policy.scope import Scope

_KUBERNETES = ("YAML", "JSON")


class Contents:
    """Reads the files of a scope; a symbolic link is what it leads to, at the link's own path."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[Problem] = []
        self.templates: set[str] = set()
        self._kustomizations: dict[str, Mapping[str, Kustomization]] = {}
        self._sql: dict[tuple[str, str], Parsed] = {}
        self._unreadable: dict[str, dict[str, Finding]] = {"base": {}, "head": {}}

    def problem(self, problem: Problem) -> None:
        """Keeps what leaves a question open."""
        if problem not in self.problems:
            self.problems.append(problem)

    @cached_property
    def changed(self) -> frozenset[str]:
        """The paths that differ between the ends, also links to such ones, and what a kustomization takes otherwise."""
        if self.scope.base is None:
            return self.scope.changed
        taken = [kustomizations.taken(end) for end in (self.scope.base, self.scope.head)]
        used = {path for path in taken[0].keys() | taken[1].keys() if taken[0].get(path) != taken[1].get(path)}
        before, after = self._links("base"), self._links("head")
        moved = {
            path
            for path in before.keys() | after.keys()
            if before.get(path) != after.get(path) or after.get(path) in self.scope.changed
        }
        return self.scope.changed | moved | used

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files of head to look at."""
        more = self.changed - self.scope.changed
        return tuple(sorted({*self.scope.paths, *(path for path in more if path in self.scope.head.entries)}))

    def named(self, end: str) -> frozenset[str]:
        """Kustomizations of an end, and the files that they take: YAML, whatever they are called."""
        found = self.kustomizations(end)
        return frozenset(found).union(path for each in found.values() for path in each.taken)

    def kustomizations(self, end: str) -> Mapping[str, Kustomization]:
        """Those of one end, by path."""
        if end not in self._kustomizations:
            snapshot = self._snapshot(end)
            self._kustomizations[end] = {} if snapshot is None else kustomizations.of(snapshot)
        return self._kustomizations[end]

    def is_file(self, end: str, path: str) -> bool:
        """Whether a path is there at an end and is neither a submodule nor a link to a directory."""
        snapshot = self._snapshot(end)
        if snapshot is None or path not in snapshot.entries or snapshot.entries[path].mode == SUBMODULE:
            return False
        return snapshot.entries[path].mode != SYMLINK or not snapshot.is_directory(self._links(end)[path] or ".")

    @property
    def unreadable(self) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Files that cannot be read, at base and at head."""
        before, after = self._unreadable["base"], self._unreadable["head"]
        same = () if self.scope.base is None else (after[path] for path in after if path not in self.changed)
        return (*before.values(), *same), tuple(after.values())

    def documents(
        self, end: str, paths: Iterable[str], *, of_objects: bool = False
    ) -> Iterator[tuple[str, tuple[Document, ...]]]:
        """The documents of files, each with its path, in order; `of_objects` where Kubernetes objects are looked for.

        Then what cannot be read is told of files only that could hold one (`tsconfig.json` has comments).
        """
        listed = list(paths)
        parsed = self._parsed(end, listed)
        for path in listed:
            self._judge(end, path, parsed[path], of_objects=of_objects)
            yield path, parsed[path].documents

    def stack(self, path: str) -> str | None:
        """The stack that a file belongs to, where that is a single one."""
        owners = self.scope.owners.get(path, ())
        return owners[0] if len(owners) == 1 else None

    def _judge(self, end: str, path: str, parsed: Parsed, *, of_objects: bool) -> None:
        """Notes what keeps a file, or a part of it, from being judged."""
        wrong = parsed.wrong
        is_template = parsed.templated and manifests.is_template(path, self._charts)
        if is_template and end == "head":
            self.templates.add(path)
        doubt = next(manifests.doubts(parsed.documents), None)
        if wrong is None and doubt is not None:
            wrong = Unreadable(doubt[0], f"readers of YAML differ: {doubt[1]}")
        if wrong is None or (is_template and wrong.everywhere):
            return
        if doubt is not None or parsed.may_hold_object or not of_objects or self._is_deployed(path):
            self._unreadable[end].setdefault(path, _unreadable(path, wrong, self.stack(path)))

    def _is_deployed(self, path: str) -> bool:
        owners = self.scope.owners.get(path, ())
        return any(id in self.scope.stacks and self.scope.stacks[id].kind == "kubernetes" for id in owners)

    def _parsed(self, end: str, paths: list[str]) -> dict[str, Parsed]:
        """What each file holds."""
        found: dict[str, Parsed] = {}
        by_format: dict[str, dict[str, str]] = {}
        links = self._links(end)
        snapshot = self._snapshot(end)
        for path in paths:
            target = links.get(path, path)
            if snapshot is None or target is None or target not in snapshot.entries or snapshot.in_submodule(target):
                found[path] = _NOT_HERE
            elif path.endswith(".sql"):
                found[path] = self._of_sql(end, path, snapshot.read(target))
            else:
                by_format.setdefault(files.format_of(path) or "YAML", {})[path] = target
        for name, wanted in by_format.items():
            facts = snapshot.facts(wanted.values(), files.fact(name)) if snapshot is not None else {}
            found.update({path: facts.get(target, files.TOO_LARGE) for path, target in wanted.items()})
        return found

    def _of_sql(self, end: str, path: str, content: bytes | None) -> Parsed:
        from gitops_ci.policy.documents import sql

        if (end, path) not in self._sql:
            read = files.TOO_LARGE
            try:
                read = Parsed(documents=(sql.document(path, content),)) if content is not None else read
            except Unreadable as error:
                read = Parsed(wrong=error)
            except ImportError:
                message = "policies read SQL, which needs the extra database (pip install 'gitops-ci[database]')"
                self.problem(Problem(code="missing", message=message))
                read = Parsed()
            self._sql[end, path] = read
        return self._sql[end, path]

    def _snapshot(self, end: str) -> Snapshot | None:
        return self.scope.head if end == "head" else self.scope.base

    def _links(self, end: str) -> Mapping[str, str | None]:
        return self._both_links[end]

    @cached_property
    def _both_links(self) -> dict[str, dict[str, str | None]]:
        """Every symbolic link of an end and what it leads to; None where that is out of the repository."""
        ends = {"base": self.scope.base, "head": self.scope.head}
        return {
            name: {} if end is None else {path: end.resolve(path) for path in end.symlinks}
            for name, end in ends.items()
        }

    @cached_property
    def _charts(self) -> tuple[str, ...]:
        """The directories of Helm charts that base has, or that an affected stack is made of."""
        trusted = self.scope.base or self.scope.head
        found = {path for path in trusted.entries if path.rpartition("/")[2] == "Chart.yaml"}
        found |= {path for path in self.scope.owners if path.rpartition("/")[2] == "Chart.yaml"}
        return tuple(sorted(path.rpartition("/")[0] for path in found))


_NOT_HERE = Parsed(wrong=Unreadable(None, "a symbolic link that leads out of the repository, or nowhere"))


def _unreadable(path: str, error: Unreadable, stack: str | None) -> Finding:
    message = f"policies cannot be asked about it: {error.message}"
    help = "Mend the file, or leave it out with `files` of `policy.rego` in gitops-ci.yml."
    return finding.make("rego/unreadable", "error", message, help=help, path=path, line=error.line, stack=stack)
