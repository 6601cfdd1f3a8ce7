"""Which files Argo CD's Jsonnet would read: they are not evaluated, but a change of any of them is one of the stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.reading.repository import Reading

_IMPORT = re.compile(rb"\bimport(?:str|bin)?\s*@?(?:\"([^\"\n]+)\"|'([^'\n]+)')")


def reads(path: str, options: Mapping[str, Any], programs: Iterable[str], snapshot: Snapshot) -> Iterator[Reading]:
    """All below the source's path and its libraries (`directory.jsonnet.libs`, of the repository's root), and imports.

    What is imported is looked for beside the file, in the path and in the libraries (reposerver: makeJsonnetVm).
    """
    libs = [each for written in values.texts(options, "jsonnet", "libs") if (each := join("", written)) is not None]
    yield Reading(path, "tree", "direct")
    yield from (Reading(each, "tree", "module") for each in libs)
    pending = list(programs)
    seen = set(pending)
    while pending:
        file = pending.pop()
        for name in snapshot.facts((file,), _imported).get(file, ()):
            for folder in (file.rpartition("/")[0], path, *libs):
                target = join(folder, name)
                real = snapshot.resolve(target) if target is not None else None
                if real is not None and real in snapshot:
                    if real not in seen:
                        seen.add(real)
                        pending.append(real)
                        yield Reading(real)
                    break


def _imported(content: bytes) -> tuple[str, ...]:
    found = ((one or other).decode("utf-8", "replace") for one, other in _IMPORT.findall(content))
    return tuple(dict.fromkeys(found))
