"""Branches that are environments: what of no environment enters them is judged by the branch's own."""

from __future__ import annotations

import msgspec

from gitops_ci.config import SHARED, Config, Environment


def config(asked: Config, branch: str | None) -> Config:
    """The configuration as it counts for a change to `branch`.

    Stacks in the folder of an environment enter that one, wherever they go. Those of none enter the environment whose
    branch it is: its gate and its enforcement are theirs. Of several with one branch the strictest cannot be told, so
    that the last in the order of promotions counts.
    """
    of_branch = [each for each in asked.environments if each.branch is not None and each.branch == branch]
    if not of_branch:
        return asked
    entered = of_branch[-1]
    standing = Environment(name=SHARED, gate=asked.gate(entered.name), enforcement=entered.enforcement)
    return msgspec.structs.replace(asked, environments=(*asked.environments, standing))


def written(counted: Config) -> Config:
    """The configuration as the file has it."""
    return msgspec.structs.replace(
        counted, environments=tuple(each for each in counted.environments if each.name != SHARED)
    )
