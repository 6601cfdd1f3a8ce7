"""What protects branches: rulesets and branch protection read together, as far as the token may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET, Struct, UnsetType, structs

from gitops_ci.doctor.settings import Branch, Check, Strategy
from gitops_ci.github.api import Api
from gitops_ci.github.people import Reader
from gitops_ci.model.pull_request import Unreadable

QUEUE = (
    "query($owner: String!, $name: String!, $branch: String!) { repository(owner: $owner, name: $name) {"
    " mergeQueue(branch: $branch) { configuration { mergingStrategy } } } }"
)
_ROLES = {5: "repository admins", 2: "those who may maintain", 4: "those who may write"}
"""https://docs.github.com/rest/repos/rules: the numbers of GitHub's own roles."""


class _Required(Struct, frozen=True):
    context: str
    integration_id: int | None = None
    app_id: int | None = None

    @property
    def check(self) -> Check:
        return Check(self.context, self.integration_id if self.app_id is None else self.app_id)


class _File(Struct, frozen=True):
    path: str
    sha: str | None = None
    ref: str | None = None


class _Parameters(Struct, frozen=True):
    required_status_checks: tuple[_Required, ...] = ()
    strict_required_status_checks_policy: bool = False
    require_code_owner_review: bool = False
    grouping_strategy: Strategy | None = None
    workflows: tuple[_File, ...] = ()


class _Rule(Struct, frozen=True):
    type: str
    parameters: _Parameters = _Parameters()
    ruleset_id: int = 0


class _Enabled(Struct, frozen=True):
    enabled: bool = False


class _Someone(Struct, frozen=True):
    login: str = ""
    slug: str = ""


class _Allowed(Struct, frozen=True):
    users: tuple[_Someone, ...] = ()
    teams: tuple[_Someone, ...] = ()
    apps: tuple[_Someone, ...] = ()


class _Reviews(Struct, frozen=True):
    require_code_owner_reviews: bool = False
    bypass_pull_request_allowances: _Allowed = _Allowed()


class _Statuses(Struct, frozen=True):
    checks: tuple[_Required, ...] = ()
    strict: bool = False
    enforcement_level: str = ""


class _Protection(Struct, frozen=True):
    enabled: bool = True
    required_status_checks: _Statuses | None = None
    required_pull_request_reviews: _Reviews | None = None
    enforce_admins: _Enabled = _Enabled(enabled=True)
    allow_force_pushes: _Enabled = _Enabled()


class _Summary(Struct, frozen=True):
    protected: bool = False
    protection: _Protection | None = None


class _Actor(Struct, frozen=True):
    actor_type: str
    actor_id: int | None = None
    bypass_mode: Literal["always", "pull_request", "exempt"] = "always"


class _Ruleset(Struct, frozen=True):
    name: str
    bypass_actors: tuple[_Actor, ...] | UnsetType | None = UNSET


class _Configuration(Struct, frozen=True, rename="camel"):
    merging_strategy: Strategy | None = None


class _Queue(Struct, frozen=True):
    configuration: _Configuration | None = None


class _Repository(Struct, frozen=True, rename="camel"):
    merge_queue: _Queue | None = None


class _Answer(Struct, frozen=True):
    repository: _Repository


def branches(reader: Reader, names: Iterable[str]) -> tuple[Branch, ...]:
    """The branches of these names, as far as they can be read."""
    rulesets: dict[int, tuple[str, ...]] = {}
    return tuple(_branch(reader, name, rulesets) for name in names)


def _branch(reader: Reader, name: str, rulesets: dict[int, tuple[str, ...]]) -> Branch:
    api, place = reader.api, quote(name, safe="")
    rules = reader.read(
        f"the rules of {name}", "metadata: read", lambda: list(api.pages(f"rules/branches/{place}", _Rule))
    )
    summary = reader.read(
        f"the branch {name}", "contents: read, where it is there", lambda: api.get(f"branches/{place}", _Summary)
    )
    classic = _classic(reader, name, summary) if summary is not None else None
    partial = classic or (summary.protection if summary is not None else None) or _Protection(enabled=False)
    found = _joined(name, rules or [], partial, known=classic is not None and rules is not None)
    if rules is None or (classic is None and partial.required_status_checks is None):
        found = structs.replace(found, checks=None)
    queue = next((each.parameters.grouping_strategy for each in rules or () if each.type == "merge_queue"), None)
    if queue is None:
        other = reader.read(f"the merge queue of {name}", "merge-queues: read", lambda: _strategy(api, name))
        queue = other
    for id in dict.fromkeys(each.ruleset_id for each in rules or () if each.ruleset_id):
        if id not in rulesets:
            rulesets[id] = _bypass(reader, id)
        found = structs.replace(found, bypass=(*found.bypass, *rulesets[id]))
    return structs.replace(found, queue=queue)


