"""Writes requirements/*.txt anew from pyproject.toml: exact versions with hashes for all we support (`make lock`)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OLDEST = "3.11"
HEADER = "# Written by `make lock` from pyproject.toml; see requirements/README.md. Do not edit.\n"
_MACHINES = re.compile(r"://|^--|/(?:home|Users|root|tmp|work)/", re.MULTILINE)


def main() -> int:
    """Compiles every file; arguments go on to uv."""
    extra = sys.argv[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    dev = ("pyproject.toml", "--extra=database", "--extra=schemas", "--extra=github", "--group=build", "--group=dev")
    compiled("dev.txt", *dev, *extra)  # first: the others take its versions
    compiled(
        "runtime.txt",
        "pyproject.toml",
        "--extra=database",
        "--extra=schemas",
        "--extra=github",
        "--group=build",
        "--constraint=requirements/dev.txt",
    )
    for name in ("terraform", "rego", "squawk", "postgres", "kustomize", "helm"):
        compiled(f"{name}.txt", "-", *extra, given="\n".join(extras[name]))
    compiled("lock.txt", "--group=lock", *extra)
    compiled("checkov.txt", "--group=checkov", *extra)
    return 0


def compiled(name: str, *arguments: str, given: str = "") -> None:
    """Runs uv for one file; ends the program where it fails or where its output names a machine."""
    output = Path("requirements") / name
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-m", "uv", "pip", "compile", *arguments),
            *("--universal", "--python-version", OLDEST, "--generate-hashes", "--only-binary", ":all:"),
            *("--no-header", "--annotation-style", "line", "--output-file", str(output), "--quiet"),
        ],
        cwd=ROOT,
        env={**os.environ, "UV_NO_CONFIG": "1"},
        input=given,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.returncode)
    text = re.sub(r"^ +# .*\n|  # via .*", "", (ROOT / output).read_text(encoding="utf-8"), flags=re.MULTILINE)
    if found := _MACHINES.search(text):
        sys.exit(f"{output} names a machine or an index: {found.group()!r}")
    (ROOT / output).write_text(HEADER + text, encoding="utf-8")
    print(f"{output}: {len(re.findall(r'^[a-z0-9]', text, re.MULTILINE))} packages")


if __name__ == "__main__":
    sys.exit(main())
