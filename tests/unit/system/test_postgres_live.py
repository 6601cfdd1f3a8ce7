from __future__ import annotations

import pytest

from gitops_ci.system import postgres_live
from gitops_ci.system.process import Stop


@pytest.mark.parametrize(
    ("pattern", "stack", "expected"),
    [
        ("DATABASE_URL", "production/database/main", "DATABASE_URL"),
        ("{environment}_DATABASE_URL", "production/database/main", "PRODUCTION_DATABASE_URL"),
        ("{environment}_{name}_DSN", "eu-west/database/billing@one.two", "EU_WEST_BILLING_ONE_TWO_DSN"),
        ("DSN_{name}", "shared/database/packages/shared", "DSN_PACKAGES_SHARED"),
    ],
)
def test_the_variable_is_the_stack_s(pattern: str, stack: str, expected: str) -> None:
    assert postgres_live.variable(pattern, stack) == expected


def test_without_a_dsn_there_is_no_session() -> None:
    for pattern, environ in ((None, {"X": "host=x"}), ("X", {}), ("X", {"X": "  "})):
        assert postgres_live.connected(pattern, "a/database/main", environ, 0.0, Stop()) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (None, ()),
        ("DSN", ("DSN",)),
        ("{environment}_DSN", ("PRODUCTION_DSN", "EU_WEST_DSN")),
        ("{environment}_{name}_DSN", ("PRODUCTION_SHOP_DSN",)),
        ("DSN_{name}", ("DSN_SHOP",)),
    ],
)
def test_the_variables_that_may_hold_an_environment_s_dsn(pattern: str | None, expected: tuple[str, ...]) -> None:
    environ = ("DSN", "PRODUCTION_DSN", "EU_WEST_DSN", "CI_DSN", "PRODUCTION_SHOP_DSN", "DSN_SHOP", "XPRODUCTION_DSN")
    assert postgres_live.variables(pattern, ("production", "eu-west"), environ) == expected
