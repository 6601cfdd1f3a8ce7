"""The checker `database`: lints the migrations that enter databases, each told once, as severe as where it enters."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from gitops_ci.errors import ToolError
from gitops_ci.kinds.database import dialects, mysql, mysql_reading
from gitops_ci.kinds.database.migrations.versions import Migration
from gitops_ci.kinds.database.rules import catalog, entering, file, seen, squawk, weighing
from gitops_ci.kinds.database.rules.created import Created
from gitops_ci.kinds.database.rules.entering import Entering
from gitops_ci.kinds.database.rules.file import File
from gitops_ci.kinds.database.rules.seen import Seen
from gitops_ci.kinds.database.rules.squawk import Answer, Answers, Linter
from gitops_ci.kinds.database.sql import data, refusals
from gitops_ci.kinds.database.sql.postgres import SqlError, TooDeepError
from gitops_ci.kinds.database.sql.refusals import MigrationError
from gitops_ci.model import finding as findings
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Engine, Plan, Problem
from gitops_ci.model.policy import PolicyRun
from gitops_ci.policy.scope import Scope, Told

_PARSER = "migrations are read with pglast or sqlglot, which is not installed: pip install 'gitops-ci[database]'"


def check(scope: Scope, linter: Linter, plans: Iterable[Plan] = ()) -> Told | None:
    """What the lint has to say; None where no migration enters anything.

    What was seen as one of the `plans` was tried overrules what is only guessed.
    """
    begin = time.monotonic()
    read = _Reading()
    by_stack = {plan.stack: plan for plan in plans}
    with ThreadPoolExecutor(max_workers=1) as background:
        asked = _Asking(linter, background)
        try:
            enter = tuple(entering.of(scope))
            for each in enter:
                asked.early(each)
                read.take(each)
        except ImportError:
            return Told((), PolicyRun(name="database", problems=(Problem(code="missing", message=_PARSER),)))
        if not enter:
            return None
        answers = [asked.about(each, read.files) for each in enter]
        for one in read.files.values():
            _ = one.found  # while squawk works
        weighed = [
            one
            for each, answer in zip(enter, answers, strict=True)
            for one in weighing.of(each, read.files, answer(), _seen(each, by_stack))
        ]
    found = (*weighing.told(weighed), *_by_text(enter, read.files))
    run = PolicyRun(
        name="database",
        seconds=round(time.monotonic() - begin, 3),
        engine=asked.engine,
        inputs=len(read.files),
        policies=len(catalog.RULES),
        problems=(*read.problems.values(), *dict.fromkeys(asked.problems)),
    )
    return Told(found, run)


def _seen(each: Entering, plans: Mapping[str, Plan]) -> Seen:
    tried = (migration.path for migration in each.migrations if migration.path not in each.scripts)
    return seen.of(plans.get(each.stack.id), tried)


def _by_text(enter: Iterable[Entering], files: Mapping[str, File]) -> Iterator[Finding]:
    """That MySQL's migrations are only read."""
    for each in enter:
        path = next((one.path for one in each.migrations if one.path in files), None)
        if each.dialect == "mysql" and path is not None:
            yield findings.make(
                "database/text-only",
                "notice",
                "the plan of these MySQL migrations is told from their text: nothing was tried, no lock was looked at",
                help="Try them on a copy before they are merged.",
                path=path,
                stack=each.stack.id,
            )


