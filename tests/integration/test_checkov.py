"""The checkov step with the real checkov, in the environment that `make test` sets up beside ours."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gitops_ci.config import Checkov, Config, Policy
from gitops_ci.discover import snapshot
from gitops_ci.discover.snapshot import Snapshot, changed_paths
from gitops_ci.model import stack
from gitops_ci.model.finding import Finding
from gitops_ci.policy.checkov import step
from gitops_ci.policy.scope import Scope, Told
from gitops_ci.system import checkov
from gitops_ci.system.process import Stop

pytestmark = pytest.mark.skipif(
    not (Path(f"{checkov.BESIDE}") / "bin/python").is_file(), reason="no checkov beside this Python: `make checkov`"
)
BUCKET = """resource "aws_s3_bucket" "logs" {
  bucket = "acme-logs"
}
"""
OPEN_GROUP = """resource "aws_security_group" "open" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
INGRESS = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: web
          image: nginx:latest
          securityContext: {privileged: true}
"""
TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Volume:
    Type: AWS::EC2::Volume
    Properties: {Size: 1, Encrypted: false, AvailabilityZone: eu-west-1a}
"""
WORKFLOW = """name: build
on: push
permissions: write-all
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.issue.title }}"
"""
EVERYTHING = {
    "infra/main.tf": BUCKET + OPEN_GROUP,
    "k8s/web.yaml": DEPLOYMENT,
    "cfn/volume.yml": TEMPLATE,
    "Dockerfile": "FROM debian:latest\nRUN apt-get update\n",
    ".github/workflows/build.yml": WORKFLOW,
}
NAMED = "production/terraform/network"


