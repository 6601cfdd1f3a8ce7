from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.policy.rules import pages

PAGE = """# Rules about ropes

| rule | severity | loud |
|---|---|---|
| ropes/knot | error | yes |

## What they share

Nothing.

## `ropes/knot`

**What**: a rope has a knot (see [ropes](../ropes.md#knots)): of any `kind: of`.
It may be old.
**Why**: it is weak
there.

**Fix**: untie it.

Fails:

```text
## ropes/fake

Passes: no
```

So does `x`.

Passes: a rope.

## ropes/short

**What**: a rope is short.
**Why**: it ends.
**Fix**: a longer one.
**Severity**: warning.

Found: 1 m. Not found: 10 m.

# Others
"""


def test_a_page_is_read() -> None:
    knot, short = pages.rules("rules/ropes.md", PAGE)
    assert knot.id == "ropes/knot"
    assert knot.title == "A rope has a knot"
    assert knot.what.startswith(
        "A rope has a knot (see [ropes](https://github.com/gitops-ci/gitops-ci/blob/v1/docs/ropes.md#knots))"
    )
    assert knot.what.endswith("It may be old.")
    assert knot.why == "It is weak\nthere."
    assert knot.fix == "Untie it."
    assert knot.severity == "error"
    assert knot.found == "Fails:\n\n```text\n## ropes/fake\n\nPasses: no\n```\n\nSo does `x`."
    assert knot.passing == "Passes: a rope."
    assert knot.page == "rules/ropes.md#ropesknot"
    assert (short.severity, short.found, short.passing) == ("warning", "Found: 1 m.", "Not found: 10 m.")


@pytest.mark.parametrize(
    ("what", "title"),
    [
        ("a rope is short. It ends.", "A rope is short"),
        ("the key `a.b: c` is there; so it is", "The key a.b: c is there"),
        ("a root (a module of its own) has none", "A root has none"),
        ("at most 2.5 m of [rope](x.md) are there", "At most 2.5 m of rope are there"),
        ("", ""),
    ],
)
def test_a_title_is_the_first_clause(what: str, title: str) -> None:
    assert pages.title(what) == title


def test_labels_may_stand_in_one_paragraph() -> None:
    text = "# R\n\n## a/b\n\n**What** (notice, once): a rope. **Why**: it\nis. **Fix**: none.\nFound: `a. b`. Passes: `b`.\n"
    (rule,) = pages.rules("rules/r.md", text)
    assert (rule.title, rule.why, rule.fix, rule.severity) == ("A rope", "It\nis.", "None.", "notice, once")
    assert (rule.found, rule.passing) == ("Found: `a. b`.", "Passes: `b`.")


def test_a_long_title_ends_at_a_word() -> None:
    for words in ("a rope " * 30, "rope " * 30):
        title = pages.title(words)
        assert title.endswith((" rope …", " a …"))
        assert len(title) <= pages.LONGEST_TITLE + 2


def test_severities_of_a_table() -> None:
    table = """# T
| rule | declared | guessed |
|---|---|---|
| a/one | error | notice |
| [a/two](#atwo) | error | error |
| [`a/three`](#athree) | warning | the same |
"""
    text = table + "".join(f"\n## a/{name}\n\n**What**: x\n" for name in ("one", "two", "three"))
    assert [rule.severity for rule in pages.rules("rules/t.md", text)] == [
        "declared: error; guessed: notice",
        "error",
        "warning",
    ]


@given(
    st.lists(
        st.sampled_from(
            [
                "## a/b\n",
                "**What**: x\n",
                "Fails:\n",
                "Passes: y\n",
                "```\n",
                "````\n",
                "| rule |\n",
                "| a/b | |\n",
                "x\n",
                "\n",
            ]
        )
    )
)
def test_any_page_is_read_without_an_error(lines: list[str]) -> None:
    assert all(rule.id == "a/b" for rule in pages.rules("rules/x.md", "".join(lines)))
