"""By what templates of a chart decide beside their values: the time, chance, and what a cluster has and had."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Sort = Literal["time", "history", "apis"]
_SHOWN = 60

_TOKEN = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`|'(?:[^'\\\n]|\\[^\n]{1,9}?)'|/\*.*?\*/|[\"`]|/\*|\}\}", re.DOTALL)
_DEFINING = ("define", "block")
_OPENING = ("if", "with", "range", *_DEFINING)
_COMPARING = re.compile(
    r"(?<![.$\w-])(?:[lg][te]|eq|ne|mod|div|has|hasKey|hasPrefix|hasSuffix|contains|(?:mustR|r)egex\w+|semver\w*|until\w*"
    r"|repeat|empty)(?![\w-])"
)
_FINDING = re.compile(r"(?<![.$\w-])(?:index|get|dig|pluck|tpl)(?![\w-])")
_NOW = re.compile(r"(?<![.$\w-])(?:now|ago)(?![\w-])")
_CHANCE = re.compile(r"(?<![.$\w-])(?:rand[A-Z]\w*|uuidv4|shuffle)(?![\w-])")
_PAST = re.compile(r"(?<![.$\w-])lookup(?![\w-])|\bIs(?:Install|Upgrade)\b")
_REVISION = re.compile(r"(?<!Values)\.Revision\b|\"Revision\"")
_APIS = re.compile(r"APIVersions(?:\.Has\s+[\"`](?P<asked>[^\"`]*)[\"`])?")
_ASSIGNED = re.compile(r"(\$\w+)\s*:?=")
_OWN = re.compile(
    r"v1(?:/.*)?|(?:apps|batch|policy|autoscaling|extensions|(?:(?:rbac\.)?authorization|authentication|events|storage"
    r"|networking|discovery|certificates|coordination|node|scheduling|admissionregistration|apiextensions"
    r"|apiregistration|flowcontrol\.apiserver)\.k8s\.io)/.*"
)
"""What every cluster has, or none any more."""


class Asking(Struct, frozen=True):
    """An action that decides by something: the words, as far as they are shown, and the line."""

    sort: Sort
    text: str
    line: int


def of(content: bytes) -> tuple[Asking, ...]:
    """What the actions of a text ask."""
    if b"{{" not in content:
        return ()
    text = content.decode("utf-8", "replace")
    open_, timed, random = list[str](), set[str](), set[str]()
    found, line, counted, defining = [], 1, 0, 0
    for at, action in _actions(text):
        line, counted = line + text.count("\n", counted, at), at
        word = action.split(None, 1)[0] if action else ""
        if word in _OPENING:
            open_.append(word)
            defining += word in _DEFINING
        elif word == "end" and open_:
            defining -= open_.pop() in _DEFINING
        sort = _sort(action, word, (timed, random), defines=defining > 0)
        if sort is not None:
            found.append(Asking(sort, action if len(action) <= _SHOWN else f"{action[:_SHOWN]}…", line))
        for pattern, names in ((_NOW, timed), (_REVISION, timed), (_CHANCE, random)):
            if pattern.search(action):
                names.update(_ASSIGNED.findall(action))
    return tuple(found)


def _sort(action: str, word: str, named: tuple[set[str], set[str]], *, defines: bool) -> Sort | None:
    compares = _COMPARING.search(action) is not None
    decides = compares or word in ("if", "with", "range", "else") or _FINDING.search(action) is not None
    used = {f"${name}" for name in re.findall(r"\$(\w+)", action)} if decides else set()
    timed, random = named
    asks_time = _NOW.search(action) is not None
    if (asks_time and (decides or defines)) or (not used.isdisjoint(timed)):
        return "time"
    if compares and (_CHANCE.search(action) is not None or not used.isdisjoint(random)):
        return "time"
    if _PAST.search(action) or (decides and _REVISION.search(action)):
        return "history"
    if any(each["asked"] is None or not _OWN.fullmatch(each["asked"]) for each in _APIS.finditer(action)):
        return "apis"
    return None


def _actions(text: str) -> Iterator[tuple[int, str]]:
    """Each action without its braces and comments, and where it begins; one that does not end goes to the end."""
    at = 0
    while (begin := text.find("{{", at)) >= 0:
        at, written, kept = len(text), [], begin + 2
        for token in _TOKEN.finditer(text, begin + 2):
            if token[0].startswith("/*") and token[0] != "/*":
                written.append(text[kept : token.start()])
                kept = token.end()
            elif token[0] == "}}":
                at = token.start()
                break
            elif token[0] in ('"', "`", "/*"):  # what does not end
                break
        written.append(text[kept:at])
        yield begin, " ".join("".join(written).strip("- \t\n").split())
