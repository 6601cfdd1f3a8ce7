"""The objects of two ends of a change as Changes: what comes, differs, has to be made anew, goes, or is left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from gitops_ci.kinds.kubernetes.difference import immutable, keeping, matching, names, noise, secrets, texts
from gitops_ci.kinds.kubernetes.difference.keeping import Pruning
from gitops_ci.kinds.kubernetes.difference.selecting import Selecting
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.terraform.plans import attributes, pairing
from gitops_ci.kinds.terraform.plans.attributes import Sides
from gitops_ci.kinds.terraform.plans.masking import Masking, TooDeep
from gitops_ci.model.plan import DESTRUCTIVE, Action, Attribute, Change
from gitops_ci.policy import secrets as detector
from gitops_ci.policy.secrets import sops


class Difference(Struct, frozen=True):
    """The Changes in order of address, and by rule how many objects differ in nothing but noise."""

    changes: tuple[Change, ...]
    folded: Mapping[str, int]


class Pair(Struct, frozen=True):
    """An object at both ends, as it is and with plain names in place of generated ones; None where there is none.

    `names` are the generated ones of both ends, and the plain ones that stand for them.
    """

    before: Object | None
    after: Object | None
    written: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]
    names: tuple[Mapping[str, str], Mapping[str, str]]


_ToldBy = tuple[Masking, Counter[str], Selecting]
"""What is secret, how much of each rule was noise so far, and what objects select by."""


def between(base: Iterable[Object], head: Iterable[Object], pruning: Pruning) -> Difference:
    """What becomes of each object."""
    ends = (tuple(map(_decrypted, base)), tuple(map(_decrypted, head)))
    known = secrets.known((*ends[0], *ends[1]))
    counts = Counter[str]()
    selecting = Selecting((*ends[0], *ends[1]), noise.CHART)
    found: list[Change] = []
    for pair in _pairs(*ends):
        change = _change(pair, (known, counts, selecting), pruning)
        if change is not None:
            found.append(change)
    return Difference(tuple(sorted(found, key=lambda change: change.address)), dict(+counts))


def _decrypted(each: Object) -> Object:
    """An object without what SOPS keeps of itself, which never reaches the cluster."""
    value = sops.without(each.value)
    return each if value is each.value else structs.replace(each, value=value)


def _pairs(base: tuple[Object, ...], head: tuple[Object, ...]) -> Iterator[Pair]:
    generated = (names.generated(base), names.generated(head))
    plain = [[names.without(each, known) for each in end] for end, known in zip((base, head), generated, strict=True)]
    written = [
        {id(one): other.value for one, other in zip(ours, end, strict=True)}
        for ours, end in zip(plain, (base, head), strict=True)
    ]
    for before, after in matching.pairs(*plain):
        yield Pair(before, after, (written[0].get(id(before)), written[1].get(id(after))), generated)


def _change(pair: Pair, told_by: _ToldBy, pruning: Pruning) -> Change | None:
    known = told_by[0]
    if pair.before is None and pair.after is not None:
        return _whole(pair.after, known, "create")
    if pair.after is None and pair.before is not None:
        kept = pruning.keeps(pair.before.value)
        change = _whole(pair.before, known, "forget" if kept else "delete")
        return _with_reason(change, kept or pruning.lost(pair.before))
    assert pair.before is not None
    assert pair.after is not None
    if pairing.same(*pair.written):
        return None
    updated = _update(pair, pair.before, pair.after, told_by)
    if updated is None or not keeping.becomes_hook(pair.before, pair.after, pruning.by):
        return updated
    reason = "; ".join(filter(None, (keeping.BECOMES_HOOK, keeping.lost_anew(pair.after))))
    return structs.replace(updated, action="replace", destructive=True, create_before_destroy=None, reason=reason)


def _whole(each: Object, known: Masking, action: Action) -> Change:
    """An object that comes or goes, with all that it holds."""
    content = secrets.whole(each.value) if secrets.is_secret(each.value) else each.value
    content = noise.folded(content, content).before
    content = noise.outline(content) if noise.is_crd(content) else texts.alone(content)
    told = {key: value for key, value in _unnamed(content).items() if key != "apiVersion"}
    marks = secrets.marks(content)
    comes = action == "create"
    sides = Sides(after=told, after_sensitive=marks) if comes else Sides(before=told, before_sensitive=marks)
    return _made(each, known, action, () if action == "forget" else _attributes(sides, known))


def _update(pair: Pair, before: Object, after: Object, told_by: _ToldBy) -> Change | None:
    known, counts, selecting = told_by
    hidden = secrets.is_secret(before.value) or secrets.is_secret(after.value)
    one, other = (secrets.whole(each.value) if hidden else each.value for each in (before, after))
    folded = noise.folded(one, other, selecting)
    reasons: list[str] = []
    one, other = folded.before, folded.after
    if noise.is_crd(one) and noise.is_crd(other):
        reasons += _body(one, other)
        one, other = noise.outline(one), noise.outline(other)
    elif not hidden:
        one, other = texts.compared(one, other)
    key = (after.identity.group, after.identity.kind)
    hook = keeping.is_hook(one, other, key)
    sides = Sides(
        before=_unnamed(one),
        after=_unnamed(other),
        before_sensitive=secrets.marks(one),
        after_sensitive=secrets.marks(other),
        forcing=() if hook else immutable.forcing(key, one, other),
    )
    told = _attributes(sides, known)
    restarts = not hook and _restarts(pair, one, other)
    renamed = _renamed(pair)
    noisy = +folded.counts
    if not told and not reasons and not restarts:
        counts.update(noisy.keys() or (_unseen(before, after),))
        return None
    action: Action = "replace" if any(each.forces_replacement for each in told) else "update"
    said = [
        *reasons,
        *([keeping.RUNS_AGAIN] if hook else []),
        *([keeping.REFUSED, keeping.lost_anew(after)] if action == "replace" else []),
    ]
    if restarts:
        said.append(f"its pods restart: {renamed or 'nothing but checksums or generated names differs in them'}")
    elif renamed:
        said.append(renamed)
    elif noisy and action == "update":
        said.append(f"folded: {', '.join(_several(count, rule) for rule, count in noisy.items())}")
    return _with_reason(_made(after, known, action, told), "; ".join(filter(None, said)))


def _several(count: int, rule: str) -> str:
    return f"{count} {rule.removesuffix('s') if count == 1 else rule}"


def _unseen(before: Object, after: Object) -> str:
    """What two objects differ in of which nothing is told."""
    if pairing.same(before.value, after.value):
        return noise.NAMES
    return noise.DESCRIPTIONS if noise.is_crd(before.value) else noise.FORM


def _body(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """What is said of the bodies of a CRD; of their descriptions nothing."""
    changed, gone = noise.differing(one, other)
    if changed:
        places = "place" if changed == 1 else "places"
        yield f"its schema differs in {changed:,} {places}" + (f", {gone:,} of them gone" if gone else "")


def _restarts(pair: Pair, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether pods start anew although nothing that is told of them differs."""
    if not pairing.same(keeping.pods(one), keeping.pods(other)):
        return False
    return not pairing.same(*(keeping.pods(each or {}) for each in pair.written))


