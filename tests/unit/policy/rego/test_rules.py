"""Rules as findings name them."""

from __future__ import annotations

import pytest

from gitops_ci.config import RegoPolicies
from gitops_ci.discover import snapshot
from gitops_ci.policy.rego import policies, rules
from gitops_ci.policy.rego.policies import Policies
from gitops_ci.policy.rego.rules import Named

PACKAGE = """\
# METADATA
# title: Pods
# description: About pods.
# custom: {help: Read the handbook.}
package k8s

# METADATA
# title: No root
# related_resources: [{ref: "https://acme.example/root"}]
# custom: {id: no-root, severity: warning}
deny contains msg if {
	msg := sprintf("Container %s runs as root", [input.name])
}

# METADATA
# title: Read-only
# custom: {help: Set readOnlyRootFilesystem.}
deny contains msg if {
	msg := sprintf("Container %s can write to %v", [input.name, 3])
}

deny contains note(input.name) if true

warn contains "tired" if input.x

warn_labels contains {"msg": "no labels"} if input.x
"""


def read(**files: str) -> Policies:
    whole = {f"p/{name}.rego": text for name, text in files.items()}
    return policies.read([("", RegoPolicies(path="p"))], snapshot.of(whole))


@pytest.mark.parametrize(
    ("message", "id", "severity", "help", "line"),
    [
        ("Container api runs as root", "rego/no-root", "warning", "Read the handbook.", 11),
        ("Container api can write to 3", "rego/k8s", "error", "Set readOnlyRootFilesystem.", 18),
        ("something else", "rego/k8s", "error", "Read the handbook.", 11),
        (None, "rego/k8s", "error", "Read the handbook.", 11),
    ],
)
def test_a_message_tells_which_definition_made_it(
    message: str | None, id: str, severity: str, help: str, line: int
) -> None:
    found = Named(read(a=PACKAGE), ("k8s",), "deny").described(message)
    assert (found.id, found.severity, found.help, found.line) == (id, severity, help, line)
    assert (found.url is not None) == (id == "rego/no-root")


def test_other_names_have_ids_of_their_own() -> None:
    found = {name: Named(read(a=PACKAGE), ("k8s",), name).described() for name in ("warn", "warn_labels")}
    assert [each.id for each in found.values()] == ["rego/k8s.warn", "rego/k8s.warn_labels"]
    assert {each.severity for each in found.values()} == {"warning"}


def test_the_catalogue_has_every_id() -> None:
    found = list(rules.all_described(read(a=PACKAGE)))
    assert [each.id for each in found] == ["rego/no-root", "rego/k8s", "rego/k8s.warn", "rego/k8s.warn_labels"]
    assert found[0].title == "No root"
    assert found[0].path == "p/a.rego"


def test_metadata_of_documents_and_of_packages_above() -> None:
    above = "# METADATA\n# scope: subpackages\n# custom: {severity: notice, help: Ask us.}\npackage a\n"
    below = """\
package a.b
# METADATA
# scope: document
# title: All of them
# custom: {id: all}
deny contains "one thing" if true
deny contains "another thing" if true
"""
    several = read(above=above, below=below)
    for message in ("one thing", "another thing"):
        found = Named(several, ("a", "b"), "deny").described(message)
        assert (found.id, found.title, found.severity, found.help) == ("rego/all", "All of them", "notice", "Ask us.")


def test_the_severest_counts_where_nobody_knows_which() -> None:
    text = (
        "package a\n# METADATA\n# custom: {severity: notice}\ndeny contains f(1) if true\ndeny contains f(2) if true\n"
    )
    assert Named(read(a=text), ("a",), "deny").described("x").severity == "error"
