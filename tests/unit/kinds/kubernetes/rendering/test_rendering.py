"""What a stack renders to, by engines that answer what a test says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from gitops_ci.config import Config, Kinds, Kubernetes
from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.objects import Gap, Rendered
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Manifests, Source, Unrendered
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Engine
from tests.unit.kinds.kubernetes import bed
from tests.unit.kinds.kubernetes.bed import STACK, Tools, inventory

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n"
CHART = {"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/templates/a.yaml": OBJECT.format("a")}


def never(args: Sequence[str]) -> str:
    raise AssertionError(args)


def render(source: Source, files: bed.Files, tools: Tools, config: Config | None = None) -> Rendered:
    head = inventory(files, config=config or Config())
    return rendering.rendered(Deployment(sources=(source,), namespace="shop"), STACK, head, tools)


def gap(found: Rendered) -> Gap:
    assert len(found.gaps) == 1, found
    return found.gaps[0]


def test_manifests_are_read_with_their_lines(tmp_path: Path) -> None:
    files = {"web/a.yaml": f"---\n# first\n{OBJECT.format('a')}---\n{OBJECT.format('b')}", "web/b.yaml": ""}
    found = render(Manifests(path="web", files=("web/a.yaml", "web/b.yaml")), files, Tools(tmp_path, never))
    assert [(each.identity.address, each.path, each.line) for each in found.objects] == [
        ("ConfigMap shop/a", "web/a.yaml", 3),
        ("ConfigMap shop/b", "web/a.yaml", 8),
    ]
    assert found.gaps == ()


def test_lists_are_opened_each_item_in_its_line(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: b}\n"
    found = render(Manifests(path="web", files=("web/a.yaml",)), {"web/a.yaml": text}, Tools(tmp_path, never))
    assert [(each.identity.address, each.line) for each in found.objects] == [("Pod shop/a", 4), ("Namespace b", 5)]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: [\n", 2, "cannot be read"),
        (f"{OBJECT.format('a')}---\nkind: Pod\n", 6, "apiVersion is missing"),
        ("- a\n", 1, "a list where a mapping"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {}\n", 1, "metadata.name is missing"),
        ("a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(f"{chr(c + 1)}: &{chr(c + 1)} [{', '.join([f'*{chr(c)}'] * 9)}]\n" for c in range(98, 108)), 1, "aliases stand for too much"),
    ],
)  # fmt: skip
def test_what_is_no_object_is_told_with_its_line(text: str, line: int, words: str, tmp_path: Path) -> None:
    found = gap(render(Manifests(path="web", files=("web/a.yaml",)), {"web/a.yaml": text}, Tools(tmp_path, never)))
    assert (found.code, found.path, found.line) == ("invalid", "web/a.yaml", line)
    assert words in found.message


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = gap(render(Manifests(path="web", files=("web/none.yaml",)), {}, Tools(tmp_path, never)))
    assert (found.code, found.message) == ("invalid", "web/none.yaml is not there")


def test_what_cannot_be_rendered_here_is_told(tmp_path: Path) -> None:
    source = Unrendered(what="the chart redis 1.0", why="it is of another registry", path="app.yaml", line=7)
    found = gap(render(source, {}, Tools(tmp_path, never)))
    assert (found.code, found.path, found.line) == ("not-rendered", "app.yaml", 7)


ORIGIN = """apiVersion: v1
kind: ConfigMap
metadata:
  annotations:
    config.kubernetes.io/origin: |
      path: ../base/a.yaml
  name: x-a
---
apiVersion: v1
kind: ConfigMap
metadata:
  annotations:
    config.kubernetes.io/origin: |
      configuredIn: kustomization.yaml
      configuredBy:
        apiVersion: builtin
        kind: ConfigMapGenerator
    kept: "yes"
  name: made-5t5k7m8g9b
