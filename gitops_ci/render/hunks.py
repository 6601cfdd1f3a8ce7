"""Two texts compared by lines: what changed, with a little context, and under which keys."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from gitops_ci.render import values, words
from gitops_ci.render.signed import DEFAULT_LIMITS, Limits, Signed

_CONTEXT = 2
_MATCHED_LINES = 40
"""Lines without a landmark that are matched with each other; more would take time that grows with their cube."""
_LONGEST_WAY = 80
_LOOKED_BACK = 2_000
"""Lines above a change in which its keys are looked for."""
_KEY = re.compile(r'\s*"?([\w./-]+)"?\s*[:=]')
_ITEMS = ("{", "[", "- ")
"""How an item of a list begins, in JSON that is laid out and in YAML."""

Lines = Sequence[str]
Block = tuple[int, int, int, int]
"""Lines `[a:b]` of the one text that became lines `[c:d]` of the other."""


def compared(before: Lines, after: Lines, limits: Limits = DEFAULT_LIMITS) -> list[Signed]:
    """The changed lines with two lines around them; what is unchanged between is counted, with the keys that follow.

    At most about `limits.lines`, of both sides where a block of them is larger; how many changed ones are missing is
    said.
    """
    shown: list[Signed] = []
    old = new = missing = 0
    for start, end, new_start, new_end in _differing(before, after):
        removed, added = before[start:end], after[new_start:new_end]
        missing += len(removed) + len(added)
        if len(shown) < limits.lines:
            shown += _unchanged(after, new, new_start, head=_CONTEXT if old or new else 0, tail=_CONTEXT)
            room = limits.lines - len(shown)
            half = max(1, room // 2 if removed and added and len(removed) + len(added) > room else room)
            shown += _changed(removed[:half], added[:half], limits.text)
            missing -= len(removed[:half]) + len(added[:half])
        old, new = end, new_end
    if missing:
        return [*shown, Signed("#", f"{words.several(missing, 'more line')} not shown")]
    return [*shown, *_unchanged(after, new, len(after), head=_CONTEXT if shown else 0, tail=0)]


def _changed(removed: Lines, added: Lines, width: int) -> Iterator[Signed]:
    """The lines of a block; long ones are cut where they differ from the line that they became."""
    pairs = [values.line_pair(*pair, width) for pair in zip_longest(removed, added, fillvalue="")]
    yield from (Signed("-", line) for line, _ in pairs[: len(removed)])
    yield from (Signed("+", line) for _, line in pairs[: len(added)])


def _unchanged(lines: Lines, start: int, end: int, *, head: int, tail: int) -> Iterator[Signed]:
    hidden = end - start - head - tail
    if hidden <= 1:
        yield from (Signed(" ", line) for line in lines[start:end])
        return
    yield from (Signed(" ", line) for line in lines[start : start + head])
    way = _way(lines, end - tail) if tail else ""
    yield Signed("#", f"({hidden:,} unchanged lines){f' in {way}' if way else ''}")
    yield from (Signed(" ", line) for line in lines[end - tail : end])


def _differing(before: Lines, after: Lines) -> Iterator[Block]:
    """The blocks that differ, in order: between landmarks (lines that both texts hold once), then by matching."""
    start, end, new_start, new_end = _trimmed(before, after, (0, len(before), 0, len(after)))
    old, new = start, new_start
    landmarks = _landmarks(before[start:end], after[new_start:new_end])
    for landmark, new_landmark in [*((start + low, new_start + high) for low, high in landmarks), (end, new_end)]:
        if landmark > old or new_landmark > new:
            yield from _between(before, after, (old, landmark, new, new_landmark))
        old, new = landmark + 1, new_landmark + 1


def _trimmed(before: Lines, after: Lines, block: Block) -> Block:
    """A block without what is the same at its beginning and at its end."""
    start, end, new_start, new_end = block
    while start < end and new_start < new_end and before[start] == after[new_start]:
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and before[end - 1] == after[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    return start, end, new_start, new_end


def _between(before: Lines, after: Lines, block: Block) -> Iterator[Block]:
    start, end, new_start, new_end = _trimmed(before, after, block)
    if start == end and new_start == new_end:
        return
    if max(end - start, new_end - new_start) > _MATCHED_LINES:
        yield start, end, new_start, new_end
        return
    matcher = SequenceMatcher(None, before[start:end], after[new_start:new_end], autojunk=False)
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag != "equal":
            yield start + low, start + high, new_start + new_low, new_start + new_high


def _landmarks(before: Lines, after: Lines) -> list[tuple[int, int]]:
    """Lines that are there once on each side, as many as keep their order: a patience diff's, in n log n."""
    counts, new_counts = Counter(before), Counter(after)
    places = {line: index for index, line in enumerate(after) if new_counts[line] == 1}
    pairs = [(index, places[line]) for index, line in enumerate(before) if counts[line] == 1 and line in places]
    ends: list[int] = []
    heads: list[int] = []
    behind: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        behind.append(heads[at - 1] if at else -1)
        ends[at : at + 1] = [place]
        heads[at : at + 1] = [number]
    found = []
    number = heads[-1] if heads else -1
    while number >= 0:
        found.append(pairs[number])
        number = behind[number]
    return found[::-1]


def _way(lines: Lines, index: int) -> str:
    """The keys above a line by its indentation, as in `Statement[0].Action`; empty for none."""
    depth, position, names = _depth(lines[index]), -1, ""
    for at in range(index - 1, -1, -1):
        if depth == 0 and position < 0:
            break
        if index - at > _LOOKED_BACK:
            return f"…{names}"
        line = lines[at]
        inner, bare = _depth(line), line.strip()
        item, key = bare.startswith(_ITEMS), _KEY.match(line)
        if not bare or inner > depth or (inner == depth and position < 0):
            continue
        if inner == depth and (item or bare[0] in "}]" or not key):
            position += item
            continue
        if position >= 0:
            names, position = f"[{position}]{_joint(names)}{names}", -1
        if item:
            position = 0
        elif key:
            names = f"{key[1]}{_joint(names)}{names}"
        depth = inner
    return names if len(names) <= _LONGEST_WAY else f"…{names[-_LONGEST_WAY:]}"


def _joint(names: str) -> str:
    return "" if names.startswith("[") or not names else "."


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
