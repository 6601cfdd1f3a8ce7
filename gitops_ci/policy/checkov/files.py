"""Which files of a change checkov is asked about, for which of its frameworks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.policy.checkov import charts, contents
from gitops_ci.policy.checkov.job import Form

_CONTAINER = re.compile(r"(?:[^/]+\.)?(?:docker|container)file(?:\.[^/]+|-[^/.]+)?", re.IGNORECASE)
_TEMPLATE = (".yaml", ".yml", ".json", ".template", ".cfn")
_TERRAFORM = (".tf", ".tofu", ".tfvars", ".tfvars.json")
_TERRAFORM_JSON = (".tf.json", ".tofu.json")


class Sorted(Struct, frozen=True):
    """Files by the form in which checkov reads them, and those that are too large to be looked at."""

    forms: Mapping[Form, tuple[str, ...]]
    unread: tuple[str, ...]


def sorted_by_form(snapshot: Snapshot, paths: Iterable[str], *, renders_charts: bool) -> Sorted:
    """The files among `paths` that checkov looks at, by name and, of YAML and JSON, by what they hold.

    What belongs to a chart is in `helm`; templates are nothing else where charts are rendered, and where they are not,
    those are looked at that are manifests as they stand. Links are left out: what they lead to is a path of its own.
    """
    found: dict[Form, list[str]] = {}
    unclear: list[str] = []
    folders = charts.folders(snapshot)
    for path in paths:
        entry = snapshot.entries.get(path)
        if entry is None or entry.mode in (SYMLINK, SUBMODULE):
            continue
        form = _by_name(path)
        part = charts.part(path, folders) if form is None else None
        if part is not None:
            found.setdefault("helm", []).append(path)
        if form is not None:
            found.setdefault(form, []).append(path)
        elif path.endswith(_TEMPLATE) and not (part == "template" and renders_charts):
            unclear.append(path)
    held = snapshot.facts(unclear, contents.of)
    for path, content in held.items():
        is_left = charts.part(path, folders) == "template" and (content.is_template or content.objects <= 0)
        if content.form is not None and not is_left:
            found.setdefault(content.form, []).append(path)
    unread = tuple(path for path in unclear if path not in held)
    return Sorted({form: tuple(sorted(each)) for form, each in found.items()}, unread)


def _by_name(path: str) -> Form | None:
    name = path.rpartition("/")[2]
    if path.endswith(_TERRAFORM_JSON):
        return "terraform_json"
    if path.endswith(_TERRAFORM):
        return "terraform"
    if _CONTAINER.fullmatch(name) and not name.lower().endswith(".dockerignore"):
        return "dockerfile"
    if path.startswith(".github/workflows/") and path.endswith((".yml", ".yaml")):
        return "github_actions"
    return None
