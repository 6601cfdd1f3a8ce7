"""A rule of a policy as findings name it: id, severity, help and where it is written, from its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.model.finding import SEVERITIES, Severity
from gitops_ci.model.policy import Checker
from gitops_ci.policy.rego.metadata import Annotation
from gitops_ci.policy.rego.policies import Policies
from gitops_ci.policy.rego.source import Rule, Source

_VERB = re.compile(r"%(?:%|[-+# 0]*(?:\[\d+\])?[\d.*]*[a-zA-Z])")
_TELLING = 6
"""Characters that a text of a rule must have beside its verbs, so that it tells one message from another."""


class Described(Struct, frozen=True, kw_only=True):
    """What is told of a rule beside its messages; `path` and `line` are where the policy is."""

    id: str
    severity: Severity
    title: str = ""
    description: str = ""
    help: str = ""
    url: str | None = None
    path: str = ""
    line: int = 1


class Definition(Struct, frozen=True):
    """One definition of a rule, with the file that it stands in."""

    source: Source
    rule: Rule


def definitions(policies: Policies, package: tuple[str, ...], name: str) -> tuple[Definition, ...]:
    """Every definition of a rule; one of several may have made a message."""
    return tuple(
        Definition(source, rule) for source in policies.sources(package) for rule in source.rules if rule.name == name
    )


class Named:
    """A rule of a package, as findings name it."""

    def __init__(self, policies: Policies, package: tuple[str, ...], name: str) -> None:
        self._definitions = definitions(policies, package, name)
        self._shared = _shared(policies, package, name)
        self._plain = _id(policies.family, package, name)
        self._name = name

    def described(self, message: str | None = None) -> Described:
        """The rule; where its definitions have metadata of their own, that of the one which made `message`.

        That one is known where a text in it gives the message. Else what all of them share counts, and the severest.
        """
        made = [each for each in self._definitions if message is not None and _gives(each.rule, message)]
        chosen = made if len(made) == 1 else list(self._definitions)
        own = chosen[0].rule.metadata if len(chosen) == 1 else None
        severities = [_severity([each.rule.metadata, *self._shared], self._name) for each in chosen]
        severity = min(severities, key=SEVERITIES.index, default=_default(self._name))
        return _described(self._plain, [own, *self._shared], severity, chosen[:1])

    def identifiers(self) -> tuple[Described, ...]:
        """The rule with each of the ids that its findings may have."""
        found: dict[str, Described] = {}
        for each in self._definitions:
            layers = [each.rule.metadata, *self._shared]
            one = _described(self._plain, layers, _severity(layers, self._name), [each])
            found.setdefault(one.id, one)
        return tuple(found.values())


def _described(plain: str, layers: list[Annotation | None], severity: Severity, defined: list[Definition]) -> Described:
    """A rule of these layers of metadata, the nearest first."""
    there = [each for each in layers if each is not None]
    own = next((each.id for each in there if each.id), None)
    return Described(
        id=plain if own is None else f"{plain.partition('/')[0]}/{own}",
        severity=severity,
        title=_first(there, "title"),
        description=_first(there, "description"),
        help=_first(there, "help") or _first(there, "description") or _first(there, "title"),
        url=next((each.url for each in there if each.url), None),
        path=defined[0].source.path if defined else "",
        line=defined[0].rule.line if defined else 1,
    )


def _shared(policies: Policies, package: tuple[str, ...], name: str) -> list[Annotation]:
    """Metadata of the rule's document, of its package, and of packages above it, in this order."""
    found: list[tuple[int, Annotation]] = []
    for source in policies.of(package):
        for each in source.annotations:
            own = source.package == package
            if own and each.scope == "document" and each.name == name:
                found.append((0, each))
            elif own and each.scope == "package":
                found.append((1, each))
            elif each.scope == "subpackages":
                found.append((2 + len(package) - len(source.package), each))
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def _severity(layers: list[Annotation | None], name: str) -> Severity:
    return next((each.severity for each in layers if each is not None and each.severity), _default(name))


def _default(name: str) -> Severity:
    return "warning" if name == "warn" or name.startswith("warn_") else "error"


def _id(family: Checker, package: tuple[str, ...], name: str) -> str:
    plain = ".".join(re.sub(r"[^\w-]", "-", part) for part in package)
    return f"{family}/{plain}" if name in ("deny", "violation") else f"{family}/{plain}.{name}"


def _first(layers: list[Annotation], field: str) -> str:
    return next((str(text) for each in layers if (text := getattr(each, field))), "")


def _gives(rule: Rule, message: str) -> bool:
    return any(_fits(" ".join(text.split()), message) for text in rule.texts)


def _fits(text: str, message: str) -> bool:
    """Whether `sprintf` makes the message of a text: linear, whatever is in it."""
    parts = _VERB.split(text)
    if sum(map(len, parts)) < _TELLING:
        return False
    first, *middle = parts
    if not middle:
        return text == message
    last = middle.pop()
    if not (message.startswith(first) and message.endswith(last)) or len(message) < len(first) + len(last):
        return False
    at, end = len(first), len(message) - len(last)
    for part in middle:
        found = message.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def all_described(policies: Policies) -> Iterator[Described]:
    """Every rule that is asked, with each of its ids, in order of packages."""
    for asked in policies.asked:
        for name in asked.rules:
            yield from Named(policies, asked.package, name).identifiers()
