"""The parts of a file that stand for themselves: a resource, a YAML document, a statement; told from its text alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

COMMENT = re.compile(r"#|//|--(?!-)|/\*|<!--|\{\{-?\s*/\*")
"""What begins a comment; a line that starts so holds nothing else."""

_SEPARATOR = re.compile(r"---(?:\s|\Z)")
_YAML = (".yaml", ".yml")
_WHOLE = ("dockerfile", "containerfile")


def of(lines: Sequence[str], path: str) -> tuple[range, ...]:
    """The blocks of a file as ranges of line indices, in order; together they are the whole file.

    YAML is cut at `---` only, a Dockerfile not at all. Elsewhere a block begins at a line without indentation that no
    bracket, continued line or SQL statement is still open before, with the comments right above it. Where the text
    deceives (a bracket inside of a string), a block is rather too long than too short.
    """
    name = path.rpartition("/")[2].lower()
    if name.startswith(_WHOLE) or name.endswith(_WHOLE):
        starts: Iterable[int] = ()
    elif name.endswith(_YAML):
        starts = (index for index, line in enumerate(lines) if _SEPARATOR.match(line) is not None)
    else:
        starts = _pieces(lines, is_sql=name.endswith(".sql"))
    edges = [0, *(start for start in starts if start > 0), len(lines)]
    return tuple(range(start, end) for start, end in pairwise(edges) if start < end)


def digest(lines: Sequence[str], block: range) -> str:
    """What tells the text of a block from any other, without the white space around it."""
    text = "\n".join(lines[block.start : block.stop]).strip()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digests(lines: Sequence[str], path: str) -> tuple[str, ...]:
    """For each line the digest of the block that it is in."""
    return tuple(each for block in of(lines, path) for each in [digest(lines, block)] * len(block))


def is_comment(line: str) -> bool:
    """Whether a line holds nothing but a comment."""
    return COMMENT.match(line.lstrip()) is not None


def _pieces(lines: Sequence[str], *, is_sql: bool) -> Iterator[int]:
    depth = 0
    is_open = quoted = only_comments = False
    for index, line in enumerate(lines):
        code = line.strip()
        if not code:
            continue
        comment = is_comment(line)
        if not (depth or is_open or only_comments or line[0].isspace() or code[0] in ")]}"):
            yield index
        only_comments = comment and not (depth or is_open)
        if comment:
            continue
        depth = max(0, depth + sum(map(code.count, "([{")) - sum(map(code.count, ")]}")))
        quoted ^= code.count("$$") % 2 == 1
        is_open = code.endswith("\\") or (is_sql and (quoted or not code.endswith(";")))
