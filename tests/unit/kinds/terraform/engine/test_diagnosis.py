"""What is reported where Terraform gives no plan: its own diagnostics, and whose fault it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_ci.kinds.protocol import Ended
from gitops_ci.kinds.terraform.engine import diagnosis
from gitops_ci.model.plan import BLOCKING_CODES, Problem


def line(summary: str, detail: str = "", *, filename: str | None = "main.tf", severity: str = "error") -> bytes:
    found: dict[str, Any] = {"severity": severity, "summary": summary, "detail": detail}
    if filename is not None:
        found["range"] = {"filename": filename, "start": {"line": 7, "column": 3, "byte": 1}, "end": {}}
    return json.dumps({"@level": "error", "@message": "Error", "type": "diagnostic", "diagnostic": found}).encode()


def problem(
    *lines: bytes, stage: str = "plan", returncode: int = 1, ending: str = "exited", stderr: bytes = b""
) -> Problem:
    return diagnosis.problem(stage, Ended(returncode, b"\n".join(lines), stderr, ending), "environments/prod/vpc")


def test_an_error_names_its_file_from_the_repositorys_root() -> None:
    found = problem(line("Unsupported argument", 'An argument named "x" is not expected here.'))
    assert found == Problem(
        code="plan-failed",
        message='Unsupported argument: An argument named "x" is not expected here.',
        path="environments/prod/vpc/main.tf",
        line=7,
    )


def test_an_error_in_a_shared_module_names_the_module() -> None:
    assert problem(line("Invalid reference", filename="../../../modules/vpc/main.tf")).path == "modules/vpc/main.tf"


@pytest.mark.parametrize("filename", ["/tmp/x/main.tf", "<value for var.x>", "../../../../etc/passwd", None])
def test_a_place_outside_the_repository_is_not_named(filename: str | None) -> None:
    found = problem(line("Invalid reference", filename=filename))
    assert (found.path, found.line) == (None, None)


@pytest.mark.parametrize(
    ("summary", "detail"),
    [
        ("Unsupported argument", 'An argument named "credentials" is not expected here.'),
        ("Missing required argument", 'The argument "access_token" is required; access denied otherwise.'),
        ("Invalid function argument", 'Invalid value for "path" parameter: no file exists at "x".'),
        (
            "Reference to undeclared input variable",
            'An input variable with the name "forbidden" has not been declared.',
        ),
        ("creating EC2 VPC: InvalidParameterValue", "the CIDR is wrong"),
    ],
)
def test_a_wrong_configuration_blocks_whatever_it_quotes(summary: str, detail: str) -> None:
    assert problem(line(summary, detail)).code in BLOCKING_CODES


@pytest.mark.parametrize(
    ("stage", "summary", "detail"),
    [
        (
            "plan",
            "No valid credential sources found",
            "Please see https://registry.terraform.io/providers/hashicorp/aws",
        ),
        (
            "plan",
            "Attempted to load application default credentials since neither `credentials` nor …",
            "no default credentials",
        ),
        ("plan", "Invalid credentials", "could not find default credentials"),
        ("plan", "error configuring provider", "dial tcp: lookup sts.amazonaws.com: no such host"),
        ("init", "Failed to query available provider packages", "could not connect to registry.terraform.io"),
        ("init", "Failed to download module", "could not download module"),
        ("init", "Error refreshing state: AccessDenied: Access Denied", ""),
        ("plan", "Error loading state", "HTTP 403 Forbidden"),
    ],
)
def test_what_lies_outside_the_repository_is_undecided(stage: str, summary: str, detail: str) -> None:
    found = problem(line(summary, detail), stage=stage)
    assert found.code in ("unreachable", "credentials")
    assert found.code not in BLOCKING_CODES


@pytest.mark.parametrize(
    ("summary", "detail"),
    [
        ("Plugin did not respond", "The plugin encountered an error, and failed to respond to the … call."),
        ("Request cancelled", "The plugin6.(*GRPCProvider).ConfigureProvider request was cancelled."),
    ],
)
def test_a_provider_that_falls_down_is_undecided(summary: str, detail: str) -> None:
    """Which of the two Terraform says depends on whether the connection or the process is gone first."""
    assert problem(line(summary, detail, filename=None)).code == "provider-failed"


def test_one_wrong_argument_beside_an_outage_still_blocks() -> None:
    found = problem(line("error configuring provider", "no such host"), line("Unsupported argument", "x"))
    assert found.code == "plan-failed"


def test_warnings_are_no_reason_and_errors_are_told_once() -> None:
    found = problem(line("Deprecated", severity="warning"), *(line(f"Cycle {n % 7}") for n in range(14)))
    assert found.message.startswith("Cycle 0\nCycle 1")
    assert "Deprecated" not in found.message
    assert "more)" in found.message


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        ({"ending": "timeout"}, "timeout", "longer than its timeout"),
        ({"ending": "cancelled"}, "interrupted", "interrupted"),
        ({"returncode": -9}, "engine-killed", "signal 9"),
        ({"returncode": 137}, "engine-killed", "signal 9"),
        ({"ending": "flooded", "returncode": -2}, "too-much-output", "printed more"),
        ({"returncode": 143}, "engine-killed", "signal 15"),
        ({"returncode": 1, "stderr": b"panic: boom"}, "engine-failed", "panic: boom"),
        ({"returncode": 1}, "engine-failed", "no output"),
    ],
)
def test_an_engine_that_ended_without_a_diagnostic(more: dict[str, Any], code: str, word: str) -> None:
    found = problem(**more)
    assert found.code == code
    assert code not in BLOCKING_CODES
    assert word in found.message


@pytest.mark.parametrize(
    "noise",
    [
        b'{"diagnostic"',
        b'["diagnostic"]',
        b'{"diagnostic": 1}',
        b'{"diagnostic": {"severity": 1}}',
        b'"diagnostic" \xff',
        b'{"diagnostic": ' + b"[" * 100_000,
        b'{"diagnostic": {"severity": "warning", "range": 1}}',
    ],
)
def test_lines_that_are_no_diagnostic_are_passed_over(noise: bytes) -> None:
    assert problem(noise, line("Unsupported argument")).code == "plan-failed"


@pytest.mark.parametrize(
    "detail",
    ["could not log in with password=hunter2", "postgres://bob:hunter2@db refused", "Authorization: Bearer hunter2"],
)
def test_secrets_in_messages_are_masked(detail: str) -> None:
    for found in (problem(line("Login failed", detail)), problem(returncode=1, stderr=detail.encode())):
        assert "hunter2" not in found.message
        assert "(sensitive)" in found.message


def test_the_code_is_decided_by_what_the_engine_said() -> None:
    found = problem(line("No access", "token: 4xx and no valid credential sources found"), stage="plan")
    assert found.code == "credentials"


@pytest.mark.parametrize(
    ("summary", "detail", "told"),
    [
        (
            "No valid credential sources found",
            "Please see …/docs/language/backend/s3",
            "no credentials of AWS for it: No v",
        ),
        (
            "Invalid credentials",
            "google: could not find default credentials",
            "no credentials of Google Cloud for it: ",
        ),
        ("No credentials", "of either google or aws: no credentials", "no credentials for it: No credentials"),
    ],
)
def test_whose_credentials_are_missing_is_told_first(summary: str, detail: str, told: str) -> None:
    assert told in problem(line(summary, detail), stage="plan").message


def test_the_stacks_of_an_engine_that_died_are_nothing_to_read() -> None:
    stderr = b"fatal error: runtime: out of memory\n\ngoroutine 1 [running]:\nruntime.throw()\n"
    found = problem(returncode=2, stderr=stderr)
    assert found.message.endswith("exited with 2: fatal error: runtime: out of memory")
