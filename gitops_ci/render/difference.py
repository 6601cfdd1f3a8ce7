"""A Change as signed lines, for a diff fence and for a terminal alike: aligned attributes, line diffs, long values cut.

The lines are not escaped: they go through `untrusted.fence` or `untrusted.visible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gitops_ci.model.plan import Change
from gitops_ci.render import attribute_lines, nesting, selection, words
from gitops_ci.render.outline import SIGNS
from gitops_ci.render.selection import Selection
from gitops_ci.render.signed import DEFAULT_LIMITS, Limits, Signed
from gitops_ci.render.untrusted import cut

_NAMED = 4
"""Attributes that are named where they are only counted."""
_IDENTIFIER = re.compile("[a-z_]+")
_FORGOTTEN = "forgotten: keeps existing, is no longer managed"
_IMPORTED = "exists already, will be managed from now on"
_IMPORTS = "imports "
"""How the reason of an import begins that says which object it is."""
_REASONS = {
    "delete_because_no_resource_config": "no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_count_index": "its count no longer reaches this index",
    "delete_because_each_key": "its for_each no longer has this key",
    "delete_because_wrong_repetition": "count or for_each was added or removed",
    "delete_because_no_move_target": "nothing is left at the address it moved to",
    "replace_because_tainted": "tainted: an earlier apply failed half way",
    "replace_because_cannot_update": "it cannot be updated in place",
    "replace_by_request": "asked for with -replace",
    "replace_by_triggers": "replace_triggered_by names something that changes",
}
"""Terraform's `action_reason` in words (https://developer.hashicorp.com/terraform/internals/json-format)."""


def change(what: Change, limits: Limits = DEFAULT_LIMITS, *, attributes: bool = True) -> list[Signed]:
    """The object's line, then its attributes: those that force a replacement first, then the most telling ones."""
    if not attributes or not what.attributes:
        return [_object(what)]
    selected = selection.of(what, limits)
    if what.type == "output" and [each.path for each in selected.shown] == ["value"]:
        return list(attribute_lines.output(what, selected.shown[0], limits))
    entries = nesting.nested(selected.shown)
    lines = [_object(what), *attribute_lines.of(entries, what.action, limits)]
    return lines + [Signed("#", f"  {note}") for note in _notes(selected, what)]


def reason(engine_says: str) -> str:
    """An engine's reason as words; a sentence stays as it is."""
    if engine_says in _REASONS:
        return _REASONS[engine_says]
    return cut(engine_says.replace("_", " ") if _IDENTIFIER.fullmatch(engine_says) else engine_says, 200)


def is_sentence(engine_says: str | None) -> bool:
    """Whether a reason is words, and no code for what the forcing attributes tell already."""
    return engine_says is not None and " " in engine_says


def order(what: Change) -> str:
    """In which order a replace happens; empty where there is none, or none by itself, or nothing is destroyed."""
    if what.action != "replace" or not what.destructive or what.create_before_destroy is None:
        return ""
    return "create before destroy" if what.create_before_destroy else "destroy before create"


def _object(what: Change) -> Signed:
    moved = what.previous_address if what.previous_address != what.address else None
    name = cut(what.address, 300)
    notes = [_FORGOTTEN] if what.action == "forget" and not is_sentence(what.reason) else []
    if moved and what.action == "move":
        name = f"{cut(moved, 300)} → {name}"
        notes.append("moved, nothing else changes")
    elif moved:
        notes.append(f"moved from {cut(moved, 200)}")
    if what.deposed:
        notes.append(f"deposed object {cut(what.deposed, 40)}, left behind by an earlier replacement")
    if what.importing or what.action == "import":
        named = cut(what.reason or "", 200) if _names_import(what) else "imported"
        notes.append(f"{named}: {_IMPORTED}")
    notes += [each for each in (_because(what), order(what)) if each]
    note = f"  # {'; '.join(notes)}" if notes else ""
    return Signed(SIGNS[what.action], name + note, deep=False)


def _because(what: Change) -> str:
    forcing = [cut(attribute.path, 60) for attribute in what.attributes if attribute.forces_replacement]
    if forcing:
        forced = f"{words.some(forcing, 3)} {'forces' if len(forcing) == 1 else 'force'} replacement"
        return f"{forced}; {reason(what.reason)}" if what.reason and is_sentence(what.reason) else forced
    return reason(what.reason) if what.reason and not _names_import(what) else ""


def _names_import(what: Change) -> bool:
    return what.reason is not None and what.reason.startswith(_IMPORTS)


def _notes(selected: Selection, what: Change) -> Iterator[str]:
    """What is counted only."""
    if selected.left:
        yield f"{words.several(selected.left, 'more attribute')} not shown"
    for sort, paths in selected.counted.items():
        one = len(paths) == 1
        match sort:
            case "unknown":
                said = "known after apply" if what.action == "create" else f"become{'s' * one} known after apply"
            case "cosmetic":
                said = f"differ{'s' * one} only in formatting"
            case _:
                said = sort
        yield f"{len(paths):,} {said}: {_named(paths)}"
    for twin, other, count, whole in selected.twins:
        yield f"{twin}: the same as {other}" if whole else f"{twin}: {count:,} more as in {other}"


def _named(paths: Sequence[str]) -> str:
    return words.some([cut(path, 60) for path in paths], _NAMED)
