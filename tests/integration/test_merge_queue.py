"""The pull requests of a merge queue's group: all of them, or it is said why not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from gitops_ci.github import merge_queue
from gitops_ci.github.api import Api, ApiError
from gitops_ci.github.event import Event
from gitops_ci.model.pull_request import PullRequest, Unreadable, Wanted
from tests.integration.github_server import BASE, HEAD, TOKEN, Fault, Server
from tests.integration.test_publishing import Clock

APP = "token-of-an-app"
REF = f"gh-readonly-queue/main/pr-9-{BASE}"
EVENT = Event(base=BASE, head=HEAD, queue_ref=f"refs/heads/{REF}")


@pytest.fixture
def queue(github: Server) -> Iterator[Server]:
    for number in (8, 9, 10):
        github.repository.pull(number)
    github.repository.queue = [8, 7, 9, 10]
    github.repository.branches[REF] = HEAD
    github.repository.teams = {"acme/dba": ["ann"]}
    yield github
    assert github.problems == []


def group(
    github: Server, event: Event = EVENT, *, token: str = APP, wanted: Wanted | None = None
) -> tuple[PullRequest, ...] | Unreadable:
    api = Api(token, repository="acme/infra", url=github.url, clock=Clock())
    return merge_queue.group(api, event, wanted or Wanted())


def numbers(github: Server, event: Event = EVENT) -> list[int] | str:
    found = group(github, event)
    return found.what if isinstance(found, Unreadable) else [each.number for each in found]


def test_everything_before_the_newest_one_is_in_its_group(queue: Server) -> None:
    assert numbers(queue) == [8, 7, 9]


def test_a_branch_with_slashes(queue: Server) -> None:
    ref = f"gh-readonly-queue/release/pr-1/pr-9-{BASE}"
    queue.repository.branches |= {ref: HEAD, "release/pr-1": BASE}
    for number in (8, 7, 9):
        queue.repository.pulls[number]["base"]["ref"] = "release/pr-1"
    assert numbers(queue, msgspec.structs.replace(EVENT, queue_ref=f"refs/heads/{ref}")) == [8, 7, 9]


def test_teams_are_asked_for_once(queue: Server) -> None:
    group(queue, wanted=Wanted(teams=("acme/dba",)))
    assert sum(path.endswith("/members") for _, path in queue.repository.requests) == 1


def test_a_queue_that_may_not_be_read_names_the_permission(queue: Server) -> None:
    told = group(queue, token=TOKEN)
    assert told == Unreadable(what="the merge queue", permission="merge-queues: read, of a GitHub App")


@pytest.mark.parametrize("ref", [None, "refs/heads/feature", "refs/heads/gh-readonly-queue/main/pr-9", "pr-9"])
def test_an_event_that_names_no_group(queue: Server, ref: str | None) -> None:
    assert "does not name" in numbers(queue, msgspec.structs.replace(EVENT, queue_ref=ref))


def test_a_group_that_was_made_anew_meanwhile(queue: Server) -> None:
    queue.repository.branches[REF] = BASE
    assert "is not aaaaaaa any more" in numbers(queue)
    del queue.repository.branches[REF]
    assert "is not aaaaaaa any more" in numbers(queue)


def test_one_that_left_the_queue(queue: Server) -> None:
    queue.repository.queue.remove(9)
    assert "#9 is not in it" in numbers(queue)
    queue.repository.queue.clear()
    assert "there is none" in numbers(queue)


def test_one_that_goes_to_another_branch(queue: Server) -> None:
    queue.repository.pulls[8]["base"]["ref"] = "lax"
    queue.repository.branches["lax"] = BASE
    assert "#8 goes to lax" in numbers(queue)


def test_a_queue_longer_than_can_be_looked_at(queue: Server) -> None:
    queue.repository.queue = [*range(20, 20 + merge_queue.MOST), 9]
    assert "9 pull requests up to #9" in numbers(queue)


def test_a_fault_of_one_of_them_is_an_error(queue: Server) -> None:
    queue.repository.faults.append(Fault("GET", "pulls/7$", status=500, times=9))
    with pytest.raises(ApiError):
        group(queue)
