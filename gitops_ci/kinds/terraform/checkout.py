"""Files of which a checkout holds something else than the commit: a plan of the commit would not be what is applied.

Git rewrites files as it checks them out where `.gitattributes` says so: `ident` puts the object's id into the text,
`eol=crlf` and `working-tree-encoding` change the bytes, a `filter` (Git LFS) gives another content altogether.
https://git-scm.com/docs/gitattributes
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator

from gitops_ci.discover.snapshot import SYMLINK, Snapshot

_NAME = ".gitattributes"
_REWRITING = re.compile(r"ident|filter(?:=.*)?|working-tree-encoding=.*|eol=crlf", re.IGNORECASE)
_NOT_PLAIN = re.compile(r'["\[\\]')
_EVERYTHING = "*"

_Rule = tuple[str, str, str]  # folder of the .gitattributes, pattern, attribute


def rewritten(paths: Iterable[str], snapshot: Snapshot) -> tuple[str, str] | None:
    """The first of `paths` that a checkout would hold otherwise, with the attribute that says so; None for none.

    Later lines that take an attribute back are not believed, and patterns that are not plain match everything.
    """
    rules = tuple(_rules(snapshot))
    if not rules:
        return None
    for path in sorted(paths):
        if snapshot.entries[path].mode == SYMLINK:
            continue
        for folder, pattern, attribute in rules:
            if path.startswith(folder) and _matches(path.removeprefix(folder), pattern):
                return path, attribute
    return None


def _rules(snapshot: Snapshot) -> Iterator[_Rule]:
    files = [path for path in snapshot.entries if path == _NAME or path.endswith(f"/{_NAME}")]
    contents = snapshot.read_many(files)
    lines: list[tuple[str, str, list[str]]] = []
    for path in files:
        folder = path.removesuffix(_NAME)
        if path not in contents:
            yield folder, _EVERYTHING, "too large to be read"
            continue
        for line in contents[path].decode("utf-8", "surrogateescape").splitlines():
            pattern, *attributes = line.split() or ["#"]
            if not pattern.startswith("#"):
                lines.append((folder, pattern, attributes))
    macros = {
        pattern.removeprefix("[attr]")
        for _, pattern, attributes in lines
        if pattern.startswith("[attr]") and any(_REWRITING.fullmatch(each) for each in attributes)
    }
    for folder, pattern, attributes in lines:
        found = next((each for each in attributes if _REWRITING.fullmatch(each) or each in macros), None)
        if found is not None and not pattern.startswith("[attr]"):
            yield folder, _EVERYTHING if _NOT_PLAIN.search(pattern) else pattern, found


def _matches(path: str, pattern: str) -> bool:
    if "/" not in pattern:
        return fnmatch.fnmatchcase(path.rpartition("/")[2], pattern)
    plain = re.sub(r"(?:\*\*/)+", "*", pattern.removeprefix("/"))
    return fnmatch.fnmatchcase(path, plain)
