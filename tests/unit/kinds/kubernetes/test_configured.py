"""What a configuration holds is part of what a plan follows from: every example of the documentation plans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from gitops_ci import config_file
from gitops_ci.kinds.kubernetes.planning import stacks
from tests.unit.kinds.kubernetes.bed import Tools
from tests.unit.kinds.kubernetes.ends import end

DOCUMENT = Path(__file__).parents[4] / "docs" / "configuration.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
MORE = (
    "version: 1\nkinds: {kubernetes: {generators: {pull_requests: [{number: '1'}]}}}",
    "version: 1\nkinds: {kubernetes: {generators: {plugin: [{a: {b: [c]}}], scm_provider: [{}]}}}",
)
ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: '{}'}}\n"


def never(args: Sequence[str]) -> str:
    raise AssertionError(args)


@pytest.mark.parametrize("block", [*BLOCKS, *MORE])
def test_a_plan_with_every_example(block: str, tmp_path: Path) -> None:
    config = config_file.load(block.encode())
    config = msgspec.structs.replace(config, layout=msgspec.structs.replace(config.layout, stacks=()))
    base, head = (end({"kubernetes/web/a.yaml": ONE.format(text)}, config=config) for text in "ab")
    [stack] = head.stacks.values()
    assert stacks.plan(stack, base, head, Tools(tmp_path, never)).status == "changed"


@pytest.mark.parametrize("block", [*BLOCKS, *MORE])
def test_what_terraform_keeps_by_a_configuration(block: str) -> None:
    config = config_file.load(block.encode())
    assert isinstance(hash((config.kinds.terraform, config.environments)), int)
