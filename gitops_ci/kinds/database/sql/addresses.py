"""What an object is called in a plan: its type's word and its name."""

from __future__ import annotations

from collections.abc import Iterable

from gitops_ci.kinds.database.sql.identifiers import qualified, quoted
from gitops_ci.kinds.database.sql.tree import Node, TypeName, strings


def signature(name: str, types: Iterable[TypeName | None]) -> str:
    """A function's identity: its name and the types of what it takes."""
    return f"{name}({', '.join(type_.text for type_ in types if type_ is not None)})"


_ON_TABLE = frozenset({"trigger", "policy", "rule", "tabconstraint"})


def kind(tag: str) -> str:
    """`OBJECT_MATVIEW` as people say it."""
    word = tag.removeprefix("OBJECT_").lower()
    return {"matview": "materialized view", "tabconstraint": "constraint", "domconstraint": "constraint"}.get(
        word, word.replace("_", " ")
    )


def object_name(tag: str, node: Node) -> str:
    """The name of the object that a DROP, COMMENT, GRANT or ALTER names; empty where it has none that is a name."""
    if node.string is not None:
        return quoted(node.string.sval)
    if node.relation is not None:
        return node.relation.name
    if node.type_name is not None:
        return node.type_name.text
    if node.signature is not None:
        name = qualified(strings(node.signature.objname))
        return (
            name
            if node.signature.args_unspecified
            else signature(name, (each.type_name for each in node.signature.objargs))
        )
    if node.items is None:
        return ""
    parts = strings(node.items.items)
    if not parts:
        return " as ".join(each.type_name.text for each in node.items.items if each.type_name is not None)
    if tag.removeprefix("OBJECT_").lower() in _ON_TABLE and len(parts) > 1:
        return f"{quoted(parts[-1])} on {qualified(parts[:-1])}"
    return qualified(parts)
