"""What may flow into an expression: the text of every definition that it refers to, itself and through others.

Two ends of a change with the same flow give the same value, also where nobody can say which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.kinds.terraform.language import nodes
from gitops_ci.kinds.terraform.language.blocks import Attribute, Body
from gitops_ci.kinds.terraform.language.nodes import Node
from gitops_ci.kinds.terraform.safety import evaluation, places, possible
from gitops_ci.kinds.terraform.safety.closure import Closure
from gitops_ci.kinds.terraform.safety.possible import DEFAULTED

_READING = ("file", "template", "fileset")

_Place = tuple[str, str]  # directory, expression


def into(expressions: Iterable[tuple[str, str]], closure: Closure) -> frozenset[str]:
    """The texts that flow into `expressions`, each given with the directory that it stands in."""
    told: set[str] = set()
    seen: set[_Place] = set()
    pending = list(expressions)
    while pending:
        place = pending.pop()
        if place in seen:
            continue
        seen.add(place)
        directory, expression = place
        told.add(f"{directory}\0{expression}")
        node = evaluation.tree(expression)
        if node is None:
            continue
        told.update(_read(node, directory, closure))
        for name in _names(node):
            pending.extend(_definitions(name, directory, closure))
    return frozenset(told)


def _read(node: Node, directory: str, closure: Closure) -> Iterator[str]:
    """What the files hold that an expression reads; all of the repository where that is not known."""
    scope = evaluation.Scope(closure, directory)
    for call in nodes.calls(node):
        if call.name.removeprefix("core::").startswith(_READING) and call.arguments:
            value = evaluation.evaluate(call.arguments[0], scope)
            found = [places.files((path,), closure) for path in possible.texts(value) or () if path != DEFAULTED]
            yield from (f"{path}\0{closure.snapshot.entries[path].oid}" for paths in found for path in paths)
            if places.of(value, closure) is None or () in found:
                yield closure.snapshot.tree


def _names(node: Node) -> Iterator[tuple[str, ...]]:
    """The first parts of every reference: `("var", "x")`, `("data", "aws_region", "here")`."""
    for each in nodes.walk(node):
        if isinstance(each, nodes.Access):
            start, steps = evaluation.chain(each)
            if isinstance(start, nodes.Reference):
                yield (start.name, *(step.key or "" for step in steps[:2]))


def _definitions(name: tuple[str, ...], directory: str, closure: Closure) -> Iterator[_Place]:
    match name:
        case ("var", key, *_):
            yield from _of_variable(key, directory, closure)
        case ("local", key, *_):
            yield from _of_attributes(closure.locals.get((directory, key), ()), directory)
        case ("module", key, *_):
            for call in closure.named.get((directory, f"module.{key}"), ()):
                yield from _of_body(call.body, directory)
                yield (directory, f'"{closure.snapshot.tree}"')  # its outputs: whatever its files say
        case ("data" | "ephemeral", type, label):
            for each in closure.named.get((directory, f"{name[0]}.{type}.{label}"), ()):
                yield from _of_body(each.body, directory)
        case (type, label, *_):
            for each in closure.named.get((directory, f"{type}.{label}"), ()):
                yield from _of_body(each.body, directory)
        case _:
            pass


def _of_variable(name: str, directory: str, closure: Closure) -> Iterator[_Place]:
    for each in closure.named.get((directory, f"var.{name}"), ()):
        yield from _of_body(each.body, directory)
    for at, attribute, body in evaluation.arguments(name, closure, directory):
        yield from _given(attribute, at, body)


def _given(attribute: Attribute, directory: str, body: Body) -> Iterator[_Place]:
    """What a variable is given, and what decides how often, where it is made of that."""
    yield (directory, attribute.expression)
    node = evaluation.tree(attribute.expression)
    if node is None or {"each", "count"} & {name[0] for name in _names(node)}:
        repeats = (body.attribute(name) for name in ("for_each", "count"))
        yield from ((directory, each.expression) for each in repeats if each is not None)


def _of_attributes(attributes: Iterable[Attribute], directory: str) -> Iterator[_Place]:
    return ((directory, each.expression) for each in attributes)


def _of_body(body: Body, directory: str) -> Iterator[_Place]:
    yield from _of_attributes(body.attributes, directory)
    for block in body.blocks:
        yield from _of_body(block.body, directory)
