"""Secrets in the clear in a Kubernetes object, as it is in a file or as it is rendered; it must be parsed for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.patterns import later
from gitops_ci.policy.secrets import judging, sealed, sops, text, values

Place = tuple[str | int, ...]

KUBERNETES = "secrets/kubernetes-secret"
REGISTRY = "secrets/registry-login"
ASSIGNMENT = "secrets/assignment"

_MAX_DEPTH = 200
_SECRET_KINDS = frozenset(("Secret", "SecretList"))
_NAMING = ("name", "key", "Name", "Key")
_TELLS_NOTHING = later(
    r"(?:.*[._-])?(?:user(?:_?name)?|login|host(?:name)?|port|url|uri|endpoint|server|type|name(?:space)?|project|database|db_?name|db"
    r"|region|bucket|e?mail|ca(?:\.crt|cert|_cert)?|tls\.crt|cert(?:ificate)?s?|crt|pub|public[._-]?key|version|enabled|insecure|path"
    r"|(?:client|app|tenant|account|subscription|key|user|org|project|role)[._-]?id|engine|scheme|protocol|ssl_?mode|audience|issuer"
    r"|config|interval|(?:uu?)?id|tlsclientconfig|known_?hosts)",
    re.IGNORECASE,
)
"""Keys of a Secret that say where and as whom to log in: read on, as any text, but not secret by themselves."""
_FILE = later(r"\.(?:properties|ya?ml|json|conf|cfg|ini|xml|toml|env|txt|cnf|tf|sh|sql|j2|hcl|config)$", re.IGNORECASE)
"""Keys that are names of files: what they hold is read as such."""
_READABLE = 4 * 1024 * 1024


class Literal(Struct, frozen=True):
    """A secret that is written in an object: the rule it breaks, where, what it is called, and its value."""

    rule: str
    place: Place
    name: str
    value: str

    def __repr__(self) -> str:
        return f"Literal({self.rule}, {self.place})"


def secrets_in(value: Any) -> Iterator[Literal]:
    """The secrets in one document: a Kubernetes object, a List, or any mapping (Helm values, a workflow, Compose).

    For rendered objects as well as for files. Objects inside of objects count (a List's items, a template's manifests).
    """
    if sops.is_encrypted(value):
        yield from (Literal(sops.RULE, place, name, leaf) for place, name, leaf in sops.in_clear(value))
        value = sops.without(value)
    yield from _inside(value, ())


def is_too_deep(value: Any) -> bool:
    """Whether a document is nested more deeply than `secrets_in` looks."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, Mapping | list)
            for inner in (each.values() if isinstance(each, Mapping) else each)
        ]
        if not level:
            return False
    return True


