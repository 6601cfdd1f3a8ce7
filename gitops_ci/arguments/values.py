"""What the values of options may be: each gives the value, or says what was expected."""

from __future__ import annotations

import argparse

from gitops_ci.model.run import Run


def percent(text: str) -> float:
    """0 to 100."""
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("give 0 to 100")
    return number


def web_address(text: str) -> str:
    """An address of the web."""
    if not text.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError("give an address that begins with https://")
    return text


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


def run(text: str) -> Run:
    """A workflow's run, `ID` or `ID/ATTEMPT`."""
    number, _, attempt = text.partition("/")
    return Run(id=str(positive(number)), attempt=positive(attempt or "1"))


def seconds(text: str) -> float:
    """A time of up to a day."""
    number = float(text)
    if not 0 < number <= 86_400:
        raise argparse.ArgumentTypeError("give more than 0 and at most 86400 seconds")
    return number
