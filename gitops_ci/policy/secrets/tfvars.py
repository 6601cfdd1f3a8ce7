"""Values of `.tfvars` files beside the variables that they are for: what is `sensitive` there is a secret here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.policy.scope import Past, Scope
from gitops_ci.policy.secrets import terraform
from gitops_ci.policy.secrets.found import Found

_CONFIGURATION = (".tf", ".tofu", ".tf.json", ".tofu.json")


def found(end: Snapshot, paths: Iterable[str], scope: Scope) -> dict[str, tuple[Found, ...]]:
    """The secrets of each `.tfvars` file: by their own names, or by the variables' of its root."""
    files = [path for path in paths if path.endswith((".tfvars", ".tfvars.json"))]
    if not files:
        return {}
    given = end.facts([path for path in files if path.endswith(".tfvars")], terraform.given)
    given |= end.facts([path for path in files if path.endswith(".json")], terraform.given_in_json)
    directories = {path: tuple(_directories(path, scope)) for path in given}
    sensitive = {
        directory: _sensitive(end, directory) for directory in {each for ways in directories.values() for each in ways}
    }
    told: dict[str, tuple[Found, ...]] = {}
    for path, values in given.items():
        names = frozenset[str]().union(*(sensitive[directory] for directory in directories[path]))
        told[path] = tuple(each.found for each in values if each.named or each.variable in names)
    return told


def found_in_past(past: Iterable[Past], scope: Scope) -> dict[tuple[str, str], tuple[Found, ...]]:
    """The same in contents that the change's commits added, by path and object id.

    The variables are those that either end declares: what a commit declared in between is known by its name only.
    """
    told: dict[tuple[str, str], tuple[Found, ...]] = {}
    files = [each for each in past if each.path.endswith((".tfvars", ".tfvars.json"))]
    for ending, read in ((".tfvars", terraform.given), (".json", terraform.given_in_json)):
        group = [each for each in files if each.path.endswith(ending)]
        given = scope.head.facts_of((each.oid for each in group), read)
        for each in (each for each in group if each.oid in given):
            names = _declared(each.path, scope)
            found = (one.found for one in given[each.oid] if one.named or one.variable in names)
            told[each.path, each.oid] = tuple(found)
    return told


def _declared(path: str, scope: Scope) -> frozenset[str]:
    ends = [end for end in (scope.head, scope.base) if end is not None]
    return frozenset[str]().union(*(_sensitive(end, each) for end in ends for each in _directories(path, scope)))


def _directories(path: str, scope: Scope) -> Iterator[str]:
    """Where the variables of a var file may be declared: beside it, above it, in the roots that read it."""
    at = path
    while at:
        at = at.rpartition("/")[0]
        yield at
    for id in scope.owners.get(path, ()):
        if id in scope.stacks:
            yield scope.stacks[id].path


def _sensitive(end: Snapshot, directory: str) -> frozenset[str]:
    names = [f"{directory}/{name}".lstrip("/") for name in end.children.get(directory, ())]
    native = [path for path in names if path.endswith(_CONFIGURATION[:2])]
    other = [path for path in names if path.endswith(_CONFIGURATION[2:])]
    read = [*end.facts(native, terraform.variables).values(), *end.facts(other, terraform.variables_of_json).values()]
    return frozenset[str]().union(*(each.sensitive for each in read))
