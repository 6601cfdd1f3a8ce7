"""The generators of an ApplicationSet: which sets of parameters each one gives for this repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, structs

from gitops_ci.config_argocd import Answers, Cluster, Generators
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.kubernetes import globs, values
from gitops_ci.kinds.kubernetes.argocd import parameters as sets
from gitops_ci.kinds.kubernetes.argocd.templates import Parameters, Templating
from gitops_ci.kinds.kubernetes.gotemplate import TemplateProblem
from gitops_ci.kinds.kubernetes.gotemplate.sprig import sanitized
from gitops_ci.kinds.kubernetes.gotemplate.sprig_data import numbers_as_go
from gitops_ci.kinds.kubernetes.reading import revisions
from gitops_ci.kinds.kubernetes.reading.repositories import Repositories
from gitops_ci.policy.documents import yaml_documents
from gitops_ci.policy.documents.yaml_documents import YamlProblem

MOST = 10_000
"""Applications that one set may make."""
_MOST_LOOKS = 20_000_000  # at paths, over all generators of a set: one in a matrix looks anew for each of the other's
_IN_CLUSTER = "https://kubernetes.default.svc"
_ANSWERED = {
    "clusterDecisionResource": "cluster_decisions",
    "scmProvider": "scm_provider",
    "pullRequest": "pull_requests",
    "plugin": "plugin",
}
KINDS = ("list", "clusters", "git", *_ANSWERED, "matrix", "merge")


class Elsewhere(Exception):
    """A generator looks beyond this repository, and the configuration does not answer for it."""


class Contents(Struct, frozen=True):
    """What a file of a git generator says: one set of parameters, or several; `wrong` where it says none."""

    found: tuple[dict[str, Any], ...] = ()
    wrong: str = ""


def contents(content: bytes) -> Contents:
    """A file's parameters: a mapping, or a list of mappings, YAML or JSON."""
    try:
        document = next(yaml_documents.documents(content), None)
    except YamlProblem as problem:
        return Contents(wrong=f"line {problem.line}: {problem.message}")
    value = {} if document is None else numbers_as_go(document.value)
    if isinstance(value, dict):
        return Contents((value,))
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return Contents(tuple(value))
    return Contents(wrong="neither a mapping nor a list of mappings")


