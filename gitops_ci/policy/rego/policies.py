"""The policies that are asked: files of Rego and their data at the configured paths, and which of their rules count.

Rules count that have conftest's names (https://www.conftest.dev): `deny`, `violation`, `warn`, each also with an ending
(`deny_public_bucket`), in any package, or what the configuration's `query` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec
from msgspec import Struct

from gitops_ci.config import DEFAULT_POLICIES, Config, PolicyInput, RegoPolicies
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, SUBMODULE, SYMLINK, Snapshot, join
from gitops_ci.model.plan import Problem
from gitops_ci.model.policy import Checker
from gitops_ci.policy.rego import data_documents, forms, source
from gitops_ci.policy.rego.data_documents import DataFile
from gitops_ci.policy.rego.engine import Bundle, Module
from gitops_ci.policy.rego.forms import Form
from gitops_ci.policy.rego.source import Source

MAX_POLICY = 1 << 20
"""Bytes of one file of Rego."""

CONVENTION = re.compile(r"(deny|violation|warn)((?:_[a-zA-Z0-9]+)*)")
TESTS = "_test.rego"


class Asked(Struct, frozen=True, kw_only=True):
    """Rules of one package that are asked, in which forms and about which files (patterns; none: all)."""

    package: tuple[str, ...]
    rules: tuple[str, ...]
    forms: frozenset[Form]
    files: tuple[str, ...] = ()
    has_exceptions: bool = False


class Entry(Struct, frozen=True, kw_only=True):
    """One `policy.rego[]`: what is at its path. `paths` are all of its files of Rego, those of tests among them."""

    key: str
    config: RegoPolicies
    sources: tuple[Source, ...]
    asked: tuple[Asked, ...]
    paths: tuple[str, ...]


class Policies(Struct, frozen=True, kw_only=True):
    """All policies of one family. `tests` hold tests, `data` are the paths of data, `problems` leave a change open."""

    family: Checker
    entries: tuple[Entry, ...]
    bundle: Bundle
    tests: tuple[Module, ...] = ()
    data: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Everything that is asked."""
        return tuple(each for entry in self.entries for each in entry.asked)

    def sources(self, package: tuple[str, ...]) -> tuple[Source, ...]:
        """The files of a package."""
        return tuple(each for entry in self.entries for each in entry.sources if each.package == package)

    def of(self, package: tuple[str, ...]) -> Iterator[Source]:
        """Every file of a package, or of one that it lies in."""
        for entry in self.entries:
            yield from (each for each in entry.sources if package[: len(each.package)] == each.package)


def configured(config: Config, snapshot: Snapshot) -> tuple[tuple[str, RegoPolicies], ...]:
    """The places to look at with the key of each; none where nothing is configured and there is none to find."""
    if config.policy.rego is not None:
        return tuple((f"policy.rego[{index}]", each) for index, each in enumerate(config.policy.rego))
    prefix = f"{DEFAULT_POLICIES}/"
    if any(path.startswith(prefix) and path.endswith(".rego") for path in snapshot.entries):
        return (("", RegoPolicies(path=DEFAULT_POLICIES)),)
    return ()


def read(places: Iterable[tuple[str, RegoPolicies]], snapshot: Snapshot) -> Policies:
    """The policies of a repository at these places."""
    problems: list[Problem] = []
    modules: dict[str, Module] = {}
    data: dict[str, DataFile] = {}
    entries: list[Entry] = []
    for key, config in places:
        found = _files(config.path, snapshot, (".rego",), problems)
        texts = dict(_texts(found, snapshot, problems))
        modules |= {path: Module(path, text) for path, text in texts.items()}
        entries.append(entry(key, config, texts))
        beside = [(path, config.path, True) for path in _files(config.path, snapshot, data_documents.SUFFIXES, None)]
        named = [(path, each, False) for each in config.data for path in _data(each, snapshot, problems)]
        data |= _data_files([*beside, *named], snapshot, problems)
    merged, wrong = data_documents.merged(data.values())
    return Policies(
        family="rego",
        entries=tuple(entries),
        bundle=Bundle(tuple(each for each in modules.values() if not each.path.endswith(TESTS)), merged),
        tests=tuple(each for each in modules.values() if each.path.endswith(TESTS)),
        data=tuple(data),
        problems=(*problems, *wrong),
    )


def of_modules(family: Checker, texts: Mapping[str, str], data: bytes, *, ids: Iterable[str] = ("*",)) -> Policies:
    """Policies that lie in no repository: path → text; of them those whose `custom.id` fits one of the patterns."""
    patterns = tuple(ids)
    whole = entry("", RegoPolicies(path="."), texts)
    chosen = tuple(
        asked
        for asked in whole.asked
        if any(fnmatchcase(id, pattern) for id in _ids(asked.package, whole.sources) for pattern in patterns)
    )
    modules = tuple(Module(path, text) for path, text in texts.items())
    return Policies(
        family=family,
        entries=(msgspec.structs.replace(whole, asked=chosen),),
        bundle=Bundle(tuple(each for each in modules if not each.path.endswith(TESTS)), data),
        tests=tuple(each for each in modules if each.path.endswith(TESTS)),
    )


