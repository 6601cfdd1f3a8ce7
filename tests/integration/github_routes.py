"""What a stand-in for GitHub answers to which request, and what it refuses as GitHub does."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.integration import github_git
from tests.integration.github_state import HEAD, Refused, Repository, user

BODY, STATUS_DESCRIPTION, BATCH, SUMMARY = 65_536, 140, 50, 65_535


def route(state: Repository, asked: tuple[str, str], sent: dict[str, Any], login: str) -> tuple[int, Any]:
    verb, path = asked
    parts = path.removeprefix("/repos/acme/infra/").split("/")
    given = (sent, login)
    found = github_git.route(state, verb, path.removeprefix("/repos/acme/infra").strip("/").split("/"), sent)
    found = found or _of_conversations(state, verb, parts, given) or _of_commits(state, verb, parts, given)
    found = found or _of_runs(state, verb, parts) or _of_people(state, verb, path.strip("/").split("/"), login)
    found = found or _of_settings(state, verb, path) or _of_collaborators(state, verb, parts, sent)
    if found is None:
        raise Refused(404, "Not Found")
    return found


def _of_conversations(
    state: Repository, verb: str, parts: list[str], given: tuple[dict[str, Any], str]
) -> tuple[int, Any] | None:
    sent, login = given
    match verb, parts:
        case "GET", ["pulls", number] if int(number) in state.pulls:
            return 200, state.pulls[int(number)]
        case "GET", ["pulls"]:
            return 200, [each for each in state.pulls.values() if each["state"] == "open"]
        case "GET", ["issues", number, "comments"] if int(number) in state.pulls:
            return 200, [each for each in state.comments if each["on"] == int(number)]
        case "POST", ["issues", number, "comments"] if int(number) in state.pulls:
            _check_body(state.pulls[int(number)], sent)
            return 201, state.comment(sent["body"], login, int(number))
        case "PATCH", ["issues", "comments", key]:
            comment = _found(state.comments, key)
            _check_body(state.pulls[comment["on"]], sent)
            comment["body"] = sent["body"]
            return 200, comment
        case "DELETE", ["issues", "comments", key]:
            state.comments.remove(_found(state.comments, key))
            return 204, None
        case _:
            return None


def _of_commits(
    state: Repository, verb: str, parts: list[str], given: tuple[dict[str, Any], str]
) -> tuple[int, Any] | None:
    sent, login = given
    match verb, parts:
        case "POST", ["statuses", commit]:
            return 201, _status(state, commit, sent, login)
        case "GET", ["commits", commit, "statuses"] if commit in state.commits:
            return 200, [each for each in reversed(state.statuses) if each["sha"] == commit]
        case "POST", ["check-runs"]:
            return 201, _check_run(state, {"id": next(state.ids), "annotations": []}, sent)
        case "PATCH", ["check-runs", key]:
            return 200, _check_run(state, _found(state.check_runs, key), sent)
        case "GET", ["check-runs", key]:
            return 200, _shown(_found(state.check_runs, key))
        case "GET", ["commits", commit, "check-runs"] if commit in state.commits:
            found = [_shown(each) for each in reversed(state.check_runs) if each["head_sha"] == commit]
            return 200, {"total_count": len(found), "check_runs": found[:1]}
        case _:
            return None


def _ref(branch: str, tip: str) -> dict[str, Any]:
    return {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": tip}}


def _of_runs(state: Repository, verb: str, parts: list[str]) -> tuple[int, Any] | None:
    match verb, parts:
        case "GET", ["git", "ref", name] if unquote(name).removeprefix("heads/") in state.branches:
            branch = unquote(name).removeprefix("heads/")
            return 200, _ref(branch, state.branches[branch])
        case "GET", ["git", "matching-refs", prefix]:
            named = {name: tip for name, tip in state.branches.items() if f"heads/{name}".startswith(unquote(prefix))}
            return 200, [_ref(name, tip) for name, tip in sorted(named.items())]
        case "GET", ["compare", ends]:
            first, last = map(state.history.index, ends.split("..."))
            made = {"author": user("octocat"), "committer": user("octocat")}
            start, *between = ({"sha": each, **made} for each in state.history[first : last + 1])
            same = {"base_commit": start, "merge_base_commit": start}
            return 200, {"total_commits": len(between), "commits": between[:250], **same}
        case "GET", ["commits", commit, "pulls"] if commit in state.commits:
            # GitHub knows no pull request of a commit that is only in a fork
            own = (each for each in state.pulls.values() if each["head"]["repo"] == each["base"]["repo"])
            return 200, [each for each in own if each["head"]["sha"] == commit]
        case "GET", ["actions", "workflows", workflow, "runs"]:
            found = [each for each in reversed(state.runs) if each["path"].endswith(f"/{workflow}")]
            return 200, {"total_count": len(found), "workflow_runs": found}
        case "GET", ["actions", "runs", run, "attempts", _, "jobs"]:
            jobs = state.jobs.get(int(run), [])
            return 200, {"total_count": len(jobs), "jobs": jobs}
        case _:
            return None


def _of_settings(state: Repository, verb: str, path: str) -> tuple[int, Any] | None:
    """What is set for the repository: a path below it, and what GitHub has there."""
    place = path.removeprefix("/repos/acme/infra").strip("/")
    return (200, state.settings[place]) if verb == "GET" and place in state.settings else None


def _of_people(state: Repository, verb: str, parts: list[str], login: str) -> tuple[int, Any] | None:
    """Who wrote, approved, labelled and pushed what, and who is in which team."""
    match verb, parts:
        case "GET", ["repos", "acme", "infra", "pulls", number, "reviews"]:
            return 200, state.reviews.get(int(number), [])
        case "GET", ["repos", "acme", "infra", "issues", number, "events"]:
            return 200, state.events.get(int(number), [])
        case "GET", ["repos", "acme", "infra", "collaborators", name, "permission"] if name in state.roles:
            role = state.roles[name]
            coarse = {"maintain": "write", "triage": "read"}.get(role, role)
            return 200, {"permission": coarse, "role_name": role, "user": {**user(name), "role_name": role}}
        case "GET", ["repos", owner, name, "activity"] if f"{owner}/{name}" in state.activity:
            return 200, state.activity[f"{owner}/{name}"]
        case "GET", ["orgs", *_] if login == "github-actions[bot]":
            raise Refused(403, "Resource not accessible by integration")
        case "GET", ["orgs", organisation, "teams", slug, "members"] if f"{organisation}/{slug}" in state.teams:
            return 200, [user(each) for each in state.teams[f"{organisation}/{slug}"]]
        case "GET", ["orgs", organisation, "teams"]:
            return 200, [{"slug": each.partition("/")[2]} for each in state.teams if each.startswith(organisation)]
        case _:
            return None


def _of_collaborators(state: Repository, verb: str, parts: list[str], asked: dict[str, Any]) -> tuple[int, Any] | None:
    """Everybody who may do at least what is asked for."""
    order = ("pull", "triage", "push", "maintain", "admin")
    roles = {"read": "pull", "write": "push"}
    if (verb, parts) != ("GET", ["collaborators"]):
        return None
    least = order.index(asked.get("permission", "pull"))
    found = []
    for name, role in state.roles.items():
        right = order.index(roles.get(role, role)) if roles.get(role, role) in order else 0
        if right >= least:
            may = {each: right >= at for at, each in enumerate(order)}
            found.append({**user(name), "role_name": role, "permissions": may})
    return 200, found


def _found(known: list[dict[str, Any]], key: str) -> dict[str, Any]:
    for each in known:
        if str(each["id"]) == key:
            return each
    raise Refused(404, "Not Found")


def _check_body(pull: dict[str, Any], sent: dict[str, Any]) -> None:
    if pull["locked"]:
        raise Refused(403, "Unable to create comment because issue is locked.")
    if not 0 < len(sent["body"]) <= BODY:
        raise Refused(422, "Validation Failed: body is too long (maximum is 65536 characters)")


def _status(state: Repository, commit: str, sent: dict[str, Any], login: str) -> dict[str, Any]:
    if commit not in state.commits:
        raise Refused(422, f"No commit found for SHA: {commit}")
    if len(sent.get("description") or "") > STATUS_DESCRIPTION:
        raise Refused(422, "Validation Failed: description is too long (maximum is 140 characters)")
    made = {"id": next(state.ids), "sha": commit, "creator": user(login), **sent}
    state.statuses.append(made)
    return made


def _check_run(state: Repository, run: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    if sent.get("head_sha", HEAD) not in state.commits:
        raise Refused(422, "No commit found for SHA")
    output = sent.get("output", {})
    if len(output.get("annotations", ())) > BATCH:
        raise Refused(422, "Invalid request: no more than 50 items are allowed")
    if len(output.get("summary", "")) > SUMMARY:
        raise Refused(422, "Validation Failed: summary is too long")
    run["annotations"] += output.get("annotations", ())
    run |= {name: value for name, value in sent.items() if name != "output"}
    run["output"] = {name: value for name, value in output.items() if name != "annotations"}
    if run not in state.check_runs:
        state.check_runs.append(run)
    return _shown(run)


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in run.items() if name != "annotations"}
    return {**shown, "output": {**run["output"], "annotations_count": len(run["annotations"])}}
