"""Casbin's models, permissions and memberships as items; the order of rows means nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from gitops_ci.kinds.security.casbin import Model, Row
from gitops_ci.kinds.security.items import Item

_WILD = frozenset({"*", "**", ".*", "/*", "^.*$"})


class PolicySet(Struct, frozen=True):
    """A policy with the model that it is read by (None: nobody can tell); `label` tells sets of a stack apart."""

    path: str
    label: str
    rows: tuple[Row, ...]
    model: Model | None = None
    model_path: str | None = None


def model(path: str, label: str, found: Model) -> Item:
    """A model: its definitions by section and name."""
    content: dict[str, dict[str, str]] = {}
    for each in found.definitions:
        content.setdefault(each.section or "(no section)", {})[each.name] = each.value
    return Item(
        key=("casbin.model", label),
        address=f"casbin.model {path}",
        type="casbin.model",
        path=path,
        line=1,
        content=content,
        closes=("decides anything",),
        facts=found,
    )


def rows(policy: PolicySet) -> Iterator[Item]:
    """Each row, once however often it is there."""
    powers = _powers(policy)
    denied = {row.values[0] for row in policy.rows if row.type.startswith("p") and _denies(policy, row) and row.values}
    for row in {row.text: row for row in reversed(policy.rows)}.values():
        if row.type.startswith("g"):
            yield _membership(policy, row, powers, denied)
        else:
            yield _permission(policy, row)


def _permission(policy: PolicySet, row: Row) -> Item:
    denies = _denies(policy, row)
    wide = "" if denies else wildcards(policy, row)
    return Item(
        key=("casbin.permission", policy.label, row.text),
        address=f"casbin.permission {row.text}",
        type="casbin.permission",
        path=policy.path,
        line=row.line,
        content=_fields(policy, row),
        opens=(f"holds {wide}",) if wide else (),
        closes=("denied",) if denies else (),
        kept=denies,
    )


def _membership(policy: PolicySet, row: Row, powers: Mapping[str, str], denied: set[str]) -> Item:
    role = row.values[1] if len(row.values) > 1 else ""
    power = powers.get(role, "")
    return Item(
        key=("casbin.role", policy.label, row.text),
        address=f"casbin.role {row.text}",
        type="casbin.role",
        path=policy.path,
        line=row.line,
        content=dict(zip(("member", "role", "domain"), row.values, strict=False)) | _rest(row, 3),
        opens=(f"gives what {role} may {power}",) if power else (),
        closes=(f"denied what {role} is denied",) if role in denied else (),
        kept=role in denied,
    )


def _fields(policy: PolicySet, row: Row) -> dict[str, str]:
    definition = policy.model.named(row.type) if policy.model else None
    names: Sequence[str] = definition.fields if definition is not None else ()
    return dict(zip(names, row.values, strict=False)) | _rest(row, len(names))


def _rest(row: Row, known: int) -> dict[str, str]:
    return {f"v{index}": value for index, value in enumerate(row.values) if index >= known}


def _denies(policy: PolicySet, row: Row) -> bool:
    definition = policy.model.named(row.type) if policy.model else None
    if definition is not None and "eft" in definition.fields:
        index = definition.fields.index("eft")
        return row.values[index : index + 1] == ("deny",)
    return row.values[-1:] == ("deny",)


def wildcards(policy: PolicySet, row: Row) -> str:
    """What a permission is granted for or to without a limit, in words; empty for nothing of the kind."""
    fields = list(_fields(policy, row).items())
    wild = [name for name, value in fields if value in _WILD]
    if fields and fields[0][1] in _WILD:
        return "for everyone" + (f" and every {' and '.join(wild[1:])}" if wild[1:] else "")
    return f"for every {' and '.join(wild)}" if wild else ""


def _powers(policy: PolicySet) -> dict[str, str]:
    """Roles that may something without a limit, themselves or through another role, with what that is."""
    found: dict[str, str] = {}
    for row in policy.rows:
        if row.type.startswith("p") and row.values and not _denies(policy, row) and (wide := wildcards(policy, row)):
            found.setdefault(row.values[0], wide)
    members: dict[str, list[str]] = {}
    for row in policy.rows:
        if row.type.startswith("g") and len(row.values) > 1:
            members.setdefault(row.values[1], []).append(row.values[0])
    pending = list(found)
    while pending:
        role = pending.pop()
        for member in members.get(role, ()):
            if member not in found:
                found[member] = found[role]
                pending.append(member)
    return found
