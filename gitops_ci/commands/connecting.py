"""GitHub's API for a command that has a token, and a pull request as it says that it is."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from msgspec import structs

from gitops_ci.commands.options import Outside
from gitops_ci.errors import ToolError, UsageError
from gitops_ci.github.event import Event

if TYPE_CHECKING:
    from gitops_ci.github.api import Api


def connection(outside: Outside) -> Api | None:
    """GitHub's API; None where there is no token, or nothing says for which repository."""
    settings = outside.settings
    if settings.token is None or settings.repository is None:
        return None
    if importlib.util.find_spec("requests") is None:
        raise ToolError("requests is not installed", hint="pip install 'gitops-ci[github]'")
    from gitops_ci.github.api import Api

    return Api(settings.token, repository=settings.repository, url=settings.api_url)


def as_it_is_now(api: Api, number: int) -> Event:
    """A pull request's ends, whatever has started the job: its base is the tip that the branch has.

    Where the token may not read the branch (`contents: read`) the base is that of the pull request's last push.
    """
    from gitops_ci.github import pull_requests
    from gitops_ci.github.api import Denied

    now = pull_requests.get(api, number)
    try:
        tip = pull_requests.tip(api, now.base.ref)
    except Denied:
        tip = now.base.sha
    return Event(
        base=tip,
        head=now.head.sha,
        base_ref=now.base.ref,
        pull_request=number,
        closed=now.state == "closed",
        fork=not now.own,
    )


def completed(event: Event, outside: Outside, *, newest: bool) -> Event:
    """An event that names a pull request's commit and no branch (a maintainer asks for it): with what the API says.

    As it is where there is no token. With `newest` a UsageError is raised where the commit is not the head (any more).
    """
    api = connection(outside) if event.pull_request is not None and event.base is None else None
    if api is None or event.pull_request is None:
        return event
    now = as_it_is_now(api, event.pull_request)
    if newest and now.head != event.head:
        message = f"pull request #{event.pull_request} has another head than was asked for, {str(now.head)[:7]}"
        raise UsageError(message, hint="look at it again, and give its newest commit")
    return structs.replace(now, head=event.head, fork=event.fork)  # a maintainer has looked: its code may run
