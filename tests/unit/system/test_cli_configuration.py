"""The CLI configuration keeps what the job says, and says where providers come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_ci.kinds.terraform.language import blocks
from gitops_ci.system import cli_configuration

MIRROR = Path("/scratch/providers")
CREDENTIALS = 'credentials "app.terraform.io" {\n  token = "x"\n}\n'


def methods(text: str) -> list[str]:
    [block] = blocks.read(text.encode()).all("provider_installation")
    return [each.type for each in block.body.blocks]


def test_the_mirror_comes_before_the_jobs_methods() -> None:
    job = CREDENTIALS + 'provider_installation {\n  network_mirror {\n    url = "https://m.example/"\n  }\n}\n'
    text = cli_configuration.with_mirror(job, MIRROR, ["b.example/x/y", "a.example/x/y"])
    assert text is not None
    assert methods(text) == ["filesystem_mirror", "network_mirror"]
    assert 'include = ["a.example/x/y", "b.example/x/y"]' in text
    assert CREDENTIALS in text


def test_without_methods_of_the_job_providers_come_from_their_registries() -> None:
    assert methods(cli_configuration.explicit(CREDENTIALS)) == ["direct"]
    assert methods(cli_configuration.explicit(f"# no provider_installation\n{CREDENTIALS}")) == ["direct"]
    assert methods(cli_configuration.PLAIN) == ["direct"]
    assert cli_configuration.explicit(cli_configuration.PLAIN) == cli_configuration.PLAIN


@pytest.mark.parametrize(
    "job",
    [
        '{"provider_installation": [{"direct": [{}]}]}',
        'provider_installation {\n  dev_overrides {\n    "acme/x" = "/x"\n  }\n  direct {}\n}\n',
        "provider_installation {\n  direct {}\n}\nprovider_installation {\n  direct {}\n}\n",
        "# provider_installation is below\n",
        'host "provider_installation" {}\n',
        "provider_installation = {}\n",
        "a {\n  provider_installation {}\n}\n",
        "provider_installation",
        'x = "',
    ],
)
def test_what_cannot_be_told_apart_is_left_alone(job: str) -> None:
    assert cli_configuration.with_mirror(job, MIRROR, ["a.example/x/y"]) is None


def test_json_is_left_as_it_is() -> None:
    text = '{"credentials": [{"a.example": {"token": "x"}}]}'
    assert cli_configuration.explicit(text) == text
