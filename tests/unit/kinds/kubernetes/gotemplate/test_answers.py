"""Templates as Go itself answers them: `go_answers.json` was written by Go's text/template with Sprig."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, cast

import pytest

from gitops_ci.kinds.kubernetes import gotemplate
from gitops_ci.kinds.kubernetes.gotemplate import TemplateProblem

GO = cast("dict[str, Any]", json.loads(Path(__file__).with_name("go_answers.json").read_text(encoding="utf-8")))


def test_there_are_answers_of_both_kinds() -> None:
    assert len(GO["answers"]) > 150
    assert {answer is None for _, _, answer in GO["answers"]} == {True, False}


@pytest.mark.parametrize(("template", "strict", "answer"), GO["answers"])
def test_it_is_what_go_answers(template: str, strict: bool, answer: str | None) -> None:
    data = copy.deepcopy(GO["data"])
    if answer is None:
        with pytest.raises(TemplateProblem):
            gotemplate.render(template, data, missing_is_error=strict)
    else:
        assert gotemplate.render(template, data, missing_is_error=strict) == answer


def test_argo_cds_own_functions() -> None:
    """applicationset/utils: SanitizeName, SlugifyName, toYaml."""
    for template, answer in (
        ('{{ normalize "Feature/My_Branch." }}', "feature-my-branch"),
        ('{{ slugify "feat/a_really+awesome_feature_to_test" }}', "feat-a-really-awesome-feature-to-test"),
        ('{{ slugify 23 "feat/areallylongbranchname" }}', "feat"),
        ('{{ slugify 23 false "feat/areallylongbranchname" }}', "feat-areallylongbranchn"),
        ("{{ toYaml .m }}", "a: 1\nb:\n- x"),
        ('{{ (fromYaml "a: {b: c}").a.b }}', "c"),
        ('{{ index (fromYamlArray "[1, 2]") 1 }}', "2"),
    ):
        assert gotemplate.render(template, {"m": {"b": ["x"], "a": 1.0}}) == answer
