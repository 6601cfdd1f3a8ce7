"""Templates that a change brings or alters, and that decide by the time, by chance or by the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds.kubernetes.planning.following import Ends
from gitops_ci.kinds.kubernetes.reading import asking
from gitops_ci.kinds.kubernetes.reading.asking import Asking
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment
from gitops_ci.model.plan import Problem
from gitops_ci.policy import secrets

_CODE = "conditional"
_PACKED = re.compile(r"(?:.*/)?charts/[^/]+\.tgz")
"""A chart that is packed: what braces say in compressed data is chance."""
_WHY = {
    "time": "by the time or by chance: what it makes another time is not known",
    "history": "by what is in the cluster or was deployed before: what it makes there is not known",
    "apis": "by the APIs of the cluster: what it makes there is not known",
}


class _Asked(Struct, frozen=True):
    path: str
    asking: Asking


def hidden(
    ends: Ends, base: Inventory | None, head: Inventory | None, both: tuple[Deployment, Deployment]
) -> Problem | None:
    """Why it is not known what the charts of a stack make, if it is not.

    Argo CD renders as is done here, without a cluster to look into, each time as if nothing had been installed. Of a
    stack that comes all objects are told, and what the cluster makes of it is not asked.
    """
    was, is_now = both
    if head is None or ends.head is None or not any(isinstance(each, Chart) for each in is_now.sources):
        return None
    passed = {"history"} if is_now.by.startswith("Application ") else set()
    given = any(isinstance(each, Chart) and each.api_versions for each in is_now.sources)
    passed |= {"apis"} if given or (base or head).config.kinds.kubernetes.api_versions else set()
    passed |= {"history", "apis"} if ends.base is None else set()
    for each in (*_in_files(ends, base, head), *_in_values(was, is_now)):
        if each.asking.sort not in passed:
            message = f"{each.path}:{each.asking.line} decides {_WHY[each.asking.sort]}"
            message += f" (`{each.asking.text}`)"
            return Problem(code=_CODE, message=secrets.masked(message), path=each.path, line=each.asking.line)
    return None


def _in_files(ends: Ends, base: Inventory | None, head: Inventory) -> Iterator[_Asked]:
    """What files of the stack ask that are not the same at base, but those that only say something to people."""
    assert ends.head is not None
    known = base.snapshot.entries if base is not None else {}
    read = head.graph.closure(ends.head.id, head.snapshot)
    altered = [path for path in sorted(read) if head.snapshot.entries.get(path) != known.get(path)]
    paths = [path for path in altered if not path.endswith((".md", "/NOTES.txt")) and not _is_packed(path)]
    for path, found in head.snapshot.facts(paths, asking.of).items():
        yield from (_Asked(path, each) for each in found)


def _is_packed(path: str) -> bool:
    """Whether Helm unpacks a file and runs nothing that is written in it as it is, as it would below `templates`."""
    return _PACKED.fullmatch(path) is not None and "/templates/" not in f"/{path}"


def _in_values(was: Deployment, is_now: Deployment) -> Iterator[_Asked]:
    """What the values ask that stand in the object that deploys a chart, which a template may run (`tpl`)."""
    known = set(_texts(was))
    for text in _texts(is_now):
        if text not in known:
            for each in asking.of(text.encode("utf-8", "replace")):
                yield _Asked(is_now.path, Asking(each.sort, each.text, is_now.line or 1))


def _texts(deployment: Deployment) -> Iterator[str]:
    for source in deployment.sources:
        if isinstance(source, Chart):
            yield from (*source.layers, source.values, *(value for _, value in (*source.parameters, *source.forced)))
