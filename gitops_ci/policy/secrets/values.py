"""What a value beside a secret's name is: somebody's secret, or a placeholder, a reference, a digest, a plain name."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from functools import lru_cache

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import patterns
from gitops_ci.policy.secrets.words import WORDS

_PARTS = later(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MARKED = later(
    r"change[-_ ]?(?:me|it|this)|replace|place[-_ ]?holder|example|redacted"
    r"|(?:^|[^a-z])(?:your|my|dummy|fake|sample|mock)[-_ ]"
    r"|not[-_ ]?(?:a[-_ ]?)?(?:real|secret|used)|insert|to[-_ ]?be[-_ ]"
    r"|(?:^|[^a-z])(?:todo|tbd|fixme|dummy|fake|n/a)(?:[^a-z]|\Z)"
    r"|xxx|\*\*\*|\.\.\.|…|<[^<>]*>|\[[a-z _-]+\]|_here\b|lorem|deadbeef|abcdef|123456789|bogus|throwaway",
    re.IGNORECASE,
)
_LONG_MARKED = later(
    r"change[-_ ]?(?:me|it|this)|place[-_ ]?holder|example|redacted|\*\*\*\*|xxxxxx|\.\.\.\.", re.IGNORECASE
)
_MARKS_ITSELF = 64
_FILLED_IN = later(
    r"\$\{|\$\(|\{\{|\}\}|\$[A-Za-z_]{2,}|\$\d|%\(|%[sdvq](?:\b|\Z)|<%|#\{|\$\[|%[A-Z_]+%|__\w+__|@@?\w+@|\{[\w.]*\}|`|\\\(|\$\$\w"
)
_NAMED = later(
    r"(?:vault|ssm|secretsmanager|keyvault|sm|env|file|ref|secretref|secret|gcp-?sm|aws-?sm|op|bws|doppler|awssm|k8s|base64)"
    r"[:+!]|ref\+|arn:|projects/|(?:var|local|module|data|each|self|settings|config|os|process|env|values?|secrets?|params?"
    r"|inputs?|context|options?|args|request|response|this)\.[a-z_]|[a-z][a-z0-9+.-]{1,20}://|[~.]{0,2}/[\w.-]+(?:/[\w.-]*)*\Z|[A-Za-z]:\\"
    r"|!\w|&\w+\s|\*\w+\Z",
    re.IGNORECASE,
)
_DIGEST = later(
    r"(?:sha(?:1|256|384|512)[-:=]|md5:|\$(?:2[abxy]|1|5|6|argon2\w*|pbkdf2[\w-]*|apr1|y)\$|\{(?:SSHA|SHA|CRYPT|bcrypt|noop)[\w-]*\}"
    r"|SCRAM-SHA|pbkdf2|md5[0-9a-f]{32}\Z|h1:[A-Za-z0-9+/]{43}=).*",
    re.IGNORECASE | re.DOTALL,
)
_UUID = later(r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?", re.IGNORECASE)
_TIME = later(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")
_HEX = later(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_PUBLIC = later(
    r"-----BEGIN (?:[A-Z0-9 ]*PUBLIC KEY|CERTIFICATE|TRUSTED CERTIFICATE|X509 CRL"
    r"|PGP PUBLIC KEY BLOCK|CERTIFICATE REQUEST|DH PARAMETERS)"
    r"|(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+|sk-ssh-\w+@openssh\.com) AAAA"
    r"|\s*(?:-----BEGIN CERTIFICATE|LS0tLS1CRUdJTiBDRVJU|LS0tLS1CRUdJTiBQVUJMSUMg)"
)
_PIECE = later(r"[^-_]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_CHUNK = later(r"[^-_.:\s]+")
_DESCRIBED = later(
    r"(?:[A-Za-z'!.,]+[-_ ]+)*(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|key)(?:[-_ ]+[A-Za-z'!.,]+)*",
    re.IGNORECASE,
)
"""Words of which one says what it is: `registry-password`."""
_FILE = later(r"[\w.-]+(?:/[\w.-]+)+\.[A-Za-z]\w{1,9}")
_TYPES = frozenset(
    ("str", "string", "int", "bool", "bytes", "any", "object", "boolean", "number", "integer", "text", "opaque")
)


def is_reference(value: str) -> bool:
    """Whether a value says where the secret is, or is filled in later, or is one that is encrypted."""
    return (
        patterns.HARMLESS.match(value) is not None
        or patterns.REFERENCE.fullmatch(value) is not None
        or _FILLED_IN.search(value) is not None
        or _NAMED.match(value) is not None
    )


@lru_cache(maxsize=4096)
def is_placeholder(value: str) -> bool:
    """Whether nobody would use a value: empty, a mark to fill in, a public default, made of few characters."""
    bare = value.strip().strip("\"'")
    if len(bare) > _MARKS_ITSELF:  # any three letters are somewhere in what a machine made
        return _LONG_MARKED.search(bare) is not None
    if len(bare) < 4 or len(set(bare)) <= 3:
        return True
    if _MARKED.search(bare) is not None:
        return not any(is_random(part, 24) for part in _PIECE.findall(bare) if _MARKED.search(part) is None)
    words = [part for part in _PARTS.findall(bare) if not part.isdigit()]
    if len(bare) <= 40 and not re.search(r"[^\w\s.,:;/@+-]", bare) and all(word.lower() in WORDS for word in words):
        return len("".join(part for part in _PARTS.findall(bare) if part.isdigit())) <= 4 or _is_row(bare)
    return _is_row(bare) or _DESCRIBED.fullmatch(bare) is not None


def is_marked(value: str) -> bool:
    """Whether something in a value says that it is an example, or is to be filled in."""
    return (_MARKED if len(value) <= _MARKS_ITSELF else _LONG_MARKED).search(value) is not None


def _is_row(text: str) -> bool:
    """Whether the characters follow each other, as in 12345678."""
    return len(text) >= 4 and all(ord(b) - ord(a) == 1 for a, b in itertools.pairwise(text))


def is_public(value: str) -> bool:
    """Whether a value may be read by anybody: a certificate, a public key, a digest, an identifier."""
    return (
        any(form.fullmatch(value) is not None for form in (_DIGEST, _UUID, _TIME)) or _PUBLIC.match(value) is not None
    )


@lru_cache(maxsize=4096)
def is_random(value: str, least: int = 12) -> bool:
    """Whether a value has a part that a machine made: letters and digits that take turns, or a long hexadecimal number.

    Names and versions change less often: `prod-db-01`, `AmazonEKSClusterPolicy`.
    """
    if any(character.isspace() for character in value):
        return False
    if _HEX.fullmatch(value) is not None:
        return len(set(value)) >= 8
    for chunk in _CHUNK.findall(value):
        if len(chunk) >= least and len(set(chunk)) >= 8 and any(character.isdigit() for character in chunk):
            parts = _PARTS.findall(chunk)
            if sum(map(len, parts)) < 3.3 * len(parts) and len(parts) >= 4:
                return True
    return False


def is_password(value: str) -> bool:
    """Whether a value may be somebody's password, where its name says that it is one."""
    if len(value) > 200 or len(value.split()) > 1:
        return False
    if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", value) or re.fullmatch(r"[a-z_]\w*(?:\.[A-Za-z_]\w*)+", value):
        return False  # the name of a variable, or of a field
    if (
        _FILE.fullmatch(value) is not None
        or value.lower() in _TYPES
        or re.fullmatch(r"[\w.]+\(.*\)?[;,]?|[\w.]*\[.*\]|[({\[].*", value)
    ):
        return False  # a type, a call, an element, a structure
    return not is_nothing(value)


def is_nothing(value: str) -> bool:
    """Whether a value is none that has to be kept secret, also once it is read as base64."""
    if is_placeholder(value) or is_reference(value) or is_public(value):
        return True
    inside = readable(value)
    return inside is not None and (is_placeholder(inside) or is_reference(inside))


def readable(value: str) -> str | None:
    """The text that base64 stands for, where it is one that people could have written; None for anything else."""
    if len(value) < 8 or len(value) % 4 or _BASE64.fullmatch(value) is None:
        return None
    inside = (decoded(value) or "").strip()
    return inside if inside and inside.isascii() and inside.isprintable() else None


def is_uuid(value: str) -> bool:
    """Whether a value is a UUID: an identifier nearly everywhere, and what some servers make secrets of."""
    return _UUID.fullmatch(value) is not None


def decoded(value: str) -> str | None:
    """The text behind base64 (bytes that are no text become one that stands for them); None for what is not base64."""
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
