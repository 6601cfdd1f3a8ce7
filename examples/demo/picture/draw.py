"""`make picture`: the demo's blocked pull request as GitHub shows its comment, drawn by a real browser.

    draw.py [COMMENT.md PICTURE.png [WIDTH [OPENED]]]

GitHub's rules are markdown-it's with tables, strike-through and alerts, charts are drawn by Mermaid, the style is
GitHub's own. Needs chromium on PATH; the packages are pinned beside this and kept in the user's cache.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from tests.integration import node_packages  # noqa: E402  # the root is known now

COMMENT = ROOT / "out" / "demo" / "blocked" / "comment.md"
PICTURE = ROOT / "docs" / "images" / "comment.png"
WIDTH = 920
"""Pixels, as wide as a comment is in a pull request."""
MOST_BYTES = 300_000
_TITLE = re.compile(r"<title>drawn (\d+) (\d+) (\d+) (\d+)</title>")


def main() -> int:
    """Draws one comment; 0 where the picture is complete."""
    given = sys.argv[1:]
    comment, picture = (Path(given[0]), Path(given[1])) if len(given) >= 2 else (COMMENT, PICTURE)
    width = int(given[2]) if len(given) >= 3 else WIDTH
    opened = given[3] if len(given) >= 4 else "1"
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        sys.exit("draw.py: no chromium on PATH; install one (Debian: apt-get install chromium)")
    if not comment.is_file():
        sys.exit(f"draw.py: {comment} is not there; `make demo` writes it")
    try:
        found = node_packages.installed(HERE)
    except node_packages.Missing as missing:
        sys.exit(f"draw.py: {missing}")
    with tempfile.TemporaryDirectory(prefix="gitops-ci-picture-") as place:
        page = Path(place) / "page.html"
        script = [found.node, HERE / "page.mjs", comment.resolve(), found.modules, str(width), opened]
        page.write_bytes(subprocess.run(script, check=True, capture_output=True).stdout)
        height = measured(browser, page, width)
        drawn = Path(place) / "comment.png"
        chromium(browser, page, f"--screenshot={drawn}", f"--window-size={width},{height}")
        shutil.copy(drawn, picture)
    size = picture.stat().st_size
    print(f"{picture}: {width}×{height}, {size:,} bytes")
    return int(size > MOST_BYTES)


def measured(browser: str, page: Path, width: int) -> int:
    """The page's height; ends where a chart is not drawn or something is wider than the page."""
    dom = chromium(browser, page, "--dump-dom", f"--window-size={width},2000")
    found = _TITLE.search(dom)
    if found is None:
        sys.exit("draw.py: the page has not drawn itself")
    height, drawn, charts, wide = map(int, found.groups())
    if drawn != charts:
        sys.exit(f"draw.py: {charts - drawn} of {charts} charts cannot be drawn")
    if wide > width:
        print(f"draw.py: something is wider than the comment ({wide} pixels of {width})", file=sys.stderr)
    return height


def chromium(browser: str, page: Path, *arguments: str) -> str:
    """What the browser prints; it may load nothing but files."""
    command = [
        browser,
        "--headless",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--allow-file-access-from-files",
    ]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    command += [f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=20000", *arguments, page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


if __name__ == "__main__":
    sys.exit(main())
