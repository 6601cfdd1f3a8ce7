"""One pass over a `.tf` file: its module sources, the paths it reads, whether it configures a backend.

A full HCL parser reads 50 to 100 files a second, this reads thousands: a repository is scanned on every run, and only
a few facts of each file decide what is affected. The scanner knows comments, strings with interpolation, heredocs and
braces (`native_syntax`) and nothing of expressions. What it cannot resolve it reports as unresolved, and the root
becomes conservatively affected. A file in which nothing could be such a fact is not looked at further, so its syntax
is not judged: the engine does that where it is planned.
"""

from __future__ import annotations

import re

from gitops_ci.kinds.terraform.reading import arguments, json_syntax, native_scan, path_reads
from gitops_ci.kinds.terraform.reading.path_reads import PathRead
from gitops_ci.kinds.terraform.reading.scanned import Module, Scan

__all__ = ["Module", "PathRead", "Scan", "scan"]

_WORDS = (
    ("module", re.compile(r"module(?![\w.-])", re.ASCII)),
    ("path", re.compile(r"path\s*\.\s*[mrc]", re.ASCII)),
    ("file", re.compile(r"file(?:name|\w{0,12}\s*[(/#])", re.ASCII)),
    ("source_", re.compile(r"source_(?:dir|file|path)")),
    ("backend", re.compile(r"backend(?![\w.-])", re.ASCII)),
    ("cloud", re.compile(r"cloud(?![\w.-])", re.ASCII)),
    ('".', re.compile(r'"\.\.?["/]')),
)
_LITERALS = ("terraform_remote_state", "tfe_outputs", "provider::", "shell_s", "packer_", "system_command")
_RESOURCES = ('resource "', 'data "', 'ephemeral "')
_IN_RESOURCES = (
    ("source", re.compile(r"source\s*=", re.ASCII)),
    ("script", re.compile(r"scripts?\s*=", re.ASCII)),
    ("chart", re.compile(r"chart\s*=", re.ASCII)),
    ("command", re.compile(r"command\s*=", re.ASCII)),
    ("program", re.compile(r"program\s*=", re.ASCII)),
    ("working_dir", re.compile(r"working_dir\s*=", re.ASCII)),
)
"""Where none of these occurs there is nothing to find: most of a repository.

A literal that is not in a text at all spares the search, which takes ten times as long.
"""


_NOTHING = Scan()


def scan(content: bytes, *, is_json: bool = False) -> Scan:
    """The facts of one file. Never raises: what cannot be read is `problem`."""
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return Scan(problem="is not UTF-8", problem_line=content[: error.start].count(b"\n") + 1)
    if is_json:
        return _of_json(text)
    if _may_say_something(text):
        return native_scan.Reader(text).scan()
    return _NOTHING


def _may_say_something(text: str) -> bool:
    for literal, word in _WORDS:
        if literal in text and word.search(text):
            return True
    for literal in _LITERALS:
        if literal in text:
            return True
    if _RESOURCES[0] in text or _RESOURCES[1] in text or _RESOURCES[2] in text:
        for literal, word in _IN_RESOURCES:
            if literal in text and word.search(text):
                return True
    return False


def _of_json(text: str) -> Scan:
    try:
        found = json_syntax.read(text)
    except json_syntax.Unreadable as error:
        return Scan(problem=str(error), problem_line=error.line)
    plain = text.replace('\\"', '"')  # the quotes inside of a string's expressions
    modules = tuple(Module(name, source, line) for name, source, line in found.modules)
    return Scan(
        modules=modules,
        reads=found.reads,
        has_backend=found.has_backend,
        states=found.states,
        reads_state=found.reads_state,
        climbs=path_reads.is_climbing(text) or arguments.leads_up(plain) or arguments.is_opaque(plain),
        excerpt=text if found.has_backend or found.reads_state else "",
    )
