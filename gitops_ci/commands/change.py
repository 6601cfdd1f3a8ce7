"""The two ends of a change, opened: repository, configuration, base and head discovered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from gitops_ci import config as configuration
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import Config
from gitops_ci.discover import affected, inventory, shards
from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.errors import ConfigError, UsageError
from gitops_ci.github import event as events
from gitops_ci.kinds import catalog
from gitops_ci.kinds.protocol import Inventory
from gitops_ci.model.stack import KINDS, AffectedStack
from gitops_ci.system.git import Repository


class Change(Struct, frozen=True, kw_only=True):
    """What is compared. `base` is None where no base is asked for; `config` comes from base where there is one."""

    repository: Repository
    event: events.Event
    config: Config
    config_digest: str
    base_commit: str | None
    base: Inventory | None
    head: Inventory

    @property
    def head_commit(self) -> str | None:
        """The commit under review: the pull request's head where the event names it, else what was read."""
        return self.event.head or self.head.snapshot.commit


@contextmanager
def opened(options: Options, outside: Outside, *, needs_base: bool) -> Iterator[Change]:
    """Opens the repository and both ends. With `needs_base` a missing base is an error, else there is none."""
    repository = _repository(options, outside)
    try:
        event = _event(options, outside)
        head = _head(repository, options)
        base_commit = _base(repository, options, event, head) if needs_base or options.base else None
        base = repository.at(base_commit) if base_commit is not None else None
        config, digest = _config(options, base, head)
        _known_names(options, config)
        yield Change(
            repository=repository,
            event=event,
            config=config,
            config_digest=digest,
            base_commit=base_commit,
            base=inventory.take(base, config, catalog.ALL) if base is not None else None,
            head=inventory.take(head, config, catalog.ALL),
        )
    finally:
        repository.close()


def _repository(options: Options, outside: Outside) -> Repository:
    directory = outside.cwd if options.repo is None else outside.cwd / options.repo
    return Repository(
        directory, exact=options.repo is not None, environ=outside.settings.environ, scratch=outside.scratch
    )


def _event(options: Options, outside: Outside) -> events.Event:
    path = outside.settings.event_path
    if options.base is not None or path is None:
        return events.Event()
    return events.read(path)


def _head(repository: Repository, options: Options) -> Snapshot:
    if options.head is not None:
        return repository.at(repository.require_commit(options.head, "--head"))
    return repository.work_tree_snapshot(exclude=options.out)


def _base(repository: Repository, options: Options, event: events.Event, head: Snapshot) -> str:
    """`--base` as it is; the event's base, else the default branch, at the point where head left it."""
    if options.base is not None:
        return repository.require_commit(options.base, "--base")
    tip = head.commit or repository.commit("HEAD")
    if tip is None:
        raise UsageError(
            "the repository has no commit yet, so there is no base", hint="commit once, or plan everything with --all"
        )
    if event.base is not None:
        return repository.merge_base(repository.require_commit(event.base, "the event's base"), tip)
    base = repository.default_base(tip)
    if base is None:
        raise UsageError(
            "no default branch is known (origin/HEAD, main, master), so there is no base", hint="give --base REV"
        )
    return base


def _config(options: Options, base: Snapshot | None, head: Snapshot) -> tuple[Config, str]:
    path = _config_path(options)
    source = head if base is None or options.config_from == "worktree" else base
    content = source.read(path)
    if content is None:
        if path in source:
            raise ConfigError(f"{path} is too large to be a configuration")
        if options.config is not None:
            raise ConfigError(f"{path} is not in {_end(source, base)}", hint="give a path inside the repository")
        return configuration.DEFAULT, configuration.digest(None)
    from gitops_ci import config_file  # a YAML reader, which a repository without the file does without

    return config_file.load(content, path), configuration.digest(content)


def _config_path(options: Options) -> str:
    if options.config is None:
        return configuration.FILE
    path = join("", options.config)
    if not path:
        raise ConfigError(
            f"--config {options.config!r} is not a path inside the repository",
            hint="give it relative to the repository's root",
        )
    return path


def _end(source: Snapshot, base: Snapshot | None) -> str:
    return "the base commit" if source is base else "the repository"


def _known_names(options: Options, config: Config) -> None:
    known = {environment.name for environment in config.environments} | {configuration.SHARED}
    for given, names, option in ((options.environments, known, "--environment"), (options.kinds, set(KINDS), "--kind")):
        for name in sorted(given - names):
            raise UsageError(f"{option} {name!r} is not known here", hint=f"known: {', '.join(sorted(names))}")


def selected(change: Change, options: Options) -> tuple[AffectedStack, ...]:
    """The affected stacks (or all) that the options ask for; raises UsageError for an id that does not exist."""
    if options.everything or change.base is None:
        stacks = affected.everything(change.head)
    else:
        stacks = affected.between(change.base, change.head)
    known = set(change.head.stacks) | set(change.base.stacks if change.base is not None else ())
    for stack_id in sorted(options.stacks - known):
        raise UsageError(
            f"--stack {stack_id!r} does not exist", hint="`gitops-ci affected` lists ids as environment/kind/name"
        )
    if options.stacks:
        there = {stack.id for stack in stacks}
        stacks += tuple(stack for stack in affected.everything(change.head) if stack.id in options.stacks - there)
    chosen = affected.select(stacks, ids=options.stacks, environments=options.environments, kinds=options.kinds)
    if options.shard is None:
        return chosen
    shard = shards.pick(chosen, change.config, options.shard)
    return tuple(stack for stack in chosen if stack.id in shard)
