"""Everything that one snapshot deploys to Kubernetes, gone through once."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from msgspec import Struct

from gitops_ci.config import Config
from gitops_ci.discover.inventory import Found
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes.sources import Deployment


class Survey(Struct, frozen=True):
    """What was found, and what each stack (by id) is rendered from."""

    found: Found
    deployments: Mapping[str, Deployment]


_known: WeakKeyDictionary[Snapshot, tuple[Config, Survey]] = WeakKeyDictionary()


def of(snapshot: Snapshot, config: Config) -> Survey:
    """The survey of a snapshot; made once for a configuration."""
    before = _known.get(snapshot)
    if before is None or before[0] is not config:
        before = _known[snapshot] = config, _made(snapshot, config)
    return before[1]


def _made(snapshot: Snapshot, config: Config) -> Survey:
    raise NotImplementedError
