"""ApplicationSets: what one has to have, the language of its template, and the names that it gives.

https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.rules.argocd.application import Fault
from gitops_ci.policy.documents.yaml_documents import Place

INCOMPLETE = "argocd/set-incomplete"
LANGUAGE = "argocd/template-language"
MISSING_KEY = "argocd/missing-key"

GENERATORS = (
    "list", "clusters", "git", "matrix", "merge", "scmProvider", "pullRequest", "clusterDecisionResource", "plugin",
)  # fmt: skip
_PASSED_ON = frozenset({"values", "valuesObject", "patches", "env", "parameters", "annotations"})
"""Keys whose values may be templates of somebody else."""
_SYNC = ("create-only", "create-update", "create-delete", "sync")
_GO = re.compile(r"\{\{-?\s*(?:\.[\w.]+|index\s|range\s|if\s|with\s|end\b|\w+\s+\.)")
_FAST = re.compile(r"\{\{\s*[A-Za-z_][\w.\-]*(?:\[\d+\])?\s*\}\}")
_WORDS = re.compile(r"\{\{-?\s*(?:end|else|break|continue)\s*-?\}\}")


def faults(value: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with an ApplicationSet by itself; places are in the whole object."""
    spec = value.get("spec")
    if not isinstance(spec, Mapping):
        yield Fault(INCOMPLETE, (), "it has no spec")
        return
    generators = [(("spec", *place), each) for place, each in values.placed(spec, "generators")]
    if not generators:
        yield Fault(INCOMPLETE, ("spec",), "it has no generators")
    for place, generator in generators:
        yield from _generator(generator, place, depth=0)
    template = ("spec", "template")
    if not values.text(value, *template, "metadata", "name"):
        yield Fault(INCOMPLETE, template, "template.metadata.name is missing")
    for key in ("project", "destination"):
        if not values.at(value, *template, "spec", key) and "templatePatch" not in spec:
            yield Fault(INCOMPLETE, (*template, "spec"), f"template.spec.{key} is missing")
    sync = values.at(spec, "syncPolicy", "applicationsSync")
    if sync is not None and sync not in _SYNC:
        place = ("spec", "syncPolicy", "applicationsSync")
        yield Fault(INCOMPLETE, place, f"applicationsSync has to be one of {', '.join(_SYNC)}")
    yield from _language(value, spec)


def _generator(generator: Mapping[str, Any], place: Place, *, depth: int) -> Iterator[Fault]:
    kinds = [key for key in GENERATORS if key in generator]
    if not kinds:
        yield Fault(INCOMPLETE, place, f"a generator is none of {', '.join(GENERATORS)}")
    for kind in kinds:
        given, at = values.mapping(generator, kind), (*place, kind)
        match kind:
            case "list":
                if not isinstance(given.get("elements"), list) and not values.text(given, "elementsYaml"):
                    yield Fault(INCOMPLETE, at, "a list generator has no elements")
            case "git":
                yield from _git(given, at)
            case "matrix" | "merge" if depth < 2:
                yield from _combined(kind, given, at, depth=depth)
            case _:
                pass


def _git(given: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    for key in ("repoURL", "revision"):
        if not values.text(given, key):
            yield Fault(INCOMPLETE, place, f"a git generator has no {key}")
    if not given.get("directories") and not given.get("files"):
        yield Fault(INCOMPLETE, place, "a git generator has neither directories nor files")


def _combined(kind: str, given: Mapping[str, Any], place: Place, *, depth: int) -> Iterator[Fault]:
    inner = list(values.placed(given, "generators"))
    if kind == "matrix" and len(inner) != 2:
        yield Fault(INCOMPLETE, place, f"a matrix generator has to have two generators, and has {len(inner)}")
    if kind == "merge" and len(inner) < 2:
        yield Fault(INCOMPLETE, place, f"a merge generator has to have two generators or more, and has {len(inner)}")
    if kind == "merge" and not given.get("mergeKeys"):
        yield Fault(INCOMPLETE, place, "a merge generator has no mergeKeys")
    for at, each in inner:
        yield from _generator(each, (*place, *at), depth=depth + 1)


def _language(value: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[Fault]:
    """Words of the one template language where the other one is spoken: they stay as they are, or fail."""
    is_go = spec.get("goTemplate") is True
    options = spec.get("goTemplateOptions")
    if is_go and not any(option == "missingkey=error" for option in (options if isinstance(options, list) else ())):
        said = "goTemplate without goTemplateOptions missingkey=error: what a generator lacks becomes <no value>"
        yield Fault(MISSING_KEY, ("spec", "goTemplate"), said)
    for place, text in _texts(values.at(value, "spec", "template"), ("spec", "template")):
        if is_go and (wrong := _FAST.search(text)) is not None and _WORDS.fullmatch(wrong[0]) is None:
            if _is_function(wrong[0]):
                continue
            yield Fault(LANGUAGE, place, f"`{wrong[0]}` is no Go template: with goTemplate it has to begin with a dot")
        elif not is_go and _PASSED_ON.isdisjoint(place) and (wrong := _GO.search(text)) is not None:
            said = f"`{wrong[0]}…` is a Go template, and goTemplate is not on: it stays as it is"
            yield Fault(LANGUAGE, place, said)


def _is_function(word: str) -> bool:
    """Functions that are called without an argument."""
    return word.strip("{}- \t") in ("now", "uuidv4", "list", "dict", "nil", "true", "false")


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, (*place, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*place, index))
