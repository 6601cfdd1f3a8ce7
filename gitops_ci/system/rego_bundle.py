"""A bundle as `opa` reads one: files, the syntax of each, and what is wrong with which module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from gitops_ci.model.plan import JsonValue
from gitops_ci.policy.rego.engine import Bundle, ProblemCode, RegoProblem
from gitops_ci.system.rego_reach import Reach

_FILE = re.compile(r"(?:\bbundle/|/)?\bmodule-(\d+)\.rego\b")
_CODES: dict[str, ProblemCode] = {
    "rego_parse_error": "syntax",
    "crashed": "crashed",
    "evaluation": "evaluation",
}
_UNDEFINED = re.compile(r"undefined function (http\.send|net\.lookup_ip_addr|opa\.runtime)\Z")


class Checker(Protocol):
    """What runs `opa check`."""

    @property
    def capabilities(self) -> str:
        """The option that restricts what policies can do."""

    def checked(self, folder: Path, *arguments: str) -> list[JsonValue]:
        """The errors that it tells."""


class Laid(Struct, frozen=True):
    """A bundle in `place`/bundle. `problems` are those that keep the modules at `bad` from being asked."""

    place: Path
    bundle: Bundle
    reach: Reach
    versions: dict[int, int]
    problems: tuple[RegoProblem, ...]
    bad: frozenset[int]

    def blocked(self, query: str) -> RegoProblem | None:
        """Why a query cannot be asked: what is wrong with a module that it can touch."""
        paths = {self.bundle.modules[index].path for index in self.reach.of(query)}
        return next((each for each in self.problems if each.path is None or each.path in paths), None)

    def add(self, name: str, text: str) -> None:
        """Adds a file of ours to the bundle."""
        (self.place / "bundle" / name).write_text(text, encoding="utf-8")

    def keep(self, indexes: Sequence[int]) -> None:
        """Writes the manifest for these modules and removes the files of the others."""
        root = self.place / "bundle"
        for index, module in enumerate(self.bundle.modules):
            if index in indexes:
                (root / _name(index)).write_text(module.text, encoding="utf-8", newline="")
            else:
                (root / _name(index)).unlink(missing_ok=True)
        old = {f"/{_name(index)}": 0 for index in indexes if self.versions.get(index) == 0}
        manifest = {"roots": [""], "rego_version": 1, "file_rego_versions": old}
        (root / ".manifest").write_bytes(msgspec.json.encode(manifest))

    def problem(self, error: JsonValue) -> RegoProblem:
        """An error of opa as a RegoProblem: its files have their own names again."""
        place = error.get("location") or {}
        found = _FILE.search(str(place.get("file", "")))
        # What follows the first line are places and values, and a value may be a secret of the input.
        first = str(error.get("message", "")).partition("\n")[0].rstrip(":")
        message = _FILE.sub(lambda match: self.bundle.modules[int(match[1])].path, first)
        if forbidden := _UNDEFINED.search(message):
            message = f"{forbidden[1]} is not given to any policy: no network, nothing of this machine's environment"
        return RegoProblem(
            code=_CODES.get(str(error.get("code")), "compile"),
            message=message,
            path=self.bundle.modules[int(found[1])].path if found else None,
            line=max(1, place.get("row") or 1) if found else None,
            column=max(1, place.get("col") or 1) if found else None,
        )


def _name(index: int) -> str:
    return f"module-{index}.rego"


def laid(opa: Checker, bundle: Bundle, place: Path) -> Laid:
    """Writes a bundle, finds the syntax of each module (v1 where it is v1, else v0), and sets aside what is wrong."""
    root = place / "bundle"
    root.mkdir()
    for index, module in enumerate(bundle.modules):
        (root / _name(index)).write_text(module.text, encoding="utf-8", newline="")
    (root / "data.json").write_bytes(bundle.data or b"{}")
    everything = Laid(place, bundle, Reach(bundle.modules), {}, (), frozenset())
    versions, errors = _versions(opa, root, range(len(bundle.modules)))
    problems = [everything.problem(each) for each in errors]
    now = msgspec.structs.replace(everything, versions=versions)
    good, bad = _without(now, set(versions), problems)
    while True:
        now.keep(sorted(good))
        found = [now.problem(each) for each in opa.checked(place, opa.capabilities, "--bundle", "bundle")]
        problems += found
        before = len(good)
        good, more = _without(now, good, found)
        bad |= more
        if not found or len(good) == before:
            return msgspec.structs.replace(now, problems=tuple(problems), bad=frozenset(bad))


def _without(laid_: Laid, good: set[int], problems: Sequence[RegoProblem]) -> tuple[set[int], set[int]]:
    """The modules that touch none with a problem, and the others."""
    paths = {each.path for each in problems}
    wrong = {index for index, module in enumerate(laid_.bundle.modules) if module.path in paths}
    bad = {index for index in good if index in wrong or laid_.reach.of_module(index) & wrong}
    return good - bad, bad | wrong


def _versions(opa: Checker, root: Path, indexes: Sequence[int]) -> tuple[dict[int, int], list[JsonValue]]:
    """The syntax of each module; modules that are neither are left out, with what is wrong with them as v1."""
    versions = dict.fromkeys(indexes, 1)
    first = _unparsed(opa.checked(root, *map(_name, indexes))) if indexes else {}
    second = _unparsed(opa.checked(root, "--v0-compatible", *map(_name, sorted(first)))) if first else {}
    for index in first:
        if index in second:
            del versions[index]
        else:
            versions[index] = 0
    return versions, [error for index in second for error in first.get(index, second[index])]


def _unparsed(errors: Sequence[JsonValue]) -> dict[int, list[JsonValue]]:
    found: dict[int, list[JsonValue]] = {}
    for error in errors:
        match = _FILE.search(str((error.get("location") or {}).get("file", "")))
        if error.get("code") == "rego_parse_error" and match:
            found.setdefault(int(match[1]), []).append(error)
    return found


def strict(opa: Checker, laid_: Laid) -> tuple[RegoProblem, ...]:
    """All that a strict compiler says of a bundle: of what is set aside, that for which it was."""
    found = [*laid_.problems]
    laid_.keep(sorted(laid_.versions))  # to be checked, a module may touch one that cannot be read
    told = opa.checked(laid_.place, opa.capabilities, "--strict", "--bundle", "bundle")
    found += [laid_.problem(each) for each in told]
    key = {(each.path or "", each.line or 0, each.column or 0, each.message): each for each in found}
    return tuple(key[each] for each in sorted(key))
