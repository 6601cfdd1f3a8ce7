"""The two ends of a change, opened: repository, configuration, base and head discovered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from msgspec import Struct, structs

from gitops_ci import config as configuration
from gitops_ci.commands import connecting, deciding
from gitops_ci.commands.options import Options, Outside
from gitops_ci.config import Config
from gitops_ci.discover import affected, inventory
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import UsageError
from gitops_ci.github import event as events
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import AffectedStack
from gitops_ci.system.begun import Begun
from gitops_ci.system.git import Repository
from gitops_ci.system.revisions import Revisions


class Change(Struct, frozen=True, kw_only=True):
    """What is compared. `base` is None where no base is asked for; `config` comes from base where there is one.

    `proposed` is head's own configuration, where that is another one and can be read: it decides nothing yet.
    """

    repository: Repository
    event: events.Event
    config: Config
    config_digest: str
    base_commit: str | None
    base: Inventory | None
    head: Inventory
    head_commit: str | None
    warnings: tuple[Finding, ...] = ()
    proposed: Config | None = None


@contextmanager
def opened(
    options: Options, outside: Outside, *, needs_base: bool, merge_of: events.Event | None = None
) -> Iterator[Change]:
    """Opens the repository and both ends. With `needs_base` a missing base is an error, else there may be none.

    Where an event names a base the configuration comes from there, whatever is compared (trust.md, rule 4). `merge_of`
    stands for the job's event: its head, merged into its base, is judged, and neither is ever checked out. Where this
    clone does not have that base it is the branch of it as it was when the clone was made.
    """
    repository = _repository(options, outside)
    try:
        event = _with_its_base(repository, merge_of or _event(outside))
        tip = _tip(repository, options, event if merge_of is not None else None)
        if tip is None:
            repository.begin_work_tree(exclude=options.out)
        wanted = needs_base or options.base is not None or event.base is not None
        base_commit = _base(repository, options, event, tip, outside) if wanted else None
        listed = Begun(partial(repository.at, base_commit)) if base_commit is not None else None
        from gitops_ci.kinds import catalog  # many modules: git reads both ends meanwhile

        base = listed.result() if listed is not None else None
        revisions = Revisions(repository)
        judging = Begun(partial(_head, repository, tip, base))
        if base is None or options.config_from == "worktree":
            config, digest = deciding.read(options, base, _tried(repository, options, judging.result()))
        else:
            config, digest = deciding.read(options, base, base)
        if base is not None:
            base.branch, base.revisions = event.base_ref or event.onto, revisions
        before = inventory.take(base, config, catalog.ALL) if base is not None else None
        head = judging.result()
        head.branch, head.revisions = event.base_ref or event.onto, revisions
        judged = _is_the_events(repository, event, head, outside)
        proposed, told = deciding.proposed(options, config, base, head)
        yield Change(
            repository=repository,
            event=event if judged else events.Event(fork=event.fork),
            config=config,
            config_digest=digest,
            base_commit=base_commit,
            base=before,
            head=inventory.take(head, config, catalog.ALL, near=before),
            head_commit=event.head if judged else head.commit,
            warnings=(*told, *deciding.unmatched(config, head, deciding.place(options))),
            proposed=proposed,
        )
    finally:
        repository.close()


@contextmanager
def looked_at(options: Options, outside: Outside) -> Iterator[tuple[Repository, Snapshot, Config]]:
    """One end alone, `--head` or the work tree, with its own configuration: nothing is compared or judged."""
    repository = _repository(options, outside)
    try:
        tip = _tip(repository, options, None)
        snapshot = repository.at(tip) if tip is not None else repository.work_tree_snapshot(exclude=options.out)
        yield repository, snapshot, deciding.read(options, None, snapshot)[0]
    finally:
        repository.close()


@contextmanager
def work_tree(options: Options, outside: Outside) -> Iterator[tuple[Snapshot, Config]]:
    """The work tree and its configuration, for where nothing is judged."""
    repository = _repository(options, outside)
    try:
        snapshot = repository.work_tree_snapshot()
        yield snapshot, deciding.read(options, None, snapshot)[0]
    finally:
        repository.close()


def configured(options: Options, outside: Outside) -> Config:
    """The configuration that `opened` would judge a change by, without looking at anything else."""
    repository = _repository(options, outside)
    try:
        event = _event(outside)
        tip = _tip(repository, options, None)
        try:
            base = repository.at(_base(repository, options, event, tip, outside))
        except UsageError:
            if options.base is not None or event.base is not None:
                raise
            base = None
        tried = base is None or options.config_from == "worktree"
        source = repository.work_tree_snapshot(exclude=options.out) if tried or base is None else base
        return deciding.read(options, base, source)[0]
    finally:
        repository.close()


def _event(outside: Outside) -> events.Event:
    if outside.settings.event_path is None:
        return events.Event()
    return connecting.completed(events.read(outside.settings.event_path), outside, newest=True)


def _with_its_base(repository: Repository, event: events.Event) -> events.Event:
    """The event with the base that git has: what the branch got since this clone was made is not judged against."""
    if event.base is None or event.base_ref is None or repository.commit(event.base) is not None:
        return event
    return structs.replace(event, base=repository.commit(f"refs/remotes/origin/{event.base_ref}") or event.base)


def _tip(repository: Repository, options: Options, merge_of: events.Event | None) -> str | None:
    """The commit that is judged; None for the work tree."""
    if merge_of is not None and merge_of.base is not None and merge_of.head is not None:
        base = repository.require_commit(merge_of.base, "the base")
        return repository.merge(base, repository.require_commit(merge_of.head, "the head"))
    return repository.require_commit(options.head, "--head") if options.head is not None else None


def _is_the_events(repository: Repository, event: events.Event, head: Snapshot, outside: Outside) -> bool:
    """Whether what is judged is the event's head, or the merge of it that GitHub checks out."""
    if event.head is None or head.commit is None:
        return False
    return event.head == head.commit or _merged_base(repository, event, head.commit, outside) is not None


