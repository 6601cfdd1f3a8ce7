"""What a rendering makes, as far as Argo CD and Flux are concerned."""

from __future__ import annotations

from msgspec import Struct

from gitops_ci.policy.documents.manifests import Manifest


class Part(Struct, frozen=True):
    """One object, the file that it is written in, and all files that decide what it is."""

    path: str
    manifest: Manifest
    read: tuple[str, ...] = ()


class Trouble(Struct, frozen=True):
    """Why it is not known what a file makes; `read` are the files that decide it, `folders` those that it names."""

    path: str
    message: str
    line: int = 1
    read: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class Made(Struct, frozen=True):
    """Objects of Argo CD and Flux, and what is not known."""

    parts: tuple[Part, ...] = ()
    troubles: tuple[Trouble, ...] = ()


NOTHING = Made()
