from __future__ import annotations

from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, found, refused

RULE = "terraform/no-longer-sensitive"
MARKED = 'variable "p" {\n  sensitive = true\n}\n'
PLAIN = 'variable "p" {}\n'
OVERRIDE = ROOT.replace("main.tf", "x_override.tf")


def test_a_variable_stays_sensitive() -> None:
    told = found({ROOT: MARKED}, {ROOT: PLAIN})[RULE]
    assert (told.severity, told.path, told.line) == ("error", ROOT, 1)
    assert RULE in found({ROOT: MARKED}, {ROOT: MARKED.replace("true", "false")})
    assert RULE in found({ROOT: MARKED}, {ROOT: MARKED, OVERRIDE: MARKED.replace("true", "false")})
    assert refused({ROOT: MARKED}, {ROOT: PLAIN}) is None


def test_what_stays_goes_or_was_never_marked_is_not_told() -> None:
    for before, after in ((MARKED, MARKED + HARMLESS), (MARKED, HARMLESS), (PLAIN, PLAIN), (PLAIN, MARKED)):
        assert found({ROOT: before}, {ROOT: after}) == {}
    assert found({ROOT: MARKED}, {ROOT: MARKED, OVERRIDE: PLAIN}) == {}
