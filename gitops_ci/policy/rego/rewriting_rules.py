"""What modules define and name together: undefined functions, conflicts, recursion, and what a strict compiler minds.

The rules are OPA's compiler's (its stages CheckRuleConflicts, CheckUndefinedFuncs, CheckRecursion, and strict mode).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from gitops_ci.policy.rego import rewriting_builtins as builtins
from gitops_ci.policy.rego import rewriting_tree as tree
from gitops_ci.policy.rego.rewriting_tree import Json

Pattern = tuple[str | None, ...]
"""The parts of a reference below `data`; None for one that is not constant."""


class Rule(Struct, frozen=True, kw_only=True):
    """One rule: what its head defines, and its tree."""

    path: str
    line: int
    column: int
    pattern: Pattern
    kind: str
    arity: int | None
    spec: Json
    module: Names


class Names(Struct, frozen=True):
    """How one module calls things: its package, and what its imports stand for."""

    path: str
    package: tuple[str, ...]
    imports: dict[str, tuple[str, ...]]


def problem(code: str, message: str, path: str, line: int, column: int | None = None) -> Json:
    """A RegoProblem as the process sends it."""
    found: Json = {"code": code, "message": message, "path": path, "line": line}
    return found if column is None else {**found, "column": column}


def names(path: str, module: Json) -> Names:
    """The names of one module."""
    found = {}
    for each in module["imports"]:
        parts = tree.dotted(each["refr"])
        alias = each.get("as")
        if parts and parts[0] in ("data", "input"):
            found[_text(module, alias) if alias else parts[-1]] = parts
    return Names(path, tree.dotted(module["package"]["refr"]), found)


def _text(module: Json, span: Json) -> str:
    found: str = module["text"][span["start"] : span["end"]].decode()
    return found


def rules(path: str, module: Json) -> Iterator[Rule]:
    """The rules of one module."""
    own = names(path, module)
    for rule in module["rules"]:
        spec = rule.get("Spec") or rule["Default"]
        head = tree.inner(spec["head"]) if "head" in spec else spec
        kind = tree.kind(spec["head"]) if "head" in spec else "Default"
        pattern = own.package + pattern_of(head["refr"])
        arguments = head.get("args")
        if kind == "Compr" and pattern[-1] is None:
            kind, pattern = "Object", pattern[:-1]
        span = head["span"] if "span" in head else spec["span"]
        yield Rule(
            path=path,
            line=span["line"],
            column=span["col"],
            pattern=pattern,
            kind=kind,
            arity=len(arguments or ()) if kind == "Func" or arguments else None,
            spec=spec,
            module=own,
        )


def pattern_of(ref: Json) -> Pattern:
    """The parts of a reference, its base among them."""
    parts: list[str | None] = []
    while tree.kind(ref) in tree.REFERENCES:
        held = tree.inner(ref)
        if tree.kind(ref) == "RefDot":
            parts.append(held["field"][1])
        else:
            index = held["index"]
            parts.append(tree.inner(index)["value"] if tree.kind(index) in tree.QUOTED else None)
        ref = held["refr"]
    return (tree.inner(ref)["value"] if tree.kind(ref) == "Var" else None, *reversed(parts))


def overlap(one: Pattern, other: Pattern) -> bool:
    """Whether two patterns can mean the same value, or one a part of the other's."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=False))


