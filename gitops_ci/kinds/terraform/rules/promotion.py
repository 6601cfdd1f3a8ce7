"""The rule about module versions that reach an environment before the one that they should have been tried in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.reading.configuration import Configuration
from gitops_ci.kinds.terraform.rules.subject import Fault, Subject

_REF = re.compile(r"[?&]ref=([^&]*)")
_VERSION = re.compile(r"=? *v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:[-+][\w.+-]*)?")


class _Call(NamedTuple):
    source: str  # without its version
    version: tuple[int, ...]
    written: str
    path: str
    line: int


def ahead(subject: Subject) -> Iterator[Fault]:
    """A module whose version here is newer than in the environment that this one is promoted from."""
    own = subject.stack
    settings = subject.inventory.config.environment(own.environment)
    if settings is None or settings.promotes_from is None:
        return
    several = subject.inventory.named.get((settings.promotes_from, own.kind, own.name))
    if several is None:
        return
    before = several[0]
    tried = {(name, call.source): call for name, call in _calls(Subject(before, subject.inventory).root)}
    for name, call in _calls(subject.root):
        other = tried.get((name, call.source))
        if other is not None and other.version < call.version:
            here, there = f"{call.written} in {own.environment}", f"{other.written} in {before.environment}"
            message = f'module "{name}" is {here} and {there}: it was not promoted'
            help = f"Bring {call.written} to {before.environment} first."
            yield Fault("warning", message, help, call.path, call.line)


def _calls(root: Configuration) -> Iterator[tuple[str, _Call]]:
    """The module calls whose version is a number, by name."""
    for call in root.all("module"):
        body = call.block.body
        given = {
            each.name: values.text(each.expression) for each in body.attributes if each.name in ("source", "version")
        }
        source = given.get("source")
        ref = _REF.search(source or "")
        written = given.get("version") or (ref[1] if ref else None)
        version = _number(written)
        if source is not None and version is not None and call.block.labels:
            plain = _REF.sub("", source)
            yield call.block.labels[0], _Call(plain, version, str(written), call.path, call.line)


def _number(written: str | None) -> tuple[int, ...] | None:
    """`v1.2.3`, `= 1.2` as four numbers; None for a range, which is another version tomorrow, or anything else."""
    found = _VERSION.fullmatch((written or "").strip())
    return tuple([*map(int, found[1].split(".")), 0, 0, 0][:4]) if found else None
