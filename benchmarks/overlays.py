"""Whether `affected` knows exactly the files that a build of an overlay opens: asked of kubectl under strace.

    python benchmarks/overlays.py CHECKOUT [CHECKOUT …]

Each is a work tree. Every kustomization that no other one takes is built by `kubectl kustomize`, with no network and no
program on PATH, and the files that the build opened are compared with those that the stack reads. Exit code 1 where one
was missed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES
from gitops_ci.kinds.kubernetes.kustomize.tree import Tree

_OPENED = re.compile(r'open(?:at)?\([^"]*"([^"]+)"[^)]*\)\s+=\s+\d')


class Built(NamedTuple):
    """A build: whether it succeeded, and what is read by one side only."""

    directory: str
    succeeded: bool
    missed: frozenset[str]
    extra: frozenset[str]


def snapshot(root: Path) -> Snapshot:
    """A work tree as it is, without git's own folder."""
    files: dict[str, bytes | str] = {}
    links: dict[str, str] = {}
    for folder, names, inside in os.walk(root):
        names[:] = [each for each in names if each != ".git"]
        for each in (*names, *inside):
            path = Path(folder, each)
            if path.is_symlink():
                links[path.relative_to(root).as_posix()] = str(path.readlink())
            elif path.is_file():
                files[path.relative_to(root).as_posix()] = path.read_bytes()
    return snapshots.of(files, links=links)


def opened(root: Path, directory: str) -> tuple[bool, frozenset[str]]:
    """Whether a build succeeds, and the files of the tree that it opens; links are followed."""
    with tempfile.TemporaryDirectory() as private:
        log = Path(private, "log")
        command = [shutil.which("strace") or "strace", "-f", "-e", "trace=open,openat", "-o", str(log)]
        kubectl = shutil.which("kubectl") or "kubectl"
        environment = {"PATH": "/nonexistent", "HOME": private, "https_proxy": "http://127.0.0.1:9"}
        build = subprocess.run(
            [*command, kubectl, "kustomize", str(root / directory)], env=environment, capture_output=True, check=False
        )
        paths = {Path(found).resolve() for found in _OPENED.findall(log.read_text(errors="replace"))}
    inside = (path.relative_to(root).as_posix() for path in paths if path.is_relative_to(root) and path.is_file())
    return build.returncode == 0, frozenset(inside)


def compared(root: Path) -> Iterator[Built]:
    """Every overlay of a work tree."""
    root = root.resolve()
    seen = snapshot(root)
    tree = Tree(seen)
    stacks = [Reference(f"stack:{each}", each, "directory", "direct", NAMES) for each in tree.roots]
    graph = Graph([*tree.references(), *stacks])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for directory, (succeeded, paths) in zip(
            tree.roots, pool.map(lambda each: opened(root, each), tree.roots), strict=True
        ):
            closure = graph.closure(f"stack:{directory}", seen)
            read = {seen.resolve(path) or path for path in closure} & seen.entries.keys() - seen.symlinks.keys()
            yield Built(directory, succeeded, paths - read, frozenset(read - paths) if succeeded else frozenset())


def main() -> int:
    """Compares and tells."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", nargs="+", type=Path)
    missed = 0
    for checkout in parser.parse_args().checkouts:
        found = list(compared(checkout))
        built = [each for each in found if each.succeeded]
        equal = sum(not each.missed and not each.extra for each in built)
        print(
            f"{checkout}: {len(found)} overlays, {len(built)} can be built offline, {equal} read exactly what is opened"
        )
        for each in found:
            missed += len(each.missed)
            if each.missed or each.extra:
                print(f"  {each.directory}: missed {sorted(each.missed)}, too many {sorted(each.extra)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
