"""Secrets in clear that only the rendering puts into a Secret: the values are the repository's, and told there.

What a file holds is found by `policy.secrets` already; what a template makes up anew each time is in no file, and so is
no secret of this repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.policy.secrets import formats, found, kubernetes, values

RULE = "kubernetes/rendered-secret"
_SHORTEST = 6
"""Characters: a shorter value stands in many places that have nothing to do with it."""


def findings(subject: Subject, paths: Iterable[str], snapshot: Snapshot, ignored: tuple[str, ...]) -> Iterator[Told]:
    """The values of rendered Secrets that stand in a file of the closure and were not found there."""
    asked = [(each, literal) for each in subject.objects if _is_made(each) for literal in _literals(each)]
    if not asked:
        return
    patterns = [naming.compiled(pattern) for pattern in ignored]
    closure = [path for path in sorted(paths) if not any(pattern.fullmatch(path) for pattern in patterns)]
    known = _known(closure, snapshot)
    texts = {path: content.decode("utf-8", "replace") for path, content in snapshot.stream(closure)}
    for each, literal in asked:
        written = {literal.value, values.decoded(literal.value) or literal.value}
        if any(found.digest("".join(value.split())) in known for value in written):
            continue
        for path, line in _places(written, texts):
            said = f"{literal.name} of the rendered {each.identity.address} is in clear here"
            yield Told(rule=RULE, message=said, path=path, line=line, address=each.identity.address)
            break


def _is_made(each: Object) -> bool:
    return (each.identity.group, each.identity.kind) == ("", "Secret")


def _literals(each: Object) -> Iterator[kubernetes.Literal]:
    yield from kubernetes.secrets_in(each.value)


def _known(paths: list[str], snapshot: Snapshot) -> set[bytes]:
    """What `policy.secrets` finds in the files by itself."""
    groups: dict[formats.Reader, list[str]] = {}
    for path in paths:
        groups.setdefault(formats.reader(path), []).append(path)
    return {
        each.value
        for reader, group in groups.items()
        for several in snapshot.facts(group, reader).values()
        for each in several
    }


def _places(written: set[str], texts: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for value in sorted(written, key=len):
        if len(value.strip()) >= _SHORTEST:
            alone = re.compile(rf"(?<![\w-]){re.escape(value.strip())}(?![\w-])")
            for path, text in texts.items():
                at = alone.search(text) if value.strip() in text else None  # a plain search is much faster
                if at is not None:
                    yield path, text.count("\n", 0, at.start()) + 1
