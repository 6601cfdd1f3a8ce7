"""The rule about names of stacks' directories and files: lower-case words that need no quoting anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.discover.layout.subject import Fault, Subject, shown

_ODD = re.compile(r"""[ '"`$&|;<>(){}\[\]*?!\\@^]|(?:^|(?<=[/\n]))-""")
_CALLED = {" ": "a space", "'": "a quote", '"': "a quote", "`": "a backtick", "\\": "a backslash", "-": "a leading dash"}
_WORDS = re.compile(r"[a-z0-9_.][a-z0-9_.-]*")
_SOURCES = (".tf", ".tofu", ".rego", ".yaml", ".yml")
_GIVEN = ("Chart.yaml", "Pulumi.")  # names that their tools prescribe

_QUOTING = "Rename it: shells, URLs, stack ids and CODEOWNERS read such characters in their own way."
_CONVENTION = "Rename it to lower-case words joined with - or _."


def name_convention(subject: Subject) -> Iterator[Fault]:
    """Unprintable names anywhere, odd characters in and below stacks, then the convention for stacks' own names."""
    yield from _unprintable(subject)
    reported = set()
    for fault in (*_directories(subject), *_files(subject)):
        if fault.path not in reported:
            reported.add(fault.path)
            yield fault


def _unprintable(subject: Subject) -> Iterator[Fault]:
    if not "".join(subject.snapshot.entries).isprintable():
        for path in subject.snapshot.entries:
            if not path.isprintable():
                message = f"the name {shown(path)} holds a control character, or one that does not print or is not UTF-8"
                yield Fault("error", message, "Rename it: such a name can forge lines of logs and comments.", path)


def _directories(subject: Subject) -> Iterator[Fault]:
    """The folders on the way to each stack, and those below it."""
    for path in sorted({parent for lowest in subject.stack_paths for parent in _upwards(lowest)}):
        name = path.rpartition("/")[2]
        odd = _ODD.search(name)
        if odd is not None:
            yield _is_odd(path, odd)
        elif name.isprintable() and not _WORDS.fullmatch(name):
            yield _unconventional(subject, path)
    for path in _below(subject):
        odd = _ODD.search(path.rpartition("/")[2])
        if odd is not None:
            yield _is_odd(path, odd)


def _files(subject: Subject) -> Iterator[Fault]:
    declared = subject.chosen.declared
    for directory in _below(subject):
        names = subject.snapshot.children.get(directory, ())
        if not declared and not _ODD.search("\n".join(names)):
            continue
        at = f"{directory}/" if directory else ""
        for name in names:
            odd = _ODD.search(name)
            if odd is not None:
                yield _is_odd(at + name, odd)
            elif declared and name.endswith(_SOURCES) and name.isprintable() and not name.startswith(_GIVEN) and not _WORDS.fullmatch(name):
                yield _unconventional(subject, at + name)


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _below(subject: Subject) -> list[str]:
    """Every directory that is a stack's or lies in one."""
    inside = {"": "" in subject.stack_paths}

    def is_inside(directory: str) -> bool:
        if directory not in inside:
            inside[directory] = directory in subject.stack_paths or is_inside(directory.rpartition("/")[0])
        return inside[directory]

    return [directory for directory in subject.snapshot.directories if is_inside(directory)]


def _is_odd(path: str, odd: re.Match[str]) -> Fault:
    name = path.rpartition("/")[2]
    return Fault("warning", f"the name {shown(name)} holds {_CALLED.get(odd[0], odd[0])}: expected letters, digits, . _ and -", _QUOTING, path)


def _unconventional(subject: Subject, path: str) -> Fault:
    message = f"the name {shown(path.rpartition('/')[2])} is not lower-case words: expected kebab-case or snake_case"
    return Fault(subject.severity("warning", "notice"), message, _CONVENTION, path)
