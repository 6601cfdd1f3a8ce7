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
FIRST, SECOND = "1" * 40, "2" * 40
REF = f"gh-readonly-queue/main/pr-9-{SECOND}"
EVENT = Event(base=SECOND, head=HEAD, queue_ref=f"refs/heads/{REF}")


@pytest.fixture
def queue(github: Server) -> Iterator[Server]:
    """#8, #7 and #9 wait, each built on the one before; the event is about #9."""
    state = github.repository
    for number in (8, 9, 10):
        state.pull(number)
    state.history = [BASE, FIRST, "5" * 40, SECOND, HEAD]
    state.branches |= {
        f"gh-readonly-queue/main/pr-8-{BASE}": FIRST,
        f"gh-readonly-queue/main/pr-7-{FIRST}": SECOND,
        REF: HEAD,
    }
    state.teams = {"acme/dba": ["ann"]}
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


def test_what_was_merged_meanwhile_is_not(queue: Server) -> None:
    del queue.repository.branches[f"gh-readonly-queue/main/pr-8-{BASE}"]
    queue.repository.branches["main"] = FIRST
    assert numbers(queue) == [7, 9]
    queue.repository.branches["main"] = SECOND
    assert numbers(queue) == [9]


def test_a_branch_with_slashes(queue: Server) -> None:
    ref = f"gh-readonly-queue/release/pr-1/pr-9-{BASE}"
    queue.repository.branches |= {ref: HEAD, "release/pr-1": BASE}
    del queue.repository.branches[REF]
    queue.repository.pulls[9]["base"]["ref"] = "release/pr-1"
    event = msgspec.structs.replace(EVENT, base=BASE, queue_ref=f"refs/heads/{ref}")
    assert numbers(queue, event) == [9]


def test_teams_are_asked_for_once(queue: Server) -> None:
    group(queue, wanted=Wanted(teams=("acme/dba",)))
    assert sum(path.endswith("/members") for _, path in queue.repository.requests) == 1


def test_a_jobs_own_token_is_enough(queue: Server) -> None:
    found = group(queue, token=TOKEN)
    assert isinstance(found, tuple)
    assert [each.number for each in found] == [8, 7, 9]


def test_branches_that_may_not_be_read_name_the_permission(queue: Server) -> None:
    queue.repository.faults.append(Fault("GET", "matching-refs", status=403, times=9))
    assert group(queue) == Unreadable(what="the merge queue's branches", permission="contents: read")


@pytest.mark.parametrize("ref", [None, "refs/heads/feature", "refs/heads/gh-readonly-queue/main/pr-9", "pr-9"])
def test_an_event_that_names_no_group(queue: Server, ref: str | None) -> None:
    assert "does not name" in numbers(queue, msgspec.structs.replace(EVENT, queue_ref=ref))


def test_a_group_that_was_made_anew_meanwhile(queue: Server) -> None:
    queue.repository.branches[REF] = BASE
    assert "is aaaaaaa any more" in numbers(queue)
    del queue.repository.branches[REF]
    assert "is aaaaaaa any more" in numbers(queue)


def test_an_event_that_names_another_group_than_its_commit_is_of(queue: Server) -> None:
    event = msgspec.structs.replace(EVENT, queue_ref=f"refs/heads/gh-readonly-queue/main/pr-7-{FIRST}")
    assert "is aaaaaaa any more" in numbers(queue, event)


def test_a_base_that_is_no_group_and_not_the_branch(queue: Server) -> None:
    assert "cannot be followed" in numbers(queue, msgspec.structs.replace(EVENT, base="5" * 40))


def test_one_that_goes_to_another_branch(queue: Server) -> None:
    queue.repository.pulls[8]["base"]["ref"] = "lax"
    queue.repository.branches["lax"] = BASE
    assert "#8 goes to lax" in numbers(queue)


def test_a_queue_longer_than_can_be_looked_at(queue: Server) -> None:
    more = [f"{number:040x}" for number in range(20, 20 + merge_queue.MOST)]
    queue.repository.history = [BASE, *more, HEAD]
    names = {
        f"gh-readonly-queue/main/pr-{number}-{BASE}": f"{number:040x}" for number in range(20, 20 + merge_queue.MOST)
    }
    queue.repository.branches |= names
    assert "cannot be followed" in numbers(queue, msgspec.structs.replace(EVENT, base=more[-1]))


def test_a_fault_of_one_of_them_is_an_error(queue: Server) -> None:
    queue.repository.faults.append(Fault("GET", "pulls/7$", status=500, times=9))
    with pytest.raises(ApiError):
        group(queue)
