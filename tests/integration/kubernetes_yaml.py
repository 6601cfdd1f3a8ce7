"""Asks kubectl what hostile YAML is to it: `python -m tests.integration.kubernetes_yaml` records the answers anew."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "unit" / "policy" / "documents" / "kubernetes_yaml.json"

_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
_WORDS = """\
!!binary djE=|!!binary '@@'|!!binary /w==|0e0|0o0|0o17|017|08|09|0b11|0x1F|0X1F|0B11|0O17|+1|-0|1_000|1__0|_1|+_1|0_17|1e3|1.|1.0
.5|._5|.5e1|+.5|-.5|1e+3|1E3|1e-3|0.1e-2|1_0.5|0.0|-0.0|1:30|190:20:30|1:30.5|.inf|-.Inf|+.inf|.NAN|yes|YES|yEs|on|off|y|N|no|True
tRue|null|~|NULL|2020-01-02|2020-01-02T03:04:05Z|2020-1-2 3:4:5|=|<<|!foo 1|!foo true|!!str 1|!!str 0o7|!!int '1'|!!int '0o7'
!!float '1e3'|!!float 1|!!bool 'yes'|!!bool 'true'|!!null ''|!!null x|! 1|! '1'|&a ! 0o7|!!int 1.0|0b2|0xZ|-0x1F|0o8|-0o7|-0b11|9223372036854775807
9223372036854775808|18446744073709551616|1e400|0x1p3|inf|0777777777777777777777777|'yes'|"a\\x41"|"\\ud83d\\ude00"|!!set {a}|!!omap [a: 1]
!!timestamp 2020-01-02|*undefined|[1, 0o2]|!foo {a: 0o1}|!!binary [1]|!!merge x|!!value =|00x1|+0o1|!<tag:yaml.org,2002:int> 3|@a|%a|`a`"""
_KEYS = (
    "on yes y 1 010 0x10 1.0 1.50 1e3 ~ true True 2020-01-02 [a] !!binary|YQ== !!str|1 !|1 '<<' !foo|x 0o7 .5 1_0 <<"
)
_DATA = """\
{a: 1, a: 2}|{1: a, '1': b}|{on: a, 'true': b}|{a: 1, "\\x61": 2}|{<<: {a: 1, b: 2}, a: 3}|{a: 3, <<: {a: 1, b: 2}}|{a: 3, <<: {b: 2}}
{<<: {a: 1}, <<: {a: 2}}|{<<: [{a: 1}, {a: 2, b: 3}]}|{<<: [{a: 1, <<: {a: 5}}]}|{<<: x}|{<<: [[{a: 1}]]}|{'<<': {a: 1}}|{!!merge x: {a: 1}}
{!!merge <<: {a: 1}}|{!!str <<: {a: 1}}|{! <<: {a: 1}}|{<<: {<<: {a: 1}, a: 2}}|{b: {c: 1}, <<: {b: {d: 2}}}|&x {a: *x}|{a: &x 1, b: *x, c: &x 2, d: *x}"""
_POD = "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}"
_FILES = [
    f"--- # c\n{_HEAD}", f"--- !foo\n{_HEAD}", f"--- {_POD}\n", f"{_HEAD}---x: 1\n", f"---#x\n{_HEAD}", f"---\t\n{_HEAD}",
    f"{_HEAD}...\n{_POD}\n", f"{_HEAD}...\n---\n{_POD}\n", f"{_HEAD}---\n{_POD}\n", f"%YAML 1.1\n---\n{_HEAD}",
    f"{_HEAD}data: {{a: b}}\r---\r{_POD}\n", _HEAD.replace("\n", "\r"), f"\ufeff{_HEAD}", f"{_HEAD}---\n\ufeff{_POD}\n",
    _HEAD.replace("\n", "\u0085"), f"{_HEAD}data:\n\ta: b\n", f"{_HEAD}data: {'{a: ' * 250}1{'}' * 250}\n",
    f"kind: Foo\napiVersion: v1\nitems: [{_POD}]\n", f"kind: Foo\napiVersion: v1\nmetadata: {{name: z}}\nitems: [{_POD}]\n",
    "kind: ConfigMapList\napiVersion: v1\nitems: [{metadata: {name: a}}]\n", f"kind: List\nitems: [{_POD}]\n",
    "kind: Foo\napiVersion: v1\nitems: [{metadata: {name: a}}]\n", f"kind: List\napiVersion: v1\nitems: [{_POD}, {_POD}]\n",
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1","a":"2"}}',
    '{"api\\u0056ersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"\\/"}}',
    '"api\\x56ersion": v1\n"k\\u0069nd": ConfigMap\nmetadata: {name: a}\n',
    "!!binary YXBpVmVyc2lvbg==: v1\n!!binary a2luZA==: ConfigMap\nmetadata: {name: a}\n",
]  # fmt: skip


def forms() -> list[str]:
    """Every file that is asked about."""
    words = [f"{_HEAD}data:\n  v: {word}\n" for line in _WORDS.split("\n") for word in line.split("|")]
    keys = [f"{_HEAD}data:\n  {key.replace('|', ' ')}: v\n" for key in _KEYS.split()]
    data = [f"{_HEAD}data: {each}\n" for line in _DATA.split("\n") for each in line.split("|")]
    return [*words, *keys, *data, *_FILES]


def kubectl(content: bytes) -> list[Any] | None:
    """The objects that `kubectl apply` and Argo CD's directories see, without the label; None: refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f.yaml")
        path.write_bytes(content)
        told = _run("kubectl", "label", "--local", "-f", str(path), "-o", "json", "gitops-ci-asks=1")
    return None if told is None else [_unlabelled(each) for each in _values(told)]


def kustomize(content: bytes) -> list[Any] | None:
    """What kustomize makes of a resource; None: refused."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "f.yaml").write_bytes(content)
        Path(folder, "kustomization.yaml").write_text("resources: [f.yaml]\n")
        told = _run("kubectl", "kustomize", folder)
    return None if told is None else kubectl(told.encode())


def _run(*command: str) -> str | None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return ended.stdout if ended.returncode == 0 else None


def _values(text: str) -> list[Any]:
    found, decoder, rest = [], json.JSONDecoder(), text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].strip()
    return found


def _unlabelled(value: Any) -> Any:
    labels = value["metadata"]["labels"]
    del labels["gitops-ci-asks"]
    if not labels:
        del value["metadata"]["labels"]
    return value


def main() -> None:
    """Writes the answers."""
    every = [
        {"yaml": each, "kubectl": kubectl(each.encode()), "kustomize": kustomize(each.encode())} for each in forms()
    ]
    RECORDED.write_text("[\n" + ",\n".join(json.dumps(each) for each in every) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
