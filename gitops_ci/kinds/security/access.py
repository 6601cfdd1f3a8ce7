"""What Kubernetes' RBAC gives to whom: permissions by resource, bindings, and what of it is dangerous."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

GROUP = "rbac.authorization.k8s.io"
ROLES = frozenset({"Role", "ClusterRole"})
BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})
_READS = frozenset({"get", "list", "watch"})
_WRITES = frozenset({"create", "update", "patch"})
_POWERS = frozenset({"bind", "escalate", "impersonate"})
_EVERYONE = {
    "system:anonymous": "everyone, also without a login",
    "system:unauthenticated": "everyone, also without a login",
}
_MANY = {
    "system:authenticated": "everyone who has a login",
    "system:serviceaccounts": "every service account",
}
_TELLING = (
    (frozenset({"secrets"}), _READS, "lets it read secrets"),
    (
        frozenset({"pods/exec", "pods/attach", "pods/ephemeralcontainers"}),
        _WRITES | _READS,
        "lets it run commands in pods",
    ),
    (frozenset({"serviceaccounts/token"}), _WRITES, "lets it make tokens of service accounts"),
    (frozenset({"nodes/proxy"}), _WRITES | _READS, "lets it reach every kubelet"),
    (
        frozenset({f"{each}.{GROUP}" for each in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")}),
        _WRITES,
        "lets it write permissions",
    ),
    (
        frozenset(
            f"{each}.admissionregistration.k8s.io"
            for each in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
        ),
        _WRITES | {"delete"},
        "lets it write admission webhooks",
    ),
)


class Danger(Struct, frozen=True):
    """Something that is not given lightly: a rule's id ("" for none: only told where it is new), words, a place."""

    rule: str
    says: str
    place: tuple[str | int, ...] = ()


def permissions(document: Mapping[str, Any]) -> dict[str, list[str]] | None:
    """Resource (`deployments.apps`, `configmaps "a"`, `/healthz`) → verbs; None where a rule has another form."""
    found: dict[str, set[str]] = {}
    rules = document.get("rules")
    for rule in rules if isinstance(rules, list) else () if rules is None else (None,):
        if not isinstance(rule, dict) or rule.keys() - {
            "apiGroups",
            "resources",
            "verbs",
            "resourceNames",
            "nonResourceURLs",
        }:
            return None
        for what in _resources(rule):
            found.setdefault(what, set()).update(_texts(rule.get("verbs")))
    return {what: sorted(verbs) for what, verbs in sorted(found.items())}


def _resources(rule: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(rule.get("nonResourceURLs"))
    names = _texts(rule.get("resourceNames"))
    for group in _texts(rule.get("apiGroups")) or [""]:
        for resource in _texts(rule.get("resources")):
            what = f"{resource}.{group}" if group else resource
            yield from ([f'{what} "{name}"' for name in names] if names else [what])


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def dangers(document: Mapping[str, Any]) -> tuple[Danger, ...]:
    """What a role or a binding gives that should be looked at."""
    if document.get("kind") in BINDINGS:
        return tuple(_of_binding(document))
    rules = document.get("rules")
    found: dict[str, Danger] = {}
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            for danger in _of_rule(rule, ("rules", index)):
                found.setdefault(danger.says, danger)
    return tuple(found.values())


def _of_rule(rule: Mapping[str, Any], place: tuple[str | int, ...]) -> Iterator[Danger]:
    verbs = set(_texts(rule.get("verbs")))
    paths = [what for what in _texts(rule.get("nonResourceURLs")) if what in ("*", "/*")]
    if paths and verbs:
        yield Danger("security/rbac-wildcard", "grants every path of the API server", place)
    resources = [what for what in _resources(rule) if not what.startswith("/") and what not in paths]
    named = [what if not _is_wide(what) else _every(what) for what in resources]
    granted = "every verb" if "*" in verbs else _some(sorted(verbs))
    if named and verbs and ("*" in verbs or any(map(_is_wide, resources))):
        yield Danger("security/rbac-wildcard", f"grants {granted} on {_some(named)}", place)
    if named and verbs & _POWERS:
        yield Danger("security/rbac-escalation", f"grants {_some(sorted(verbs & _POWERS))} on {_some(named)}", place)
    for telling, needed, says in _TELLING:
        if ("*" in verbs or verbs & needed) and telling.intersection(what.partition(" ")[0] for what in resources):
            yield Danger("", says, place)


def _some(words: list[str]) -> str:
    more = f" and {len(words) - 3} more" if len(words) > 4 else ""
    return ", ".join(words[:3] if more else words) + more


def _is_wide(name: str) -> bool:
    return name in ("*", "*.*") or name.startswith(("*.", "*/"))


def _every(name: str) -> str:
    resource, _, group = name.partition(".")
    kind = "every resource" if resource == "*" else f"{resource.partition('/')[2]} of every resource"
    return kind if group == "*" else f"{kind} of the group {group}" if group else f"{kind} of the core group"


def _of_binding(document: Mapping[str, Any]) -> Iterator[Danger]:
    role = document.get("roleRef")
    name = str(role.get("name")) if isinstance(role, dict) else ""
    subjects = document.get("subjects")
    for index, subject in enumerate(subjects if isinstance(subjects, list) else ()):
        if not isinstance(subject, dict):
            continue
        place = ("subjects", index)
        who = str(subject.get("name"))
        if who in _EVERYONE:
            yield Danger("security/rbac-anonymous", f"gives {name} to {_EVERYONE[who]} ({who})", place)
        elif who in _MANY or who.startswith("system:serviceaccounts:"):
            yield Danger("", f"gives {name} to {_MANY.get(who, 'every service account of a namespace')} ({who})", place)
        if name == "cluster-admin":
            yield Danger("security/rbac-cluster-admin", f"makes {written(subject)} cluster-admin", place)


def written(subject: Any) -> str:
    """A subject as one text: `Group developers`, `ServiceAccount shop/api`."""
    if not isinstance(subject, dict):
        return str(subject)
    at = f"{subject['namespace']}/" if subject.get("namespace") else ""
    return f"{subject.get('kind')} {at}{subject.get('name')}"


def content(document: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A role or binding with its lists as what they mean: verbs by resource, subjects and roles as one text each."""
    told = dict(document)
    if kind in ROLES:
        found = permissions(document)
        if found is not None:
            told["rules"] = {what: ", ".join(verbs) for what, verbs in found.items()}
        return told
    subjects, role = document.get("subjects"), document.get("roleRef")
    if isinstance(subjects, list):
        told["subjects"] = sorted({written(subject) for subject in subjects})
    if isinstance(role, dict):
        told["roleRef"] = f"{role.get('kind')} {role.get('name')}"
    return told


def new_access(document: Mapping[str, Any], roles: Mapping[tuple[str, str, str], tuple[str, ...]]) -> tuple[str, ...]:
    """What each subject of a binding may by a dangerous role of the same stack; `roles` by kind, namespace and name."""
    role = document.get("roleRef")
    if not isinstance(role, dict):
        return ()
    kind, name = str(role.get("kind")), str(role.get("name"))
    metadata = document.get("metadata")
    namespace = str(metadata.get("namespace") or "") if isinstance(metadata, dict) and kind == "Role" else ""
    powers = roles.get((kind, namespace, name), ())
    subjects = document.get("subjects")
    return tuple(
        f"gives {written(subject)} the role {name}, which {powers[0]}"
        for subject in (subjects if isinstance(subjects, list) and powers else ())
    )
