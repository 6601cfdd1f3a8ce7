"""What becomes of the other files that decide, as Changes: waivers, baseline, owners, policies, workflows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from gitops_ci.discover.layout.files import CODEOWNERS
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ConfigError
from gitops_ci.gate.deciding_files import Role
from gitops_ci.model.plan import Action, Attribute, Change
from gitops_ci.policy import baseline, secrets
from gitops_ci.policy.waivers import file
from gitops_ci.policy.waivers.file import Entry, Numbered

_LONGEST = 160
_WORKFLOW = "a workflow says what is run, with which token, and whether this gate is asked at all"
_UNREAD = "what it lets pass now cannot be told: it cannot be read"
_SHOWN = 3


def waivers(path: str, base: Snapshot, head: Snapshot, today: datetime.date) -> Iterator[Change]:
    """A Change for each waiver that is new, is gone or holds longer; of one that holds longer it is an update."""
    try:
        before, after = (file.read(end, path, today).entries for end in (base, head))
    except ConfigError:
        yield changed(path, "waivers", base, head, loosens=_UNREAD)
        return
    was = {_identity(each.entry): each for each in before}
    now = {_identity(each.entry): each for each in after}
    for identity, each in now.items():
        old = was.get(identity)
        if old is None or old.entry.until != each.entry.until:
            yield _waiver(path, each, old)
    for identity, each in was.items():
        if identity not in now:
            yield Change(address=_name(each.entry), type="waiver", action="delete", path=path)


def _identity(entry: Entry) -> tuple[object, ...]:
    return entry.rule, entry.path, entry.stack, entry.message, entry.wide, entry.owner, entry.reason


def _name(entry: Entry) -> str:
    return secrets.masked(f"waiver.{entry.rule} in {entry.place or 'everything'}")


def _waiver(path: str, new: Numbered, old: Numbered | None) -> Change:
    entry = new.entry
    looser = old is None or entry.until > old.entry.until
    passes = (
        f"lets {entry.rule} in {entry.place or 'everything'} pass until {entry.until}: {entry.reason} ({entry.owner})"
    )
    return Change(
        address=_name(entry),
        type="waiver",
        action="create" if old is None else "update",
        reason=_cut(secrets.masked(passes)) if looser else None,
        path=path,
        line=new.line,
        destructive=looser,
        attributes=(Attribute(path="until", before=old.entry.until if old is not None else None, after=entry.until),),
    )


def baselines(path: str, base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """One Change: how many findings it lets pass, and which are new."""
    try:
        before, after = (baseline.read(end, path) for end in (base, head))
    except ConfigError:
        yield changed(path, "baseline", base, head, loosens=_UNREAD)
        return
    was, now = before.counts(), after.counts()
    more = now - was
    named = [f"{each.rule} in {each.path or each.stack}" for each in after.findings if each.fingerprint in more]
    count = sum(more.values())
    said = (
        f"lets {count:,} more findings pass: {_some(named)}"
        if count > 1
        else f"lets one more finding pass: {_some(named)}"
    )
    yield Change(
        address=path,
        type="baseline",
        action=_action(path, base, head),
        reason=_cut(secrets.masked(said)) if count else None,
        path=path,
        destructive=bool(count),
        attributes=(Attribute(path="findings", before=was.total(), after=now.total()),),
    )


def owners(base: Snapshot, head: Snapshot) -> Iterator[Change]:
    """One Change: lines of the file that counts (GitHub reads the first of three places). A line can undo any other."""
    before, after = (next((path for path in CODEOWNERS if path in end), None) for end in (base, head))
    was, now = _lines(base, before), _lines(head, after)
    if was == now:
        return
    gone, new = [line for line in was if line not in now], [line for line in now if line not in was]
    said = [f"no longer {_some(gone)}"] if gone else []
    said += [f"now {_some(new)}"] if new else []
    reason = _cut(secrets.masked("; ".join(said) or "in another order, and the last line that fits counts"))
    told = [Attribute(path=secrets.masked(line), before="asked") for line in gone]
    told += [Attribute(path=secrets.masked(line), after="asked") for line in new]
    yield Change(
        address=after or before or CODEOWNERS[0],
        type="owners",
        action="create" if before is None else "delete" if after is None else "update",
        reason=f"who has to approve: {reason}" if was else None,
        path=after or before,
        destructive=bool(was),
        attributes=tuple(told),
    )


def _lines(snapshot: Snapshot, path: str | None) -> list[str]:
    """What a CODEOWNERS says, without comments and empty lines; one that cannot be read says nothing."""
    content = snapshot.read(path) if path is not None else None
    lines = (content or b"").decode("utf-8", "replace").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def changed(path: str, role: Role, base: Snapshot, head: Snapshot, *, loosens: str = "") -> Change:
    """A file as a whole: which content it has is told by git's ids."""
    before, after = base.entries.get(path), head.entries.get(path)
    reason = _WORKFLOW if role == "workflow" else loosens
    gone = after is None and role == "policy"
    return Change(
        address=path,
        type=role,
        action=_action(path, base, head),
        reason=reason or ("what it refuses is no longer refused" if gone else None),
        path=path,
        destructive=bool(reason) or gone,
        attributes=(
            Attribute(
                path="content",
                before=before.oid[:12] if before is not None else None,
                after=after.oid[:12] if after is not None else None,
            ),
        ),
    )


def _action(path: str, base: Snapshot, head: Snapshot) -> Action:
    return "create" if path not in base else "delete" if path not in head else "update"


def _some(words: list[str]) -> str:
    known = list(dict.fromkeys(words))
    return ", ".join(known[:_SHOWN]) + (f" and {len(known) - _SHOWN:,} more" if len(known) > _SHOWN else "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
