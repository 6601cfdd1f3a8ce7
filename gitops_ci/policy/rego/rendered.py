"""Objects that stacks render to, as inputs: a file is judged by what becomes of it, at the line that says so."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gitops_ci.discover import naming
from gitops_ci.policy import addresses
from gitops_ci.policy.documents.manifests import Manifest, is_object
from gitops_ci.policy.documents.yaml_documents import Document, Place
from gitops_ci.policy.scope import Made, Rendering


class Rendered(Struct, frozen=True):
    """One of them as a manifest, with the file that it comes from: its stack's directory where that is not known."""

    made: Made
    manifest: Manifest
    path: str


def objects(rendering: Rendering) -> Iterator[Rendered]:
    """The objects of a rendering."""
    for made in rendering.objects:
        value = dict(made.value)
        if is_object(value):
            path, line = made.where(())
            yield Rendered(made, Manifest(value, Document(value, line or 1, {})), path or made.directory)


def is_named(made: Made, path: str | None, patterns: tuple[str, ...]) -> bool:
    """Whether a policy that is asked of some files only is asked of it: of its source or of its stack's directory."""
    names = (f"{made.directory}/", path or "")
    return not patterns or any(naming.compiled(pattern).fullmatch(name) for pattern in patterns for name in names)


def place(made: Made, inside: Place) -> tuple[str, int | None]:
    """The file and the line in which somebody wrote a place of the object."""
    path, line = made.where(inside)
    return (path, line) if path is not None else (made.directory, None)


def address(made: Made) -> str | None:
    """What it is called whatever namespace a stack puts it into."""
    metadata = made.value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return addresses.of(str(made.value.get("kind")), "", name if isinstance(name, str) else "")


def is_shared(made: Made, path: str | None) -> bool:
    """Whether a file is none of the stack's own, so that others may render it as well."""
    return path is not None and path != made.directory and not path.startswith(f"{made.directory}/")