def asked(
    tmp_path: Path,
    head: Snapshot,
    base: Snapshot | None = None,
    *,
    settings: Checkov | None = None,
    plans: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    **more: Any,
) -> Told:
    """One real run over two ends; every path that differs is looked at, or all of them where there is no base."""
    changed = frozenset(changed_paths(base, head)) if base is not None else frozenset[str]()
    documents: dict[str, Path] = {}
    for number, (name, plan) in enumerate((plans or {}).items()):
        documents[name] = tmp_path / f"plan-{number}.json"
        documents[name].write_bytes(plan if isinstance(plan, bytes) else json.dumps(plan).encode())
    scope = Scope(
        **{
            "rules": base or head,
            "base": base,
            "head": head,
            "config": Config(policy=Policy(checkov=settings or Checkov())),
            "paths": tuple(sorted(head.entries if base is None else changed & head.entries.keys())),
            "changed": changed,
            "plans": documents,
            "stacks": {NAMED: stack.make(environment="production", kind="terraform", name="network", path="infra")},
            **more,
        }
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    runner = checkov.Checkov(
        environ=environ if environ is not None else os.environ,
        repository=tmp_path / "none",
        scratch=scratch,
        stop=Stop(),
    )
    told = step.check(scope, runner)
    assert list(scratch.iterdir()) == [], "a private copy was left behind"
    return told


def rules(told: Told, path: str | None = None) -> set[str]:
    return {found.rule for found in told.findings if path is None or found.path == path}


def one(told: Told, rule: str) -> Finding:
    [found] = [found for found in told.findings if found.rule == rule]
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return asked(tmp_path_factory.mktemp("everything"), snapshot.of(EVERYTHING))


def test_every_framework_is_asked(everything: Told) -> None:
    assert everything.run.problems == ()
    assert everything.run.engine is not None
    assert (everything.run.engine.version, everything.run.engine.source) == ("3.3.30", "embedded")
    assert everything.run.inputs == 5
    assert everything.run.policies > 100
    assert "checkov/CKV_AWS_24" in rules(everything, "infra/main.tf")
    assert "checkov/CKV_K8S_16" in rules(everything, "k8s/web.yaml")
    assert "checkov/CKV_AWS_3" in rules(everything, "cfn/volume.yml")
    assert "checkov/CKV_DOCKER_7" in rules(everything, "Dockerfile")
    assert "checkov/CKV2_GHA_1" in rules(everything, ".github/workflows/build.yml")


def test_a_finding_says_what_where_and_how_severe(everything: Told) -> None:
    found = one(everything, "checkov/CKV_AWS_24")
    assert found.message.startswith("aws_security_group.open: Ensure no security groups allow ingress from 0.0.0.0")
    assert (found.path, found.line, found.severity, found.state) == ("infra/main.tf", 4, "error", "new")
    assert found.url == "https://www.checkov.io/5.Policy%20Index/terraform.html"
    assert one(everything, "checkov/CKV_K8S_16").message.startswith("Deployment.shop.web: ")
    assert one(everything, "checkov/CKV_K8S_16").severity == "warning"


def test_no_path_of_this_machine_is_told(everything: Told) -> None:
    assert b"/tmp" not in msgspec.json.encode(everything)
    assert all(found.path in EVERYTHING for found in everything.findings)


# What a hostile head may try

PLANTED = {
    ".checkov.yaml": "skip-check: [CKV_AWS_24]\nexternal-checks-dir: [infra/checks]\nframework: [secrets]\n",
    "infra/.checkov.yml": "skip-check: [CKV_AWS_24]\n",
    "infra/checks/__init__.py": "open('PLACE', 'w')\n",
    "infra/checks/own.py": "open('PLACE', 'w')\n",
    "infra/.external_modules/x/main.tf": BUCKET,
    "sitecustomize.py": "open('PLACE', 'w')\n",
    "yaml.py": "open('PLACE', 'w')\n",
}


def skipped(text: str, reason: str = "a test") -> str:
    return text.replace("{\n", f"{{\n  # checkov:skip=CKV_AWS_24:{reason}\n", 1)


OTHER = OPEN_GROUP.replace('"open"', '"other"')
SAFE = DEPLOYMENT.replace("privileged: true", "privileged: false")
ANNOTATED, SAFE_ANNOTATED = (
    text.replace("  namespace", '  annotations: {checkov.io/skip1: "CKV_K8S_16=legacy"}\n  namespace')
    for text in (DEPLOYMENT, SAFE)
)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Both ends, with what a hostile head plants: its configuration, its own checks, modules named like libraries."""
    tmp_path = tmp_path_factory.mktemp("compared")
    place = tmp_path / "ran"
    planted = {path: text.replace("PLACE", str(place)) for path, text in PLANTED.items()}
    base = {
        **EVERYTHING,
        "infra/main.tf": BUCKET,
        "skips/main.tf": skipped(OPEN_GROUP, "bastion"),
        "skips/web.yaml": ANNOTATED,
        "skips/new.yaml": DEPLOYMENT,
        "skips/altered.yaml": SAFE_ANNOTATED,
    }
    head = {
        **EVERYTHING,
        **planted,
        "k8s/web.yaml": "\n\n" + SAFE,
        "skips/main.tf": "\n\n" + skipped(OPEN_GROUP, "bastion") + skipped(OTHER, "trust me"),
        "skips/web.yaml": "\n" + ANNOTATED,
        "skips/new.yaml": ANNOTATED,
        "skips/altered.yaml": ANNOTATED,
    }
    environ = {**os.environ, "CKV_FRAMEWORK": "secrets"}
    settings = Checkov(custom_checks="infra/checks")
    told = asked(tmp_path, snapshot.of(head), snapshot.of(base), settings=settings, environ=environ)
    assert not place.exists(), "code of the repository was run"
    return told


def test_what_a_repository_plants_changes_nothing(compared: Told) -> None:
    """Its own checks are none where base has none of them."""
    [found] = [
        found for found in compared.findings if (found.rule, found.path) == ("checkov/CKV_AWS_24", "infra/main.tf")
    ]
    assert found.state == "new"
    assert compared.run.problems == ()


def test_base_and_head_are_compared(compared: Told) -> None:
    here = [found for found in compared.findings if found.path == "k8s/web.yaml"]
    assert [found.state for found in here if found.rule == "checkov/CKV_K8S_16"] == ["fixed"]
    assert [found.state for found in here if found.rule == "checkov/CKV_K8S_14"] == ["existing"]
    buckets = [
        found for found in compared.findings if found.path == "infra/main.tf" and "aws_s3_bucket.logs" in found.message
    ]
    assert {found.state for found in buckets} == {"existing"}


def test_a_skip_of_base_is_a_waiver_and_a_new_one_a_request(compared: Told) -> None:
    here = [found for found in compared.findings if (found.path or "").startswith("skips/")]
    by_line = {found.line: found for found in here if found.rule == "checkov/CKV_AWS_24"}
    waived = by_line[3].waived_by
    assert waived is not None
    assert (waived.what, waived.reason) == ("checkov:skip", "bastion")
    assert by_line[12].waived_by is None
    manifests = {found.path: found for found in here if found.rule == "checkov/CKV_K8S_16"}
    assert manifests["skips/web.yaml"].waived_by is not None
    assert manifests["skips/new.yaml"].waived_by is None
    assert (manifests["skips/altered.yaml"].state, manifests["skips/altered.yaml"].waived_by) == ("new", None)
    requests = [found for found in here if found.rule == "policy/waiver-requested"]
    assert [(found.path, found.line, found.severity) for found in requests] == [
        ("skips/altered.yaml", 1, "warning"),
        ("skips/main.tf", 12, "warning"),
        ("skips/new.yaml", 1, "warning"),
    ]
    assert "trust me" in requests[1].message


ODD: dict[str, bytes | str] = {
    "infra/broken.tf": 'resource "aws_s3_bucket" {{{\n',
    "infra/ok.tf": OPEN_GROUP,
    "k8s/broken.yaml": "apiVersion: v1\nkind: Pod\n\tmetadata: [\n",
    "k8s/binary.yaml": b"apiVersion kind \x00\xff\xfe\x80",
    "k8s/new\nline.yaml": DEPLOYMENT,
    "k8s/\udcff.yaml": DEPLOYMENT,
    "k8s/huge.yaml": b"apiVersion: v1\nkind: ConfigMap\n# " + b"x" * (11 << 20),
    "k8s/hidden.yaml": DEPLOYMENT + "# {{ .Values.hidden }}\n",
    "k8s/named.yaml": DEPLOYMENT.replace("name: web\n          image", "name: 'w{eb'\n          image"),
    "k8s/list.yaml": "apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {}}\n",
    "k8s/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [web.yaml]\n",
    "k8s/odd.yaml": "apiVersion: v1\nkind: Pod\nmetadata: 7\nspec: {containers: {a: [1]}}\n",
    "Dockerfile": b"\x00\x01\xff",
    "build/Dockerfile": "FROM debian:latest\n",
    ".github/workflows/odd.yml": "on: [push\n",
    "infra/new\nline.tf": BUCKET,
    "tofu/open.tofu": OPEN_GROUP,
    "cdk/open.tf.json": json.dumps({"resource": {"aws_security_group": {"open": {"ingress": [INGRESS]}}}}),
    "cdk/broken.tf.json": "{",
    "k8s/escaped.yaml": DEPLOYMENT.replace("apiVersion", '"api\\u0056ersion"').replace("kind", '"k\\u0069nd"'),
    "k8s/escaped.json": DEPLOYMENT.replace("apiVersion", '"api\\u0056ersion"').replace("kind", '"k\\u0069nd"'),
    "k8s/typed.yaml": "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- "
    + DEPLOYMENT.partition("Deployment\n")[2].replace("\n", "\n  "),
    "cfn/escaped.yaml": TEMPLATE.replace("Resources", '"\\u0052esources"'),
    "cfn/volume.cfn": TEMPLATE,
    "build/Containerfile": "FROM debian:latest\n",
}


def test_odd_files_hide_no_other_and_are_told(tmp_path: Path) -> None:
    links = {"k8s/link.yaml": "/etc/passwd", "infra/link.tf": "../../../../../etc/passwd", "infra/loop": "loop"}
    told = asked(tmp_path, snapshot.of(ODD, links=links))
    unread = {found.path for found in told.findings if found.rule == "checkov/unreadable"}
    assert unread == {
        "infra/broken.tf", "infra/new\nline.tf", "k8s/broken.yaml", "k8s/binary.yaml", "k8s/huge.yaml", "k8s/odd.yaml",
        "k8s/hidden.yaml", "k8s/named.yaml", "cdk/broken.tf.json", "cfn/escaped.yaml", "Dockerfile", ".github/workflows/odd.yml",
    }  # fmt: skip
    assert "checkov/CKV_AWS_24" in rules(told, "infra/ok.tf")
    assert "checkov/CKV_K8S_16" in rules(told, "k8s/new\nline.yaml")
    assert "checkov/CKV_K8S_16" in rules(told, "k8s/\udcff.yaml")
    assert "checkov/CKV_DOCKER_7" in rules(told, "build/Dockerfile") & rules(told, "build/Containerfile")
    assert "checkov/CKV_AWS_24" in rules(told, "tofu/open.tofu") & rules(told, "cdk/open.tf.json")
    assert "checkov/CKV_AWS_3" in rules(told, "cfn/volume.cfn")
    for path, line in {"k8s/escaped.yaml": 1, "k8s/escaped.json": 1, "k8s/typed.yaml": 4}.items():
        assert {each.line for each in told.findings if (each.path, each.rule) == (path, "checkov/CKV_K8S_16")} == {line}


HELM = """#!/bin/sh
[ "$1 $2" = "template release" ] || exit 1
grep -q broken "$3/Chart.yaml" && { echo no >&2; exit 1; }
printf -- '---\\n# Source: web/templates/web.yaml\\n'
cat "$3/templates/web.yaml"
"""


@pytest.fixture(scope="module")
def charted(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Charts beside everything else, of which patterns choose the checks."""
    tmp_path = tmp_path_factory.mktemp("charted")
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)
    safe = DEPLOYMENT.replace("privileged: true", "privileged: false")
    base = {
        "charts/web/Chart.yaml": "name: web",
        "charts/web/templates/web.yaml": safe,
        "charts/bad/Chart.yaml": "name: broken",
    }
    head = EVERYTHING | {
        "charts/web/Chart.yaml": "name: web",
        "charts/web/templates/web.yaml": DEPLOYMENT,
        "charts/web/templates/hidden.yaml": "# {{ if false }}\n" + DEPLOYMENT + "# {{ end }}\n",
        "charts/web/crds/pod.yaml": DEPLOYMENT,
        "charts/web/beside.yaml": DEPLOYMENT,
        "charts/bad/Chart.yaml": "name: broken2",
        "charts/new/Chart.yaml": "name: broken",
    }
    environ = {**os.environ, "PATH": f"{helm.parent}:{os.environ['PATH']}"}
    settings = Checkov(checks=("CKV_AWS_*", "CKV_K8S_1?"), skip=("CKV_AWS_24", "CKV_K8S_10", "HIGH"))
    return asked(tmp_path, snapshot.of(head), snapshot.of(base), environ=environ, settings=settings)