def _inside(value: Any, place: Place) -> Iterator[Literal]:
    if len(place) > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        yield from _mapping(value, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _inside(item, (*place, index))
            yield from _option(value, index, place)


def _mapping(value: Mapping[str, Any], place: Place) -> Iterator[Literal]:
    kind = value.get("kind")
    if isinstance(kind, str) and kind in _SECRET_KINDS:
        yield from _secret(value, place)
        return
    if kind == "SealedSecret" and isinstance(value.get("spec"), Mapping):
        yield from (Literal(sealed.RULE, (*place, *at), name, leaf) for at, name, leaf in sealed.in_clear(value))
        return
    if isinstance(value.get("auths"), Mapping):
        yield from registry_logins(value["auths"], (*place, "auths"))
    for key, inner in value.items():
        here = (*place, key)
        if isinstance(inner, Mapping | list):
            if key == "secretGenerator" and isinstance(inner, list):
                yield from _generated(inner, here)
            if key != "auths":
                yield from _inside(inner, here)
        elif (literal := _text(inner)) is not None:
            name = _beside(value) if key in ("value", "Value") else str(key)
            if judging.is_given(name, literal):
                yield Literal(ASSIGNMENT, here, name, literal)


def _beside(value: Mapping[str, Any]) -> str:
    """What the pair `{name: DB_PASSWORD, value: …}` names."""
    return next((value[naming] for naming in _NAMING if isinstance(value.get(naming), str)), "")


def _option(items: list[Any], index: int, place: Place) -> Iterator[Literal]:
    """`["--db-password", "…"]`: a command line as a list."""
    option, given = items[index - 1] if index else None, items[index]
    if isinstance(option, str) and option.startswith("-") and isinstance(given, str) and not given.startswith("-"):
        name = option.lstrip("-")
        if judging.is_given(name, given):
            yield Literal(ASSIGNMENT, (*place, index), name, given)


def _secret(secret: Mapping[str, Any], place: Place) -> Iterator[Literal]:
    for index, item in enumerate(secret["items"] if isinstance(secret.get("items"), list) else ()):
        yield from _secret(item if isinstance(item, Mapping) else {}, (*place, "items", index))
    for field in ("stringData", "data"):
        held = secret.get(field)
        for key, value in held.items() if isinstance(held, Mapping) else ():
            literal = _text(value)
            if literal is not None:
                yield from _entry(key, literal, (*place, field, key), encoded=field == "data")
    annotations = secret.get("metadata")
    if isinstance(annotations, Mapping):
        yield from _inside(annotations, (*place, "metadata"))


def _entry(key: str, literal: str, place: Place, *, encoded: bool) -> Iterator[Literal]:
    """One entry of a Secret; what is no base64 in `data` is read as it is: somebody forgot to encode it."""
    decoded = values.decoded(literal) if encoded and not values.is_reference(literal) else None
    inside = (literal if decoded is None else decoded).strip()
    if key in (".dockerconfigjson", ".dockercfg"):
        logins = tuple(_docker(inside, place))
        if logins:
            yield Literal(REGISTRY, place, key, literal)
        return
    if (
        (values.is_nothing(inside) and not values.is_uuid(inside))
        or inside.lower() in ("true", "false")
        or values.is_reference(literal)
    ):
        return
    if len(inside) <= _READABLE and (
        "\n" in inside
        or _FILE.search(key) is not None
        or _TELLS_NOTHING.fullmatch(key) is not None
        or inside[:1] in "{["
    ):
        if _reads_secret(inside):
            yield Literal(KUBERNETES, place, key, literal)
        return
    if not inside.isdigit() or len(inside) >= 6:
        yield Literal(KUBERNETES, place, key, literal)


def _reads_secret(inside: str) -> bool:
    """Whether a configuration file that is an entry holds a secret: by its lines, or as the YAML or JSON that it is."""
    return next(text.search(inside, judging.CONFIG), None) is not None


def _docker(content: str, place: Place) -> Iterator[Literal]:
    import msgspec

    try:
        config = msgspec.json.decode(content.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return
    if isinstance(config, dict):
        auths = config.get("auths", config)
        yield from registry_logins(auths if isinstance(auths, dict) else {}, place)


def registry_logins(auths: Mapping[str, Any], place: Place) -> Iterator[Literal]:
    """The logins of a docker configuration: `auth` (`user:password` in base64), or `password`, or an identity token."""
    for registry, login in auths.items():
        for key in ("auth", "password", "identitytoken", "registrytoken") if isinstance(login, Mapping) else ():
            value = login.get(key)
            if not isinstance(value, str) or values.is_nothing(value):
                continue
            if judging.is_login(value) if key == "auth" else values.is_password(value) or values.is_random(value):
                yield Literal(REGISTRY, (*place, registry, key), str(registry), value)
                break


def _generated(generators: list[Any], place: Place) -> Iterator[Literal]:
    """`secretGenerator` of a kustomization: literals `key=value`."""
    for index, generator in enumerate(generators):
        literals = generator.get("literals") if isinstance(generator, Mapping) else None
        for number, literal in enumerate(literals if isinstance(literals, list) else ()):
            key, equals, value = literal.partition("=") if isinstance(literal, str) else ("", "", "")
            if equals:
                yield from _entry(key, value.strip("\"'"), (*place, index, "literals", number), encoded=False)


def _text(value: Any) -> str | None:
    """A scalar as the text that a program would get; None for what cannot be secret."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