def _renamed(pair: Pair) -> str:
    """What is said of names in its pods that are generated at one end only, and so may lead elsewhere, or nowhere."""
    one, other = (keeping.pods(each or {}) for each in pair.written)
    told = sorted(set(names.settled(one, other, pair.names)))
    return ", ".join(
        f"{name} is {'generated from now on' if now else 'no longer a generated name'}" for name, now in told
    )


def _unnamed(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object without what its address says."""
    metadata = content.get("metadata")
    kept = {key: value for key, value in content.items() if key not in ("kind", "metadata")}
    if isinstance(metadata, Mapping):
        rest = {key: value for key, value in metadata.items() if key not in ("name", "namespace")}
        kept = {**kept, **({"metadata": rest} if rest else {})}
    return kept


def _attributes(sides: Sides, known: Masking) -> tuple[Attribute, ...]:
    try:
        return tuple(attributes.of(sides, known))
    except TooDeep:
        return (Attribute(path="content", sensitive=True),)


def _made(each: Object, known: Masking, action: Action, told: Iterable[Attribute]) -> Change:
    return Change(
        address=known.text(each.identity.address),
        type=f"{each.identity.group}/{each.identity.kind}".lstrip("/"),
        action=action,
        path=each.path,
        line=each.line,
        destructive=action in DESTRUCTIVE,
        create_before_destroy=None if action == "replace" else False,
        attributes=tuple(told),
    )


def _with_reason(change: Change, reason: str) -> Change:
    return structs.replace(change, reason=detector.masked(reason)) if reason else change
