"""Which contents are manifests, however their keys are written."""

from __future__ import annotations

import time

import pytest

from gitops_ci.kinds.kubernetes.reading import manifests

PLAIN = "apiVersion: v1\nkind: ConfigMap\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.encode("utf-16"),
        b'{"apiVersion"\n: "v1", "kind"\n: "ConfigMap"}',
        b'{"\\u0061piVersion": "v1", "\\u006bind": "ConfigMap"}',
        b'"api\\\n  Version": v1\n"kin\\x64": ConfigMap\n',
        b"? apiVersion\n: v1\n? kind\n: ConfigMap\n",
        b"? |-\n  apiVersion\n: v1\nkind: ConfigMap\n",
        b"x: &k apiVersion\n*k : v1\nkind: ConfigMap\n",
    ],
)
def test_an_object_is_seen_however_it_is_written(content: bytes) -> None:
    """kubectl reads all of them."""
    assert manifests.is_manifest(content)


@pytest.mark.parametrize("content", [b"a: 1\n", b'a: "\\u0061"\n', b"? kind\n: x\n", b"run: |\n  a \\\n  b\n", b""])
def test_what_is_none_is_none(content: bytes) -> None:
    assert not manifests.is_manifest(content)


@pytest.mark.parametrize(
    "written",
    [
        '"argoproj\\u002eio/v1alpha1"',
        '"\\x61rgoproj.io/v1alpha1"',
        "*api",
        "!!str argoproj.io/v1alpha1",
        "!!str &a argoproj.io/v1alpha1",
        '!!str "argoproj.io\\/v1alpha1"',
        "&" + "a" * 400 + " argoproj.io/v1alpha1",
    ],
)
@pytest.mark.parametrize("key", ["apiVersion", '"api\\u0056ersion"', "? apiVersion\n"])
def test_an_application_whose_api_is_written_otherwise(key: str, written: str) -> None:
    """kubectl applies all of them."""
    content = f"x: &api argoproj.io/v1alpha1\n{key}: {written}\nkind: Application\nmetadata: {{name: web}}\n"
    found = manifests.read(content.encode())
    assert ([each.name for each in found.objects], found.wrong) == (["web"], None)


def test_what_only_looks_like_it_is_nothing() -> None:
    assert manifests.read(b'apiVersion: "v1\\u0031"\nkind: Application\n') == manifests.Read()
    assert manifests.read(b"apiVersion: *nowhere\nkind: Application\n") == manifests.Read()


@pytest.mark.parametrize(
    "content",
    [
        b'{"text": "' + rb"\u4e2d" * 100_000 + b'"}',
        b"apiVersion:" + b" " * 300_000,
        b"apiVersion:!" * 50_000,
        b"apiVersion:" * 50_000,
    ],
)
def test_a_long_file_is_read_as_fast_as_it_is_long(content: bytes) -> None:
    """A dashboard in another alphabet is one long text of escapes."""
    started = time.process_time()
    manifests.read(content)
    assert time.process_time() - started < 5
