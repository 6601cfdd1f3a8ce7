from __future__ import annotations

import pytest

from gitops_ci.system import postgres_addresses


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("postgresql://u:p@db.example:6432/x", {("db.example", "6432")}),
        ("host=DB.example dbname=x", {("db.example", "5432")}),
        ("host=/run/postgresql port=5433", {("/run/postgresql", "5433")}),
        ("host=name hostaddr=192.0.2.1", {("192.0.2.1", "5432")}),
        ("postgresql://u@a:1,b:2/x", {("a", "1"), ("b", "2")}),
        ("host=a,b port=1", {("a", "1"), ("b", "1")}),
        ("dbname=x", set()),
        ("", set()),
        ("postgres://:::", set()),
        ("no words", set()),
    ],
)
def test_a_dsn_leads_to_its_hosts(dsn: str, expected: set[tuple[str, str]]) -> None:
    assert postgres_addresses.of(dsn) == expected


def test_names_are_looked_up_where_that_works() -> None:
    found = postgres_addresses.numbers(frozenset({("localhost", "1"), ("/run/postgresql", "2")}))
    assert {("localhost", "1"), ("127.0.0.1", "1"), ("/run/postgresql", "2")} <= found
    assert postgres_addresses.numbers(frozenset({("." * 300, "1")})) == {("." * 300, "1")}
