"""Data of policies as one object."""

from __future__ import annotations

import json

import pytest

from gitops_ci.policy.rego import data_documents
from gitops_ci.policy.rego.data_documents import DataFile


def file(path: str, content: str, *under: str, beside: bool = False) -> DataFile:
    return DataFile(path=path, under=under, content=content.encode(), beside=beside)


def test_documents_lie_under_the_folders_between() -> None:
    whole, problems = data_documents.merged(
        [
            file("data/teams.yaml", "teams: [a]\non: 1"),
            file("data/aws/limits.json", '{"max": 3}', "aws"),
            file("data/aws/more.yml", "names: {x: 1}", "aws"),
            file("data/aws/deep/list.json", "[1]", "aws", "deep"),
            file("data/empty.yaml", "# nothing\n"),
        ]
    )
    assert problems == ()
    assert json.loads(whole) == {
        "teams": ["a"],
        "on": 1,
        "aws": {"max": 3, "names": {"x": 1}, "deep": [1]},
    }


def test_a_conflict_names_both_files() -> None:
    whole, (problem,) = data_documents.merged([file("a.yaml", "x: {y: 1}"), file("b.json", '{"x": {"y": 1, "z": 2}}')])
    assert (problem.path, problem.message) == ("b.json", "data of policies: `x.y` is also in a.yaml")
    assert json.loads(whole) == {"x": {"y": 1, "z": 2}}


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("[1]", "a.json", "is no object"),
        ("3", "a.yaml", "is no object"),
        ("{", "a.json", "not valid JSON"),
        ("a: [", "a.yaml", "not valid YAML"),
        ("a: 1\n---\nb: 2", "a.yaml", "more than one document"),
        ("[" * 100_000, "a.json", "not valid JSON"),
        ("a: &a [x,x]\n" + "b: [*a]\n" * 3, "a.yaml", None),
    ],
)
def test_what_cannot_be_taken(content: str, name: str, said: str | None) -> None:
    _, problems = data_documents.merged([file(name, content)])
    assert [said in each.message for each in problems if said] == ([True] if said else [])


def test_ten_megabytes_of_json_are_data_and_of_yaml_are_not() -> None:
    large = json.dumps({"names": ["x" * 1000] * 9_000})
    assert data_documents.merged([file("a.json", large)])[1] == ()
    _, (problem,) = data_documents.merged([file("a.yaml", large)])
    assert "write it as JSON" in problem.message


def test_kubernetes_objects_beside_policies_are_no_data() -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\n---\napiVersion: v1\nkind: Secret\n"
    assert data_documents.merged([file("a.yaml", manifest, beside=True)]) == (b"{}", ())
    assert data_documents.merged([file("a.yaml", manifest)])[1] != ()
