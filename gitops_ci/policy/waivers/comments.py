"""Waivers in comments beside the thing itself: those that base has already count, new ones are requests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Literal, NamedTuple

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.policy import rule_ids, secrets
from gitops_ci.policy.waivers import blocks
from gitops_ci.policy.waivers.file import NEVER

_MARK = b"gitops-ci:"
_OURS = re.compile(rf"(?:{blocks.COMMENT.pattern})\s*gitops-ci:\s*allow\b(.*)", re.DOTALL)
_WORDS = re.compile(r"\s+(\S{1,200})\s+because\s+(\S.*)", re.DOTALL)
_CLOSING = ("*/}}", "*/ }}", "*/-}}", "*/ -}}", "*/", "-->")
_LONGEST = 2_000
"""Characters of a line in which a comment is looked for."""
_MOST = 1_000
"""Comments of one file that count."""
_REASON = 500

Standing = Literal["same", "altered", "new"]


class Comment(NamedTuple):
    """A comment that waives: `line` is where it stands, `target` the line that it is about (both from one).

    It is also about what is said of its block as a whole, which is said of the block's first line, `head`. `block` is a
    digest of the block's text. `problem` says why the comment is none that counts.
    """

    rule: str
    reason: str
    problem: str = ""
    line: int = 0
    target: int = 0
    head: int = 0
    block: str = ""


class Stood(NamedTuple):
    """A comment of head beside base: the `same` on the same thing, on one that was `altered`, or `new`."""

    path: str
    comment: Comment
    standing: Standing

    def is_about(self, finding: Finding) -> bool:
        """Whether it means a finding: of the rule that it names, on the line that it is about."""
        comment = self.comment
        is_here = finding.path == self.path and finding.line in (comment.target, comment.head)
        return not comment.problem and is_here and comment.rule == finding.rule


class Comments(Struct, frozen=True):
    """The comments of head that waive, by path."""

    by_path: Mapping[str, tuple[Stood, ...]] = {}

    def of(self, finding: Finding) -> Waiver | None:
        """Who accepts a finding by a comment; None for nobody.

        A comment counts for the rule that it names, on its line, where base has it in the very same block: what is
        found in one that was altered may be something else.
        """
        for each in self._about(finding):
            if each.standing == "same":
                what = f"a comment in {each.path}:{each.comment.line}"
                return Waiver(what=what, owner=f"an owner of {each.path}", reason=each.comment.reason)
        return None

    def asked(self, findings: Iterable[Finding]) -> tuple[Stood, ...]:
        """The comments that only ask: new ones, and those in altered blocks where something new is found."""
        left = [found for found in findings if found.waived_by is None and found.state == "new"]
        altered = {each for found in left for each in self._about(found) if each.standing == "altered"}
        return tuple(
            each
            for some in self.by_path.values()
            for each in some
            if not each.comment.problem and (each.standing == "new" or each in altered)
        )

    def malformed(self) -> tuple[Stood, ...]:
        """New comments that say something else than they should."""
        return tuple(
            each for some in self.by_path.values() for each in some if each.comment.problem and each.standing == "new"
        )

    def _about(self, finding: Finding) -> Iterator[Stood]:
        return (each for each in self.by_path.get(finding.path or "", ()) if each.is_about(finding))


def beside(base: Snapshot, head: Snapshot, paths: Iterable[str], moved: Mapping[str, str] | None = None) -> Comments:
    """The comments in these files of head, beside those that `base` has in the file of the same path.

    `moved` gives the path that a file had there where it is another. Comments are counted: one that is written twice,
    with its block, is new the second time.
    """
    told: dict[str, tuple[Stood, ...]] = {}
    there = {path: found for path, found in _read(head, paths).items() if found}
    before_moves = {path: (moved or {}).get(path, path) for path in there}
    before = _read(base, before_moves.values())
    for path, found in there.items():
        known = before.get(before_moves[path], ())
        same = Counter((each.rule, each.reason, each.problem, each.block) for each in known)
        alike = Counter((each.rule, each.reason, each.problem) for each in known)
        stood: list[Stood] = []
        for comment in found:
            words = (comment.rule, comment.reason, comment.problem)
            standing: Standing = "new"
            if same[*words, comment.block] > 0:
                standing = "same"
                same[*words, comment.block] -= 1
            elif alike[words] > 0:
                standing = "altered"
            alike[words] -= 1
            stood.append(Stood(path, comment, standing))
        told[path] = tuple(stood)
    return Comments(told)


def _read(snapshot: Snapshot, paths: Iterable[str]) -> dict[str, tuple[Comment, ...]]:
    return {path: of(content, path) for path, content in snapshot.stream(sorted(set(paths)))}


def of(content: bytes, path: str) -> tuple[Comment, ...]:
    """The comments of a file that waive, in order: `gitops-ci: allow RULE because REASON`."""
    if _MARK not in content:
        return ()
    lines = content.decode("utf-8", "replace").split("\n")
    marked = (index for index, line in enumerate(lines) if _MARK.decode() in line)
    read = ((index, comment) for index in marked if (comment := _in(lines[index][:_LONGEST])) is not None)
    said = dict(islice(read, _MOST))
    return tuple(_placed(lines, path, said)) if said else ()


def _placed(lines: list[str], path: str, said: Mapping[int, Comment]) -> Iterator[Comment]:
    """The comments by the index of their line, with what each is about."""
    for block in blocks.of(lines, path):
        here = [index for index in block if index in said]
        if not here:
            continue
        head = next((index for index in block if _is_code(lines[index])), block.start)
        digest = blocks.digest(lines, block)
        below = _below(lines, block)
        for index in here:
            yield said[index]._replace(line=index + 1, target=below[index] + 1, head=head + 1, block=digest)


def _is_code(line: str) -> bool:
    return bool(line.strip("- \t\r")) and not blocks.is_comment(line)


def _below(lines: list[str], block: range) -> dict[int, int]:
    """The line that a comment in each line is about: the line itself, or the one right below a run of comments."""
    target = block.stop
    found: dict[int, int] = {}
    for index in reversed(block):
        target = target if blocks.is_comment(lines[index]) else index
        found[index] = target
    return found


def _in(line: str) -> Comment | None:
    ours = _OURS.search(line)
    return _read_words(_opened(ours[1])) if ours is not None else None


def _opened(text: str) -> str:
    """Without what closes the comment."""
    text = text.rstrip()
    for closing in _CLOSING:
        text = text.removesuffix(closing)
    return text


def _read_words(words: str) -> Comment:
    said = _WORDS.fullmatch(words)
    if said is None:
        return Comment("", "", "expected `gitops-ci: allow RULE because REASON`")
    rule, problem = said[1], ""
    if "*" in rule:
        problem = "a comment is for one rule: expected its id, without *"
    elif rule.partition("/")[0] in NEVER:
        problem = f"{rule} cannot be waived"
    else:
        problem = rule_ids.problem(rule)
    return Comment(rule, _reason(said[2]), problem)


def _reason(text: str) -> str:
    return secrets.masked(" ".join(text.split())[:_REASON])
