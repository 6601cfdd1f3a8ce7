"""A trigger that a migration disables counts as enabled again only where that very one surely is."""

from __future__ import annotations

import pytest

from tests.unit.kinds.database.rules.linting import new, rules

OFF = "ALTER TABLE orders DISABLE TRIGGER"
ON = "ALTER TABLE orders ENABLE TRIGGER"


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        (f"{ON} USER;\n{OFF} USER;", 2),
        (f"{OFF} a;\n{ON} b;", 1),
        (f"{OFF} ALL;\n{ON} USER;", 1),
        (f'{OFF} "RI_ConstraintTrigger_a_1";\n{ON} USER;', 1),
        (f"{OFF} a;\nALTER TABLE orders ENABLE RULE a;", 1),
        (f"{OFF} a;\nALTER TABLE orders ENABLE REPLICA TRIGGER a;", 1),
        (f"{OFF} a;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS '{ON} ALL; SELECT 1';", 1),
        (f"{OFF} a;\nDO $$ BEGIN {ON} a; END $$;", 1),
        (f"DO $$ BEGIN\n{OFF} a;\nIF now() IS NULL THEN {ON} a; END IF; END $$;", 2),
        (f"{OFF} a;\nBEGIN; {ON} a; ROLLBACK;", 1),
        (f"{OFF} a;\nSTART TRANSACTION; {ON} a; SAVEPOINT s; ROLLBACK TO s; COMMIT;", 1),
        (f"\n{ON} a, DISABLE TRIGGER a;", 2),
        (f"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS\n'{OFF} a; SELECT 1';\n{ON} a;\nSELECT f();", 2),
    ],
)
def test_a_trigger_stays_disabled_unless_that_very_one_is_surely_enabled_afterwards(sql: str, line: int) -> None:
    assert rules(new(sql)) == [("database/trigger-disabled", line)]


@pytest.mark.parametrize(
    "sql",
    [
        f"{OFF} a, DISABLE TRIGGER b; UPDATE orders SET id = 1 WHERE id = 2; {ON} ALL;",
        f"{OFF} USER; BEGIN; SELECT 1; ROLLBACK; BEGIN; {ON} USER; COMMIT;",
        f"{OFF} a; {ON} USER;",
        f"{OFF} a; ALTER TABLE orders ENABLE ALWAYS TRIGGER a;",
        "ALTER TABLE orders DISABLE RULE a; ALTER TABLE orders ENABLE RULE a;",
        f"{OFF} a, ENABLE TRIGGER a;",
        f"DO $$ BEGIN {OFF} a; UPDATE orders SET id = 1 WHERE id = 2; {ON} a; END $$;",
        f"DO $$ BEGIN {OFF} a; END $$; {ON} a;",
    ],
)
def test_a_trigger_that_is_enabled_again_may_be_disabled(sql: str) -> None:
    assert rules(new(sql)) == []
