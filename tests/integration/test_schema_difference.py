"""Our schema difference against that of two `pg_dump --schema-only`, object for object, on real migrations."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest

from gitops_ci.kinds.database.dry_run import scripting, watch
from gitops_ci.kinds.database.dry_run.errors import RefusedError
from gitops_ci.kinds.database.dry_run.steps import Steps
from gitops_ci.kinds.database.schema import catalog, difference
from gitops_ci.kinds.database.server import OWNER, WATCHER
from gitops_ci.kinds.database.sql import refusals
from gitops_ci.kinds.database.sql.identifiers import quoted
from gitops_ci.model.plan import Change
from tests.integration import throwaway

pytestmark = pytest.mark.skipif(bool(throwaway.why_not()), reason=throwaway.why_not())

MIRROR = Path(os.environ.get("GITOPS_CI_MIRROR") or Path(__file__).parents[2].parent / ".mirror")
"""A folder with git directories of public repositories, as `OWNER+NAME/repo`; the tests skip where it is absent."""
REPOSITORIES = (
    ("concourse+concourse", "atc/db/migration/migrations", r"\d+_[^/]*\.up\.sql"),
    ("langfuse+langfuse", "packages/shared/prisma/migrations", r"\d+_[^/]*/migration\.sql"),
    ("supabase+auth", "migrations", r"\d+_[^/]*\.up\.sql"),
)
EVERY = 5
"""Migrations between two comparisons: a dump takes longer than a migration."""
_HEADER = re.compile(r"^-- Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>[^;]*);", re.MULTILINE)
_NO_OBJECT = re.compile(
    r"^(?:\\(?:un)?restrict .*|-- PostgreSQL database dump complete|SET default_.*;|--)?\n", re.MULTILINE
)
_KINDS = {"TABLE": "table", "INDEX": "index", "VIEW": "view", "MATERIALIZED VIEW": "materialized view", "TYPE": "type"}
_KINDS |= {"FUNCTION": "function", "TRIGGER": "trigger", "POLICY": "policy", "SCHEMA": "schema", "DOMAIN": "domain"}
_KINDS |= {"EXTENSION": "extension", "SEQUENCE": "sequence", "PROCEDURE": "procedure"}
_OF_TABLE = {"CONSTRAINT", "FK CONSTRAINT", "DEFAULT", "CHECK CONSTRAINT", "ROW SECURITY", "TABLE ATTACH"}


def dumped(directory: Path, programs: Path) -> dict[str, str]:
    """Each object's address with the text that the dump has of it."""
    done = subprocess.run(
        [programs / "pg_dump", "--schema-only", "-h", directory, "-U", WATCHER, "-N", "gitops_ci", "postgres"],
        capture_output=True,
        text=True,
        check=True,
    )
    text = _NO_OBJECT.sub("", done.stdout)
    found: dict[str, str] = {}
    headers = list(_HEADER.finditer(text))
    for header, following in zip_longest(headers, headers[1:]):
        body = text[header.end() : following.start() if following else len(text)]
        address = addressed(header["type"], header["name"], header["schema"])
        found[address] = found.get(address, "") + body
    return found


def addressed(type_: str, name: str, schema: str) -> str:
    """The address that the plan has for an entry of a dump, which quotes no names."""
    at = "" if schema in ("public", "-") else f"{schema}."
    if type_ in _OF_TABLE:
        return f"table {at}{quoted(name.split(' ', maxsplit=1)[0])}"
    if type_ == "SEQUENCE OWNED BY":
        return f"sequence {at}{quoted(name)}"
    if type_ == "TRIGGER":
        table, trigger = name.split(" ", 1)
        return f"trigger {quoted(trigger)} on {at}{quoted(table)}"
    if type_ == "COMMENT":
        kind, _, what = name.partition(" ")
        if kind == "COLUMN":
            return f"table {at}{quoted(what.partition('.')[0])}"
        return addressed(kind, what, schema)
    function, paren, arguments = name.partition("(")
    return f"{_KINDS.get(type_, type_.lower())} {at}{quoted(function)}{paren}{arguments}"


def ours(changes: Iterator[Change]) -> set[str]:
    """The addresses that a dump would have otherwise, those that go with a table included."""
    found: set[str] = set()
    for change in changes:
        if change.type in ("privileges", "default privileges"):
            continue
        if change.type in ("column", "constraint"):
            table = change.address.removeprefix("column ").rpartition(".")[0]
            found.add(f"table {table if change.type == 'column' else change.address.rpartition(' on ')[2]}")
            continue
        found |= {change.address} | ({change.previous_address} if change.previous_address else set())
        if change.action == "delete":
            kinds = [each.path.partition(".") for each in change.attributes if not each.path.startswith("column.")]
            found |= {f"{kind} {name}" for kind, _, name in kinds}
    return found


@pytest.mark.parametrize(("name", "directory", "pattern"), REPOSITORIES)
def test_the_difference_is_that_of_two_dumps(name: str, directory: str, pattern: str, tmp_path: Path) -> None:
    repository = MIRROR / name / "repo"
    if not repository.exists():
        pytest.skip(f"{name} has not been fetched")
    texts = dict(history(repository, directory, pattern))
    compared = 0
    with throwaway.servers(tmp_path).own("nothing", 600) as cluster:
        watcher = cluster.connect(WATCHER)
        watcher.run(f"{watch.PREPARE}; CREATE SCHEMA auth AUTHORIZATION {OWNER}")
        steps = Steps(cluster.connect(OWNER), ())
        before = catalog.read(watcher)
        dump = dumped(cluster.directory, cluster.installation.programs)
        for number, (path, text) in enumerate(texts.items(), 1):
            script = scripting.Script(path, path, text, scripting.statements(text, path, path))
            watch.provide_roles(watcher, script.roles, OWNER)
            try:
                steps.run(script)
            except RefusedError as refused:
                if refused.code == "unsupported":
                    pytest.skip(str(refused))
                raise
            if number % EVERY and number != len(texts):
                continue
            after = catalog.read(watcher)
            later = dumped(cluster.directory, cluster.installation.programs)
            differing = {each for each in {*dump, *later} if dump.get(each) != later.get(each)}
            changes = [change for _, change in difference.between(before, after)]
            succeeded = {change.previous_address for change in changes} & {change.address for change in changes}
            differing |= {each for each in succeeded if each is not None}  # one went, an equal one took its name
            found = ours(iter(changes))
            assert {each for each in differing if not each.startswith(("acl", "default acl"))} == found, path
            compared += len(found)
            before, dump = after, later
    assert compared > 50


def history(repository: Path, directory: str, pattern: str) -> Iterator[tuple[str, str]]:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", repository, *arguments], capture_output=True, check=True)
        return done.stdout.decode()

    paths = git("ls-tree", "-r", "--name-only", "HEAD", f"{directory}/").splitlines()
    named = [path for path in paths if re.fullmatch(pattern, path.removeprefix(f"{directory}/"))]
    for path in sorted(named):  # all have the same width, or are run by name (Prisma)
        text = refusals.decoded(git("show", f"HEAD:{path}").encode())
        yield path, re.sub(r"\{\{ *index \.Options \"Namespace\" *\}\}", "auth", text)  # a template of supabase's tool
