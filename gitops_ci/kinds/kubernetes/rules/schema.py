"""Objects against the schemas of the configured Kubernetes versions and of the repository's CRDs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gitops_ci.kinds.kubernetes import values
from gitops_ci.kinds.kubernetes.objects import Object
from gitops_ci.kinds.kubernetes.rules import api_versions
from gitops_ci.kinds.kubernetes.rules.groups import BUILT_IN, NOT_APPLIED
from gitops_ci.kinds.kubernetes.rules.subject import Subject
from gitops_ci.kinds.kubernetes.rules.told import Told
from gitops_ci.kinds.kubernetes.schemas import bundle, fields
from gitops_ci.kinds.kubernetes.schemas.bundle import Version
from gitops_ci.kinds.kubernetes.schemas.misfits import Misfit
from gitops_ci.policy.secrets import sops

MISFIT = "kubernetes/schema"
UNKNOWN_FIELD = "kubernetes/unknown-field"
UNKNOWN_API = "kubernetes/api-unknown"
REMOVED = "kubernetes/api-removed"
DEPRECATED = "kubernetes/api-deprecated"
NO_SCHEMA = "kubernetes/schema-missing"
NOT_VALIDATED = "kubernetes/not-validated"

_MOST = 20
"""Findings about one object: more are one mistake."""
_RULED = frozenset({("argoproj.io", kind) for kind in ("Application", "ApplicationSet")})
_ASKED = frozenset({
    "metadata", "spec", "project", "destination", "repoURL", "revision", "generators", "mergeKeys", "template",
})  # fmt: skip
"""Kinds that have rules of their own about what they lack, and the fields that those ask for."""


class _Checked:
    """The versions that are checked, and the kinds that nothing could be said of."""

    def __init__(self, subject: Subject) -> None:
        self.versions, self.unknown = bundle.chosen(subject.around.versions)
        self.asked = {found for text in subject.around.versions if (found := bundle.version(text)) is not None}
        self.schemaless: dict[str, Object] = {}
        self.several = len(self.versions) > 1


def findings(subject: Subject) -> Iterator[Told]:
    """What does not fit, which APIs are going or gone, and what could not be validated."""
    checked = _Checked(subject)
    for each in subject.objects:
        if each.identity.group not in NOT_APPLIED:
            yield from _retired(each, subject, checked)
            yield from _validated(each, subject, checked)
    for kind, first in sorted(checked.schemaless.items()):
        path, line = subject.own(*subject.places.of(first))
        said = f"nobody here has a schema of {kind}: its objects are not validated"
        yield Told(rule=NO_SCHEMA, message=said, path=path, line=line, anywhere=True)
    yield from _unavailable(subject, checked)


def _unavailable(subject: Subject, checked: _Checked) -> Iterator[Told]:
    """Once for the whole repository; worse where somebody has asked for it."""
    if subject.around.missing:
        said = (
            f"kinds.kubernetes.schemas names {', '.join(subject.around.missing)}, which is no folder of this repository"
        )
        yield Told(rule=NOT_VALIDATED, message=said, severity="error", everywhere=True)
    if not bundle.available():
        said = "objects are not validated: the schemas of Kubernetes are not installed"
        yield Told(rule=NOT_VALIDATED, message=said, severity="error" if checked.asked else "notice", everywhere=True)
    elif checked.unknown:
        said = f"nothing is validated for Kubernetes {', '.join(checked.unknown)}: its schemas are not installed"
        yield Told(rule=NOT_VALIDATED, message=said, severity="error", everywhere=True)


def _retired(each: Object, subject: Subject, checked: _Checked) -> Iterator[Told]:
    """Without a configured version it may still be there for whoever runs an old one: a warning."""
    found = api_versions.RETIRED.get((each.api_version, each.identity.kind))
    if found is None:
        return
    said, place = api_versions.message(found, each.identity.kind), ("apiVersion",)
    versions = checked.asked
    if found.removed is not None and (not versions or max(versions) >= found.removed):
        yield subject.told(REMOVED, said, each, place, severity="error" if versions else "warning")
    elif not versions or max(versions) >= found.deprecated:
        yield subject.told(DEPRECATED, said, each, place)


def _validated(each: Object, subject: Subject, checked: _Checked) -> Iterator[Told]:
    group, kind = each.identity.group, each.identity.kind
    version = each.api_version.rpartition("/")[2]
    if group not in BUILT_IN:
        yield from _of_custom(each, version, subject, checked)
        return
    if (each.api_version, kind) in api_versions.RETIRED and not _any_knows(checked, group, version, kind):
        return
    told: dict[Misfit, list[Version]] = {}
    for asked, checked_by in checked.versions.items():
        validator = bundle.of(checked_by).validator(group, version, kind)
        if validator is None:
            if not _any_knows(checked, group, version, kind):
                said = f"Kubernetes {bundle.shown(asked)} has no {kind} in {each.api_version}"
                yield subject.told(UNKNOWN_API, said, each, ("apiVersion",))
                return
            continue
        for misfit in _unfit(each, validator.misfits):
            told.setdefault(misfit, []).append(asked)
    yield from _misfits(each, told, subject, checked)


def _unfit(each: Object, judge: Callable[[Mapping[str, Any]], tuple[Misfit, ...]]) -> tuple[Misfit, ...]:
    """What does not fit in an object as it is once decrypted: what SOPS encrypted may be of any type."""
    value = sops.without(each.value)
    found = judge(value)
    return (
        found if value is each.value else tuple(one for one in found if not sops.is_leaf(values.at(value, *one.place)))
    )


def _any_knows(checked: _Checked, group: str, version: str, kind: str) -> bool:
    return any(bundle.of(each).knows(group, version, kind) for each in checked.versions.values())


def _of_custom(each: Object, version: str, subject: Subject, checked: _Checked) -> Iterator[Told]:
    group, kind = each.identity.group, each.identity.kind
    validator = subject.custom.validator((group, version, kind)) if bundle.available() else None
    if validator is not None:
        found = _unfit(each, validator.misfits)
    elif fields.knows(each.api_version, kind):
        found = _unfit(each, lambda value: fields.misfits(value, each.api_version, kind))
    else:
        if bundle.available():
            unread = subject.around.kept((group, version, kind))
            unusable = f" ({unread.path} holds none that can be used)" if unread is not None else ""
            checked.schemaless.setdefault(f"{each.api_version} {kind}{unusable}", each)
        return
    asked = _ASKED if (group, kind) in _RULED else frozenset()
    told = {one: list[Version]() for one in found if not (one.is_missing and one.place[-1] in asked)}
    yield from _misfits(each, told, subject, checked)


def _misfits(each: Object, told: dict[Misfit, list[Version]], subject: Subject, checked: _Checked) -> Iterator[Told]:
    for count, (misfit, versions) in enumerate(told.items()):
        if count == _MOST:
            said = f"{len(told) - _MOST} more places of it do not fit"
            yield subject.told(MISFIT, said, each)
            return
        only = checked.several and versions and len(versions) < len(checked.versions)
        where = f" (Kubernetes {', '.join(map(bundle.shown, versions))})" if only else ""
        rule = UNKNOWN_FIELD if misfit.unknown else MISFIT
        is_custom = each.identity.group not in BUILT_IN
        doubtful = misfit.doubtful or (misfit.unknown and is_custom and not misfit.meant)
        said = f"{misfit.said}{where}"
        yield subject.told(rule, said, each, misfit.place, severity="warning" if doubtful else None)
