"""Publishing to a server that is as strict as GitHub: one comment, one status, whatever fails on the way."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gitops_ci.github import publishing, pull_requests
from gitops_ci.github.api import Api, ApiError
from gitops_ci.github.check_runs import Annotation, CheckRun
from gitops_ci.github.event import Source
from gitops_ci.github.publishing import Outcome, Publication
from gitops_ci.github.statuses import Status
from gitops_ci.model.run import Run
from tests.integration.github_server import HEAD, READ_ONLY, TOKEN, Fault, Server

MARKER = "<!-- gitops-ci:comment v1 config=default -->"
BOT = "github-actions[bot]"
RUN = Run(id="100", attempt=1)


class Clock:
    def __init__(self) -> None:
        self.time = 1_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def api(github: Server, *, token: str = TOKEN, clock: Clock | None = None) -> Api:
    return Api(token, repository="acme/infra", url=github.url, clock=clock or Clock())


def run_url(run: Run) -> str:
    return f"https://github.com/acme/infra/actions/runs/{run.id}/attempts/{run.attempt}"


def publication(body: str = "all is well", *, run: Run = RUN, annotations: int = 0, **changes: Any) -> Publication:
    made = tuple(
        Annotation(path="main.tf", start_line=number + 1, end_line=number + 1, annotation_level="warning", message="m")
        for number in range(annotations)
    )
    whole = Publication(
        commit=HEAD,
        run=run,
        status=Status(context="gitops-ci", state="success", description="Pass", target_url=run_url(run)),
        pull_request=7,
        base="main",
        comment=f"{MARKER}\n{body}",
        marker=MARKER,
        check_run=CheckRun(
            name="gitops-ci report",
            head_sha=HEAD,
            conclusion="success",
            title="Pass",
            summary=body,
            external_id=f"{run.id}-{body}",
            annotations=made,
        ),
    )
    return msgspec.structs.replace(whole, **changes)


def bodies(github: Server) -> list[str]:
    return [each["body"].partition("\n")[2] for each in github.repository.comments if MARKER in each["body"]]


def publish(github: Server, *args: Any, clock: Clock | None = None, token: str = TOKEN, **changes: Any) -> Outcome:
    return publishing.publish(api(github, token=token, clock=clock), publication(*args, **changes))


def test_a_first_run_writes_all_three_and_a_second_one_with_the_same_to_say_nothing(github: Server) -> None:
    first = publish(github, "one", annotations=120)
    assert (first.status, first.check_run, first.notes) == (True, True, ())
    assert first.comment_url == github.repository.comments[0]["html_url"]
    assert bodies(github) == ["one"]
    assert len(github.repository.check_runs[0]["annotations"]) == 120
    assert github.repository.check_runs[0]["status"] == "completed"
    github.repository.requests.clear()
    again = publish(github, "one", annotations=120)
    assert (again.status, again.check_run, again.comment_url) == (False, False, first.comment_url)
    assert all(verb == "GET" or path == "/graphql" for verb, path in github.repository.requests)
    assert len(github.repository.requests) <= 12


def test_a_change_updates_in_place_and_needs_few_requests(github: Server) -> None:
    publish(github, "one", annotations=500)
    github.repository.requests.clear()
    publish(github, "two", run=Run(id="101", attempt=1), annotations=500)
    assert bodies(github) == ["two"]
    assert len(github.repository.requests) <= 25


def test_a_comment_behind_the_first_page_is_found(github: Server) -> None:
    for number in range(150):
        github.repository.comment(f"talk {number}", "octocat")
    publish(github, "one")
    for number in range(60):
        github.repository.comment(f"talk {number}", "octocat")
    publish(github, "two")
    assert bodies(github) == ["two"]


def test_somebody_elses_comment_with_our_marker_is_left_alone(github: Server) -> None:
    github.repository.comment(f"{MARKER}\nPass, believe me", "mallory")
    publish(github, "blocked")
    assert bodies(github) == ["Pass, believe me", "blocked"]
    publish(github, "still blocked")
    assert bodies(github) == ["Pass, believe me", "still blocked"]


def test_a_comment_that_somebody_edited_says_again_what_it_has_to(github: Server) -> None:
    publish(github, "one")
    github.repository.comments[0]["body"] = f"{MARKER}\nall is fine, merge"
    publish(github, "one")
    assert bodies(github) == ["one"]


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("path", ["issues/7/comments$", "statuses/", "check-runs$"])
def test_a_write_that_failed_is_there_once_whether_it_was_done_or_not(github: Server, path: str, done: bool) -> None:
    github.repository.faults.append(Fault("POST", path, done=done))
    outcome = publish(github, "one")
    assert (outcome.notes, outcome.failed) == ((), False)
    assert bodies(github) == ["one"]
    assert len(github.repository.statuses) == 1
    assert len(github.repository.check_runs) == 1


@pytest.mark.parametrize("done", [True, False])
def test_a_batch_of_annotations_that_failed_is_there_once(github: Server, done: bool) -> None:
    github.repository.faults.append(Fault("PATCH", "check-runs/", done=done))
    publish(github, "one", annotations=130)
    assert len(github.repository.check_runs[0]["annotations"]) == 130
    assert github.repository.check_runs[0]["status"] == "completed"


def test_comments_that_are_there_twice_become_one(github: Server) -> None:
    for _ in range(3):
        github.repository.comment(f"{MARKER}\nold", BOT)
    publish(github, "new")
    assert bodies(github) == ["new"]


def test_a_deleted_comment_is_written_anew(github: Server) -> None:
    publish(github, "one")
    github.repository.faults.append(Fault("PATCH", "issues/comments/", status=404, message="Not Found"))
    publish(github, "two")
    assert bodies(github) == ["two"]


def test_in_mode_new_older_comments_are_minimised(github: Server) -> None:
    publish(github, "one", mode="new")
    old = github.repository.comments[0]["node_id"]
    publish(github, "two", mode="new")
    publish(github, "two", mode="new")
    assert bodies(github) == ["one", "two"]
    assert github.repository.minimised == {old}


def test_an_older_run_that_ends_later_changes_nothing(github: Server) -> None:
    publish(github, "new", run=Run(id="101", attempt=1))
    outcome = publish(github, "old", run=Run(id="100", attempt=3))
    assert outcome.stale is not None
    assert bodies(github) == ["new"]
    assert publish(github, "re-run", run=Run(id="101", attempt=2)).stale is None
    assert bodies(github) == ["re-run"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"head": "c" * 40}, "newer commit"),
        ({"base": "production"}, "goes to production"),
        ({"state": "closed"}, "closed"),
    ],
)
def test_what_is_not_the_pull_request_any_more_is_not_written(
    github: Server, change: dict[str, str], words: str
) -> None:
    github.repository.pull(7, **change)
    outcome = publish(github, "one")
    assert words in (outcome.stale or "")
    assert (github.repository.statuses, bodies(github)) == ([], [])


def test_a_read_only_token_is_a_clear_line_and_no_failure(github: Server) -> None:
    outcome = publish(github, "one", token=READ_ONLY)
    assert (outcome.status, outcome.comment_url, outcome.failed) == (False, None, False)
    assert len(outcome.notes) == 3
    assert all("403" in note for note in outcome.notes)


def test_a_locked_conversation_keeps_only_the_comment_from_being_written(github: Server) -> None:
    github.repository.pulls[7]["locked"] = True
    outcome = publish(github, "one")
    assert (outcome.status, outcome.check_run) == (True, True)
    assert "locked" in outcome.notes[0]


def test_a_secondary_limit_is_waited_for(github: Server) -> None:
    clock = Clock()
    limit = Fault("POST", "statuses/", status=403, headers={"retry-after": "7"}, message="secondary rate limit")
    github.repository.faults.append(limit)
    assert publish(github, "one", clock=clock).status
    assert clock.slept == [7.0]


def test_a_limit_that_lasts_too_long_is_given_up_and_said(github: Server) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4600", "date": "Thu, 01 Jan 1970 00:16:40 GMT"}
    github.repository.faults.append(Fault("GET", "pulls/7", status=403, headers=headers, message="API rate limit"))
    clock = Clock()
    with pytest.raises(ApiError, match="asks to wait 3601 s"):
        publish(github, "one", clock=clock)
    assert clock.slept == []


def test_reading_is_tried_again_and_given_up_in_the_end(github: Server) -> None:
    github.repository.faults.append(Fault("GET", "pulls/7", times=2))
    assert publish(github, "one").status
    github.repository.faults.append(Fault("GET", "pulls/7", times=9))
    with pytest.raises(ApiError, match="502"):
        publish(github, "two")


def test_a_server_error_that_stays_is_a_failure_and_the_rest_is_written(github: Server) -> None:
    github.repository.faults.append(Fault("POST", "issues/7/comments$", times=9))
    outcome = publish(github, "one")
    assert (outcome.status, outcome.check_run, outcome.failed) == (True, True, True)
    assert bodies(github) == []


def test_a_wrong_token_is_told_without_it(github: Server) -> None:
    with pytest.raises(ApiError) as told:
        publish(github, "one", token="ghp_wrong")
    assert "401" in str(told.value)
    assert "ghp_wrong" not in str(told.value)


def test_a_redirect_to_elsewhere_is_not_followed(github: Server) -> None:
    moved = Fault("GET", "pulls/7", status=301, headers={"location": "https://evil.example/repos/acme/infra/pulls/7"})
    github.repository.faults.append(moved)
    with pytest.raises(ApiError):
        publish(github, "one")


def test_the_pull_request_of_a_forks_run_is_the_one_with_its_head(github: Server) -> None:
    def found(commit: str, repository: int = 1) -> list[int]:
        source = Source("acme", repository, "feature", commit, Run(id="1", attempt=1))
        return [each.number for each in pull_requests.of_head(api(github), source)]

    github.repository.pull(8, head="c" * 40)
    assert found(HEAD) == [7]
    assert found(HEAD, repository=2) == [], "another fork of the same owner"
    assert found("d" * 40) == []
    github.repository.pull(9)
    assert found(HEAD) == [7, 9]
