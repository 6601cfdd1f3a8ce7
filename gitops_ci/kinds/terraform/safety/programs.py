"""Blocks that run a program or ask a server as a root is planned, whichever provider they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.language.blocks import Attribute, Block, Body
from gitops_ci.kinds.terraform.safety import flow, providers, ran
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure, Placed

PROGRAM = "terraform/external-program"
PROVISIONER = "terraform/provisioner"
_REVIEW = "let base have it first, or set policy.severity.terraform/provisioner in gitops-ci.yml"

PROVIDERS: Mapping[str, str] = {
    "external": "hashicorp/external",
    "http": "hashicorp/http",
    "local_command": "hashicorp/local",
    "shell_script": "scottwinkler/shell",
    "shell_sensitive_script": "scottwinkler/shell",
    "shell_sensitive": "scottwinkler/shell",
    "packer_image": "toowoxx/packer",
    "packer_version": "toowoxx/packer",
    "ssh_resource": "loafoe/ssh",
    "ssh_sensitive_resource": "loafoe/ssh",
    "system_command": "neuspaces/system",
    "restapi_object": "mastercard/restapi",
    "graphql_query": "sullivtr/graphql",
    "curl": "anschoewe/curl",
}
"""Type of a data source or resource that runs something, or asks any server, when it is planned or refreshed → the
provider that has to be allowed by its name. A table: no schema says so, and it is not complete."""

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "aws": ("eks", "get-token"),
    "aws-iam-authenticator": ("token",),
    "gke-gcloud-auth-plugin": (),
    "kubelogin": ("get-token",),
}
"""Commands of `exec` blocks that only fetch a token, with the arguments that they have to begin with."""
_FLAGS = frozenset({
    "--cluster-name", "--cluster-id", "--region", "--role-arn", "--role", "--output", "json", "-i", "-r", "--login",
    "--server-id", "--environment", "--tenant-id", "--client-id",
})  # fmt: skip
_EXEC = ("exec", "postrender")
_SETTINGS_FILES = frozenset({
    "config_path", "config_paths", "shared_config_file", "shared_config_files", "shared_credentials_file",
    "shared_credentials_files", "config_file", "docker_config",
})  # fmt: skip
"""Files that can name a program: a kubeconfig's `exec`, `credential_process` of the AWS configuration."""


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every such block; provisioners and actions are told as well, although only an apply runs them."""
    for placed in closure.top():
        match placed.block.type:
            case "data" | "resource" | "ephemeral":
                yield from _of_resource(placed, closure)
            case "check":
                for block in placed.body.all("data"):
                    yield from _of_resource(Placed(placed.directory, placed.path, block), closure)
            case "provider":
                yield from _inside(placed, placed.body, closure)
            case "terraform":
                for block in placed.body.blocks:
                    yield from _of_settings(Placed(placed.directory, placed.path, block), closure)
            case "action" if placed.block.labels and placed.block.labels[0] in PROVIDERS:
                message = f"{placed.block.name} runs a program or asks a server when this is applied"
                yield _when_applied(placed, placed.block, message)
            case "removed":
                yield from _provisioners(placed)
            case _:
                pass


def _of_resource(placed: Placed, closure: Closure) -> Iterator[Breach]:
    type = placed.block.labels[0] if placed.block.labels else ""
    provider = PROVIDERS.get(type)
    if provider is not None and not _is_named(provider, closure):
        message = f"{placed.block.name} runs a program or asks a server as it is planned"
        yield _breach(placed, placed.block, message, closure, f"name {provider} under kinds.terraform.providers.allow")
    if type == "terraform_remote_state" and _text(placed.body, "backend") == "http":
        message = f"{placed.block.name} asks a server as it is planned"
        allow = "name hashicorp/http under kinds.terraform.providers.allow"
        if not _is_named("hashicorp/http", closure):
            yield _breach(placed, placed.block, message, closure, allow)
    yield from _provisioners(placed)
    if placed.block.type == "resource":
        yield from _inside(placed, placed.body, closure, names=("postrender",))


def _is_named(provider: str, closure: Closure) -> bool:
    """Allowed by its name: a pattern such as `hashicorp/*` says nothing of what runs programs."""
    allowed = closure.inventory.config.kinds.terraform.providers.allow
    return provider in {each.lower().removeprefix(host) for each in allowed for host in ("", *providers.PUBLIC)}


def _of_settings(placed: Placed, closure: Closure) -> Iterator[Breach]:
    if placed.block.type in ("backend", "cloud", "state_store"):
        yield from _inside(placed, placed.body, closure)
    elif placed.block.type == "encryption":
        for kind in ("key_provider", "method"):
            for block in placed.body.all(kind, "external"):
                message = f"{block.name} runs a program to read the state"
                yield _breach(placed, block, message, closure, "let base have it first")


def _inside(placed: Placed, body: Body, closure: Closure, names: tuple[str, ...] = _EXEC) -> Iterator[Breach]:
    """What in a provider, a backend or a resource names a program, at any depth and in both syntaxes."""
    for block in body.blocks:
        type = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        if type in names and not _fetches_token(block):
            message = f"{placed.block.name} names a program ({type}) that runs as it is planned"
            yield _breach(placed, block, message, closure, "let base have it first")
        else:
            yield from _inside(placed, block.body, closure, names)
    for attribute in body.attributes:
        named = attribute.name in names or (
            names == _EXEC and attribute.name in _SETTINGS_FILES and not _is_at_home(attribute)
        )
        if named or _mentions(attribute, names):
            message = f"{placed.block.name} has {attribute.name}, which can name a program that runs as it is planned"
            one = Block(placed.block.type, placed.block.labels, attribute.line, Body((attribute,)))
            yield _breach(placed, one, message, closure, "let base have it first")


def _mentions(attribute: Attribute, names: tuple[str, ...]) -> bool:
    """Whether a nested mapping (a nested block of JSON syntax, a nested attribute) holds such a key."""
    if not any(name in attribute.expression for name in names):
        return False
    pending = [values.of(attribute.expression)]
    while pending:
        current = pending.pop()
        if isinstance(current, Mapping):
            if any(key in names for key in current):
                return True
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
    return False


def _is_at_home(attribute: Attribute) -> bool:
    """In the home directory, which no pull request writes to."""
    value = values.of(attribute.expression)
    texts = value if isinstance(value, list) else [value]
    return all(isinstance(each, str) and each.startswith("~/") and ".." not in each for each in texts)


def _fetches_token(block: Block) -> bool:
    """One of the usual commands that only fetch a token, without an environment of its own."""
    if block.type == "dynamic" or block.body.attribute("env") is not None or block.body.blocks:
        return False
    expected = _COMMANDS.get(_text(block.body, "command") or "")
    arguments = block.body.attribute("args")
    given = values.of(arguments.expression) if arguments is not None else []
    if expected is None or not isinstance(given, list) or tuple(given[: len(expected)]) != expected:
        return False
    rest = given[len(expected) :]
    return all(not isinstance(each, str) or not each.startswith("-") or each in _FLAGS for each in rest)


def _provisioners(placed: Placed) -> Iterator[Breach]:
    for block in placed.body.all("provisioner"):
        message = f"{placed.block.name} has a provisioner ({'.'.join(block.labels)}) that runs when this is applied"
        yield _when_applied(placed, block, message)


def _when_applied(placed: Placed, block: Block, message: str) -> Breach:
    key = (PROVISIONER, placed.directory, placed.block.name, _written(block))
    return Breach(PROVISIONER, message, _REVIEW, placed.path, block.line, key, is_run=False)


def _breach(placed: Placed, block: Block, message: str, closure: Closure, allow: str) -> Breach:
    """Accepted where base has the same block, with the same values, and the files that it may run are unchanged."""
    expressions = [(placed.directory, each.expression) for each in _running(block)]
    told = flow.into(expressions, closure)
    query = block.body.attribute("query")
    data = flow.into([(placed.directory, query.expression)], closure) if query is not None else frozenset[str]()
    key = (
        PROGRAM,
        placed.directory,
        block.name,
        _written(block),
        told,
        ran.files(placed.directory, told | data, closure),
    )
    return Breach(PROGRAM, message, allow, placed.path, block.line, key)


def _running(block: Block) -> Iterator[Attribute]:
    """What decides which program runs; the query of an external data source is data for it."""
    yield from (each for each in block.body.attributes if each.name != "query")
    for inner in block.body.blocks:
        yield from _running(inner)


def _written(block: Block) -> tuple[object, ...]:
    attributes = tuple(sorted((each.name, each.expression) for each in block.body.attributes if each.name != "query"))
    return (block.name, attributes, tuple(_written(inner) for inner in block.body.blocks))


def _text(body: Body, name: str) -> str | None:
    attribute = body.attribute(name)
    return values.text(attribute.expression) if attribute is not None else None
