"""What failed, for a workflow's job summary and on the run's page: a command, or saying something on GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gitops_ci.render import annotations as annotating
from gitops_ci.render.untrusted import block, cut, fence, text


def of(command: str, said: bytes) -> tuple[str, str]:
    """The Markdown and the workflow command. Parts of `said` may come from the repository: they can be neither."""
    told = block(cut(said.decode("utf-8", "replace").strip(), annotating.MESSAGE)) or "it said nothing"
    summary = f"### `{command}` failed: nothing is known\n\n{fence(told, 'text')}\n"
    return summary, annotating.about_no_file("error", f"gitops-ci {command} failed", told) + "\n"


def callout(notes: Iterable[str]) -> str:
    """What could not be said on GitHub, above what would have been said; nothing where all could."""
    lines = [f"> {text(cut(note, annotating.MESSAGE))}\n" for note in notes]
    return "> [!WARNING]\n" + ">\n".join(lines) + "\n" if lines else ""


def commands(notes: Iterable[str], *, wrong: bool) -> Iterator[str]:
    """The same as workflow commands: errors where that is `wrong`, else notices (a fork's token can only read)."""
    for note in notes:
        told = block(cut(note, annotating.MESSAGE))
        yield annotating.about_no_file("error" if wrong else "notice", "gitops-ci could not write", told)
