"""YAML as kubectl reads it, by its recorded answers (tests/integration/kubernetes_yaml.py); where kustomize differs, doubt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_ci.policy.documents import manifests, yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

ANSWERS = json.loads(Path(__file__).with_name("kubernetes_yaml.json").read_text(encoding="utf-8"))


def read(text: str) -> list[Any] | None:
    """The objects that are judged; None where the file is refused or in doubt."""
    try:
        documents = list(yaml_documents.documents(text.encode()))
    except YamlProblem:
        return None
    if next(manifests.doubts(documents), None) is not None:
        return None
    return [each.value for each in manifests.objects(documents)]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: repr(answer["yaml"][-40:]))
def test_what_is_judged_is_what_is_deployed(answer: dict[str, Any]) -> None:
    judged = read(answer["yaml"])
    if judged is None:
        return
    for deployer in ("kubectl", "kustomize"):
        for deployed in answer[deployer] or ():
            assert any(same(each, deployed) for each in judged), (deployer, deployed, judged)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON is; True is not 1."""
    return json.dumps(_numbers(one), sort_keys=True) == json.dumps(_numbers(other), sort_keys=True)


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_the_usual_is_read() -> None:
    answers = [answer for answer in ANSWERS if answer["kubectl"] is not None]
    refused = [answer["yaml"] for answer in answers if read(answer["yaml"]) is None]
    assert len(ANSWERS) >= 150
    assert len(refused) < len(answers) / 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!binary djE=", "v1"),
        ("0o0", 0),
        ("0e0", 0),
        ("1:30", "1:30"),
        ("08", 8),
        ("1.0", 1),
        ("!foo 1", "1"),
        ("1e400", "1e400"),
    ],
)
def test_words(text: str, value: Any) -> None:
    (document,) = yaml_documents.documents(f"a: {text}\n".encode())
    assert (type(document.value["a"]), document.value["a"], document.doubts) == (type(value), value, ())


@pytest.mark.parametrize(
    "text",
    ["a: yes", "on: 1", "010: 1", "a: 1\na: 2", "{a: 1, <<: {a: 2}}", "{<<: {a: 1}, <<: {b: 2}}", "a: 2020-01-02",
     "a: ! 1", "a: &b ! 1", "!!str <<: 1", "a: !!binary /w==", "--- !x\na: 1"],
)  # fmt: skip
def test_doubts(text: str) -> None:
    (document,) = yaml_documents.documents(text.encode())
    assert document.doubts


@pytest.mark.parametrize(
    "text", ["a: .inf", "a: !!binary '@'", "a: 1\n---x: 1", "---#\na: 1", "--- |\n  a: 1\n", "<<: 1"]
)
def test_refused(text: str) -> None:
    with pytest.raises(YamlProblem):
        list(yaml_documents.documents(text.encode()))


def test_merges_have_the_order_of_kubectl_and_lines_of_keys() -> None:
    (document,) = yaml_documents.documents(b"<<: {a: {x: 1}, b: 1}\na:\n  x: 2\n")
    assert document.value == {"a": {"x": 2}, "b": 1}
    assert document.line_of(("a", "x")) == 3


def test_an_anchor_may_be_there_twice() -> None:
    """Both take the one before; libyaml's own composer refuses it."""
    [document] = yaml_documents.documents(b"a: &x 1\nb: *x\nc: &x {d: 2}\ne: *x\n")
    assert document.value == {"a": 1, "b": 1, "c": {"d": 2}, "e": {"d": 2}}
    assert (document.line_of(("e",)), document.doubts) == (4, ())
    with pytest.raises(YamlProblem):
        list(yaml_documents.documents(b"a: &x 1\nc: &x {d: *x}\n"))
