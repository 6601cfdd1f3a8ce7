from __future__ import annotations

import json
from typing import Any

from gitops_ci import policies
from gitops_ci.config import DEFAULT, Binding, Builtin, Config, Environment, Policy


def parameters(*environments: Environment, builtin: Builtin | None = None) -> dict[str, Any]:
    config = Config(version=1, environments=environments or DEFAULT.environments, policy=Policy(builtin=builtin))
    data: dict[str, Any] = json.loads(policies.parameters(config))
    assert list(data) == ["gitops_ci"]
    found: dict[str, Any] = data["gitops_ci"]["parameters"]
    return found


def test_the_defaults() -> None:
    assert parameters() == {
        "required_tags": ["Environment", "ManagedBy"],
        "required_labels": ["app", "environment", "team"],
        "public_ports": [80, 443],
        "environments": ["development", "staging", "production"],
        "production": ["production"],
        "production_names": ["prd", "prod", "production"],
    }


def test_the_configuration_s_own() -> None:
    found = parameters(builtin=Builtin(required_tags=("Owner",), required_labels=("team",), public_ports=(443,)))
    assert (found["required_tags"], found["required_labels"], found["public_ports"]) == (["Owner"], ["team"], [443])


def test_production_is_what_is_called_so() -> None:
    found = parameters(
        Environment(name="test"),
        Environment(name="demo", promotes_from="test"),
        Environment(name="eu", aliases=("prod",), promotes_from="test"),
    )
    assert found["production"] == ["eu"]
    assert found["production_names"] == ["eu", "prod"]


def test_else_what_promotions_end_in() -> None:
    found = parameters(
        Environment(name="test"),
        Environment(name="uat", promotes_from="test"),
        Environment(name="customers", promotes_from="uat"),
        Environment(name="sandbox"),
    )
    assert found["production"] == ["customers"]


def test_without_either_there_is_none() -> None:
    assert parameters(Environment(name="test"), Environment(name="demo"))["production"] == []


def test_accounts_are_words_and_the_alias_live_is_no_word() -> None:
    found = parameters(Environment(name="production", aliases=("live",), bind=Binding(accounts=("111122223333",))))
    assert found["production_names"] == ["111122223333", "production"]
    assert parameters(Environment(name="live"))["production_names"] == ["live"]
