"""SQL as parsed statements."""

from __future__ import annotations

import pytest

from gitops_ci.policy.documents import sql
from gitops_ci.policy.documents.files import Unreadable

pytest.importorskip("pglast", reason="the extra database is not installed")


def test_statements() -> None:
    found = sql.document("m/1.sql", b"-- first\nCREATE TABLE a (b int);\n\nDROP TABLE c;\n")
    one, two = found.value["statements"]
    assert found.value["path"] == "m/1.sql"
    assert (one["kind"], two["kind"], two["line"], two["text"]) == ("CreateStmt", "DropStmt", 4, "DROP TABLE c")
    assert one["statement"]["relation"]["relname"] == "a"
    assert found.line_of(("statements", 1, "statement")) == 4


@pytest.mark.parametrize("content", [b"CREATE TABL x;", b"\xff", b"SELECT " + b"(" * 20_000])
def test_what_is_no_sql(content: bytes) -> None:
    with pytest.raises(Unreadable):
        sql.document("a.sql", content)
