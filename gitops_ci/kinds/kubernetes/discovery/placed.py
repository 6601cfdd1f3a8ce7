"""A stack of Kubernetes with what it deploys and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from gitops_ci.kinds.kubernetes.reading.repository import Deployed
from gitops_ci.kinds.kubernetes.sources import Deployment
from gitops_ci.model.stack import Stack

if TYPE_CHECKING:
    from gitops_ci.kinds.kubernetes.argocd.applications import Application
    from gitops_ci.kinds.kubernetes.reading.manifests import Maker


class Placed(Struct, frozen=True):
    """A stack, what it deploys, and how.

    `also` (cluster, name, file) tells two of one id apart; a directory has none. `application` is what it is, if any.
    `maker` is what renders to what deploys it. `excerpt` is what it takes of the files `shared` with others: those that
    say what is deployed, and how.
    `decides` are files that it deploys nothing of and that decide what the sets in it make, each with what that is.
    """

    stack: Stack
    deployed: Deployed
    deployment: Deployment
    also: tuple[str, ...] = ()
    application: Application | None = None
    excerpt: object = None
    shared: tuple[str, ...] = ()
    decides: tuple[tuple[str, object], ...] = ()
    maker: Maker | None = None