def _classic(reader: Reader, name: str, summary: _Summary) -> _Protection | None:
    """Branch protection: one that is not enabled where there is none, None where it is hidden."""
    told = summary.protection
    if not (told.enabled if told is not None else summary.protected):
        return _Protection(enabled=False)
    place = f"branches/{quote(name, safe='')}/protection"
    return reader.read(f"the protection of {name}", "administration: read", lambda: reader.api.get(place, _Protection))


def _joined(name: str, rules: list[_Rule], classic: _Protection, *, known: bool) -> Branch:
    """Rules and protection hold at the same time. What neither asks for is not known while one is hidden."""
    types = {rule.type for rule in rules}
    statuses = classic.required_status_checks or _Statuses()
    reviews = classic.required_pull_request_reviews

    def sure(*values: bool) -> bool | None:
        return True if any(values) else False if known else None

    strict = (rule.parameters.strict_required_status_checks_policy for rule in rules)
    owners = (rule.parameters.require_code_owner_review for rule in rules)
    kept = classic.enabled and not classic.allow_force_pushes.enabled
    kept = "non_fast_forward" in types or (known and kept)
    return Branch(
        name=name,
        protected=sure(bool(rules), classic.enabled),
        checks=(
            *(each.check for rule in rules for each in rule.parameters.required_status_checks),
            *(each.check for each in statuses.checks),
        ),
        up_to_date=sure(*strict, statuses.strict),
        pull_request=sure("pull_request" in types, reviews is not None),
        code_owners=sure(*owners, reviews is not None and reviews.require_code_owner_reviews),
        force_push=False if kept else True if known else None,
        bypass=tuple(_classic_bypass(classic)),
        workflows=tuple(
            f"{each.path}@{each.sha or each.ref or 'its default branch'}"
            for rule in rules
            for each in rule.parameters.workflows
        ),
    )


def _classic_bypass(classic: _Protection) -> Iterator[str]:
    statuses, reviews = classic.required_status_checks, classic.required_pull_request_reviews
    if classic.enabled and (
        not classic.enforce_admins.enabled or (statuses and statuses.enforcement_level == "non_admins")
    ):
        yield "repository admins (branch protection)"
    allowed = reviews.bypass_pull_request_allowances if reviews is not None else _Allowed()
    people = [*(each.login for each in allowed.users), *(each.slug for each in (*allowed.teams, *allowed.apps))]
    if people:
        yield f"{', '.join(people)} (without a pull request)"


def _bypass(reader: Reader, id: int) -> tuple[str, ...]:
    """Who may go around a ruleset, in words. GitHub tells only those who could change it."""
    found = reader.read(
        f"the ruleset {id}",
        "administration: read",
        lambda: reader.api.get(f"rulesets/{id}", _Ruleset, includes_parents="true"),
    )
    if found is None:
        return ()
    if isinstance(found.bypass_actors, UnsetType):
        what = f"who may go around the ruleset {found.name}"
        reader.unread.append(Unreadable(what=what, permission="administration: write"))
        return ()
    return tuple(f"{_words(each)} (ruleset {found.name})" for each in found.bypass_actors or ())


def _words(actor: _Actor) -> str:
    match actor.actor_type:
        case "OrganizationAdmin":
            who = "owners of the organisation"
        case "RepositoryRole":
            who = _ROLES.get(actor.actor_id or 0, f"the role {actor.actor_id}")
        case "DeployKey":
            who = "deploy keys"
        case kind:
            who = f"the {'App' if kind == 'Integration' else kind.lower()} {actor.actor_id}"
    return f"{who}, in pull requests" if actor.bypass_mode == "pull_request" else who


def _strategy(api: Api, branch: str) -> Strategy | None:
    """How a queue that branch protection asks for merges; a ruleset's is among its rules."""
    owner, _, name = api.repository.partition("/")
    queue = api.graphql(QUEUE, {"owner": owner, "name": name, "branch": branch}, _Answer).repository.merge_queue
    return queue.configuration.merging_strategy if queue is not None and queue.configuration is not None else None
