"""The pull requests of a merge queue's group: all that are merged before its newest one are in it, too."""

from __future__ import annotations

import re
from urllib.parse import quote

from msgspec import Struct

from gitops_ci.github import pull_request_state, pull_requests
from gitops_ci.github.api import Api
from gitops_ci.github.event import Event
from gitops_ci.github.people import readable
from gitops_ci.model.pull_request import PullRequest, Unreadable, Wanted

MOST = 16
"""Pull requests of a group that are looked at: each takes about ten requests."""

_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/(.+)/pr-([1-9][0-9]{0,9})-[0-9a-f]{7,64}")
"""https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue"""
_PERMISSION = "contents: read"


class _Commit(Struct):
    sha: str


class _Ref(Struct):
    ref: str
    object: _Commit


class _Compared(Struct):
    total_commits: int
    commits: list[_Commit]


def group(api: Api, event: Event, wanted: Wanted) -> tuple[PullRequest, ...] | Unreadable:
    """The state of each pull request that the event's commit merges, in the queue's order.

    The name of the group's branch has the number of its newest one only. A group is built on the tip of the branch that
    it goes to, or on the group before, which has a branch of its own as long as it is not merged: so the names tell the
    others. (The queue itself can only be read with a GitHub App's token.) Raises ApiError where GitHub does not answer.
    """
    found = _QUEUE.fullmatch(event.queue_ref or "")
    if found is None or event.head is None:
        return Unreadable(what="the merge queue's group: the event does not name its branch", permission="")
    branch = found[1]
    numbers = readable("the merge queue's branches", _PERMISSION, lambda: _numbers(api, branch, event))
    if isinstance(numbers, Unreadable):
        return numbers
    members = pull_request_state.teams(api, wanted.teams)
    pulls = tuple(pull_request_state.state(api, each, wanted, members=members) for each in numbers)
    elsewhere = next((each for each in pulls if each.base_ref != branch), None)
    if elsewhere is not None:
        what = f"the merge queue of {branch}: #{elsewhere.number} goes to {elsewhere.base_ref}"
        return Unreadable(what=what, permission="")
    return pulls


def _numbers(api: Api, branch: str, event: Event) -> tuple[int, ...] | Unreadable:
    """From the group that is built on the branch's tip to the event's own.

    The event's base is the commit of the group before, or the tip.
    """
    numbers = _groups(api, branch)
    own, base = numbers.get(str(event.head)), str(event.base)
    if own is None or not str(event.queue_ref).startswith(f"refs/heads/gh-readonly-queue/{branch}/pr-{own}-"):
        what = f"the merge queue of {branch}: no group of it is {str(event.head)[:7]} any more"
        return Unreadable(what=what, permission="")
    tip = pull_requests.tip(api, branch)
    if base == tip:
        return (own,)
    found = api.get(f"compare/{tip}...{base}", _Compared)  # the oldest first
    before = [numbers[each.sha] for each in found.commits if each.sha in numbers]
    if base not in numbers or found.total_commits > len(found.commits) or len(before) >= MOST:
        what = f"the merge queue of {branch}: what #{own} is built on cannot be followed to the branch"
        return Unreadable(what=what, permission="")
    return (*before, own)


def _groups(api: Api, branch: str) -> dict[str, int]:
    """The commit of each group that there is → the number of its newest pull request."""
    prefix = quote(f"heads/gh-readonly-queue/{branch}/pr-", safe="")
    named = [(_QUEUE.fullmatch(each.ref), each) for each in api.pages(f"git/matching-refs/{prefix}", _Ref)]
    return {each.object.sha: int(found[2]) for found, each in named if found is not None and found[1] == branch}
