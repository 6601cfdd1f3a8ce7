"""Files among migrations that look like some and are none by their name: whether their tool runs them is not known."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.database.migrations import foreign, sets, versions
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack

_BESIDE = (".md", ".rst", ".adoc", ".sql.conf")
"""What tells of migrations and is none: notes, and how Flyway is to run one."""
_PROGRAMS = frozenset(
    [
        "cjs",
        "cs",
        "ex",
        "exs",
        "go",
        "groovy",
        "java",
        "js",
        "kt",
        "mjs",
        "php",
        "pl",
        "py",
        "rb",
        "rs",
        "scala",
        "sh",
        "ts",
    ]
)
"""How the names of migrations end that are written in a language (goose, node-pg-migrate, Flyway …)."""
_TEST = "_test.go"


def of(directory: str, snapshot: Snapshot) -> tuple[str, ...]:
    """The paths of such files: numbered ones, `.sql` in capitals, and what the tool passes by."""
    if foreign.tool(directory, snapshot) is not None:
        return ()
    at = f"{directory}/" if directory else ""
    names = snapshot.children.get(directory, ())
    passed = versions.passed_by(names)
    own = [at + name for name in names if name in passed or _is_strange(name)]
    nested = [
        f"{at}{folder}/{name}"
        for folder in snapshot.directories.get(directory, ())
        if versions.version_of(folder)
        for name in snapshot.children.get(at + folder, ())
        if name not in versions.DIRECTORY_FILES and name.lower() in versions.DIRECTORY_FILES
    ]
    return (*own, *nested, *sets.beside_directories(directory, snapshot))


def check(stack: Stack, directory: str | None, now: Snapshot, before: Snapshot | None) -> Iterator[Finding]:
    """What is said of those that are new or changed."""
    for path in _entering(directory, now, before):
        is_sql = path.lower().endswith(".sql")
        file = path.rpartition("/")[2]
        yield findings.make(
            "database/not-a-migration",
            "error" if is_sql else "notice",
            f"{file} lies among migrations and is none by its name: it was neither tried nor linted",
            help=_help(path, now, is_sql=is_sql),
            path=path,
            stack=stack.id,
        )


def _help(path: str, now: Snapshot, *, is_sql: bool) -> str:
    if path in sets.beside_directories(path.rpartition("/")[0], now):
        return "Put it into a directory of its own, as the others are, or elsewhere: no tool runs it here."
    if path.endswith(".sql"):
        return "Name it as Flyway asks for (`V4__name.sql`: a capital and two underscores), or put it elsewhere."
    if is_sql:
        return "End its name in `.sql`, in small letters, or put it elsewhere."
    return "Write it in SQL, in a file that ends in `.sql`, or see by yourself what it does."


def programs(directory: str | None, now: Snapshot, before: Snapshot | None) -> tuple[str, ...]:
    """The new or changed ones that are programs: what they do to a database nobody can read off them."""
    return tuple(
        path
        for path in _entering(directory, now, before)
        if path.rpartition(".")[2].lower() in _PROGRAMS and not path.endswith(_TEST)
    )


def _entering(directory: str | None, now: Snapshot, before: Snapshot | None) -> Iterator[str]:
    for path in of(directory, now) if directory is not None else ():
        if before is None or path not in before or sets.identity(path, before) != sets.identity(path, now):
            yield path


def _is_strange(name: str) -> bool:
    lower = name.lower()
    if name.endswith(".sql") or lower.endswith(_BESIDE):
        return False
    return lower.endswith(".sql") or bool(versions.version_of(f"{name.partition('.')[0]}.sql"))