def _ids(package: tuple[str, ...], sources: tuple[Source, ...]) -> Iterator[str]:
    """The ids that a package's metadata gives, and its own name."""
    yield ".".join(package)
    own = (each for source in sources if source.package == package for each in source.annotations)
    yield from (each.id for each in own if each.id is not None)


def entry(key: str, config: RegoPolicies, texts: Mapping[str, str]) -> Entry:
    """What the files of one place (path → text) say, and what of them is asked."""
    sources = tuple(source.read(path, text) for path, text in texts.items() if not path.endswith(TESTS))
    return Entry(key=key, config=config, sources=sources, asked=tuple(_asked(config, sources)), paths=tuple(texts))


def _files(path: str, snapshot: Snapshot, suffixes: tuple[str, ...], problems: list[Problem] | None) -> list[str]:
    """The files at a path that end so: one, or all below a directory. Links are followed nowhere."""
    place = join("", path)
    if place is None:
        message = f"{path} leads out of the repository"
        _tell(problems, Problem(code="policy-unreadable", message=message))
        return []
    prefix = f"{place}/" if place else ""
    candidates = [place] if place in snapshot.entries else [p for p in snapshot.entries if p.startswith(prefix)]
    found = []
    for each in candidates:
        mode = snapshot.entries[each].mode
        if mode in (SYMLINK, SUBMODULE) and (each.endswith(suffixes) or each == place or mode == SUBMODULE):
            what = "a symbolic link" if mode == SYMLINK else "a submodule"
            message = f"{what} where policies are read: its content is not looked at"
            _tell(problems, Problem(code="policy-unreadable", message=message, path=each))
        elif each.endswith(suffixes):
            found.append(each)
    return found


def _tell(problems: list[Problem] | None, problem: Problem) -> None:
    if problems is not None and problem not in problems:
        problems.append(problem)


def _texts(paths: list[str], snapshot: Snapshot, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    contents = snapshot.read_many(paths, limit=MAX_POLICY)
    for path in paths:
        content, message = contents.get(path), "is no text"
        if content is None:
            message = f"is larger than {MAX_POLICY >> 20} MiB"
        elif b"\0" not in content:
            try:
                yield path, content.decode("utf-8-sig")
                continue
            except UnicodeDecodeError:
                message = "is not UTF-8"
        problems.append(Problem(code="policy-unreadable", message=f"a policy that {message}", path=path))


def _data(path: str, snapshot: Snapshot, problems: list[Problem]) -> list[str]:
    found = _files(path, snapshot, data_documents.SUFFIXES, problems)
    if not found:
        message = f"policy.rego[].data: {path} holds no YAML and no JSON"
        problems.append(Problem(code="policy-data", message=message, path=path))
    return found


def _data_files(
    places: list[tuple[str, str, bool]], snapshot: Snapshot, problems: list[Problem]
) -> dict[str, DataFile]:
    contents = snapshot.read_many([path for path, _, _ in places])
    found: dict[str, DataFile] = {}
    for path, root, beside in places:
        content = contents.get(path)
        if content is None:
            if snapshot.entries[path].mode not in (SYMLINK, SUBMODULE):
                message = f"data of policies: larger than {MAX_FILE_BYTES >> 20} MiB"
                problems.append(Problem(code="policy-data", message=message, path=path))
            continue
        below = path.removeprefix(join("", root) or "").strip("/").split("/")[:-1]
        found[path] = DataFile(path=path, under=tuple(below), content=content, beside=beside)
    return found


def _asked(config: RegoPolicies, sources: tuple[Source, ...]) -> Iterator[Asked]:
    for package in dict.fromkeys(each.package for each in sources if each.package):
        names = dict.fromkeys(rule.name for each in sources if each.package == package for rule in each.rules)
        rules = tuple(name for name in names if _counts(config.query, package, name))
        if not rules:
            continue
        reads = _reads(package, sources)
        yield Asked(
            package=package,
            rules=rules,
            forms=forms.configured(config.inputs or _told_on(package, sources), reads) or forms.told(reads),
            files=config.files,
            has_exceptions="exception" in names,
        )


def _told_on(package: tuple[str, ...], sources: tuple[Source, ...]) -> tuple[PolicyInput, ...]:
    """What a package's own metadata (`custom.on`) says it is to be asked about."""
    own = (each for source in sources if source.package == package for each in source.annotations)
    return next((each.on for each in own if each.scope == "package" and each.on), ())


def _counts(query: str | None, package: tuple[str, ...], rule: str) -> bool:
    name = ".".join(package)
    asked = None if query is None else query.removeprefix("data.")
    if asked == f"{name}.{rule}":
        return True
    return CONVENTION.fullmatch(rule) is not None and (asked is None or fnmatchcase(name, asked))


def _reads(package: tuple[str, ...], sources: tuple[Source, ...]) -> frozenset[str]:
    """What a package reads of its input, by itself or through the packages that it uses."""
    pending, seen, found = [package], {package}, set[str]()
    known = {each.package for each in sources}
    while pending:
        current = pending.pop()
        for each in sources:
            if each.package != current:
                continue
            found |= each.reads
            for used in each.uses:
                for other in known - seen:
                    if used[: len(other)] == other or (used and other[: len(used)] == used):
                        seen.add(other)
                        pending.append(other)
    return frozenset(found)
