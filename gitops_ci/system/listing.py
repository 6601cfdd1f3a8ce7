"""What git says of trees, taken apart: the files of one, and what is different in another."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_ci.discover.snapshot import Entry

FILES = ("ls-tree", "-r", "-z", "--full-tree")
"""The arguments of a call whose output `entries` reads; a tree follows."""
DIFFERENCES = (
    "diff-tree",
    "-r",
    "-z",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-relative",
    "--ignore-submodules=none",
)
"""The arguments of a call whose output `changes` reads; two trees follow. Configuration changes nothing about it."""

_MODE = 6  # digits


def entries(listed: str) -> dict[str, Entry]:
    r"""Path → what is there, in git's order: `<mode> <type> <id>\t<path>` with a NUL after each."""
    width = listed.find("\t") - listed.rfind(" ", 0, listed.find("\t"))
    found: dict[str, Entry] = {}
    for line in listed.split("\0")[:-1]:
        meta, path = line.split("\t", 1)
        found[path] = Entry(meta[:_MODE], meta[1 - width :])
    return found


def changes(listed: str) -> Mapping[str, Entry | None]:
    """Path → what is there now, None where nothing is: `:<mode> <mode> <id> <id> <status>`, NUL, path, NUL."""
    fields = listed.split("\0")[:-1]
    found: dict[str, Entry | None] = {}
    for meta, path in zip(fields[::2], fields[1::2], strict=True):
        _, mode, _, oid, status = meta.split(" ")
        found[path] = None if status == "D" else Entry(mode, oid)
    return found
