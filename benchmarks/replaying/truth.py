"""Walks the oracle along the history: which roots a commit affects, in truth."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from benchmarks.replaying.history import Checkout, History, Pair
from benchmarks.replaying.oracle import Oracle, Seen


@dataclass(frozen=True)
class Truth:
    """One root at one commit. `touched` are the changed paths that it depends on at either end."""

    commit: str
    root: str
    ends: int  # at how many of the two it is a root
    touched: tuple[str, ...]
    is_known: bool  # its modules are, at each end
    offline: bool  # every module can be had with no network, at each end where it is a root
    blind: tuple[str, ...]


def truths(history: Path, pairs: Sequence[Pair], jobs: int) -> list[Truth]:
    """Every root of either end of every pair; so many processes each look after their share of the roots."""
    with ProcessPoolExecutor(jobs) as pool:
        shares = [pool.submit(_share, history, pairs, number, jobs) for number in range(jobs)]
        return [truth for share in shares for truth in share.result()]


def _share(directory: Path, pairs: Sequence[Pair], number: int, of: int) -> list[Truth]:
    history = History(directory)
    with tempfile.TemporaryDirectory(prefix="gitops-ci-replay-") as place:
        walk = _Walk(Oracle(Checkout(Path(place).resolve() / "tree", history), Path(place) / "scratch"), number, of)
        try:
            found: list[Truth] = []
            for done, pair in enumerate(pairs, 1):
                found += walk.pair(pair)
                if number == 0 and (done % 20 == 0 or done == len(pairs)):
                    print(
                        f"  oracle: {done} of {len(pairs)} commits, {walk.asked} answers", file=sys.stderr, flush=True
                    )
            return found
        finally:
            history.close()


class _Walk:
    """Moves from commit to commit; a root is asked about again where something that it looked at has changed."""

    def __init__(self, oracle: Oracle, number: int, of: int) -> None:
        self.oracle = oracle
        self.number = number
        self.of = of
        self.asked = 0
        self.at = ""
        self.seen: dict[str, Seen] = {}

    def pair(self, pair: Pair) -> list[Truth]:
        """What is true of one commit."""
        history = self.oracle.checkout.history
        base, head = history.entries(pair.base), history.entries(pair.head)
        changed = {path for path, _ in base.items() ^ head.items()}
        before = self._move(pair.base)
        after = self._move(pair.head)
        found: list[Truth] = []
        for root in sorted(before.keys() | after.keys()):
            ends = [end[root] for end in (before, after) if root in end]
            touched = sorted(path for path in changed if any(path in end.files for end in ends))
            blind = sorted({why for end in ends for why in end.blind})
            found.append(
                Truth(
                    commit=pair.head,
                    root=root,
                    ends=len(ends),
                    touched=tuple(touched),
                    is_known=all(end.is_known for end in ends),
                    offline=all(end.offline for end in ends),
                    blind=tuple(blind),
                )
            )
        return found

    def _move(self, commit: str) -> dict[str, Seen]:
        if commit == self.at:
            return self.seen
        oracle = self.oracle
        different = oracle.checkout.move(oracle.checkout.history.entries(commit))
        self.at = commit
        directories = oracle.directories()
        mine = [root for root in oracle.roots(directories) if crc32(root.encode()) % self.of == self.number]
        seen: dict[str, Seen] = {}
        for root in sorted(mine):
            known = self.seen.get(root)
            if known is None or known.is_stale(different):
                known = oracle.seen(root, directories)
                self.asked += 1
            seen[root] = known
        self.seen = seen
        return seen
