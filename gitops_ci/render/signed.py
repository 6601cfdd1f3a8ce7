"""A line of a diff: its sign and its text, and what is cut of the objects it tells about."""

from __future__ import annotations

from msgspec import Struct


class Signed(Struct, frozen=True):
    """A line with what happens to it; `deep` is False for the line that names the object.

    The sign is `+ - ~ ±` and the others of `outline.SIGNS`, a space for what stays, `#` for our own words. The text is
    not escaped: it goes through `untrusted.fence` or `untrusted.visible`.
    """

    sign: str
    text: str
    deep: bool = True


class Limits(Struct, frozen=True):
    """What is cut: a value's characters, those of a line of text, a text's lines, an object's attributes.

    `deleted` are the attributes of an object that is deleted.
    """

    width: int = 160
    text: int = 160
    lines: int = 40
    attributes: int = 40
    deleted: int = 15


DEFAULT_LIMITS = Limits()
