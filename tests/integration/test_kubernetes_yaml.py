"""The recorded answers of kubectl are still its answers; a part of them each time, since each takes a process or two."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.integration import kubernetes_yaml

ANSWERS = json.loads(kubernetes_yaml.RECORDED.read_text(encoding="utf-8"))
EVERY = 9

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on PATH here")


def test_all_that_is_asked_about_is_recorded() -> None:
    assert [each["yaml"] for each in ANSWERS] == kubernetes_yaml.forms()


@needs_kubectl
@pytest.mark.parametrize("answer", ANSWERS[::EVERY], ids=lambda answer: repr(answer["yaml"][-40:]))
def test_kubectl_still_says_so(answer: dict[str, Any]) -> None:
    assert kubernetes_yaml.kubectl(answer["yaml"].encode()) == answer["kubectl"]
    assert kubernetes_yaml.kustomize(answer["yaml"].encode()) == answer["kustomize"]
