"""Kustomizations: what each takes, which are deployed, which lead nowhere or in circles."""

from __future__ import annotations

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.kinds.kubernetes.kustomize.reading import NAMES
from gitops_ci.kinds.kubernetes.kustomize.tree import Tree
from tests.unit.kinds.kubernetes.ends import DEPLOYMENT, Files, kustomization

EVERYTHING = """resources: [a.yaml, ../base, "https://example.org/x", "github.com/acme/x//deploy?ref=v1"]
components: [../component]
patches: [{path: patch.yaml}, {patch: "a: 1"}]
patchesStrategicMerge: [old.yaml, "apiVersion: v1"]
patchesJson6902: [{path: json.yaml, target: {kind: Deployment}}]
replacements: [{path: replacement.yaml}]
crds: [crd.yaml]
configurations: [configuration.yaml]
openapi: {path: schema.json}
configMapGenerator: [{files: [config.txt, key=other.txt], envs: [a.env]}]
secretGenerator: [{env: secret.env}]
transformers: [transformer.yaml, "apiVersion: builtin"]
helmCharts: [{name: redis, valuesFile: redis.yaml, additionalValuesFiles: [more.yaml]}]
"""
FILES: Files = {
    "overlay/kustomization.yaml": EVERYTHING,
    "overlay/transformer.yaml": "kind: PatchTransformer\npath: deep.yaml\n",
    "base/Kustomization": kustomization("b.yaml"),
    "base/b.yaml": DEPLOYMENT,
    "base/unused.yaml": DEPLOYMENT,
    "component/kustomization.yml": "kind: Component\npatches: [{path: c.yaml}]\n",
    "component/c.yaml": "a: 1",
    "overlay/charts/redis/Chart.yaml": "name: redis",
    **{
        f"overlay/{name}": "a: 1"
        for name in (
            "a.yaml", "patch.yaml", "old.yaml", "json.yaml", "replacement.yaml", "crd.yaml", "configuration.yaml",
            "schema.json", "config.txt", "other.txt", "a.env", "secret.env", "deep.yaml", "redis.yaml", "more.yaml",
        )
    },
}  # fmt: skip


def read(files: Files, directory: str = "overlay", links: dict[str, str] | None = None) -> set[str]:
    snapshot = snapshots.of(files, links=links)
    references = [*Tree(snapshot).references(), Reference("stack", directory, "directory", "direct", NAMES)]
    return set(Graph(references).closure("stack", snapshot))


PATCH = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: patch.yaml\n"


def test_what_a_plugin_reads_that_is_written_in_place_or_in_a_directory() -> None:
    inline = "".join(f"  {line}\n" for line in PATCH.splitlines())
    files: Files = {"overlay/kustomization.yaml": f"transformers:\n- |-\n{inline}", "overlay/patch.yaml": "a: 1"}
    assert "overlay/patch.yaml" in read(files)
    files = {
        "overlay/kustomization.yaml": "transformers: [plugins]\n",
        "overlay/plugins/kustomization.yaml": "resources: [one.yaml, ../plugins]\n",
        "overlay/plugins/one.yaml": PATCH,
        "overlay/patch.yaml": "a: 1",
    }
    assert "overlay/patch.yaml" in read(files)


def test_it_reads_all_that_it_names_and_nothing_else() -> None:
    assert read(FILES) == FILES.keys() - {"base/unused.yaml"}


def test_what_it_names_may_be_a_link() -> None:
    files = {"overlay/kustomization.yaml": kustomization("linked", "a.yaml"), "shared/a.yaml": DEPLOYMENT}
    files |= {"real/kustomization.yaml": kustomization("b.yaml"), "real/b.yaml": DEPLOYMENT}
    links = {"overlay/linked": "../real", "overlay/a.yaml": "../shared/a.yaml"}
    assert read(files, links=links) == files.keys() | links.keys()


def test_roots_are_those_that_nothing_takes() -> None:
    assert Tree(snapshots.of(FILES)).roots == ("overlay",)


def circles(files: Files) -> list[tuple[str, str, int]]:
    found = Tree(snapshots.of(files)).circles()
    return [(directory, target.entry.name, target.entry.line) for directory, target in found]


def test_circles() -> None:
    assert circles(FILES) == []
    assert circles({"a/kustomization.yaml": kustomization("../a")}) == [("a", "../a", 2)]
    three = {
        "a/kustomization.yaml": kustomization("../b"),
        "b/kustomization.yaml": kustomization("../c"),
        "c/kustomization.yaml": kustomization("x.yaml", "../a"),
        "d/kustomization.yaml": kustomization("../a"),
        "c/x.yaml": DEPLOYMENT,
    }
    assert circles(three) == [("a", "../b", 2), ("b", "../c", 2), ("c", "../a", 3)]
    assert read(three, "d") == three.keys()


def test_where_names_lead() -> None:
    files = {
        "a/kustomization.yaml": kustomization(
            "nope.yaml", "../../../etc/passwd", "/etc/passwd", "git@github.com:acme/x"
        ),
        "a/x.yaml": "",
    }
    [targets] = Tree(snapshots.of(files)).targets.values()
    assert [each.kind for each in targets] == ["missing", "missing", "missing", "remote"]


def test_what_cannot_be_read_takes_nothing() -> None:
    tree = Tree(snapshots.of({"a/kustomization.yaml": "resources: [\n", "b/kustomization.yaml": "- a\n"}))
    assert [each.wrong is not None for each in tree.read.values()] == [True, False]
    assert list(tree.references()) == []
