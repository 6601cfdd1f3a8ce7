"""Whether what a stack takes from elsewhere, with all that applies to it, is the same at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.objects import Gap, Rendered
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Source
from gitops_ci.kinds.protocol import Ended
from tests.unit.kinds.kubernetes.bed import STACK, Files, Tools, inventory

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata: {{k: '{}'}}\n"
REMOTE = "https://github.com/acme/base?ref={}"
KUSTOMIZED: dict[str, str] = {
    "web/kustomization.yaml": "resources: [../mid, own.yaml]\nimages: [{name: a, newTag: '1'}]\npatches: [{path: p.yaml}]\n",
    "web/own.yaml": OBJECT.format("own", 1),
    "web/p.yaml": "kind: Deployment\nmetadata: {name: x}\n",
    "mid/kustomization.yaml": f"resources: ['{REMOTE.format('v1.2.3')}', own.yaml, ../other]\nnamePrefix: a-\n",
    "mid/own.yaml": OBJECT.format("own", 1),
    "other/kustomization.yaml": "resources: [own.yaml]\nconfigMapGenerator: [{name: made, literals: [a=b]}]\n",
    "other/own.yaml": OBJECT.format("own", 1),
}


def render(source: Source, files: Files, tools: Tools) -> Rendered:
    return rendering.rendered(Deployment(sources=(source,), namespace="shop"), STACK, inventory(files), tools)


def only(found: Rendered) -> Gap:
    assert len(found.gaps) == 1, found.gaps
    return found.gaps[0]


def kustomized(files: Files, place: Path, source: Kustomization | None = None) -> Gap:
    return only(render(source or Kustomization(path="web"), files, Tools(place, lambda _: OBJECT.format("z", 1))))


def test_what_is_generated_in_another_branch_is_none_of_it(tmp_path: Path) -> None:
    """An overlay of everything: what is generated for one application is not named by the base of another."""
    root = "resources: [../app, ../far]\n"
    files = {
        "web/kustomization.yaml": root,
        "app/kustomization.yaml": "resources: [../web2]\n",
        "web2/kustomization.yaml": f"resources: ['{REMOTE.format('v1.2.3')}']\n",
        "far/kustomization.yaml": "configMapGenerator: [{name: made, literals: [a=b]}]\n",
    }
    changed = {**files, "far/kustomization.yaml": "configMapGenerator: [{name: made, literals: [a=c]}]\n"}
    before = kustomized(files, tmp_path)
    assert before.fixed
    assert kustomized(changed, tmp_path).fixed == before.fixed
    near = {
        **changed,
        "app/kustomization.yaml": "resources: [../web2, ../far]\n",
        "web/kustomization.yaml": "resources: [../app]\n",
    }
    again = {**near, "far/kustomization.yaml": files["far/kustomization.yaml"]}
    assert kustomized(near, tmp_path).fixed != kustomized(again, tmp_path).fixed


@pytest.mark.parametrize(
    "changed",
    [
        {"web/own.yaml": OBJECT.format("own", 2)},
        {"mid/own.yaml": OBJECT.format("own", 2)},
        {"other/own.yaml": OBJECT.format("own", 2)},
        {"web/kustomization.yaml": KUSTOMIZED["web/kustomization.yaml"].replace("own.yaml", "p.yaml")},
        {"other/kustomization.yaml": "resources: []\nconfigMapGenerator: [{name: made, literals: [a=b]}]\ncommonAnnotations: {a: b}\n"},
    ],
)  # fmt: skip
def test_what_does_not_apply_to_a_remote_base_leaves_it_as_it_is(changed: dict[str, str], tmp_path: Path) -> None:
    before, after = (kustomized(each, tmp_path) for each in (KUSTOMIZED, {**KUSTOMIZED, **changed}))
    assert before.what == REMOTE.format("v1.2.3")
    assert before.fixed
    assert after.fixed == before.fixed


@pytest.mark.parametrize(
    "changed",
    [
        {"web/kustomization.yaml": KUSTOMIZED["web/kustomization.yaml"].replace("'1'", "'2'")},
        {"web/p.yaml": "kind: Deployment\nmetadata: {name: y}\n"},
        {"mid/kustomization.yaml": KUSTOMIZED["mid/kustomization.yaml"].replace("a-", "b-")},
        {"web/kustomization.yaml": KUSTOMIZED["web/kustomization.yaml"] + "components: [../comp]\n", "comp/kustomization.yaml": "kind: Component\n"},
        {"other/kustomization.yaml": "resources: [own.yaml]\nconfigMapGenerator: [{name: made, literals: [a=c]}]\n"},
        {"other/kustomization.yaml": KUSTOMIZED["other/kustomization.yaml"] + "namePrefix: q-\n"},
        {"other/kustomization.yaml": KUSTOMIZED["other/kustomization.yaml"] + "namespace: q\n"},
        {"other/kustomization.yaml": KUSTOMIZED["other/kustomization.yaml"] + "vars: [{name: A, objref: {kind: ConfigMap, name: own, apiVersion: v1}}]\n"},
    ],
)  # fmt: skip
def test_what_may_apply_to_a_remote_base_makes_it_another(changed: dict[str, str], tmp_path: Path) -> None:
    before, after = (kustomized(each, tmp_path) for each in (KUSTOMIZED, {**KUSTOMIZED, **changed}))
    assert after.fixed != before.fixed


def test_what_kustomize_hands_on_from_another_branch_applies(tmp_path: Path) -> None:
    """Its `configurations` say which fields images, prefixes and names are written into, wherever they lie."""
    files = {
        **KUSTOMIZED,
        "web/kustomization.yaml": KUSTOMIZED["web/kustomization.yaml"].replace("[../mid", "[../mid, ../far"),
        "far/kustomization.yaml": "configurations: [c.yaml]\n",
        "far/c.yaml": "images: []\n",
    }
    changed = {**files, "far/c.yaml": "images: [{path: spec/image, kind: Foo}]\n"}
    before = kustomized(files, tmp_path)
    assert before.fixed
    assert kustomized(changed, tmp_path).fixed != before.fixed


@pytest.mark.parametrize("file", ["a.yaml", "kustomization.yaml"])
def test_all_of_a_component_applies(file: str, tmp_path: Path) -> None:
    files = {
        **KUSTOMIZED,
        "web/kustomization.yaml": KUSTOMIZED["web/kustomization.yaml"] + "components: [../comp]\n",
        "comp/kustomization.yaml": "kind: Component\nresources: [../deep]\n",
        "deep/kustomization.yaml": "resources: [a.yaml]\n",
        "deep/a.yaml": OBJECT.format("deep", 1),
    }
    changed = {**files, f"deep/{file}": files[f"deep/{file}"] + "# another\n"}
    assert kustomized(files, tmp_path).fixed != kustomized(changed, tmp_path).fixed


def test_what_argo_cd_and_flux_write_applies(tmp_path: Path) -> None:
    plain = kustomized(KUSTOMIZED, tmp_path)
    for source in (
        Kustomization(path="web", edits="images: [{name: b, newTag: '2'}]\n"),
        Kustomization(path="web", variables=(("a", "b"),)),
    ):
        assert kustomized(KUSTOMIZED, tmp_path, source).fixed != plain.fixed


@pytest.mark.parametrize(
    "written",
    [
        f"resources: ['{REMOTE.format('main')}']\n",
        "resources: ['https://github.com/acme/base']\n",
        f"components: ['{REMOTE.format('v1.2.3')}']\n",
        f"transformers: [t.yaml]\nresources: ['{REMOTE.format('v1.2.3')}']\n",
        "helmCharts: [{name: redis, version: 1.x, repo: https://x}]\n",
    ],
)
def test_what_may_become_another_by_itself_is_never_fixed(written: str, tmp_path: Path) -> None:
    found = render(
        Kustomization(path="web"),
        {"web/kustomization.yaml": written, "web/t.yaml": ""},
        Tools(tmp_path, lambda _: ""),
    )
    assert [each.fixed for each in found.gaps] == [""]


def test_the_object_that_a_replacement_takes_a_value_of_applies(tmp_path: Path) -> None:
    files = {
        **KUSTOMIZED,
        "mid/kustomization.yaml": KUSTOMIZED["mid/kustomization.yaml"]
        + "replacements: [{path: r.yaml}]\n",
        "mid/r.yaml": "source: {kind: ConfigMap, name: own}\ntargets: []\n",
    }  # fmt: skip

    def fixed(value: int, name: str) -> str:
        tools = Tools(tmp_path, lambda _: OBJECT.format(name, value))
        return only(render(Kustomization(path="web"), files, tools)).fixed

    assert fixed(1, "a-own") != fixed(2, "a-own")
    assert fixed(1, "other") == fixed(2, "other")


LEFT_OUT = {
    "web/kustomization.yaml": "resources: [../mid, own.yaml]\n",
    "web/own.yaml": OBJECT.format("own", 1),
    "mid/kustomization.yaml": f"resources: ['{REMOTE.format('v1.2.3')}', own.yaml]\npatches: [{{path: p.yaml}}]\n",
    "mid/own.yaml": OBJECT.format("mid", 1),
    "mid/p.yaml": "kind: Deployment\nmetadata: {name: x}\n",
}


def failing(words: str) -> Ended:
    way = f"accumulating resources from '../mid': 'ROOT/mid' must resolve to a file': {words}"
    return Ended(1, b"", f'"command failed" err="{way}"'.encode(), "exited")


def lacking(args: Sequence[str]) -> str | Ended:
    """kustomize, to which the base of `mid` is missing."""
    root = Path(args[0]).parent
    if "p.yaml" in (root / "mid/kustomization.yaml").read_text():
        return failing(f"recursed accumulation of path '{root}/mid': no matches for Id x")
    return OBJECT.format("own", 1)


def test_a_kustomization_that_fails_for_want_of_its_base_is_left_out_alone(tmp_path: Path) -> None:
    found = render(Kustomization(path="web"), LEFT_OUT, Tools(tmp_path, lacking))
    assert [each.identity.name for each in found.objects] == ["own"]
    assert [(each.code, each.what, bool(each.fixed)) for each in found.gaps] == [
        ("not-rendered", REMOTE.format("v1.2.3"), True),
        ("not-rendered", "mid", True),
    ]
    assert found.gaps[1].path == "mid/kustomization.yaml"
    for path in ("mid/own.yaml", "mid/p.yaml"):  # of what is left out everything counts
        again = render(Kustomization(path="web"), {**LEFT_OUT, path: "a: b\n"}, Tools(tmp_path, lacking))
        assert again.gaps[1].fixed != found.gaps[1].fixed
    same = render(Kustomization(path="web"), {**LEFT_OUT, "web/own.yaml": "a: b\n"}, Tools(tmp_path, lacking))
    assert same.gaps == found.gaps


def test_leaving_out_ends(tmp_path: Path) -> None:
    def never(args: Sequence[str]) -> Ended:
        root = Path(args[0]).parent
        return failing(f"recursed accumulation of path '{root}/mid': no matches for Id x")

    tools = Tools(tmp_path, never)
    found = render(Kustomization(path="web"), LEFT_OUT, tools)
    assert found.objects == ()
    assert 2 <= len(tools.calls) <= 12
    assert {each.code for each in found.gaps} == {"not-rendered"}


def test_what_fails_for_something_else_is_not_left_out(tmp_path: Path) -> None:
    files = {
        **LEFT_OUT,
        "web/kustomization.yaml": "resources: [../mid, ../z]\n",
        "z/kustomization.yaml": "resources: []\n",
    }
    tools = Tools(tmp_path, lambda args: failing(f"couldn't make target for path '{Path(args[0]).parent}/z': no"))
    render(Kustomization(path="web"), files, tools)
    assert len(tools.calls) == 1


CHARTED: dict[str, str] = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
    "- {name: redis, version: 1.2.3, repository: 'https://charts.acme.example', condition: cache.enabled}\n",
    "web/values.yaml": "redis: {replicas: 1}\nglobal: {host: a}\ncache: {enabled: true}\nown: 1\n",
    "web/production.yaml": "own: 2\n",
    "web/templates/a.yaml": "a: 1\n",
    "web/templates/_a.tpl": '{{ define "web.name" }}x{{ end }}\n',
}
CHART = Chart(path="web", release="web", value_files=("web/production.yaml",))


def charted(files: Files, place: Path, source: Chart = CHART) -> Gap:
    return only(render(source, files, Tools(place, lambda _: OBJECT.format("z", 1))))


@pytest.mark.parametrize(
    "changed",
    [
        {"web/values.yaml": CHARTED["web/values.yaml"].replace("own: 1", "own: 3")},
        {"web/production.yaml": "own: 3\n"},
        {"web/templates/a.yaml": "a: 2\n"},
        {"web/templates/a.yaml": "a: {{ .Values.redis.replicas }}\n"},
        {
            "web/charts/aux/Chart.yaml": "name: aux\n",
            "web/charts/aux/templates/_a.tpl": '{{ define "aux.image" }}{{ end }}',
        },
        {"web/templates/_a.tpl": '{{ define "web.name" }}y{{ end }}\n'},
        {"web/Chart.yaml": CHARTED["web/Chart.yaml"].replace("1.0.0", "1.0.1")},
    ],
)
def test_what_a_chart_does_not_give_to_a_part_leaves_it_as_it_is(changed: dict[str, str], tmp_path: Path) -> None:
    before, after = (charted(each, tmp_path) for each in (CHARTED, {**CHARTED, **changed}))
    assert before.fixed
    assert after.fixed == before.fixed


@pytest.mark.parametrize(
    "changed",
    [
        {"web/values.yaml": CHARTED["web/values.yaml"].replace("replicas: 1", "replicas: 2")},
        {"web/values.yaml": CHARTED["web/values.yaml"].replace("host: a", "host: b")},
        {"web/values.yaml": CHARTED["web/values.yaml"].replace("enabled: true", "enabled: false")},
        {"web/production.yaml": "own: 2\nredis: {replicas: 3}\n"},
        {"web/production.yaml": "own: [\n"},
        {"web/templates/_b.tpl": '{{- define "redis.fullname" -}}y{{ end }}\n'},
        {"web/templates/_a.tpl": '{{ define "common.names" }}y{{ end }}\n'},
        {"web/templates/a.yaml": "a: {{ .Values.redis.only.redis.says.it }}\n"},
        {"web/templates/a.yaml": "a: {{ .Subcharts.redis.Name }}\n"},
        {"web/charts/aux/Chart.yaml": "name: aux\n", "web/charts/aux/templates/_a.tpl": '{{ define "redis.image" }}{{ end }}'},
        {"web/charts/aux/Chart.yaml": "name: aux\n", "web/charts/aux/charts/in/templates/_a.tpl": '{{ define "redis.image" }}{{ end }}'},
        {"web/Chart.yaml": CHARTED["web/Chart.yaml"].replace("condition: ", "import-values: [a], condition: ")},
        {"web/charts/common-1.0.0.tgz": "packed"},
        {"web/charts/lib/Chart.yaml": "name: lib\ntype: library\n", "web/charts/lib/templates/_l.tpl": '{{ define "lib.x" }}{{ end }}'},
        {"web/Chart.yaml": CHARTED["web/Chart.yaml"].replace("1.2.3", "1.2.4")},
        {"web/Chart.yaml": CHARTED["web/Chart.yaml"].replace("cache.enabled", "redis.enabled")},
        {"web/Chart.yaml": CHARTED["web/Chart.yaml"].replace("1.2.3", "1.2.x")},
    ],
)  # fmt: skip
def test_what_a_chart_gives_to_a_part_makes_it_another(changed: dict[str, str], tmp_path: Path) -> None:
    before, after = (charted(each, tmp_path) for each in (CHARTED, {**CHARTED, **changed}))
    assert after.fixed != before.fixed


def test_a_chart_that_is_called_as_its_part_names_templates_of_both(tmp_path: Path) -> None:
    """`redis/` with the chart redis in it, as people do it: what it defines wins over what that one has."""
    files = {path.replace("web/", "redis/"): text for path, text in CHARTED.items()}
    source = Chart(path="redis", release="web", value_files=("redis/production.yaml",))
    before = charted({**files, "redis/templates/_a.tpl": '{{ define "redis.image" }}x{{ end }}'}, tmp_path, source)
    after = charted({**files, "redis/templates/_a.tpl": '{{ define "redis.image" }}y{{ end }}'}, tmp_path, source)
    assert before.fixed
    assert after.fixed != before.fixed


@pytest.mark.parametrize(
    "parameters",
    [
        (("redis.replicas", "2"),),
        (("global.host", "b"),),
        (("own", "a,redis.replicas=2"),),
        (("own={a,b}", ""),),
        (("redis\\", "1"),),
    ],
)
def test_parameters_reach_a_part(parameters: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    given = Chart(path="web", release="web", value_files=("web/production.yaml",), parameters=parameters)
    assert charted(CHARTED, tmp_path, given).fixed != charted(CHARTED, tmp_path).fixed
    others = Chart(path="web", release="web", value_files=("web/production.yaml",), parameters=(("own", "3"),))
    assert charted(CHARTED, tmp_path, others).fixed == charted(CHARTED, tmp_path).fixed


def test_a_part_of_a_part_gets_what_both_give(tmp_path: Path) -> None:
    inner = CHARTED["web/Chart.yaml"].replace("name: web", "name: lib")
    files = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"
        "dependencies: [{name: lib, version: 1.0.0, repository: 'file://../lib'}]\n",
        "web/values.yaml": "lib: {redis: {a: 1}}\nown: 1\n",
        "web/production.yaml": "",
        "web/templates/a.yaml": "",
        "lib/Chart.yaml": inner,
        "lib/values.yaml": "redis: {a: 2}\nown: 1\n",
        "lib/templates/a.yaml": "",
    }
    before = charted(files, tmp_path).fixed
    assert before
    for path, text, is_same in (
        ("web/values.yaml", "lib: {redis: {a: 9}}\nown: 1\n", False),
        ("lib/values.yaml", "redis: {a: 9}\nown: 1\n", False),
        ("web/values.yaml", "lib: {redis: {a: 1}}\nown: 9\n", True),
        ("lib/values.yaml", "redis: {a: 2}\nown: 9\n", True),
    ):
        assert (charted({**files, path: text}, tmp_path).fixed == before) is is_same, (path, text)
