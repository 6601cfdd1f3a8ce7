"""Variables that Flux puts into what a kustomization renders to (`spec.postBuild.substitute`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

_START = re.compile(r"\$\$|\$\{")
_NAME = re.compile(r"(?P<length>#?)(?P<name>\w+)(?P<sign>:[=?+-]|=|\^\^?|,,?)?")
_STOP = re.compile(r"\}|\$\{")
_KIND = re.compile(r"^kind: (\w+)$", re.MULTILINE)
_NAMED = re.compile(r"^metadata:\n(?:  .*\n)*?  name: ([\w.-]+)$", re.MULTILINE)
_DEEPEST = 16
"""Defaults within defaults."""
_SEPARATOR = re.compile(r"^---$", re.MULTILINE)
DISABLING = "kustomize.toolkit.fluxcd.io/substitute"
_DISABLED = re.compile(r"^[ \t]+kustomize\.toolkit\.fluxcd\.io/substitute: [\"']?disabled[\"']?$", re.MULTILINE)


class UnknownForm(Exception):
    """An expression of a variable that is not known here. It may be the value of a Secret: only its line is told."""

    def __init__(self, text: str, at: int) -> None:
        kind = _KIND.search(text)
        name = _NAMED.search(text) if kind is not None else None
        which = "its object" if kind is None else f"its {kind[1]}{f' {name[1]}' if name is not None else ''}"
        line = text.count("\n", 0, at) + (not text.startswith("\n"))  # what follows a separator begins with its end
        super().__init__(f"in line {line} of {which}")


class _Given(Struct, frozen=True):
    variables: Mapping[str, str]
    complete: bool


class _Expression(Struct, frozen=True):
    """One `${…}`: its variable, what it becomes, whether it has a default, and where what follows it begins."""

    name: str
    value: str
    has_default: bool
    end: int


def used(content: bytes) -> tuple[tuple[str, int], ...]:
    """The variables without a default in a file, each with the line where it is first; of what says so, none."""
    text = content.decode("utf-8", "replace")
    if _DISABLED.search(text):
        return ()
    found: dict[str, int] = {}
    nothing = _Given({}, complete=True)
    at = 0
    while (start := _START.search(text, at)) is not None:
        at = start.end()
        if start[0] == "${":
            try:
                each = _expression(text, start.start(), nothing)
            except UnknownForm:
                continue
            at = each.end
            if not each.has_default and each.name not in found:
                found[each.name] = text.count("\n", 0, start.start()) + 1
    return tuple(found.items())


def applied(text: str, variables: Mapping[str, str], *, complete: bool) -> str:
    """Rendered YAML with its variables, object by object (fluxcd/pkg/envsubst; https://fluxcd.io: post build).

    A variable that nobody sets is its default, or empty; while the variables are not `complete` it stays as it is.
    Defaults may hold variables (`${x:-${y}-z}`). `$$` is `$`, and objects that say so are left alone. Other forms
    (`${x:0:1}`, `${x/a/b}`, `${x%y}`) are not known: raises UnknownForm.
    """
    given = _Given(variables, complete)
    pieces = _SEPARATOR.split(text)
    return "---".join(each if _DISABLED.search(each) else _filled_in(each, given) for each in pieces)


def _filled_in(text: str, given: _Given) -> str:
    parts: list[str] = []
    at = 0
    while (start := _START.search(text, at)) is not None:
        parts.append(text[at : start.start()])
        if start[0] == "$$":
            parts.append("$")
            at = start.end()
        else:
            each = _expression(text, start.start(), given)
            parts.append(each.value)
            at = each.end
    return "".join((*parts, text[at:]))


def _expression(text: str, start: int, given: _Given, depth: int = 0) -> _Expression:
    """The expression that begins with `${` at `start` (envsubst/parse, envsubst/funcs.go)."""
    opened = _NAME.match(text, start + len("${"))
    if opened is None or depth > _DEEPEST:
        raise UnknownForm(text, start)
    name, sign, end = opened["name"], opened["sign"] or "", opened.end()
    has_default = sign[:1] in (":", "=") and sign != ""
    default = ""
    if has_default:
        default, end = _default(text, start, end, given, depth)
    if text[end : end + 1] != "}" or (sign and opened["length"]):
        raise UnknownForm(text, start)
    value = given.variables.get(name)
    if has_default:
        made = value or default
    elif value is None and not given.complete:
        made = text[start : end + 1]
    else:
        made = _changed(value or "", opened["length"] or sign)
    return _Expression(name, made, has_default, end + 1)


def _default(text: str, start: int, at: int, given: _Given, depth: int) -> tuple[str, int]:
    """A default with what is in it, and where its closing brace is."""
    parts: list[str] = []
    while (stop := _STOP.search(text, at)) is not None:
        parts.append(text[at : stop.start()])
        if stop[0] == "}":
            return "".join(parts), stop.start()
        inner = _expression(text, stop.start(), given, depth + 1)
        parts.append(inner.value)
        at = inner.end
    raise UnknownForm(text, start)


def _changed(value: str, how: str) -> str:
    match how:
        case "#":
            return str(len(value.encode()))
        case "^^":
            return value.upper()
        case ",,":
            return value.lower()
        case "^":
            return value[:1].upper() + value[1:]
        case ",":
            return value[:1].lower() + value[1:]
        case _:
            return value
