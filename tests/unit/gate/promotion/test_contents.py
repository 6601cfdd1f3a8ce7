"""What stacks take in: every form in which a file names a version, and what is no version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.discover import inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.snapshot import SUBMODULE, Entry, Snapshot
from gitops_ci.gate.promotion import contents, manifests
from gitops_ci.gate.promotion.pieces import Piece
from gitops_ci.kinds import catalog
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import Document
from tests.unit.gate.promotion import scenarios


def pieces(text: str, path: str = "a.yaml") -> list[tuple[str, str, str, bool]]:
    found = [
        piece for document in yaml_documents.documents(text.encode()) for piece in manifests.pieces(path, document)
    ]
    return [(each.what, each.name, each.version, each.fixed) for each in found]


FORMS = [
    ("image: nginx:1.2", [("image", "nginx", "1.2", True)]),
    ("image: localhost:5000/nginx", [("image", "localhost:5000/nginx", "", False)]),
    ("image: localhost:5000/nginx:1", [("image", "localhost:5000/nginx", "1", True)]),
    ("image: nginx:latest", [("image", "nginx", "latest", False)]),
    ("image: nginx:1@sha256:ab", [("image", "nginx", "sha256:ab", True)]),
    ("image: nginx:${TAG}", [("image", "nginx:${TAG}", "", False)]),
    ("image: {repository: a/b, tag: '1'}", [("image", "a/b", "1", True)]),
    ("image: {registry: r.io, repository: a/b, tag: '1'}", [("image", "r.io/a/b", "1", True)]),
    ("image: {repository: a/b, tag: '', digest: 'sha256:ab'}", [("image", "a/b", "sha256:ab", True)]),
    ("image: {tag: 7}", [("image", "image", "7", True)]),
    ("web: {imageTag: '7'}", [("image", "web", "7", True)]),
    ("logs: {tag: production}", []),
    ("image: {pullPolicy: Always}", []),
    (
        "- {op: replace, path: /spec/template/spec/containers/0/image, value: 'a:2'}\n- {op: add, path: /x, value: 'b:2'}",
        [("image", "a", "2", True)],
    ),
    (
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
            "spec: {source: {repoURL: https://charts.example, chart: web, targetRevision: 1.2.3}}"
        ),
        [("chart", "https://charts.example/web", "1.2.3", True)],
    ),
    (
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
            "spec: {source: {repoURL: https://git.example/this, path: environments/production, targetRevision: main}}"
        ),
        [("source", "https://git.example/this", "main", True)],
    ),
    (
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {repoURL: https://x, targetRevision: wip, "
            "helm: {parameters: [{name: image.tag, value: '7'}, {name: replicas, value: '2'}]}, kustomize: {images: [a=b/a:3]}}}"
        ),
        [("source", "https://x", "wip", False), ("image", "image.tag", "7", True), ("image", "b/a", "3", True)],
    ),
    (
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n"
            "        image:\n          repository: a/b\n          tag: '9'\n"
        ),
        [("image", "a/b", "9", True)],
    ),
    (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: [{name: a, newTag: '2'}]}",
        [("image", "a", "2", True)],
    ),
    ("volumes: [{image: {reference: 'a:3'}}]", [("image", "a", "3", True)]),
    ("text: |\n  image: [\n", []),
    (
        (
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
            "spec: {template: {spec: {sources: [{repoURL: https://git.example/apps, path: web, targetRevision: v2}]}}}"
        ),
        [("source", "https://git.example/apps", "v2", True)],
    ),
    (
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\n"
            "spec: {chart: {spec: {version: '>=1.0.0'}}, values: {image: {repository: a/b, tag: '3'}}}"
        ),
        [("chart", "web", ">=1.0.0", False), ("image", "a/b", "3", True)],
    ),
    (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec: {url: oci://r.example/web, ref: {tag: 1.2.3}}",
        [("source", "oci://r.example/web", "1.2.3", True)],
    ),
    (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nspec: {url: ssh://x, ref: {branch: main}}",
        [("source", "ssh://x", "main", True)],
    ),
    ("just: text", []),
    ("[]", []),
]


@pytest.mark.parametrize(("text", "expected"), FORMS)
def test_what_a_document_names(text: str, expected: list[tuple[str, str, str, bool]]) -> None:
    assert pieces(text) == expected


KUSTOMIZATIONS = [
    ("images: [{name: a, newTag: '2'}]", [("image", "a", "2", True)]),
    ("images: [{name: a, newName: b, digest: 'sha256:ab'}]", [("image", "b", "sha256:ab", True)]),
    ("images: [{name: a, newName: b}]", [("image", "b", "as in the base", True)]),
    ("resources: ['https://git.example/base?ref=v3', ../base]", [("source", "https://git.example/base", "v3", True)]),
    ("resources: [github.com/acme/base//web]", [("source", "github.com/acme/base//web", "", False)]),
    (
        "helmCharts: [{name: web, repo: https://c.example, version: 1.0.0}]",
        [("chart", "https://c.example/web", "1.0.0", True)],
    ),
    (
        "patches:\n- patch: |-\n    - op: replace\n      path: /spec/containers/0/image\n      value: a:4\n",
        [("image", "a", "4", True)],
    ),
    ("images: wrong\nresources: {a: b}\nhelmCharts: [1]", []),
]


@pytest.mark.parametrize(("text", "expected"), KUSTOMIZATIONS)
def test_what_a_kustomization_names(text: str, expected: list[tuple[str, str, str, bool]]) -> None:
    assert pieces(text, "x/kustomization.yaml") == expected


def test_what_a_chart_depends_on() -> None:
    text = "dependencies:\n- {name: a, repository: https://c.example, version: ^1.0}\n- {name: b, repository: file://../b}\n"
    assert pieces(text, "x/Chart.yaml") == [("chart", "https://c.example/a", "^1.0", False)]


def of(files: dict[str, str], stack: str) -> dict[tuple[str, str], Piece]:
    found = contents.of(stack, scenarios.take(files, scenarios.config()))
    return {(each.what, each.name): each for each in found.pieces}


def test_a_tag_that_a_kustomization_replaces_is_not_the_manifests() -> None:
    at = "environments/production/k8s"
    found = of(
        {
            f"{at}/kustomization.yaml": "resources: [api.yaml]\nimages: [{name: api, newTag: '2'}]\n",
            f"{at}/api.yaml": "image: api\nother: {image: 'sidecar:1'}\n",
        },
        "production/kubernetes/main",
    )
    assert {(each.name, each.version) for each in found.values()} == {("api", "2"), ("sidecar", "1")}


def test_a_chart_in_an_environments_folder_counts_by_its_templates() -> None:
    at = "environments/{}/k8s"
    files = {
        f"{at.format(name)}/{file}": text.format(name)
        for name in ("staging", "production")
        for file, text in (
            ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
            ("values.yaml", "host: {}\n"),
            ("templates/web.yaml", "host: {{{{ .Values.host }}}}\n"),
        )
    }
    here, there = (of(files, f"{name}/kubernetes/main") for name in ("production", "staging"))
    assert {each.identity for each in here.values()} == {each.identity for each in there.values()}
    files["environments/production/k8s/templates/web.yaml"] += "# more\n"
    changed = of(files, "production/kubernetes/main")
    assert {each.identity for each in changed.values()} != {each.identity for each in there.values()}


def test_what_a_terragrunt_unit_deploys() -> None:
    text = 'terraform {\n  source = "git::https://git.example/vpc.git//eks?depth=1&ref=v3"\n}\n'
    found = of({"environments/production/vpc/terragrunt.hcl": text}, "production/terraform/vpc")
    (piece,) = found.values()
    assert (piece.name, piece.version, piece.line) == ("git::https://git.example/vpc.git//eks?depth=1", "v3", 2)


def test_a_root_that_several_environments_deploy_counts_by_its_files() -> None:
    from gitops_ci.config import Config, Layout, StackPattern

    pattern = StackPattern(
        kind="terraform", path="infra", environments=("staging", "production"), workspace="{environment}"
    )
    settings = scenarios.config()
    together = Config(environments=settings.environments, layout=Layout(stacks=(pattern,)))
    before = {"infra/main.tf": 'resource "x" "y" {}\n', "infra/staging.tfvars": "a = 1\n"}
    changed = scenarios.case(before, {"infra/main.tf": 'resource "x" "z" {}\n'}, together)
    assert scenarios.told(changed) == [("missing", "blocked", "production/terraform/infra")]
    assert scenarios.told(scenarios.case(before, {"infra/production.tfvars": "a = 2\n"}, together)) == []


def test_a_file_that_production_alone_reads_is_its_own() -> None:
    root = 'locals {\n  x = file("../../../config/%s.json")\n}\nterraform {\n  backend "s3" {}\n}\n'
    files = {f"environments/{name}/terraform/main.tf": root % name for name in ("staging", "production")}
    files |= {f"config/{name}.json": "{}" for name in ("staging", "production", "all")}
    assert scenarios.told(scenarios.case(files, {"config/production.json": "[]"})) == []
    shared = {
        path: text.replace("staging.json", "all.json").replace("production.json", "all.json")
        for path, text in files.items()
    }
    assert scenarios.told(scenarios.case(shared, {"config/all.json": "[]"})) == [
        ("missing", "blocked", "production/terraform/main")
    ]


def unread(files: dict[str, str], stack: str) -> list[tuple[str, int | None]]:
    found = contents.of(stack, scenarios.take(files, scenarios.config()))
    return [(each.path, each.line) for each in found.unread]


def test_a_source_that_is_computed_is_not_known() -> None:
    text = 'module "x" {\n  source  = "git::https://x?ref=${var.v}"\n  version = local.v\n}\nterraform {\n  backend "s3" {}\n}\n'
    path = "environments/production/terraform/main.tf"
    assert unread({path: text}, "production/terraform/main") == [(path, 2), (path, 3)]


def test_a_key_that_is_there_twice_is_not_known() -> None:
    path = "environments/production/k8s/a.yaml"
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nimage: a:1\nimage: a:2\n"
    assert unread({path: pod}, "production/kubernetes/main") == [(path, 5)]


def test_json_may_be_nested_deeply() -> None:
    deep = '{"a":' * 600 + '{"image": "a:1"}' + "}" * 600
    found = of({"environments/production/k8s/a.json": deep}, "production/kubernetes/main")
    assert [each.version for each in found.values()] in (["1"], [])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "image",
                    "images",
                    "tag",
                    "repository",
                    "digest",
                    "name",
                    "newTag",
                    "newName",
                    "op",
                    "path",
                    "value",
                    "spec",
                    "source",
                    "sources",
                    "repoURL",
                    "chart",
                    "targetRevision",
                    "apiVersion",
                    "template",
                    "version",
                    "dependencies",
                    "helmCharts",
                    "resources",
                    "ref",
                    "url",
                    "metadata",
                    "registry",
                ]
            )
            | st.text(max_size=3),
            inner
            | st.sampled_from(
                ["argoproj.io/v1", "helm.toolkit.fluxcd.io/v2", "source.toolkit.fluxcd.io/v1", "replace"]
            ),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(VALUES, st.sampled_from(["a.yaml", "x/kustomization.yaml", "x/Chart.yaml"]))
def test_no_document_is_too_odd(value: object, path: str) -> None:
    document = Document(value, 1, {})
    for each in manifests.pieces(path, document):
        assert isinstance(each.version, str)
        assert isinstance(each.name, str)
        assert each.label


def test_a_digest_is_the_same_in_any_registry() -> None:
    one, other = ("image: staging.example/a@sha256:ab", "image: production.example/a@sha256:ab")
    found = [
        piece.identity
        for text in (one, other)
        for document in yaml_documents.documents(text.encode())
        for piece in manifests.pieces("a.yaml", document)
    ]
    assert found[0] == found[1]


def test_a_module_in_a_submodule_is_its_commit() -> None:
    root = 'module "x" {\n  source = "../../../vendor/modules/vpc"\n}\nterraform {\n  backend "s3" {}\n}\n'
    files = {f"environments/{name}/terraform/main.tf": root for name in ("staging", "production")}
    base = snapshots.of(files)

    def at(commit: str) -> Snapshot:
        return base.changed(commit=None, tree=commit, changes={"vendor/modules": Entry(SUBMODULE, commit)})

    settings = scenarios.config()
    before, after = (inventory.take(at(commit * 40), settings, catalog.ALL) for commit in ("1", "2"))
    found = [contents.of("production/terraform/main", each).identities for each in (before, after)]
    assert found[0] != found[1]
