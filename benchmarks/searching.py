"""How long the search for secrets takes in 5,000 files, beside `git grep` for the words, and kingfisher if there."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import measure, secret_corpus
from benchmarks.measure import MB, Program, Row, Skipped

_WORDS = "password|passwd|secret|token|api[_-]?key|private key|AKIA|ghp_|://[^/ ]*:[^/ ]*@"
_LIMIT = 2.0  # seconds


def measured(place: Path, *, quick: bool) -> list[Row]:
    """Every planted secret has to be found, and nothing else, or it is no measurement."""
    count = 500 if quick else 5_000
    corpus = secret_corpus.made(count)
    for name, content in corpus.files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for arguments in (("init", "--quiet"), ("add", "--all"), _COMMIT, ("repack", "-adq")):
        measure.git(place, *arguments)
    script = str(measure.ROOT / "benchmarks" / "search_secrets.py")
    contestants = {
        "ours": (Program((sys.executable, "-I", script, str(place), str(len(corpus.planted)))),),
        "git grep": (Program((measure.tool("git"), "grep", "-I", "-n", "-i", "-E", _WORDS, "HEAD"), cwd=place),),
    }
    try:
        kingfisher = (
            measure.tool("kingfisher"),
            "scan",
            "-n",
            "--git-history",
            "none",
            "--no-update-check",
            str(place),
        )
        contestants["kingfisher"] = (Program(kingfisher, codes=frozenset({0, 200, 205})),)
    except Skipped:
        pass
    best = measure.alternating(contestants, rounds=2 if quick else 5)
    ours, what = best["ours"].seconds, f"secrets in {count:,} files"
    rows = [
        Row(f"{what} / git grep -i", ours, best["git grep"].seconds, target=f"≤ {_LIMIT:g} s", limit=_LIMIT),
        Row("peak memory of that", best["ours"].peak_bytes, unit="B", target="≤ 200 MB", limit=200 * MB),
    ]
    if "kingfisher" in best:
        rows.append(Row(f"{what} / kingfisher", ours, best["kingfisher"].seconds))
    return rows


_COMMIT = ("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "all")