def test_patterns_choose_the_checks_of_every_framework(charted: Told) -> None:
    found = {each for each in rules(charted) if each != "checkov/chart-not-rendered"}
    assert "checkov/CKV_AWS_3" in found
    assert {each.rpartition("/")[2][:8] for each in found} <= {"CKV_AWS_", "CKV_K8S_"}
    assert not found & {"checkov/CKV_AWS_24", "checkov/CKV_K8S_10", "checkov/CKV_K8S_20"}


def test_charts_are_rendered_by_the_helm_on_path(charted: Told) -> None:
    states = {(each.rule[8:], each.path): each.state for each in charted.findings}
    assert states["CKV_K8S_16", "charts/web/templates/web.yaml"] == "new"
    assert states["CKV_K8S_14", "charts/web/templates/web.yaml"] == "existing"
    assert {each.line for each in charted.findings if each.path == "charts/web/templates/web.yaml"} == {None}
    assert one(charted, "checkov/chart-not-rendered").path == "charts/bad/Chart.yaml"


def test_what_helm_does_not_render_is_looked_at_or_told(charted: Told) -> None:
    assert "checkov/CKV_K8S_16" in rules(charted, "charts/web/crds/pod.yaml")
    assert "checkov/CKV_K8S_16" in rules(charted, "charts/web/beside.yaml")
    assert [(problem.code, problem.path) for problem in charted.run.problems] == [
        ("checkov-chart", "charts/new/Chart.yaml"),
        ("checkov-chart", "charts/web/templates/hidden.yaml"),
    ]


