"""The dependency lock file: which version of each provider a root is bound to, and the packages that it accepts.

https://developer.hashicorp.com/terraform/language/files/dependency-lock
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.language import blocks, values

FILE = ".terraform.lock.hcl"
MAX_BYTES = 1 << 20
"""A larger lock file was not written by Terraform: a provider takes some two kilobytes."""


class Locked(Struct, frozen=True):
    """One provider's entry. `hashes` are of unpacked packages (`h1:`) and of archives (`zh:`), any platform's."""

    version: str
    hashes: frozenset[str] = frozenset()

    @property
    def archives(self) -> frozenset[str]:
        """The hashes of archives; the origin registry names all of them, for every platform."""
        return frozenset(each for each in self.hashes if each.startswith("zh:"))


def place(directory: str, snapshot: Snapshot) -> str:
    """Where the lock file of a root lies, or would, through the links of the way."""
    path = f"{directory}/{FILE}".lstrip("/")
    return snapshot.resolve(path) or path


def read(content: bytes) -> dict[str, Locked]:
    """The entries by source address (`registry.terraform.io/hashicorp/aws`). Raises blocks.Unreadable."""
    if len(content) > MAX_BYTES:
        raise blocks.Unreadable(f"is larger than {MAX_BYTES >> 20} MiB", None)
    found: dict[str, Locked] = {}
    for block in blocks.read(content).all("provider"):
        version, hashes = (block.body.attribute(name) for name in ("version", "hashes"))
        number = values.text(version.expression) if version is not None else None
        listed = values.of(hashes.expression) if hashes is not None else []
        if len(block.labels) != 1 or number is None or not isinstance(listed, list):
            raise blocks.Unreadable("has an entry that Terraform did not write", block.line)
        found[block.labels[0]] = Locked(number, frozenset(each for each in listed if isinstance(each, str)))
    return found


def accepting(content: bytes, packages: Mapping[str, str]) -> bytes:
    """The file with one more hash for each source in `packages`. Raises blocks.Unreadable."""
    lines: list[str] = []
    for block in blocks.read(content).all("provider"):
        source = block.labels[0]
        lines.append(f'provider "{source}" {{')
        for each in block.body.attributes:
            expression = each.expression
            if each.name == "hashes" and source in packages:
                items = [packages[source], *(item for item in values.of(expression) if isinstance(item, str))]
                expression = "[\n{}  ]".format("".join(f'    "{item}",\n' for item in items))
            lines.append(f"  {each.name} = {expression}")
        lines.append("}\n")
    return "\n".join(lines).encode()
