"""What GitHub, or whatever is between us and it, can do to a request: bounded in time, told in words, never twice."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gitops_ci.errors import UsageError
from gitops_ci.github import comments, publishing, transport
from gitops_ci.github.api import Api, ApiError, Denied
from gitops_ci.github.comments import Comment
from gitops_ci.github.publishing import Outcome
from tests.integration.github_server import HEAD, TOKEN, Fault, Server
from tests.integration.test_publishing import MARKER, Clock, bodies, publication

HTML = b"<html><body>Sign in to the guest network</body></html>"
COMMENTS, PULL = "issues/7/comments$", "pulls/7$"


def http(body: bytes, *, kind: str = "application/json", length: int | None = None, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body) if length is None else length}"
    return f"{head}\r\nconnection: close\r\n\r\n".encode() + body


@pytest.fixture
def github(github_server: Server) -> Server:
    """A fresh repository; what it says wrongly is what is tried here, so nobody looks at it in the end."""
    github_server.begin_anew()
    return github_server


def patient(github: Server, seconds: float = 90.0, clock: Clock | None = None) -> Api:
    return Api(TOKEN, repository="acme/infra", url=github.url, clock=clock, patience=seconds)


def published(github: Server, fault: Fault, *, clock: Clock | None = None, body: str = "one") -> Outcome:
    github.repository.faults.append(fault)
    outcome = publishing.publish(patient(github, clock=clock or Clock()), publication(body))
    assert TOKEN not in repr(outcome)
    return outcome


def refused(github: Server, fault: Fault, *, clock: Clock | None = None) -> ApiError:
    with pytest.raises(ApiError) as told:
        published(github, fault, clock=clock)
    assert TOKEN not in str(told.value)
    assert told.value.exit_code == 3
    return told.value


BROKEN = {
    "reset": Fault("GET", PULL, raw=b""),
    "closed": Fault("GET", PULL, raw=b"HTTP/1.1 2"),
    "truncated": Fault("GET", PULL, raw=http(b'{"number": 7', length=4_000)),
    "no HTTP": Fault("GET", PULL, raw=b"SSH-2.0-OpenSSH_9.2\r\n"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_connection_that_breaks_is_made_again_to_read(github: Server, how: str) -> None:
    fault = BROKEN[how]
    assert published(github, Fault("GET", fault.path, raw=fault.raw)).status
    assert "cannot be reached" in refused(github, Fault("GET", fault.path, raw=fault.raw, times=9)).message


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("raw", [b"", http(b'{"id": 1', length=4_000), http(HTML, kind="text/html"), http(b"[1,")])
def test_a_write_whose_answer_is_lost_is_there_once(github: Server, raw: bytes, done: bool) -> None:
    outcome = published(github, Fault("POST", COMMENTS, raw=raw, done=done))
    assert (outcome.notes, outcome.failed) == ((), False)
    assert bodies(github) == ["one"]


def test_a_page_of_a_proxy_is_told_as_one(github: Server) -> None:
    told = refused(github, Fault("GET", PULL, raw=http(HTML, kind="text/html")))
    assert "text/html" in told.hint
    assert "proxy" in told.hint
    outcome = published(
        github, Fault("POST", COMMENTS, raw=http(HTML, kind="text/html", status="403 Forbidden"), times=9)
    )
    assert outcome.failed  # not a token that can only read
    assert "no JSON" in outcome.notes[0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", PULL, hang=60),
        Fault("GET", PULL, raw=http(b"x" * 600), drip=0.1),
        Fault("GET", PULL, raw=b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 600, drip=0.1),
    ],
    ids=["silence", "a byte now and then", "a header without end"],
)
def test_nothing_hangs_longer_than_its_patience(github: Server, fault: Fault) -> None:
    github.repository.faults.append(fault)
    began = time.monotonic()
    with pytest.raises(ApiError):
        publishing.publish(patient(github, 1.0), publication("one"))
    assert time.monotonic() - began < 20


def test_a_write_without_an_answer_ends_in_time_and_says_so(github: Server) -> None:
    github.repository.faults.append(Fault("POST", COMMENTS, hang=60, done=True))
    began = time.monotonic()
    outcome = publishing.publish(patient(github, 1.5), publication("one"))
    assert time.monotonic() - began < 20
    assert outcome.failed
    assert bodies(github) == ["one"]


def test_an_answer_without_end_is_not_read(github: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 1_000_000)
    told = refused(github, Fault("GET", PULL, raw=http(b"[" * 3_000_000), times=9))
    assert "an answer of more than" in told.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_repository_that_was_renamed_is_found(github: Server, status: int) -> None:
    """Its answers keep what was asked for: the second page is not the first one again."""
    for number in range(130):
        github.repository.comment(f"talk {number}", "octocat")
    moved = {"location": f"{github.url}/repos/acme/infra/issues/7/comments?per_page=100&page=2"}
    github.repository.faults.append(Fault("GET", COMMENTS, status=status, headers=moved))
    assert len(list(patient(github).pages("issues/7/comments", Comment))) == 30


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_redirects_in_a_circle_end(github: Server, verb: str) -> None:
    path = PULL if verb == "GET" else COMMENTS
    moved = {"location": f"{github.url}/repos/acme/infra/{path.rstrip('$')}"}
    fault = Fault(verb, path, status=307, headers=moved, times=1_000)
    if verb == "GET":
        assert "in a circle" in refused(github, fault).message
    else:
        outcome = published(github, fault)
        assert outcome.failed
        assert "in a circle" in outcome.notes[0]
    assert len(github.repository.requests) < 20


def test_a_redirect_to_elsewhere_gets_nothing(github: Server) -> None:
    other = Server()
    try:
        moved = {"location": f"{other.url}/repos/acme/infra/pulls/7"}
        assert "redirects to" in refused(github, Fault("GET", PULL, status=302, headers=moved)).message
        assert other.repository.requests == []
    finally:
        other.close()


@pytest.mark.parametrize("link", ["?per_page=100", "?page=2&per_page=100"], ids=["itself", "the page before"])
def test_pages_in_a_circle_end(github: Server, link: str) -> None:
    headers = {"link": f'<{github.url}/repos/acme/infra/issues/7/comments{link}>; rel="next"'}
    page = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" + f"link: {headers['link']}\r\n\r\n[]".encode()
    github.repository.faults.append(Fault("GET", COMMENTS, raw=page, times=1_000))
    with pytest.raises(ApiError, match="lead back"):
        list(patient(github, clock=Clock()).pages("issues/7/comments", Comment))
    assert len(github.repository.requests) <= 2


def test_pages_without_end_end(github: Server) -> None:
    for number in range(10_001):
        github.repository.comment("x", "octocat", 7)
        del number
    with pytest.raises(ApiError, match="more than 100 pages"):
        list(patient(github, clock=Clock()).pages("issues/7/comments", Comment))


def test_github_enterprise_has_its_addresses(github: Server) -> None:
    """REST below /api/v3 with its pages, GraphQL beside it: a second run finds the comment behind others."""
    for number in range(130):
        github.repository.comment(f"talk {number}", "octocat")
    for body in ("one", "two"):
        api = Api(TOKEN, repository="acme/infra", url=f"{github.url}/api/v3/", clock=Clock())
        assert publishing.publish(api, publication(body, mode="new")).notes == ()
    assert bodies(github) == ["one", "two"]
    assert len(github.repository.minimised) == 1
    assert github.problems == []


def test_another_host_in_a_link_is_still_this_server(github: Server) -> None:
    """GitHub behind a proxy writes its own name there; the token goes to nobody else."""
    page = http(b"[]").replace(
        b"connection: close",
        b'connection: close\r\nlink: <https://evil.example/repos/acme/infra/issues/7/comments?page=1>; rel="next"',
    )
    github.repository.comment("talk", "octocat")
    github.repository.faults.append(Fault("GET", COMMENTS, raw=page))
    assert [each.body for each in patient(github).pages("issues/7/comments", Comment)] == ["talk"]


@pytest.mark.parametrize(
    ("status", "failed", "words"),
    [
        (401, True, "expired"),
        (403, False, "permission"),
        (404, False, "permission"),
        (409, True, "409"),
        (410, False, "410"),
        (422, True, "422"),
        (451, True, "451"),
    ],
)
def test_a_refusal_is_a_line_and_the_rest_is_written(github: Server, status: int, failed: bool, words: str) -> None:
    """What the token may not do is nobody's failure; anything else leaves something old to see."""
    outcome = published(github, Fault("POST", COMMENTS, status=status, message="No", times=9))
    assert (outcome.status, outcome.check_run, outcome.failed) == (True, True, failed)
    assert words in outcome.notes[0]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422, 500])
