"""What a stand-in for GitHub knows: the state of one repository, as its API gives it."""

from __future__ import annotations

from itertools import count
from typing import Any

HEAD, BASE = "a" * 40, "b" * 40
WEB = "https://github.com/acme/infra"


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Repository:
    """The state of `acme/infra`."""

    def __init__(self) -> None:
        self.ids = count(1000)
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.check_runs: list[dict[str, Any]] = []
        self.minimised: set[str] = set()
        self.faults: list[Any] = []
        self.requests: list[tuple[str, str]] = []
        self.commits = {HEAD, BASE}
        self.branches = {"main": BASE}
        self.runs: list[dict[str, Any]] = []
        self.jobs: dict[int, list[dict[str, Any]]] = {}
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        self.events: dict[int, list[dict[str, Any]]] = {}
        self.authored: dict[int, list[dict[str, Any]]] = {}
        self.activity: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[int, list[str]] = {}
        self.teams: dict[str, list[str]] = {}
        self.roles: dict[str, str] = {}
        self.history: list[str] = []
        self.settings: dict[str, Any] = {}
        self.git: Any = None
        """A `github_git.Git` where requests about git are answered by a real repository."""
        self.pull(7)

    def pull(self, number: int, *, head: str = HEAD, base: str = "main", state: str = "open") -> dict[str, Any]:
        side = {"label": "acme:x", "user": user("octocat"), "repo": own_repository()}
        self.pulls[number] = {
            "number": number,
            "state": state,
            "locked": False,
            "draft": False,
            "labels": [],
            "user": user("octocat"),
            "head": {"ref": "feature", "sha": head, **side},
            "base": {"ref": base, "sha": BASE, **side},
        }
        return self.pulls[number]

    def comment(self, body: str, login: str, number: int = 7) -> dict[str, Any]:
        key = next(self.ids)
        html = f"https://github.com/acme/infra/pull/{number}#issuecomment-{key}"
        made = {"id": key, "node_id": f"IC_{key}", "html_url": html, "body": body, "user": user(login), "on": number}
        self.comments.append(made)
        return made

    def review(self, login: str, state: str = "APPROVED", commit: str = HEAD, number: int = 7) -> None:
        at = "2026-11-25T10:00:00Z"
        made = {"id": next(self.ids), "user": user(login), "state": state, "commit_id": commit, "submitted_at": at}
        self.reviews.setdefault(number, []).append(made)

    def label(self, name: str, login: str | None, number: int = 7, *, on: bool = True) -> None:
        """Puts a label, or takes it away; `login` is None for an account that is gone."""
        by = user(login) if login is not None else None
        made = {"id": next(self.ids), "event": "labeled" if on else "unlabeled", "actor": by, "label": {"name": name}}
        self.events.setdefault(number, []).append({**made, "created_at": "2026-11-25T11:00:00Z"})
        left = [each for each in self.pulls[number]["labels"] if each["name"] != name]
        self.pulls[number]["labels"] = [*left, {"name": name}] if on else left

    def commit(self, sha: str, *people: dict[str, Any], number: int = 7, **more: Any) -> None:
        """A commit of a pull request as GraphQL tells it: its authors, and a committer (the first author)."""
        authors = {"totalCount": more.pop("authors", len(people)), "nodes": list(people)}
        made = {"oid": sha, "authors": authors, "committer": people[0], "signature": None, **more}
        self.authored.setdefault(number, []).append(made)
        self.pulls[number]["commits"] = len(self.authored[number])

    def pushed(self, sha: str, login: str, number: int = 7, repository: str = "acme/infra") -> None:
        """A commit of somebody's who pushed it; ann is somebody else who may write."""
        self.roles |= {"ann": "maintain", login: "write" if repository == "acme/infra" else "read"}
        self.commits.add(sha)
        self.commit(sha, actor(login), number=number)
        self.push(login, sha, repository=repository)

    def push(self, login: str | None, after: str, kind: str = "push", repository: str = "acme/infra") -> None:
        made = {"id": next(self.ids), "before": "0" * 40, "after": after, "ref": "refs/heads/feature"}
        by = user(login) if login is not None else None
        made |= {"timestamp": "2026-11-25T09:00:00Z", "activity_type": kind, "actor": by}
        self.activity.setdefault(repository, []).insert(0, made)


def actor(login: str | None, email: str = "a@b.example", name: str = "A") -> dict[str, Any]:
    """Who is named in a commit, and the account that GitHub knows by the address."""
    return {"name": name, "email": email, "user": {"login": login} if login is not None else None}


def user(login: str) -> dict[str, Any]:
    return {"login": login, "id": 1, "type": "Bot" if login.endswith("[bot]") else "User"}


def own_repository() -> dict[str, Any]:
    return {"id": 1, "full_name": "acme/infra", "name": "infra", "default_branch": "main"}
