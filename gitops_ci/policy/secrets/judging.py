"""Which of the detector's candidates is somebody's secret: masking hides them all, a finding has to be true."""

from __future__ import annotations

import re

from msgspec import Struct

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import detector, values

_PASSWORD = later(
    r"(?:pass|password|passwd|passphrase|passcode|pwd)s?(?:[_-]?(?:value|string|plaintext))?$", re.IGNORECASE
)
_NO_SECRET = later(
    r"public|(?:^|[_.-])(?:next|page|continue|cancellation|csrf|max|num|min|total)[_-]?(?:page[_-]?)?tokens?$"
    r"|hash$|hashed|checksum|digest|fingerprint|sha\d|(?:^|_)no_pass|one_?way|ignore|allow|require|enable|disable|rotate|reset|forgot|show|hide|policy",
    re.IGNORECASE,
)
_VARIABLE = later(r"[A-Z][A-Z0-9_]+")
_NAME_BEFORE = later(
    r"(?<![\w./-])([\w./-]++)(?:\\*[\"'\]])*\s{0,9}(?:=>|:=|[:=]|\s|>)\s{0,9}(?:[|>][-+\d]*\s{0,9}|<<[-~]?\w+\s{0,9}|\[\s{0,9})?(?:\\*[\"'])*\s{0,9}\Z"
)
_PAIR_NAME = later(r"(?:name|key)[\"'\\]*\s*[:=][\s\"'\\]*([\w.-]+)", re.IGNORECASE)
_QUOTED = frozenset(("double", "single", "escaped", "heredoc", "list"))
_STATEMENT = later(
    r"\b(?:user|role|login|grant|alter|create|connection|server|set|mapping|options|subscription)\b", re.IGNORECASE
)
_REACH = 160


class Style(Struct, frozen=True):
    """How values are written in a file: always in quotes (`quoted`), and any word a password (`trusted`) or not."""

    quoted: bool = False
    trusted: bool = True


CONFIG = Style()
QUOTED = Style(quoted=True)
CODE = Style(quoted=True, trusted=False)


def is_given(name: str, value: str, style: Style = QUOTED) -> bool:
    """Whether a literal that is given to something of this name is a secret in clear."""
    if not detector.is_secret_name(name) or _NO_SECRET.search(name) is not None or values.is_nothing(value):
        return False
    if _plain(value) in _plain(name):
        return False
    if not style.trusted:
        return len(value) <= 500 and values.is_random(value, 16) and _is_random_inside(value)
    if _PASSWORD.search(name) is not None:
        return values.is_password(value)
    if values.is_random(value):
        return True
    return _VARIABLE.fullmatch(name) is not None and _is_made_up(value)


def _is_random_inside(value: str) -> bool:
    """Whether base64 of a text that people could have written holds more than a word (`s3cr3t-leaked`)."""
    inside = values.readable(value)
    return inside is None or values.is_random(inside)


def _is_made_up(value: str) -> bool:
    """Whether the value of an environment's variable looks like a secret: no word, and no name of an object."""
    return (
        8 <= len(value) <= 200
        and values.is_password(value)
        and re.search(r"\d", value) is not None
        and "-" not in value
    )


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def named(text: str, secret: detector.Secret) -> str:
    """The name that the secret at this place of a text is given to; empty where there is none."""
    if secret.kind == "named value":
        names = _PAIR_NAME.findall(text, max(0, secret.start - _REACH), min(len(text), secret.end + _REACH))
        return next((name for name in names if detector.is_secret_name(name)), "")
    before = text[max(0, secret.start - _REACH) : secret.start]
    match = _NAME_BEFORE.search(before)
    return match[1].lstrip("-.") if match is not None else ""


def is_assigned(text: str, secret: detector.Secret, style: Style) -> bool:
    """Whether a candidate with a name before it is a secret in clear."""
    if secret.how == "prose" or (style.quoted and secret.kind != "element" and secret.how not in _QUOTED):
        return False
    value = text[secret.start : secret.end]
    if secret.how in ("bare", "line", "item"):
        value = re.sub(r"\s+#.*", "", value).strip()
        if value[:1] in "\"'" or value.endswith("("):
            return False  # begins in the middle of an expression
        value = value.rstrip(";,)}]\"'")
    return is_given(named(text, secret), value.strip(), style)


def is_credential(text: str, secret: detector.Secret, style: Style) -> bool:
    """Whether what stands in a header, a login or a statement is one."""
    value = text[secret.start : secret.end]
    match secret.how:
        case "docker":
            return is_login(value)
        case "sql":
            if _STATEMENT.search(text, max(0, secret.start - 2 * _REACH), secret.start) is None:
                return False
            return not values.is_nothing(value) and (style.trusted or values.is_random(value))
        case "netrc" | "chpasswd" | "curl":
            return values.is_password(value) and (style.trusted or values.is_random(value))
        case "value" if text[max(0, secret.start - 20) : secret.start].rstrip().lower().endswith("basic"):
            return is_login(value)
        case _:
            return values.is_random(value, 16) and not values.is_nothing(value)


def is_login(value: str) -> bool:
    """Whether a value is `user:password` in base64, and the password one that somebody uses."""
    user, colon, password = (values.decoded(value) or "").partition(":")
    return bool(colon) and user.isprintable() and values.is_password(password) and password != user


def is_address(text: str, secret: detector.Secret, style: Style) -> bool:
    """Whether the password of an address is one that somebody uses: not `postgres:postgres@localhost`."""
    value = text[secret.start : secret.end]
    user = re.split(r"[/]", text[max(0, secret.start - _REACH) : secret.start - 1])[-1]
    if len(value) > 200 or value == user or values.is_nothing(value) or re.search(r"[{}<>\[\]()|\\,*]", value):
        return False
    host = text[secret.end + 1 : secret.end + 60].lower()
    if values.is_reference(user) or re.match(r"(?:[\w.-]*\.)?example\.(?:com|org|net)|host\b", host):
        return False
    mixed = re.search(r"\d", value) is not None and re.search(r"[A-Za-z]", value) is not None
    return values.is_random(value) or ((style.trusted or len(value) >= 8) and (mixed or style.trusted))


_KEY = later(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----"
    r"(?:\\++[nr]|[\s\"'+,`#*>.]|[A-Z][\w-]{0,30}+:[^\n\\]{0,200}+(?:\n|\\n))*+([A-Za-z0-9+/=]{40,})"
    r"|Private-Lines: \d+\s+([A-Za-z0-9+/=]{40,})"
)


def is_private_key(key: str) -> bool:
    """Whether a key is there and not just the words that begin one."""
    match = _KEY.match(key)
    return match is not None and len(set(match[1] or match[2])) >= 20
