"""The configured Kubernetes for the embedded Helm, whose library cannot be told one: set where a template begins.

A template may read `.Capabilities`, a value that templates may set as well; all of it can be set but the methods of
`.Capabilities.APIVersions`.
"""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from gitops_ci.kinds.kubernetes.objects import Gap
from gitops_ci.kinds.kubernetes.rendering.call import Call
from gitops_ci.kinds.kubernetes.sources import Chart

_ASKED = "Capabilities"
_WHOLE = re.compile(r"KubeVersion(?![.\w])")
_SET = (
    '{{ $_ := set . "Capabilities" (dict "KubeVersion" (dict "Version" "VERSION" "GitVersion" "VERSION" "Major" "MAJOR"'
    ' "Minor" "MINOR") "APIVersions" .Capabilities.APIVersions "HelmVersion" .Capabilities.HelmVersion) }}'
)


class Given(Struct, frozen=True):
    """The Kubernetes that a chart is rendered for: one version, or none, and what its API has beside."""

    versions: tuple[str, ...]
    api_versions: tuple[str, ...]


def given(source: Chart, call: Call) -> Given:
    """What the source says itself (Argo CD's `kubeVersion`, `apiVersions`), or else the configuration."""
    versions = (source.kube_version,) if source.kube_version else call.settings.versions[:1]
    return Given(tuple(versions), source.api_versions or tuple(call.settings.api_versions))


def prepared(source: Chart, call: Call) -> Gap | None:
    """Writes the wanted version into the private copy of a chart that asks; a Gap where that cannot be done."""
    settings, chart = given(source, call), source.path
    root = call.workspace.root / chart
    if not settings.versions and not settings.api_versions:
        return None
    texts = {path: path.read_text(encoding="utf-8", errors="surrogateescape") for path in _templates(root)}
    asked = "\n".join(text for text in texts.values() if _ASKED in text)
    packed = any(root.rglob("charts/*.tgz"))
    if packed or (settings.api_versions and "APIVersions" in asked) or _WHOLE.search(asked):
        message = (
            f"{chart} asks what the cluster has, and the embedded Helm cannot be told `kinds.kubernetes.versions` and"
            " `api_versions`, or those of an Application, in every form: have `helm` on PATH"
        )
        return Gap(code="engine-missing", message=message, path=chart)
    if asked and settings.versions:
        beginning = _beginning(settings.versions[0])
        for path, text in texts.items():
            if not path.name.startswith("_"):
                path.write_text(beginning + text, encoding="utf-8", errors="surrogateescape")
    return None


def _templates(root: Path) -> list[Path]:
    return [
        path
        for path in root.rglob("*")
        if "templates" in path.relative_to(root).parts[:-1] and path.is_file() and not path.is_symlink()
    ]


def full(version: str) -> str:
    """A version as Kubernetes writes its own: `v1.31.0`."""
    numbers = version.removeprefix("v")
    return f"v{numbers}.0" if numbers.count(".") == 1 else f"v{numbers}"


def _beginning(version: str) -> str:
    major, minor = version.removeprefix("v").split(".")[:2]
    return _SET.replace("VERSION", full(version)).replace("MAJOR", major).replace("MINOR", minor)