# Plans


def resource(address: str, type: str, values: dict[str, Any]) -> dict[str, Any]:
    name = address.rpartition(".")[2]
    return {"address": address, "mode": "managed", "type": type, "name": name, "values": values}


def plan(after: list[dict[str, Any]], before: list[dict[str, Any]], actions: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": after}},
        "prior_state": {"values": {"root_module": {"resources": before}}},
        "resource_changes": [
            {"address": address, "change": {"actions": each, "before": None, "after": {}}}
            for address, each in actions.items()
        ],
        "configuration": {"root_module": {}},
    }


def ingress(*ports: int) -> dict[str, Any]:
    rules = [{"from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]} for port in ports]
    return {"ingress": rules}


def test_a_plan_is_judged_and_not_its_files_once_more(tmp_path: Path) -> None:
    """And of one with resources that checkov does not see there is a problem."""
    group = "aws_security_group.open"
    document = plan(
        [resource(group, "aws_security_group", ingress(22, 3389))],
        [resource(group, "aws_security_group", ingress(22))],
        {group: ["update"]},
    )
    odd = resource("aws_s3_bucket.a", "aws_s3_bucket", {})
    twice = plan([odd, {**odd, "address": "aws_s3_bucket.b", "values": None}], [], {})
    head = snapshot.of({"infra/main.tf": "\n" + OPEN_GROUP})
    told = asked(
        tmp_path,
        head,
        snapshot.of({"infra/main.tf": OPEN_GROUP}),
        plans={NAMED: document, "production/terraform/odd": twice},
        owners={"infra/main.tf": (NAMED,)},
    )
    assert [problem.code for problem in told.run.problems] in (["checkov-resources"], ["checkov-broke"])
    assert told.run.inputs == 2
    ssh, rdp = one(told, "checkov/CKV_AWS_24"), one(told, "checkov/CKV_AWS_25")
    assert (ssh.state, ssh.path, ssh.line, ssh.stack) == ("existing", "infra/main.tf", 2, NAMED)
    assert rdp.state == "new"


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"{}", b'{"planned_values": 7}', b'{"planned_values": {"root_module": {"resources": [7]}}}'],
)
def test_a_malformed_plan_is_a_problem(document: bytes, tmp_path: Path) -> None:
    told = asked(tmp_path, snapshot.of({}), plans={NAMED: document})
    assert [problem.code for problem in told.run.problems] == ["checkov-plan"]


