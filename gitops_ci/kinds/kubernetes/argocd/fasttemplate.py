"""ApplicationSets without `goTemplate`: each `{{ name }}` that is known is replaced, and all else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def render(text: str, parameters: Mapping[str, Any]) -> str:
    """As Argo CD does it (applicationset/utils: Replace, github.com/valyala/fasttemplate): only texts are put in."""

    def one(found: re.Match[str]) -> str:
        value = parameters.get(found[1].strip())
        return value if isinstance(value, str) else found[0]

    return _TAG.sub(one, text)
