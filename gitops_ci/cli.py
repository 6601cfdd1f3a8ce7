"""The command line: arguments to Options, adapters built, one command called, every failure an exit code."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from gitops_ci import __version__, arguments
from gitops_ci.commands import options as command_options
from gitops_ci.commands.options import Options, Outside
from gitops_ci.errors import INTERRUPTED, GitopsError
from gitops_ci.settings import Settings

BUG = 4
_Command = Callable[[Options, Outside], int]


def main(argv: Sequence[str]) -> int:
    """Runs one command and returns its exit code; argparse's own errors exit with 2."""
    given = arguments.parser().parse_args(argv)
    options = command_options.of(vars(given))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a replaced stream may lack it
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="gitops-ci-", ignore_cleanup_errors=True) as scratch:
            outside = Outside(
                stdout=sys.stdout,
                stderr=sys.stderr,
                settings=Settings.from_environ(os.environ),
                cwd=Path.cwd(),
                scratch=Path(scratch),
            )
            code = _command(arguments.name(given))(options, outside)
            sys.stdout.flush()
            return code
    except GitopsError as error:
        _say(f"gitops-ci: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("gitops-ci: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of stdout went away (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except Exception as error:
        return _bug(error, verbose=options.verbose)


def _command(name: str) -> _Command:
    module, _, function = arguments.COMMANDS[name].target.rpartition(".")
    command: _Command = getattr(importlib.import_module(f"gitops_ci.commands.{module}"), function)
    return command


def _say(text: str) -> None:
    """Writes a message, parts of which may come from the repository: no terminal or runner takes it for a command."""
    from gitops_ci.render.lines import line, write

    write([line(each) for each in text.splitlines()], sys.stderr, colour=False)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _bug(error: Exception, *, verbose: bool) -> int:
    """A traceback could hold a secret in its message: only the places are shown, and only when asked."""
    import traceback

    sys.stderr.write(
        f"gitops-ci: a bug in gitops-ci {__version__}: {type(error).__name__}; please report it with `-v`'s output\n"
    )
    if verbose:
        for frame in traceback.extract_tb(error.__traceback__):
            sys.stderr.write(f"  {frame.filename}:{frame.lineno} in {frame.name}\n")
    return BUG
