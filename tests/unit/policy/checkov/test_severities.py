from __future__ import annotations

import re
from pathlib import Path

from gitops_ci.policy.checkov import severities

DOCS = Path(__file__).resolve().parents[4] / "docs" / "rules" / "checkov.md"


def test_the_docs_list_every_error() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("### Errors")[2].partition("## ")[0]
    assert set(re.findall(r"`(CKV_\w+)`", table)) == severities.ERRORS


def test_all_else_is_a_warning() -> None:
    assert severities.of("CKV_AWS_24") == "error"
    assert severities.of("CKV_AWS_144") == severities.of("ACME_1") == "warning"
