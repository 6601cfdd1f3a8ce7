"""Directories that are deployed by themselves: kustomizations, charts with value files, plain manifests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from gitops_ci.config import KIND_DIRECTORIES, StackPattern
from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import join
from gitops_ci.kinds.kubernetes.discovery import names
from gitops_ci.kinds.kubernetes.reading import manifests, submodules
from gitops_ci.kinds.kubernetes.reading.repository import Deployed, Repository
from gitops_ci.kinds.kubernetes.sources import Chart, Kustomization, Manifests
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import SHARED, Stack

_FOREIGN = manifests.FOREIGN | {"templates"}
_NO_INSTANCE = frozenset(
    {"ci", "default", "defaults", "example", "examples", "sample", "schema", "template", "test", "tests"}
)
"""Words of value files that are there for something else than to deploy."""
_DEPLOYED = frozenset({"clusters", "manifests"})
"""Folders of plain manifests that are deployed, beside those of environments and of the kind."""


class Directories(Struct, frozen=True, dict=True):
    """The directories of a repository, and what is `claimed` by others: directories, and files of manifests."""

    repository: Repository
    claimed: frozenset[str] = frozenset()

    def declared(self) -> Iterator[tuple[Stack, Deployed]]:
        """The stacks that `layout.stacks` names."""
        config = self.repository.config
        for directory in self.repository.snapshot.directories:
            for stack, pattern in naming.declared(directory, "kubernetes", config):
                deployed = self._of(directory, pattern)
                if deployed is not None:
                    yield stack, deployed

    def _of(self, directory: str, pattern: StackPattern) -> Deployed | None:
        if directory in self.repository.kustomizations.files:
            return self._kustomization(directory)
        if directory in self.repository.charts.directories:
            return self._chart(directory, tuple(self._value_paths(directory, pattern.var_files)))
        files = self.repository.manifests_in(directory, recurse=True)
        files = tuple(each for each in files if not self._inside_another(each, directory))
        return self._manifests(directory, files) if files else None

    def _value_paths(self, directory: str, written: tuple[str, ...]) -> Iterator[str]:
        """Value files from the chart's directory, or else from the root."""
        for each in written:
            path = join(directory, each)
            beside = path is not None and path in self.repository.snapshot
            found = path if beside else join("", each)
            if found is not None:
                yield found

    def guessed(self) -> Iterator[tuple[Stack, Deployed]]:
        """The stacks that nothing names: kustomizations and charts that nothing takes, plain manifests."""
        config = self.repository.config
        for directory in self.repository.kustomizations.roots:
            if self._is_free(directory):
                yield names.of_directory(directory, config), self._whole(self._kustomization(directory))
        charts = self.repository.charts
        for directory, chart in charts.read.items():
            if directory not in charts.taken and not chart.is_library and self._is_free(directory):
                yield from ((stack, self._whole(deployed)) for stack, deployed in self._charts(directory))
        for directory, recurse in self._plain():
            files = tuple(self._plain_files(directory, recurse=recurse))
            if files:
                yield names.of_directory(directory, config), self._manifests(directory, files)

    def _is_free(self, directory: str) -> bool:
        return directory not in self.claimed and not self._is_foreign(directory)

    def _is_foreign(self, directory: str) -> bool:
        """Folders of other tools, hidden ones, and those whose objects are the kind `security`'s."""
        parts = directory.split("/")
        if any(part in _FOREIGN or part.startswith(".") for part in parts if part):
            return True
        owners = (*parts[:1], *parts)
        return any(
            KIND_DIRECTORIES.get(part) == "security"
            and (owner == SHARED or self.repository.config.environment_of(owner) is not None)
            for owner, part in zip(owners, parts, strict=False)
        )

    def _whole(self, deployed: Deployed) -> Deployed:
        """With the git submodules that it takes from."""
        return submodules.told(deployed, self.repository, deployed.path or "", None, below=True)

    def _kustomization(self, directory: str) -> Deployed:
        return Deployed((Kustomization(path=directory),), self.repository.of_kustomization(directory), directory)

    def _manifests(self, directory: str, files: tuple[str, ...]) -> Deployed:
        reads = tuple(read for each in files for read in self.repository.through(each, "direct"))
        return Deployed((Manifests(path=directory, files=files),), reads, directory)

    def _chart(self, directory: str, files: tuple[str, ...]) -> Deployed:
        name = self.repository.charts.read[directory].name if directory in self.repository.charts.read else ""
        source = Chart(path=directory, release=name or directory.rpartition("/")[2] or "release", value_files=files)
        return Deployed((source,), self.repository.of_chart(directory, files), directory)

    def _charts(self, directory: str) -> Iterator[tuple[Stack, Deployed]]:
        """A chart once for each environment or cluster that it has a value file for; once where it has none."""
        config = self.repository.config
        placed = names.of_directory(directory, config)
        found: dict[tuple[str, str | None], str] = {}
        for word, file in self.repository.charts.value_files(directory).items():
            told = names.told(word, config)
            is_exact = config.environment_of(word) is not None
            if len(told) == 1:
                found.setdefault((told[0], None if is_exact else word), file)
            elif word not in _NO_INSTANCE and file.rpartition("/")[0] == directory:
                found.setdefault((SHARED, word), file)
        if placed.environment != SHARED:
            own = tuple(file for (environment, _), file in found.items() if environment == placed.environment)
            yield placed, self._chart(directory, own[:1])
            return
        for (environment, instance), file in found.items():
            if file in self.claimed:
                continue
            stack = stacks.make(
                environment=environment, kind="kubernetes", name=placed.name, path=directory, instance=instance
            )
            yield stack, self._chart(directory, (file,))
        if not found:
            yield placed, self._chart(directory, ())

    @cached_property
    def _taken(self) -> frozenset[str]:
        """Files that kustomizations take."""
        targets = self.repository.kustomizations.targets.values()
        return frozenset(each.path for found in targets for each in found if each.kind == "file")

    def _inside_another(self, path: str, directory: str) -> bool:
        """Whether a directory between has a kustomization or is a chart."""
        at = path.rpartition("/")[0]
        while at not in (directory, ""):
            if at in self.repository.kustomizations.files or at in self.repository.charts.directories:
                return True
            at = at.rpartition("/")[0]
        return False

    def _plain(self) -> Iterator[tuple[str, bool]]:
        """Directories whose manifests are deployed as they are; the outermost with those below, where folders say so.

        One that merely holds objects of Argo CD or Flux says nothing of those below.
        """
        outer: str | None = None
        for directory in sorted(self.repository.snapshot.children):
            if outer is not None and directory.startswith(outer):
                continue
            if self._is_deployed(directory) and any(self._own(directory)):
                outer = f"{directory}/" if directory else ""
                yield directory, True
            elif directory in self._declaring and self._is_free(directory) and any(self._own(directory)):
                yield directory, False

    def _is_deployed(self, directory: str) -> bool:
        """Whether the folders that a directory lies in say that plain manifests in it are deployed."""
        parts = directory.split("/")
        kinds = {KIND_DIRECTORIES.get(part, "kubernetes") for part in parts}
        if not self._is_free(directory) or kinds != {"kubernetes"}:
            return False
        if any(part in _DEPLOYED or part in KIND_DIRECTORIES for part in parts):
            return True
        return names.of_directory(directory, self.repository.config).environment != SHARED

    @cached_property
    def _declaring(self) -> frozenset[str]:
        """Directories with objects of Argo CD or Flux."""
        return frozenset(each.path.rpartition("/")[0] for each in self.repository.declared)

    def _own(self, directory: str) -> Iterator[str]:
        """Manifests directly in a directory that nothing else deploys."""
        known = directory in self.repository.kustomizations.files or directory in self.repository.charts.directories
        if not known:
            files = self.repository.manifests_in(directory, recurse=False)
            yield from (each for each in files if each not in self._taken and each not in self.claimed)

    def _plain_files(self, directory: str, *, recurse: bool) -> Iterator[str]:
        for path in self.repository.manifests_in(directory, recurse=recurse):
            is_free = path not in self._taken and path not in self.claimed and not self._inside_another(path, directory)
            if is_free and self._is_free(path.rpartition("/")[0]):
                yield path
