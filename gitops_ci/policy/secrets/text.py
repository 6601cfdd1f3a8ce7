"""Secrets in a text, whatever its format: tokens, private keys, addresses, assignments, logins."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import detector, found, judging, patterns, values
from gitops_ci.policy.secrets.detector import Secret
from gitops_ci.policy.secrets.forms import FORMS, Form
from gitops_ci.policy.secrets.found import Found
from gitops_ci.policy.secrets.judging import Style

_FORMS = tuple((form, re.compile(form.pattern)) for form in FORMS)
_WORDS = ("pass", "pwd", "secret", "token", "credential", "key", "connection", "kubeconfig", "auths", "sops")
_LOGINS = (
    "authorization",
    "bearer ",
    '"auth"',
    "chpasswd",
    "identified",
    "curl ",
    "login ",
    "password '",
    "password  ",
)
_LOGIN = later("|".join(_LOGINS))
_PEM = ("LS0tLS1CRUdJTi", "0tLS0tQkVHSU4g", "tLS0tLUJFR0lOI")
"""What base64 makes of `-----BEGIN ` at each of its three positions."""
_OWN = frozenset(("token", "private key", "password in an address", "base64", "random value"))
_NO_NAME = _OWN | {"credential"}
_NO_LOGIN = _OWN | {"assignment", "line", "option", "named value", "element"}
_MANUAL = "eyJzdWIiOiIxMjM0NTY3ODkwI"
"""Of the example that everybody copies from jwt.io: a subject of 1234567890."""
UNREAD = "secrets/not-searched"
MOST_NAMES = 50_000
"""Names with something behind them that are looked at in one text: a few seconds' work."""
_BEFORE, _AFTER = 300, 2_000
_NEAR, _RIGHT_BEHIND = 300, 60
"""Characters before and behind a name that are looked at: for any value, for the one of a pair, for a literal."""
_LITERAL = later(r"[\"'>`]|<<")
_LONG_LITERAL = later(r"[\"'>`](?=[^\s\"'`<>]{0,300}\d)[^\s\"'`<>]{16}")
_VALUE = later(r"\bvalue[\"']?\s*:")
_BLOCK = later(r"(?:[|>][-+\d]*|<<[-~]?\w+)\s*\Z")


class Lines:
    """Line numbers of positions in a text; `first` is the number of the first line."""

    def __init__(self, text: str, first: int = 1) -> None:
        self._text = text
        self._first = first
        self._ends: list[int] | None = None

    def at(self, position: int) -> int:
        """The line of a position."""
        if self._ends is None:
            self._ends = [match.start() for match in re.finditer("\n", self._text)]
        return self._first + bisect_right(self._ends, position - 1)


def search(text: str, style: Style, *, first: int = 1) -> Iterator[Found]:
    """All secrets of a text whose first line has the number `first`."""
    yield from by_form(text, style, first=first)
    yield from by_name(text, style, first=first)


def by_form(text: str, style: Style, *, first: int = 1) -> Iterator[Found]:
    """What is a secret by what it looks like, or by the words of a protocol around it."""
    lines = Lines(text, first)
    for form, start, end in _tokens(text):
        yield found.make("secrets/token", form.owner, lines.at(start), text[start:end])
    yield from _keys(text, lines)
    if "://" in text and "@" in text:
        for match in patterns.IN_ADDRESS.finditer(text):
            secret = Secret("password in an address", *match.span("value"))
            if judging.is_address(text, secret, style):
                yield found.make("secrets/password-in-address", "", lines.at(secret.start), match["value"])
    for start, end in _joined(_logins(text)):
        window = text[start:end]
        for secret in detector.candidates(window, _NO_LOGIN):
            if judging.is_credential(window, secret, style):
                rule = _CREDENTIALS.get(secret.how, "secrets/login")
                yield found.make(rule, "", lines.at(start + secret.start), window[secret.start : secret.end])


def by_name(text: str, style: Style, *, first: int = 1) -> Iterator[Found]:
    """What is a secret because of the name that it is given to."""
    lines = Lines(text, first)
    spans: list[tuple[int, int]] = []
    for hit, start, end in _given(text, style):
        if len(spans) == MOST_NAMES:
            yield found.make(UNREAD, "", lines.at(hit), "")
            break
        spans.append((start, end))
        for secret in detector.given_at(text, hit, min(end, hit + _NEAR)):
            yield from _assigned(text, secret, style, lines, 0)
    for start, end in _joined(spans):
        window = text[start:end]
        for secret in detector.candidates(window, _NO_NAME):
            yield from _assigned(window, secret, style, lines, start)


def _assigned(text: str, secret: Secret, style: Style, lines: Lines, offset: int) -> Iterator[Found]:
    if judging.is_assigned(text, secret, style):
        value = text[secret.start : secret.end].strip().strip("\"'")
        yield found.make("secrets/assignment", judging.named(text, secret), lines.at(offset + secret.start), value)


def _tokens(text: str) -> Iterator[tuple[Form, int, int]]:
    for form, pattern in _FORMS:
        for hint in form.hints:
            if hint in text:
                yield from (
                    (form, *match.span())
                    for match in pattern.finditer(text)
                    if is_token(match[0], text[max(0, match.start() - 1) : match.start()])
                )
                break


