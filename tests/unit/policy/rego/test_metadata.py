"""METADATA comments."""

from __future__ import annotations

import pytest

from gitops_ci.policy.rego import source
from gitops_ci.policy.rego.source import Source


def read(*lines: str) -> Source:
    return source.read("a.rego", "\n".join((*lines, "package a", "deny contains 1 if true")))


def test_every_word_of_it() -> None:
    read = source.read(
        "a.rego",
        """\
package a

# METADATA
# title: Buckets are private
# description: |
#   Whoever can read
#   a bucket …
# related_resources:
# - description: no address
# - ref: https://acme.example/buckets
# authors:
# - name: Ada
# - Bo <bo@acme.example>
# organizations: [ACME]
# custom:
#   severity: warning
#   id: private-buckets
#   help: Set the ACL to private.
#   on: plan
deny contains 1 if true
""",
    )
    (found,) = read.annotations
    assert read.problems == ()
    assert (found.scope, found.name, found.target, found.line) == ("rule", "deny", 20, 3)
    assert (found.title, found.description) == ("Buckets are private", "Whoever can read a bucket …")
    assert (found.severity, found.id, found.help) == ("warning", "private-buckets", "Set the ACL to private.")
    assert (found.url, found.on) == ("https://acme.example/buckets", ("plan",))
    assert (found.authors, found.organizations) == (("Ada", "Bo <bo@acme.example>"), ("ACME",))


def test_before_the_package_it_is_the_packages() -> None:
    assert read("# METADATA", "# title: x").annotations[0].scope == "package"
    assert read("# METADATA", "# scope: subpackages").annotations[0].scope == "subpackages"


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (("# METADATA", "# title: [x"), 3, "no valid YAML"),
        (("# METADATA", "# - x"), 2, "not a mapping"),
        (("# METADATA", "# custom: {severity: fatal}"), 1, "custom.severity is 'fatal'"),
        (("# METADATA", "# custom: {id: 'a b'}"), 1, "custom.id"),
        (("# METADATA", "# custom: {on: pods}"), 1, "custom.on is 'pods'"),
        (("# METADATA", "# custom: x"), 1, "no mapping"),
        (("# METADATA", "# scope: file"), 1, "the scope 'file'"),
        (("# METADATA", "# scope: rule"), 1, "stands before the package"),
        (("# METADATA", "# severity: error"), 1, "no key 'severity'"),
    ],
)
def test_what_is_wrong_with_it(lines: tuple[str, ...], line: int, said: str) -> None:
    (problem,) = read(*lines).problems
    assert said in problem.message
    assert problem.line == line


def test_one_of_a_package_in_the_wrong_place_and_one_of_nothing() -> None:
    text = "package a\n# METADATA\n# scope: package\ndeny contains 1 if true\n# METADATA\n# title: x\n"
    assert [(each.line, each.message) for each in source.read("a.rego", text).problems] == [
        (2, "METADATA of the scope package does not stand before the package"),
        (5, "METADATA stands before no rule and no package"),
    ]


def test_other_comments_are_none() -> None:
    assert read("# METADATA of ours", "# title: x").annotations == ()
