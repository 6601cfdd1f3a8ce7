"""A pull request's state, read from a server that is as strict as GitHub: all of it, or what is missing is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gitops_ci.github import authorship, pull_request_state
from gitops_ci.github.api import Api, ApiError, Denied
from gitops_ci.model.pull_request import Commit, Label, Person, PullRequest, Unreadable, Wanted
from tests.integration.github_server import BASE, HEAD, READ_ONLY, TOKEN, Fault, Server
from tests.integration.github_state import actor, user
from tests.integration.test_publishing import Clock

APP = "token-of-an-app"
TIP, OTHER = "c" * 40, "d" * 40
EVERYTHING = Wanted(
    labels=("gitops-ci",),
    reviews=True,
    commits=True,
    pushers=True,
    teams=("acme/dba",),
    rights=True,
    neighbours=True,
)
BOT = Person("github-actions[bot]", bot=True)


@pytest.fixture
def github(github_server: Server) -> Iterator[Server]:
    """A pull request of octocat's with one commit; nothing may be said that GitHub's descriptions do not know."""
    github_server.begin_anew()
    state = github_server.repository
    state.commit(HEAD, actor("octocat"))
    state.push("octocat", HEAD)
    state.branches["main"] = TIP
    state.roles = {"octocat": "write", "ann": "maintain", "bob": "read"}
    state.teams = {"acme/dba": ["Ann", "bob"]}
    yield github_server
    assert [each for each in github_server.problems if not _is_about_what_is_gone(each)] == []


def _is_about_what_is_gone(problem: str) -> bool:
    """GitHub gives null for an account or a fork that is gone, which its description does not have."""
    nothing = "None is not of type" in problem or "'actor': None" in problem
    return nothing and problem.startswith(("GET /repos/acme/infra/pulls/7 ", "GET /repos/acme/infra/issues/7/events "))


def api(github: Server, token: str = TOKEN) -> Api:
    return Api(token, repository="acme/infra", url=github.url, clock=Clock())


def state(github: Server, wanted: Wanted = EVERYTHING, token: str = APP) -> PullRequest:
    return pull_request_state.state(api(github, token), 7, wanted)


def test_nothing_is_asked_that_is_not_wanted(github: Server) -> None:
    connection = api(github)
    pull = pull_request_state.state(connection, 7, Wanted())
    assert (pull.head, pull.base_tip, pull.base_ref, pull.head_ref) == (HEAD, TIP, "main", "feature")
    assert (pull.open, pull.draft, pull.fork, pull.author) == (True, False, False, Person("octocat"))
    assert connection.sent == 2


def test_everything_is_there_within_the_budget(github: Server) -> None:
    github.repository.review("ann")
    github.repository.label("gitops-ci-destroy:abc", "bob")
    connection = api(github, APP)
    pull = pull_request_state.state(connection, 7, EVERYTHING)
    assert isinstance(pull.reviews, tuple)
    assert isinstance(pull.labels, tuple)
    assert [(each.by, each.state, each.commit) for each in pull.reviews] == [(Person("ann"), "approved", HEAD)]
    assert [(each.name, each.by) for each in pull.labels] == [("gitops-ci-destroy:abc", Person("bob"))]
    assert pull.commits == (Commit(sha=HEAD, people=(Person("octocat"),)),)
    assert pull.pushers == (Person("octocat"),)
    assert pull.members == {"acme/dba": frozenset({"ann", "bob"})}
    assert pull.rights == {"ann": "maintain", "bob": "read"}
    assert pull.neighbours == ()
    assert connection.sent == 10


def test_what_the_api_says_now_counts_and_not_an_old_payload(github: Server) -> None:
    pull = github.repository.pulls[7]
    pull["base"]["sha"] = BASE  # what it was when the pull request was opened
    pull["draft"], pull["state"] = True, "closed"
    pull["head"]["repo"] = None
    told = state(github, Wanted())
    assert (told.base_tip, told.draft, told.open, told.fork) == (TIP, True, False, True)


def test_reviews_are_read_to_the_last_page_with_their_commits(github: Server) -> None:
    github.repository.review("ann", "COMMENTED", OTHER)
    github.repository.reviews[7] *= 118
    github.repository.review("ann", "DISMISSED", OTHER)
    github.repository.review("bob", "CHANGES_REQUESTED")
    github.repository.review("ann")
    github.repository.reviews[7].append({"id": 1, "user": user("octocat"), "state": "PENDING", "commit_id": HEAD})
    reviews = state(github).reviews
    assert isinstance(reviews, tuple)
    assert len(reviews) == 121
    assert [(each.by.login, each.state, each.commit[:1]) for each in reviews[-3:]] == [
        ("ann", "dismissed", "d"),
        ("bob", "changes_requested", "a"),
        ("ann", "approved", "a"),
    ]


def test_a_review_by_an_app_or_a_deleted_account_says_so(github: Server) -> None:
    github.repository.review("renovate[bot]")
    github.repository.review("gone")
    github.repository.reviews[7][1]["user"] = None
    pull = state(github)
    assert isinstance(pull.reviews, tuple)
    assert [each.by for each in pull.reviews] == [Person("renovate[bot]", bot=True), Person("ghost")]
    assert list(pull.rights) == ["ghost"]
    assert isinstance(pull.rights["ghost"], Unreadable)


def test_who_put_a_label_last(github: Server) -> None:
    put = github.repository.label
    for number in range(120):
        put(f"noise-{number}", "octocat")
        put(f"noise-{number}", "octocat", on=False)
    put("gitops-ci-override", "ann")
    put("gitops-ci-override", "bob", on=False)
    put("gitops-ci-override", "github-actions[bot]")
    put("gitops-ci-gone", None)
    github.repository.pulls[7]["labels"].append({"name": "GitOps-CI-unheard-of"})
    labels = state(github).labels
    assert isinstance(labels, tuple)
    assert [(each.name, each.by) for each in labels] == [
        ("gitops-ci-override", BOT),
        ("gitops-ci-gone", None),
        ("GitOps-CI-unheard-of", None),
    ]


def test_a_label_that_was_taken_away_meanwhile_is_nobodys(github: Server) -> None:
    github.repository.label("gitops-ci-override", "ann")
    github.repository.label("gitops-ci-override", "bob", on=False)
    github.repository.pulls[7]["labels"] = [{"name": "gitops-ci-override"}]
    assert state(github).labels == (Label(name="gitops-ci-override"),)


def test_labels_that_do_not_matter_cost_nothing(github: Server) -> None:
    github.repository.label("dependencies", "octocat")
    assert state(github).labels == (Label(name="dependencies"),)
    assert not any(path.endswith("/events") for _, path in github.repository.requests)


GITHUB = actor(None, "noreply@github.com", "GitHub")
SIGNED = {"isValid": True, "wasSignedByGitHub": True}
FORGED = {"isValid": False, "wasSignedByGitHub": True}
DEPENDABOT = actor(None, "49699333+dependabot[bot]@users.noreply.github.com", "dependabot[bot]")


@pytest.mark.parametrize(
    ("authors", "more", "people", "strangers"),
    [
        ([actor("octocat"), actor("ann")], {}, ["octocat", "ann"], ()),  # Co-authored-by
        ([actor("octocat")], {"committer": actor("ann")}, ["octocat", "ann"], ()),
        ([actor("octocat")], {"committer": GITHUB, "signature": SIGNED}, ["octocat"], ()),
        ([actor("octocat")], {"committer": GITHUB, "signature": FORGED}, ["octocat"], ("GitHub",)),
        ([actor("octocat")], {"committer": GITHUB}, ["octocat"], ("GitHub",)),
        ([DEPENDABOT], {}, ["dependabot[bot]"], ()),
        ([actor(None, "bob@users.noreply.github.com")], {}, ["bob"], ()),
        ([actor(None, "x@corp.example", "Stranger")], {}, [], ("Stranger",)),
        ([actor(None, "x@corp.example", "")], {"committer": None}, [], ("x@corp.example",)),
        ([actor("octocat")], {"authors": 31}, ["octocat"], ("30 more authors",)),
    ],
)
def test_people_of_a_commit(
    github: Server, authors: list[dict[str, Any]], more: dict[str, Any], people: list[str], strangers: object
) -> None:
    github.repository.authored.clear()
    github.repository.commit(HEAD, *authors, **more)
    commits = state(github).commits
    assert isinstance(commits, tuple)
    assert [each.login for each in commits[0].people] == people
    assert commits[0].strangers == strangers
    assert all(each.bot == each.login.endswith("[bot]") for each in commits[0].people)


@pytest.mark.parametrize(
    ("signature", "signed"),
    [(SIGNED, True), ({**SIGNED, "wasSignedByGitHub": False}, True), (FORGED, False), (None, False)],
)
def test_a_commit_is_signed_where_github_says_that_it_is_valid(
    github: Server, signature: dict[str, bool] | None, *, signed: bool
) -> None:
    github.repository.authored.clear()
    github.repository.commit(HEAD, actor("octocat"), signature=signature)
    commits = state(github).commits
    assert isinstance(commits, tuple)
    assert [each.signed for each in commits] == [signed]


def test_every_page_of_commits_and_none_that_is_newer(github: Server) -> None:
    github.repository.authored.clear()
    for number in range(1, 250):
        github.repository.commit(f"{number:040}", actor("octocat"))
    github.repository.commit(HEAD, actor("octocat"))
    commits = state(github).commits
    assert isinstance(commits, tuple)
    assert len(commits) == 250
    github.repository.pulls[7]["commits"] = 260
    assert state(github).commits == Unreadable(what="the commits: GitHub tells of 250 of 260", permission="")
    github.repository.authored[7].pop()
    told = state(github).commits
    assert isinstance(told, Unreadable)
    assert "newer" in told.what


def pushers(github: Server) -> list[str] | str:
    told = state(github).pushers
    return told.what if isinstance(told, Unreadable) else sorted(each.login for each in told)


def test_who_pushed_is_not_only_who_wrote(github: Server) -> None:
    github.repository.activity.clear()
    github.repository.push("octocat", TIP, "branch_creation")  # at a commit of main: nothing of this change
    github.repository.push("bob", HEAD)
    assert pushers(github) == ["bob"]


def test_whoever_merged_into_the_branch_has_pushed_it(github: Server) -> None:
    """A branch `staging` that goes to `production`; what is in production since long is nothing of this change."""
    github.repository.activity.clear()
    github.repository.push("bob", OTHER)
    github.repository.push("ann", HEAD, "pr_merge")
    assert pushers(github) == ["ann"]


def test_what_was_written_over_does_not_hide_who_pushed(github: Server) -> None:
    """Bob pushes two commits at once; then the second one is taken back: the first was never `after` a push of his."""
    github.repository.activity.clear()
    github.repository.push("octocat", TIP, "branch_creation")
    github.repository.push("bob", OTHER)
    github.repository.push("ann", HEAD, "force_push")
    assert pushers(github) == ["ann", "bob", "octocat"]


def test_a_push_of_nobody_known_is_not_forgotten(github: Server) -> None:
    """GitHub names nobody for an account that is gone: beside somebody who pushed they must not look like nothing."""
    github.repository.push(None, HEAD)
    assert state(github).pushers == (Person("ghost", bot=True), Person("octocat"))


def test_a_branch_made_anew_keeps_those_who_pushed_the_same_commits(github: Server) -> None:
    github.repository.activity.clear()
    github.repository.push("carl", OTHER)  # another change's, of a branch that had this name
    github.repository.push("bob", HEAD)
    github.repository.push("bob", "0" * 40, "branch_deletion")
    github.repository.push("ann", HEAD, "branch_creation")
    assert pushers(github) == ["ann", "bob"]


def test_a_push_that_github_does_not_tell_of_yet_leaves_it_open(github: Server) -> None:
    github.repository.activity.clear()
    github.repository.push("octocat", OTHER)
    assert "does not tell of aaaaaaa" in pushers(github)
    github.repository.activity = {"acme/infra": []}
    assert "does not tell of aaaaaaa" in pushers(github)


def test_more_pushes_than_can_be_looked_at_leave_it_open(github: Server) -> None:
    for _ in range(authorship.MOST_PUSHES + 1):
        github.repository.push("octocat", HEAD)
    assert "more than 300 pushes" in pushers(github)


def test_forks(github: Server) -> None:
    """Of a public fork it can be read who pushed; of a hidden or deleted one not."""
    theirs = {"id": 2, "full_name": "mallory/infra", "name": "infra"}
    github.repository.pulls[7]["head"]["repo"] = theirs
    github.repository.push("mallory", HEAD, repository="mallory/infra")
    assert state(github).fork
    assert pushers(github) == ["mallory"]
    del github.repository.activity["mallory/infra"]
    hidden = state(github).pushers
    assert isinstance(hidden, Unreadable)
    assert "contents: read" in hidden.permission
    github.repository.pulls[7]["head"]["repo"] = None
    assert pushers(github) == "who pushed: the fork is gone"


def test_teams_need_the_token_of_an_app(github: Server) -> None:
    members = state(github, token=TOKEN).members["acme/dba"]
    assert members == Unreadable(
        what="the members of acme/dba", permission="members: read, of a GitHub App in the organisation"
    )


def test_a_team_that_does_not_exist_is_said(github: Server) -> None:
    members = state(github, Wanted(teams=("acme/dbs", "acme/dba"))).members
    assert members["acme/dbs"] == Unreadable(what="the members of acme/dbs: there is no such team", permission="")
    assert members["acme/dba"] == frozenset({"ann", "bob"})


def test_a_team_that_is_hidden_is_not_said_to_be_missing(github: Server) -> None:
    github.repository.faults.append(Fault("GET", "orgs/acme/teams", status=404, times=2, message="Not Found"))
    members = state(github, Wanted(teams=("acme/dba",))).members["acme/dba"]
    assert isinstance(members, Unreadable)
    assert "members: read" in members.permission


STRANGERS = pull_request_state.MOST_PEOPLE + 3


@pytest.mark.parametrize("word", ["APPROVED", "CHANGES_REQUESTED"])
@pytest.mark.parametrize("before", [True, False])
def test_strangers_keep_nobody_from_being_heard(github: Server, word: str, *, before: bool) -> None:
    """On a public repository everybody may review; then it is read at once who may write."""
    if not before:
        github.repository.review("ann")
    for number in range(STRANGERS):
        github.repository.review(f"stranger{number}", word)
    if before:
        github.repository.review("ann")
    for number in range(120):
        github.repository.roles[f"colleague{number}"] = "write"
    connection = api(github, APP)
    rights = pull_request_state.state(connection, 7, EVERYTHING).rights
    assert rights == {"ann": "maintain", **{f"stranger{number}": "none" for number in range(STRANGERS)}}
    assert connection.sent <= 11
    assert not any(path.endswith("/permission") for _, path in github.repository.requests)


@pytest.mark.parametrize("named", [{"users": ("Ann",)}, {"teams": ("acme/dba",)}])
def test_without_a_list_those_who_are_named_are_asked_first(github: Server, named: dict[str, Any]) -> None:
    github.repository.faults.append(Fault("GET", "/collaborators$", status=403, times=9))
    github.repository.review("ann")
    for number in range(STRANGERS):
        github.repository.review(f"stranger{number}")
        github.repository.roles[f"stranger{number}"] = "read"
    rights = state(github, Wanted(reviews=True, rights=True, **named)).rights
    assert rights["ann"] == "maintain"
    assert sum(isinstance(each, Unreadable) for each in rights.values()) == 1 + STRANGERS - 20
    assert isinstance(rights["stranger0"], Unreadable)  # the oldest
    assert "too many people" in rights["stranger0"].what


def test_without_a_list_the_newest_who_approved_the_head_are_asked_first(github: Server) -> None:
    github.repository.faults.append(Fault("GET", "/collaborators$", status=404, times=9))
    for number in range(STRANGERS):
        github.repository.review(f"stranger{number}", "CHANGES_REQUESTED")
    github.repository.review("ann")
    assert state(github).rights["ann"] == "maintain"


def test_rights_of_those_whose_word_counts_only(github: Server) -> None:
    github.repository.review("ann", "COMMENTED")
    github.repository.review("bob", commit=OTHER)
    github.repository.review("renovate[bot]")
    assert state(github).rights == {}
    github.repository.review("bob", "CHANGES_REQUESTED", OTHER)
    assert state(github).rights == {"bob": "read"}


@pytest.mark.parametrize(
    ("name", "right"), [("admin", "admin"), ("security-lead", "none"), ("read", "read"), ("none", "none")]
)
def test_roles(github: Server, name: str, right: str) -> None:
    """A role of an organisation's own is what GitHub says that it comes to; of one that nobody knows, nothing."""
    github.repository.roles["ann"] = name
    github.repository.review("ann")
    assert state(github).rights == {"ann": right}