def _merged_base(repository: Repository, event: events.Event, commit: str, outside: Outside) -> str | None:
    """The base in GitHub's own merge of the pull request; None for any other commit.

    Anyone can push a merge of the head and something else, which would then be the base that decides: what is not
    the job's own commit (`GITHUB_SHA`) has to have the event's base for a parent.
    """
    parents = repository.parents(commit)
    others = [parent for parent in parents if parent != event.head]
    if event.head not in parents or len(others) != 1:
        return None
    is_githubs = commit == outside.settings.environ.get("GITHUB_SHA") or others == [event.base]
    return others[0] if is_githubs else None


def _repository(options: Options, outside: Outside) -> Repository:
    directory = outside.cwd if options.repo is None else outside.cwd / options.repo
    return Repository(
        directory, exact=options.repo is not None, environ=outside.settings.environ, scratch=outside.scratch
    )


def _head(repository: Repository, tip: str | None, base: Snapshot | None) -> Snapshot:
    return repository.work_tree_snapshot(near=base) if tip is None else repository.at(tip, near=base)


def _base(repository: Repository, options: Options, event: events.Event, tip: str | None, outside: Outside) -> str:
    """`--base` as it is; the event's base, else the default branch, at the point where head left it."""
    if options.base is not None:
        return repository.require_commit(options.base, "--base")
    tip = tip or repository.commit("HEAD")
    if tip is None:
        raise UsageError(
            "the repository has no commit yet, so there is no base", hint="commit once, or plan everything with --all"
        )
    if event.base is not None:
        merged = _merged_base(repository, event, tip, outside)  # the base as it is now
        return merged or repository.merge_base(repository.require_commit(event.base, "the event's base"), tip)
    base = repository.default_base(tip)
    if base is None:
        raise UsageError(
            "no default branch is known (origin/HEAD, main, master), so there is no base", hint="give --base REV"
        )
    return base


def _tried(repository: Repository, options: Options, head: Snapshot) -> Snapshot:
    """Where `--config-from worktree` reads: the work tree, also where another commit is judged."""
    if options.head is None or options.config_from != "worktree":
        return head
    return repository.work_tree_snapshot(exclude=options.out)


def expected(change: Change, options: Options) -> tuple[AffectedStack, ...]:
    """Every stack that a verdict about the change has to know: all affected ones, or all there are with `--all`."""
    if options.everything or change.base is None:
        return affected.everything(change.base, change.head)
    return affected.between(change.base, change.head)


def selected(change: Change, options: Options, stacks: tuple[AffectedStack, ...]) -> tuple[AffectedStack, ...]:
    """The expected `stacks` that the options ask for, and `--stack`s beside them.

    Raises UsageError for what there is not.
    """
    if options.stacks:
        every = affected.everything(change.base, change.head)
        _known_stacks(options.stacks, {stack.id for stack in every})
        there = {stack.id for stack in stacks}
        stacks += tuple(stack for stack in every if stack.id in options.stacks - there)
    environments = _environments(options.environments, change)
    chosen = affected.select(stacks, ids=options.stacks, environments=environments, kinds=options.kinds)
    if options.shard is None:
        return chosen
    from gitops_ci.discover import shards

    shard = shards.pick(chosen, change.config, options.shard, work=work(chosen, change))
    return tuple(stack for stack in chosen if stack.id in shard)


def work(stacks: Iterable[AffectedStack], change: Change) -> dict[str, int]:
    """How much work each plan is likely to be, as far as the files tell."""
    from gitops_ci.discover import shards

    return shards.work(stacks, [end for end in (change.head, change.base) if end is not None])


def downstream(change: Change, options: Options) -> tuple[AffectedStack, ...]:
    """The stacks that the options ask for which only read what the change may alter: nothing plans or expects them."""
    if change.base is None:
        return ()
    found = affected.downstream(affected.between(change.base, change.head), change.base, change.head)
    environments = _environments(options.environments, change)
    return affected.select(found, ids=options.stacks, environments=environments, kinds=options.kinds)


def _known_stacks(asked: frozenset[str], known: set[str]) -> None:
    import difflib  # only a mistake needs it

    for stack_id in sorted(asked - known):
        near = difflib.get_close_matches(stack_id, known, n=1) or [
            id for id in sorted(known) if id.endswith(f"/{stack_id}")
        ]
        hint = f"did you mean {near[0]}?" if near else "`gitops-ci affected --all --format json` has every id"
        raise UsageError(f"--stack {stack_id!r} does not exist", hint=hint)


def _environments(asked: frozenset[str], change: Change) -> frozenset[str]:
    """The names behind what was asked for (an alias will do); raises UsageError for one that nothing is called."""
    ends = [end for end in (change.base, change.head) if end is not None]
    known = {environment.name for environment in change.config.environments} | {configuration.SHARED}
    known |= {stack.environment for end in ends for stack in end.stacks.values()}
    found = frozenset(change.config.environment_of(name) or name for name in asked)
    for name in sorted(found - known):
        raise UsageError(f"--environment {name!r} is not known here", hint=f"known: {', '.join(sorted(known))}")
    return found
