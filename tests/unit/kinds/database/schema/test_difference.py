from __future__ import annotations

import pytest

from gitops_ci.kinds.database.schema import difference
from gitops_ci.kinds.database.schema.catalog import Catalog, Column, Constraint, Item
from gitops_ci.model.plan import Change

ID = Column(1, "id", "bigint", not_null=True)
MAIL = Column(2, "mail", "text")


def table(*columns: Column, number: int = 1, name: str = "users", constraints: tuple[Constraint, ...] = ()) -> Item:
    return Item(
        catalog="pg_class",
        object=number,
        kind="table",
        name=name,
        columns=columns or (ID, MAIL),
        constraints=constraints,
        attributes={"owner": "postgres"},
    )


def index(number: int = 9, name: str = "mails", definition: str = "CREATE INDEX mails ON users (mail)") -> Item:
    attributes: dict[str, str | bool | None] = {"definition": definition}
    return Item(catalog="pg_class", object=number, kind="index", name=name, parent=1, attributes=attributes)


def catalog(*items: Item) -> Catalog:
    return {item.key: item for item in items}


def between(before: Catalog, after: Catalog) -> list[Change]:
    return [change for _, change in difference.between(before, after)]


def told(change: Change) -> list[tuple[str, object, object]]:
    return [(each.path, each.before, each.after) for each in change.attributes]


def test_nothing_changed() -> None:
    assert between(catalog(table(), index()), catalog(table(), index())) == []


def test_a_new_table_has_its_columns_and_constraints() -> None:
    key = Constraint(7, "users_pkey", "PRIMARY KEY (id)")
    (change,) = between({}, catalog(table(constraints=(key,))))
    assert (change.action, change.address, change.destructive) == ("create", "table users", False)
    assert told(change) == [
        ("column.id", None, "bigint NOT NULL"),
        ("column.mail", None, "text"),
        ("constraint.users_pkey", None, "PRIMARY KEY (id)"),
    ]


def test_what_goes_with_a_table_is_told_once() -> None:
    (change,) = between(catalog(table(), index()), {})
    assert (change.action, change.destructive) == ("delete", True)
    assert ("index.mails", "present", None) in told(change)


def test_an_index_alone_goes_alone() -> None:
    (change,) = between(catalog(table(), index()), catalog(table()))
    assert (change.address, change.action) == ("index mails", "delete")


def test_a_renamed_column_is_a_move_and_a_dropped_one_destroys() -> None:
    (moved,) = between(catalog(table()), catalog(table(ID, Column(2, "email", "text"))))
    assert (moved.action, moved.address, moved.previous_address) == ("move", "column users.email", "column users.mail")
    (dropped,) = between(catalog(table()), catalog(table(ID)))
    assert (dropped.destructive, told(dropped)) == (True, [("column.mail", "text", None)])


def test_a_column_that_takes_a_dropped_ones_name_is_another_one() -> None:
    (change,) = between(catalog(table()), catalog(table(ID, Column(3, "mail", "text"))))
    assert change.destructive
    assert told(change) == [("column.mail", "text", None), ("column.mail", None, "text")]


def test_a_table_made_anew_has_lost_its_rows_an_index_has_not() -> None:
    (replaced,) = between(catalog(table()), catalog(table(number=2)))
    assert (replaced.action, replaced.destructive) == ("replace", True)
    assert between(catalog(index()), catalog(index(number=10))) == []
    (other,) = between(catalog(index()), catalog(index(number=10, definition="CREATE INDEX mails ON users (id)")))
    assert (other.action, other.destructive) == ("update", False)


def test_what_lies_on_a_renamed_table_is_not_renamed() -> None:
    def trigger(name: str) -> Item:
        return Item(catalog="pg_trigger", object=5, kind="trigger", name=name, parent=1)

    before = catalog(table(), trigger("touch on users"))
    changes = between(before, catalog(table(name="people"), trigger("touch on people")))
    assert [(each.action, each.address) for each in changes] == [("move", "table people")]


def test_privileges_are_told_by_grantee() -> None:
    def granted(**privileges: str) -> Catalog:
        return catalog(Item(catalog="pg_class", object=1, kind="view", name="v", privileges=privileges))

    (change,) = between(granted(app="SELECT"), granted(public="SELECT"))
    assert (change.address, change.type) == ("privileges on view v", "privileges")
    assert told(change) == [("app", "SELECT", None), ("public", None, "SELECT")]


def test_between_two_databases_names_count_and_numbers_do_not() -> None:
    other = table(Column(4, "id", "bigint", not_null=True), Column(9, "mail", "text"), number=77)
    assert difference.by_name(catalog(table()), catalog(other)) == ()
    first, second = Constraint(7, "a", "CHECK (a)"), Constraint(8, "b", "CHECK (b)")
    swapped = Constraint(8, "a", "CHECK (a)"), Constraint(7, "b", "CHECK (b)")
    theirs = catalog(table(number=77, constraints=swapped))
    assert difference.by_name(catalog(table(constraints=(first, second))), theirs) == ()
    (found,) = difference.by_name(catalog(table()), {})
    assert found[1].address == "table users"


@pytest.mark.parametrize(
    ("before", "after", "widens"),
    [
        ("integer", "bigint", True),
        ("bigint", "integer", False),
        ("smallint", "numeric", True),
        ("integer", "numeric(5,2)", False),
        ("numeric(10,2)", "numeric(12,2)", True),
        ("numeric(10,2)", "numeric(10,4)", False),
        ("numeric(10,2)", "numeric", True),
        ("character varying(10)", "character varying(20)", True),
        ("character varying(20)", "character varying(10)", False),
        ("character varying", "character varying(10)", False),
        ("character varying(20)", "text", True),
        ("text", "character varying", True),
        ("uuid", "text", True),
        ("text", "integer", False),
        ("real", "double precision", True),
        ("double precision", "real", False),
        ("timestamp with time zone", "timestamp without time zone", False),
        ("timestamp(3) with time zone", "timestamp with time zone", True),
        ("public.mood", "public.feeling", False),
        ("json", "jsonb", False),
        ("integer[]", "integer[]", True),
        ("integer[]", "bigint[]", False),
    ],
)
def test_only_types_that_take_every_value_widen(before: str, after: str, widens: bool) -> None:
    assert difference.widens(before, after) is widens
