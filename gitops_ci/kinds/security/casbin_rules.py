"""What Casbin loads without a word and does not do as it seems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.kinds.security import casbin
from gitops_ci.kinds.security.casbin import SECTIONS, Definition, Model, Row
from gitops_ci.kinds.security.casbin_items import PolicySet
from gitops_ci.kinds.security.casbin_model import DENY, EFFECTS, effect
from gitops_ci.kinds.security.told import Told

_NEEDED = ("request_definition", "policy_definition", "policy_effect", "matchers")


def model(path: str, found: Model, policies: Iterable[PolicySet]) -> Iterator[Told]:
    """Sections that are missing, effects that Casbin does not know, what is allowed though no row says so."""
    for section in _NEEDED:
        if not found.of(section):
            yield Told("security/casbin-model", f"the model has no [{section}]", path, found.sections.get(section, 1))
    for each in found.of("policy_effect"):
        if effect(each.value) not in EFFECTS:
            yield Told("security/casbin-model", f"`{each.value[:80]}` is no effect that Casbin knows", path, each.line)
        elif effect(each.value) == DENY:
            yield _open(path, each, policies)
    for each in found.definitions:
        if each.section not in SECTIONS or not each.name.startswith(SECTIONS[each.section]):
            where = f"[{each.section}]" if each.section else "no section"
            yield Told("security/casbin-model", f"`{each.name[:40]}` in {where} is not read", path, each.line)


def policy(found: PolicySet) -> Iterator[Told]:
    """The rows of one policy."""
    seen: dict[str, int] = {}
    for row in found.rows:
        if any(" #" in value or value.startswith("#") for value in row.values):
            said = f"the row has a comment behind it, which is part of `{row.values[-1][:40]}`"
            yield Told("security/casbin-comment", said, found.path, row.line)
        elif row.text in seen:
            said = f"`{row.text[:120]}` is there twice, first in line {seen[row.text]}"
            yield Told("security/casbin-duplicate", said, found.path, row.line)
        seen.setdefault(row.text, row.line)
    if found.model is None:
        yield from _types(found, None)
        said = "which model reads this policy cannot be told: its rows are not checked against one"
        yield Told("security/casbin-model-unknown", said, found.path, 1)
        return
    yield from _types(found, found.model)
    yield from _widths(found, found.model)
    yield from _roles(found)


def _types(found: PolicySet, model: Model | None) -> Iterator[Told]:
    for row in found.rows:
        if not casbin.is_type(row.type) or (model is not None and model.named(row.type) is None):
            said = f"`{row.type[:40]}` is no type of rows that the model defines: the row is not read"
            yield Told("security/casbin-type", said, found.path, row.line)


def _widths(found: PolicySet, model: Model) -> Iterator[Told]:
    for row in found.rows:
        definition = model.named(row.type)
        if definition is None:
            continue
        fields = definition.fields
        if len(row.values) != len(fields):
            said = f"the row has {len(row.values)} values, `{row.type} = {definition.value[:80]}` has {len(fields)}"
            yield Told("security/casbin-width", said, found.path, row.line)
        elif "eft" in fields and (written := _effect(row, fields)) not in ("allow", "deny", ""):
            said = f"`{written[:40]}` is no effect: the row neither allows nor denies"
            yield Told("security/casbin-effect", said, found.path, row.line)


def _effect(row: Row, fields: tuple[str, ...]) -> str:
    index = fields.index("eft")
    return row.values[index] if index < len(row.values) else ""


def _open(path: str, definition: Definition, policies: Iterable[PolicySet]) -> Told:
    read = [each for each in policies if each.model_path == path]
    rows = [row for each in read for row in each.rows if row.type.startswith("p")]
    empty = f"; {read[0].path} has no row, so everything is" if read and not rows else ""
    said = f"whatever no row denies is allowed{empty}"
    return Told("security/casbin-allows-by-default", said, path, definition.line, "error" if empty else None)


def _roles(found: PolicySet) -> Iterator[Told]:
    """Memberships that go in a circle, and roles that may nothing."""
    members: dict[str, list[tuple[str, int]]] = {}
    for row in found.rows:
        if row.type == "g" and len(row.values) > 1:
            members.setdefault(row.values[0], []).append((row.values[1], row.line))
    definition = found.model.named("g") if found.model else None
    plain = definition is not None and len(definition.fields) == 2  # a third field may be the role, or a domain
    named = {value for row in found.rows if row.type.startswith("p") for value in row.values}
    told: set[str] = set()
    for role, line in (each for listed in members.values() for each in listed):
        pattern = "*" in role or "/" in role
        if plain and not pattern and role not in named and role not in members and role not in told:
            told.add(role)
            yield Told("security/casbin-role-undefined", f"the role `{role[:60]}` may nothing", found.path, line)
    yield from _circles(found.path, members)


def _circles(path: str, members: dict[str, list[tuple[str, int]]]) -> Iterator[Told]:
    """Each circle once, at the membership that closes it; in time linear in the memberships."""
    done: set[str] = set()
    for start, first in members.items():
        if start in done:
            continue
        way: dict[str, None] = {start: None}
        pending = [(start, iter(first))]
        while pending:
            at, onward = pending[-1]
            role, line = next(onward, ("", 0))
            if not line:
                pending.pop()
                way.pop(at, None)
                done.add(at)
            elif role in way:
                circle = " → ".join([*list(way)[list(way).index(role) :], role])
                yield Told("security/casbin-role-cycle", f"the roles go in a circle: {circle[:160]}", path, line)
            elif role in members and role not in done:
                way[role] = None
                pending.append((role, iter(members[role])))
