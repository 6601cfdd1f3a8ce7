"""A strict stand-in for GitHub's API: what real emulators lack (statuses, minimising, limits, read-only tokens, faults).

Every exchange is held against GitHub's own description of its API, where that is there (../shared/data). It refuses what
GitHub refuses, and can fail before or after a write is done.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration import github_graphql, github_routes
from tests.integration.github_described import DESCRIPTION, Described, Graph
from tests.integration.github_state import BASE, HEAD, Refused, Repository

__all__ = ["BASE", "HEAD", "READ_ONLY", "TOKEN", "Fault", "Server"]

TOKEN, READ_ONLY = "token-that-writes", "token-that-reads"
LOGINS = {
    TOKEN: "github-actions[bot]",
    READ_ONLY: "github-actions[bot]",
    "token-of-mallory": "mallory",
    "token-of-an-app": "acme-gate[bot]",
    "token-of-an-admin": "octocat",
}


UNDESCRIBED = ("/actions/workflows/", "/actions/runs/", "/actions/permissions", "/activity$")
"""Paths that are not in the small copy of GitHub's description: nothing holds what is said there against it."""


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


class Server:
    """The API at `url`, until it is closed; `problems` are exchanges that GitHub's description does not know."""

    def __init__(self) -> None:
        self.repository = Repository()
        self.described = Described() if DESCRIPTION.is_file() else None
        self.graph = Graph.found()
        self.problems: list[str] = []
        handler = type("Handler", (_Handler,), {"server_state": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def begin_anew(self) -> None:
        """The server stays; its repository is new and nothing has been said yet."""
        self.repository, self.problems = Repository(), []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def judge(self, sent: tuple[str, str, bytes], status: int, body: Any) -> None:
        """Holds an exchange against GitHub's descriptions, as far as they are there."""
        path = urlsplit(sent[1]).path
        if path == "/graphql":
            if self.graph is not None:
                self.problems += self.graph.problems(sent[2], body)
        elif self.described is not None and not any(re.search(each, path) for each in UNDESCRIBED):
            self.problems += self.described.problems(sent, status, body)

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
        self.server_state.judge((verb, self.path, raw), status, body)
        self._reply(status, body, headers)

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
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            sent = json.loads(raw) if raw else query
            if parts.path == "/graphql":
                state, reads = self.server_state.repository, token == READ_ONLY
                return 200, github_graphql.answered(state, sent, LOGINS[token], reads=reads), {}
            status, body = github_routes.route(self.server_state.repository, (verb, parts.path), sent, LOGINS[token])
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
