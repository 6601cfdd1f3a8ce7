"""Inline skips (`checkov:skip=ID:reason`): found, kept from checkov, and honoured only where base has them already."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from msgspec import Struct
from msgspec.structs import replace

from gitops_ci.policy.checkov.job import Form
from gitops_ci.policy.waivers import blocks
from gitops_ci.policy.waivers.comments import Standing

_WORDS = re.compile(rb"(checkov|bridgecrew|cortex)(:|\.io/)skip")
_COMMENT = re.compile(r"(?:checkov|bridgecrew|cortex):skip= *([\w-]+(?:,[\w-]+)*)(?::([^\n]*))?")
_ANNOTATION = re.compile(r"(?:checkov|bridgecrew|cortex)\.io/skip")
_KEY = re.compile(r"^( *)(?:- +)?([\w.\"'-]+) *:(?: |$)")
_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML ends a line with."""
_TO_THE_END = 1 << 30


class Skip(Struct, frozen=True):
    """A wish that one check is not asked about one thing: `within` names it by content, `begin` to `end` are its lines.

    `within` is a block of Terraform, a Kubernetes object, the two outermost keys of other YAML, or the whole file ("").
    `block` is a digest of the text around it, cut as for waivers in comments.
    """

    check: str
    reason: str
    within: str
    begin: int
    end: int
    block: str = ""


def muted(content: bytes) -> bytes:
    """The same content, as long and with the same lines, with nothing that checkov would take as a skip.

    It would not ask a check that is skipped, so nobody could tell what a skip is worth.
    """
    return _WORDS.sub(rb"\1\2sk1p", content)


def found(content: bytes, framework: Form, path: str) -> tuple[Skip, ...]:
    """The skips of one file, as checkov reads them (https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html).

    Nothing where the file cannot be read: a skip that cannot be placed is none.
    """
    if not _WORDS.search(content):
        return ()
    text = content.decode("utf-8-sig", "replace")
    lines = _BREAK.split(text) if framework == "kubernetes" else text.split("\n")
    digests = blocks.digests(lines, path)
    return tuple(replace(each, block=digests[each.begin - 1]) for each in _placed(content, text, lines, framework))


def _placed(content: bytes, text: str, lines: list[str], framework: Form) -> Iterator[Skip]:
    match framework:
        case "terraform" | "terraform_plan":
            return _of_terraform(text)
        case "kubernetes":
            return _of_manifests(content)
        case "dockerfile":
            return _each(text, lambda _: ("", 1, _TO_THE_END))
        case _:
            return _each(text, lambda line: (_keys_above(lines, line), line, line))


def standing(skip: Skip, base: Collection[Skip]) -> Standing:
    """What base has of it: the same skip of the same thing in the very same block, one in a block that was `altered`.

    Wherever in the file that is. What is found in an altered block may be something else than what base accepts.
    """
    alike = [each for each in base if (skip.check, skip.within) == (each.check, each.within)]
    if not alike:
        return "new"
    return "same" if any(each.block == skip.block for each in alike) else "altered"


def _each(text: str, where: Callable[[int], tuple[str, int, int] | None]) -> Iterator[Skip]:
    """The comments of a text, placed by their lines."""
    for match in _COMMENT.finditer(text):
        place = where(text.count("\n", 0, match.start()) + 1)
        if place is not None:
            for check in match[1].split(","):
                yield Skip(check, (match[2] or "").strip(), *place)


def _of_terraform(text: str) -> Iterator[Skip]:
    spans = _blocks(text)

    def where(line: int) -> tuple[str, int, int] | None:
        return next((span for span in spans if span[1] < line <= span[2]), None)

    return _each(text, where)


def _blocks(text: str) -> list[tuple[str, int, int]]:
    """Name, first and last line of every top-level block; nothing where the file is no configuration."""
    from gitops_ci.kinds.terraform.language import blocks, native_syntax

    spans: list[tuple[str, int, int]] = []
    header: list[str] = []
    depth, begin = 0, 0
    lines = native_syntax.Lines(text)
    try:
        for token in blocks.tokens(text):
            if depth == 0 and token.kind in ("word", "string"):
                begin = begin if header else lines.at(token.start)
                header.append(token.text.strip('"'))
            elif depth == 0 and token.kind == "newline":
                header = []
            depth += (token.kind == "open") - (token.kind == "close")
            if token.kind == "close" and depth == 0:
                spans.append((".".join(header), begin, lines.at(token.start)))
                header = []
    except native_syntax.Unbalanced:
        return []
    return spans


def _of_manifests(content: bytes) -> Iterator[Skip]:
    from gitops_ci.policy.documents import yaml_documents

    try:
        documents = list(yaml_documents.documents(content))
    except yaml_documents.YamlProblem:
        return
    ends = [*(each.line - 1 for each in documents[1:]), _TO_THE_END]
    for document, end in zip(documents, ends, strict=False):  # a file may hold none
        value = document.value if isinstance(document.value, dict) else {}
        metadata = value.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        within = "/".join(
            str(each or "") for each in (value.get("kind"), metadata.get("namespace"), metadata.get("name"))
        )
        annotations = metadata.get("annotations")
        for key, given in annotations.items() if isinstance(annotations, dict) else ():
            if _ANNOTATION.search(str(key)):
                check, _, reason = str(given).partition("=")
                yield Skip(check.strip(), reason.strip(), within, document.line, end)


def _keys_above(lines: list[str], line: int) -> str:
    """The two outermost keys around a comment: `jobs.build`, `Resources.Bucket`."""
    keys: list[tuple[int, str]] = []
    for text in lines[:line]:
        match = _KEY.match(text)
        if match is not None:
            indent = len(match[1])
            keys = [each for each in keys if each[0] < indent]
            keys.append((indent, match[2].strip("\"'")))
    own = lines[line - 1]
    indent = len(own) - len(own.lstrip())
    around = (
        [name for depth, name in keys if depth <= indent]
        if own.lstrip().startswith("#")
        else [name for _, name in keys]
    )
    return ".".join(around[:2])
