from __future__ import annotations

from gitops_ci.kinds.database.schema import touched
from gitops_ci.kinds.database.schema.catalog import Column, Constraint, Item
from gitops_ci.model.plan import Change

ID = Column(1, "id", "bigint", not_null=True)


def table(number: int, name: str, *columns: Column, constraints: tuple[Constraint, ...] = ()) -> Item:
    key = Constraint(number + 100, f"{name}_pkey", "PRIMARY KEY (id)", "p", None, (1,))
    return Item(
        catalog="pg_class",
        object=number,
        kind="table",
        name=name,
        columns=(ID, *columns),
        constraints=(key, *constraints),
    )


def refers(to: int, column: int) -> Constraint:
    return Constraint(200 + to, "fk", "FOREIGN KEY …", "f", to, (column,))


USERS = table(1, "users", Column(2, "mail", "text", not_null=True, default="''::text"))
ORDERS = table(2, "orders", Column(2, "customer", "bigint"), constraints=(refers(1, 2),))
ITEMS = table(3, "items", Column(2, "order_id", "bigint", not_null=True), constraints=(refers(2, 2),))
LONELY = table(4, "lonely")
INDEX = Item(
    catalog="pg_class",
    object=9,
    kind="index",
    name="i",
    parent=2,
    attributes={"definition": "CREATE INDEX i ON orders"},
)
ALL = {item.key: item for item in (USERS, ORDERS, ITEMS, LONELY, INDEX)}


def of(*items: Item) -> dict[str, tuple[bool, list[str]]]:
    changes = [(item.key, Change(address=item.address, type=item.kind, action="update")) for item in items]
    return {each.name: (each.touched, [column.name for column in each.columns]) for each in touched.of(ALL, changes)}


def test_a_touched_table_is_whole_and_its_neighbours_are_their_keys() -> None:
    assert of(ORDERS) == {
        "orders": (True, ["id", "customer"]),
        "items": (False, ["id", "order_id"]),
        "users": (False, ["id"]),
    }
    assert of() == {}


def test_an_index_touches_its_table() -> None:
    found = touched.of(ALL, [(INDEX.key, Change(address="index i", type="index", action="create"))])
    assert found[0].name == "orders"
    assert found[0].more == (
        "CONSTRAINT orders_pkey PRIMARY KEY (id)",
        "CONSTRAINT fk FOREIGN KEY …",
        "CREATE INDEX i ON orders",
    )
    assert [(each.to, each.optional, each.unique) for each in found[0].references] == [("users", True, False)]


def test_a_column_has_its_type_apart() -> None:
    (users, *_) = touched.of(ALL, [(USERS.key, Change(address="table users", type="table", action="update"))])
    assert [(each.type, each.rest, each.key) for each in users.columns] == [
        ("bigint", "NOT NULL", "primary"),
        ("text", "DEFAULT ''::text NOT NULL", None),
    ]
