"""Paths of `file()` and its like: inside the repository and known, or as they were in base."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from gitops_ci.kinds.terraform.language import expressions
from gitops_ci.kinds.terraform.language.blocks import Unreadable
from gitops_ci.kinds.terraform.reading.configuration import SOURCES
from gitops_ci.kinds.terraform.safety import evaluation, flow, places, possible, readers
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure
from gitops_ci.kinds.terraform.safety.evaluation import Scope
from gitops_ci.kinds.terraform.safety.possible import Possible
from gitops_ci.kinds.terraform.safety.readers import Reader

RULE = "terraform/path-not-allowed"
_ALLOW = "name the path (or the file that reads it) under kinds.terraform.paths.allow in gitops-ci.yml"
_TEMPLATE = re.compile(r"[$%]\{")
_LONGEST = 60


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every path that is absolute, leads out of the repository, or is not known before the root is evaluated."""
    found = tuple(readers.of(closure))
    for reader in found:
        if places.of(reader.value, closure) is None and not _is_allowed(reader, closure):
            yield _breach(reader, closure)
    given = _given_to_templates(found, closure)
    yield from _of_texts(closure, given)
    yield from _of_templates((*found, *readers.evaluated_texts(closure)), closure, given)


def _breach(reader: Reader, closure: Closure) -> Breach:
    outside = places.outside(reader.value, closure)
    shown = _shown(reader.text)
    if outside is not None:
        message = f"{shown} leads out of the repository, to {_shown(outside)}"
    else:
        message = f"{shown} reads a path that only an evaluation could tell"
    told = flow.into([(reader.placed.directory, reader.argument), *_repeated(reader)], closure)
    key = (RULE, reader.placed.directory, reader.text, told)
    return Breach(RULE, message, _ALLOW, reader.placed.path, reader.line, key)


def _repeated(reader: Reader) -> Iterator[tuple[str, str]]:
    """What `each`, `count` and the names of dynamic blocks are made of."""
    pending = [reader.placed.body]
    while pending:
        body = pending.pop()
        for name in ("for_each", "count"):
            attribute = body.attribute(name)
            if attribute is not None:
                yield reader.placed.directory, attribute.expression
        pending += [block.body for block in body.blocks]


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _is_allowed(reader: Reader, closure: Closure) -> bool:
    patterns = closure.inventory.config.kinds.terraform.paths.allow
    if _is_allowed_file(reader, closure):
        return True
    found = possible.texts(reader.value)
    return bool(found) and all(_is_named(text, patterns, closure) for text in found or ())


def _is_allowed_file(reader: Reader, closure: Closure) -> bool:
    patterns = closure.inventory.config.kinds.terraform.paths.allow
    return any(fnmatch.fnmatchcase(reader.placed.path, pattern) for pattern in patterns)


def _is_named(text: str, patterns: tuple[str, ...], closure: Closure) -> bool:
    """A path in the repository, or one outside that is named; `..` in it would lead past any pattern."""
    if places.place(text, closure) is not None:
        return True
    return ".." not in text and any(fnmatch.fnmatchcase(text, each) for each in patterns if each.startswith(("/", "~")))


def _of_texts(closure: Closure, given: frozenset[str]) -> Iterator[Breach]:
    """Texts that are put together before they are evaluated."""
    for reader in readers.evaluated_texts(closure):
        found = possible.plain(reader.value)
        if found is None and not _is_allowed_file(reader, closure):
            message = (
                f"{_shown(reader.text)} is evaluated as a template, and only an evaluation could tell what it reads"
            )
            told = flow.into([(reader.placed.directory, reader.argument), *_repeated(reader)], closure)
            key = (RULE, reader.placed.directory, reader.text, told)
            yield Breach(RULE, message, _ALLOW, reader.placed.path, reader.line, key)
        for text in sorted(found or ()):
            for call in _calls(text, Scope(closure, reader.placed.directory), is_evaluated=True):
                if places.of(call.value, closure) is None:
                    yield _of_template(call, reader.placed.path, reader.line, given)


def _of_templates(found: Iterable[Reader], closure: Closure, given: frozenset[str]) -> Iterator[Breach]:
    """Files that are evaluated as templates, and every other one that is read and has calls in it."""
    snapshot, scope = closure.snapshot, Scope(closure, closure.root)
    read = closure.inventory.graph.closure(closure.stack.id, snapshot)
    others = frozenset(path for path in read if not path.endswith(SOURCES))
    seen: set[str] = set()
    named = frozenset(path for reader in found for path in places.files(reader.template, closure))
    pending = others | named
    while pending:
        seen |= pending
        more: set[str] = set()
        for path, content in snapshot.stream(sorted(pending)):
            for call in _calls(content.decode("utf-8", "replace"), scope, is_evaluated=path in named):
                if places.of(call.value, closure) is None:
                    yield _of_template(call, path, 1, given)
                elif call.is_template:
                    more.update(places.files(call.value, closure))
        pending = frozenset(more - named)
        named |= pending


class _Call(Struct, frozen=True):
    """A call in a template: what its path may be."""

    text: str
    line: int  # within the template, from zero
    value: Possible
    is_template: bool = False


def _calls(text: str, scope: Scope, *, is_evaluated: bool) -> Iterator[_Call]:
    """Those of a text. One that is evaluated and cannot be read here is one call, of a path that nobody knows."""
    if not _TEMPLATE.search(text) or not readers.MENTIONED.search(text):
        return
    try:
        node = expressions.template(text)
    except Unreadable as error:
        if is_evaluated:
            yield _Call(text, (error.line or 1) - 1, None)
        return
    for call, inner in readers.called(node, scope):
        value = evaluation.evaluate(call.arguments[0], inner)
        yield _Call(text[call.start : call.end], text.count("\n", 0, call.start), value, readers.is_template(call))


def _of_template(call: _Call, path: str, line: int, given: frozenset[str]) -> Breach:
    message = f"a template reads a path that is not in the repository, or not known: {_shown(call.text)}"
    return Breach(RULE, message, _ALLOW, path, line + call.line, (RULE, path, call.text, given))


def _given_to_templates(found: Iterable[Reader], closure: Closure) -> frozenset[str]:
    """What flows into any template."""
    calls = [each for each in found if each.template != ()]
    return flow.into(((each.placed.directory, each.text) for each in calls), closure)