def test_neighbours_with_their_files(github: Server) -> None:
    for number in (3, 5, 9, 11):
        github.repository.pull(number, head=f"{number}" * 40 if number < 10 else OTHER)
    github.repository.pulls[5]["base"]["ref"] = "production"
    github.repository.pulls[9]["user"] = user("renovate[bot]")
    github.repository.files = {3: ["a.tf", "b.tf"], 9: [f"{number}.tf" for number in range(101)]}
    neighbours = state(github).neighbours
    assert isinstance(neighbours, tuple)
    assert [(each.number, each.author.bot, each.paths) for each in neighbours] == [
        (3, False, ("a.tf", "b.tf")),
        (9, True, None),
        (11, False, ()),
    ]


def test_older_neighbours_are_all_there_or_it_is_said(github: Server) -> None:
    for number in range(100, 220):
        github.repository.pull(number)
    younger = state(github).neighbours
    assert isinstance(younger, tuple)
    assert len(younger) == 99
    github.repository.pulls[500] = {**github.repository.pulls.pop(7), "number": 500}
    github.repository.authored[500] = github.repository.authored[7]
    told = pull_request_state.state(api(github), 500, Wanted(neighbours=True)).neighbours
    assert isinstance(told, Unreadable)
    assert "more than 100 older ones" in told.what


