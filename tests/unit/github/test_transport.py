"""Addresses: GitHub's own API, GitHub Enterprise, and pages that name another host."""

from __future__ import annotations

import pytest

from gitops_ci.github.transport import Answer, Transport


@pytest.mark.parametrize(
    ("url", "rest", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/repos/acme/infra", "https://api.github.com/graphql"),
        (
            "https://github.acme.example/api/v3",
            "https://github.acme.example/api/v3/repos/acme/infra",
            "https://github.acme.example/api/graphql",
        ),
        (
            "https://github.acme.example/api/v3/",
            "https://github.acme.example/api/v3/repos/acme/infra",
            "https://github.acme.example/api/graphql",
        ),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/repos/acme/infra", "https://api.acme.ghe.com/graphql"),
        ("http://127.0.0.1:4001", "http://127.0.0.1:4001/repos/acme/infra", "http://127.0.0.1:4001/graphql"),
    ],
)
def test_rest_and_graphql_have_their_addresses(url: str, rest: str, graphql: str) -> None:
    transport = Transport(url, "t")
    assert transport.at("/repos/acme/infra") == rest
    assert transport.graphql == graphql


def test_a_query_is_part_of_an_address() -> None:
    found = Transport("https://api.github.com", "t").at("/x", {"head": "me:a&b #1", "per_page": 100})
    assert found == "https://api.github.com/x?head=me%3Aa%26b+%231&per_page=100"


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("https://github.acme.example/api/v3/x?page=2", "https://github.acme.example/api/v3/x?page=2"),
        ("http://inside:8080/api/v3/x?page=2", "https://github.acme.example/api/v3/x?page=2"),
        ("?page=2", "https://github.acme.example/api/v3/x?page=2"),
        ("/api/v3/y?page=2", "https://github.acme.example/api/v3/y?page=2"),
    ],
)
def test_the_next_page_is_on_the_same_server(link: str, following: str) -> None:
    transport = Transport("https://github.acme.example/api/v3", "t")
    answer = Answer(200, {}, b"[]", "https://github.acme.example/api/v3/x?per_page=100")
    assert transport.following(answer, link) == following


def test_the_token_is_not_shown() -> None:
    assert "secret-token" not in repr(Transport("https://api.github.com", "secret-token").__dict__)
