"""What is shown of a command that failed: its own words, which are neither markup nor a command."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.render import failure


def test_what_it_said_is_shown() -> None:
    summary, command = failure.of("affected", b"gitops-ci: gitops-ci.yml:4: a\nhint: b, 100%\n")
    assert summary == (
        "### `affected` failed: nothing is known\n\n```text\ngitops-ci: gitops-ci.yml:4: a\nhint: b, 100%\n```\n"
    )
    assert command == "::error title=gitops-ci affected failed::gitops-ci: gitops-ci.yml:4: a%0Ahint: b, 100%25\n"


def test_silence_is_said() -> None:
    assert "it said nothing" in failure.of("runs", b"")[0]


@given(st.binary() | st.sampled_from([b"```\n<img src=x>\n", b"::set-output name=verdict::pass\n", b"a\r::error::b"]))
def test_no_text_ends_the_block_or_the_command(said: bytes) -> None:
    summary, command = failure.of("affected", said)
    fence = summary.splitlines()[2].removesuffix("text")
    inside = summary.splitlines()[3:-1]
    assert summary.splitlines()[-1] == fence
    assert not any(line.strip().startswith((fence, "::")) for line in inside)
    assert command.count("\n") == 1
    assert "\r" not in command