def is_token(token: str, before: str = "") -> bool:
    """Whether a token of a known form was issued by somebody: not the examples of a manual, not a part of a word."""
    if before.isalnum() and token[:1].isalnum():
        return False
    body = re.sub(r"^[A-Za-z]{2,8}[-_.]", "", token)
    if _MANUAL in token:
        return False
    return (
        len(set(body)) >= 6 and not values.is_placeholder(token) and not values.is_marked(token) and _has_turns(token)
    )


def _has_turns(token: str) -> bool:
    """Whether digits are in it, or letters of both sizes: words with dashes between them are not a token."""
    return any(character.isdigit() for character in token) or token.isupper()


def _keys(text: str, lines: Lines) -> Iterator[Found]:
    if "PRIVATE KEY" in text or "Private-Lines" in text:
        for match in patterns.PRIVATE_KEY.finditer(text):
            if judging.is_private_key(match[0]):
                yield found.make("secrets/private-key", "", lines.at(match.start()), match[0])
    if any(pem in text for pem in _PEM):
        for match in patterns.BASE64.finditer(text):
            if any(pem in match[0] for pem in _PEM) and holds_key(match[0]):
                yield found.make("secrets/private-key", "", lines.at(match.start()), match[0])


def holds_key(encoded: str) -> bool:
    """Whether base64 holds a private key."""
    inside = values.decoded(encoded[: len(encoded) // 4 * 4]) or ""
    return any(judging.is_private_key(match[0]) for match in patterns.PRIVATE_KEY.finditer(inside))


def lower(text: str) -> str:
    """The text in lower case as far as ASCII goes, so that positions stay."""
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "replace").lower().decode("utf-8", "replace")


def names_any(lowered: str) -> bool:
    """Whether any word is in a text (in lower case) that says of something that it is secret."""
    return any(word in lowered for word in _WORDS)


def _given(text: str, style: Style) -> Iterator[tuple[int, int, int]]:
    """Where something could be given to a name, with the lines around it."""
    lowered = lower(text)
    if not names_any(lowered):
        return
    pairs = "value" in lowered
    literal = None if not style.quoted else _LITERAL if style.trusted else _LONG_LITERAL
    for match in patterns.GIVEN.finditer(lowered):
        start = match.start()
        if match["apart"] is not None and not _is_option(lowered, start):
            continue
        around = match["ends"] is not None and pairs
        first, last = (max(0, start - _NEAR), match.end() + _NEAR) if around else (start, match.end() + _RIGHT_BEHIND)
        if literal is None or literal.search(text, first, last + 20) is not None:
            yield start, *_line(text, start, match.end(), around=around)


def asks_for_parsing(lowered: str, start: int, end: int) -> bool:
    """Whether a name in a document (in lower case) could have a value, there or in a pair beside it."""
    pairs: bool | None = None
    for match in patterns.GIVEN.finditer(lowered, start, end):
        if match["apart"] is None and match["ends"] is None:
            return True
        if pairs is None:
            pairs = _VALUE.search(lowered, start, end) is not None
        if pairs or _is_option(lowered, match.start()):
            return True
    return False


def _logins(text: str) -> Iterator[tuple[int, int]]:
    """Lines in which a header, a login or a statement could hold a secret."""
    lowered = lower(text)
    if any(login in lowered for login in _LOGINS):
        for match in _LOGIN.finditer(lowered):
            yield _line(text, match.start(), match.end(), around=False)


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans, in order, those that overlap as one."""
    start = end = -1
    for next_start, next_end in sorted(spans):
        if next_start >= end:
            if end > start:
                yield start, end
            start, end = next_start, next_end
        else:
            end = max(end, next_end)
    if end > start:
        yield start, end


def _is_option(text: str, position: int) -> bool:
    return text[max(0, position - 42) : position].rpartition(" ")[2].lstrip("\"'[").startswith("-")


def _line(text: str, start: int, end: int, *, around: bool) -> tuple[int, int]:
    """The line around a place, no longer than what could matter; with `around` also those beside it."""
    begin = _begin(text, start)
    last = _end(text, end)
    if around:
        begin = _begin(text, max(0, _begin(text, max(0, begin - 1)) - 1))
        last = _after_lines(text, last, 3)
    elif _BLOCK.search(text, max(begin, last - 40), last) is not None:
        last = _after_lines(text, last, 40)
    return begin, last


def _begin(text: str, position: int) -> int:
    least = max(0, position - _BEFORE)
    return max(text.rfind("\n", least, position) + 1, least)


def _end(text: str, position: int) -> int:
    most = min(len(text), position + _AFTER)
    found = text.find("\n", position, most)
    return most if found < 0 else found


def _after_lines(text: str, position: int, count: int) -> int:
    most = min(len(text), position + _AFTER)
    for _ in range(count):
        position = text.find("\n", position + 1, most)
        if position < 0:
            return most
    return position


_CREDENTIALS = {"docker": "secrets/registry-login", "sql": "secrets/sql-password"}