READS: dict[str, tuple[str, Callable[[PullRequest], object], str]] = {
    "reviews": ("pulls/7/reviews", lambda pull: pull.reviews, "pull-requests: read"),
    "labels": ("issues/7/events", lambda pull: pull.labels, "pull-requests: read"),
    "pushers": ("/activity", lambda pull: pull.pushers, "contents: read"),
    "members": ("teams/dba/members", lambda pull: pull.members["acme/dba"], "members: read"),
    "rights": ("ann/permission", lambda pull: pull.rights["ann"], "metadata: read"),
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize(("status", "denied"), [(403, True), (404, True), (410, True), (500, False), (418, False)])
def test_what_one_request_is_refused_is_unreadable_and_the_rest_is_read(
    github: Server, name: str, status: int, *, denied: bool
) -> None:
    path, given, permission = READS[name]
    github.repository.review("ann")
    github.repository.label("gitops-ci-override", "ann")
    github.repository.faults.append(Fault("GET", path, status=status, times=9))
    if (name, status) == ("members", 404):
        github.repository.faults.append(Fault("GET", "acme/teams$", status=403))
    pull = state(github)
    told = given(pull)
    assert isinstance(told, Unreadable)
    assert (permission in told.permission) == denied
    assert [other for other, (_, read, _) in READS.items() if isinstance(read(pull), Unreadable)] == [name]


@pytest.mark.parametrize("raw", [b"[", b'[{"id": "x"}]', b"{}"])
def test_an_answer_that_is_none_is_unreadable(github: Server, raw: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n".encode()
    github.repository.faults.append(Fault("GET", "pulls/7/reviews", raw=head + raw, times=9))
    told = state(github).reviews
    assert isinstance(told, Unreadable)
    assert "not what was expected" in told.what


@pytest.mark.parametrize("status", [403, 500])
def test_graphql_that_fails_leaves_commits_and_neighbours_open(github: Server, status: int) -> None:
    github.repository.faults.append(Fault("POST", "/graphql", status=status, times=99))
    pull = state(github)
    assert isinstance(pull.commits, Unreadable)
    assert isinstance(pull.neighbours, Unreadable)
    assert isinstance(pull.reviews, tuple)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "pulls/7/reviews", raw=b"", times=9),
        Fault("GET", "pulls/7/reviews", status=429, headers={"retry-after": "4000"}, times=9),
        Fault("GET", "pulls/7/reviews", status=401, message="Bad credentials"),
        Fault("GET", "pulls/7$", status=502, times=9),
        Fault("GET", "git/ref", status=502, times=9),
    ],
)
def test_a_github_that_does_not_answer_at_all_is_an_error(github: Server, fault: Fault) -> None:
    github.repository.faults.append(fault)
    with pytest.raises(ApiError) as told:
        state(github)
    assert told.value.exit_code == 3
    assert APP not in str(told.value)


def test_a_pull_request_that_is_not_there(github: Server) -> None:
    with pytest.raises(Denied):
        pull_request_state.state(api(github), 8, EVERYTHING)


def test_a_token_that_only_reads_is_enough(github: Server) -> None:
    github.repository.review("ann")
    pull = state(github, token=READ_ONLY)
    assert isinstance(pull.reviews, tuple)
    assert isinstance(pull.commits, tuple)
    assert pull.rights == {"ann": "maintain"}
