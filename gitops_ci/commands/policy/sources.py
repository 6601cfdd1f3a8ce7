"""The policies that `policy test` and `policy check` look at: the work tree's, or those that come with gitops-ci."""

from __future__ import annotations

from importlib import resources

from gitops_ci.commands.change import Change
from gitops_ci.commands.options import Options
from gitops_ci.config import DEFAULT_POLICIES, RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.errors import UsageError
from gitops_ci.policy.rego import policies
from gitops_ci.policy.rego.policies import Policies

_PACKED = "gitops_ci/policies"


def of(options: Options, change: Change) -> tuple[Policies, Snapshot]:
    """The policies and where their texts are. Raises UsageError where there are none."""
    if options.builtin:
        files = packed()
        places: tuple[tuple[str, RegoPolicies], ...] = (("--builtin", RegoPolicies(path=_PACKED)),)
    else:
        files = change.head.snapshot
        places = tuple((path, RegoPolicies(path=_place(path))) for path in options.paths)
        places = places or policies.configured(change.config, files)
    found = policies.read(places, files)
    if not any(entry.paths for entry in found.entries):
        where = ", ".join(config.path for _, config in places) or DEFAULT_POLICIES
        hint = "give a PATH from the repository's root, or name the place under `policy.rego` in gitops-ci.yml"
        raise UsageError(f"no Rego policy at {where}", hint=hint)
    return found, files


def _place(path: str) -> str:
    place = join("", path)
    if place is None:
        raise UsageError(f"{path} leads out of the repository", hint="give a path from the repository's root")
    return place or "."


def packed() -> Snapshot:
    """The files of the policies that come with gitops-ci."""
    found: dict[str, bytes] = {}
    pending = [(resources.files("gitops_ci") / "policies", _PACKED)]
    while pending:
        place, name = pending.pop()
        if place.is_dir():
            pending += [(inner, f"{name}/{inner.name}") for inner in place.iterdir()]
        elif place.is_file() and name.endswith((".rego", ".json", ".yaml")):
            found[name] = place.read_bytes()
    return snapshot.of(found)
