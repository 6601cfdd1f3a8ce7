"""Which directories hold rules about the infrastructure, by their names, and what each one reads."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.config import KIND_DIRECTORIES, Config
from gitops_ci.discover import naming
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.references import Reference
from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.model.stack import Stack

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = (
    "resources",
    "bases",
    "components",
    "crds",
    "patchesStrategicMerge",
    "configurations",
    "generators",
    "validators",
)


def find(snapshot: Snapshot, config: Config) -> Found:
    """One stack for each directory that is called like the kind, nested ones included in the outermost."""
    stacks = tuple(_stacks(snapshot, config))
    return Found(stacks, tuple(each for stack in stacks for each in _references(stack, snapshot)))


def _stacks(snapshot: Snapshot, config: Config) -> Iterator[Stack]:
    if naming.is_declared("security", config):
        for directory in snapshot.directories:
            for stack, _ in naming.declared(directory, "security", config):
                yield stack
        return
    taken: list[str] = []
    for directory in sorted(snapshot.directories):
        outer, _, name = directory.rpartition("/")
        if KIND_DIRECTORIES.get(name) != "security":
            continue
        named = config.environment_of(outer.rpartition("/")[2]) is not None
        if (named or outer == "shared") and not any(directory.startswith(f"{each}/") for each in taken):
            taken.append(directory)
            yield naming.place(directory, "security", config)


def _references(stack: Stack, snapshot: Snapshot) -> Iterator[Reference]:
    """Its tree, what links in it lead to, and what its kustomizations take from elsewhere, and those in turn."""
    yield Reference(stack.id, stack.path, "tree", "direct")
    inside = f"{stack.path}/" if stack.path else ""
    for link in snapshot.symlinks:
        if link.startswith(inside):
            yield from _linked(stack, snapshot.resolve(link), snapshot)
    pending = [each for each in _below(stack.path, snapshot) if each.rpartition("/")[2] in _KUSTOMIZATIONS]
    seen = set(pending)
    while pending:
        content = snapshot.facts(pending, _named)
        pending = []
        for path, names in content.items():
            for name in names:
                target = join(path.rpartition("/")[0], name)
                if target is None or (target == stack.path or target.startswith(inside)):
                    continue
                at = f"{target}/" if target else ""
                new = [at + each for each in _KUSTOMIZATIONS if at + each in snapshot]
                yield from (Reference(stack.id, each, "file", "file") for each in new or [target])
                pending += [each for each in new if each not in seen]
                seen.update(new)


def _linked(stack: Stack, target: str | None, snapshot: Snapshot) -> Iterator[Reference]:
    if target is None:
        return
    yield Reference(stack.id, target, "tree" if target in snapshot.directories else "file", "file")


def _below(directory: str, snapshot: Snapshot) -> Iterator[str]:
    pending = [directory]
    while pending:
        here = pending.pop()
        at = f"{here}/" if here else ""
        yield from (at + name for name in snapshot.children.get(here, ()))
        pending.extend(at + name for name in snapshot.directories.get(here, ()))


def _named(content: bytes) -> tuple[str, ...]:
    """The files and folders that a kustomization names; nothing of one that cannot be read."""
    from gitops_ci.policy.documents import yaml_documents

    try:
        values = [each.value for each in yaml_documents.documents(content)]
    except yaml_documents.YamlProblem:
        return ()
    found: list[str] = []
    for value in values:
        for name in _LISTS if isinstance(value, dict) else ():
            listed = value.get(name)
            found += [each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, str)]
        for name in ("patches", "patchesJson6902", "replacements"):
            listed = value.get(name) if isinstance(value, dict) else None
            paths = [
                each.get("path") for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict)
            ]
            found += [each for each in paths if isinstance(each, str)]
    return tuple(each for each in found if "://" not in each and "\n" not in each)
