"""The examples of docs/rules/builtin.md as inputs of policies: an object as an admission review, HCL as a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "builtin.md"
Json = dict[str, Any]


@cache
def examples() -> Mapping[str, tuple[bytes, bytes]]:
    """The failing and the passing example of each policy, by its name."""
    text = PAGE.read_text(encoding="utf-8")
    sections = re.findall(r"^## builtin/(\S+)$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: _both(section) for name, section in sections}


def _both(section: str) -> tuple[bytes, bytes]:
    _, failing, passing = re.split(r"^(?:Fails|Passes)\b.*:$", section, flags=re.MULTILINE)
    elsewhere = "in an environment that is not production" in section
    environment = "development" if elsewhere else "production"
    return _input(failing, environment), _input(passing, environment)


def _input(example: str, environment: str) -> bytes:
    block = re.search(r"```(yaml|hcl)\n(.*?)```", example, re.DOTALL)
    assert block is not None
    document = {"request": {"object": yaml.safe_load(block[2])}} if block[1] == "yaml" else plan(block[2])
    return json.dumps({**document, "gitops_ci": {"environment": environment}}).encode()


def plan(text: str) -> Json:
    """A plan that creates every resource of a configuration whose values are all literal."""
    import hcl2

    body = hcl2.loads(text)
    changes = [
        {
            "address": f"{type}.{name}",
            "mode": "managed",
            "type": type,
            "name": name,
            "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": {}},
        }
        for block in body.get("resource", ())
        for type, name, values in _resources(_plain(block))
    ]
    required = [each for block in body.get("terraform", ()) for each in _plain(block).get("required_providers", ())]
    providers = {
        name: {"name": name, "full_name": asked["source"], "version_constraint": asked["version"]}
        for block in required
        for name, asked in block.items()
    }
    return {"resource_changes": changes, "configuration": {"provider_config": providers, "root_module": {}}}


def _resources(block: Json) -> Iterator[tuple[str, str, Json]]:
    yield from ((type, name, values) for type, named in block.items() for name, values in named.items())


def _plain(value: Any) -> Any:
    """python-hcl2 keeps quotes and marks blocks."""
    match value:
        case dict():
            return {_plain(key): _plain(each) for key, each in value.items() if not key.startswith("__")}
        case list():
            return [_plain(each) for each in value]
        case str():
            return value.strip('"')
        case _:
            return value
