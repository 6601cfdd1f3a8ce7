"""Renders in a process of its own: `python -I render_worker.py` reads requests and writes what came of each.

A request is a frame (a length of eight bytes, then JSON) with the `command`, a program and its arguments, and where it
runs (`cwd`); the reply is two frames: JSON with the exit code and what was said on stderr, then what came out. The
program `embedded-helm` is the library of `helm-python-sdk`, which is loaded once.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">Q")
_WRITTEN = 256 << 20  # bytes of a rendering, of which a cluster would not take a hundredth
_SAID = 64 << 20  # bytes of a file that a program may write
_WORDS = 1 << 16  # bytes of what a program says to people: the end of it tells what was wrong
_VERSION = ["version", "--template={{.Version}}"]


class Refused(Exception):
    """What the embedded Helm is asked for cannot be done; the text is what it says."""


def _program(command: list[str], cwd: str) -> tuple[int, bytes, bytes]:
    """A program's exit code (negative where a signal ended it), what it wrote and what it said."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        written, size = [], 0
        with process:
            assert process.stdout is not None
            while (chunk := process.stdout.read(1 << 18)) and size <= _WRITTEN:
                written.append(chunk)
                size += len(chunk)
            if size > _WRITTEN:
                process.kill()
                return -9, b"", f"it wrote more than {_WRITTEN >> 20} MiB".encode()
        said.seek(max(0, said.tell() - _WORDS))
        return process.returncode, b"".join(written), said.read()


def _embedded(args: list[str]) -> tuple[int, bytes, bytes]:
    """What `helm template` of these arguments writes, but for the order of objects."""
    import helm_python as helm

    if args == _VERSION:
        return 0, helm.helm_sdk_version().encode(), b""
    try:
        return 0, _template(helm, args), b""
    except (helm.HelmError, Refused, OSError, UnicodeDecodeError) as error:
        return 1, b"", str(error).encode("utf-8", "replace")


def _template(helm: Any, args: list[str]) -> bytes:
    """Knows the options that we give: `template RELEASE CHART`, then pairs and `--include-crds`."""
    _, release, place, *rest = args
    with_crds = "--include-crds" in rest
    options = [each for each in rest if each != "--include-crds"]
    values: dict[str, Any] = {}
    namespace = "default"
    for option, given in zip(options[::2], options[1::2], strict=True):
        if option == "--namespace":
            namespace = given
        elif option == "--values":
            _merge(values, helm.values_from_yaml(Path(given).read_text(encoding="utf-8-sig")) or {})
        elif option in ("--set", "--set-string"):
            if "[" in given.partition("=")[0]:
                raise Refused(f"{option} of an element of a list: only a `helm` on PATH can do that")
            _merge(values, _parsed(helm, option, given))
        else:
            raise Refused(f"the embedded Helm has no {option}")
    with helm.Chart.load(place) as chart:
        if chart.metadata.get("type") == "library":
            raise Refused("library charts are not installable")
        found = chart.render(values, name=release, namespace=namespace, revision=1, is_install=True)
        crds = [(each["filename"], each["data"]) for each in chart.crds] if with_crds else []
    texts = [*crds, *sorted(found.items())]
    parts = [
        f"---\n# Source: {name}\n{text}\n" for name, text in texts if text.strip() and not name.endswith("NOTES.txt")
    ]
    return "".join(parts).encode()


def _parsed(helm: Any, option: str, given: str) -> dict[str, Any]:
    found: dict[str, Any] = (helm.parse_set_string if option == "--set" else helm.parse_set_string_values)(given)
    return found


def _merge(into: dict[str, Any], values: dict[str, Any]) -> None:
    """As Helm does it with value files: mappings are merged, all else is replaced."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _send(stream: BinaryIO, frame: bytes) -> None:
    stream.write(_LENGTH.pack(len(frame)) + frame)


def main() -> None:
    """Answers until nobody asks any more."""
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reply
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SAID, _SAID))
    _send(replies, b"{}")  # it is there
    replies.flush()
    while len(head := requests.read(_LENGTH.size)) == _LENGTH.size:
        asked = json.loads(requests.read(_LENGTH.unpack(head)[0]))
        command: list[str] = asked["command"]
        is_embedded = command[0] == "embedded-helm"
        code, out, words = _embedded(command[1:]) if is_embedded else _program(command, asked["cwd"])
        said = words[-_WORDS:].decode("utf-8", "replace")
        _send(replies, json.dumps({"code": code, "words": said}).encode())
        _send(replies, out)
        replies.flush()


main()
