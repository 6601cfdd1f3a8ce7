"""The environment of a job as a value: what GitHub Actions and the terminal tell us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from gitops_ci.model.run import Run


class Settings(Struct, frozen=True, kw_only=True):
    """`environ` is what processes may be given from; it never appears in a `repr`, nor does `token`.

    `token` is what writes to GitHub, from `GITOPS_CI_TOKEN` alone: a job's `GITHUB_TOKEN` is there whether or not
    somebody means us to use it.
    """

    event_path: Path | None = None
    event_name: str = ""
    repository: str | None = None
    server_url: str = "https://github.com"
    api_url: str = "https://api.github.com"
    token: str | None = None
    run: Run | None = None
    no_color: bool = False
    force_color: bool = False
    environ: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return "Settings(…)"  # tokens are in there

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Reads the variables that GitHub Actions sets (https://docs.github.com/actions/reference/variables-reference)."""
        event = environ.get("GITHUB_EVENT_PATH", "")
        run_id = environ.get("GITHUB_RUN_ID", "")
        attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
        name = environ.get("GITHUB_REPOSITORY", "")
        return cls(
            event_path=Path(event) if event else None,
            event_name=environ.get("GITHUB_EVENT_NAME", ""),
            repository=name if re.fullmatch(r"[\w.-]+/[\w.-]+", name) else None,
            server_url=environ.get("GITHUB_SERVER_URL", "") or "https://github.com",
            api_url=environ.get("GITHUB_API_URL", "") or "https://api.github.com",
            token=environ.get("GITOPS_CI_TOKEN", "").strip() or None,
            run=Run(id=run_id, attempt=int(attempt) if attempt.isdecimal() else 1) if run_id else None,
            no_color=bool(environ.get("NO_COLOR")),
            force_color=bool(environ.get("FORCE_COLOR")),
            environ=dict(environ),
        )
