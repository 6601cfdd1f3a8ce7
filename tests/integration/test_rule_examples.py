"""The examples of docs/rules/rego.md and checkov.md do what they say, with the real engines."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops_ci import config_file
from gitops_ci.config import RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.model.finding import Finding
from gitops_ci.policy.checkov import severities
from gitops_ci.policy.checkov import step as checkov_step
from gitops_ci.policy.rego import changes, step
from gitops_ci.policy.rego.engine import RegoEngine
from gitops_ci.policy.rules import catalog
from gitops_ci.policy.scope import Scope
from gitops_ci.system import checkov, rego
from gitops_ci.system.process import Stop
from tests.unit.policy.rego.rego_bed import Files, read, scope
from tests.unit.policy.rules import rule_examples

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rules" / "rego.md").read_text(encoding="utf-8")
POLICY = {"policies/pods.rego": PAGE.partition("```rego\n")[2].partition("```")[0]}
CHECKOV = "checkov/CKV_AWS_24"

needs_checkov = pytest.mark.skipif(
    not (Path(f"{checkov.BESIDE}") / "bin/python").is_file(), reason="no checkov beside this Python: `make checkov`"
)


@pytest.fixture
def engine(tmp_path: Path) -> Callable[[], RegoEngine]:
    if importlib.util.find_spec("regorus") is None:
        pytest.skip("the extra gitops-ci[rego] is not installed here")
    return lambda: rego.embedded(scratch=tmp_path, stop=Stop())


def told(engine: Callable[[], RegoEngine], head: Files, base: Files | None = None) -> dict[str, Finding]:
    """What policies say of files, by rule; the policies are those of the page's top, where the files have none."""
    files: dict[str, Any] = {**POLICY, **head}
    content = files.pop("gitops-ci.yml", None)
    entries = config_file.load(content.encode()).policy.rego if content else (RegoPolicies(path="policies"),)
    some = scope(files, {**POLICY, **base} if base is not None else None, rego=entries)
    current = read(some)
    more = tuple(changes.findings(some, current, engine))
    return {each.rule: each for each in step.check(some, current, engine, more=more).findings}


@pytest.mark.parametrize("rule", ["no-policies", "unreadable", "template", "kustomization", "selects-nothing"])
def test_the_examples_of_rego_do_what_they_say(rule: str, engine: Callable[[], RegoEngine]) -> None:
    id = f"rego/{rule}"
    known = catalog.of(id)
    assert known is not None
    found = told(engine, rule_examples.files(id, "fails"))
    assert known.severity.startswith(found[id].severity)
    assert id not in told(engine, rule_examples.files(id, "passes"))


def test_a_broken_policy_is_invalid_and_a_changed_one_is_told(engine: Callable[[], RegoEngine]) -> None:
    pod = rule_examples.files("rego/ID", "passes")
    broken = told(engine, pod | rule_examples.files("rego/invalid", "fails"), pod)
    assert (broken["rego/invalid"].severity, broken["rego/invalid"].path) == ("error", "policies/pods.rego")
    assert broken["rego/changed"].severity == "warning"
    assert told(engine, pod | rule_examples.files("rego/invalid", "passes"), pod).keys() == {"rego/changed"}
    assert told(engine, pod, pod) == {}


def test_the_policy_of_the_page_says_what_the_page_says(engine: Callable[[], RegoEngine]) -> None:
    (found,) = told(engine, rule_examples.files("rego/ID", "fails")).values()
    said = re.search(r"^    ✗ (.+?)  (rego/\S+)\n      (\S+):(\d+)\n      → (.+)$", PAGE, re.MULTILINE)
    assert said is not None
    assert said.groups() == (found.message, found.rule, found.path, str(found.line), found.help)
    assert told(engine, rule_examples.files("rego/ID", "passes")) == {}


def scanned(tmp_path: Path, path: str, text: str) -> dict[str, Finding]:
    head = snapshot.of({path: text})
    config = config_file.load(b"version: 1\npolicy: {checkov: {}}\n")
    some = Scope(rules=head, base=None, head=head, config=config, paths=(path,), changed=frozenset())
    runner = checkov.Checkov(environ=os.environ, repository=tmp_path / "none", scratch=tmp_path, stop=Stop())
    answer = checkov_step.check(some, runner)
    assert answer.run.problems == ()
    return {each.rule: each for each in answer.findings}


@needs_checkov
@pytest.mark.parametrize(
    ("section", "rule", "path"),
    [("checkov/ID", CHECKOV, "infra/main.tf"), ("checkov/unreadable", "checkov/unreadable", "k8s/pod.yaml")],
)
def test_the_examples_of_checkov_do_what_they_say(section: str, rule: str, path: str, tmp_path: Path) -> None:
    fails, passes = (rule_examples.files(section, side)["example"] for side in ("fails", "passes"))
    assert scanned(tmp_path, path, fails)[rule].severity == "error"
    assert rule not in scanned(tmp_path, path, passes)
    assert severities.of(CHECKOV.partition("/")[2]) == "error"
