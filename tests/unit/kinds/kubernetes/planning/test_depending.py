"""Templates of which only the time, chance or a cluster knows what they make: said where they are new or changed."""

from __future__ import annotations

import pytest

from gitops_ci.config import Config, Kinds
from gitops_ci.config_kubernetes import Kubernetes
from gitops_ci.kinds.kubernetes.planning import depending
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment
from tests.unit.kinds.kubernetes.bed import inventory

BASE = {"web/Chart.yaml": "name: web\n", "web/templates/a.yaml": "a: {{ .Values.a }}\n"}
AT = "web/templates/b.yaml"


def told(text: str, before: str | None = None, config: Config | None = None, apis: tuple[str, ...] = ()) -> list[str]:
    deployment = Deployment(sources=(Chart(path="web", release="web", api_versions=apis),))
    base = inventory({**BASE, AT: before} if before is not None else BASE)
    head = inventory({**BASE, AT: text}, config=config or Config())
    return [each.message for each in depending.told(deployment, base, head)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ if gt (now | unixEpoch | int64) 1900000000 }}a: 1{{ end }}",
        "{{- $t := now -}}\n{{- $u := $t | unixEpoch -}}\n{{- if gt $u 1 }}a: 1{{ end }}",
        '{{ with lookup "v1" "Secret" "a" "b" }}a: 1{{ end }}',
        "{{ if .Release.IsUpgrade }}a: 1{{ end }}",
        '{{ if eq (randNumeric 2) "17" }}a: 1{{ end }}',
        'a: {{ ternary "x" "y" (gt .Release.Revision 3) }}',
        '{{ if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}a: 1{{ end }}',
        "{{ if .Capabilities.APIVersions.Has $api }}a: 1{{ end }}",
    ],
)
def test_what_is_decided_where_it_is_deployed_is_told(text: str) -> None:
    [message] = told(text)
    assert message.startswith("not rendered, and decided only where it is deployed")
    assert message.endswith(AT)
    assert told(text, "other") == [message]
    assert told(text, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "a: {{ randAlphaNum 5 }}",
        'a: {{ now | date "2006" }}',
        "{{/* whatever is now, or was */}}",
        '{{ if eq .Values.a "now or never" }}a: 1{{ end }}',
        '{{ if .Capabilities.APIVersions.Has "networking.k8s.io/v1/Ingress" }}a: 1{{ end }}',
        '{{ if .Capabilities.APIVersions.Has "policy/v1" }}a: 1{{ end }}',
        "{{ if .Values.now }}a: 1{{ end }}",
    ],
)
def test_what_is_random_and_decides_nothing_is_not(text: str) -> None:
    assert told(text) == []


def test_an_api_that_is_configured_is_known() -> None:
    text = '{{ if .Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}a: 1{{ end }}'
    config = Config(kinds=Kinds(kubernetes=Kubernetes(api_versions=("monitoring.coreos.com/v1",))))
    assert told(text, config=config) == []
    assert told(text, apis=("monitoring.coreos.com/v1",)) == []
