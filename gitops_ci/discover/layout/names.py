"""The rule about names of stacks' directories and files: lower-case words that need no quoting anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.discover.layout.subject import Fault, Subject, shown
from gitops_ci.discover.snapshot import Snapshot

_ODD = " '\"`$&|;<>(){}[]*?!\\@^"
_CALLED = {" ": "a space", "'": "a quote", '"': "a quote", "`": "a backtick", "\\": "a backslash"}
_WORDS = re.compile(r"[a-z0-9_.][a-z0-9_.-]*")
_SOURCES = (".tf", ".tofu", ".rego", ".yaml", ".yml")
_GIVEN = ("Chart.yaml", "Pulumi.")  # names that their tools prescribe

_UNPRINTABLE = "Rename it: such a name can forge lines of logs and comments."
_QUOTING = "Rename it: shells, URLs, stack ids and CODEOWNERS read such characters in their own way."
_CONVENTION = "Rename it to lower-case words joined with - or _."


def name_convention(subject: Subject) -> Iterator[Fault]:
    """Unprintable names anywhere, odd characters in and below stacks, then the convention for stacks' own names."""
    yield from _unprintable(subject.snapshot)
    on_the_way = _on_the_way(subject.stack_paths)
    yield from _odd(subject, on_the_way)
    yield from _unconventional(subject, on_the_way)


def _unprintable(snapshot: Snapshot) -> Iterator[Fault]:
    if "".join(snapshot.entries).isprintable():
        return
    for path in snapshot.entries:
        if not path.isprintable():
            message = f"the name {shown(path)} holds a control character, or one that does not print or is not UTF-8"
            yield Fault("error", message, _UNPRINTABLE, path)


def _odd(subject: Subject, on_the_way: frozenset[str]) -> Iterator[Fault]:
    """Folders on the way to a stack, and all that lies below one, whose name holds a character that needs quoting."""
    text = "\0".join(subject.snapshot.entries)
    found = [character for character in _ODD if character in text]
    dash = "/-" in text or "\0-" in text or text.startswith("-")
    if not found and not dash:
        return
    seen: set[str] = set()
    for path in subject.snapshot.entries:
        if any(map(path.__contains__, found)) or (dash and ("/-" in path or path[0] == "-")):
            for way in _odd_parts(path, subject.stack_paths, on_the_way):
                if way not in seen:
                    seen.add(way)
                    name = way.rpartition("/")[2]
                    message = f"the name {shown(name)} holds {_first_odd(name)}: expected letters, digits, . _ and -"
                    yield Fault("warning", message, _QUOTING, way)


def _odd_parts(path: str, stack_paths: frozenset[str], on_the_way: frozenset[str]) -> Iterator[str]:
    """The parts of a path, from the root on, that have an odd name and lead to a stack or lie below one."""
    below = "" in stack_paths
    for way in reversed(list(_upwards(path))):
        if (below or way in on_the_way) and _first_odd(way.rpartition("/")[2]):
            yield way
        below = below or way in stack_paths


def _first_odd(name: str) -> str:
    """What to call the first character that needs quoting; empty where there is none."""
    if name.startswith("-"):
        return "a leading dash"
    return next((_CALLED.get(character, character) for character in name if character in _ODD), "")


def _unconventional(subject: Subject, on_the_way: frozenset[str]) -> Iterator[Fault]:
    """Names that are no lower-case words: folders of stacks, and their sources where a preset is declared."""
    paths = [path for path in sorted(on_the_way) if _breaks(path.rpartition("/")[2])]
    if subject.chosen.declared:
        paths += [path for path in _sources(subject.snapshot) if _is_below(path, subject.stack_paths)]
    for path in paths:
        message = (
            f"the name {shown(path.rpartition('/')[2])} is not lower-case words: expected kebab-case or snake_case"
        )
        yield Fault(subject.severity("warning", "notice"), message, _CONVENTION, path)


def _breaks(name: str) -> bool:
    """Whether a name breaks the convention and nothing worse."""
    return not (_WORDS.fullmatch(name) or name.startswith(_GIVEN) or _first_odd(name)) and name.isprintable()


def _sources(snapshot: Snapshot) -> Iterator[str]:
    """Sources whose name breaks the convention. Names repeat from folder to folder, so each is looked at once."""
    distinct = {name for names in snapshot.children.values() for name in names}
    breaking = {name for name in distinct if name.endswith(_SOURCES) and _breaks(name)}
    if breaking:
        yield from (path for path in snapshot.entries if path.rpartition("/")[2] in breaking)


def _is_below(path: str, stack_paths: frozenset[str]) -> bool:
    return "" in stack_paths or any(parent in stack_paths for parent in _upwards(path))


def _upwards(path: str) -> Iterator[str]:
    """A path and the folders that hold it, without the root."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _on_the_way(stack_paths: frozenset[str]) -> frozenset[str]:
    """The stacks' directories and all above them."""
    found: set[str] = set()
    for path in stack_paths:
        for parent in _upwards(path):
            if parent in found:
                break
            found.add(parent)
    return frozenset(found)
