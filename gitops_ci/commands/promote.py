"""`gitops-ci promote`: which environment is ahead of which, and the change that brings one stack to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from msgspec import structs

from gitops_ci.commands import change as changes
from gitops_ci.commands import connecting, output
from gitops_ci.commands.options import Options, Outside
from gitops_ci.discover import inventory
from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import UsageError
from gitops_ci.gate.promotion import ahead, counterparts, patch, writing
from gitops_ci.gate.promotion.ahead import Standing
from gitops_ci.gate.promotion.writing import Written
from gitops_ci.kinds import catalog
from gitops_ci.render import promotions
from gitops_ci.render.promotions import Branch, Step
from gitops_ci.system.git import Repository

BRANCHES = "gitops-ci/promote/"
"""What the names of branches begin with that are made here."""


def run(options: Options, outside: Outside) -> int:
    """Prints what is ahead of what; with `--stack` makes the change, as a pull request or as a patch.

    1 where a part of the change has to be made by hand.
    """
    with changes.looked_at(options, outside) as (repository, snapshot, config):
        found = inventory.take(snapshot, config, catalog.ALL)
        steps = tuple(_steps(found, repository, options))
        if options.stacks:
            return _one(_standing(options.stacks, steps), found, (repository, options, outside))
        match options.format:
            case "json":
                output.document(promotions.document(steps, snapshot.tree), outside)
            case "markdown":
                outside.stdout.write(promotions.markdown(steps))
            case "patch":
                raise UsageError("a patch is of one stack", hint="name it with --stack ID")
            case _:
                output.show(promotions.lines(steps), outside)
    return 0


def _steps(found: Inventory, repository: Repository, options: Options) -> Iterator[Step]:
    known = [environment.name for environment, _ in ahead.steps(found)]
    asked = {found.config.environment_of(name) or name for name in options.environments}
    for name in sorted(asked - set(known)):
        hint = f"promoted from another: {', '.join(known) or 'none'}"
        raise UsageError(f"--environment {name!r} is not promoted from another one", hint=hint)
    for environment, source in ahead.steps(found):
        if asked and environment.name not in asked:
            continue
        if environment.branch and source.branch and counterparts.has_own_branch(environment, source):
            branch = _branch(environment.branch, source.branch, repository)
            yield Step(environment=environment.name, promotes_from=source.name, branch=branch)
            continue
        exempt = found.config.gate(environment.name).promotion_except
        stacks = ahead.standings(environment.name, source.name, found)
        kept = (each for each in stacks if _is_asked(each, options.kinds) and not _is_exempt(each, exempt))
        yield Step(environment=environment.name, promotes_from=source.name, stacks=tuple(kept))


def _branch(branch: str, source: str, repository: Repository) -> Branch:
    tips = [repository.branch(name) for name in (branch, source)]
    counts = repository.apart(tips[0], tips[1]) if tips[0] is not None and tips[1] is not None else (None, None)
    return Branch(branch=branch, source=source, behind=counts[0], ahead=counts[1])


def _is_asked(standing: Standing, kinds: frozenset[str]) -> bool:
    return not kinds or standing.stack.split("/")[1] in kinds


def _is_exempt(standing: Standing, patterns: tuple[str, ...]) -> bool:
    name = standing.stack.partition("/")[2].partition("@")[0]
    return any(fnmatchcase(name, each) for each in patterns)


def _standing(asked: frozenset[str], steps: tuple[Step, ...]) -> Standing:
    if len(asked) > 1:
        raise UsageError("one stack is promoted at a time", hint="give --stack once")
    (name,) = asked
    known = {each.stack: each for step in steps for each in step.stacks}
    if name in known:
        return known[name]
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else "`gitops-ci promote` lists them"
    if any(step.branch is not None and name.startswith(f"{step.environment}/") for step in steps):
        hint = "its environment is a branch: open a pull request from the branch before it"
    raise UsageError(f"--stack {name!r} is not promoted from another environment", hint=hint)


def _one(standing: Standing, found: Inventory, given: tuple[Repository, Options, Outside]) -> int:
    repository, options, outside = given
    written = _from_root(writing.of(standing, found), repository)
    text = patch.of(written.files)
    if options.format == "patch":
        outside.stdout.write(text)
        for each in written.by_hand:
            output.say(f"by hand: {each}", outside)
        return int(bool(written.by_hand))
    url = _proposed(written, found, outside) if written.files else None
    place = None
    if written.files and url is None:
        directory = output.directory(options, outside, repository.git_directory)
        output.prepare(directory, repository.work_tree)
        place = str(output.write(directory / f"promote-{_slug(written.stack)}.patch", text.encode()))
    match options.format:
        case "json":
            output.document(promotions.document_of(written, patch=place, pull_request=url), outside)
        case "markdown":
            outside.stdout.write(promotions.body(written))
        case _:
            output.show(promotions.written(written, filter(None, (place, url))), outside)
    return int(bool(written.by_hand))


def _from_root(written: Written, repository: Repository) -> Written:
    """With paths from the root of the repository, also where a folder of it was treated as the whole."""
    if not repository.prefix:
        return written
    files = (structs.replace(each, path=f"{repository.prefix}/{each.path}") for each in written.files)
    return structs.replace(written, files=tuple(files))


def _proposed(written: Written, found: Inventory, outside: Outside) -> str | None:
    """The address of the pull request; None where there is no token to open one with."""
    api = connecting.connection(outside)
    if api is None:
        return None
    commit = found.snapshot.commit
    if commit is None:
        raise UsageError("the work tree is no commit that a pull request could be made from", hint="give --head REV")
    from gitops_ci.github import promoting

    environment = found.config.environment(written.stack.partition("/")[0])
    title = f"Promote {written.stack} to what {written.source.partition('/')[0]} has"
    proposal = promoting.Proposal(
        branch=BRANCHES + _slug(written.stack),
        commit=commit,
        title=title,
        body=promotions.body(written),
        base=environment.branch if environment is not None else None,
        files={each.path: each.after for each in written.files},
        executable=frozenset(each.path for each in written.files if each.mode == "100755"),
    )
    proposed = promoting.propose(api, proposal)
    output.say(f"#{proposed.number} is {'open' if proposed.changed else 'open already, and up to date'}", outside)
    return proposed.url


def _slug(stack_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", stack_id).strip("-")