# Custom checks

CUSTOM = """from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

class Named(BaseResourceCheck):
    def __init__(self):
        super().__init__("Buckets begin with acme", "ACME_1", [CheckCategories.CONVENTION], ["aws_s3_bucket"])

    def scan_resource_conf(self, conf):
        return CheckResult.PASSED if conf["bucket"][0].startswith("ACME") else CheckResult.FAILED

check = Named()
"""
IN_YAML = """metadata: {id: ACME_2, name: Buckets have an owner, category: CONVENTION}
definition: {cond_type: attribute, resource_types: [aws_s3_bucket], attribute: tags.Owner, operator: exists}
"""


BREAKS = CUSTOM.replace("        return", "        raise KeyError('secret')\n        return").replace(
    "ACME_1", "ACME_3"
)
TELLS = (
    "import os, socket\n"
    "leaked = [name for name in os.environ if 'TOKEN' in name or 'AWS' in name or 'GITHUB' in name]\n"
    "try:\n    socket.create_connection(('192.0.2.1', 80), 2); reached = True\n"
    "except OSError as error:\n    reached = not any(word in str(error) for word in ('unreachable', 'not permitted'))\n"
    "raise ValueError((leaked, reached))\n"
)


@pytest.fixture(scope="module")
def customs(tmp_path_factory: pytest.TempPathFactory) -> Told:
    base = {
        "checks/named.py": CUSTOM,
        "checks/owner.yaml": IN_YAML,
        "checks/broken.py": "print('garbage' * 99999)\nimport nothing_like_it\n",
        "checks/breaks.py": BREAKS,
        "checks/tells.py": TELLS,
    }
    head = {
        **base,
        "checks/named.py": CUSTOM.replace("FAILED", "PASSED"),
        "checks/owner.yaml": "",
        "infra/main.tf": BUCKET,
    }
    environ = {**os.environ, "GITHUB_TOKEN": "ghs_x", "AWS_SECRET_ACCESS_KEY": "y", "BC_API_KEY": "z", "MY_TOKEN": "t"}
    settings = Checkov(custom_checks="checks")
    place = tmp_path_factory.mktemp("customs")
    return asked(place, snapshot.of(head), snapshot.of(base), settings=settings, environ=environ)


