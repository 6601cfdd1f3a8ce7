"""What objects of Kubernetes keep from happening (`closes`) or let happen (`opens`), kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

CONSTRAINTS = "constraints.gatekeeper.sh"
_LEVELS = ("baseline", "restricted")
_ENFORCE = "pod-security.kubernetes.io/enforce"
_IGNORE = "admission.gatekeeper.sh/ignore"

Document = Mapping[str, Any]


def closes(group: str, document: Document) -> tuple[str, ...]:
    """What it keeps from happening, as what follows "no longer"; the most important first."""
    if group == CONSTRAINTS:
        return _by_rank(enforcement(document))
    found = _CLOSES.get((group, str(document.get("kind"))))
    return tuple(found(document)) if found is not None else ()


def opens(group: str, document: Document) -> tuple[str, ...]:
    """What it lets happen that should be looked at where it is new."""
    found = _OPENS.get((group, str(document.get("kind"))))
    told = tuple(found(document)) if found is not None else ()
    return (
        ("takes away what it is merged into (`$patch: delete`)", *told) if document.get("$patch") == "delete" else told
    )


def enforcement(document: Document) -> str:
    """What a constraint does to what breaks it, at its mildest; `deny` where it does not say (Gatekeeper's default)."""
    spec = _mapping(document.get("spec"))
    action = str(spec.get("enforcementAction") or "deny")
    if action != "scoped":
        return action
    scoped = spec.get("scopedEnforcementActions")
    actions = [str(_mapping(each).get("action")) for each in (scoped if isinstance(scoped, list) else ())]
    return min(actions, key=_rank, default="dryrun")


def _rank(action: str) -> int:
    return {"deny": 2, "warn": 1}.get(action, 0)


def _by_rank(action: str) -> tuple[str, ...]:
    all_of_them = ("refuses what breaks it", "warns about what breaks it", "reports what breaks it")
    return all_of_them[2 - _rank(action) :]


def _namespace(document: Document) -> Iterator[str]:
    level = _labels(document).get(_ENFORCE)
    if level in _LEVELS:
        yield from (f"keeps pods to the level {each}" for each in reversed(_LEVELS[: _LEVELS.index(level) + 1]))
    if _IGNORE not in _labels(document):
        yield "has Gatekeeper look at it"


def _labels(document: Document) -> Mapping[str, Any]:
    return _mapping(_mapping(document.get("metadata")).get("labels"))


def _config(document: Document) -> Iterator[str]:
    match = _mapping(document.get("spec")).get("match")
    for entry in match if isinstance(match, list) else ():
        told = _mapping(entry)
        for name in _texts(told.get("excludedNamespaces")):
            yield f"leaves the namespace {name} out of {', '.join(_texts(told.get('processes'))) or 'everything'}"


def _kyverno(document: Document) -> Iterator[str]:
    spec = _mapping(document.get("spec"))
    rules = spec.get("rules")
    for rule in map(_mapping, rules if isinstance(rules, list) else ()):
        validate = _mapping(rule.get("validate"))
        action = str(validate.get("failureAction") or spec.get("validationFailureAction") or "Audit").lower()
        if validate and action == "enforce":
            yield f"refuses what breaks the rule {rule.get('name')}"
    yield from (f"has the rule {_mapping(rule).get('name')}" for rule in (rules if isinstance(rules, list) else ()))
    if str(spec.get("failurePolicy") or "Fail") == "Fail":
        yield "refuses where it cannot be asked"


def _kyverno_excludes(document: Document) -> Iterator[str]:
    rules = _mapping(document.get("spec")).get("rules")
    for rule in map(_mapping, rules if isinstance(rules, list) else ()):
        excluded = rule.get("exclude")
        if excluded:
            yield f"leaves something out of the rule {rule.get('name')}: {str(excluded)[:80]}"
    overrides = _mapping(document.get("spec")).get("validationFailureActionOverrides")
    for each in overrides if isinstance(overrides, list) else ():
        if str(_mapping(each).get("action")).lower() == "audit":
            yield f"only audits in {', '.join(_texts(_mapping(each).get('namespaces'))) or 'some namespaces'}"


def _exception(document: Document) -> Iterator[str]:
    listed = _mapping(document.get("spec")).get("exceptions")
    names = [str(_mapping(each).get("policyName")) for each in (listed if isinstance(listed, list) else ())]
    yield f"exempts from {', '.join(names) or 'a policy'}"


def _admission_policy(document: Document) -> Iterator[str]:
    spec = _mapping(document.get("spec"))
    validations = spec.get("validations")
    for each in validations if isinstance(validations, list) else ():
        yield f"asks for `{str(_mapping(each).get('expression'))[:80]}`"
    if str(spec.get("failurePolicy") or "Fail") == "Fail":
        yield "refuses where it cannot be evaluated"
    if "Deny" in _texts(spec.get("validationActions")):
        yield "refuses what breaks it"


def _admission_binding(document: Document) -> Iterator[str]:
    actions = _texts(_mapping(document.get("spec")).get("validationActions"))
    yield from (f"{verb} what breaks the policy" for action, verb in _ACTIONS.items() if action in actions)


_ACTIONS = {"Deny": "refuses", "Warn": "warns about", "Audit": "audits"}


def _webhooks(document: Document) -> Iterator[str]:
    webhooks = document.get("webhooks")
    for webhook in map(_mapping, webhooks if isinstance(webhooks, list) else ()):
        name = webhook.get("name")
        yield f"asks the webhook {name}"
        if str(webhook.get("failurePolicy") or "Fail") == "Fail":
            yield f"refuses where the webhook {name} cannot be asked"


def _peers(document: Document) -> Iterator[str]:
    if str(_mapping(_mapping(document.get("spec")).get("mtls")).get("mode")) == "STRICT":
        yield "asks for mutual TLS"


def _traffic(_document: Document) -> Iterator[str]:
    yield "keeps other traffic from the pods that it selects"


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


_Told = Callable[[Document], Iterator[str]]
_REGISTRATION = "admissionregistration.k8s.io"
_CLOSES: Mapping[tuple[str, str], _Told] = {
    ("", "Namespace"): _namespace,
    ("kyverno.io", "ClusterPolicy"): _kyverno,
    ("kyverno.io", "Policy"): _kyverno,
    ("policies.kyverno.io", "ValidatingPolicy"): _admission_policy,
    (_REGISTRATION, "ValidatingAdmissionPolicy"): _admission_policy,
    (_REGISTRATION, "ValidatingAdmissionPolicyBinding"): _admission_binding,
    (_REGISTRATION, "ValidatingWebhookConfiguration"): _webhooks,
    (_REGISTRATION, "MutatingWebhookConfiguration"): _webhooks,
    ("security.istio.io", "PeerAuthentication"): _peers,
    ("networking.k8s.io", "NetworkPolicy"): _traffic,
}
_OPENS: Mapping[tuple[str, str], _Told] = {
    ("config.gatekeeper.sh", "Config"): _config,
    ("kyverno.io", "ClusterPolicy"): _kyverno_excludes,
    ("kyverno.io", "Policy"): _kyverno_excludes,
    ("kyverno.io", "PolicyException"): _exception,
    ("policies.kyverno.io", "PolicyException"): _exception,
}
