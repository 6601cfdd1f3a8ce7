"""What one Terraform file says, as far as it decides what is affected."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.kinds.terraform.reading.path_reads import PathRead


class Module(Struct, frozen=True):
    """A `module` block; `source` is None where it is not a plain string."""

    name: str
    source: str | None
    line: int


class Scan(Struct, frozen=True):
    """What one file says; `states` are the paths of local state files, its own and others'.

    `excerpt` is the text of the blocks that say where state is kept or read from, each at its line, for `blocks` to
    read: parsing whole files for it would take longer than everything else. `climbs`: see `path_reads.is_climbing`.
    """

    modules: tuple[Module, ...] = ()
    reads: tuple[PathRead, ...] = ()
    has_backend: bool = False
    states: tuple[PathRead, ...] = ()
    reads_state: bool = False
    climbs: bool = False
    excerpt: str = ""
    problem: str | None = None
    problem_line: int | None = None