class Book:
    """All rules of a bundle."""

    def __init__(self, modules: Iterable[tuple[str, Json]]) -> None:
        self.modules = tuple(modules)
        self.rules = tuple(rule for path, module in self.modules for rule in rules(path, module))
        self._by_name: dict[Pattern, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            self._by_name[rule.pattern].append(rule)

    def resolved(self, own: Names, parts: tuple[str | None, ...]) -> Pattern | None:
        """What a reference means, below `data`; None where it is no rule, package or document."""
        first = parts[0]
        if first == "data":
            return parts[1:]
        if first in own.imports:
            target = own.imports[str(first)]
            return (*target[1:], *parts[1:]) if target[0] == "data" else None
        whole = own.package + parts
        return whole if any(overlap(name, whole) and len(name) > len(own.package) for name in self._near(own)) else None

    def _near(self, own: Names) -> list[Pattern]:
        size = len(own.package)
        return [name for name in self._by_name if name[:size] == own.package]

    def problems(self) -> list[Json]:
        """All that OPA's compiler would not accept, or that the embedded engine cannot be trusted with."""
        return [*self._calls(), *self._conflicts(), *self._recursion()]

    def _calls(self) -> Iterator[Json]:
        for rule in self.rules:
            for node in tree.nodes(rule.spec):
                if tree.kind(node) == "Call":
                    yield from self._call(rule, node)

    def _call(self, rule: Rule, node: Json) -> Iterator[Json]:
        function = tree.inner(node)["fcn"]
        parts = pattern_of(function)
        place = tree.inner(node)["span"]
        target = self.resolved(rule.module, parts)
        if target is not None and any(each.arity is not None for each in self._by_name.get(target, ())):
            return
        name = ".".join(str(part) for part in parts)
        if target is None and name in builtins.ARITY:
            given = len(tree.inner(node)["params"])
            if name != "print" and given not in (builtins.ARITY[name], builtins.ARITY[name] + 1):
                message = f"{name} takes {builtins.ARITY[name]} arguments, not {given}"
                yield problem("compile", message, rule.path, place["line"], place["col"])
            return
        reason = builtins.unknown(name) if target is None else None
        if reason is None:
            yield problem("compile", f"undefined function {name}", rule.path, place["line"], place["col"])
        elif name in builtins.FORBIDDEN:
            yield problem("compile", reason, rule.path, place["line"], place["col"])
        else:
            yield problem("needs-opa", reason, rule.path, place["line"], place["col"])

    def _conflicts(self) -> Iterator[Json]:  # noqa: C901  # one loop a rule of the compiler
        for name, found in self._by_name.items():
            shown = ".".join(("data", *(part or "[…]" for part in name)))
            defaults = [rule for rule in found if rule.kind == "Default"]
            if len(defaults) > 1:
                yield _at(defaults[1], "compile", f"multiple default rules {shown} found")
            kinds = {(rule.kind, rule.arity) for rule in found if rule.kind != "Default"}
            if len(kinds) > 1 or (defaults and kinds & {("Set", None), ("Object", None)}):
                yield _at(found[-1], "compile", f"conflicting rules {shown} found")
        dynamic = [rule for rule in self.rules if None in rule.pattern]
        for rule in dynamic:
            for other in self.rules:
                if other.pattern != rule.pattern and overlap(rule.pattern, other.pattern):
                    yield _at(rule, "needs-opa", f"a rule whose name has a variable overlaps {_name(other.pattern)}")
                    break
        complete = [rule for rule in self.rules if rule.kind in ("Compr", "Set", "Func") and None not in rule.pattern]
        known = {rule.pattern for rule in complete}
        for rule in self.rules:
            if any(rule.pattern[:size] in known for size in range(1, len(rule.pattern))):
                yield _at(
                    rule, "compile", f"rule {_name(rule.pattern)} conflicts with a rule that it would be a part of"
                )
        for path, module in self.modules:
            package = tree.dotted(module["package"]["refr"])
            if any(package[:size] in known for size in range(1, len(package) + 1)):
                line = module["package"]["span"]["line"]
                yield problem("compile", f"package {'.'.join(package)} conflicts with a rule", path, line, 1)

    def _recursion(self) -> Iterator[Json]:
        after: dict[Pattern, set[Pattern]] = defaultdict(set)
        for rule in self.rules:
            for target in self._named(rule):
                after[rule.pattern] |= {name for name in self._by_name if overlap(name, target)}
        for cycle in _cycles(after):
            rule = self._by_name[cycle[0]][0]
            way = " -> ".join(_name(each) for each in (*cycle, cycle[0]))
            yield _at(rule, "compile", f"rule {_name(rule.pattern)} is recursive: {way}")

    def _named(self, rule: Rule) -> set[Pattern]:  # noqa: C901  # one case a kind of value
        """What a rule refers to, below `data`."""
        local = locals_of(rule.spec)
        found = set()
        todo: list[Any] = [rule.spec]
        while todo:
            value = todo.pop()
            if tree.is_node(value) and tree.kind(value) in ("Var", *tree.REFERENCES):
                parts = pattern_of(value)
                if parts[0] not in local and parts[0] is not None:
                    target = self.resolved(rule.module, parts)
                    if target is not None and value is not rule.spec:
                        found.add(target)
                while tree.kind(value) in tree.REFERENCES:
                    if tree.kind(value) == "RefBrack":
                        todo.append(tree.inner(value)["index"])
                    value = tree.inner(value)["refr"]
                if tree.kind(value) != "Var":
                    todo.append(value)
            elif tree.is_node(value):
                todo += tree.children(tree.inner(value))
            elif isinstance(value, dict):
                todo += [each for key, each in value.items() if key not in ("head", "refr")]
                head = value.get("head")
                if head is not None:
                    held = tree.inner(head)
                    todo += [held[key] for key in ("assign", "key", "args") if held.get(key)]
            elif isinstance(value, list):
                todo += value
        return found


def _name(pattern: Pattern) -> str:
    return ".".join(("data", *(part or "[…]" for part in pattern)))


def _at(rule: Rule, code: str, message: str) -> Json:
    return problem(code, message, rule.path, rule.line, rule.column)


def locals_of(spec: Json) -> set[str]:
    """The variables that a rule declares, anywhere in it: arguments, `:=`, `some`, `every`."""
    found: set[str] = set()
    head = tree.inner(spec["head"]) if "head" in spec else spec
    for argument in head.get("args") or ():
        found |= variables(argument)
    for query in tree.queries(spec):
        for statement in query["stmts"]:
            match statement["literal"]:
                case {"SomeVars": {"names": declared}}:
                    found |= set(declared)
                case {"SomeIn": {"key": key, "value": value}}:
                    found |= variables(value) | (variables(key) if key else set())
                case {"Every": {"names": declared}}:
                    found |= set(declared)
                case {"Expr": {"expr": {"AssignExpr": {"op": "ColEq", "lhs": left}}}}:
                    found |= variables(left)
                case _:
                    pass
    return found


def variables(pattern: Json) -> set[str]:
    """The variables of a pattern that is assigned to."""
    return {tree.inner(each)["value"] for each in tree.nodes(pattern) if tree.kind(each) == "Var"}


def _cycles(after: dict[Pattern, set[Pattern]]) -> Iterator[tuple[Pattern, ...]]:
    """One cycle for each rule at which one is met first; no recursion of ours, since modules may nest deeply."""
    done: set[Pattern] = set()
    for start in sorted(after, key=str):
        if start in done:
            continue
        way = [start]
        branches = [iter(sorted(after[start], key=str))]
        while way:
            step = next(branches[-1], None)
            if step is None:
                done.add(way.pop())
                branches.pop()
            elif step in way:
                yield tuple(way[way.index(step) :])
                done |= set(way)
                break
            elif step not in done:
                way.append(step)
                branches.append(iter(sorted(after.get(step, ()), key=str)))
