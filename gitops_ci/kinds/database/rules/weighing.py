"""What of everything that was found counts where a migration enters, and how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.kinds.database.migrations import versions
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.rules import alterations, contract, file, squawk, statements
from gitops_ci.kinds.database.rules.called import Called
from gitops_ci.kinds.database.rules.catalog import RULES
from gitops_ci.kinds.database.rules.created import Created, elsewhere
from gitops_ci.kinds.database.rules.entering import Entering
from gitops_ci.kinds.database.rules.file import File
from gitops_ci.kinds.database.rules.found import Found
from gitops_ci.kinds.database.rules.seen import Seen
from gitops_ci.kinds.database.rules.squawk import Answer
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.kinds.database.sql.tables import CreateStmt
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import SEVERITIES, Finding, Severity

_UNIQUE = "database/lock-unique-constraint"
_CONSTRAINT = "database/lock-constraint"
_ADVICE = frozenset(rule for rule, each in RULES.items() if each.weight == "advice")


class Weighed(Struct, frozen=True):
    """Something found, where it counts."""

    path: str
    found: Found
    severity: Severity
    stack: str


def of(
    entering: Entering, files: Mapping[str, File], answers: Mapping[str, tuple[Answer, ...]], saw: Seen
) -> Iterator[Weighed]:
    """What counts of the files that enter one stack; those that could not be read are not among them."""
    there = [files[migration.path] for migration in entering.migrations if migration.path in files]
    created = Created(entering.earlier, elsewhere(read for one in there for read in one.reads))
    called = Called(there, entering.earlier)
    found: list[tuple[str, Found]] = []
    expanded: dict[str, str] = {}
    for migration in entering.migrations:
        if (one := files.get(migration.path)) is not None:
            found += ((one.path, each) for each in _one(one, answers.get(one.path, ()), created, called.names))
            found += ((one.path, each) for each in _in_transactions(one, migration, created))
            for name in _expands(one, created):
                expanded.setdefault(name, versions.shown(one.path))
    found += called.found()
    hidden = _hidden(entering, files)
    told: dict[tuple[str, Found], Weighed] = {}
    for path, each in dict.fromkeys(contract.judged(found, expanded)):
        hangs_on_zone = saw.zoned and each.statement in files[path].zoned
        if path in hidden or hangs_on_zone or not saw.overrules(path, each, files[path].lines(each.statement)):
            counts = _unknown(each) if _is_unknown(each, entering, saw) else each
            told[path, counts] = Weighed(
                path, counts, _severity(counts.rule, is_production=entering.is_production), entering.stack.id
            )
    yield from told.values()
    for path, each in saw.untold(found, entering.migrations[-1].path):
        yield Weighed(path, each, _severity(each.rule, is_production=entering.is_production), entering.stack.id)


def _in_transactions(one: File, migration: Migration, created: Created) -> Iterator[Found]:
    by_line = {read.line: read for read in one.reads}
    for each in file.in_transactions(one, migration):
        read = by_line.get(each.statement)
        if read is None or not created.excuses(each, read):
            yield each


def _is_unknown(found: Found, entering: Entering, saw: Seen) -> bool:
    """Whether what goes IF EXISTS is nothing that a migration of base names, nor anything that was seen to go."""
    return found.perhaps != "" and entering.earlier.lacks(found.perhaps) and found.perhaps not in saw.lost


def _unknown(found: Found) -> Found:
    says = f"drops {quoted(found.perhaps)} IF EXISTS, which no migration of base names: whatever has that name is gone"
    return Found(rule="database/drop-unknown", says=says, line=found.line, statement=found.statement)


def _hidden(entering: Entering, files: Mapping[str, File]) -> frozenset[str]:
    """The files in which nothing is overruled: from the first on that may do something else elsewhere."""
    paths = [migration.path for migration in entering.migrations]
    first = next((index for index, path in enumerate(paths) if path not in files or files[path].hides), len(paths))
    return frozenset(paths[first:])


def _one(one: File, answers: Iterable[Answer], created: Created, called: frozenset[str]) -> Iterator[Found]:
    """What is found in one file, but for what is about tables that the change made before that line.

    What stands in a function counts where the change runs it.
    """
    yield from one.told
    asked: dict[int, list[Found]] = {}
    for answer in answers:
        index = one.at(answer.line, answer.column)
        if index is not None:
            read = one.reads[index]
            for each in squawk.found(answer, statement=read.line, table=file.table(read)):
                if (each.rule, each.line) not in {(known.rule, known.line) for known in asked.get(index, ())}:
                    asked.setdefault(index, []).append(each)
    for index, read in enumerate(one.reads):
        runs = read.function in called
        if read.nested and read.function and not runs:
            continue
        created.take(read)
        is_made = read.tag == "CreateFunctionStmt"
        own = statements.called(read) if runs and is_made else one.found[index]
        there = (*own, *asked.get(index, ()))
        for each in there:
            if each.rule not in _ADVICE and created.excuses(each, read):
                continue
            if each.rule == _CONSTRAINT and (_is_unique(there) or alterations.scans_nothing(read)):
                continue
            yield each


def _is_unique(there: Iterable[Found]) -> bool:
    return any(each.rule == _UNIQUE for each in there)


def _expands(one: File, created: Created) -> Iterator[str]:
    """The tables that get columns; "" where a table is made."""
    for read in one.reads:
        if read.tag == "CreateStmt" and read.statement.read(CreateStmt).relation.name in created:
            yield ""
        yield from alterations.added(read)


def _severity(rule: str, *, is_production: bool) -> Severity:
    match RULES[rule].weight:
        case "error":
            return "error"
        case "production":
            return "error" if is_production else "warning"
        case "advice":
            return "warning"


def told(weighed: Iterable[Weighed]) -> Iterator[Finding]:
    """Each place once, as severe as where it counts most; of one stack only where no other gets it."""
    places: dict[tuple[str, Found], list[Weighed]] = {}
    for each in weighed:
        places.setdefault((each.path, each.found), []).append(each)
    for (path, found), there in places.items():
        yield findings.make(
            found.rule,
            min((each.severity for each in there), key=SEVERITIES.index),
            f"{versions.shown(path)} {found.says}",
            help=RULES[found.rule].help,
            path=path,
            line=found.line,
            column=found.column,
            stack=there[0].stack if len(there) == 1 else None,
        )
