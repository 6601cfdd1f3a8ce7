"""Globs of Go and git, as Argo CD uses them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gitops_ci.kinds.kubernetes import globs


@pytest.mark.parametrize(
    ("glob", "pattern", "path", "matches"),
    [
        (globs.path_match, "apps/*", "apps/web", True),
        (globs.path_match, "apps/*", "apps/web/deep", False),
        (globs.path_match, "apps/**", "apps/web/deep", False),
        (globs.path_match, "[!a]?/x*y*", "bc/x-y-z", True),
        (globs.path_match, "a\\*", "a*", True),
        (globs.pathspec, "clusters/**/config.json", "clusters/a/b/config.json", True),
        (globs.pathspec, "clusters/**/config.json", "clusters/config.json", False),
        (globs.pathspec, "clusters/*.json", "clusters/a/b.json", True),
        (globs.pathspec, "clusters", "clusters/a/b.json", True),
        (globs.any_depth, "{a,b/*}.yaml", "b/c/d.yaml", True),
        (globs.any_depth, "{a,b}.yaml", "c.yaml", False),
        (globs.any_depth, "{a,b{1,2}}x{y,z*}", "b2xzebra", True),
        (globs.any_depth, "{a,b{1,2}}x{y,z*}", "b3xy", False),
        (globs.any_depth, "{*a,*b,*c,*d,*e,*f}.yaml", "f.yaml", True),
        (globs.any_depth, "{*/,}a{*,}{*,}{*,}{*,}{*,}.yaml", "x/ab.yaml", True),
        (globs.any_depth, "a}b,c", "a}b,c", True),
        (globs.any_depth, r"\{a,b\}[{,]", "{a,b},", True),
        (globs.within_folders, "{a,b}/*", "b/c", True),
        (globs.within_folders, "{a,b}/*", "b/c/d", False),
        (globs.doublestar, "{a/**/x,b}.yaml", "a/b/c/x.yaml", True),
        (globs.doublestar, "**/a/**/b*/**/c", "x/a/a/y/b1/b2/z/c", True),
        (globs.doublestar, "**/a/**/b*/**/c", "x/a/c/y/b/z/d", False),
        (globs.doublestar, "a/**/x.yaml", "a/x.yaml", True),
        (globs.doublestar, "a/**/x.yaml", "a/b/c/x.yaml", True),
        (globs.doublestar, "a/**", "a/b/c", True),
        (globs.doublestar, "a/*.yaml", "a/b/c.yaml", False),
    ],
)
def test_a_glob(glob: Callable[[str], object], pattern: str, path: str, matches: bool) -> None:
    compiled = glob(pattern)
    assert compiled is not None
    assert (compiled.fullmatch(path) is not None) is matches  # type: ignore[attr-defined]  # a pattern


@pytest.mark.parametrize("pattern", ["a[", "a\\", "{a", "**/" * 40, "{x,xx,x?}" * 25])
def test_what_is_refused(pattern: str) -> None:
    assert globs.doublestar(pattern) is None


def test_many_stars_take_no_time() -> None:
    begun = time.process_time()
    for glob in (globs.path_match, globs.pathspec, globs.any_depth, globs.doublestar):
        compiled = glob("*a" * 60 + "b")
        assert compiled is not None
        assert compiled.fullmatch("a" * 250) is None
    for pattern in ("{x,xx,x?}" * 6 + "y", "{*x}" * 20 + "y", "x{*,}" * 8 + "y"):
        compiled = globs.any_depth(pattern)
        assert compiled is not None
        assert compiled.fullmatch("x" * 250) is None
    compiled = globs.doublestar("**/x/**/x*/**/x*/**/y")
    assert compiled is not None
    assert compiled.fullmatch("x/" * 1000 + "x") is None
    assert time.process_time() - begun < 2
