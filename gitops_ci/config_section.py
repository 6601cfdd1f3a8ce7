"""What the sections of `gitops-ci.yml` have in common."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
RelativePath = Annotated[str, Meta(min_length=1, max_length=500)]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the file; a key that it does not have is a mistake."""
