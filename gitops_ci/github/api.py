"""GitHub's API for one repository: typed answers, every page, limits waited for in bounded time, no write twice."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from gitops_ci.errors import ToolError, UsageError
from gitops_ci.github.transport import TIMEOUT, Answer, Elsewhere, Transport, Unanswered

T = TypeVar("T")

PER_PAGE = 100
MOST_PAGES = 100
_ATTEMPTS = 4
_SERVER_ERRORS = range(500, 600)
_LIMITED = (403, 429)
_MESSAGE = 300  # characters of GitHub's own words that are repeated
_DONE = range(200, 300)
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_NEXT = re.compile(r'<([^<>]*)>[^<>]*?;\s*rel="?next\b')
_LATER = "run the job again later"
_PROXY = "a proxy on the way may have answered instead"


class ApiError(ToolError):
    """GitHub refused, or could not be reached: nothing can be decided. Exit 3."""

    def __init__(self, message: str, *, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Denied(ApiError):
    """The token may not do this: it can only read (a fork's) or lacks a permission; GitHub says 403, or 404."""


class Unavailable(ApiError):
    """GitHub as a whole: it cannot be reached, asks to wait, or does not know the token. Nothing else will be read."""


class Uncertain(ApiError):
    """A write that GitHub may have done before it failed: look whether it is there before it is tried again."""


class Clock(Protocol):
    """Time, which tests hold in their hands."""

    def now(self) -> float:
        """Seconds since the epoch, as GitHub counts until a limit ends."""

    def sleep(self, seconds: float) -> None:
        """Waits."""


class WallClock:
    """The real time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)


class Api:
    """Requests about one repository. `patience` are the seconds that all of them together may take.

    A request that reads is tried again after a server error; one that writes is not, unless GitHub said that it
    did nothing (a limit). Raises Denied, Uncertain or ApiError.
    """

    def __init__(
        self, token: str, *, repository: str, url: str, clock: Clock | None = None, patience: float = 90.0
    ) -> None:
        if not url.startswith(("https://", "http://")):
            raise UsageError("GITHUB_API_URL is no web address", hint="https://api.github.com, or https://HOST/api/v3")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError("GITOPS_CI_TOKEN is no token: it has spaces, or characters that no token has")
        self.repository = repository
        self.sent = 0
        self.login: str | None = None
        self._clock = clock or WallClock()
        self._until = self._clock.now() + patience
        self._transport = Transport(url, token)

    def __repr__(self) -> str:
        return f"Api({self.repository})"  # the token is in there

    def get(self, path: str, kind: type[T], **parameters: str | int) -> T:
        """What is at a path below the repository (`pulls/7`), or anywhere (`/orgs/acme/teams`)."""
        return _decoded(self._read("GET", self._at(path, parameters)), kind)

    def pages(self, path: str, kind: type[T], **parameters: str | int) -> Iterator[T]:
        """Everything in a list, a page at a time, as long as somebody asks; raises ApiError past 100 pages."""
        url = self._at(path, {"per_page": PER_PAGE, **parameters})
        seen: set[str] = set()
        while url not in seen:
            if len(seen) == MOST_PAGES:
                raise ApiError(f"{path} has more than {MOST_PAGES} pages")
            seen.add(url)
            answer = self._read("GET", url)
            yield from _decoded(answer, list[kind])  # type: ignore[valid-type]  # a list of what is asked for
            following = _next(answer)
            if following is None:
                return
            url = self._transport.following(answer, following)
        raise ApiError(f"the pages of {path} lead back to one that was read")

    def send(self, verb: str, path: str, kind: type[T], body: Mapping[str, Any]) -> T:
        """Writes (`POST`, `PATCH`, `PUT`, `DELETE`) and gives the answer; raises Uncertain where it may be done."""
        answer = self._write(verb, self._at(path), dict(body) if body else None)
        try:
            return _decoded(answer if answer.body else msgspec.structs.replace(answer, body=b"null"), kind)
        except ApiError as error:  # said with the code of a success
            raise Uncertain(error.message, hint=error.hint) from None

    def graphql(self, query: str, variables: Mapping[str, Any], kind: type[T]) -> T:
        """The `data` of a GraphQL answer; its errors are Denied or ApiError. A `query` reads, a `mutation` writes."""
        ask = self._read if query.startswith("query") else self._write
        answer = _decoded(ask("POST", self._transport.graphql, {"query": query, "variables": dict(variables)}), _Graph)
        if answer.errors:
            told = "; ".join(error.message for error in answer.errors)[:_MESSAGE]
            denied = any(error.type in ("FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND") for error in answer.errors)
            raise (Denied if denied else ApiError)(f"GitHub refused: {told}")
        try:
            return msgspec.json.decode(answer.data, type=kind)
        except msgspec.DecodeError as error:
            raise ApiError(f"GitHub's answer is not what was expected: {error}") from None

    def _at(self, path: str, parameters: Mapping[str, str | int] | None = None) -> str:
        place = path if path.startswith("/") else f"/repos/{self.repository}/{path}".rstrip("/")
        return self._transport.at(place, parameters)

    def _read(self, verb: str, url: str, body: Mapping[str, Any] | None = None) -> Answer:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._sent(verb, url, body)
            except Unanswered as error:
                if attempt == _ATTEMPTS:
                    raise Unavailable(f"GitHub cannot be reached: {error}", hint=_LATER) from None
                self._pause(attempt)
                continue
            if answer.status in _SERVER_ERRORS and attempt < _ATTEMPTS:
                self._pause(attempt)
                continue
            return _accepted(answer, verb, url)
        raise AssertionError("every attempt returns or raises")

    def _write(self, verb: str, url: str, body: Mapping[str, Any] | None) -> Answer:
        try:
            answer = self._sent(verb, url, body)
        except Unanswered as error:
            raise Uncertain(f"GitHub did not answer a {verb}: {error}", hint=_LATER) from None
        if answer.status in _SERVER_ERRORS:
            raise Uncertain(f"GitHub failed at a {verb} ({answer.status})", hint=_LATER, status=answer.status)
        return _accepted(answer, verb, url)

    def _sent(self, verb: str, url: str, body: Mapping[str, Any] | None) -> Answer:
        """One exchange; where a limit is met, as many as it takes until it has passed."""
        while True:
            left = self._until - self._clock.now()
            if left <= 0:
                raise Unavailable("GitHub takes too long: the time for all requests together is over", hint=_LATER)
            self.sent += 1
            try:
                answer = self._transport.exchange(verb, url, body, seconds=min(TIMEOUT, left))
            except Elsewhere as error:
                hint = "look at GITHUB_API_URL, and at proxies on the way"
                raise Unavailable(f"GitHub's API is not at this address: {error}", hint=hint) from None
            seconds = _limit(answer, self._clock.now())
            if seconds is None:
                return answer
            self._wait(seconds)

    def _pause(self, attempt: int) -> None:
        self._wait(2.0 ** (attempt - 1) * (0.5 + random.random()))  # noqa: S311  # only spreads the load

    def _wait(self, seconds: float) -> None:
        if self._clock.now() + seconds > self._until:
            message = f"GitHub asks to wait {seconds:.0f} s (a rate limit, or it is overloaded)"
            raise Unavailable(message, hint="run the job again later, or give it a GitHub App's token")
        self._clock.sleep(seconds)


class PageInfo(Struct, rename="camel"):
    """Whether a list of GraphQL goes on, and from where."""

    has_next_page: bool
    end_cursor: str | None = None


class _GraphError(Struct):
    message: str
    type: str = ""


class _Graph(Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_GraphError] = []


class _Refusal(Struct):
    message: str = ""
    errors: msgspec.Raw = msgspec.Raw(b"")


def _decoded(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError as error:
        what = answer.headers.get("content-type", "").partition(";")[0]
        told = f"GitHub's answer is not what was expected: {error}"
        if "json" in what or not what:
            raise ApiError(told) from None
        raise ApiError(told, hint=f"it is {what[:40]}: {_PROXY}") from None


def _accepted(answer: Answer, verb: str, url: str) -> Answer:
    if answer.status in _DONE:
        return answer
    try:
        refusal = msgspec.json.decode(answer.body, type=_Refusal)
    except msgspec.DecodeError:
        refusal = None
    errors = bytes(refusal.errors).decode(errors="replace") if refusal else ""
    said = " ".join(f"{refusal.message if refusal else ''} {errors}".split())[:_MESSAGE]
    message = f"{verb} {urlsplit(url).path}: GitHub says {answer.status}{f', {said}' if said else ''}"
    if answer.status == 401:
        raise Unavailable(message, hint="the token is wrong or has expired", status=401)
    if answer.status in (403, 404, 410) and refusal is not None:
        raise Denied(message, hint=_permission(answer), status=answer.status)
    if answer.status in _SERVER_ERRORS:
        raise ApiError(message, hint=_LATER, status=answer.status)
    raise ApiError(message, hint="" if refusal else f"it is no JSON: {_PROXY}", status=answer.status)


def _permission(answer: Answer) -> str:
    """What GitHub says that is missing (`x-accepted-github-permissions`), or what it may be."""
    wanted = answer.headers.get("x-accepted-github-permissions", "")
    return f"the token needs: {wanted}" if wanted else "the token may lack a permission (a fork's can only read)"


def _limit(answer: Answer, now: float) -> float | None:
    """Seconds to wait where a limit was met (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).

    None for every other answer. `retry-after` wins; then the end of the hour's limit, by GitHub's own clock; a
    secondary limit without either is a minute.
    """
    if answer.status not in _LIMITED:
        return None
    after, left = answer.headers.get("retry-after", ""), answer.headers.get("x-ratelimit-remaining", "")
    if _NUMBER.fullmatch(after):
        return max(1.0, float(after))
    if left == "0":
        reset = answer.headers.get("x-ratelimit-reset", "")
        return max(1.0, float(reset) - _there(answer, now) + 1) if _NUMBER.fullmatch(reset) else 60.0
    said = answer.body.lower()
    return 60.0 if answer.status == 429 or b"secondary rate limit" in said or b"abuse detection" in said else None


def _there(answer: Answer, now: float) -> float:
    """What time it is for GitHub: a runner's own clock may be wrong."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return now


def _next(answer: Answer) -> str | None:
    """The address of the following page (`Link: <…>; rel="next"`)."""
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found else None
