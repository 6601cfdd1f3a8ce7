"""A change as a pull request of a branch of its own, made through the API: no clone is pushed from.

https://docs.github.com/rest/git: a tree, a commit, a branch; then https://docs.github.com/rest/pulls.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from gitops_ci.errors import UsageError
from gitops_ci.github import pull_requests
from gitops_ci.github.api import Api, Denied, Uncertain

_TRAILER = "Written-by: gitops-ci promote"


class Proposal(Struct, frozen=True, kw_only=True):
    """What is proposed. `files` are path → text, None for one that goes; `executable` are paths of programs.

    `commit` is what the change was made from: the tip of the branch `base`.
    """

    branch: str
    commit: str
    title: str
    body: str
    base: str | None = None
    files: Mapping[str, str | None]
    executable: frozenset[str] = frozenset()


class Proposed(Struct, frozen=True, kw_only=True):
    """The pull request that is open now, and whether this run made or changed anything."""

    url: str
    number: int
    changed: bool


class _Object(Struct, frozen=True):
    sha: str


class _Ref(Struct, frozen=True):
    object: _Object


class _Commit(Struct, frozen=True):
    sha: str
    tree: _Object
    parents: tuple[_Object, ...] = ()
    message: str = ""


class _Whose(Struct, frozen=True):
    full_name: str


class _Side(Struct, frozen=True):
    ref: str
    repo: _Whose | None = None


class _Pull(Struct, frozen=True):
    number: int
    html_url: str
    head: _Side
    base: _Side


class _Owner(Struct, frozen=True):
    login: str


class _Repository(Struct, frozen=True):
    default_branch: str
    owner: _Owner
    full_name: str


def propose(api: Api, proposal: Proposal) -> Proposed:
    """Opens the pull request, or brings the one that is open up to date; called twice, it changes nothing.

    Raises UsageError where the base branch has moved on, or the branch has commits of somebody else.
    """
    repository = api.get("", _Repository)
    base = proposal.base or repository.default_branch
    _is_tip(api, base, proposal.commit)
    tree = _tree(api, proposal)
    before = _ref(api, proposal.branch)
    changed = _branch(api, proposal, tree, before)
    pull = _open(api, repository, proposal.branch, base)
    if pull is not None:
        return Proposed(url=pull.html_url, number=pull.number, changed=changed)
    asked = {"title": proposal.title, "body": proposal.body, "head": proposal.branch, "base": base}
    try:
        made = api.send("POST", "pulls", _Pull, asked)
    except Uncertain:
        found = _open(api, repository, proposal.branch, base)
        if found is None:
            raise
        made = found
    return Proposed(url=made.html_url, number=made.number, changed=True)


def _is_tip(api: Api, base: str, commit: str) -> None:
    tip = _ref(api, base)
    if tip != commit:
        has = f"is at {tip[:7]}" if tip is not None else "is not there"
        message = f"the branch {base} {has}, and this was made from {commit[:7]}"
        raise UsageError(message, hint=f"fetch it, and run it again with --head origin/{base}")


def _ref(api: Api, branch: str) -> str | None:
    try:
        return pull_requests.tip(api, branch)
    except Denied as error:
        if error.status == 404:
            return None
        raise


def _tree(api: Api, proposal: Proposal) -> str:
    base = api.get(f"git/commits/{proposal.commit}", _Commit).tree.sha
    entries = [_entry(path, content, proposal.executable) for path, content in sorted(proposal.files.items())]
    return api.send("POST", "git/trees", _Object, {"base_tree": base, "tree": entries}).sha


def _entry(path: str, content: str | None, executable: frozenset[str]) -> dict[str, str | None]:
    entry: dict[str, str | None] = {"path": path, "mode": "100755" if path in executable else "100644", "type": "blob"}
    return {**entry, "sha": None} if content is None else {**entry, "content": content}


def _branch(api: Api, proposal: Proposal, tree: str, before: str | None) -> bool:
    """Whether the branch was made or moved; one that holds this change on this commit stays as it is."""
    if before is not None:
        known = api.get(f"git/commits/{before}", _Commit)
        if _TRAILER not in known.message:
            message = f"the branch {proposal.branch} has commits of somebody else"
            raise UsageError(message, hint="merge or delete it first")
        if known.tree.sha == tree and [parent.sha for parent in known.parents] == [proposal.commit]:
            return False
    message = f"{proposal.title}\n\n{_TRAILER}\n"
    body = {"message": message, "tree": tree, "parents": [proposal.commit]}
    commit = api.send("POST", "git/commits", _Commit, body).sha
    if before is None:
        api.send("POST", "git/refs", _Ref, {"ref": f"refs/heads/{proposal.branch}", "sha": commit})
    else:
        api.send(
            "PATCH", f"git/refs/{quote(f'heads/{proposal.branch}', safe='')}", _Ref, {"sha": commit, "force": True}
        )
    return True


def _open(api: Api, repository: _Repository, branch: str, base: str) -> _Pull | None:
    """The pull request of the branch: a fork's may be called like it."""
    head = f"{repository.owner.login}:{branch}"
    for each in api.pages("pulls", _Pull, state="open", head=head, base=base):
        own = each.head.repo is not None and each.head.repo.full_name == repository.full_name
        if own and (each.head.ref, each.base.ref) == (branch, base):
            return each
    return None
