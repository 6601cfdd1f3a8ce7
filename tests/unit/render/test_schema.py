from __future__ import annotations

import re

from gitops_ci.model.schema import Column, Reference, Table
from gitops_ci.render import markdown
from tests.unit.render import example

USERS = Table(name="users", touched=False, columns=(Column(name="id", type="bigint", rest="NOT NULL", key="primary"),))
ORDERS = Table(
    name="orders",
    touched=True,
    columns=(
        Column(name="id", type="bigint", rest="NOT NULL", key="primary"),
        Column(name="total", type="numeric(12,2)"),
        Column(name='"who is it"', type="bigint", rest="NOT NULL", key="foreign"),
    ),
    references=(Reference(name="orders_fk", to="users", columns=('"who is it"',)),),
    more=("CONSTRAINT orders_pkey PRIMARY KEY (id)", "CREATE INDEX i ON orders (total)"),
)


def comment(*schemas: tuple[Table, ...], **options: object) -> str:
    plans = [
        example.planned(f"{environment}/database/app", [example.update("table orders")], schema=schema)
        for environment, schema in zip(("production", "staging"), schemas, strict=False)
    ]
    return markdown.comment(example.report(*plans), **options)  # type: ignore[arg-type]  # limit and detail


def test_touched_tables_have_a_picture_and_a_text() -> None:
    shown = comment((ORDERS, USERS))
    assert "The schema afterwards</b> · 1 table that is touched" in shown
    assert shown.count("erDiagram") == 1
    assert '  t0["orders"] {\n    bigint id PK\n    numeric_12_2 total\n    bigint who_is_it FK\n  }' in shown
    assert '  t1 ||--o{ t0 : "_who is it_"' in shown
    assert (
        '-- table orders\n  id          bigint NOT NULL\n  total       numeric(12,2)\n  "who is it" bigint NOT NULL'
        in shown
    )
    assert "-- table users" not in shown


def test_what_may_be_absent_and_what_is_there_once_is_drawn_so() -> None:
    def drawn(*, optional: bool = False, unique: bool = False) -> str:
        reference = Reference(name="r", to="users", optional=optional, unique=unique)
        orders = Table(name="orders", touched=True, references=(reference,))
        found = re.search(r"t1 (\S+) t0", comment((orders, USERS)))
        assert found
        return found[1]

    assert drawn(optional=True) == "|o--o{"
    assert drawn(unique=True) == "||--o|"


def test_the_same_schema_is_told_once_and_one_table_needs_no_picture() -> None:
    assert comment((ORDERS, USERS), (ORDERS, USERS)).count("erDiagram") == 1
    alone = comment((ORDERS,))
    assert "erDiagram" not in alone
    assert "-- table orders" in alone


def test_where_there_is_no_room_it_is_counted() -> None:
    many = tuple(
        Table(name=f"t{n}", touched=True, columns=tuple(Column(name=f"c{k}", type="text") for k in range(60)))
        for n in range(40)
    )
    shown = comment(many, limit=8_000)
    assert len(shown) <= 8_000
    assert re.search(r"left out to fit: .*\d+ schema tables", shown)
    assert "The schema afterwards" not in comment((ORDERS, USERS), detail="summary")
