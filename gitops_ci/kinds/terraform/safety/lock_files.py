"""The lock file of a root: a hash that goes while the version stays is what an exchanged provider looks like."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform.engine import locks
from gitops_ci.kinds.terraform.language import blocks, values
from gitops_ci.kinds.terraform.language.blocks import Block, Unreadable
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.model.finding import Severity

RULE = "terraform/lock-file-altered"
_FIX = "take the hashes back, or raise the version; `terraform providers lock` only adds hashes"


def breaches(directory: str, base: Snapshot, head: Snapshot) -> Iterator[Breach]:
    """Providers whose version is as in base, with hashes of base that head does not have."""
    path = locks.place(directory, head)
    before, after = _locked(locks.place(directory, base), base), _locked(path, head)
    for source, (version, hashes, _) in before.items():
        now, kept, line = after.get(source, (None, frozenset(), None))
        gone = hashes - kept
        if now == version and gone:
            message = (
                f"{source} {version} is locked to other hashes than in base: {len(gone)} of {len(hashes)} are gone"
            )
            severity: Severity = "warning" if hashes & kept else "error"
            yield Breach(RULE, message, _FIX, path, line, (RULE, path, source), is_run=False, severity=severity)


def _locked(path: str, snapshot: Snapshot) -> dict[str, tuple[str | None, frozenset[str], int | None]]:
    content = snapshot.read(path)
    if content is None:
        return {}
    try:
        body = blocks.read(content)
    except Unreadable:
        return {}
    return {
        block.labels[0].lower(): (_version(block), _hashes(block), block.line)
        for block in body.all("provider")
        if block.labels
    }


def _version(block: Block) -> str | None:
    attribute = block.body.attribute("version")
    return values.text(attribute.expression) if attribute is not None else None


def _hashes(block: Block) -> frozenset[str]:
    attribute = block.body.attribute("hashes")
    value = values.of(attribute.expression) if attribute is not None else None
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
