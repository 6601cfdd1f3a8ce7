"""A strict stand-in for GitHub's API: what real emulators lack (statuses, minimising, limits, read-only tokens, faults).

Every exchange is held against GitHub's own description of its API, where that is there (../shared/data). It refuses what
GitHub refuses, and can fail before or after a write is done.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

DATA = Path(os.environ.get("GITOPS_CI_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
DESCRIPTION = DATA / "github" / "openapi-slim.json.gz"
TOKEN, READ_ONLY = "token-that-writes", "token-that-reads"
LOGINS = {
    TOKEN: "github-actions[bot]",
    READ_ONLY: "github-actions[bot]",
    "token-of-mallory": "mallory",
    "token-of-an-app": "acme-gate[bot]",
}
HEAD, BASE = "a" * 40, "b" * 40
BODY, STATUS_DESCRIPTION, BATCH, SUMMARY = 65_536, 140, 50, 65_535


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that fit: `done` says whether the write was done all the same."""

    verb: str
    path: str
    status: int = 502
    done: bool = False
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    hang: float = 0.0
    raw: bytes | None = None
    """What is sent instead, as it is, before the connection is closed; nothing at all resets it."""
    drip: float = 0.0
    """Seconds between two bytes of `raw`."""

    def fits(self, verb: str, path: str) -> bool:
        return self.times > 0 and verb == self.verb and re.search(self.path, path) is not None


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
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.commits = {HEAD, BASE}
        self.branches = {"main": BASE}
        self.runs: list[dict[str, Any]] = []
        self.jobs: dict[int, list[dict[str, Any]]] = {}
        self.pull(7)

    def pull(self, number: int, *, head: str = HEAD, base: str = "main", state: str = "open") -> dict[str, Any]:
        side = {"label": "acme:x", "user": _user("octocat"), "repo": _repository()}
        self.pulls[number] = {
            "number": number,
            "state": state,
            "locked": False,
            "draft": False,
            "labels": [],
            "user": _user("octocat"),
            "head": {"ref": "feature", "sha": head, **side},
            "base": {"ref": base, "sha": BASE, **side},
        }
        return self.pulls[number]

    def comment(self, body: str, login: str, number: int = 7) -> dict[str, Any]:
        key = next(self.ids)
        html = f"https://github.com/acme/infra/pull/{number}#issuecomment-{key}"
        made = {"id": key, "node_id": f"IC_{key}", "html_url": html, "body": body, "user": _user(login), "on": number}
        self.comments.append(made)
        return made


def _user(login: str) -> dict[str, Any]:
    return {"login": login, "id": 1, "type": "Bot" if login.endswith("[bot]") else "User"}


def _repository() -> dict[str, Any]:
    return {"id": 1, "full_name": "acme/infra", "name": "infra"}


