"""Accounts as people of the model, and reads of which one may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gitops_ci.github.api import Api, ApiError, Denied, Unavailable
from gitops_ci.github.pull_requests import Account
from gitops_ci.model.pull_request import Person, Unreadable

T = TypeVar("T")

GHOST = "ghost"
"""Whom GitHub shows in place of an account that was deleted."""


def person(account: Account | None) -> Person:
    """An account, whoever it is; a deleted one is GitHub's ghost."""
    if account is None:
        return Person(GHOST)
    return Person(account.login, bot=account.type != "User" or account.login.endswith("[bot]"))


def readable(what: str, permission: str, read: Callable[[], T]) -> T | Unreadable:
    """What `read` gives; Unreadable where the token may not, or where GitHub fails at this one.

    Raises Unavailable where GitHub as a whole does not answer: the rest would not be read either.
    """
    try:
        return read()
    except Unavailable:
        raise
    except Denied:
        return Unreadable(what=what, permission=permission)
    except ApiError as error:
        return Unreadable(what=f"{what}: {error.message}", permission="")


class Reader:
    """Reads one thing after the other; what cannot be is None, and `unread` tells of it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.unread: list[Unreadable] = []

    def read(self, what: str, permission: str, read: Callable[[], T]) -> T | None:
        """What `read` gives. Raises Unavailable where GitHub as a whole does not answer."""
        found = readable(what, permission, read)
        if isinstance(found, Unreadable):
            self.unread.append(found)
            return None
        return found
