"""The article's own manifests have the findings that their mistakes deserve, and our working example has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.kinds import kubernetes
from gitops_ci.model.finding import Finding

EXAMPLES = Path(__file__).parents[5] / "examples"


def found(example: str) -> list[Finding]:
    place = EXAMPLES / example
    paths = [path for path in sorted(place.rglob("*")) if path.is_file()]
    snapshot = snapshots.of({path.relative_to(place).as_posix(): path.read_bytes() for path in paths})
    return list(kubernetes.find(snapshot, DEFAULT).findings)


def test_the_article_names_a_cluster_where_an_address_belongs_and_paths_with_nothing_in_them() -> None:
    assert {(each.rule, each.path, each.line) for each in found("article")} == {
        ("argocd/destination-server", "argocd/applicationset.yaml", 29),
        ("argocd/path-missing", "argocd/applicationset.yaml", 27),
        ("argocd/path-empty", "argocd/applicationset.yaml", 27),
        ("argocd/path-empty", "argocd/aws-infrastructure.yaml", 11),
        ("argocd/path-empty", "argocd/database-migrations.yaml", 11),
    }
    [server] = [each for each in found("article") if each.rule == "argocd/destination-server"]
    assert server.message.endswith(": dev-cluster, staging-cluster, prod-cluster")
    assert server.severity == "error"


@pytest.mark.parametrize("example", ["infrastructure-gitops"])
def test_the_working_example_has_none(example: str) -> None:
    assert found(example) == []
