"""The command line and its pages: each option of each command is documented, and each one that is documented is there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from gitops_ci import arguments

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "commands"
AS_RUN = "It takes the [options of `run`](run.md#options)"


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [each for each in parser._actions if not isinstance(each, argparse._HelpAction)]


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = arguments.parser()
    for word in name.split():
        (commands,) = (each for each in actions(parser) if isinstance(each, argparse._SubParsersAction))
        parser = commands.choices[word]
    return parser


def named(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else str(action.metavar)


def page(name: str) -> str:
    text = (PAGES / f"{name.replace(' ', '-')}.md").read_text(encoding="utf-8")
    return text + (PAGES / "run.md").read_text(encoding="utf-8") if AS_RUN in text else text


def rows(name: str) -> list[str]:
    """The first cell of each row of the page's table of options."""
    table = page(name).partition("\n| option | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    return [row.strip("|").partition(" | ")[0].strip().replace("\\|", "|") for row in table.splitlines()]


TOP = {option for each in actions(arguments.parser()) for option in each.option_strings}


@pytest.mark.parametrize("name", arguments.COMMANDS)
def test_a_page_has_every_option_and_no_other(name: str) -> None:
    told = [word for row in rows(name) for word in re.findall(r"--[a-z-]+|(?<=`)[A-Z]+(?=[`… ])", row)]
    assert len(told) == len(set(told))
    assert set(told) - TOP == {named(each) for each in actions(parser_of(name))}


@pytest.mark.parametrize("name", arguments.COMMANDS)
def test_a_page_has_every_value_that_an_option_takes(name: str) -> None:
    told = dict(re.findall(r"`(--[a-z-]+) ([a-z|-]+)`", " ".join(rows(name))))
    taken = {
        named(each): "|".join(each.choices) for each in actions(parser_of(name)) if each.choices and not each.metavar
    }
    written_out = {"--config-from": taken["--config-from"]} if "--config-from" in taken else {}  # "as for run"
    assert told | written_out == taken


def test_what_stands_before_a_command_is_told() -> None:
    text = page("run")
    assert [option for option in TOP if option != "--verbose" and f"`{option}" not in text] == []


def test_no_page_is_left_of_a_command_that_is_gone() -> None:
    assert {each.stem for each in PAGES.glob("*.md")} == {name.replace(" ", "-") for name in arguments.COMMANDS}


def test_a_command_is_listed_where_commands_are() -> None:
    """README, index and the command line itself have them in the same order."""
    for name, place in (("README.md", "docs/commands"), ("docs/index.md", "commands")):
        text = (ROOT / name).read_text(encoding="utf-8")
        told = re.findall(rf"^\| \[`?([a-z ]+)`?\]\({place}/([a-z-]+)\.md\) \|", text, re.MULTILINE)
        assert told == [(each, each.replace(" ", "-")) for each in arguments.COMMANDS], name
