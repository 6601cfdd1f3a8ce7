from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest

from gitops_ci.kinds.database.migrations import manifests
from tests.unit.kinds.database.sides import checked, side

SHARED = "shared/database/migrations"


def told(base: list[str], new: list[str], sql: str = "SELECT 1;") -> list[tuple[str, str]]:
    """Rule and file of what is found where `new` files come to those of `base`."""
    before = {f"migrations/{name}": f"-- {name}\n{sql}" for name in base}
    head = {**before, **{f"migrations/{name}": f"-- {name}\n{sql}" for name in new}}
    found = checked(SHARED, side(before), side(head))
    assert all(each.severity == "warning" and each.help and each.stack == SHARED for each in found)
    return [(each.rule.partition("/")[2], (each.path or "").rpartition("/")[2]) for each in found]


@pytest.mark.parametrize(
    ("base", "new", "expected"),
    [
        (["001_a.sql", "002_b.sql"], ["004_c.sql"], [("skipped-version", "004_c.sql")]),
        (["001_a.sql", "002_b.sql"], ["003_c.sql", "005_d.sql"], [("skipped-version", "005_d.sql")]),
        (["001_a.sql", "002_b.sql"], ["003_c.sql"], []),
        (["001_a.sql", "003_b.sql"], ["007_c.sql"], []),
        (["20240101000000_a.sql", "20240101000001_b.sql"], ["20250101000000_c.sql"], []),
        (["7_a.sql", "8_b.sql", "9_c.sql"], ["10_d.sql"], [("mixed-width", "10_d.sql")]),
        (["V7__a.sql", "V8__b.sql", "V9__c.sql"], ["V10__d.sql"], []),
        (["8_a.up.sql", "8_a.down.sql", "9_b.up.sql", "9_b.down.sql"], ["10_c.up.sql", "10_c.down.sql"], []),
        (["1_a.up.sql", "1_a.down.sql"], ["2_b.up.sql"], [("missing-down", "2_b.up.sql")]),
        (["V1__a.sql", "U1__a.sql"], ["V2__b.sql"], [("missing-down", "V2__b.sql")]),
        (["1_a/up.sql", "1_a/down.sql"], ["2_b/up.sql"], [("missing-down", "up.sql")]),
        (["1_a/migration.sql"], ["2_b/migration.sql"], []),
        (["20170102131034_a/up.sql", "20170103131034_b/up.sql"], ["2017-08-31-230457_c/up.sql"], []),
        (["1_a.up.sql", "1_a.down.sql", "2_b.up.sql", "3_c.up.sql"], ["4_d.up.sql"], []),
        ([], ["1_a.up.sql"], []),
    ],
)
def test_new_migrations(base: list[str], new: list[str], expected: list[tuple[str, str]]) -> None:
    assert told(base, new) == expected


def test_a_section_for_the_way_down_is_one() -> None:
    both = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;"
    base = {"migrations/1_a.sql": both}
    for sql, rules in ((both, []), ("-- +goose Up\nSELECT 1;", ["database/missing-down"])):
        found = checked(SHARED, side(base), side({**base, "migrations/2_b.sql": sql}))
        assert [each.rule for each in found] == rules


def sums(files: dict[str, str]) -> str:
    """What Atlas writes for these files."""
    snapshot = side({f"migrations/{name}": text for name, text in files.items()}).snapshot
    return "\n".join(manifests._lines(sorted(files), "migrations/", snapshot)) + "\n"  # the writer


def test_sums_are_atlas_s() -> None:
    """The running SHA-256 over names and contents, as `NewHashFile` of ariga.io/atlas computes it."""
    first, second = (b64encode(sha256(text).digest()).decode() for text in (b"1_a.sqlx", b"1_a.sqlx2_b.sqly"))
    whole = b64encode(sha256(f"1_a.sql{first}2_b.sql{second}".encode()).digest()).decode()
    assert sums({"1_a.sql": "x", "2_b.sql": "y"}) == f"h1:{whole}\n1_a.sql h1:{first}\n2_b.sql h1:{second}\n"


@pytest.mark.parametrize(
    ("now", "line", "message"),
    [
        ({"1_a.sql": "x", "2_b.sql": "z"}, 3, "does not fit 2_b.sql"),
        ({"1_a.sql": "x", "2_b.sql": "y", "3_c.sql": "z"}, 3, "does not fit 3_c.sql"),
        ({"1_a.sql": "x"}, 3, "names 2_b.sql, which is gone"),
    ],
)
def test_a_manifest_that_does_not_fit(now: dict[str, str], line: int, message: str) -> None:
    known = {"1_a.sql": "x", "2_b.sql": "y"}
    base = {**{f"migrations/{name}": text for name, text in known.items()}, "migrations/atlas.sum": sums(known)}
    assert checked(SHARED, side(base), side(base)) == ()
    head = {**{f"migrations/{name}": text for name, text in now.items()}, "migrations/atlas.sum": sums(known)}
    (found,) = [each for each in checked(SHARED, side(base), side(head)) if each.rule == "database/checksum-outdated"]
    assert (found.path, found.line, found.severity) == ("migrations/atlas.sum", line, "error")
    assert message in found.message
    assert "database/checksum-outdated" not in {each.rule for each in checked(SHARED, side(head), side(head))}
