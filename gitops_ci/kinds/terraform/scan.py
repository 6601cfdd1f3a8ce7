"""One pass over a `.tf` file: its module sources, the paths it reads, whether it configures a backend.

A full HCL parser reads 50 to 100 files a second, this reads thousands: a repository is scanned on every run, and only
a few facts of each file decide what is affected. The scanner knows comments, strings with interpolation, heredocs and
braces (`native_syntax`) and nothing of expressions. What it cannot resolve it reports as unresolved, and the root
becomes conservatively affected. A file in which nothing could be such a fact is not looked at further, so its syntax
is not judged: the engine does that where it is planned.
"""

from __future__ import annotations

import re

from gitops_ci.kinds.terraform import arguments, json_syntax, native_scan, path_reads
from gitops_ci.kinds.terraform.path_reads import PathRead
from gitops_ci.kinds.terraform.scanned import Module, Scan

__all__ = ["Module", "PathRead", "Scan", "scan"]

_RELEVANT = (
    re.compile(rb"module(?![\w.-])"),
    re.compile(rb"path\s*\.\s*[mrc]"),
    re.compile(rb"file\w*\s*[(/#]"),
    re.compile(rb"backend(?![\w.-])"),
    re.compile(rb"cloud(?![\w.-])"),
    re.compile(rb"terraform_remote_state"),
    re.compile(rb"tfe_outputs"),
    re.compile(rb"filename|source_(?:dir|file|path)"),
    re.compile(rb"provider::"),
    re.compile(rb"shell_s|packer_|system_command"),
    re.compile(rb'"\.\.?["/]'),
)
_RESOURCES = (b'resource "', b'data "', b'ephemeral "')
_IN_RESOURCES = (
    re.compile(rb"scripts?\s*="),
    re.compile(rb"source\s*="),
    re.compile(rb"chart\s*="),
    re.compile(rb"command\s*="),
    re.compile(rb"program\s*="),
    re.compile(rb"working_dir\s*="),
)
"""Where none of these occurs there is nothing to find. Each begins with a literal, which makes the search fast."""


def scan(content: bytes, *, is_json: bool = False) -> Scan:
    """The facts of one file. Never raises: what cannot be read is `problem`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Scan(problem="is not UTF-8", problem_line=content[: error.start].count(b"\n") + 1)
    if is_json:
        return _of_json(text)
    if not any(relevant.search(content) for relevant in _RELEVANT):
        is_resource = any(block in content for block in _RESOURCES)
        if not (is_resource and any(relevant.search(content) for relevant in _IN_RESOURCES)):
            return Scan()
    return native_scan.Reader(text).scan()


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