class Asked(Struct):
    """What generators may look at, and, as they do, the files that they have `read` and how often they `looked`."""

    snapshot: Snapshot
    repositories: Repositories
    fixtures: Generators
    templating: Templating
    read: dict[str, None]
    looked: int = 0

    def all(self, generator: dict[str, Any], given: Parameters | None = None) -> list[Parameters]:
        """The sets that a generator gives. Raises TemplateProblem, and Elsewhere where nothing here can tell."""
        kinds = [kind for kind in KINDS if generator.get(kind) is not None]
        if len(kinds) != 1:
            raise TemplateProblem(
                f"a generator of {' and '.join(kinds) or 'no known kind'}: expected one of {', '.join(KINDS)}"
            )
        spec = generator[kinds[0]]
        if not isinstance(spec, dict):
            raise TemplateProblem(f"{kinds[0]}: expected a mapping")
        if given:
            spec = self._interpolated(spec, given)
        found = self._of(kinds[0], spec)
        if len(found) > MOST:
            raise TemplateProblem(f"more than {MOST:,} Applications")
        return [each for each in found if sets.selects(generator.get("selector"), each)]

    def _interpolated(self, spec: dict[str, Any], given: Parameters) -> dict[str, Any]:
        """A generator with what the one before it in a matrix gives; `values` may need its own parameters as well."""
        found = {}
        for key, inner in spec.items():
            if key == "values" and isinstance(inner, dict):
                found[key] = {name: self._if_known(each, given) for name, each in inner.items()}
            else:
                found[key] = inner if key == "template" else self.templating.value(inner, given)
        return found

    def _if_known(self, value: Any, given: Parameters) -> Any:
        if not self.templating.goes:
            return self.templating.value(value, given)
        try:
            return structs.replace(self.templating, strict=True).value(value, given)
        except TemplateProblem:
            return value

    def _of(self, kind: str, spec: dict[str, Any]) -> list[Parameters]:
        match kind:
            case "list":
                return list(self._list(spec))
            case "git":
                return [self._valued(spec, each) for each in self._git(spec)]
            case "clusters":
                return self._clusters(spec)
            case "matrix":
                return self._matrix(spec)
            case "merge":
                return self._merge(spec)
            case _:
                answers: Answers | None = getattr(self.fixtures, _ANSWERED[kind])
                if answers is None:
                    raise Elsewhere(f"its generator {kind} asks {_WHOM[kind]}: answer under {_KEY}.{_ANSWERED[kind]}")
                return [self._valued(spec, numbers_as_go(each)) for each in answers]

    def _valued(self, spec: dict[str, Any], found: Parameters) -> Parameters:
        """A set with the generator's own `values`, which may use it."""
        own = values.mapping(spec, "values")
        made = {key: self.templating.text(value, found) for key, value in own.items() if isinstance(value, str)}
        if self.templating.goes:
            return {**found, "values": made} if made else found
        return found | {f"values.{key}": value for key, value in made.items()}

    def _list(self, spec: dict[str, Any]) -> Iterator[Parameters]:
        for element in values.listed(spec, "elements"):
            if not isinstance(element, dict):
                raise TemplateProblem("an element of a list that is no mapping")
            yield numbers_as_go(element) if self.templating.goes else dict(_element(element))
        written = spec.get("elementsYaml")
        if isinstance(written, str) and written:
            found = contents(written.encode("utf-8", "replace"))
            if found.wrong:
                raise TemplateProblem(f"elementsYaml: {found.wrong}")
            yield from found.found

    def _git(self, spec: dict[str, Any]) -> Iterator[Parameters]:
        url = values.text(spec, "repoURL")
        if not self.repositories.has(url):
            raise Elsewhere(f"its generator git looks into another repository, {url}")
        revision = values.text(spec, "revision")
        if not revisions.is_current(revision, self.snapshot):
            raise Elsewhere(f"its generator git looks at {revision}, and not at what is here")
        self.looked += len(self.snapshot.entries)
        if self.looked > _MOST_LOOKS:
            raise TemplateProblem("its generators look at too many paths")
        prefix, goes = values.text(spec, "pathParamPrefix"), self.templating.goes
        if directories := values.mappings(spec, "directories"):
            for path in self._directories(directories):
                yield sets.path_parameters(path, prefix, goes=goes)
            return
        files = values.mappings(spec, "files")
        if not files:
            raise TemplateProblem("git: expected directories or files")
        paths = self._files(files)
        self.read.update(dict.fromkeys(paths))
        found = self.snapshot.facts(paths, contents)
        for path in paths:
            each = found.get(path, Contents(wrong="too large to be read"))
            if each.wrong:
                raise TemplateProblem(f"unable to process file {path}: {each.wrong}")
            directory, _, file = path.rpartition("/")
            about = sets.path_parameters(directory or ".", prefix, goes=goes, file=file)
            yield from ({**(one if goes else sets.strings(sets.flat(one))), **about} for one in each.found)

    def _directories(self, items: list[dict[str, Any]]) -> Iterator[str]:
        wanted = [globs.path_match(values.text(each, "path")) for each in items if each.get("exclude") is not True]
        unwanted = [globs.path_match(values.text(each, "path")) for each in items if each.get("exclude") is True]
        for path in sorted(self.snapshot.directories, key=lambda each: each.split("/")):
            if not path or path.startswith(".") or "/." in path:
                continue
            is_wanted = any(each is not None and each.fullmatch(path) for each in wanted)
            if is_wanted and not any(each is not None and each.fullmatch(path) for each in unwanted):
                yield path

    def _files(self, items: list[dict[str, Any]]) -> list[str]:
        patterns = [(globs.pathspec(values.text(each, "path")), each.get("exclude") is True) for each in items]
        found = set()
        for path in self.snapshot.entries:
            matches = {out for pattern, out in patterns if pattern is not None and pattern.fullmatch(path)}
            if matches == {False}:
                found.add(path)
        return sorted(found)

    def _clusters(self, spec: dict[str, Any]) -> list[Parameters]:
        known = self.fixtures.clusters
        if known is None:
            raise Elsewhere(f"its generator clusters asks Argo CD for its clusters: answer under {_KEY}.clusters")
        selector = values.mapping(spec, "selector")
        is_selected = bool(selector.get("matchLabels") or selector.get("matchExpressions"))
        found = [self._cluster(each) for each in known if not is_selected or sets.selects(selector, dict(each.labels))]
        if not is_selected and all(each.server != _IN_CLUSTER for each in known):
            found.append({"name": "in-cluster", "nameNormalized": "in-cluster", "server": _IN_CLUSTER, "project": ""})
        valued = [self._valued(spec, each) for each in found]
        return [{"clusters": valued}] if spec.get("flatList") is True else valued

    def _cluster(self, cluster: Cluster) -> Parameters:
        found: Parameters = {
            "name": cluster.name,
            "nameNormalized": sanitized(cluster.name),
            "server": cluster.server,
            "project": cluster.project,
        }
        notes = {"annotations": cluster.annotations, "labels": cluster.labels}
        if self.templating.goes:
            return {**found, "metadata": {key: dict(each) for key, each in notes.items() if each}}
        return found | {f"metadata.{key}.{name}": value for key, each in notes.items() for name, value in each.items()}

    def _matrix(self, spec: dict[str, Any]) -> list[Parameters]:
        inner = values.mappings(spec, "generators")
        if len(inner) != 2:
            raise TemplateProblem(f"matrix of {len(inner)} generators: expected exactly two")
        found: list[Parameters] = []
        for first in self.all(inner[0]):
            for second in self.all(inner[1], first):
                found.append(sets.combined(first, second, goes=self.templating.goes))
                if len(found) > MOST:
                    return found
        return found

    def _merge(self, spec: dict[str, Any]) -> list[Parameters]:
        inner, keys = values.mappings(spec, "generators"), values.texts(spec, "mergeKeys")
        if len(inner) < 2 or not keys:
            raise TemplateProblem("merge: expected two generators or more, and mergeKeys")
        base, *others = (sets.by_key(keys, self.all(each)) for each in inner)
        for other in others:
            for key in base.keys() & other.keys():
                base[key] = sets.overridden(base[key], other[key], goes=self.templating.goes)
        return list(base.values())


_KEY = "kinds.kubernetes.generators"
_WHOM = {
    "clusterDecisionResource": "the cluster",
    "scmProvider": "a host of repositories",
    "pullRequest": "a host of repositories",
    "plugin": "a plugin's service",
}


def _element(element: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """An element without goTemplate: only texts, and `values` one level down."""
    for key, value in element.items():
        if key == "values" and isinstance(value, dict):
            for name, inner in value.items():
                yield f"values.{name}", _only_text(inner)
        else:
            yield key, _only_text(value)


def _only_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TemplateProblem("error parsing value as string: without goTemplate elements hold only texts")
    return value
