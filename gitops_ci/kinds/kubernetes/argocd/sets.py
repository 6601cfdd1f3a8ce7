"""ApplicationSets rendered: the Applications that each one makes of this repository, and why not."""

from __future__ import annotations

import copy
from typing import Any, Literal

from msgspec import Struct

from gitops_ci.config_argocd import Generators
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.argocd import applications, generators, templates
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.argocd.generators import Asked, Elsewhere
from gitops_ci.kinds.kubernetes.argocd.templates import Parameters, Templating
from gitops_ci.kinds.kubernetes.gotemplate import Budget, TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.sprig_data import merged
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.kinds.kubernetes.sources import Unrendered
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem


class Trouble(Struct, frozen=True):
    """Why a set, or a part of it, has no Applications here.

    `offline`: nothing in this repository can tell (a cluster, a service, another repository). `invalid`: Argo CD could
    not render it either. `refused`: no API server takes the set, which is told where objects are validated.
    """

    code: Literal["offline", "invalid", "refused"]
    message: str
    line: int


class Rendering(Struct, frozen=True):
    """What an ApplicationSet makes; `read` are the files that decide it beside its own."""

    by: Declared
    applications: tuple[Application, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    read: tuple[str, ...] = ()


def refused(by: Declared, why: Unrendered) -> Rendering:
    """A set that no API server takes: it makes nothing, and what it made stays."""
    return Rendering(by, troubles=(Trouble("refused", why.why, by.line if why.line is None else why.line),))


def render(
    by: Declared, snapshot: Snapshot, repositories: Repositories, fixtures: Generators, budget: Budget
) -> Rendering:
    """The Applications of one set, in the order of its generators (applicationset/controllers/template)."""
    spec = values.mapping(by.manifest.value, "spec")
    try:
        templating = templates.of(spec, budget)
    except TemplateProblem as problem:
        return Rendering(by, troubles=(Trouble("invalid", str(problem), by.line_of("spec", "goTemplateOptions")),))
    found: list[Application] = []
    troubles: list[Trouble] = []
    read: dict[str, None] = {}
    asked = Asked(snapshot, repositories, fixtures, templating, read)
    for index, generator in enumerate(values.mappings(spec, "generators")):
        line = by.line_of("spec", "generators", index)
        try:
            made = [_application(by, spec, generator, each, templating) for each in asked.all(generator)]
        except Elsewhere as problem:
            troubles.append(Trouble("offline", str(problem), line))
        except TemplateProblem as problem:
            troubles.append(Trouble("invalid", str(problem), line))
        else:
            found += [applications.made(each, by, tuple(read)) for each in made]
    if len(found) > generators.MOST:
        troubles.append(Trouble("invalid", f"more than {generators.MOST:,} Applications", by.line))
    return Rendering(by, tuple(found[: generators.MOST]), tuple(troubles), tuple(read))


def _application(
    by: Declared, spec: dict[str, Any], generator: dict[str, Any], given: Parameters, templating: Templating
) -> dict[str, Any]:
    """The Application of one set of parameters: the generator's own template over the set's, rendered, patched."""
    template = copy.deepcopy(values.mapping(spec, "template"))
    kind = next(each for each in generators.KINDS if generator.get(each) is not None)
    if own := values.mapping(generator, kind, "template"):
        template = merged(copy.deepcopy(own), template, override=False)
    value = templating.value(template, given) if given else template
    patch = spec.get("templatePatch")
    if isinstance(patch, str):
        project = values.mapping(value, "spec").get("project")
        value = templates.patched(value, _patch(templating.text(patch, given)))
        if isinstance(value.get("spec"), dict):
            value["spec"]["project"] = project  # a patch must not lead out of the project
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
    value = {**head, **{key: value[key] for key in ("metadata", "spec") if key in value}}
    if by.namespace and isinstance(value.get("metadata"), dict):
        value["metadata"] = {**value["metadata"], "namespace": by.namespace}
    return value


def _patch(text: str) -> Any:
    try:
        document = next(yaml_documents.documents(text.encode("utf-8", "replace")), None)
    except YamlProblem as problem:
        raise TemplateProblem(f"templatePatch is not valid YAML once rendered: {problem.message}") from None
    if document is not None and not isinstance(document.value, dict):
        raise TemplateProblem("templatePatch renders to no mapping")
    return {} if document is None else document.value
