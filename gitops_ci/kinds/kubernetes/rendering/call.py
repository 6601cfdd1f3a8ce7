"""One rendering: what it is made of and with, and the call of its engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct, structs

from gitops_ci.config_kubernetes import Kubernetes
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ToolError
from gitops_ci.kinds.kubernetes.objects import Gap, Object
from gitops_ci.kinds.kubernetes.rendering import words
from gitops_ci.kinds.protocol import Tools, Workspace
from gitops_ci.model.plan import Engine
from gitops_ci.policy import secrets

_QUOTED = re.compile(
    r"(?<=unknown anchor ')[^']*(?=')|(?<=literal sources )\[.*?\](?=: )"
    r"|(?<=invalid literal source )[^\n]*(?=, expected)|(?<=patch from )\[.*\]|`[^`]*\n[^`]*`",
    re.DOTALL,
)
"""What kustomize quotes of what it reads, which may be the value of a Secret."""
_SHOWN = 2_000  # characters of what an engine says
_ENDINGS = {
    "timeout": "timeout",
    "cancelled": "interrupted",
    "flooded": "engine-failed",
}


class Call(Struct, frozen=True):
    """What a source is rendered with: a private copy of what the stack reads, and where the objects go."""

    inventory: Inventory
    tools: Tools
    workspace: Workspace
    namespace: str

    @property
    def snapshot(self) -> Snapshot:
        """The files of this end of the change."""
        return self.inventory.snapshot

    @property
    def settings(self) -> Kubernetes:
        """How the configuration has it."""
        return self.inventory.config.kinds.kubernetes


Part = Object | Gap
Located = Callable[[str], str | None]


def engine(tools: Tools, name: str) -> Engine:
    """The first engine that can be used. Raises ToolError where there is none."""
    problem: ToolError | None = None
    for each in tools.engines(name):
        if isinstance(each, Engine):
            return each
        problem = problem or each
    raise problem or ToolError(f"{name} is not there")


def rendered(call: Call, using: Engine, args: Sequence[str], at: str, located: Located) -> str | Gap:
    """What an engine writes; a Gap with its own words where it does not. `at` is the source, for the Gap.

    `located` gives the file of the repository that a place in those words means.
    """
    timeout = call.settings.timeout
    ended = call.tools.run(using, args, workspace=call.workspace, env={}, timeout=timeout)
    if ended.ending == "exited" and ended.returncode == 0:
        return ended.stdout.decode("utf-8", "replace")
    if ended.ending == "timeout":
        return Gap(code="timeout", message=f"{using.name} took longer than {timeout:g} s to render {at}", path=at)
    said = _words(using.name, ended.stderr.decode("utf-8", "replace"), call)
    crashed = ended.ending != "exited" or ended.returncode < 0  # a signal
    code = _ENDINGS.get(ended.ending, "engine-failed") if crashed else "plan-failed"
    path = located(said.place) if said.place else None
    where = f", in {path}" if path is not None else ""
    where += f":{said.line}" if path is not None and said.line is not None else ""
    what = said.text or f"exit code {ended.returncode}"
    message = f"{using.name} cannot render {at}: {what}{'' if path is not None and path in what else where}"
    line = said.line if path is not None else None
    return Gap(code=code, message=message, path=path or at, line=line, lacks_values=said.lacks_values)


def _words(by: str, written: str, call: Call) -> words.Said:
    """What an engine says, without the places of this machine and without secrets."""
    for root in (call.workspace.root, call.workspace.private):
        for shown in (f"{root.resolve()}/", f"{root}/", f"{root.resolve()}", f"{root}"):
            written = written.replace(shown, "")
    said = words.said(by, _QUOTED.sub("(not shown)", written))
    text = secrets.masked(_QUOTED.sub("(not shown)", said.text))
    return structs.replace(
        said, text=text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"
    )


def excused(part: Part) -> Part:
    """A failure of what lacks a part, or needs a program that is not started, as one that may be for that."""
    is_fault = isinstance(part, Gap) and part.code == "plan-failed"
    return structs.replace(part, code="not-rendered") if is_fault else part
