"""Every GraphQL text of ours, held against GitHub's own schema."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gitops_ci
from tests.integration import node_packages

PACKAGE = Path(gitops_ci.__file__).parent / "github"


def texts() -> dict[str, str]:
    """Strings of the package that are GraphQL, by where they are."""
    found = {}
    for file in sorted(PACKAGE.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Constant(value=str(value)) if value.startswith(("query", "mutation")) and "{" in value:
                    found[f"{file.name}:{node.lineno}"] = value
                case _:
                    pass
    return found


def problems(schema: object, text: str) -> list[str]:
    import graphql

    assert isinstance(schema, graphql.GraphQLSchema)
    return [error.message for error in graphql.validate(schema, graphql.parse(text))]


@pytest.fixture(scope="module")
def schema() -> object:
    import graphql

    try:
        found = node_packages.installed()
    except node_packages.Missing as missing:
        pytest.skip(f"GitHub's GraphQL schema is not there: {missing}")
    text = (found.modules / "@octokit" / "graphql-schema" / "schema.graphql").read_text()
    return graphql.build_schema(text, assume_valid=True)


def test_github_knows_every_query_and_mutation(schema: object) -> None:
    found = texts()
    assert len(found) >= 2
    assert {place: told for place, text in found.items() if (told := problems(schema, text))} == {}


def test_a_field_that_is_not_there_is_found(schema: object) -> None:
    assert problems(schema, "query { viewer { nickname } }")
