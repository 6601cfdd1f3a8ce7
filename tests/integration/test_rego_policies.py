"""Policies asked by real engines: opa where it is on PATH, the embedded one where it is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.policy.rego import step
from gitops_ci.policy.rego.engine import RegoEngine
from gitops_ci.policy.scope import Told
from gitops_ci.system import rego
from gitops_ci.system.process import Stop
from tests.integration.command_line import gitops_ci
from tests.integration.repositories import Scratch
from tests.unit.policy.rego.rego_bed import Files, read, scope

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "infrastructure-gitops"
ARTICLE = Path(__file__).resolve().parents[2] / "examples" / "article"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
FINE = 'package fine\ndeny contains "said" if input.kind\n'

needs_opa = pytest.mark.skipif(shutil.which("opa") is None, reason="no opa on PATH here")
needs_embedded = pytest.mark.skipif(
    importlib.util.find_spec("regorus") is None, reason="the extra gitops-ci[rego] is not installed here"
)


@pytest.fixture(params=[pytest.param("opa", marks=needs_opa), pytest.param("embedded", marks=needs_embedded)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], RegoEngine]:
    if request.param == "embedded":
        return lambda: rego.embedded(scratch=tmp_path, stop=Stop())
    return lambda: rego.engine(os.environ, repository=tmp_path / "repository", scratch=tmp_path, stop=Stop())


def ask(engine: Callable[[], RegoEngine], files: Files, base: Files | None = None, **entry: Any) -> Told:
    some = scope(files, base, rego=[RegoPolicies(path=entry.pop("path", "p"), **entry)])
    return step.check(some, read(some), engine)


def example(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_the_article_s_example_is_clean(engine: Callable[[], RegoEngine]) -> None:
    found = ask(engine, example(EXAMPLE), path="shared/security/policies")
    assert {(each.rule, each.severity) for each in found.findings} == {
        ("rego/template", "notice"),
        ("rego/kustomization", "notice"),
    }
    assert found.run.problems == ()
    assert found.run.inputs > 20


def test_the_article_s_rules_find_what_they_should(engine: Callable[[], RegoEngine]) -> None:
    files = example(EXAMPLE)
    base = "shared/kubernetes/base/deployment.yaml"
    for good, bad in (
        (b"runAsNonRoot: true", b"runAsNonRoot: false"),
        (b"readOnlyRootFilesystem: true", b"readOnlyRootFilesystem: null"),
        (b"allowPrivilegeEscalation: false", b"allowPrivilegeEscalation: true"),
    ):
        assert good in files[base]
        files[base] = files[base].replace(good, bad)
    files["environments/production/k8s/public.yaml"] = (
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n"
        b"apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {type: LoadBalancer}\n"
    )
    found = ask(engine, files, example(EXAMPLE), path="shared/security/policies").findings
    assert {(each.path, each.line, each.message, each.severity, each.state) for each in found if each.severity != "notice"} == {
        (base, 1, "Container api must set runAsNonRoot to true", "error", "new"),
        (base, 1, "Container api must have a read-only root filesystem", "error", "new"),
        (base, 1, "Container api must not allow privilege escalation", "error", "new"),
        (
            "environments/production/k8s/public.yaml",
            5,
            "Service shop must ask for an internal load balancer",
            "error",
            "new",
        ),
    }  # fmt: skip


def test_the_article_as_it_was_printed(engine: Callable[[], RegoEngine]) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: c, image: x}]\n"
    files: dict[str, str | bytes] = {**example(ARTICLE), "k/pod.yaml": pod}
    found = ask(engine, files, path="policies").findings
    assert sorted(each.message for each in found if each.path == "k/pod.yaml") == [
        "Container c must have a read-only root filesystem",
        "Container c must not allow privilege escalation",
        "Pods must not run as root",
    ]


def test_both_syntaxes_and_data_side_by_side(engine: Callable[[], RegoEngine]) -> None:
    files = {
        "p/v0.rego": 'package main\ndeny[msg] { input.kind == "Pod"; msg := sprintf("v0 %v", [data.limits.max]) }\n',
        "p/v1.rego": 'package main\ndeny contains "v1" if input.kind == "Pod"\nwarn_x contains {"msg": "w"} if input.kind\n',
        "p/limits/data.yaml": "max: 3\n",
        "k/a.yaml": POD,
    }
    found = ask(engine, files)
    assert found.run.problems == ()
    assert [(each.rule, each.severity, each.message) for each in found.findings] == [
        ("rego/main", "error", "v0 3"),
        ("rego/main", "error", "v1"),
        ("rego/main.warn_x", "warning", "w"),
    ]


def test_exceptions(engine: Callable[[], RegoEngine]) -> None:
    policy = """\
