"""Terraform's CLI configuration for engines: the job's own or a plain one, always with explicit installation methods.

https://developer.hashicorp.com/terraform/cli/config/config-file. Without a `provider_installation` block Terraform
also looks into directories that it knows, such as one in HOME that an earlier job may have filled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from gitops_ci.kinds.terraform.language import blocks
from gitops_ci.kinds.terraform.language.native_syntax import Unbalanced

_BLOCK = "provider_installation"
_DIRECT = f"{_BLOCK} {{\n  direct {{}}\n}}\n"
PLAIN = f"disable_checkpoint = true\n{_DIRECT}"
"""For a job that has none: providers come from their own registries."""


def explicit(text: str) -> str:
    """The job's configuration with installation methods: `direct` where it names none and is in native syntax."""
    tokens = _tokens(text)
    if not tokens or tokens[0].text == "{" or any(token.text == _BLOCK for token in tokens):
        return text
    return f"{text}\n{_DIRECT}"


def with_mirror(text: str, mirror: Path, sources: Iterable[str]) -> str | None:
    """The configuration with a filesystem mirror before its other methods; None where that cannot be told apart.

    Only `sources` are taken from the mirror. Versions are still looked for with every other method, so a root without
    a lock file gets the newest that fits, whatever the mirror holds.
    """
    at = _begin_of_methods(text)
    if at is None:
        return None
    included = ", ".join(json.dumps(source) for source in sorted(sources))
    method = f"\n  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = [{included}]\n  }}\n"
    return f"{text[:at]}{method}{text[at:]}"


def _tokens(text: str) -> list[blocks.Token]:
    """Empty where the text cannot be told apart."""
    try:
        return [token for token in blocks.tokens(text) if token.kind != "newline"]
    except Unbalanced:
        return []


def _begin_of_methods(text: str) -> int | None:
    """Where the only `provider_installation` block begins inside; overrides for developers have to come first there."""
    tokens = _tokens(text)
    words = [token.text for token in tokens]
    if words.count(_BLOCK) != 1 or "dev_overrides" in words:
        return None
    opening = words.index(_BLOCK) + 1
    depth = words[:opening].count("{") - words[:opening].count("}")
    return tokens[opening].end if depth == 0 and words[opening : opening + 1] == ["{"] else None
