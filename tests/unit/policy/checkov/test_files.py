from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import snapshot
from gitops_ci.policy.checkov import charts, contents, files

FILES: dict[str, str | bytes] = {
    "a/main.tf": "",
    "a/x.tfvars": "",
    "a/other.tf.json": "{}",
    "Dockerfile": "",
    "b/prod.Dockerfile": "",
    "b/Dockerfile.dev": "",
    "b/dockerfile.md/x": "",
    "b/Containerfile": "",
    "b/Dockerfile-prod": "",
    "b/dockerfile-lint.yaml": "a: 1",
    "a/more.tofu": "",
    "b/x.dockerignore": "",
    ".github/workflows/ci.yml": "on: push",
    ".github/dependabot.yml": "version: 2",
    "k8s/web.yaml": "apiVersion: v1\nkind: Pod",
    "k8s/web.json": '{"apiVersion": "v1", "kind": "Pod"}',
    "cfn/y.cfn": "Resources: {A: {Type: AWS::S3::Bucket}}",
    "cfn/x.template": "Resources: {A: {Type: AWS::S3::Bucket}}",
    "values.yaml": "a: 1",
    "chart/Chart.yaml": "name: x",
    "chart/templates/web.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}",
    "chart/Dockerfile": "",
    "chart/crds/a.yaml": "apiVersion: v1\nkind: Pod",
    "chart/values-prod.yaml": "a: 1",
    "chart/plain.yaml": "apiVersion: v1\nkind: Pod",
    "chart/templates/plain.yaml": "# {{ x }}\napiVersion: v1\nkind: Pod",
    "huge.yaml": b"#" * (11 << 20),
    "script.py": "apiVersion kind",
    ".checkov.yaml": "skip-check: [CKV_AWS_1]",
}


def sorted_files(renders_charts: bool) -> files.Sorted:
    end = snapshot.of(FILES, links={"k8s/link.yaml": "web.yaml"})
    return files.sorted_by_form(end, [*FILES, "k8s/link.yaml", "none"], renders_charts=renders_charts)


def test_files_are_sorted_by_name_and_content() -> None:
    there = sorted_files(renders_charts=True)
    assert there.forms == {
        "terraform": ("a/main.tf", "a/more.tofu", "a/x.tfvars"),
        "terraform_json": ("a/other.tf.json",),
        "dockerfile": (
            "Dockerfile", "b/Containerfile", "b/Dockerfile-prod", "b/Dockerfile.dev", "b/prod.Dockerfile",
            "chart/Dockerfile",
        ),
        "github_actions": (".github/workflows/ci.yml",),
        "kubernetes": ("chart/crds/a.yaml", "chart/plain.yaml", "k8s/web.json", "k8s/web.yaml"),
        "cloudformation": ("cfn/x.template", "cfn/y.cfn"),
        "helm": (
            "chart/Chart.yaml", "chart/crds/a.yaml", "chart/templates/plain.yaml", "chart/templates/web.yaml",
            "chart/values-prod.yaml",
        ),
    }  # fmt: skip
    assert set(there.unread) == {"huge.yaml"}


def test_a_template_that_is_a_manifest_is_one_where_charts_are_not_rendered() -> None:
    manifests = sorted_files(renders_charts=False).forms["kubernetes"]
    assert "chart/templates/plain.yaml" in manifests
    assert "chart/templates/web.yaml" not in manifests


def test_a_chart_in_the_root_takes_nothing_but_its_own() -> None:
    end = snapshot.of(
        {path: text for path, text in FILES.items() if path.startswith(("k8s", "cfn"))} | {"Chart.yaml": ""}
    )
    assert files.sorted_by_form(end, end.entries, renders_charts=True).forms == {
        "kubernetes": ("k8s/web.json", "k8s/web.yaml"),
        "cloudformation": ("cfn/x.template", "cfn/y.cfn"),
        "helm": ("Chart.yaml",),
    }


def test_charts_within_charts_are_a_part_of_them_and_charts_beside_are_not() -> None:
    names = ["web/Chart.yaml", "web/charts/db/Chart.yaml", "web/charts/db/templates/a.yaml", "web/other/Chart.yaml"]
    end = snapshot.of(dict.fromkeys(names, ""))
    folders = charts.folders(end)
    assert charts.outermost(folders) == ("web", "web/other")
    assert charts.of(["web/charts/db/templates/a.yaml"], folders) == ("web",)
    assert charts.files(end, ["web/charts/db/templates/a.yaml"]) == tuple(sorted(names))
    assert charts.files(end, ["x.yaml"]) == ()


PODS = "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n"


@pytest.mark.parametrize(
    ("content", "form", "count"),
    [
        ("apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod\n---\na: 1\n", "kubernetes", 2),
        ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}, null]\n", "kubernetes", 1),
        (PODS, "kubernetes", 2),
        ('"api\\u0056ersion": v1\n"k\\x69nd": Pod\n', "kubernetes", 1),
        ('? "api\\\n  Version"\n: v1\n"k\\U00000069nd": Pod\n', "kubernetes", 1),
        ('{"api\\u0056ersion": "v1", "k\\u0069nd": "Pod"}', "kubernetes", 1),
        ('"api\\u0056ersion": v1\n"k\\u0069nd": [\n', "kubernetes", -1),
        ("apiVersion: v1\nkind: Pod\n".encode("utf-16"), "kubernetes", -1),
        ("apiVersion: [\nkind", "kubernetes", -1),
        ('"\\u0052esources": {A: {Type: AWS::S3::Bucket}}\n', "cloudformation", 0),
        ("Resources: {A: {Type: !Ref x, y: AWS::A\n", "cloudformation", 0),
        ("Resources: {A: {Type: other}}\n", None, 0),
        ("# apiVersion kind\n", None, 0),
        ("a: 'C:\\\\x'\n", None, 0),
    ],
)
def test_what_a_file_holds_is_told_by_its_content(content: str | bytes, form: str | None, count: int) -> None:
    held = contents.of(content.encode() if isinstance(content, str) else content)
    assert (held.form, held.objects) == (form, count)


def test_objects_that_checkov_would_pass_over_are_given_apart() -> None:
    assert [(each.line, each.json) for each in contents.of(PODS.encode()).apart] == [
        (4, b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}'),
        (5, b'{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}'),
    ]
    assert len(contents.of(b'"api\\u0056ersion": v1\nkind: Pod\n').apart) == 1
    assert contents.of(b"apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}]\n").apart == ()


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.lists(st.sampled_from(["apiVersion", "kind", ": ", "\n", "[", "\\", '"'])).map("".join).map(str.encode)
)
def test_no_content_breaks_it(content: bytes) -> None:
    assert contents.of(content).objects >= -1
