"""The examples of a rule's section in docs/rules as files: a line `# path` begins each of them."""

from __future__ import annotations

import re
from typing import Literal

from gitops_ci.policy.rules import catalog

_FILE = re.compile(r"^# (\S*[./]\S+)\n", re.MULTILINE)


def files(id: str, side: Literal["fails", "passes"]) -> dict[str, str]:
    """The files of the first block of one side, by path; a block that names none is `example`. Empty without a block."""
    rule = catalog.of(id) or catalog.general(id)
    assert rule is not None
    block = re.search(r"```\w+\n(.*?)```", rule.found if side == "fails" else rule.passing, re.DOTALL)
    if block is None:
        return {}
    first, *parts = _FILE.split(block[1])
    return dict(zip(parts[::2], parts[1::2], strict=True)) if parts else {"example": first}
