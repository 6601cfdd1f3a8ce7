"""Files that SOPS encrypted: every leaf has to be, but those that the file itself says are left in clear."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import judging, values

RULE = "secrets/sops"

_ENCRYPTED = later(r"ENC\[AES256_GCM,data:[^,\]]*,iv:[^,\]]+,tag:[^,\]]+,type:\w+\]")
_LONGEST_PATTERN = 500
_LONGEST_NAME = 100
_MOST_REPEATED = 3
_MAX_DEPTH = 200
Leaf = tuple[tuple[str | int, ...], str, str]


def is_encrypted(value: Any) -> bool:
    """Whether SOPS says that it encrypted this document: `sops` with a MAC."""
    metadata = value.get("sops") if isinstance(value, Mapping) else None
    return isinstance(metadata, Mapping) and isinstance(metadata.get("mac"), str) and "ENC[" in metadata["mac"]


def without(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A document as it is once decrypted, but for its values: what SOPS keeps of itself is no part of it."""
    return {key: value for key, value in document.items() if key != "sops"} if is_encrypted(document) else document


def is_leaf(value: Any) -> bool:
    """Whether a value is one that SOPS encrypted, of whatever type it is once decrypted."""
    return isinstance(value, str) and _ENCRYPTED.fullmatch(value) is not None


def in_clear(document: Mapping[str, Any]) -> Iterator[Leaf]:
    """Leaves that SOPS ought to have encrypted and that are in clear: place, key, value.

    What `encrypted_regex`, `unencrypted_suffix` and their like leave out is in clear on purpose: there a leaf counts
    only where it is a secret by its name.
    """
    rules = document["sops"]
    for key, value in document.items():
        if key != "sops":
            yield from _inside(value, (key,), rules)


def _inside(value: Any, place: tuple[str | int, ...], rules: Mapping[str, Any]) -> Iterator[Leaf]:
    if len(place) > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _inside(inner, (*place, key), rules)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _inside(inner, (*place, index), rules)
    elif isinstance(value, str) and value and _ENCRYPTED.fullmatch(value) is None:
        names = [part[:_LONGEST_NAME] for part in place if isinstance(part, str)]
        expected = _is_expected(names, rules)
        if (expected and not values.is_nothing(value)) or judging.is_given(names[-1] if names else "", value):
            yield place, names[-1] if names else "", value


def _is_expected(names: list[str], rules: Mapping[str, Any]) -> bool:
    """Whether the file's own rules ask for this leaf to be encrypted (https://getsops.io/docs, partial encryption)."""
    if (pattern := _compiled(rules.get("encrypted_regex"))) is not None:
        return any(pattern.search(name) for name in names)
    if (pattern := _compiled(rules.get("unencrypted_regex"))) is not None:
        return not any(pattern.search(name) for name in names)
    if suffix := _said(rules.get("encrypted_suffix")):
        return any(name.endswith(suffix) for name in names)
    if _said(rules.get("encrypted_comment_regex")) or _said(rules.get("unencrypted_comment_regex")):
        return False  # comments are gone once it is read
    suffix = _said(rules.get("unencrypted_suffix")) or "_unencrypted"
    return not any(name.endswith(suffix) for name in names)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _compiled(pattern: Any) -> re.Pattern[str] | None:
    """A pattern of the repository, if it cannot run away: no repeated groups, few repetitions."""
    said = _said(pattern)
    is_simple = re.fullmatch(r"[\w|.$^()*+?:-]*", said) and len(re.findall(r"[*+]", said)) <= _MOST_REPEATED
    if not said or len(said) > _LONGEST_PATTERN or not is_simple or re.search(r"\)[*+?{]", said):
        return None
    try:
        return re.compile(said)
    except re.error:
        return None
