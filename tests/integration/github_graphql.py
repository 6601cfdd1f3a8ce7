"""What a stand-in for GitHub answers to the GraphQL texts that we send."""

from __future__ import annotations

import re
from typing import Any

from tests.integration.github_state import Repository


def answered(state: Repository, sent: dict[str, Any], login: str, *, reads: bool) -> dict[str, Any]:
    """The answer to one query or mutation; `reads`: the token may not write."""
    query, variables = sent["query"], sent["variables"]
    if "viewer" in query:
        return {"data": {"viewer": {"login": login}}}
    if "minimizeComment" in query:
        if reads:
            return _refused("FORBIDDEN", "Resource not accessible")
        state.minimised.add(variables["id"])
        return {"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}}
    if "mergeQueue(" in query:
        if login == "github-actions[bot]":
            return _refused("FORBIDDEN", "Resource not accessible by integration")
        return _repository({"mergeQueue": _configured(state)})
    if "commits(" in query:
        pull = state.pulls[variables["number"]]
        commits = [{"commit": each} for each in state.authored.get(variables["number"], ())]
        return _repository({"pullRequest": {"headRefOid": pull["head"]["sha"], "commits": _page(commits, sent)}})
    if "pullRequests(" in query:
        into = [each for each in state.pulls.values() if each["base"]["ref"] == variables["branch"]]
        still = sorted((each for each in into if each["state"] == "open"), key=lambda each: int(each["number"]))
        return _repository({"pullRequests": _page([_pull(state, each) for each in still], sent)})
    return {"errors": [{"message": "unknown query"}]}


def _repository(content: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"repository": content}}


def _refused(kind: str, message: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"type": kind, "message": message}]}


def _configured(state: Repository) -> dict[str, Any] | None:
    strategy = state.settings.get("merging_strategy")
    return {"configuration": {"mergingStrategy": strategy}} if strategy is not None else None


def _pull(state: Repository, pull: dict[str, Any]) -> dict[str, Any]:
    paths = state.files.get(pull["number"], [])
    login = pull["user"]["login"]
    return {
        "number": pull["number"],
        "headRefOid": pull["head"]["sha"],
        "author": {"login": login.removesuffix("[bot]"), "__typename": pull["user"]["type"]},
        "files": {"totalCount": len(paths), "nodes": [{"path": each} for each in paths[:100]]},
    }


def _page(nodes: list[Any], sent: dict[str, Any]) -> dict[str, Any]:
    """A page of a list, as long as the query asks for; a cursor is the number of the node that it begins with."""
    size = int(re.findall(r"first: (\d+)", sent["query"])[0])
    start = int(sent["variables"]["after"] or 0)
    more = start + size < len(nodes)
    info = {"hasNextPage": more, "endCursor": str(start + size) if more else None}
    return {"pageInfo": info, "nodes": nodes[start : start + size]}
