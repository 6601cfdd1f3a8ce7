"""The paths that Terraform expressions name: what `file("x")`, `"${path.module}/x"` and their like read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from gitops_ci.patterns import later

FUNCTIONS = (  # all that read a path, and those of providers, which may
    r"(?:file(?:base64(?:sha256|sha512)?|exists|md5|set|sha1|sha256|sha512)?|templatefile|provider::[\w-]++::\w++)"
)
ANCHORS = {"module": "module", "root": "root", "cwd": "root"}
"""What `path.…` stands for; the engine is started in the root, so `path.cwd` is near it and no more is known."""
ARCHIVED = frozenset({"source_dir", "source_file"})
"""Arguments of `archive_file`: what they name is read even where it is computed."""
_ATTRIBUTES = ARCHIVED | {"filename", "source_path"}
_IN_RESOURCES = frozenset({"source", "chart", "script", "working_dir"})
"""Arguments that name a file or directory without any function; `source` is one in resources and provisioners only."""
COMMANDS = frozenset({"command", "program", "scripts"})
"""Arguments that hold a command line, or its words, of a provisioner or of the `external` data source."""
PROGRAMS = frozenset({
    "external", "local_command", "shell_script", "shell_sensitive_script", "shell_sensitive", "packer_image",
    "packer_version", "system_command",
})  # fmt: skip
"""Types of data sources and resources that run a program as they are planned: it may read what lies beside it."""

_INTERPOLATION = later(r"[$%]\{")
_SPACES = later(r"\s")
_ANCHOR = later(r"\bpath\s*+\.\s*+(module|root|cwd)\b")
_OPENED = later(r"\$\{\s*+(?:abspath\(\s*+)?\Z")
_CLOSED = later(r'\s*+\)?\s*+\}/*+([^"\n]*+)')
_CALL = later(rf'\b({FUNCTIONS})\(\s*+(?:"([^"\n]*+)|(?!path\s*+\.))')
_FORMATTED = later(r'\bformat\(\s*+"%s/*+([^"\n%\\]*+)(?:(")|%[^"\n]*+")\s*+,\s*+\Z')
_JOINED = later(r'\bjoin\(\s*+"/"\s*+,\s*+\[\s*+\Z')
_PARTS = later(r'((?:\s*+,\s*+"[^"\n$%\\]*+"(?=\s*+[],]))*+)\s*+(,?+\s*+\])?')
_PART = later(r'"([^"]*+)"')
_PARENTS = later(r"(?:\b(?:dirname|abspath|pathexpand)\(\s*+)++\Z")
_ANCHORED = later(
    r"""\s*+(?:(?:abspath|dirname|pathexpand)\(\s*+)*+
        (?:path\s*+\. | "\$\{\s*+path\s*+\. | format\(\s*+"%s[^"\n]*+"\s*+,\s*+path\s*+\.
          | join\(\s*+"/"\s*+,\s*+\[\s*+path\s*+\.)""",
    re.VERBOSE,
)
_COMMAND_WORD = later(r"(?<![^\s'\"=;|&()<>])(?![-/~])[\w./-]++(?![^\s'\"=;|&()<>])")
_FILE_NAME = later(r"/|.\.[A-Za-z]")
FILESET = later(r'\s*+,\s*+"([^"\\\n]*+)"')
"""The pattern that follows the folder of a `fileset`."""
_WILD = later(r"[*?\[{$]")
_CLIMBING = later(
    r"""["/}]
      (?: (?<=")(?P<settled>(?:\$\{\s*+path\s*+\.\s*+(?:module|root)\s*+\}/|\.\.?/)[^"$%\\\n]*+")
        | \.\.(?=["/]) )
    """,
    re.VERBOSE,
)
_BELOW = later(
    rf"""(?:{FUNCTIONS}\(|\b(?:source_dir|source_file|working_dir)\s*+=)\s*+"
        (?:\$\{{\s*+path\s*+\.\s*+(?:module|root)\s*+\}}/)?+(?:[^/"$%\\\n]*+/)*+(?!\.)[^/"$%\\\n]*+(?=[$%]\{{)""",
    re.VERBOSE,
)
"""What a path that is read begins with, up to where it goes on computed."""
_HANDED = later(rf"\b(?!{FUNCTIONS}\()\w+\(\s*+\Z")
_SET = later(r"\bfileset\(\s*+\Z")
_NAME_ONLY = later(r"\bbasename\(\s*+(?:abspath\(\s*+)?\Z")
_MOST_PARENTS = 2_000  # characters of `dirname(dirname(…` before `path`: more folders than anybody has
_LOOK_BACK = 200  # characters before `path` in which a call that it is an argument of may begin


class PathRead(Struct, frozen=True):
    """A path that an expression reads, relative to `anchor`; `complete` is False where it goes on unknown.

    `pattern` says what is read of a folder, as `fileset` has it (`**`: all); None where a string only names the path,
    so that what becomes of a folder is not known.
    """

    path: str
    anchor: str  # "module" | "root"
    complete: bool
    line: int
    pattern: str | None = None


def literal(text: str, anchor: str, line: int, pattern: str | None = None) -> PathRead:
    """The read of a string's content: as far as it is known before its first interpolation."""
    cut = _INTERPOLATION.search(text)
    known = _spelled(text if cut is None else text[: cut.start()])
    if cut is None and known is not None:
        return PathRead(known, anchor, True, line, pattern)
    return PathRead((known or "").rpartition("/")[0], anchor, False, line)


def _spelled(text: str) -> str | None:
    """The text that a string's content stands for: escapes resolved, and composed (NFC) as Terraform has it."""
    if text.isascii() and "\\" not in text:
        return text
    import json
    import unicodedata

    try:
        return unicodedata.normalize("NFC", str(json.loads(f'"{text}"')) if "\\" in text else text)
    except ValueError:
        return None


def fileset(directory: PathRead, pattern: str) -> PathRead:
    """The read of `fileset(directory, pattern)`: the folders that the pattern begins with are part of the path."""
    computed = _INTERPOLATION.search(pattern)
    wild = _WILD.search(pattern)
    fixed = pattern[: wild.start()].rpartition("/")[0] if wild is not None else pattern.rpartition("/")[0]
    path = "/".join(part for part in (directory.path, fixed) if part)
    if not directory.complete or computed is not None:
        return PathRead(path if directory.complete else directory.path, directory.anchor, False, directory.line)
    return PathRead(path, directory.anchor, True, directory.line, pattern[len(fixed) :].lstrip("/"))


def is_climbing(text: str) -> bool:
    """Whether a file spells `..` somewhere else than at the begin of a path that is fully known.

    Put behind something computed it leads out of the directory that the path begins in. What a path that is read
    begins with leads to the directory that the rest of it, which is computed, stays below.
    """
    return _is_climbing(text) and _is_climbing(_BELOW.sub('"', text))


def _is_climbing(text: str) -> bool:
    for match in _CLIMBING.finditer(text):
        if match["settled"] is None:
            return True
        start = match.start()
        if _HANDED.search(text, max(0, start - 40), start) is not None:
            return True  # `abspath("..")`: what becomes of it is not known
    return False


def words(text: str, anchor: str, line: int) -> Iterator[PathRead]:
    """The reads of a string that may go on after the path, as a command line does."""
    read = literal(text, anchor, line)
    cut = _INTERPOLATION.search(text)
    space = _SPACES.search(text, 0, cut.start() if cut is not None else len(text))
    if space is None:
        yield read
        return
    if space.start():
        yield PathRead(text[: space.start()], anchor, True, line)
    if read.complete or _SPACES.search(read.path):
        yield read


def distinct(reads: Iterable[PathRead]) -> tuple[PathRead, ...]:
    """The reads without those that name the same again."""
    first: dict[tuple[str, str, bool, str | None], PathRead] = {}
    for read in reads:
        first.setdefault((read.path, read.anchor, read.complete, read.pattern), read)
    return tuple(first.values())


def unknown(anchor: str, line: int) -> PathRead:
    """A read of which only the place it starts from is known."""
    return PathRead("", anchor, False, line)


def of_program(line: int) -> Iterator[PathRead]:
    """What a program that is run may read: the folder that it is started in, and the one whose block starts it."""
    yield PathRead("", "root", True, line)
    yield PathRead("", "module", True, line)


def is_path(attribute: str, *, in_resource: bool) -> bool:
    """Whether an argument of that name holds a path."""
    return attribute in _ATTRIBUTES or (in_resource and attribute in _IN_RESOURCES)


def is_anchored(text: str, position: int) -> bool:
    """Whether the expression at `position` begins with `path.module` or its like, in a string or call or by itself."""
    return _ANCHORED.match(text, position) is not None


def commands(text: str, line: int) -> Iterator[PathRead]:
    """The words of a command line that could be files beside the root: `bash scripts/run.sh` reads one."""
    for match in _COMMAND_WORD.finditer(text):
        if _FILE_NAME.search(match[0]):
            yield PathRead(match[0], "root", True, line)


def anchored(text: str, line: int) -> Iterator[PathRead]:
    """What a template (the content of a string or heredoc) or an expression reads beside `path.module` and its like."""
    if "path" not in text or "{" not in text:
        return
    for match in _ANCHOR.finditer(text):
        anchor = ANCHORS[match[1]]
        opened = _OPENED.search(text, max(0, match.start() - _LOOK_BACK), match.start())
        closed = _CLOSED.match(text, match.end()) if opened else None
        if closed is not None and match[1] != "cwd":
            yield from words(closed[1], anchor, line)
        elif (read := beside(text, match.start(), match.end(), anchor, line)) is not None:
            yield read


def beside(text: str, start: int, end: int, anchor: str, line: int) -> PathRead | None:
    """The read of a bare `path.module` that stands from `start` to `end`; None where only its last name is taken.

    A fileset's pattern may follow it, `format` and `join` may make a path of it; else only the place is known.
    """
    before = max(0, start - _LOOK_BACK)
    if _NAME_ONLY.search(text, before, start) is not None:
        return None
    if (formatted := _FORMATTED.search(text, before, start)) is not None:
        whole = formatted[2] is not None
        return PathRead(formatted[1] if whole else formatted[1].rpartition("/")[0], anchor, whole, line)
    if _JOINED.search(text, before, start) is not None and (parts := _PARTS.match(text, end)) is not None:
        return PathRead("/".join(_PART.findall(parts[1])), anchor, parts[2] is not None, line)
    pattern = FILESET.match(text, end)
    if pattern is not None and _SET.search(text, before, start) is not None:
        return fileset(PathRead("", anchor, True, line), pattern[1])
    parents = _PARENTS.search(text, max(0, start - _MOST_PARENTS), start)
    up = parents[0].count("dirname") if parents is not None else 0
    return PathRead("/".join([".."] * up), anchor, False, line)


def called(text: str, line: int) -> Iterator[PathRead]:
    """What calls of `file` and its like inside a template read; paths with `path.module` are `anchored`'s."""
    start = _INTERPOLATION.search(text) if "file" in text else None
    if start is None:
        return
    for match in _CALL.finditer(text, start.end()):
        if not is_anchored(text, match.end(1) + 1) and not match[1].startswith("provider"):
            yield from argument(match[2], line)


def argument(text: str | None, line: int) -> Iterator[PathRead]:
    """What a call reads whose first argument is the string `text`, or None where it is some other expression."""
    if text is None or (text.startswith(("${", "%{")) and _ANCHOR.search(text) is None):
        yield unknown("root", line)
    elif not text.startswith(("${", "%{")):
        yield literal(text, "root", line)
