"""The one family of errors, each class with its exit code (contract: exit codes)."""

from __future__ import annotations


class GitopsError(Exception):
    """Something a person has to act on.

    `message` says what is wrong and where, `hint` what to do about it.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(GitopsError):
    """The command line, an input or a revision cannot be used. Exit 2."""

    exit_code = 2


class ConfigError(UsageError):
    """`gitops-ci.yml` is not valid. Exit 2.

    `mistakes` are the single ones, where they are known: the line, and what is wrong there.
    """

    def __init__(self, message: str, *, hint: str = "", mistakes: tuple[tuple[int | None, str], ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.mistakes = mistakes


class ToolError(GitopsError):
    """A tool or the system failed, so nothing can be decided. Exit 3."""


INTERRUPTED = 130
"""The exit code of a run that somebody stopped."""
