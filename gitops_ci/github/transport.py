"""One exchange with GitHub's API over HTTP: bounded in time and size, redirects followed on the same server only.

Nothing is decoded and nothing is tried again here. A client that follows redirects, waits and retries by itself
cannot be held to a limit: a proxy that sends a byte now and then, or points in a circle, would hold the job up.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec import Struct

if TYPE_CHECKING:
    import requests

TIMEOUT = 20.0
"""Seconds for one exchange, its redirects among them."""
MOST_BYTES = 32 * 1024 * 1024
"""Of one answer. A page of a hundred comments of full length has seven million characters."""
_HOPS = 5
_REDIRECTS = (301, 302, 307, 308)
_CHUNK = 64 * 1024


class Answer(Struct, frozen=True):
    """A status code, headers in lower case, a body, and the address that it came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class Unanswered(Exception):
    """No answer that can be used: the message says why, without an address or a header."""


class Elsewhere(Exception):
    """A redirect that is not followed: to another server, or in a circle."""


class Transport:
    """A connection to the API at `url` (`https://api.github.com`, `https://HOST/api/v3`), with a token."""

    def __init__(self, url: str, token: str) -> None:
        import requests

        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _Token(token)  # without one, requests would take what a .netrc says

    @property
    def graphql(self) -> str:
        """Where GraphQL is (https://docs.github.com/enterprise-server/graphql/guides/forming-calls-with-graphql)."""
        base = self.url.removesuffix("/v3") if self.url.endswith("/api/v3") else self.url
        return f"{base}/graphql"

    def at(self, path: str, parameters: Mapping[str, str | int] | None = None) -> str:
        """The address of a path below the API's own, with a query."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return f"{self.url}{path}{query}"

    def following(self, answer: Answer, link: str) -> str:
        """The address that a `Link` header of an answer names, on this server whatever host a proxy writes there."""
        parts = urlsplit(urljoin(answer.url, link))
        return parts._replace(scheme=urlsplit(self.url).scheme, netloc=urlsplit(self.url).netloc).geturl()

    def exchange(
        self, verb: str, url: str, body: Mapping[str, Any] | None = None, *, seconds: float = TIMEOUT
    ) -> Answer:
        """The answer within `seconds`; raises Unanswered or Elsewhere.

        Looking up a name has no limit of its own and a socket's limit begins anew with each byte, so this waits for a
        thread and no longer. One that is given up ends with the process; what it wrote may be done.
        """
        answers: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()
        until = time.monotonic() + seconds
        asked = threading.Thread(target=self._into, args=(answers, (verb, url, body), until), daemon=True)
        asked.start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise Unanswered(f"no answer within {seconds:.0f} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _into(
        self,
        answers: queue.SimpleQueue[Answer | Exception],
        asked: tuple[str, str, Mapping[str, Any] | None],
        until: float,
    ) -> None:
        try:
            answers.put(self._followed(*asked, until))
        except (Unanswered, Elsewhere) as error:
            answers.put(error)
        except Exception as error:  # noqa: BLE001  # another thread waits for it; its words may name what was sent
            answers.put(Unanswered(type(error).__name__))

    def _followed(self, verb: str, url: str, body: Mapping[str, Any] | None, until: float) -> Answer:
        for _ in range(_HOPS + 1):
            answer = self._once(verb, url, body, until)
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location:
                return answer
            target = urljoin(url, location)
            if _origin(target) != _origin(self.url):
                raise Elsewhere(f"it redirects to {urlsplit(target).hostname}")
            url = target
        raise Elsewhere("it redirects in a circle")

    def _once(self, verb: str, url: str, body: Mapping[str, Any] | None, until: float) -> Answer:
        response = self._session.request(
            verb,
            url,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "accept": "application/vnd.github+json",
                "content-type": "application/json",
                "user-agent": "gitops-ci",
                "x-github-api-version": "2022-11-28",
            },
            timeout=max(0.1, until - time.monotonic()),
            allow_redirects=False,
            stream=True,
        )
        with response:
            content = bytearray()
            for chunk in response.iter_content(_CHUNK):
                content += chunk
                if len(content) > MOST_BYTES:
                    raise Unanswered(f"an answer of more than {MOST_BYTES // 1024 // 1024} MiB")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, bytes(content), url)


class _Token:
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["authorization"] = f"Bearer {self._token}"
        return request


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
