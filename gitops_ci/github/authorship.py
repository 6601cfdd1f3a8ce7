"""Who made a pull request's commits: authors, committers, co-authors, and whoever pushed them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from msgspec import Struct, field, structs

from gitops_ci.github.api import Api, PageInfo
from gitops_ci.github.people import GHOST, person, readable
from gitops_ci.github.pull_requests import Account, PullRequest
from gitops_ci.model.pull_request import Commit, Person, Unreadable

COMMITS = (
    "query($owner: String!, $name: String!, $number: Int!, $after: String) {"
    " repository(owner: $owner, name: $name) { pullRequest(number: $number) { headRefOid"
    " commits(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { commit { oid"
    " authors(first: 30) { totalCount nodes { name email user { login } } }"
    " committer { name email user { login } } signature { isValid wasSignedByGitHub } } } } } } }"
)
MOST_PAGES = 3
"""GitHub gives no more than 250 commits of a pull request."""
MOST_PUSHES = 300

_CONTENTS = "contents: read, of the repository that its branch is in"
_NOREPLY = re.compile(r"(?:[0-9]+\+)?([^@+]+)@users\.noreply\.[A-Za-z0-9.-]+")
"""https://docs.github.com/account-and-profile/reference/email-addresses-reference#your-noreply-email-address"""


class _Actor(Struct):
    name: str | None = None
    email: str | None = None
    user: Account | None = None


class _Authors(Struct, rename="camel"):
    total_count: int
    nodes: list[_Actor]


class _Signature(Struct, rename="camel"):
    is_valid: bool = False
    was_signed_by_git_hub: bool = field(default=False, name="wasSignedByGitHub")


class _Commit(Struct):
    oid: str
    authors: _Authors
    committer: _Actor | None = None
    signature: _Signature | None = None


class _Node(Struct):
    commit: _Commit


class _Commits(Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[_Node]


class _PullRequest(Struct, rename="camel"):
    head_ref_oid: str
    commits: _Commits


class _Repository(Struct, rename="camel"):
    pull_request: _PullRequest


class _Answer(Struct):
    repository: _Repository


class _Activity(Struct):
    after: str
    activity_type: str
    actor: Account | None = None


def commits(api: Api, now: PullRequest) -> tuple[Commit, ...] | Unreadable:
    """Each commit with its people. GraphQL knows the accounts of co-authors (`Co-authored-by:`), REST does not."""

    def read() -> tuple[Commit, ...] | Unreadable:
        found = tuple(_pages(api, now))
        if not found or found[-1].oid != now.head.sha:
            what = "the commits: there are newer ones, or more than GitHub tells of"
            return Unreadable(what=what, permission="")
        if now.commits is not None and len(found) < now.commits:
            return Unreadable(what=f"the commits: GitHub tells of {len(found)} of {now.commits}", permission="")
        return tuple(_commit(each) for each in found)

    return readable("the commits", "contents: read and pull-requests: read", read)


def _pages(api: Api, now: PullRequest) -> Iterator[_Commit]:
    owner, _, name = api.repository.partition("/")
    after: str | None = None
    for _ in range(MOST_PAGES):
        asked = {"owner": owner, "name": name, "number": now.number, "after": after}
        page = api.graphql(COMMITS, asked, _Answer).repository.pull_request.commits
        yield from (node.commit for node in page.nodes)
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            return


def _commit(given: _Commit) -> Commit:
    """The people of one commit. GitHub's own committer is nobody where its signature says that it is no pretence."""
    actors = list(given.authors.nodes)
    signature = given.signature or _Signature()
    genuine = signature.is_valid and signature.was_signed_by_git_hub
    if given.committer is not None and not genuine:
        actors.append(given.committer)
    known = [(actor, _known(actor)) for actor in actors]
    people = {each.key: each for _, each in known if each is not None}
    strangers = [actor.name or actor.email or "somebody without a name" for actor, each in known if each is None]
    if given.authors.total_count > len(given.authors.nodes):
        strangers += [f"{given.authors.total_count - len(given.authors.nodes)} more authors"]
    return Commit(
        sha=given.oid,
        people=tuple(people.values()),
        strangers=tuple(dict.fromkeys(strangers)),
        signed=signature.is_valid,
    )


def _known(actor: _Actor) -> Person | None:
    """The account; GraphQL tells that of a person only, so an App's is read from the address that GitHub gives it."""
    if actor.user is not None:
        return person(actor.user)
    address = _NOREPLY.fullmatch(actor.email or "")
    return Person(address[1], bot=address[1].endswith("[bot]")) if address else None


def pushers(api: Api, now: PullRequest, known: tuple[Commit, ...] | Unreadable) -> tuple[Person, ...] | Unreadable:
    """Who pushed to its branch or merged into it, by the activity of the repository that has it (not a fork's)."""
    if now.head.repo is None:
        return Unreadable(what="who pushed: the fork is gone", permission="")
    own = frozenset(each.sha for each in known) if isinstance(known, tuple) else frozenset()
    place = f"/repos/{quote(now.head.repo.full_name, safe='/')}/activity"

    def read() -> tuple[Person, ...] | Unreadable:
        pages = api.pages(place, _Activity, ref=f"refs/heads/{now.head.ref}")
        seen = list(islice(pages, MOST_PUSHES + 1))
        if not seen or seen[0].after != now.head.sha:
            what = f"who pushed: GitHub's activity does not tell of {now.head.sha[:7]} (yet)"
            return Unreadable(what=what, permission="")
        return _of(seen, own)

    return readable("who pushed", _CONTENTS, read)


def _of(activity: list[_Activity], own: frozenset[str]) -> tuple[Person, ...] | Unreadable:
    """Who pushed what is on the branch, the newest activity first; `own` are the pull request's commits, if known.

    As long as nothing was written over, what lies below a commit that the base has is in the base, too. Where a
    branch was made anew only those count who had pushed one of the commits before: names of branches are used again.
    """
    people: dict[str, Person] = {}
    rewritten = earlier = False
    for number, each in enumerate(activity):
        if number == MOST_PUSHES:
            return Unreadable(what=f"who pushed: there are more than {MOST_PUSHES} pushes to look at", permission="")
        is_own = not own or each.after in own
        if not is_own and not rewritten and not earlier:
            break
        if each.activity_type != "branch_deletion" and (is_own or not earlier):
            by = person(each.actor)
            people[by.key] = structs.replace(by, bot=by.bot or by.key == GHOST)  # nobody known vouches for anything
        rewritten = rewritten or each.activity_type == "force_push"
        earlier = earlier or each.activity_type == "branch_creation"
    return tuple(people.values())
