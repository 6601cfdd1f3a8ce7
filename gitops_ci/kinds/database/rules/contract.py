"""Which steps of a change in two steps come together: what takes away must not arrive with what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from gitops_ci.kinds.database.rules.found import Found

RULE = "database/contract"


def judged(found: Iterable[tuple[str, Found]], expanded: Mapping[str, str]) -> Iterator[tuple[str, Found]]:
    """What was found, by path, with what `database/contract` says of it.

    `expanded` gives the migration that adds columns to a table, or makes a table (key ""), in the same change. A step
    that takes away and adds at once stays; one that only takes away is told where its other half comes with it.
    """
    for path, each in found:
        is_ours = each.rule == RULE
        if not is_ours or each.step == "both":
            yield path, each
        if each.step == "contract":
            other = expanded.get(each.table) or (expanded.get("") if "drop-table" in each.rule else None)
            if other is not None:
                says = f"{each.says}, in the change that brings what replaces it ({other})"
                yield path, msgspec.structs.replace(each, rule=RULE, says=says)
