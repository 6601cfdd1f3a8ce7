"""What tells stacks of one id apart: the shortest of a few words that is another one for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from msgspec import structs

from gitops_ci.kinds.kubernetes.discovery.placed import Placed
from gitops_ci.model.stack import stack_id


def told_apart(placed: Iterable[Placed]) -> Iterator[Placed]:
    """The same in the same order, two of one id as instances."""
    alike: dict[str, list[Placed]] = {}
    given = tuple(placed)
    for each in given:
        alike.setdefault(each.stack.id, []).append(each)
    instances = {id: iter(_instances(group)) for id, group in alike.items()}
    for each in given:
        stack, instance = each.stack, next(instances[each.stack.id])
        whole = f"{stack.instance}-{instance}" if stack.instance and instance else instance
        id = stack_id(stack.environment, stack.kind, stack.name, whole) if instance else stack.id
        yield structs.replace(each, stack=structs.replace(stack, id=id, instance=whole or stack.instance))


def _instances(group: list[Placed]) -> list[str]:
    """A word for each, empty for one that is alone or a directory.

    The cluster, or the name; where neither is enough what differs in the folders that they deploy, or in those of what
    makes them; or else the name and the place.
    """
    told = [each for each in group if each.also]
    if len(group) == 1 or not told:
        return [""] * len(group)
    from gitops_ci.kinds.kubernetes.gotemplate.sprig import sanitized

    folders = [each.deployment.path.rpartition("/")[0] for each in told]
    makers = [
        folder if each.maker is None else each.maker.stack.path for each, folder in zip(told, folders, strict=True)
    ]
    choices = (
        [each.also[0].partition("://")[2] or each.also[0] for each in told],
        [each.also[1] for each in told],
        _differing([each.stack.path for each in told]),
        _differing(makers) if makers != folders else [],
    )
    words = [f"{each.also[1]}-{each.also[2].rpartition('.')[0]}" for each in told]
    for choice in choices:
        short = list(map(sanitized, choice))
        if len(set(short)) == len(told) and all(short):
            words = choice
            break
    found = iter(map(sanitized, words))
    return [next(found) if each.also else "" for each in group]


def _differing(paths: Sequence[str]) -> list[str]:
    """Paths without the folders that all of them begin and end with."""
    parts = [path.split("/") for path in paths]
    first = _alike(parts)
    rest = [each[first:] for each in parts]
    last = _alike([each[::-1] for each in rest])
    return ["-".join(each[: len(each) - last]) for each in rest]


def _alike(parts: Sequence[Sequence[str]]) -> int:
    """How many of the first words all have."""
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*parts, strict=False)))
