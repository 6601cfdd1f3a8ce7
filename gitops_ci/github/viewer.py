"""Who we are on GitHub: what somebody else wrote is not taken for ours."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.github.api import Api, Denied
from gitops_ci.github.pull_requests import Account

VIEWER = "query { viewer { login } }"
ACTIONS = "github-actions[bot]"
"""Who writes with a job's own token."""


class _Viewer(Struct):
    viewer: Account


def login(api: Api) -> str:
    """Our login, asked for once: an installation's token may not ask REST for it, GraphQL always tells."""
    if api.login is None:
        try:
            api.login = api.graphql(VIEWER, {}, _Viewer).viewer.login
        except Denied:
            api.login = ACTIONS
    return api.login
