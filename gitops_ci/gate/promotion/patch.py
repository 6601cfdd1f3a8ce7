"""A promotion as a patch that `git apply` takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from gitops_ci.gate.promotion.editing import Edited


def of(files: Iterable[Edited]) -> str:
    """The patch of some files whose names are printable (https://git-scm.com/docs/git-diff#generate_patch_text_with_p)."""
    return "".join(line for file in files for line in _lines(file))


def _lines(file: Edited) -> Iterator[str]:
    yield f"diff --git a/{file.path} b/{file.path}\n"
    if file.before is None:
        yield f"new file mode {file.mode}\n"
    if file.after is None:
        yield f"deleted file mode {file.mode}\n"
    old = "/dev/null" if file.before is None else f"a/{file.path}"
    new = "/dev/null" if file.after is None else f"b/{file.path}"
    before, after = _split(file.before), _split(file.after)
    for index, line in enumerate(difflib.unified_diff(before, after, "", "", lineterm="\n")):
        if index < 2:  # a name with a blank ends at a tab
            name = (old, new)[index]
            yield f"{('---', '+++')[index]} {name}{chr(9) if ' ' in name else ''}\n"
        else:
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _split(text: str | None) -> list[str]:
    """Lines as git counts them: a form feed or a carriage return ends none."""
    if not text:
        return []
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
