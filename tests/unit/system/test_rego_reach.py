"""Which modules a query can touch."""

from __future__ import annotations

from gitops_ci.policy.rego.engine import Module
from gitops_ci.system.rego_reach import Reach

MODULES = (
    Module("a.rego", "# first\npackage a.b\n\nimport data.lib.x\n\ny := x.z\n"),
    Module("lib.rego", "package lib.x\n\nz := data.deep[input.k]\n"),
    Module("deep.rego", 'package deep["one.two"]\n\nz := 1\n'),
    Module("other.rego", "package other\n\nz := 1\n"),
    Module("broken.rego", "packag broken\n"),
)


def paths(query: str) -> set[str]:
    return {MODULES[index].path for index in Reach(MODULES).of(query)}


def test_a_query_touches_its_package_and_what_that_names() -> None:
    assert paths("data.a.b.y") == {"a.rego", "lib.rego", "deep.rego", "broken.rego"}
    assert paths("data.other.z") == {"other.rego", "broken.rego"}
    assert paths("data.a") == paths("data.a.b.y")
    assert paths('data.deep["one.two"].z') == {"deep.rego", "broken.rego"}


def test_a_module_that_names_no_package_may_be_anything() -> None:
    """What it says cannot be known, so nothing can be answered beside it."""
    assert all("broken.rego" in paths(query) for query in ("data.a.b.y", "data.other.z", "data.nothing"))


def test_comments_name_nothing_and_strings_do() -> None:
    modules = (
        Module("a.rego", '# METADATA\n# description: data of `x`, and "data.b\npackage a # data\n\nx := "# data.c"\n'),
        Module("b.rego", "package b\n\nx := 1\n"),
        Module("c.rego", "# package other\npackage c\n\nx := `#` # data.b\n"),
    )
    assert {modules[index].path for index in Reach(modules).of("data.a.x")} == {"a.rego", "c.rego"}
    assert Reach(modules).of("data.other") == frozenset()
