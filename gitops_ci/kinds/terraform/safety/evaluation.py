"""Evaluates expressions of a closure as far as their values are written down in the repository.

Everything that may flow into a value is followed: what a module is called with, locals, var files, defaults. A value is
known where every alternative is; anything else (a resource, an unknown function) makes it unknown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec
from msgspec import Struct

from gitops_ci.kinds.terraform.language import expressions, nodes
from gitops_ci.kinds.terraform.language.blocks import Attribute, Body, Unreadable
from gitops_ci.kinds.terraform.language.nodes import Access, Call, Node
from gitops_ci.kinds.terraform.safety import functions, possible
from gitops_ci.kinds.terraform.safety.closure import Closure, Placed
from gitops_ci.kinds.terraform.safety.possible import ANCHOR, DEFAULTED, GIVEN, JUDGED, SOME, Items, Possible

FILE_ARGUMENTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("data", "local_file"): ("filename",),
    ("data", "local_sensitive_file"): ("filename",),
    ("ephemeral", "local_file"): ("filename",),
    ("resource", "local_file"): ("source",),
    ("resource", "local_sensitive_file"): ("source",),
    ("data", "archive_file"): ("source_file", "source_dir", "output_path"),
    ("resource", "archive_file"): ("source_file", "source_dir", "output_path"),
    ("resource", "template_dir"): ("source_dir",),
    ("data", "sops_file"): ("source_file",),
    ("ephemeral", "sops_file"): ("source_file",),
    ("resource", "aws_s3_object"): ("source",),
    ("resource", "aws_s3_bucket_object"): ("source",),
    ("resource", "aws_lambda_function"): ("filename",),
    ("resource", "aws_lambda_layer_version"): ("filename",),
    ("resource", "google_storage_bucket_object"): ("source",),
    ("resource", "azurerm_storage_blob"): ("source",),
}
"""Block and resource type → the attributes that name a file; a table, because no schema says so."""
_LARGE = 10**15
_MAX_DEPTH = 25  # definitions that lead to definitions: more are a circle


@lru_cache(maxsize=8192)
def tree(expression: str) -> Node | None:
    """The tree of an expression; None where it cannot be read."""
    try:
        return expressions.parse(expression)
    except Unreadable:
        return None


class Scope(Struct, frozen=True):
    """Where an expression stands: its directory, and what names and `each` mean there."""

    closure: Closure
    directory: str
    names: Mapping[str, Possible] = {}
    each: tuple[Possible, Possible] | None = None
    depth: int = 0

    def at(self, directory: str) -> Scope:
        """The same for a definition in a directory."""
        return Scope(self.closure, directory, depth=self.depth + 1)

    def bind(self, names: Mapping[str, Possible]) -> Scope:
        """The same with more names."""
        return msgspec.structs.replace(self, names={**self.names, **names})


def of(attribute: Attribute, scope: Scope) -> Possible:
    """What the expression of an attribute may be."""
    node = tree(attribute.expression)
    return evaluate(node, scope) if node is not None else None


def evaluate(node: Node, scope: Scope) -> Possible:
    """What an expression may be."""
    match node:
        case nodes.Literal(value=value):
            return _written(value)
        case nodes.Template(parts=parts, is_computed=False):
            return possible.joined(evaluate(part, scope) for part in parts)
        case nodes.Operation():
            return (SOME,)  # a number or a truth
        case nodes.Conditional(yes=yes, no=no):
            return possible.union((evaluate(yes, scope), evaluate(no, scope)))
        case Call(name=name, arguments=arguments, is_expanded=is_expanded):
            return functions.result(name, [evaluate(each, scope) for each in arguments], is_expanded=is_expanded)
        case nodes.Reference() | Access():
            return _referred(node, scope)
        case _:
            return _collected(node, scope)


def _collected(node: Node, scope: Scope) -> Possible:
    match node:
        case nodes.Sequence(items=items):
            return possible.collection(evaluate(each, scope) for each in items)
        case nodes.Mapping():
            return _mapping(node, scope)
        case nodes.For():
            return _for(node, scope)
        case _:
            return None


def _referred(node: nodes.Reference | Access, scope: Scope) -> Possible:
    return scope.names.get(node.name) if isinstance(node, nodes.Reference) else _access(node, scope)


def _written(value: str | float | None) -> Possible:
    """A literal; a number of which Terraform may write another text (`1.0`) is some number."""
    match value:
        case None:
            return ()
        case bool():
            return (str(value).lower(),)
        case str():
            return None if possible.is_marked(value) else (value,)
        case int() if value < _LARGE:
            return (str(value),)
        case _:
            return (SOME,)


def _mapping(node: nodes.Mapping, scope: Scope) -> Possible:
    by_key: dict[str, Possible] = {}
    for key, value in node.items:
        names = possible.texts(evaluate(key, scope))
        if names is None:
            return None
        for name in names:
            by_key[name] = possible.union((by_key.get(name, ()), evaluate(value, scope)))
    return (Items(by_key),)


def _for(node: nodes.For, scope: Scope) -> Possible:
    collection = evaluate(node.collection, scope)
    inner = scope.bind(iterated(collection, node.names))
    value = evaluate(node.value, inner)
    if node.key is None:
        return possible.listed(value)
    names = possible.texts(evaluate(node.key, inner))
    return None if names is None else (Items(dict.fromkeys(names, value)),)


def iterated(collection: Possible, names: tuple[str, ...]) -> Mapping[str, Possible]:
    """What the names of a `for` mean: value, or key and value."""
    found = possible.elements(collection)
    return {names[-1]: found} if len(names) == 1 else {names[0]: possible.keys(collection), names[1]: found}


def chain(node: Node) -> tuple[Node, tuple[Access, ...]]:
    """What a chain of accesses starts from, and its steps."""
    steps: list[Access] = []
    while isinstance(node, Access):
        steps.append(node)
        node = node.of
    return node, tuple(reversed(steps))


def _access(node: Access, scope: Scope) -> Possible:
    start, steps = chain(node)
    value: Possible
    if _is_judged_where_it_is_given(start, steps, scope):
        return (JUDGED,)
    if isinstance(start, nodes.Reference) and start.name not in scope.names:
        value = _named(start.name, steps[0].key, scope)
        steps = steps[1:]
    else:
        value = evaluate(start, scope)
    is_list = False
    for step in steps:
        if step.key is None:
            is_list = is_list or step.index is None
            value = possible.elements(value)
        elif is_list and step.key.isdigit():
            return None  # of the list after `.*`, of each element after `[*]`
        else:
            value = possible.lookup(value, step.key)
    return possible.listed(value) if is_list else value


def _is_judged_where_it_is_given(start: Node, steps: tuple[Access, ...], scope: Scope) -> bool:
    """Whether this is `data.archive_file.x.output_path` or its like: a path that another block was given."""
    if not isinstance(start, nodes.Reference) or start.name in scope.names:
        return False
    names = [step.key for step in steps]
    kind, words = ("data", names[:2]) if start.name == "data" else ("resource", [start.name, *names[:1]])
    address = ".".join(map(str, ["data", *words] if kind == "data" else words))
    listed = FILE_ARGUMENTS.get((kind, str(words[0])), ())
    return names[-1] in listed and (scope.directory, address) in scope.closure.named


def _named(name: str, key: str | None, scope: Scope) -> Possible:
    """What `name.key` means at this place."""
    if key is None or scope.depth > _MAX_DEPTH:
        return None
    match name:
        case "path" if key in ("module", "root"):
            return (f"{ANCHOR}{scope.directory if key == 'module' else scope.closure.root}{ANCHOR}",)
        case "terraform" | "tofu" if key == "workspace":
            return (SOME,)  # the configuration of base names it
        case "count" if key == "index":
            return (SOME,)
        case "each" if scope.each is not None and key in ("key", "value"):
            return scope.each[key == "value"]
        case "local" | "var":
            return _defined(name, key, scope)
        case _:
            return None


def _defined(kind: str, name: str, scope: Scope) -> Possible:
    """A local or a variable, evaluated once a closure; one that leads to itself is unknown."""
    known = scope.closure.evaluated
    place = (scope.directory, f"{kind}.{name}")
    if place not in known:
        known[place] = None
        with contextlib.suppress(RecursionError):  # so deep that only a hostile file is: unknown
            known[place] = _variable(name, scope) if kind == "var" else _local(name, scope)
    return known[place]


def _local(name: str, scope: Scope) -> Possible:
    found = scope.closure.locals.get((scope.directory, name), ())
    return possible.union(of(each, scope.at(scope.directory)) for each in found) if found else None


def _variable(name: str, scope: Scope) -> Possible:
    """Every value that a variable may have: from each caller, from var files, and its default."""
    closure, directory = scope.closure, scope.directory
    declared = closure.named.get((directory, f"var.{name}"), ())
    given = [of(each, inside(body, scope.at(at))) for at, each, body in arguments(name, closure, directory)]
    is_settled = closure.is_exact and directory == closure.root and bool(given)
    defaults = [] if is_settled else [each.body.attribute("default") for each in declared]
    given += [of(each, scope.at(directory)) for each in defaults if each is not None]
    if declared and directory == closure.root and not _is_given(name, closure):
        given = [_overridden(each) for each in given] or [(GIVEN,)]
    if not given or not declared:
        return None
    return possible.anywhere(possible.union(given), _filled_in(declared, scope))


def _is_given(name: str, closure: Closure) -> bool:
    """Whether a file or a caller says what a variable of the root is, so that the job does not."""
    return next(arguments(name, closure, closure.root), None) is not None


def _overridden(default: Possible) -> Possible:
    """A default, and what the job may give in its place; a text only, as collections are seldom given so."""
    return default if possible.texts(default) is None else possible.union((default, (DEFAULTED if default else GIVEN,)))


def inside(body: Body, scope: Scope) -> Scope:
    """The scope inside of a block: `for_each` decides what `each` is."""
    repeated = body.attribute("for_each")
    if repeated is None:
        return scope
    value = of(repeated, scope)
    return msgspec.structs.replace(scope, each=(possible.keys(value), possible.elements(value)))


def arguments(name: str, closure: Closure, directory: str) -> Iterator[tuple[str, Attribute, Body]]:
    """What a variable of a directory is given, each with the directory that it is evaluated in, and the block."""
    for call in closure.callers.get(directory, ()):
        attribute = call.body.attribute(name)
        if attribute is not None:
            yield call.directory, attribute, call.body
    if directory == closure.root:
        yield from ((directory, attribute, Body()) for attribute in closure.variables.get(name, ()))


def _filled_in(declared: tuple[Placed, ...], scope: Scope) -> Possible:
    """The defaults of `optional(type, default)` in a variable's type: they may stand at any place of its value."""
    found: list[Possible] = []
    for each in declared:
        attribute = each.body.attribute("type")
        if attribute is None or "optional" not in attribute.expression:
            continue
        node = tree(attribute.expression)
        if node is None:
            return None
        calls = nodes.calls(node)
        found += [_leaves(evaluate(call.arguments[1], scope)) for call in calls if len(call.arguments) > 1]
    return possible.union(found)


def _leaves(value: Possible) -> Possible:
    if value is None:
        return None
    return possible.union(_leaves(possible.elements((each,))) if isinstance(each, Items) else (each,) for each in value)
