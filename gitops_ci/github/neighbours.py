"""Other open pull requests into the same branch, and the files that each of them changes."""

from __future__ import annotations

from msgspec import Struct, field

from gitops_ci.github.api import Api, PageInfo
from gitops_ci.github.people import person, readable
from gitops_ci.github.pull_requests import Account, PullRequest
from gitops_ci.model.pull_request import Neighbour, Unreadable

OPEN = (
    "query($owner: String!, $name: String!, $branch: String!, $after: String) {"
    " repository(owner: $owner, name: $name) { pullRequests(states: OPEN, baseRefName: $branch, first: 25,"
    " after: $after, orderBy: {field: CREATED_AT, direction: ASC}) { pageInfo { hasNextPage endCursor }"
    " nodes { number headRefOid author { login __typename } files(first: 100) { totalCount nodes { path } } } } } }"
)
MOST_PAGES = 4


class _Author(Struct):
    login: str
    type: str = field(name="__typename", default="User")


class _File(Struct):
    path: str


class _Files(Struct, rename="camel"):
    total_count: int
    nodes: list[_File]


class _Open(Struct, rename="camel"):
    number: int
    head_ref_oid: str
    author: _Author | None = None
    files: _Files | None = None


class _Page(Struct, rename="camel"):
    page_info: PageInfo
    nodes: list[_Open]


class _Repository(Struct, rename="camel"):
    pull_requests: _Page


class _Answer(Struct):
    repository: _Repository


def of(api: Api, now: PullRequest) -> tuple[Neighbour, ...] | Unreadable:
    """The others, the oldest first: all older ones at least, and of the younger as many as a few pages have.

    GraphQL gives the files of a page of them with one request; of a file that is renamed it tells the new path only.
    """
    return readable("other open pull requests", "pull-requests: read", lambda: _read(api, now))


def _read(api: Api, now: PullRequest) -> tuple[Neighbour, ...] | Unreadable:
    owner, _, name = api.repository.partition("/")
    found: list[_Open] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        asked = {"owner": owner, "name": name, "branch": now.base.ref, "after": after}
        page = api.graphql(OPEN, asked, _Answer).repository.pull_requests
        found += page.nodes
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            break
    else:
        if found[-1].number < now.number:
            what = f"other open pull requests: more than {len(found)} older ones go to {now.base.ref}"
            return Unreadable(what=what, permission="")
    return tuple(_neighbour(each) for each in found if each.number != now.number)


def _neighbour(given: _Open) -> Neighbour:
    files = given.files
    whole = files is not None and files.total_count == len(files.nodes)
    return Neighbour(
        number=given.number,
        author=person(Account(given.author.login, given.author.type) if given.author is not None else None),
        head=given.head_ref_oid,
        paths=tuple(file.path for file in files.nodes) if files is not None and whole else None,
    )
