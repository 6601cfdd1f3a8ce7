"""Servers that a provider or a read of a state is sent to by name: the job's credentials go there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gitops_ci.kinds.terraform.language.blocks import Body
from gitops_ci.kinds.terraform.safety import flow
from gitops_ci.kinds.terraform.safety.breach import Breach
from gitops_ci.kinds.terraform.safety.closure import Closure, Placed

RULE = "terraform/server-not-allowed"
_ALLOW = "let base have it first"
_SERVER = re.compile(
    r"endpoints?|(?!use_)\w+_endpoints?|endpoint_\w+|\w+_custom_endpoint|metadata_host|metadata_url|metadata_service_address"
    r"|http_proxy|https_proxy|\w*proxy_url|oidc_request_url|universe_domain|sts_region_url|auth_url|token_url"
)
_NESTED = re.compile(r"[\w-]*endpoints?\b|metadata_host|universe_domain|proxy")


def breaches(closure: Closure) -> Iterator[Breach]:
    """Every attribute of a provider, backend or remote state that names a server other than the cloud's own."""
    for placed in closure.top():
        match placed.block.type:
            case "provider":
                yield from _in_body(placed, placed.body, closure)
            case "terraform":
                for block in placed.body.blocks:
                    if block.type in ("backend", "cloud", "state_store"):
                        yield from _in_body(placed, block.body, closure)
            case "data" if placed.block.labels[:1] == ("terraform_remote_state",):
                yield from _in_body(placed, placed.body, closure)
            case _:
                pass


def _in_body(placed: Placed, body: Body, closure: Closure, *, is_server: bool = False) -> Iterator[Breach]:
    for attribute in body.attributes:
        name, expression = attribute.name, attribute.expression
        is_config = name == "config" and placed.block.type == "data"
        if not (is_server or is_config or _SERVER.fullmatch(name)):
            continue
        told = flow.into([(placed.directory, expression)], closure)
        texts = frozenset(each.partition("\0")[2] or each for each in told)  # wherever it stands
        if not is_config or any(map(_NESTED.search, texts)):
            message = f"{placed.block.name} is sent to a server by {name}, and the job's credentials with it"
            key = (RULE, placed.block.type, name, texts)
            yield Breach(RULE, message, _ALLOW, placed.path, attribute.line, key, needle=name)
    for block in body.blocks:
        type = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        yield from _in_body(placed, block.body, closure, is_server=is_server or bool(_SERVER.fullmatch(type)))
