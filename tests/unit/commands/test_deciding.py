"""What a change does to the configuration itself is told, and it is judged by the old one."""

from __future__ import annotations

import pytest

from gitops_ci import config_file
from gitops_ci.commands import deciding
from gitops_ci.commands.options import Options
from gitops_ci.config import DEFAULT, FILE
from gitops_ci.discover import snapshot

STRICT = "version: 1\nenvironments: [{name: staging}, {name: production, gate: {approvals: 2}}]\n"
LOOSE = STRICT.replace("2", "1")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (STRICT, LOOSE, "; it loosens the gate of production: approvals 2 → 1"),
        (LOOSE, STRICT, ""),
        (STRICT, f"{STRICT}# words\n", ""),
        (STRICT, None, "; it loosens the gate of production: approvals 2 → 1"),  # what holds without a file
    ],
)
def test_a_changed_configuration_says_what_it_loosens(before: str, after: str | None, said: str) -> None:
    base, head = snapshot.of({FILE: before}), snapshot.of({FILE: after} if after is not None else {})
    loaded, (finding,) = deciding.proposed(Options(), config_file.load(before.encode()), base, head)
    assert finding.rule == "config/changed"
    assert finding.message == f"the configuration changes: the new one counts once this is merged{said}"
    assert loaded == (config_file.load(after.encode()) if after is not None else DEFAULT)


def test_one_that_cannot_be_read_is_an_error_with_its_line() -> None:
    base, head = snapshot.of({FILE: STRICT}), snapshot.of({FILE: f"{STRICT}what: ever\n"})
    loaded, findings = deciding.proposed(Options(), config_file.load(STRICT.encode()), base, head)
    assert loaded is None
    assert [(each.rule, each.severity, each.line) for each in findings] == [("config/invalid", "error", 3)]
