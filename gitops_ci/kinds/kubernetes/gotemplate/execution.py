"""A Go template run on data, within limits of steps and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, assert_never

from gitops_ci.kinds.kubernetes.gotemplate import builtins, sprig, sprig_patterns
from gitops_ci.kinds.kubernetes.gotemplate.nodes import (
    Action,
    Branch,
    Call,
    Command,
    Constant,
    Field,
    Jump,
    Name,
    Node,
    Operand,
    Pipeline,
    Template,
    Text,
    Variable,
)
from gitops_ci.kinds.kubernetes.gotemplate.parsing import Parsed, parse
from gitops_ci.kinds.kubernetes.gotemplate.values import (
    MAX_TEXT,
    MISSING,
    Budget,
    Missing,
    TemplateProblem,
    is_number,
    is_true,
    shown,
    weight,
)

MAX_STEPS = 100_000
_MAX_CALLS = 100
_CHARACTERS_PER_STEP = 1000  # that a function is given
_FUNCTIONS: dict[str, Callable[..., Any]] = {**sprig.FUNCTIONS, **builtins.FUNCTIONS}
_parsed = lru_cache(maxsize=1024)(parse)


def render(text: str, data: dict[str, Any], *, missing_is_error: bool = False, budget: Budget | None = None) -> str:
    """What a template makes of data (texts, numbers, booleans, lists, mappings).

    Raises TemplateProblem where Go would fail, where a function is not known here, and past the limits.
    """
    if "{{" not in text:
        return text
    run: _Run | None = None
    try:
        run = _Run(_parsed(text), missing_is_error)
        run.nodes(run.parsed.nodes, data, [{"$": data}])
    except _Jumped:
        raise TemplateProblem("break or continue outside of a range") from None
    except RecursionError:
        raise TemplateProblem("nested too deeply") from None
    finally:
        if run is not None and budget is not None:
            budget.spend(run.steps, run.size)
    return "".join(run.out)


class _Jumped(Exception):
    def __init__(self, *, leaves: bool) -> None:
        super().__init__()
        self.leaves = leaves


_Scope = list[dict[str, Any]]


class _Run:
    def __init__(self, parsed: Parsed, missing_is_error: bool) -> None:
        self.parsed = parsed
        self.out: list[str] = []
        self._strict = missing_is_error
        self.steps = self.size = self._calls = 0

    def _step(self) -> None:
        self._spend(1)

    def _spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise TemplateProblem(f"more than {MAX_STEPS:,} steps")

    def _write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise TemplateProblem("it makes more than a megabyte")
        self.out.append(text)

    def nodes(self, nodes: tuple[Node, ...], dot: Any, scope: _Scope) -> None:
        for node in nodes:
            self._step()
            match node:
                case Text(text):
                    self._write(text)
                case Action(pipeline):
                    value = self._pipeline(pipeline, dot, scope)
                    if pipeline.assigned is None:
                        self._write(shown(value))
                case Branch():
                    self._branch(node, dot, [*scope, {}])
                case Template():
                    self._template(node, dot, scope)
                case Jump(leaves):
                    raise _Jumped(leaves=leaves)
                case _:
                    assert_never(node)

    def _template(self, node: Template, dot: Any, scope: _Scope) -> None:
        body = self.parsed.named.get(node.name)
        if body is None:
            raise TemplateProblem(f"template {node.name!r} is not defined")
        given = self._pipeline(node.given, dot, scope) if node.given is not None else None
        self._calls += 1
        if self._calls > _MAX_CALLS:
            raise TemplateProblem("templates call each other too deeply")
        self.nodes(body, given, [{"$": given}])
        self._calls -= 1

    def _branch(self, node: Branch, dot: Any, scope: _Scope) -> None:
        if node.word == "range":
            self._range(node, dot, scope)
            return
        value = self._pipeline(node.pipeline, dot, scope)
        if is_true(value):
            self.nodes(node.body, value if node.word == "with" else dot, scope)
        else:
            self.nodes(node.otherwise, dot, scope)

    def _range(self, node: Branch, dot: Any, scope: _Scope) -> None:
        assigned = node.pipeline.assigned
        names = assigned.names if assigned is not None else ()
        any_ = False
        for key, item in _items(self._commands(node.pipeline, dot, scope)):
            self._step()
            any_ = True
            given = (item,) if len(names) == 1 else (key, item)
            inner = [*scope, {}]
            for name, value in zip(names, given, strict=False):
                if assigned is not None and assigned.declares:
                    inner[-1][name] = value
                else:
                    _assign(name, value, inner)
            try:
                self.nodes(node.body, item, inner)
            except _Jumped as jump:
                if jump.leaves:
                    break
        if not any_:
            self.nodes(node.otherwise, dot, scope)

    def _pipeline(self, pipeline: Pipeline, dot: Any, scope: _Scope) -> Any:
        value = self._commands(pipeline, dot, scope)
        if pipeline.assigned is not None:
            for name in pipeline.assigned.names:
                if pipeline.assigned.declares:
                    scope[-1][name] = value
                else:
                    _assign(name, value, scope)
        return value

    def _commands(self, pipeline: Pipeline, dot: Any, scope: _Scope) -> Any:
        given: tuple[Any, ...] = ()
        for command in pipeline.commands:
            given = (self._command(command, given, dot, scope),)
        return given[0]

    def _command(self, command: Command, last: tuple[Any, ...], dot: Any, scope: _Scope) -> Any:
        self._step()
        first, *rest = command.operands
        if not isinstance(first, Name):
            if rest or last:
                raise TemplateProblem("arguments for what is no function")
            return self._operand(first, dot, scope)
        if first.name in ("and", "or"):
            return self._short(first.name, (*rest, *last), dot, scope)
        return self._call(first.name, (*(self._operand(each, dot, scope) for each in rest), *last))

    def _short(self, name: str, operands: tuple[Any, ...], dot: Any, scope: _Scope) -> Any:
        """`and` and `or`, which stop at the first that decides."""
        if not operands:
            raise TemplateProblem(f"{name} without arguments")
        value: Any = None
        for operand in operands:
            is_node = isinstance(operand, Constant | Variable | Name | Field | Call)
            value = self._operand(operand, dot, scope) if is_node else operand
            if is_true(value) is (name == "or"):
                break
        return value

    def _call(self, name: str, args: tuple[Any, ...]) -> Any:
        function = _FUNCTIONS.get(name)
        if function is None:
            raise TemplateProblem(f"the function {name} is not known here")
        given = [None if isinstance(each, Missing) else each for each in args]
        self._spend(sum(len(each) for each in given if isinstance(each, str)) // _CHARACTERS_PER_STEP)
        if name in sprig_patterns.FUNCTIONS:
            self._spend(sprig_patterns.steps(*given[:2]) if len(given) > 1 else 0)
        try:
            value = function(*given)
        except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, IndexError) as error:
            raise TemplateProblem(f"{name}: {error}") from None
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise TemplateProblem(f"{name} makes more than a megabyte")
        if isinstance(value, list | dict):
            self._spend(weight(value) // 16)
        return value

    def _operand(self, operand: Operand, dot: Any, scope: _Scope) -> Any:
        match operand:
            case Constant(value):
                return value
            case Variable(name):
                return _variable(name, scope)
            case Name(name):
                return self._call(name, ())
            case Call(pipeline):
                return self._pipeline(pipeline, dot, scope)
            case Field(of, name):
                value = dot if of is None else self._operand(of, dot, scope)
                return self._field(value, name) if name else value
            case _:
                assert_never(operand)

    def _field(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            if name not in value and self._strict:
                raise TemplateProblem(f'map has no entry for key "{name}"')
            return value.get(name, MISSING)
        if isinstance(value, Missing):
            if self._strict:
                raise TemplateProblem(f'nil data; no entry for key "{name}"')
            return MISSING
        raise TemplateProblem(f"can't evaluate field {name} in {'nil' if value is None else shown(value)[:40]}")


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from ((key, value[key]) for key in sorted(value))
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif is_number(value) and value == int(value):
        yield from ((index, index) for index in range(int(value)))
    elif value is not None and not isinstance(value, Missing):
        raise TemplateProblem(f"range can't iterate over {shown(value)[:40]}")


def _variable(name: str, scope: _Scope) -> Any:
    for level in reversed(scope):
        if name in level:
            return level[name]
    raise TemplateProblem(f"undefined variable {name}")


def _assign(name: str, value: Any, scope: _Scope) -> None:
    for level in reversed(scope):
        if name in level:
            level[name] = value
            return
    raise TemplateProblem(f"undefined variable {name}")
