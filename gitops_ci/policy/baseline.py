"""The baseline: the findings that were there when somebody began, so that only new ones hold a change up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

NEVER = ("secrets", "policy", "config")
"""Families that no baseline holds: a secret is told by its place and not by its value, so that another one put there
would pass for the old one; the others say what happens to the rules themselves."""

_HINT = "`gitops-ci policy baseline` writes it anew; docs/waivers.md describes it"


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`count` findings of one fingerprint; rule, path and stack are for whoever reads it."""

    rule: str
    path: str | None = None
    stack: str | None = None
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)]
    count: Annotated[int, Meta(ge=1)] = 1


class Baseline(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file's content."""

    schema: Literal["gitops-ci/baseline/1"] = "gitops-ci/baseline/1"
    findings: tuple[Entry, ...] = ()

    def counts(self) -> Counter[str]:
        """How many findings of each fingerprint it has."""
        counts = Counter[str]()
        for entry in self.findings:
            counts[entry.fingerprint] += entry.count
        return counts


EMPTY = Baseline()


def read(snapshot: Snapshot, path: str) -> Baseline:
    """The baseline of a snapshot; an empty one where there is no file. Raises ConfigError where it cannot be read."""
    content = snapshot.read(path)
    if content is None:
        if path in snapshot:
            raise ConfigError(f"{path} is too large to be a baseline", hint=_HINT)
        return EMPTY
    try:
        found = msgspec.json.decode(content, type=Baseline)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}", hint=_HINT) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}:{_line(content, error)}: not valid JSON", hint=_HINT) from None
    for entry in found.findings:
        if _family(entry.rule) in NEVER:
            raise ConfigError(f"{path}: {_family(entry.rule)}/* is never part of a baseline", hint=_HINT)
    return found


def _line(content: bytes, error: Exception) -> int:
    """The line that the decoder's message gives the byte of; the first where it gives none."""
    _, _, position = str(error).partition("(byte ")
    digits = position.rstrip(")")
    return content.count(b"\n", 0, int(digits)) + 1 if digits.isdigit() else 1


def of(findings: Iterable[Finding]) -> Baseline:
    """The baseline of what is there: errors and warnings that nobody waived."""
    there = [
        found
        for found in findings
        if found.severity != "notice"
        and found.state != "fixed"
        and found.waived_by is None
        and _family(found.rule) not in NEVER
    ]
    counts = Counter((found.rule, found.path, found.stack, found.fingerprint) for found in there)
    entries = [
        Entry(rule=rule, path=path, stack=stack, fingerprint=fingerprint, count=count)
        for (rule, path, stack, fingerprint), count in counts.items()
    ]
    return Baseline(findings=tuple(sorted(entries, key=_order)))


def _order(entry: Entry) -> tuple[str, str, str, str]:
    return entry.path or "", entry.stack or "", entry.rule, entry.fingerprint


def written(baseline: Baseline) -> bytes:
    """The file: one finding a line, in order, so that a change of it reads as what it adds and takes away."""
    lines = ",\n  ".join(msgspec.json.encode(_written(entry)).decode() for entry in baseline.findings)
    inner = f"\n  {lines}\n" if lines else ""
    return f'{{"schema": "{baseline.schema}", "findings": [{inner}]}}\n'.encode()


def _written(entry: Entry) -> dict[str, str | int]:
    """An entry's own fields; bytes of a path that are not UTF-8 are escaped."""
    told = {key: value for key, value in msgspec.structs.asdict(entry).items() if value is not None}
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in told.items()
    }


def applied(findings: Iterable[Finding], baseline: Baseline) -> Iterator[Finding]:
    """The findings, where new ones that the baseline has are existing.

    As many of one fingerprint as it counts: those that base has as well are among them, so only the rest is left for
    new ones, in order of their place.
    """
    found = sorted(findings, key=finding.place)
    left = baseline.counts()
    for each in found:
        if each.state == "existing" and each.waived_by is None:
            left[each.fingerprint] -= 1
    for each in found:
        hidden = each.state == "new" and each.waived_by is None and _family(each.rule) not in NEVER
        if hidden and left[each.fingerprint] > 0:
            left[each.fingerprint] -= 1
            yield msgspec.structs.replace(each, state="existing")
        else:
            yield each


def gone(findings: Iterable[Finding], baseline: Baseline, is_known: Callable[[Entry], bool]) -> tuple[Entry, ...]:
    """Entries of which less is there than they count, as far as that is known.

    `is_known` says whether all that an entry could count was looked at; what base has and head has not is known, too.
    """
    told = tuple(findings)
    left = Counter(found.fingerprint for found in told if found.state != "fixed")
    fixed = {found.fingerprint for found in told if found.state == "fixed"}
    missing: list[Entry] = []
    for entry in baseline.findings:
        if left[entry.fingerprint] < entry.count and (entry.fingerprint in fixed or is_known(entry)):
            missing.append(entry)
        left[entry.fingerprint] -= entry.count
    return tuple(missing)


def _family(rule: str) -> str:
    return rule.partition("/")[0]
