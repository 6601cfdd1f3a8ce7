"""What a command said before it failed: Markdown for a workflow's job summary, and an error on the run's page."""

from __future__ import annotations

from gitops_ci.render import annotations as annotating
from gitops_ci.render.untrusted import block, cut, fence


def of(command: str, said: bytes) -> tuple[str, str]:
    """The Markdown and the workflow command. Parts of `said` may come from the repository: they can be neither."""
    told = block(cut(said.decode("utf-8", "replace").strip(), annotating.MESSAGE)) or "it said nothing"
    summary = f"### `{command}` failed: nothing is known\n\n{fence(told, 'text')}\n"
    return summary, annotating.error(f"gitops-ci {command} failed", told) + "\n"