def test_a_pull_request_that_cannot_be_read_decides_nothing(github: Server, status: int) -> None:
    assert str(status) in refused(github, Fault("GET", PULL, status=status, times=9)).message
    assert github.repository.statuses == []


def test_a_body_that_is_too_long_is_said_in_short_once(github: Server) -> None:
    github.repository.faults.append(Fault("POST", COMMENTS, status=422, message="body is too long"))
    whole = publication("every detail", shorter=f"{MARKER}\nin short")
    outcome = publishing.publish(patient(github), whole)
    assert (outcome.notes, outcome.failed) == ((), False)
    assert bodies(github) == ["in short"]
    github.repository.faults.append(Fault("PATCH", "issues/comments/", status=422, message="body is too long", times=9))
    again = publishing.publish(patient(github), whole)
    assert (again.notes, again.failed) == ((), False)
    assert bodies(github) == ["in short"]
    assert [verb for verb, path in github.repository.requests if path.endswith("comments")].count("POST") == 2


@pytest.mark.parametrize(
    ("status", "headers", "message", "slept"),
    [
        (429, {}, "slow down", [60.0]),
        (403, {}, "You have exceeded a secondary rate limit", [60.0]),
        (403, {}, "You have triggered an abuse detection mechanism", [60.0]),
        (403, {"retry-after": "7"}, "wait", [7.0]),
        (429, {"retry-after": "0"}, "wait", [1.0]),
        (429, {"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT"}, "wait", [60.0]),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, "limit", [60.0]),
    ],
)
def test_a_limit_is_waited_for(
    github: Server, status: int, headers: dict[str, str], message: str, slept: list[float]
) -> None:
    clock = Clock()
    fault = Fault("POST", "statuses/", status=status, headers=headers, message=message)
    assert published(github, fault, clock=clock).status
    assert clock.slept == slept


