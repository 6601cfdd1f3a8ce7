"""What differs between two states of a schema, object by object, with the addresses that the plan by text has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gitops_ci.kinds.database.schema.catalog import Catalog, Column, Item, Key
from gitops_ci.model.plan import Action, Attribute, Change, JsonValue

_DATA = frozenset({"table", "materialized view", "sequence"})
"""What holds data: made anew under its name, it has lost them."""
_INTEGERS = ("smallint", "integer", "bigint", "numeric")
_TYPE = re.compile(
    r"(?P<name>[a-z ]+?)(?:\((?P<size>\d+)(?:,(?P<scale>-?\d+))?\))?(?P<rest>( without| with) time zone)?"
)
_PARTS = ("type", "not_null", "default", "generated", "identity", "collation", "comment")


def between(before: Catalog, after: Catalog) -> tuple[tuple[Key, Change], ...]:
    """The Changes from one state of a database to a later one of the same: a rename is a move."""
    return tuple(_changes(before, after, _pairs(before, after)))


def by_name(before: Catalog, after: Catalog) -> tuple[tuple[Key, Change], ...]:
    """The Changes between two databases: objects are told by their addresses, columns by their names."""
    there = {item.address: item for item in after.values()}
    pairs = [(item, there.pop(item.address, None)) for item in before.values()]
    return tuple(_changes(before, after, [*pairs, *((None, item) for item in there.values())], same=False))


def _pairs(before: Catalog, after: Catalog) -> list[tuple[Item | None, Item | None]]:
    """Objects before and after; what was made anew under its old name is a pair, too."""
    new = {item.address: item for key, item in after.items() if key not in before}
    pairs: list[tuple[Item | None, Item | None]] = []
    for key, item in before.items():
        later = after.get(key)
        pairs.append((item, later if later is not None else new.pop(item.address, None)))
    return [*pairs, *((None, item) for item in new.values())]


def _changes(
    before: Catalog, after: Catalog, pairs: list[tuple[Item | None, Item | None]], *, same: bool = True
) -> Iterator[tuple[Key, Change]]:
    gone = {old.object for old, new in pairs if old is not None and new is None and old.catalog == "pg_class"}
    for old, new in pairs:
        if new is None and old is not None:
            if old.parent not in gone:
                children = [each for each in before.values() if each.parent == old.object]
                yield old.key, _deleted(old, children)
        elif old is None and new is not None:
            yield new.key, _made(new, "create", _whole(new))
            yield from ((new.key, change) for change in _granted(_by_default(new), new))
        elif old is not None and new is not None:
            yield from ((new.key, change) for change in _altered(old, new, same=same))


def _deleted(item: Item, children: list[Item]) -> Change:
    """A deletion; what goes with a table is told in its attributes."""
    of_it = [Attribute(path=f"{each.kind}.{each.name}", before="present") for each in children]
    columns = [Attribute(path=f"column.{each.name}", before=each.text) for each in item.columns or ()]
    return _made(item, "delete", (*columns, *of_it), destructive=True)


def _made(item: Item, action: Action, attributes: Iterable[Attribute], *, destructive: bool = False) -> Change:
    return Change(
        address=item.address, type=item.kind, action=action, destructive=destructive, attributes=tuple(attributes)
    )


def _whole(item: Item) -> Iterator[Attribute]:
    """All of a new object; who owns it and what it is by default goes without saying."""
    for column in item.columns or ():
        yield Attribute(path=f"column.{column.name}", after=column.text)
        if column.comment:
            yield Attribute(path=f"column.{column.name}.comment", after=column.comment)
    for constraint in item.constraints or ():
        yield Attribute(path=f"constraint.{constraint.name}", after=constraint.text)
    for name, value in (item.attributes or {}).items():
        if value not in (None, "", False) and (name, value) != ("owner", "postgres"):
            yield Attribute(path=name, after=value)
    if item.comment:
        yield Attribute(path="comment", after=item.comment)


def _altered(old: Item, new: Item, *, same: bool) -> Iterator[Change]:
    """What happened to an object that is there before and after."""
    anew = same and old.key != new.key
    if _own_name(old) != _own_name(new):
        yield Change(address=new.address, previous_address=old.address, type=new.kind, action="move")
    if anew and old.kind in _DATA:
        yield _made(new, "replace", _whole(new), destructive=True)
    else:
        columns = list(_columns(old, new, by_number=same and not anew))
        constraints = _constraints(old, new, by_number=same and not anew)
        attributes = (*columns, *constraints, *_attributes(old, new))
        if attributes:
            yield _made(new, "update", attributes, destructive=_destroys(old, new, by_number=same and not anew))
        if same and not anew:
            yield from _renamed_parts(old, new)
    yield from _granted(_privileges(old), new)


def _own_name(item: Item) -> str:
    """The name without the table that it lies on, which may have been renamed."""
    return item.name.partition(" on ")[0] if item.parent is not None else item.name


def _paired(old: Item, new: Item, *, by_number: bool) -> Iterator[tuple[Column | None, Column | None]]:
    def known(item: Item) -> dict[int | str, Column]:
        return {each.number if by_number else each.name: each for each in item.columns or ()}

    was, now = known(old), known(new)
    yield from ((column, now.get(key)) for key, column in was.items())
    yield from ((None, column) for key, column in now.items() if key not in was)


def _columns(old: Item, new: Item, *, by_number: bool) -> Iterator[Attribute]:
    for was, now in _paired(old, new, by_number=by_number):
        if now is None and was is not None:
            yield Attribute(path=f"column.{was.name}", before=was.text)
        elif was is None and now is not None:
            yield Attribute(path=f"column.{now.name}", after=now.text)
        elif was is not None and now is not None:
            for part in _PARTS:
                first, second = getattr(was, part), getattr(now, part)
                if first != second:
                    yield Attribute(path=f"column.{now.name}.{part}", before=first, after=second)


def _destroys(old: Item, new: Item, *, by_number: bool) -> bool:
    """Whether a column is dropped, or its type narrowed."""
    pairs = [(was, now) for was, now in _paired(old, new, by_number=by_number) if was is not None]
    return any(now is None or not widens(was.type, now.type) for was, now in pairs)


def _renamed_parts(old: Item, new: Item) -> Iterator[Change]:
    was = {column.number: column.name for column in old.columns or ()}
    for column in new.columns or ():
        name = was.get(column.number, column.name)
        if name != column.name:
            yield _moved("column", f"{new.name}.{column.name}", f"{old.name}.{name}")
    constraints = {each.object: each.name for each in old.constraints or ()}
    for each in new.constraints or ():
        name = constraints.get(each.object, each.name)
        if name != each.name:
            yield _moved("constraint", f"{each.name} on {new.name}", f"{name} on {old.name}")


def _moved(kind: str, name: str, previous: str) -> Change:
    return Change(address=f"{kind} {name}", previous_address=f"{kind} {previous}", type=kind, action="move")


def _constraints(old: Item, new: Item, *, by_number: bool) -> Iterator[Attribute]:
    renamed = {each.object: each.name for each in (new.constraints or () if by_number else ())}
    was = {renamed.get(each.object, each.name): each.text for each in old.constraints or ()}
    now = {each.name: each.text for each in new.constraints or ()}
    yield from _differing(was, now, "constraint.")


def _attributes(old: Item, new: Item) -> Iterator[Attribute]:
    yield from _differing(old.attributes or {}, new.attributes or {}, "")
    if old.comment != new.comment:
        yield Attribute(path="comment", before=old.comment, after=new.comment)


def _differing(was: Mapping[str, JsonValue], now: Mapping[str, JsonValue], at: str) -> Iterator[Attribute]:
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            yield Attribute(path=at + name, before=was.get(name), after=now.get(name))


def _privileges(item: Item) -> dict[str, str]:
    """Grantee to privileges, those on single columns beside."""
    granted = dict(item.privileges or {})
    for column in item.columns or ():
        for grantee, words in (column.privileges or {}).items():
            more = f"{words} ({column.name})"
            granted[grantee] = f"{granted[grantee]}, {more}" if grantee in granted else more
    return granted


def _by_default(item: Item) -> dict[str, str]:
    """What everybody may do with a new object."""
    if item.kind not in ("function", "procedure", "aggregate", "type", "domain"):
        return {}
    return {"public": "EXECUTE" if item.catalog == "pg_proc" else "USAGE"}


def _granted(before: Mapping[str, str], item: Item) -> Iterator[Change]:
    attributes = tuple(_differing(before, _privileges(item), ""))
    if attributes:
        yield Change(address=f"privileges on {item.address}", type="privileges", action="update", attributes=attributes)


def widens(before: str, after: str) -> bool:
    """Whether every value of one type is one of the other, unchanged; what is not known to be is not."""
    if before == after:
        return True
    old, new = _TYPE.fullmatch(before), _TYPE.fullmatch(after)
    if old is None or new is None:
        return False
    was, now = old["name"], new["name"]
    if now == "text" or (now == "character varying" and new["size"] is None):
        return was in ("text", "character varying", "name", "uuid", "boolean", *_INTEGERS[:3])
    if was == now == "numeric" and old["size"] and new["size"]:
        scale = int(new["scale"] or 0) - int(old["scale"] or 0)
        return scale >= 0 and int(new["size"]) - int(old["size"]) >= scale
    if was == now and (old["rest"] or "") == (new["rest"] or ""):
        return new["size"] is None or (old["size"] is not None and int(new["size"]) >= int(old["size"]))
    if was in _INTEGERS and now in _INTEGERS and new["size"] is None:
        return _INTEGERS.index(was) < _INTEGERS.index(now)
    return (was, now) in (("real", "double precision"), ("date", "timestamp"))
