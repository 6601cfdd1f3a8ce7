"""AppProjects: whether the one that an Application names is there, and permits what the Application takes and where to.

https://argo-cd.readthedocs.io/en/stable/user-guide/projects/, and `AppProject.IsSourcePermitted` of its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from gitops_ci.kinds.kubernetes import globs, values
from gitops_ci.kinds.kubernetes.argocd.applications import Application
from gitops_ci.kinds.kubernetes.reading.manifests import Declared
from gitops_ci.kinds.kubernetes.rules.argocd.application import HOME, Fault, World, sources
from gitops_ci.kinds.kubernetes.rules.declared import IN_CLUSTER
from gitops_ci.model.finding import Severity

MISSING = "argocd/project-missing"
FORBIDS = "argocd/project-forbids"

_DEFAULT = "default"
_MOST_STARS, _LONGEST = 4, 300
_PART = re.compile(r"\*\*|\*|\?|[^*?]+")
_SHELL = re.compile(r"(?:[\w.-]+@)?[\w.-]+:[^/].*")


def faults(app: Application, world: World) -> Iterator[Fault]:
    """What its project says against it: worse where both lie below one folder, and so belong to one Argo CD."""
    named = values.text(app.spec, "project")
    if not named or "{{" in named:
        return
    project = _called(named, app.namespace or HOME, world)
    if project is None:
        if named != _DEFAULT:
            severity: Severity = "warning" if world.projects else "notice"
            said = "the AppProject is not in this repository"
            yield Fault(MISSING, ("spec", "project"), said, named, severity)
        return
    spec = values.mapping(project.manifest.value, "spec")
    together: Severity | None = None if _top(project.path) == _top(app.by.path) else "warning"
    for place, source in sources(app):
        address = values.text(source, "repoURL")
        if address and "{{" not in address and not permits_source(spec, address):
            said = f"the AppProject {named} does not permit this repository (sourceRepos)"
            yield Fault(FORBIDS, (*place, "repoURL"), said, address, together)
    destination = values.mapping(app.value, "spec", "destination")
    where = values.text(destination, "name") or values.text(destination, "server")
    if where and "{{" not in where and not permits_destination(spec, destination):
        namespace = values.text(destination, "namespace") or "(none)"
        said = f"the AppProject {named} does not permit this destination (destinations)"
        yield Fault(FORBIDS, ("spec", "destination"), said, f"{where} with namespace {namespace}", together)


def _called(name: str, namespace: str, world: World) -> Declared | None:
    """The project of that name, in the Application's namespace or Argo CD's rather than in another one."""
    found = world.projects.get((namespace, name)) or world.projects.get((HOME, name))
    return found or next((each for (_, called), each in world.projects.items() if called == name), None)


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def permits_source(spec: Mapping[str, Any], address: str) -> bool:
    """Whether some pattern of `sourceRepos` fits and no `!` of them is hurt."""
    wanted, found = normalised(address), False
    listed = spec.get("sourceRepos")
    for pattern in listed if isinstance(listed, list) else ():
        if isinstance(pattern, str):
            is_denial = pattern.startswith("!")
            if _fits(normalised(pattern.removeprefix("!")), wanted, "/"):
                if is_denial:
                    return False
                found = True
            elif is_denial:
                found = True  # Argo CD takes a `!` that does not hurt for one that fits
    return found


def permits_destination(spec: Mapping[str, Any], destination: Mapping[str, Any]) -> bool:
    """Whether some destination fits by its server or its name, and by its namespace.

    Where one says a name and the other one a server nobody here knows whether they are the same cluster: permitted.
    """
    name, server = values.text(destination, "name"), values.text(destination, "server")
    own_server, own_name = IN_CLUSTER
    server = server or (own_server if name == own_name else "")
    name = name or (own_name if server == own_server else "")
    namespace = values.text(destination, "namespace")
    found = False
    for _, each in values.placed(spec, "destinations"):
        in_namespace = _denies(values.text(each, "namespace"), namespace)
        cluster = _cluster(each, name, server)
        if cluster is False and any(values.text(each, key).startswith("!") for key in ("name", "server")):
            return False
        if cluster is not False and in_namespace is False and values.text(each, "namespace").startswith("!"):
            return False
        found = found or (cluster is not False and in_namespace)
    return found


def _cluster(permitted: Mapping[str, Any], name: str, server: str) -> bool | None:
    """Whether a destination's cluster fits; None where they are told by other words."""
    by_name, by_server = values.text(permitted, "name"), values.text(permitted, "server")
    compared = [
        _denies(pattern, value) for pattern, value in ((by_name, name), (by_server, server)) if pattern and value
    ]
    return any(compared) if compared else None


def _denies(pattern: str, value: str) -> bool:
    return not _fits(pattern[1:], value) if pattern.startswith("!") else _fits(pattern, value)


def _fits(pattern: str, value: str, separator: str = "") -> bool:
    """Whether a glob fits; one with more stars than anybody needs would take long, and is taken to."""
    if pattern == "*" or len(value) > _LONGEST:
        return True
    compiled = _compiled(pattern, separator)
    return compiled is None or compiled.fullmatch(value) is not None


def _compiled(pattern: str, separator: str) -> re.Pattern[str] | None:
    """A glob as gobwas has it: `*` stops at the separator, `**` does not, `{a,b}` are alternatives."""
    if "**" in pattern and separator:
        return _spanning(pattern)
    return globs.within_folders(pattern) if separator else globs.any_depth(pattern)


@lru_cache(maxsize=1024)
def _spanning(pattern: str) -> re.Pattern[str] | None:
    choices = globs.expanded(pattern)
    if choices is None or any(each.count("*") > _MOST_STARS for each in choices):
        return None
    signs = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    made = ("".join(signs.get(part) or re.escape(part) for part in _PART.findall(each)) for each in choices)
    return re.compile("|".join(f"(?:{each})" for each in made), re.DOTALL)


def normalised(address: str) -> str:
    """An address of git as Argo CD compares it: lower case, without `.git`, ssh in one form."""
    text = address.strip().lower()
    if "://" not in text and _SHELL.fullmatch(text):
        text = text.replace(":", "/", 1)
    return text.removesuffix(".git").removeprefix("ssh://").rstrip("/")