def test_the_end_of_a_limit_is_by_githubs_clock(github: Server) -> None:
    """The runner's clock is years behind, or ahead: both would wait for ever, or not at all."""
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "1767225620",
        "date": "Thu, 01 Jan 2026 00:00:00 GMT",
    }
    clock = Clock()
    assert published(github, Fault("GET", PULL, status=403, headers=headers), clock=clock).status
    assert clock.slept == [21.0]


def test_a_limit_without_end_is_given_up(github: Server) -> None:
    clock = Clock()
    told = refused(github, Fault("GET", PULL, status=429, headers={"retry-after": "0"}, times=10_000), clock=clock)
    assert "takes too long" in told.message or "asks to wait" in told.message
    assert sum(clock.slept) <= 90


def test_asking_who_we_are_is_tried_again(github: Server) -> None:
    publishing.publish(patient(github), publication("one"))
    outcome = published(github, Fault("POST", "/graphql", times=2), body="two")
    assert (outcome.notes, bodies(github)) == ((), ["two"])


def test_a_limit_of_graphql_writes_no_second_comment(github: Server) -> None:
    publishing.publish(patient(github), publication("one"))
    limited = http(b'{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}')
    with pytest.raises(ApiError, match="limit"):  # whose status is there cannot be told
        published(github, Fault("POST", "/graphql", raw=limited, times=9), body="two")
    assert bodies(github) == ["one"]


def test_a_token_that_is_none_is_refused_before_it_is_sent(github: Server) -> None:
    for token in ("two\nlines", "with space", "ghp_ü"):
        with pytest.raises(UsageError) as told:
            Api(token, repository="acme/infra", url=github.url)
        assert token not in str(told.value)
    with pytest.raises(UsageError, match="no web address"):
        Api(TOKEN, repository="acme/infra", url="github.acme.example")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_a_server_that_is_not_there_is_told(url: str) -> None:
    with pytest.raises(ApiError, match="cannot be reached") as told:
        comments.own(Api(TOKEN, repository="acme/infra", url=url, clock=Clock()), 7, MARKER)
    assert TOKEN not in str(told.value)


def test_a_permission_that_github_names_is_named(github: Server) -> None:
    headers = {"x-accepted-github-permissions": "issues=write; pull_requests=write"}
    outcome = published(github, Fault("POST", COMMENTS, status=403, headers=headers, message="Resource not accessible"))
    assert "the token needs: issues=write; pull_requests=write" in outcome.notes[0]
    assert isinstance(Denied("x"), ApiError)


def test_a_header_that_is_no_number_is_not_believed(github: Server) -> None:
    odd: dict[str, Any] = {"x-ratelimit-remaining": "many", "x-ratelimit-limit": "", "x-ratelimit-reset": "1e99"}
    told = refused(github, Fault("GET", PULL, status=404, headers=odd))
    assert "404" in told.message
    assert HEAD not in told.message
