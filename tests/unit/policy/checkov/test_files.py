from __future__ import annotations

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.policy.checkov import files

FILES: dict[str, str | bytes] = {
    "a/main.tf": "",
    "a/x.tfvars": "",
    "a/other.tf.json": "{}",
    "Dockerfile": "",
    "b/prod.Dockerfile": "",
    "b/Dockerfile.dev": "",
    "b/dockerfile.md/x": "",
    "b/x.dockerignore": "",
    ".github/workflows/ci.yml": "on: push",
    ".github/dependabot.yml": "version: 2",
    "k8s/web.yaml": "apiVersion: v1\nkind: Pod",
    "k8s/web.json": '{"apiVersion": "v1", "kind": "Pod"}',
    "cfn/x.template": "Resources: {A: {Type: AWS::S3::Bucket}}",
    "values.yaml": "a: 1",
    "chart/Chart.yaml": "name: x",
    "chart/templates/web.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}",
    "huge.yaml": b"#" * (11 << 20),
    "script.py": "apiVersion kind",
    ".checkov.yaml": "skip-check: [CKV_AWS_1]",
}


def test_files_are_sorted_by_name_and_content() -> None:
    there = files.sorted_by_framework(
        snapshot.of(FILES, links={"k8s/link.yaml": "web.yaml"}), [*FILES, "k8s/link.yaml", "none"]
    )
    assert there.frameworks == {
        "terraform": ("a/main.tf", "a/x.tfvars"),
        "dockerfile": ("Dockerfile", "b/Dockerfile.dev", "b/prod.Dockerfile"),
        "github_actions": (".github/workflows/ci.yml",),
        "kubernetes": ("k8s/web.json", "k8s/web.yaml"),
        "cloudformation": ("cfn/x.template",),
        "helm": ("chart/Chart.yaml", "chart/templates/web.yaml"),
    }
    assert set(there.unread) == {"a/other.tf.json", "huge.yaml"}


def test_a_chart_is_found_from_any_of_its_files() -> None:
    assert files.charts(snapshot.of(FILES), ["chart/templates/web.yaml", "k8s/web.yaml"]) == ("chart",)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        ("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n---\na: 1\n", 2),
        ("apiVersion: v1\nkind: List\nitems: [{kind: Pod}, {kind: Pod}, null]\n", 2),
        ("# apiVersion kind\n", 0),
        ("apiVersion: [\nkind", -1),
    ],
)
def test_objects_of_a_file_are_counted(content: str, count: int) -> None:
    assert files.objects(content.encode()) == count
