"""Entries of kustomizations that fit nothing, and variables of Flux that nobody gives."""

from __future__ import annotations

import pytest

from tests.unit.kinds.kubernetes.flux.test_flux import SOURCE, flux
from tests.unit.kinds.kubernetes.rules import ends
from tests.unit.kinds.kubernetes.rules.ends import AT

POD = 'apiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: shop}}\nspec: {{containers: [{{name: web, image: "{}"}}]}}\n'
BASE = {
    "shared/base/kustomization.yaml": "resources: [web.yaml]\n",
    "shared/base/web.yaml": POD.format("web", "acme/web:1"),
}


def told(
    more: str, files: dict[str, str] | None = None, image: str = "acme/web:2"
) -> list[tuple[str | None, int | None]]:
    given = {
        f"{AT}/kustomization.yaml": f"resources: [../../../shared/base]\n{more}",
        **BASE,
        **(files or {}),
        "rendered": POD.format("x-web", image),
    }
    return [(each.path, each.line) for each in ends.inspected(given) if each.rule == "kubernetes/fits-nothing"]


OWN = f"{AT}/kustomization.yaml"


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("images:\n- {name: acme/wbe, newTag: '2'}\n", [(OWN, 3)]),
        ("images:\n- {name: acme/web, newTag: '2'}\n- {name: wbe}\n", [(OWN, 4)]),
        ("images: [{name: acme/web, newTag: '2'}]\n", []),
        ("patches: [{path: p.yaml, target: {kind: Pod, name: web}}]\n", []),
        ("patches:\n- {path: p.yaml, target: {kind: Pod, name: wbe}}\n", [(OWN, 3)]),
        ("patches:\n- {path: p.yaml, target: {kind: Deployment}}\n", [(OWN, 3)]),
        ("patches:\n- {path: p.yaml, target: {kind: Deployment|Pod}}\n", []),
        ("patches:\n- {path: p.yaml, target: {kind: Pod, name: w.*}}\n", []),
        ("patches:\n- {path: p.yaml, target: {labelSelector: a=b}}\n", []),
        ("patches:\n- {path: p.yaml}\n", []),
    ],
)
def test_what_fits_nothing(more: str, found: list[tuple[str, int]]) -> None:
    assert told(more, {f"{AT}/p.yaml": "[]"}) == found


@pytest.mark.parametrize("image", ["ghcr.io/acme/web:2", "ghcr.io/acme/web@sha256:ab", "ghcr.io/acme/web:2@sha256:ab"])
def test_an_image_that_is_renamed_on_the_way_fits(image: str) -> None:
    base = {"shared/base/kustomization.yaml": "resources: [web.yaml]\nimages: [{name: web, newName: acme/web}]\n"}
    assert told("images: [{name: acme/web, newName: ghcr.io/acme/web}]\n", base, image) == []


@pytest.mark.parametrize(
    "files",
    [
        {"shared/base/kustomization.yaml": "resources: [web.yaml, 'https://github.com/acme/x']\n"},
        {f"{AT}/p.yaml": "$patch: delete\nkind: Pod\n", "shared/base/kustomization.yaml": "resources: [web.yaml]\npatches: [{path: q.yaml}]\n", "shared/base/q.yaml": "$patch: delete\n"},
        {"shared/base/kustomization.yaml": "resources: [web.yaml]\npatches: [{target: {kind: Pod}, patch: '[{op: replace, path: /metadata/name, value: z}]'}]\n"},
        {OWN: "resources: [../../../shared/base]\ncomponents: [../../../shared/c]\n", "shared/c/kustomization.yaml": "kind: Component\nimages: [{name: other}]\n"},
    ],
)  # fmt: skip
def test_where_nobody_can_tell_nothing_is_told(files: dict[str, str]) -> None:
    assert told("images: [{name: other}]\n", files) == []


def unset(postbuild: str, files: dict[str, str]) -> list[tuple[str | None, int | None, str]]:
    given = {"a/source.yaml": SOURCE, "a/ks.yaml": flux("web", "apps/web", more=postbuild), **files}
    return [(each.path, each.line, each.message) for each in ends.flux(given) if each.rule == "flux/variable-unset"]


def test_a_variable_that_nobody_gives() -> None:
    files = {
        "apps/web/kustomization.yaml": "resources: [a.yaml, ../base]\n",
        "apps/web/a.yaml": "kind: A\na: ${host}\nb: ${domain}\nc: ${domain}\nd: ${x:=y} $${z}\n",
        "apps/base/kustomization.yaml": "configMapGenerator: [{name: a, files: [run.sh]}]\n",
        "apps/base/run.sh": "#!/bin/sh\nls ${HOME}\n",
    }
    said = "Kustomization web: nobody gives the variable {}, which becomes empty"
    assert unset("  postBuild: {substitute: {host: a}}\n", files) == [
        ("apps/base/run.sh", 2, said.format("HOME")),
        ("apps/web/a.yaml", 3, said.format("domain")),
    ]
    assert unset("", files) == []
    assert unset("  postBuild: {substituteFrom: [{kind: Secret, name: s}]}\n", files) == []


def test_what_a_generator_leaves_alone_is() -> None:
    options = "generatorOptions: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}\n"
    files = {
        "apps/web/kustomization.yaml": f"configMapGenerator: [{{name: a, files: [run.sh]}}]\n{options}",
        "apps/web/run.sh": "ls ${HOME}\n",
    }
    assert unset("  postBuild: {substitute: {host: a}}\n", files) == []


def test_an_object_that_is_left_alone_is() -> None:
    text = "metadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\na: ${b}\n"
    assert (
        unset(
            "  postBuild: {substitute: {host: a}}\n",
            {"apps/web/kustomization.yaml": "resources: [a.yaml]\n", "apps/web/a.yaml": text},
        )
        == []
    )