class Server:
    """The API at `url`, until it is closed; `problems` are exchanges that GitHub's description does not know."""

    def __init__(self) -> None:
        self.repository = Repository()
        self.described = Described() if DESCRIPTION.is_file() else None
        self.problems: list[str] = []
        handler = type("Handler", (_Handler,), {"server_state": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_state: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None: ...

    def _any(self) -> None:
        # GitHub Enterprise: REST below /api/v3, GraphQL at /api/graphql
        self.prefix = "/api/v3" if self.path.startswith("/api/v3/") else ""
        self.path = self.path.removeprefix("/api/v3").replace("/api/graphql", "/graphql")
        verb, parts = self.command, urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length)
        state = self.server_state.repository
        state.requests.append((verb, parts.path))
        fault = next((each for each in state.faults if each.fits(verb, parts.path)), None)
        if fault is not None:
            fault.times -= 1
            if fault.done:
                self._answer(verb, raw)
            if fault.hang or fault.raw is not None:
                self._cut_off(fault)
                return
            self._reply(fault.status, {"message": fault.message}, dict(fault.headers))
            return
        status, body, headers = self._answer(verb, raw)
        self._reply(status, body, headers)
        undescribed = parts.path == "/graphql" or "/actions/" in parts.path  # not in the small copy
        if self.server_state.described is not None and not undescribed:
            sent = (verb, self.path, dict(self.headers), raw)
            self.server_state.problems += self.server_state.described.problems(sent, status, body)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _any  # noqa: N815  # the names that http.server looks for

    def _cut_off(self, fault: Fault) -> None:
        time.sleep(fault.hang)
        self.close_connection = True
        if fault.raw == b"":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        size = 1 if fault.drip else 1 << 20
        content = fault.raw or b""
        with contextlib.suppress(OSError):  # whoever asked is gone
            for start in range(0, len(content), size):
                self.wfile.write(content[start : start + size])
                time.sleep(fault.drip)

    def _answer(self, verb: str, raw: bytes) -> tuple[int, Any, dict[str, str]]:
        parts = urlsplit(self.path)
        try:
            token = self.headers.get("authorization", "").partition(" ")[2]
            _check_token(token, verb, parts.path)
            sent = json.loads(raw) if raw else {}
            if parts.path == "/graphql":
                return 200, _graphql(self.server_state.repository, sent, token), {}
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            status, body = _route(self.server_state.repository, (verb, parts.path), sent, LOGINS[token])
            headers: dict[str, str] = {}
            if isinstance(body, list):
                body, headers = _page(body, query, f"http://{self.headers['host']}{self.prefix}{self.path}")
            filled = self.server_state.described
            return status, filled.filled(verb, parts.path, status, body) if filled else body, headers
        except Refused as refused:
            return refused.status, {"message": refused.message, "documentation_url": "https://docs.github.com"}, {}

    def _reply(self, status: int, body: Any, headers: dict[str, str]) -> None:
        content = b"" if status == 204 else json.dumps(body).encode()
        self.send_response_only(status)
        known = {
            "date": self.date_time_string(),
            "x-ratelimit-remaining": "4999",
            "x-ratelimit-limit": "5000",
            **headers,
        }
        for name, value in {
            "content-type": "application/json; charset=utf-8",
            "content-length": str(len(content)),
            **known,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _check_token(token: str, verb: str, path: str) -> None:
    if token not in LOGINS:
        raise Refused(401, "Bad credentials")
    if verb != "GET" and token == READ_ONLY and path != "/graphql":
        raise Refused(403, "Resource not accessible by integration")


def _page(body: list[Any], query: dict[str, str], url: str) -> tuple[list[Any], dict[str, str]]:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    if size > 100:
        raise Refused(422, "per_page is 100 at most")
    headers: dict[str, str] = {}
    if page * size < len(body):
        address = re.sub(r"([?&])page=\d+&?", r"\1", url).rstrip("?&")
        sign = "&" if "?" in address else "?"
        last = -(-len(body) // size)
        headers["link"] = f'<{address}{sign}page={page + 1}>; rel="next", <{address}{sign}page={last}>; rel="last"'
    return body[(page - 1) * size : page * size], headers


def _route(state: Repository, asked: tuple[str, str], sent: dict[str, Any], login: str) -> tuple[int, Any]:
    verb, path = asked
    parts = path.removeprefix("/repos/acme/infra/").split("/")
    given = (sent, login)
    found = _of_conversations(state, verb, parts, given) or _of_commits(state, verb, parts, given)
    found = found or _of_runs(state, verb, parts)
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


def _of_runs(state: Repository, verb: str, parts: list[str]) -> tuple[int, Any] | None:
    match verb, parts:
        case "GET", ["git", "ref", name] if unquote(name).removeprefix("heads/") in state.branches:
            tip = state.branches[unquote(name).removeprefix("heads/")]
            return 200, {"ref": f"refs/{unquote(name)}", "object": {"type": "commit", "sha": tip}}
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
    made = {"id": next(state.ids), "sha": commit, "creator": _user(login), **sent}
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


def _graphql(state: Repository, sent: dict[str, Any], token: str) -> dict[str, Any]:
    if "viewer" in sent["query"]:
        return {"data": {"viewer": {"login": LOGINS[token]}}}
    if "minimizeComment" in sent["query"]:
        if token == READ_ONLY:
            return {"data": None, "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}
        state.minimised.add(sent["variables"]["id"])
        return {"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}}
    return {"errors": [{"message": "unknown query"}]}


def _allow_null(schema: Any) -> None:
    """GitHub means that what is `nullable` may be null although its `enum` does not list it."""
    if isinstance(schema, dict):
        if schema.get("nullable") and isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"].append(None)
        for value in schema.values():
            _allow_null(value)
    elif isinstance(schema, list):
        for value in schema:
            _allow_null(value)


class Described:
    """GitHub's description of its API: fills answers up to what GitHub gives, and says what does not fit."""

    def __init__(self) -> None:
        from openapi_core import Config, OpenAPI

        self.document: dict[str, Any] = json.loads(gzip.decompress(DESCRIPTION.read_bytes()))
        _allow_null(self.document)
        self._api = OpenAPI.from_dict(self.document, config=Config(spec_validator_cls=None))  # type: ignore[arg-type]  # its documented way to skip that

    def problems(self, sent: tuple[str, str, dict[str, str], bytes], status: int, body: Any) -> Iterator[str]:
        from openapi_core.exceptions import OpenAPIError
        from openapi_core.testing import MockRequest, MockResponse

        verb, path, _, raw = sent
        parts = urlsplit(path)
        if status in (401, 403, 404, 409, 410, 422):
            return  # refusals are described for few paths
        request = MockRequest(
            "http://localhost:4001",
            verb.lower(),
            parts.path,
            args={name: values[-1] for name, values in parse_qs(parts.query).items()},
            data=raw or None,
            content_type="application/json",
        )
        content = b"" if status == 204 else json.dumps(body).encode()
        response = MockResponse(data=content, status_code=status, content_type="application/json")
        try:
            self._api.validate_request(request)
            self._api.validate_response(request, response)
        except OpenAPIError as error:
            yield f"{verb} {parts.path} {status}: {error} {error.__cause__}"

    def filled(self, verb: str, path: str, status: int, body: Any) -> Any:
        """The body with everything else that its schema requires."""
        template = self._template(path)
        if template is None or body is None:
            return body
        responses = self.document["paths"][template][verb.lower()]["responses"]
        content = responses.get(str(status), {}).get("content", {})
        return self._fill(content["application/json"]["schema"], body) if "application/json" in content else body

    def _template(self, path: str) -> str | None:
        for known in self.document["paths"]:
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", known), path):
                return str(known)
        return None

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for key in schema["$ref"].split("/")[1:]:
                found = found[key]
            schema = found
        return schema

    def _fill(self, schema: dict[str, Any], given: Any) -> Any:
        schema = self._resolved(schema)
        if isinstance(given, list):
            return [self._fill(schema.get("items", {}), each) for each in given]
        if not isinstance(given, dict):
            return given
        for several in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(several, ())[:1]:
                given = self._fill(each, given)
        properties = schema.get("properties", {})
        filled = {name: self._fill(properties.get(name, {}), value) for name, value in given.items()}
        for name in schema.get("required", ()):
            if name not in filled:
                filled[name] = self._invented(properties.get(name, {}))
        return filled

    def _invented(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if schema.get("nullable"):
            return None
        if "enum" in schema:
            return schema["enum"][0]
        for several in ("allOf", "anyOf", "oneOf"):
            if schema.get(several):
                return self._invented(schema[several][0])
        formats = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://api.github.com/x", "email": "a@b.example"}
        match schema.get("type"):
            case "object" | None:
                return self._fill(schema, {}) if "properties" in schema else {}
            case "array":
                return []
            case "integer" | "number":
                return 1
            case "boolean":
                return False
            case _:
                return formats.get(schema.get("format", ""), "x")
