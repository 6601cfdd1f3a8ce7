"""Entries of Terraform's lock files as text: one provider's entry is taken from one file into another."""

from __future__ import annotations

import re

from gitops_ci.kinds.terraform.engine import requirements

_ENTRY = re.compile(r'^provider "(?P<source>[^"\n]+)" \{\n(?:[ \t][^\n]*\n|\n)*\}\n?', re.MULTILINE)
"""As Terraform writes it: https://developer.hashicorp.com/terraform/language/files/dependency-lock."""


def copied(source: str, target: str, provider: str) -> str | None:
    """`target` with the entry that `source` has of a provider; None where there is none, or none like Terraform's."""
    entries = [each for each in _ENTRY.finditer(source) if requirements.plain(each["source"]) == provider]
    if len(entries) != 1:
        return None
    entry = entries[0].group()
    before = [each for each in _ENTRY.finditer(target) if requirements.plain(each["source"]) == provider]
    if len(before) > 1:
        return None
    if before:
        return target[: before[0].start()] + entry + target[before[0].end() :]
    return f"{target.rstrip()}\n\n{entry}" if target.strip() else entry
