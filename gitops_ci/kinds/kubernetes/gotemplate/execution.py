"""A Go template run on data, within limits of steps and size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, assert_never

from msgspec import Struct

from gitops_ci.kinds.kubernetes.gotemplate import builtins, costs, scopes, sprig
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
from gitops_ci.kinds.kubernetes.gotemplate.scopes import Scope
from gitops_ci.kinds.kubernetes.gotemplate.values import (
    MAX_TEXT,
    MISSING,
    Budget,
    Missing,
    TemplateProblem,
    brief,
    is_true,
    shown,
)

MAX_STEPS = 100_000
_MAX_CALLS = 100
_FUNCTIONS: dict[str, Callable[..., Any]] = {**sprig.FUNCTIONS, **builtins.FUNCTIONS}
_parsed = lru_cache(maxsize=1024)(parse)


class Setting(Struct, frozen=True):
    """What a template runs in: `strict` is the option `missingkey=error`.

    `of_chart`: as Helm runs it, where `include` and `tpl` are, what a map lacks is nil, and nil has no fields. `named`
    are templates of other files, `functions` come before Sprig's.
    """

    strict: bool = False
    of_chart: bool = False
    named: Mapping[str, tuple[Node, ...]] = {}
    functions: Mapping[str, Callable[..., Any]] = {}


def render(text: str, data: dict[str, Any], *, missing_is_error: bool = False, budget: Budget | None = None) -> str:
    """What a template makes of data (texts, numbers, booleans, lists, mappings).

    Raises TemplateProblem where Go would fail, where a function is not known here, and past the limits.
    """
    return rendered(text, data, Setting(missing_is_error), budget)


def rendered(text: str, data: dict[str, Any], setting: Setting, budget: Budget | None) -> str:
    """The same of a template in its setting."""
    if "{{" not in text:
        return text
    budget = budget or Budget()
    budget.spend(0, 0)  # nothing is left where others took it all
    run: _Run | None = None
    try:
        run = _Run(_parsed(text), setting)
        run.nodes(run.parsed.nodes, data, [{"$": data}])
    except _Jumped:
        raise TemplateProblem("break or continue outside of a range") from None
    except RecursionError:
        raise TemplateProblem("nested too deeply") from None
    finally:
        if run is not None:
            budget.spend(run.steps, run.size)
    return "".join(run.out)


class _Jumped(Exception):
    def __init__(self, *, leaves: bool) -> None:
        super().__init__()
        self.leaves = leaves


class _Run:
    def __init__(self, parsed: Parsed, setting: Setting) -> None:
        self.parsed = parsed
        self.out: list[str] = []
        self._setting = setting
        self._named = {**setting.named, **parsed.named} if setting.named else parsed.named
        self.steps = self.size = self._calls = 0

    def _step(self) -> None:
        self._spend(1)

    def _spend(self, steps: int) -> None:
        self.steps = min(self.steps + steps, MAX_STEPS + 1)  # what is refused is not done: others may still be
        if self.steps > MAX_STEPS:
            raise TemplateProblem(f"more than {MAX_STEPS:,} steps")

    def _write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise TemplateProblem("it makes more than a megabyte")
        self.out.append(text)

    def nodes(self, nodes: tuple[Node, ...], dot: Any, scope: Scope) -> None:
        for node in nodes:
            self._step()
            match node:
                case Text(text):
                    self._write(text)
                case Action(pipeline):
                    value = self._pipeline(pipeline, dot, scope)
                    if pipeline.assigned is None:
                        self._spend(costs.looked_at(value))
                        self._write(shown(value))
                case Branch():
                    self._branch(node, dot, [*scope, {}])
                case Template():
                    self._template(node, dot, scope)
                case Jump(leaves):
                    raise _Jumped(leaves=leaves)
                case _:
                    assert_never(node)

    def _template(self, node: Template, dot: Any, scope: Scope) -> None:
        self._defined(node.name, self._pipeline(node.given, dot, scope) if node.given is not None else None)

    def _defined(self, name: str, given: Any) -> None:
        body = self._named.get(name)
        if body is None:
            raise TemplateProblem(f"template {name!r} is not defined")
        self._called(body, given)

    def _called(self, body: tuple[Node, ...], given: Any) -> None:
        self._calls += 1
        if self._calls > _MAX_CALLS:
            raise TemplateProblem("templates call each other too deeply")
        self.nodes(body, given, [{"$": given}])
        self._calls -= 1

    def _aside(self, name: str, *args: Any) -> str:
        """Helm's `include` and `tpl`: what a template writes, as a value."""
        if len(args) != 2 or not isinstance(args[0], str):
            raise TemplateProblem(f"{name} needs a text and a value")
        outer, self.out = self.out, []
        try:
            if name == "include":
                self._defined(*args)
            else:
                self._spend(costs.parsing(args[0]))
                parsed = _parsed(args[0])
                if parsed.named:
                    self._spend(len(self._named) // 16)
                    self._named = {**self._named, **parsed.named}
                self._called(parsed.nodes, args[1])
            return "".join(self.out)
        finally:
            self.out = outer

    def _branch(self, node: Branch, dot: Any, scope: Scope) -> None:
        if node.word == "range":
            self._range(node, dot, scope)
            return
        value = self._pipeline(node.pipeline, dot, scope)
        if is_true(value):
            self.nodes(node.body, value if node.word == "with" else dot, scope)
        else:
            self.nodes(node.otherwise, dot, scope)

    def _range(self, node: Branch, dot: Any, scope: Scope) -> None:
        assigned = node.pipeline.assigned
        names = assigned.names if assigned is not None else ()
        any_ = False
        through = self._commands(node.pipeline, dot, scope)
        self._spend(len(through) // 8 if isinstance(through, dict) else 0)  # which is sorted
        for key, item in scopes.items(through):
            self._step()
            any_ = True
            given = (item,) if len(names) == 1 else (key, item)
            inner = [*scope, {}]
            for name, value in zip(names, given, strict=False):
                if assigned is not None and assigned.declares:
                    inner[-1][name] = value
                else:
                    scopes.assign(name, value, inner)
            try:
                self.nodes(node.body, item, inner)
            except _Jumped as jump:
                if jump.leaves:
                    break
        if not any_:
            self.nodes(node.otherwise, dot, scope)

    def _pipeline(self, pipeline: Pipeline, dot: Any, scope: Scope) -> Any:
        value = self._commands(pipeline, dot, scope)
        if pipeline.assigned is not None:
            for name in pipeline.assigned.names:
                if pipeline.assigned.declares:
                    scope[-1][name] = value
                else:
                    scopes.assign(name, value, scope)
        return value

    def _commands(self, pipeline: Pipeline, dot: Any, scope: Scope) -> Any:
        given: tuple[Any, ...] = ()
        for command in pipeline.commands:
            given = (self._command(command, given, dot, scope),)
        return given[0]

    def _command(self, command: Command, last: tuple[Any, ...], dot: Any, scope: Scope) -> Any:
        self._spend(1 + len(command.operands) // 4)
        first, *rest = command.operands
        if not isinstance(first, Name):
            value = self._operand(first, dot, scope)
            if callable(value):  # a method
                name = first.name if isinstance(first, Field) else "a method"
                return self._applied(name, value, (*(self._operand(each, dot, scope) for each in rest), *last))
            if rest or last:
                raise TemplateProblem("arguments for what is no function")
            return value
        if first.name in ("and", "or"):
            return self._short(first.name, (*rest, *last), dot, scope)
        return self._call(first.name, (*(self._operand(each, dot, scope) for each in rest), *last))

    def _short(self, name: str, operands: tuple[Any, ...], dot: Any, scope: Scope) -> Any:
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
        if self._setting.of_chart and name in ("include", "tpl"):
            return self._aside(name, *args)
        function = self._setting.functions.get(name) or _FUNCTIONS.get(name)
        if function is None:
            raise TemplateProblem(f"the function {name} is not known here")
        return self._applied(name, function, args)

    def _applied(self, name: str, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        given = [None if isinstance(each, Missing) else each for each in args]
        self._spend(costs.given(name, given))
        try:
            value = function(*given)
        except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError, IndexError) as error:
            raise TemplateProblem(f"{name}: {error}") from None
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise TemplateProblem(f"{name} makes more than a megabyte")
        self._spend(costs.made(value))
        return value

    def _operand(self, operand: Operand, dot: Any, scope: Scope) -> Any:
        match operand:
            case Constant(value):
                return value
            case Variable(name):
                return scopes.variable(name, scope)
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
            if name not in value and self._setting.strict:
                raise TemplateProblem(f'map has no entry for key "{name}"')
            return value.get(name, None if self._setting.of_chart else MISSING)
        if isinstance(value, Missing):
            if self._setting.strict:
                raise TemplateProblem(f'nil data; no entry for key "{name}"')
            return MISSING
        raise TemplateProblem(f"can't evaluate field {name} in {brief(value)}")