def test_custom_checks_are_those_of_base(customs: Told) -> None:
    assert {"checkov/ACME_1", "checkov/ACME_2"} <= rules(customs, "infra/main.tf")
    wrong = [problem.path for problem in customs.run.problems if problem.code == "checkov-custom-check"]
    assert wrong == ["checks/broken.py", "checks/tells.py"]


def test_a_check_that_breaks_is_told(customs: Told) -> None:
    [problem] = [problem for problem in customs.run.problems if problem.code == "checkov-broken-check"]
    assert "ACME_3" in problem.message
    assert "secret" not in problem.message


def test_it_has_no_network_and_no_token(customs: Told) -> None:
    from gitops_ci.system import clean_room, wall_shim

    [problem] = [problem for problem in customs.run.problems if problem.path == "checks/tells.py"]
    assert "([], " in problem.message
    if wall_shim.filters() or "--net" in clean_room.namespaces(offline=True):
        assert "([], False)" in problem.message


# When it fails


def test_a_limit_of_time_keeps_what_was_found(tmp_path: Path) -> None:
    slow = CUSTOM.replace("        return", "        import time; time.sleep(600)\n        return")
    head = snapshot.of({"Dockerfile": "FROM debian\n", "infra/main.tf": BUCKET, "checks/slow.py": slow})
    told = asked(tmp_path, head, settings=Checkov(custom_checks="checks", timeout=15))
    [problem] = told.run.problems
    assert problem.code == "checkov-timeout"
    assert "policy.checkov.timeout" in problem.message
    assert "not looked at: head/terraform" in problem.message
    assert "checkov/CKV_DOCKER_3" in rules(told)


def test_a_slow_check_is_bounded_and_named(tmp_path: Path) -> None:
    slow = CUSTOM.replace("        return", "        import time; time.sleep(2.1)\n        return")
    buckets = "".join(BUCKET.replace('"logs"', f'"b{number}"') for number in range(9))
    head = snapshot.of({"infra/main.tf": buckets, "checks/slow.py": slow})
    told = asked(tmp_path, head, settings=Checkov(custom_checks="checks", checks=("ACME_*",), timeout=30))
    [problem] = told.run.problems
    assert problem.code == "checkov-slow"
    assert "ACME_1: 6" in problem.message
    assert len(told.findings) == 3


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("import os; os._exit(3)", "checkov-crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "checkov-memory"),
        ("x = bytearray(6 << 30)", "checkov-custom-check"),
    ],
)
def test_however_it_ends_it_is_no_pass(does: str, code: str, tmp_path: Path) -> None:
    head = snapshot.of({"infra/main.tf": BUCKET, "checks/own.py": does})
    problems = asked(tmp_path, head, settings=Checkov(custom_checks="checks")).run.problems
    assert [problem.code for problem in problems] == [code]
