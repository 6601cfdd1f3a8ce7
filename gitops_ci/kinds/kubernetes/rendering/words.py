"""What an engine says of a failure: its innermost error and where that is, without log, warnings and time."""

from __future__ import annotations

import re

from msgspec import Struct

_LOGGED = re.compile(r"^[EFIW]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] ", re.MULTILINE)
"""How kubectl begins what it says: the time and its process make another message of the same one."""
_WARNING = re.compile(
    r"^(?:# Warning: |WARNING: |(?:\d{4}/\d\d/\d\d [\d:]+ )?(?:\S+\.go:\d+: )?[Ww]arning: "
    r"|(?:time=\S+ )?level=(?:WARN|INFO)\b)[^\n]*\n?",
    re.MULTILINE,
)
_TIME = re.compile(r"^(?:\d{4}/\d\d/\d\d [\d:]+ |time=\S+ )", re.MULTILINE)
_COMMAND = re.compile(r'"command failed" err=(?:<\n(?P<lines>.*?)\n ?>|"(?P<quoted>(?:[^"\\]|\\.)*)")', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_UNTIL = re.compile(
    r"(?:recursed accumulation of path|couldn't make target for path) '(?P<folder>[^'\n]*)': "
    r"|recursed merging from path '[^'\n]*': "
    r"|accumulating resources from '(?P<file>[^'\n]*)': (?!'[^'\n]*' must resolve)|must resolve to a file': "
    r"|accumulating (?:resources|components): |accumulation err='|accumulateDirectory: "
)
"""How kustomize tells the way to what went wrong, from the outside in."""
_LACKING = re.compile(
    r".*evalsymlink failure on '[^'\n]*' : lstat (?P<path>[^\n]+?): no such file or directory", re.DOTALL
)
_POINTER = re.compile(r"merging from generator &\{0x[0-9a-f]+ <nil>\}: |\b0x[0-9a-f]{6,}\b")
"""Where something lay in memory: elsewhere at the next rendering."""
_AGAIN = re.compile(
    r"(no resource matches strategic merge patch \"[^\"]*\"): no matches for Id .*"
    r"|; failed to find unique target for .*"
)
_YAML_LINE = re.compile(r"yaml: line (\d+): ")
_TWICE = re.compile(r"(?:map\[string\]interface \{\}\(nil\): )?yaml: unmarshal errors:\s+(?=line \d+: mapping key )")
_TEMPLATE = re.compile(r"(?<![\w./-])(?P<path>[\w.-]+(?:/[\w.-]+)*/templates/[\w./-]+):(?P<line>\d+)(?::\d+)?")
_CALLING = "error calling "
_WRITTEN = re.compile(
    r'(?:error during tpl function execution for|cannot parse template) "(?:[^"\\]|\\.)*"(?:: |(?=\n|$))', re.DOTALL
)
"""The whole text that `tpl` was given, before what is wrong with it: it is long, and may be a secret."""
_UNNAMED = re.compile(r'\bgotpl:(\d+)(?::\d+)?: (?:executing "gotpl" )?')
_NOTHING = re.compile(r"(wrong type for value; expected [\w.\[\]{} ]+?); got interface \{\}")
_TRACE = re.compile(r"\n(?:\[signal |\s*goroutine \d+ \[).*", re.DOTALL)
"""What Go writes behind the reason of a panic."""
_AT = re.compile(r"(?:Error: )?(?:execution |parse )?error (?:at|calling include) \([^)\n]*\): ")
_HELMS = re.compile(r"^(?:Error: |level=ERROR msg=)|\n*Use --debug flag[^\n]*", re.MULTILINE)


_WANTING = re.compile(r"execution error at |nil pointer evaluating |meet the specifications of the schema")
_LONGEST = 1 << 16  # characters that are looked at: what went wrong is told at the end


class Said(Struct, frozen=True):
    """An error in an engine's words; `place` is the directory or file that it names, else empty, `line` in that.

    kustomize names directories as they lie in the private copy, Helm templates with the chart's name first.
    """

    text: str
    place: str = ""
    line: int | None = None
    lacks_values: bool = False
    """Whether a template asks for a value (`required`, `fail`), or a schema does, and none is given."""


def said(by: str, text: str) -> Said:
    """The innermost error of what `kustomize` or `helm` writes to stderr, the same however often it is asked."""
    if len(text) > _LONGEST:
        text = text[: _LONGEST // 2] + text[-_LONGEST // 2 :]
    text = _TRACE.sub("", text.strip())
    plain = _TIME.sub("", _WARNING.sub("", _LOGGED.sub("", text))).strip() or _TIME.sub("", text)
    return _of_kustomize(plain) if by == "kustomize" else _of_helm(plain)


def _of_kustomize(text: str) -> Said:
    found = _COMMAND.search(text)
    if found is not None:
        lines = found["lines"]
        text = _ESCAPED.sub(r"\1", found["quoted"]) if lines is None else lines.replace("\n\t", "\n").strip()
    else:
        text = text.removeprefix("Error: ")
    folder, file, begins = "", "", 0
    for each in _UNTIL.finditer(text):
        begins = each.end()
        if each["folder"] is not None:
            folder, file = each["folder"], ""
        elif each["file"] is not None:
            file = each["file"]
    inner = _unquoted(_POINTER.sub("", _AGAIN.sub(lambda match: match[1] or "", text[begins:].strip())))
    inner = _TWICE.sub("yaml: ", inner)
    if (lacking := _LACKING.match(inner)) is not None:
        return Said(f"{lacking['path']}: no such file or directory", folder)
    line = _YAML_LINE.search(inner)
    if not inner.endswith(f" in File: {file}"):
        file = ""
    place = f"{folder}/{file}".strip("/") if file and "://" not in file else folder
    inner = inner.removesuffix(f" in File: {file}") if file else inner
    return Said(inner, place, int(line[1]) if line is not None else None)


def _unquoted(text: str) -> str:
    """A text without the quotation marks around it, of which the first may have been cut off."""
    is_quoted = text.count('"') % 2 or (text.startswith('"') and text.count('"') == 2)
    return text.strip('"') if is_quoted else text


def _of_helm(text: str) -> Said:
    plain = _NOTHING.sub(
        r"\1, and there is none",
        _UNNAMED.sub(r"line \1 of what tpl is given: ", _WRITTEN.sub("", _HELMS.sub("", text))),
    ).strip()
    lacks = _WANTING.search(plain) is not None
    places = list(_TEMPLATE.finditer(plain))
    inner = plain.rpartition(_CALLING)[2].partition(":")[2].strip() if _CALLING in plain else plain
    inner = _AT.sub("", inner.removeprefix("template: "))
    if not places:
        return Said(inner, lacks_values=lacks)
    last = places[-1]
    return Said(
        " ".join(_TEMPLATE.sub("", inner, count=1).split()).lstrip(": ") or inner,
        last["path"],
        int(last["line"]),
        lacks,
    )
