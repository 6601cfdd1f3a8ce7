"""Variables that Flux puts into what a kustomization renders to (`spec.postBuild.substitute`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_]\w*)(?:(?P<sign>:=|:-|=|-)(?P<default>[^{}]*))?\}|\$\{")
_SEPARATOR = re.compile(r"^---$", re.MULTILINE)
DISABLING = "kustomize.toolkit.fluxcd.io/substitute"
_DISABLED = re.compile(r"^[ \t]+kustomize\.toolkit\.fluxcd\.io/substitute: [\"']?disabled[\"']?$", re.MULTILINE)


class UnknownForm(Exception):
    """An expression of a variable that is not known here. It may be the value of a Secret: only its line is told."""

    def __init__(self, line: int) -> None:
        super().__init__(f"in line {line} of its object")


def used(content: bytes) -> tuple[tuple[str, int], ...]:
    """The variables without a default in a file, each with the line where it is first; of what says so, none."""
    text = content.decode("utf-8", "replace")
    if _DISABLED.search(text):
        return ()
    found: dict[str, int] = {}
    for each in _VARIABLE.finditer(text):
        if each["name"] is not None and each["sign"] is None and each["name"] not in found:
            found[each["name"]] = text.count("\n", 0, each.start()) + 1
    return tuple(found.items())


def applied(text: str, variables: Mapping[str, str], *, complete: bool) -> str:
    """Rendered YAML with its variables, object by object (fluxcd/pkg/envsubst; https://fluxcd.io: post build).

    A variable that nobody sets is its default, or empty; while the variables are not `complete` it stays as it is.
    `$${x}` is `${x}`, and objects that say so are left alone. Raises UnknownForm.
    """

    def one(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        name, sign, default = found["name"], found["sign"], found["default"]
        if name is None:
            raise UnknownForm(found.string.count("\n", 0, found.start()) + 1)
        if name in variables and (variables[name] or sign in (None, "=", "-")):
            return variables[name]
        if sign is not None:
            return default or ""
        return "" if complete else found[0]

    pieces = _SEPARATOR.split(text)
    return "---".join(each if _DISABLED.search(each) else _VARIABLE.sub(one, each) for each in pieces)