package main
deny_root contains "root" if input.kind
exception contains rules if {
	input.metadata.name == "a"
	rules := ["root"]
}
"""
    files = {"p/a.rego": policy, "k/a.yaml": POD, "k/b.yaml": POD.replace("name: a", "name: b")}
    found = ask(engine, files).findings
    assert sorted((each.path, each.severity, each.waived_by is not None) for each in found) == [
        ("k/a.yaml", "notice", True),
        ("k/b.yaml", "error", False),
    ]


HCL = """\
package main
deny contains msg if {
	some name
	some rule in input.resource.aws_security_group_rule[name]
	rule.type == "ingress"
	"0.0.0.0/0" in rule.cidr_blocks
	msg := sprintf("%v is open", [name])
}
"""
DOCKER = """\
package main
deny contains msg if {
	some i
	input[i].Cmd == "from"
	endswith(input[i].Value[0], ":latest")
	msg := sprintf("%v moves", [input[i].Value[0]])
}
"""
SQL = """\
package main
deny contains {"msg": "drops a table", "line": each.line} if {
	some each in input.statements
	each.kind == "DropStmt"
}
"""


@pytest.mark.parametrize(
    ("policy", "path", "content", "messages"),
    [
        (HCL, "a.tf", 'resource "aws_security_group_rule" "x" {\n  type = "ingress"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n',
         [("x is open", 1)]),
        (DOCKER, "Dockerfile", "FROM a:1\nFROM b:latest\n", [("b:latest moves", 1)]),
        ('package main\ndeny contains "old" if input.version == "3"\n', "compose.yml", 'version: "3"\n', [("old", 1)]),
        ('package main\ndeny contains "weak" if input.tls.min < 12\n', "a.toml", "[tls]\nmin = 11\n", [("weak", 1)]),
        ('package main\ndeny contains "x" if input.a == 1\n', "a.json", '[{"a": 1}, {"a": 2}]', [("x", 1)]),
    ],
)  # fmt: skip
def test_files_of_every_format(
    engine: Callable[[], RegoEngine], policy: str, path: str, content: str, messages: list[tuple[str, int]]
) -> None:
    found = ask(engine, {"p/a.rego": policy, path: content})
    assert found.run.problems == ()
    assert [(each.message, each.line) for each in found.findings if each.path == path] == messages


def test_sql(engine: Callable[[], RegoEngine]) -> None:
    pytest.importorskip("pglast", reason="the extra gitops-ci[database] is not installed here")
    (found,) = ask(engine, {"p/a.rego": SQL, "m/1.sql": "SELECT 1;\n\nDROP TABLE a;\n"}).findings
    assert (found.message, found.path, found.line) == ("drops a table", "m/1.sql", 3)


LOOP = """\
package bad
deny contains msg if {
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	some k in numbers.range(1, 100000)
	i * j * k == -1
	msg := input.kind
}
"""


@pytest.mark.parametrize(
    ("policy", "codes"),
    [
        ("package bad\ndeny contains msg if {\n  input.kind ==\n}\n", {"syntax"}),
        ("package bad\nf(x) := f(x)\ndeny contains f(1) if input.kind\n", {"compile", "crashed", "evaluation"}),
        ("package bad\ndeny contains x if { some x in deny; input.kind }\n", {"compile", "evaluation"}),
        ("package bad\ndeny contains 1 if { input.kind; nothing_such(1) }\n", {"compile", "evaluation"}),
        ("package bad\ndeny := 3 if input.kind\n", {"policy-shape"}),
        ("package bad\ndeny if input.kind\n", {"policy-shape"}),
        ("package bad\nx := 1\nx := 2\ndeny contains \"1\" if { input.kind; x }\n", {"compile", "evaluation"}),
        pytest.param(LOOP, {"timeout"}, id="loop"),
    ],
)  # fmt: skip
def test_a_bad_policy_leaves_the_change_open_and_keeps_the_others(
    engine: Callable[[], RegoEngine], monkeypatch: pytest.MonkeyPatch, policy: str, codes: set[str]
) -> None:
    from gitops_ci.policy.rego import asking
    from gitops_ci.policy.rego.engine import Limits

    monkeypatch.setattr(asking, "LIMITS", Limits(seconds=2.0))
    found = ask(engine, {"p/bad.rego": policy, "p/fine.rego": FINE, "k/a.yaml": POD})
    assert {each.code for each in found.run.problems} <= codes
    assert found.run.problems
    assert {(each.path, each.line is not None) for each in found.run.problems} == {("p/bad.rego", True)}
    assert [each.rule for each in found.findings] == ["rego/fine"]


def test_ten_megabytes_of_data(engine: Callable[[], RegoEngine]) -> None:
    data = json.dumps({"names": ["x" * 1000] * 9_000})
    policy = 'package main\ndeny contains "all" if { input.kind; count(data.names) == 9000 }\n'
    assert [each.message for each in ask(engine, {"p/a.rego": policy, "p/d.json": data, "k/a.yaml": POD}).findings] == [
        "all"
    ]


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    made = Scratch(tmp_path / "repository")
    made.commit({name: content for name, content in example(EXAMPLE).items() if name.startswith("shared/security/")})
    return made


needs_engine = pytest.mark.skipif(
    shutil.which("opa") is None and importlib.util.find_spec("regorus") is None, reason="no engine of Rego is here"
)


@needs_engine
def test_policy_test_and_check_as_users_run_them(repository: Scratch) -> None:
    done = gitops_ci(repository.path, "policy", "test", "--format", "json")
    assert done.code == 0
    assert len(done.json()["results"]) == 8
    assert {each["outcome"] for each in done.json()["results"]} == {"pass"}
    assert done.json()["coverage"]["percent"] > 80
    assert gitops_ci(repository.path, "policy", "test", "--coverage-minimum", "100.0", "nowhere").code == 2
    checked = gitops_ci(repository.path, "policy", "check")
    assert (checked.code, "nothing to object to" in checked.stdout) == (0, True)
    place = "shared/security/policies/kubernetes_security_test.rego"
    text = (repository.path / place).read_text(encoding="utf-8").replace("== 3 with", "== 4 with", 1)
    repository.write({place: text, "shared/security/policies/bad.rego": "package bad\ndeny := 3 if {\n"})
    failed = gitops_ci(repository.path, "policy", "check")
    assert failed.code == 1
    assert "shared/security/policies/bad.rego:" in failed.stdout
    (repository.path / "shared/security/policies/bad.rego").unlink()
    failed = gitops_ci(repository.path, "policy", "test")
    assert failed.code == 1
    assert "✗ test_bare_container_is_denied_for_every_setting" in failed.stdout
    assert f"{place}:28" in failed.stdout


@needs_engine
def test_a_repository_without_policies_is_a_wrong_call(tmp_path: Path) -> None:
    empty = Scratch(tmp_path / "repository")
    empty.commit({"README.md": ""})
    for command in ("test", "check"):
        done = gitops_ci(empty.path, "policy", command)
        assert done.code == 2
        assert "no Rego policy at shared/security/policies" in done.stderr
