"""`gitops-ci runs`: the run whose reports say what each open pull request is like, for whoever judges them again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from gitops_ci.commands import connecting, output
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import UsageError
from gitops_ci.github import event as events
from gitops_ci.render import lines

if TYPE_CHECKING:
    from gitops_ci.github.api import Api
    from gitops_ci.github.pull_requests import PullRequest

MOST = 256
"""Jobs of a matrix (https://docs.github.com/actions/reference/limits)."""


class Judged(Struct, frozen=True, kw_only=True):
    """A pull request, and the run to take the reports from; `run` is its `id/attempt`, as `publish --run` takes it.

    `needs` says which of its jobs did not end well, as `gate --needs` takes it; empty where all did.
    """

    pull_request: int
    id: int
    run: str
    needs: str = ""


class Matrix(Struct, frozen=True):
    """What `strategy.matrix` takes; guard it, since an empty one is an error."""

    include: tuple[Judged, ...]


def run(options: Options, outside: Outside) -> int:
    """Prints the runs: of the pull request that is asked for, or the event's, or else of all that are open."""
    api = connecting.connection(outside)
    if api is None:
        raise UsageError("GitHub has to be asked for this", hint="set GITOPS_CI_TOKEN and GITHUB_REPOSITORY")
    found = tuple(_judged(api, options, outside))
    if options.format == "terminal":
        output.show((lines.line(f"#{each.pull_request}  {each.run}") for each in found), outside)
    else:
        output.document(Matrix(found), outside)
    return 0


def _judged(api: Api, options: Options, outside: Outside) -> Iterator[Judged]:
    from gitops_ci.github import workflow_runs

    pulls = list(islice(_pulls(api, options, outside), MOST + 1))
    if len(pulls) > MOST:
        output.say(f"more than {MOST} pull requests are open: those that changed last are taken", outside)
    for pull in pulls[:MOST]:
        known = workflow_runs.newest(api, str(options.workflow), pull) if pull.state == "open" else None
        if known is None:
            output.say(f"#{pull.number} has no run of its head that ended and is not a fork's", outside)
        else:
            ended = {name: {"result": result} for name, result in workflow_runs.failed(api, known).items()}
            needs = msgspec.json.encode(ended).decode() if ended else ""
            yield Judged(pull_request=pull.number, id=known.id, run=f"{known.id}/{known.run_attempt}", needs=needs)


def _pulls(api: Api, options: Options, outside: Outside) -> Iterator[PullRequest]:
    from gitops_ci.github import pull_requests

    settings = outside.settings
    event = events.read(settings.event_path) if settings.event_path is not None else events.Event()
    number = options.pull_request or event.pull_request
    return iter((pull_requests.get(api, number),)) if number is not None else pull_requests.every_open(api)
