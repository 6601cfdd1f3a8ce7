"""How stacks of Kubernetes are called: by their directory, or by the Application and the cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.naming import MAIN
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import SHARED, Stack

_HOLDERS = frozenset({"overlays", "overlay", "clusters", "cluster"})
"""Folders that hold one for each environment, and are no part of a name."""
_NAME, _OTHER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"), re.compile(r"[^A-Za-z0-9.-]+")
_SEPARATOR = re.compile(r"[-_./:]+")


def of_directory(directory: str, config: Config) -> Stack:
    """A directory's stack: `apps/web/overlays/production` is `production/kubernetes/apps/web`.

    A folder such as `overlays/prod-eu` is production's instance `prod-eu`.
    """
    parts = directory.split("/")
    for index, part in enumerate(parts[:-1]):
        following = parts[index + 1]
        if part not in _HOLDERS:
            continue
        rest = parts[:index] + parts[index + 2 :]
        environment = config.environment_of(following)
        if environment is None and len(words := told(following, config)) == 1:
            name = naming.place("/".join(rest), "kubernetes", config).name
            return stacks.make(environment=words[0], kind="kubernetes", name=name, path=directory, instance=following)
        if environment is not None:
            name = naming.place("/".join(rest), "kubernetes", config).name
            return stacks.make(environment=environment, kind="kubernetes", name=name, path=directory)
    return naming.place(directory, "kubernetes", config)


def of_application(name: str, path: str, hints: Iterable[str], config: Config) -> Stack:
    """The stack of an Application, or of an object of Flux, that deploys `path`.

    Its environment is that of the path, or else of the first hint that says one (cluster, namespace, its name, its
    file); its name is its own without the words for that environment, so that it is called alike in each of them.
    """
    environment = of_directory(path, config).environment
    if environment == SHARED:
        said = (told(hint, config) for hint in (*hints, name))
        environment = next((each[0] for each in said if len(each) == 1), SHARED)
    called = _without(name, environment, config)
    if _NAME.fullmatch(called) is None:  # no cluster would take it either
        called = _OTHER.sub("-", called).strip("-.") or MAIN
    return stacks.make(environment=environment, kind="kubernetes", name=called, path=path)


def told(text: str, config: Config) -> list[str]:
    """The environments that the words of a text name."""
    found = (config.environment_of(word) for word in _SEPARATOR.split(text.lower()))
    return list(dict.fromkeys(each for each in found if each is not None))


def _without(name: str, environment: str, config: Config) -> str:
    words = [word for word in name.split("-") if config.environment_of(word.lower()) != environment]
    return "-".join(words) or name
