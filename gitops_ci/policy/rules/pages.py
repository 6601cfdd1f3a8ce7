"""Pages of docs/rules read as Rules: they are the one place where a rule's words are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from gitops_ci.model.rule import DOCS, Rule

_HEADING = re.compile(r"^#{1,2} (.+)$", re.MULTILINE)
_ID = re.compile(r"`?([a-z][a-z0-9-]*/[A-Za-z0-9][\w.-]*)`?")
_ROW = re.compile(r"^\| *\[?`?([a-z][a-z0-9-]*/[A-Za-z0-9][\w.-]*)`?(?:\]\([^)]*\))? *\|(.*)\|$")
_LABEL = re.compile(r"\*\*(What|Why|Fix|Severity)\*\*(?: \(([^)]*)\))?: *")
_EXAMPLES = re.compile(r"(?:^|(?<=\. ))(?=(?:Fails|Found|Passes|Not found)(?:[ ,][^:\n]*)?:)", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
_PASSING = ("Passes", "Not found")
_CODE = re.compile(r"`[^`]*`")
LONGEST_TITLE = 100
_CLAUSE = re.compile(r"[.:;](?=\s|$)")
_ASIDE = re.compile(r" \([^()]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)\)")


def rules(page: str, text: str) -> Iterator[Rule]:
    """The rules of a page (its path below docs/): each `## family/rule`, with the row of a table of severities.

    A section has the words **What**, **Why**, **Fix** and perhaps **Severity** (which may also be in parentheses behind
    **What**), then an example that begins with "Fails" or "Found" and one that begins with "Passes" or "Not found". The
    title is what **What** says up to its first full stop, colon or semicolon.
    """
    severities = _severities(text)
    headings = list(_HEADING.finditer(_hidden(text)))
    ends = [*(each.start() for each in headings[1:]), len(text)]
    for heading, end in zip(headings, ends, strict=False):
        known = _ID.fullmatch(heading[1].strip())
        if known:
            yield _rule(known[1], page, text[heading.end() : end], severities.get(known[1], ""))


def title(what: str) -> str:
    """The first clause of a sentence as plain text, without what is in parentheses; code is not looked into."""
    flat = _ASIDE.sub("", _LINK.sub(r"\1", " ".join(what.split())))
    end = _CLAUSE.search(_CODE.sub(lambda code: "x" * len(code[0]), flat))
    first = _capital(flat[: end.start()] if end else flat).replace("`", "")
    return first if len(first) <= LONGEST_TITLE else first[:LONGEST_TITLE].rpartition(" ")[0] + " …"


def _rule(id: str, page: str, section: str, severity: str) -> Rule:
    words, found, passing = _split(_LINK.sub(lambda link: f"[{link[1]}]({_absolute(link[2], page)})", section))
    labelled = _LABEL.split(words)[1:]
    texts = dict(zip(labelled[::3], (each.strip() for each in labelled[2::3]), strict=True))
    noted = next(filter(None, labelled[1::3]), severity)
    what, why, fix = (_capital(texts.get(label, "")) for label in ("What", "Why", "Fix"))
    return Rule(
        id=id,
        title=title(what),
        what=what,
        why=why,
        fix=fix,
        severity=texts.get("Severity", noted).rstrip("."),
        found=found,
        passing=passing,
        page=f"{page}#{anchor(id)}",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _absolute(target: str, page: str) -> str:
    """Where a link of a page leads for somebody who reads it elsewhere."""
    return urljoin(DOCS + page, target)


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _hidden(text: str) -> str:
    """The text with the content of fences blanked, so that nothing in an example is taken for a heading."""
    return _FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence[0]), text)


def _split(section: str) -> tuple[str, str, str]:
    """A section's words, what is found in it and what passes."""
    cuts = [each.start() for each in _EXAMPLES.finditer(_hidden(section))]
    if not cuts:
        return section, "", ""
    found: list[str] = []
    passing: list[str] = []
    for start, end in zip(cuts, [*cuts[1:], len(section)], strict=True):
        piece = section[start:end].strip()
        (passing if piece.startswith(_PASSING) else found).append(piece)
    return section[: cuts[0]], "\n\n".join(found), "\n\n".join(passing)


def _severities(text: str) -> dict[str, str]:
    """What the page's tables say of each rule: the column of severities, or all columns with their names."""
    told: dict[str, str] = {}
    columns: list[str] = []
    for each in text.splitlines():
        if each.startswith("| rule |"):
            columns = [cell.strip() for cell in each.strip("|").split("|")][1:]
        row = _ROW.match(each)
        if row and columns:
            cells = [cell.strip() for cell in row[2].split("|")]
            named = zip(columns, cells, strict=False)
            parts = {name: cell for name, cell in named if cell != "the same"}
            alike = len(set(parts.values())) == 1
            words = [cell if alike else f"{name}: {cell}" for name, cell in parts.items()]
            told[row[1]] = parts.get("severity") or "; ".join(dict.fromkeys(words))
    return told
