"""The kinds of infrastructure: a dict of modules, each of which gives find, plan and check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gitops_ci.kinds import database, kubernetes, security, terraform
from gitops_ci.model.stack import Kind

if TYPE_CHECKING:
    from gitops_ci.kinds.protocol import KindModule

ALL: Mapping[Kind, KindModule] = {
    "terraform": terraform,
    "kubernetes": kubernetes,
    "database": database,
    "security": security,
}
