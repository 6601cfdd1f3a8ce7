"""An overlay reads exactly the files that kubectl opens when it builds it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks import overlays

TREE = {
    "overlay/kustomization.yaml": """resources: [../base, own.yaml]
components: [../component]
patches: [{path: patch.yaml}]
replacements: [{path: replacement.yaml}]
configMapGenerator: [{name: c, files: [config.txt, key=sub/other.txt], envs: [a.env]}]
transformers: [prefix.yaml]
""",
    "overlay/own.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: own}\n",
    "overlay/patch.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: own}\nspec: {type: ClusterIP}\n",
    "overlay/replacement.yaml": "source: {kind: Service, name: own, fieldPath: metadata.name}\n"
    "targets: [{select: {kind: Service}, fieldPaths: [spec.externalName], options: {create: true}}]\n",
    "overlay/config.txt": "a",
    "overlay/sub/other.txt": "b",
    "overlay/a.env": "A=1\n",
    "overlay/prefix.yaml": "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: x-\n"
    "fieldSpecs: [{path: metadata/name}]\n",
    "overlay/unused.yaml": "",
    "base/Kustomization": "resources: [linked.yaml]\n",
    "base/unused.yaml": "",
    "real/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: base}\n",
    "component/kustomization.yml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    "patches: [{path: c.yaml}]\n",
    "component/c.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: own, labels: {a: b}}\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    if shutil.which("kubectl") is None or shutil.which("strace") is None:
        pytest.skip("needs kubectl and strace on PATH")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    for path, content in TREE.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    (tmp_path / "base" / "linked.yaml").symlink_to("service.yaml")
    shutil.move(tmp_path / "real" / "service.yaml", tmp_path / "base" / "service.yaml")
    return tmp_path


def test_what_a_build_opens_is_what_the_stack_reads(tree: Path) -> None:
    [built] = overlays.compared(tree)
    assert built == overlays.Built("overlay", succeeded=True, missed=frozenset(), extra=frozenset())


def test_a_file_that_is_not_read_would_be_seen(tree: Path) -> None:
    """The comparison can fail: a file that is opened and that nobody names is missed."""
    succeeded, paths = overlays.opened(tree, "overlay")
    assert (succeeded, len(paths)) == (True, 12)
