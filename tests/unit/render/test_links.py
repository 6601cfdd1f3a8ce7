from __future__ import annotations

import re
from pathlib import Path

import pytest

from gitops_ci.policy.rules import catalog
from gitops_ci.render.links import Links, anchor, place

LINKS = Links(repository="https://github.com/acme/infra", commit="a1b2c3d", docs="https://docs.example/")


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("a/main.tf", "a/main.tf"),
        ("a b/(c)[d].tf", "a%20b/%28c%29%5Bd%5D.tf"),
        ("caf\udcc3.tf", "caf%C3.tf"),
        ("a?x#y", "a%3Fx%23y"),
    ],
)
def test_a_file_is_linked_at_the_commit(path: str, quoted: str) -> None:
    assert LINKS.file(path, 3) == f"https://github.com/acme/infra/blob/a1b2c3d/{quoted}#L3"


@pytest.mark.parametrize("path", ["../../evil", "a/../b", "/etc/passwd", "a//b", "./a", "", "\ud800"])
def test_a_path_that_leads_elsewhere_is_not_linked(path: str) -> None:
    assert LINKS.file(path, 3) is None


@pytest.mark.parametrize("commit", [None, "main", "../..", "A1B2C3D"])
def test_only_a_commit_is_linked(commit: str | None) -> None:
    assert Links(repository="https://github.com/acme/infra", commit=commit).file("a") is None


def test_our_rules_have_our_pages() -> None:
    assert LINKS.rule("database/history-edited") == "https://docs.example/rules/database.md#databasehistory-edited"
    assert (
        LINKS.rule("database/history-edited", "http://evil.example")
        == "https://docs.example/rules/database.md#databasehistory-edited"
    )
    assert Links().rule("database/history-edited") is None


def test_a_rule_that_is_linked_has_its_section() -> None:
    docs = Path(__file__).parents[3] / "docs"
    for id in catalog.ids():
        page, _, anchor = (LINKS.rule(id) or "").removeprefix("https://docs.example/").partition("#")
        headings = re.findall(r"^## `?([^`\n]+)`?$", (docs / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w-]", "", heading.lower()) for heading in headings}
    assert LINKS.rule("database/of-nobody") is None


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://docs.prismacloud.io/a", True),
        ("http://docs.prismacloud.io/a", False),
        ("https://docs.prismacloud.io@evil.example/a", False),
        ("https://evil.example/docs.prismacloud.io", False),
        ("https://[", False),
        (None, False),
    ],
)
def test_others_rules_have_pages_on_known_hosts_only(url: str | None, linked: bool) -> None:
    assert LINKS.rule("tool/X_20", url) == (url if linked else None)


def test_a_link_cannot_be_left_early() -> None:
    assert anchor("x", "https://ci.example/a)b c<d>") == "[x](https://ci.example/a%29b%20c%3Cd%3E)"
    assert anchor("x", "javascript:alert(1)") == "x"
    assert anchor("x", None) == "x"


def test_a_place_is_short_where_it_is_linked() -> None:
    path = "environments/production/terraform/cdn/main.tf"
    assert place(LINKS, path, 3).startswith("[`…/terraform/cdn/main.tf:3`](")
    assert place(Links(), path, 3) == f"`{path}:3`"
    assert place(Links(), None, None, "a|b") == "a&#124;b"
