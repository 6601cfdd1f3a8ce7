"""GitHub's git database and pull requests, as a real git repository answers: what is written there can be looked at."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.integration.github_state import WEB, Refused, Repository, own_repository, user
from tests.integration.repositories import IDENTITY


class Git:
    """A repository that requests read and write."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *arguments: str, given: str = "", index: str = "") -> str:
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env={**os.environ, **IDENTITY, **({"GIT_INDEX_FILE": index} if index else {})},
            input=given.encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise Refused(422 if given or index else 404, done.stderr.decode()[:200] or "Not Found")
        return done.stdout.decode().strip()

    def tree(self, sent: dict[str, Any]) -> str:
        """https://docs.github.com/rest/git/trees#create-a-tree."""
        with tempfile.TemporaryDirectory() as place:
            index = f"{place}/index"
            self.run("read-tree", sent["base_tree"], index=index)
            for each in sent["tree"]:
                if each.get("sha", "") is None:
                    self.run("update-index", "--force-remove", each["path"], index=index)
                    continue
                blob = self.run("hash-object", "-w", "--stdin", given=each["content"])
                self.run("update-index", "--add", "--cacheinfo", f"{each['mode']},{blob},{each['path']}", index=index)
            return self.run("write-tree", index=index)

    def commit(self, sha: str) -> dict[str, Any]:
        told = self.run("show", "--no-patch", "--format=%H%n%T%n%P%n%B", f"{sha}^{{commit}}").split("\n", 3)
        parents = [{"sha": each} for each in told[2].split()]
        return {"sha": told[0], "tree": {"sha": told[1]}, "parents": parents, "message": told[3]}


def route(state: Repository, verb: str, parts: list[str], sent: dict[str, Any]) -> tuple[int, Any] | None:
    """The answer of the repository that `state.git` is; None for all else."""
    git: Git | None = state.git
    if git is None:
        return None
    if (verb, parts) == ("POST", ["pulls"]):
        return 201, _pull(state, git, sent)
    return _read(git, parts) if verb == "GET" else _written(git, verb, parts, sent)


def _read(git: Git, parts: list[str]) -> tuple[int, Any] | None:
    match parts:
        case [""]:
            return 200, {**own_repository(), "default_branch": "main", "owner": user("acme")}
        case ["git", "ref", name]:
            sha = git.run("rev-parse", "--verify", "--quiet", f"refs/{unquote(name)}")
            return 200, {"ref": f"refs/{unquote(name)}", "object": {"type": "commit", "sha": sha}}
        case ["git", "commits", sha]:
            return 200, git.commit(sha)
        case _:
            return None


def _written(git: Git, verb: str, parts: list[str], sent: dict[str, Any]) -> tuple[int, Any] | None:
    match verb, parts:
        case "POST", ["git", "trees"]:
            return 201, {"sha": git.tree(sent), "tree": []}
        case "POST", ["git", "commits"]:
            parents = [word for parent in sent["parents"] for word in ("-p", parent)]
            return 201, git.commit(git.run("commit-tree", sent["tree"], *parents, given=sent["message"]))
        case "POST", ["git", "refs"]:
            git.run("update-ref", sent["ref"], sent["sha"], "0" * 40)
            return 201, {"ref": sent["ref"], "object": {"type": "commit", "sha": sent["sha"]}}
        case "PATCH", ["git", "refs", name]:
            git.run("update-ref", f"refs/{unquote(name)}", sent["sha"])
            return 200, {"ref": f"refs/{unquote(name)}", "object": {"type": "commit", "sha": sent["sha"]}}
        case _:
            return None


def _pull(state: Repository, git: Git, sent: dict[str, Any]) -> dict[str, Any]:
    if any(each["head"]["ref"] == sent["head"] and each["state"] == "open" for each in state.pulls.values()):
        raise Refused(422, "A pull request already exists for acme:" + sent["head"])
    number = max(state.pulls, default=0) + 1
    made = state.pull(number, head=git.run("rev-parse", f"refs/heads/{sent['head']}"), base=sent["base"])
    made["head"]["ref"] = sent["head"]
    made |= {"title": sent["title"], "body": sent["body"], "html_url": f"{WEB}/pull/{number}"}
    return made
