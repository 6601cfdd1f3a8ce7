"""The pull requests of a merge queue's group: all that are merged before its newest one are in it, too."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.github import pull_request_state, pull_requests
from gitops_ci.github.api import Api, PageInfo
from gitops_ci.github.event import Event
from gitops_ci.github.people import readable
from gitops_ci.model.pull_request import PullRequest, Unreadable, Wanted

ENTRIES = (
    "query($owner: String!, $name: String!, $branch: String!) { repository(owner: $owner, name: $name) {"
    " mergeQueue(branch: $branch) { entries(first: 100) { pageInfo { hasNextPage endCursor }"
    " nodes { position pullRequest { number } } } } } }"
)
MOST = 8
"""Pull requests of a group that are looked at: each takes about ten requests."""

_QUEUE = re.compile(r"refs/heads/(gh-readonly-queue/(.+)/pr-([1-9][0-9]{0,9})-(?:[0-9a-f]{40}|[0-9a-f]{64}))")
"""https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue"""
_PERMISSION = "merge-queues: read, of a GitHub App"


class _Number(Struct):
    number: int


class _Entry(Struct, rename="camel"):
    position: int
    pull_request: _Number | None = None


class _Entries(Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[_Entry]


class _Queue(Struct):
    entries: _Entries


class _Repository(Struct, rename="camel"):
    merge_queue: _Queue | None = None


class _Answer(Struct):
    repository: _Repository


def group(api: Api, event: Event, wanted: Wanted) -> tuple[PullRequest, ...] | Unreadable:
    """The state of each pull request that the event's commit merges, in the queue's order.

    The name of the group's branch has the number of its newest one only. Everything before that one in the queue is
    in the commit as well, or in the target branch already. Raises ApiError where GitHub does not answer.
    """
    found = _QUEUE.fullmatch(event.queue_ref or "")
    if found is None or event.head is None:
        return Unreadable(what="the merge queue's group: the event does not name its branch", permission="")
    ref, branch, number = found[1], found[2], int(found[3])
    numbers = readable("the merge queue", _PERMISSION, lambda: _numbers(api, branch, number))
    if isinstance(numbers, Unreadable):
        return numbers
    still = readable("the merge queue's branch", "contents: read", lambda: pull_requests.tip(api, ref))
    if still != event.head:  # somebody left the queue or jumped it: the group is made anew
        return Unreadable(what=f"the merge queue's group: {ref} is not {event.head[:7]} any more", permission="")
    members = pull_request_state.teams(api, wanted.teams)
    pulls = tuple(pull_request_state.state(api, each, wanted, members=members) for each in numbers)
    elsewhere = next((each for each in pulls if each.base_ref != branch), None)
    if elsewhere is not None:
        what = f"the merge queue of {branch}: #{elsewhere.number} goes to {elsewhere.base_ref}"
        return Unreadable(what=what, permission="")
    return pulls


def _numbers(api: Api, branch: str, number: int) -> tuple[int, ...] | Unreadable:
    owner, _, name = api.repository.partition("/")
    queue = api.graphql(ENTRIES, {"owner": owner, "name": name, "branch": branch}, _Answer).repository.merge_queue
    if queue is None:
        return Unreadable(what=f"the merge queue of {branch}: there is none, or it is hidden", permission=_PERMISSION)
    entries = sorted(queue.entries.nodes, key=lambda each: each.position)
    last = next((each for each in entries if each.pull_request and each.pull_request.number == number), None)
    if last is None:
        return Unreadable(what=f"the merge queue of {branch}: #{number} is not in it (any more)", permission="")
    before = [each.pull_request for each in entries if each.position <= last.position]
    if None in before or len(before) > MOST:
        what = f"the merge queue of {branch}: {len(before)} pull requests up to #{number}, of which not all can be read"
        return Unreadable(what=what, permission="")
    return tuple(each.number for each in before if each is not None)