"""


def test_objects_of_a_kustomization_have_their_places_and_no_trace_of_how(tmp_path: Path) -> None:
    files = {
        "web/kustomization.yaml": "resources: [../base]\nconfigMapGenerator:\n- name: made\n",
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": f"{OBJECT.format('other')}---\n{OBJECT.format('a')}",
    }
    tools = Tools(tmp_path, lambda _: ORIGIN)
    found = render(Kustomization(path="web"), files, tools)
    assert tools.calls == [("kustomize", "web")]
    assert [(each.path, each.line) for each in found.objects] == [("base/a.yaml", 6), ("web/kustomization.yaml", 3)]
    assert found.objects[0].value["metadata"] == {"name": "x-a"}
    assert found.objects[1].value["metadata"]["annotations"] == {"kept": "yes"}


@pytest.mark.parametrize(
    ("written", "asks"),
    [
        ("resources: [a.yaml]\n", True),
        ("resources: [a.yaml]", True),
        ("{resources: [a.yaml]}", False),
        ("resources: [a.yaml]\nbuildMetadata: [managedByLabel]\n", False),
        ("resources:\n- a.yaml\nnamePrefix: |\n  x\n", True),
    ],
)
def test_origins_are_asked_for_where_that_changes_nothing_else(written: str, asks: bool, tmp_path: Path) -> None:
    read: list[str] = []

    def answers(args: Sequence[str]) -> str:
        read.append((Path(args[0]) / "kustomization.yaml").read_text())
        return ""

    render(Kustomization(path="web"), {"web/kustomization.yaml": written, "web/a.yaml": ""}, Tools(tmp_path, answers))
    assert ("originAnnotations" in read[0]) is asks
    assert read[0].startswith(written)


REMOTES = [
    ("resources: [https://example.com/x.yaml]\n", 1),
    ("resources:\n- a.yaml\n- github.com/acme/base?ref=v1\n", 3),
    ("bases: ['git@example.com:acme/base.git']\n", 1),
    ("components:\n- ssh://git@example.com/acme/c\n", 2),
    ("resources: [../base]\n", 2),
    ("helmCharts:\n- name: redis\n  repo: https://example.com\n", 2),
]


@pytest.mark.parametrize(("written", "line"), REMOTES)
def test_what_is_elsewhere_is_never_asked_for(written: str, line: int, tmp_path: Path) -> None:
    files = {
        "web/kustomization.yaml": written,
        "web/a.yaml": OBJECT.format("a"),
        "base/kustomization.yaml": "resources:\n- https://example.com/deep.yaml\n" if "base]" in written else "",
    }
    read: list[str] = []

    def answers(args: Sequence[str]) -> str:
        read.extend(each.read_text() for each in Path(args[0]).parent.rglob("kustomization.yaml"))
        return OBJECT.format("a")

    rendered = render(Kustomization(path="web"), files, Tools(tmp_path, answers))
    found = gap(rendered)
    assert (found.code, found.line) == ("not-rendered", line)
    assert (found.path or "").endswith("kustomization.yaml")
    assert len(rendered.objects) == 1
    assert not re.search("://|@|github|helmCharts", "".join(read))


@pytest.mark.parametrize("key", ["resources", "components", "generators", "transformers"])
def test_what_leads_out_of_the_repository_is_never_built(key: str, tmp_path: Path) -> None:
    """kustomize takes any directory of the machine that has a kustomization."""
    entry = f"{key}: ['../../../elsewhere']\n"
    for files, edits in (({"web/kustomization.yaml": entry}, ""), ({"web/kustomization.yaml": "{}"}, entry)):
        found = gap(render(Kustomization(path="web", edits=edits), files, Tools(tmp_path, never)))
        assert (found.code, "leads out of the repository" in found.message) == ("invalid", True)


def test_where_the_rest_cannot_be_built_that_may_be_for_what_is_missing(tmp_path: Path) -> None:
    files = {"web/kustomization.yaml": "resources: [https://example.com/x.yaml]\npatches: [{path: p.yaml}]\n"}
    said = Ended(1, b"", b"no matches for what is patched", "exited")
    failed = render(Kustomization(path="web"), files, Tools(tmp_path, lambda _: said))
    assert [each.code for each in failed.gaps] == ["not-rendered", "not-rendered"]


def test_a_file_that_is_called_like_an_address_is_a_file(tmp_path: Path) -> None:
    files = {"web/kustomization.yaml": "resources: [github.com/a.yaml]\n", "web/github.com/a.yaml": OBJECT.format("a")}
    assert render(Kustomization(path="web"), files, Tools(tmp_path, lambda _: OBJECT.format("a"))).gaps == ()


def test_circles_end(tmp_path: Path) -> None:
    files = {"web/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../web]\n"}
    said = Ended(1, b"", b"Error: cycle", "exited")
    found = gap(render(Kustomization(path="web"), files, Tools(tmp_path, lambda _: said)))
    assert (found.code, found.message) == ("plan-failed", "kustomize cannot render web: cycle")


@pytest.mark.parametrize(
    ("doubled", "told"),
    [
        ("  a: 1\n  b: 2\n  a: 3\n", "the key `a` is given twice, in web/b.yaml:8"),
        ("  a: 1\n", 'yaml: line 6: mapping key "a" already defined at line 4'),
    ],
)
def test_the_file_in_which_a_key_is_given_twice_is_named(doubled: str, told: str, tmp_path: Path) -> None:
    """kustomize says the line of a document, and not of which file."""
    files = {
        "web/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
        "web/a.yaml": OBJECT.format("a"),
        "web/b.yaml": f"{OBJECT.format('b')}data:\n{doubled}",
    }
    said = b'map[string]interface {}(nil): yaml: unmarshal errors:\n  line 6: mapping key "a" already defined at line 4'
    found = gap(render(Kustomization(path="web"), files, Tools(tmp_path, lambda _: Ended(1, b"", said, "exited"))))
    assert found.message == f"kustomize cannot render web: {told}"


def test_a_plugin_that_is_refused_is_not_the_changes_fault(tmp_path: Path) -> None:
    files = {
        "web/kustomization.yaml": "generators: [ksops.yaml]\n",
        "web/ksops.yaml": "apiVersion: x/v1\nkind: ksops\n",
    }
    said = Ended(1, b"", b"external plugins disabled", "exited")
    assert gap(render(Kustomization(path="web"), files, Tools(tmp_path, lambda _: said))).code == "not-rendered"


def test_the_places_of_this_machine_are_in_no_message(tmp_path: Path) -> None:
    def answers(args: Sequence[str]) -> Ended:
        return Ended(1, b"", f"cannot open {args[0]}/x.yaml".encode(), "exited")

    found = gap(render(Kustomization(path="web"), {"web/kustomization.yaml": "{}"}, Tools(tmp_path, answers)))
    assert found.message == "kustomize cannot render web: cannot open web/x.yaml"


def test_when_it_was_said_is_no_part_of_a_message(tmp_path: Path) -> None:
    """Else base and head would not have the same wrong with them."""
    ended = Ended(1, b"", b'E1126 00:09:50.899269      11 run.go:72] "command failed" err="no"', "exited")
    found = gap(render(Kustomization(path="web"), {"web/kustomization.yaml": "{}"}, Tools(tmp_path, lambda _: ended)))
    assert found.message == "kustomize cannot render web: no"


@pytest.mark.parametrize(
    "said",
    [
        "MalformedYAMLError: yaml: unknown anchor 'hunter2' referenced in File: a.yaml",
        "loading KV pairs: literal sources [a=b hunter2]: invalid literal source hunter2, expected key=value",
        'unable to parse SM or JSON patch from [kind: Secret\ndata: {a: "hunter2]"}]',
        "trouble configuring builtin PatchTransformer with config: `\npatch: hunter2\n`: no",
    ],
)
def test_what_an_engine_quotes_of_a_secret_is_not_shown(said: str, tmp_path: Path) -> None:
    ended = Ended(1, b"", said.encode(), "exited")
    found = gap(render(Kustomization(path="web"), {"web/kustomization.yaml": "{}"}, Tools(tmp_path, lambda _: ended)))
    assert "hunter2" not in found.message
    assert "(not shown)" in found.message


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (Ended(1, b"", b"no", "exited"), "plan-failed"),
        (Ended(-9, b"", b"it crashed", "exited"), "engine-failed"),
        (Ended(-9, b"", b"", "timeout"), "timeout"),
        (Ended(-2, b"", b"", "cancelled"), "interrupted"),
    ],
)
def test_how_an_engine_ends_says_whose_fault_it_is(ended: Ended, code: str, tmp_path: Path) -> None:
    assert gap(render(Chart(path="web", release="r"), CHART, Tools(tmp_path, lambda _: ended))).code == code


def test_no_engine_is_told_with_what_to_do(tmp_path: Path) -> None:
    found = gap(render(Chart(path="web", release="r"), CHART, Tools(tmp_path, never, engines=())))
    assert (found.code, found.message) == ("engine-missing", "helm is not there\n  install helm")


def test_a_chart_gets_its_values_in_order(tmp_path: Path) -> None:
    source = Chart(
        path="web",
        release="rel",
        namespace="ns",
        value_files=("a.yaml", "b.yaml"),
        values="x: 1\n",
        parameters=(("p", "1"),),
        forced=(("f", "2"),),
    )
    config = Config(kinds=Kinds(kubernetes=Kubernetes(versions=("1.31", "1.32"), api_versions=("a/v1", "b/v1/C"))))
    tools = Tools(tmp_path, lambda _: f"---\n# Source: web/templates/a.yaml\n{OBJECT.format('a')}")
    found = render(source, {**CHART, "a.yaml": "a: b\n", "b.yaml": ""}, tools, config)
    (call,) = tools.calls
    assert [each for each in call if not each.startswith(str(tmp_path))] == [
        "helm", "template", "rel", "web", "--namespace", "ns", "--include-crds", "--values", "a.yaml", "--values", "b.yaml",
        "--values", "--set", "p=1", "--set-string", "f=2", "--kube-version", "v1.31.0",
        "--api-versions", "a/v1", "--api-versions", "b/v1/C",
    ]  # fmt: skip
    assert [(each.path, each.line) for each in found.objects] == [("web/templates/a.yaml", 2)]
    own = Chart(path="web", release="rel", kube_version="v1.29.4", api_versions=("c/v1",))
    render(own, CHART, tools, config)
    assert tools.calls[-1][-4:] == ("--kube-version", "v1.29.4", "--api-versions", "c/v1")


@pytest.mark.parametrize(
    ("files", "path", "line", "words"),
    [
        ({}, "v.yaml", None, "is not there"),
        ({"v.yaml": "# none\n- a\n"}, "v.yaml", 2, "values are a mapping"),
        ({"v.yaml": "a: 1\nb: [\n"}, "v.yaml", 3, "cannot be used"),
    ],
)
def test_values_that_cannot_be_used(
    files: dict[str, str], path: str, line: int | None, words: str, tmp_path: Path
) -> None:
    source = Chart(path="web", release="r", value_files=("v.yaml",))
    found = gap(render(source, {**CHART, **files}, Tools(tmp_path, never)))
    assert (found.code, found.path, found.line) == ("invalid", path, line)
    assert words in found.message


@pytest.mark.parametrize("release", ["--post-renderer=./evil.sh", "-f/etc/passwd", "", "a b", "Web"])
def test_a_release_is_no_option_of_helm(release: str, tmp_path: Path) -> None:
    found = gap(render(Chart(path="web", release=release), CHART, Tools(tmp_path, never)))
    assert (found.code, "a name that Helm does not take" in found.message) == ("invalid", True)


@pytest.mark.parametrize("path", ["v.yaml,/proc/self/environ", 'v"x".yaml', "v\n.yaml"])
def test_a_value_file_is_not_several(path: str, tmp_path: Path) -> None:
    """Helm takes `--values a,b` apart, and `/proc/self/environ` can be a path of a repository."""
    source = Chart(path="web", release="r", value_files=(path,))
    found = gap(render(source, {**CHART, path: "a: 1\n"}, Tools(tmp_path, never)))
    assert (found.code, "for several value files" in found.message) == ("invalid", True)


def test_many_empty_lines_of_a_template_take_no_time(tmp_path: Path) -> None:
    files = {**CHART, "web/templates/a.yaml": OBJECT.format("a") + "\n" * 300_000}
    tools = Tools(tmp_path, lambda _: f"---\n# Source: web/templates/a.yaml\n{OBJECT.format('a')}")
    assert render(Chart(path="web", release="r"), files, tools).objects[0].line == 2


def test_a_chart_without_templates_deploys_nothing(tmp_path: Path) -> None:
    files = {"web/Chart.yaml": CHART["web/Chart.yaml"]}
    found = gap(render(Chart(path="web", release="r"), files, Tools(tmp_path, never)))
    assert (found.code, found.path) == ("invalid", "web/Chart.yaml")


def test_a_directory_that_is_no_chart(tmp_path: Path) -> None:
    found = gap(render(Chart(path="web", release="r"), {"web/a": ""}, Tools(tmp_path, never)))
    assert (found.code, found.message) == ("invalid", "web is no chart: it has no Chart.yaml")


DEPENDS = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- name: lib\n  version: 1.x\n  repository: {}\n"


def test_a_chart_that_is_not_vendored_is_told(tmp_path: Path) -> None:
    files = {**CHART, "web/Chart.yaml": DEPENDS.format("https://charts.example.com")}

    def answers(args: Sequence[str]) -> str:
        assert "version: 1.0.0" in (Path(args[2]) / "charts/lib/Chart.yaml").read_text()
        return OBJECT.format("a")

    rendered = render(Chart(path="web", release="r"), files, Tools(tmp_path, answers))
    found = gap(rendered)
    assert (found.code, found.path, found.line) == ("not-rendered", "web/Chart.yaml", 5)
    assert "lib 1.x of https://charts.example.com" in found.message
    assert len(rendered.objects) == 1
    said = Ended(1, b"", b"no template lib.labels", "exited")
    failed = render(Chart(path="web", release="x"), files, Tools(tmp_path, lambda _: said))
    assert [each.code for each in failed.gaps] == ["not-rendered", "not-rendered"]
    assert "lib.labels" in failed.gaps[1].message


@pytest.mark.parametrize("vendored", ["web/charts/lib/Chart.yaml", "web/charts/lib-1.0.0.tgz"])
def test_a_chart_that_is_vendored_is_there(vendored: str, tmp_path: Path) -> None:
    files = {**CHART, "web/Chart.yaml": DEPENDS.format("https://charts.example.com"), vendored: "x"}
    assert render(Chart(path="web", release="r"), files, Tools(tmp_path, lambda _: "")).gaps == ()


def test_a_chart_of_the_repository_is_put_where_helm_looks(tmp_path: Path) -> None:
    files = {
        **CHART,
        "web/Chart.yaml": DEPENDS.format('"file://../lib"'),
        "lib/Chart.yaml": "x",
        "lib/templates/a": "y",
    }

    def answers(args: Sequence[str]) -> str:
        assert (Path(args[2]) / "charts/lib/templates/a").read_text() == "y"
        return f"---\n# Source: web/charts/lib/templates/a\n{OBJECT.format('a')}"

    assert render(Chart(path="web", release="r"), files, Tools(tmp_path, answers)).objects[0].path == "lib/templates/a"


def test_a_chart_that_lies_in_the_one_that_it_depends_on_is_no_part_of_its_copy(tmp_path: Path) -> None:
    files = {
        "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\n",
        "lib/templates/a": "y",
        "lib/web/Chart.yaml": DEPENDS.format('"file://.."'),
        "lib/web/values.yaml": "a: b",
        "lib/web/templates/b": OBJECT.format("b"),
    }

    def answers(args: Sequence[str]) -> str:
        copy = Path(args[2]) / "charts/lib"
        assert (copy / "templates/a").read_text() == "y"
        assert (copy / "web/values.yaml").read_text() == "a: b"
        assert not (copy / "web/charts").exists()
        return OBJECT.format("b")

    assert render(Chart(path="lib/web", release="r"), files, Tools(tmp_path, answers)).gaps == ()


def test_what_is_made_anew_at_each_rendering_is_marked(tmp_path: Path) -> None:
    files = {**CHART, "web/templates/b.yaml": "{{ randAlphaNum 5 }}"}
    count = iter(range(9))

    def answers(_: Sequence[str]) -> str:
        return f"{OBJECT.format('a')}data: {{same: x, other: r{next(count)}}}\n"

    found = render(Chart(path="web", release="r"), files, Tools(tmp_path, answers))
    assert found.objects[0].value["data"] == {"same": "x", "other": "(made anew at each rendering)"}


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("postgres://user:r1@host/db", "postgres://user:r2@host/db", "postgres://user:(made anew at each rendering)@host/db"),
        ("good:r1", "good:r2", "good:(made anew at each rendering)"),
        ("app:x+y/r1==", "app:z/r2==", "app:(made anew at each rendering)=="),
        ("a r1-evil-r2.x", "a s1-evil-s2.x", "a (made anew at each rendering)-evil-(made anew at each rendering).x"),
        ("2026-11-26T05:17:06Z", "2026-11-26T05:17:07Z", "(made anew at each rendering)"),
        ("u:$2a$10$r1.s2", "u:$2a$10$r3/s4", "u:$2a$(made anew at each rendering)"),
        ("u:$2a$10$r1.s2", "u:$2a$10$r3.s4", "u:$2a$(made anew at each rendering)"),
        ("user: app\\npassword: r1\\nhost: a", "user: app\\npassword: r2\\nhost: a", "user: app\npassword: (made anew at each rendering)\nhost: a"),
        ("a r1", "a r 2", "(made anew at each rendering)"),
    ],
)  # fmt: skip
def test_only_the_random_part_of_a_text_is_marked(one: str, other: str, told: str, tmp_path: Path) -> None:
    """What changes beside it is a change."""
    files = {**CHART, "web/templates/b.yaml": "{{ randAlphaNum 5 }}"}
    texts = iter((one, other))
    tools = Tools(tmp_path, lambda _: f'{OBJECT.format("a")}data: {{k: "{next(texts)}"}}\n')
    assert render(Chart(path="web", release="r"), files, tools).objects[0].value["data"] == {"k": told}


def test_a_list_of_another_length_is_told_as_far_as_both_have_it(tmp_path: Path) -> None:
    files = {**CHART, "web/templates/b.yaml": "{{ randAlphaNum 5 }}"}
    lists = iter(("[a, b]", "[a]"))
    tools = Tools(tmp_path, lambda _: f"{OBJECT.format('a')}data: {next(lists)}\n")
    found = render(Chart(path="web", release="r"), files, tools)
    assert found.objects[0].value["data"] == ["a", "(made anew at each rendering)"]


@pytest.mark.parametrize(
    ("one", "other", "name", "own"),
    [
        ("web-test-x1y2z", "web-test-a9b8c", "web-test-*", "web-test-ANEW"),
        ("web.x1-a", "web.y2-a", "web.*-a", "web.ANEW-a"),
        ("x1y2", "a9b8", "*", "ANEW"),
        ("web-x1", "web-y-2", "*", "web-ANEW"),
    ],
)
def test_a_name_that_is_made_anew_is_the_same_object_each_time(
    one: str, other: str, name: str, own: str, tmp_path: Path
) -> None:
    """Or else each change of the chart would delete one and create one."""
    files = {**CHART, "web/templates/b.yaml": "{{ randAlphaNum 5 }}"}
    names = iter((one, other))

    def answers(_: Sequence[str]) -> str:
        named = next(names)
        return f"# Source: web/templates/b.yaml\n{OBJECT.format(named)}data: {{same: x, own: {named}}}\n"

    [found] = render(Chart(path="web", release="r"), files, Tools(tmp_path, answers)).objects
    assert (found.identity.name, found.value["metadata"]["name"]) == (name, name)
    assert found.value["data"] == {"same": "x", "own": own.replace("ANEW", "(made anew at each rendering)")}


def test_an_object_of_another_template_is_another_object(tmp_path: Path) -> None:
    files = {**CHART, "web/templates/a.yaml": "a", "web/templates/b.yaml": "{{ randAlphaNum 5 }}"}
    ends = iter(("a", "b"))

    def answers(_: Sequence[str]) -> str:
        end = next(ends)
        return f"# Source: web/templates/{end}.yaml\n{OBJECT.format(end)}"

    found = render(Chart(path="web", release="r"), files, Tools(tmp_path, answers)).objects
    assert [each.identity.name for each in found] == ["a", "b"]


def test_what_only_another_rendering_has_is_there_all_the_same(tmp_path: Path) -> None:
    """An object that comes by chance, and not the first time, comes the next time."""
    files = {**CHART, "web/templates/b.yaml": "{{ randAlphaNum 5 }}"}
    often = f"{OBJECT.format('a')}data: {{k: v, by: chance}}\n---\n{OBJECT.format('b')}---\n{OBJECT.format('c')}"
    ends = iter((f"{OBJECT.format('a')}data: {{k: v}}\n---\n{OBJECT.format('c')}", often))
    found = render(Chart(path="web", release="r"), files, Tools(tmp_path, lambda _: next(ends))).objects
    assert sorted(each.identity.name for each in found) == ["a", "b", "c"]
    assert found[0].value["data"] == {"k": "v", "by": "(made anew at each rendering)"}


def test_templates_that_are_a_link_are_templates(tmp_path: Path) -> None:
    """Helm follows it; what is random there is looked for as well."""
    files = {"web/Chart.yaml": CHART["web/Chart.yaml"], "common/templates/a.yaml": "{{ uuidv4 }}"}
    head = inventory(files, links={"web/templates": "../common/templates"})
    tools = Tools(tmp_path, lambda _: OBJECT.format("a"))
    source = Chart(path="web", release="r")
    found = rendering.rendered(Deployment(sources=(source,), namespace="shop"), STACK, head, tools)
    assert (found.gaps, len(found.objects), len(tools.calls)) == ((), 1, 2)


def test_the_embedded_helm_is_told_the_version_in_the_templates(tmp_path: Path) -> None:
    files = {**CHART, "web/templates/b.yaml": "{{ .Capabilities.KubeVersion.Minor }}"}
    embedded = Engine(name="helm", version="4.2.3", source="embedded")
    config = Config(kinds=Kinds(kubernetes=Kubernetes(versions=("1.31",))))

    def answers(args: Sequence[str]) -> str:
        assert "--kube-version" not in args
        assert '"Minor" "31"' in (Path(args[2]) / "templates/b.yaml").read_text()
        return ""

    assert render(Chart(path="web", release="r"), files, Tools(tmp_path, answers, [embedded]), config).gaps == ()


@pytest.mark.parametrize("asks", ["{{ .Capabilities.APIVersions.Has `a/v1` }}", "{{ .Capabilities.KubeVersion }}"])
def test_what_the_embedded_helm_cannot_be_told_is_told(asks: str, tmp_path: Path) -> None:
    embedded = Engine(name="helm", version="4.2.3", source="embedded")
    config = Config(kinds=Kinds(kubernetes=Kubernetes(versions=("1.31",), api_versions=("a/v1",))))
    files = {**CHART, "web/templates/b.yaml": asks}
    found = gap(render(Chart(path="web", release="r"), files, Tools(tmp_path, never, [embedded]), config))
    assert found.code == "engine-missing"


def test_the_same_content_is_rendered_once(tmp_path: Path) -> None:
    tools = Tools(tmp_path, lambda _: OBJECT.format("a"))
    source = Kustomization(path="web")
    files = {"web/kustomization.yaml": "{}"}
    first, second = render(source, files, tools), render(source, files, tools)
    assert first is second
    assert len(tools.calls) == 1
    render(source, {"web/kustomization.yaml": "namespace: x\n"}, tools)
    assert len(tools.calls) == 2


def test_what_was_rendered_is_known(tmp_path: Path) -> None:
    head = inventory({})
    assert rendering.known(STACK, head) is None
    found = rendering.rendered(Deployment(sources=()), STACK, head, Tools(tmp_path, never))
    assert rendering.known(STACK, head) is found


def test_a_second_document_of_a_template_is_of_that_template() -> None:
    text = "---\n# Source: c/templates/a.yaml\na: 1\n---\nb: 2\n---\n# Source: c/templates/b.yaml\nc: 3\n"
    assert [each.source for each in reading.pieces(text)] == [f"c/templates/{name}.yaml" for name in "aab"]
