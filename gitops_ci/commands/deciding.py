"""The configuration that decides: where it is read, and what a change does to it."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci import config as configuration
from gitops_ci.commands.options import Options
from gitops_ci.config import Config
from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.errors import ConfigError
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding


def read(options: Options, base: Snapshot | None, source: Snapshot) -> tuple[Config, str]:
    """The configuration in `source` and its digest; raises ConfigError where it cannot be read or is not valid."""
    path = place(options)
    content = source.read(path)
    if content is None:
        if path in source:
            raise ConfigError(f"{path} is too large to be a configuration")
        if options.config is not None:
            raise ConfigError(
                f"{path} is not in {_end(source, base)}",
                hint="it counts once that branch has it: merge the file first, then what names it",
            )
        return configuration.DEFAULT, configuration.digest(None)
    from gitops_ci import config_file  # a YAML reader, which a repository without the file does without

    return config_file.load(content, path), configuration.digest(content)


def proposed(
    options: Options, config: Config, base: Snapshot | None, head: Snapshot
) -> tuple[Config | None, tuple[Finding, ...]]:
    """What a change does to the configuration itself: it is judged by the old one, and must leave a valid one."""
    path = place(options)
    if base is None or options.config_from == "worktree" or base.entries.get(path) == head.entries.get(path):
        return None, ()
    content = head.read(path)
    loaded = configuration.DEFAULT
    try:
        if content is not None:
            from gitops_ci import config_file

            loaded = config_file.load(content, path)
    except ConfigError as error:
        from gitops_ci.policy import notices  # only a bad file pays for it

        return None, tuple(notices.invalid("config/invalid", error, path))
    help = "Its owners have to look at it: this change is judged by the old one."
    from gitops_ci.gate.loosening import configuration as differences  # only a change of the file pays for it

    looser = "".join(f"; it loosens {each}" for each in differences.loosened(config, loaded))
    message = f"the configuration changes: the new one counts once this is merged{looser}"
    return loaded, (finding.make("config/changed", "warning", message, help=help, path=path),)


def unmatched(config: Config, head: Snapshot, path: str) -> Iterator[Finding]:
    """Patterns of `layout.stacks` that no directory is called like: a typo there turns checks off without a word."""
    for index, pattern in enumerate(config.layout.stacks):
        expression = naming.compiled(pattern.path)
        if not any(expression.fullmatch(directory) for directory in (*head.directories, *head.symlinks)):
            message = f"layout.stacks[{index}]: no directory is called like {pattern.path}"
            help = "Correct the pattern, or remove it."
            yield finding.make("config/unmatched", "warning", message, help=help, path=path)


def place(options: Options) -> str:
    """Its path inside the repository."""
    if options.config is None:
        return configuration.FILE
    path = join("", options.config)
    if not path:
        raise ConfigError(
            f"--config {options.config!r} is not a path inside the repository",
            hint="give it relative to the repository's root",
        )
    return path


def _end(source: Snapshot, base: Snapshot | None) -> str:
    return "the base commit" if source is base else "the repository"