class _Reading:
    """Every file that enters something, read once."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.problems: dict[str, Problem] = {}

    def take(self, each: Entering) -> None:
        """Reads what one stack gets. Raises ImportError where the parser is missing."""
        for migration in each.migrations:
            if migration.path in self.files or migration.path in self.problems:
                continue
            try:
                self.files[migration.path] = _parsed(migration, each)
                if dialects.is_mysql(migration, each.dialect):
                    mysql_reading.refuse_unknown(each.texts.of(migration))
            except MigrationError as refused:
                self.problems[migration.path] = Problem(
                    code=f"database-{refused.code}",
                    message=f"{migration.name} {refused}",
                    path=migration.path,
                    line=refused.line,
                )


def _parsed(migration: Migration, its: Entering) -> File:
    text = its.texts.of(migration)
    if dialects.is_mysql(migration, its.dialect):
        return File(migration.path, text, (), mysql.found(text))
    try:
        parsed = file.read(migration, text)
    except SqlError as error:
        raise refusals.explained(text, error) from None
    except TooDeepError:
        raise MigrationError("unsupported", "nests deeper than can be read here (about 300 levels)") from None
    copied = next((read for read in parsed.reads if read.tag == "CopyStmt" and data.reads_client(read.statement)), None)
    if copied is not None:
        raise refusals.copy_data(copied.line)
    return parsed


_Texts = tuple[tuple[str, str], ...]


class _Asking:
    """Squawk asked about each database's migrations; once where several get the same.

    What was asked early and turned out to be wanted otherwise is passed over.
    """

    def __init__(self, linter: Linter, background: Executor) -> None:
        self._linter = linter
        self._background = background
        self._asked: dict[_Texts, Future[Answers]] = {}
        self._wanted: dict[_Texts, Future[Answers]] = {}

    def early(self, enter: Entering) -> None:
        """Begins to ask about all of a database's migrations before they are parsed: mostly all of them count."""
        texts: dict[str, str] = {}
        for migration in enter.migrations:
            with contextlib.suppress(MigrationError):  # which is told where it is read
                if not dialects.is_mysql(migration, enter.dialect):
                    texts[migration.path] = squawk.asked(enter.texts.of(migration), ())
        self._begun(texts)

    def _begun(self, texts: Mapping[str, str]) -> Future[Answers]:
        key = tuple(texts.items())
        if key not in self._asked:
            self._asked[key] = self._background.submit(self._linter.run, texts)
        return self._asked[key]

    def about(self, enter: Entering, files: Mapping[str, File]) -> Callable[[], Mapping[str, tuple[Answer, ...]]]:
        """Begins to ask; what is given waits for its answers by path: none where it gave none, one of `problems`."""
        created = Created(enter.earlier)
        texts = {
            one.path: squawk.asked(one.text, _doubtful(one, created))
            for migration in enter.migrations
            if (one := files.get(migration.path)) is not None and one.reads
        }
        if not texts:
            return dict
        asked = self._wanted[tuple(texts.items())] = self._begun(texts)

        def answers() -> Mapping[str, tuple[Answer, ...]]:
            known = _known(asked)
            return known.by_path if isinstance(known, Answers) else {}

        return answers

    @property
    def engine(self) -> Engine | None:
        """What answered."""
        return next((each.engine for each in map(_known, self._wanted.values()) if isinstance(each, Answers)), None)

    @property
    def problems(self) -> Iterator[Problem]:
        """What squawk alone could have told and did not."""
        for answers in map(_known, self._wanted.values()):
            if isinstance(answers, Answers):
                yield from _not_understood(answers)
                continue
            hint = f": {answers.hint}" if answers.hint else ""
            message = f"locks and scans were not looked at, because {answers.message}{hint}"
            yield Problem(code="missing" if answers.hint else "crashed", message=message)


def _known(asked: Future[Answers]) -> Answers | ToolError:
    try:
        return asked.result()
    except ToolError as error:
        return error


def _doubtful(one: File, created: Created) -> Iterator[range]:
    """The statements that make a table which may be there: squawk would take it for a new one."""
    for read in one.reads:
        if created.may_be_there(read):
            statement = read.statement
            yield range(statement.location, statement.location + len(statement.text.encode()))


def _not_understood(answers: Answers) -> Iterator[Problem]:
    for path, there in answers.by_path.items():
        wrong = next((each for each in there if each.rule_name == squawk.SYNTAX), None)
        if wrong is not None:
            message = "squawk does not understand this statement: its locks were not looked at"
            yield Problem(code="database-unread", message=message, path=path, line=wrong.line + 1)
