"""How long linting 1,000 migrations takes, squawk and our own rules together, beside squawk alone on the same files."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import MB, Program, Row, Skipped

_KINDS = (
    """CREATE TABLE t{0} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, at timestamptz);
CREATE INDEX t{0}_name ON t{0} (name);
COMMENT ON TABLE t{0} IS 'table number {0}';
""",
    """ALTER TABLE t{1} ADD COLUMN c{0} integer DEFAULT 0;
CREATE INDEX CONCURRENTLY i{0} ON t{1} (c{0});
""",
    """ALTER TABLE t{1} ADD CONSTRAINT k{0} FOREIGN KEY (id) REFERENCES t0 (id);
UPDATE t{1} SET name = 'x';
""",
    """CREATE FUNCTION f{0}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.name IS NULL THEN
    NEW.name := 'none';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER g{0} BEFORE INSERT ON t{1} FOR EACH ROW EXECUTE FUNCTION f{0}();
""",
    """INSERT INTO t{1} (name) VALUES ('a'), ('b'), ('c');
GRANT SELECT ON t{1} TO reader;
ALTER TABLE t{1} ALTER COLUMN name SET NOT NULL, DROP COLUMN at;
""",
)
_TIMES = 3.0


def measured(place: Path, *, quick: bool) -> list[Row]:
    """Every file has to be read, and squawk must leave nothing open, or it is no measurement."""
    squawk = Path(sys.executable).with_name("squawk")
    if not squawk.exists():
        raise Skipped("squawk is not installed beside this Python")
    count = 100 if quick else 1_000
    for number in range(count):
        sql = _KINDS[number % len(_KINDS)].format(number, number - number % len(_KINDS))
        (place / f"{number + 1:04}_change.sql").write_text(sql)
    script = str(measure.ROOT / "benchmarks" / "lint_migrations.py")
    alone = (str(squawk), "--reporter", "json", "*.sql")
    best = measure.alternating(
        {
            "ours": (Program((sys.executable, "-I", script, str(place), str(count))),),
            "squawk": (Program(alone, cwd=place, codes=frozenset({0, 1})),),
        },
        rounds=2 if quick else 5,
    )
    ours, what = best["ours"], f"linting {count:,} migrations"
    return [
        measure.compared(f"{what} / squawk alone", ours.seconds, best["squawk"].seconds, times=_TIMES),
        Row("peak memory of that", ours.peak_bytes, unit="B", target="≤ 200 MB", limit=200 * MB),
    ]
