"""A check run beside the status: the summary, and annotations on the lines that they are about, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, to_builtins

from gitops_ci.github.api import Api, Uncertain

BATCH = 50
"""Annotations in one request (https://docs.github.com/rest/checks/runs)."""
MOST = 500
"""Annotations that are sent: ten requests. The rest is in the report."""
SUMMARY = 65_000
"""Characters of a summary; GitHub refuses more than 65,535."""

Conclusion = Literal["success", "failure", "neutral", "cancelled", "action_required"]


class Annotation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Words on lines of a file; lines count from one."""

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str
    title: str | UnsetType = UNSET


class CheckRun(Struct, frozen=True, kw_only=True):
    """What a check run says. `external_id` is the same for the same content, so that it is written once."""

    name: str
    head_sha: str
    conclusion: Conclusion
    title: str
    summary: str
    external_id: str
    details_url: str | None = None
    annotations: tuple[Annotation, ...] = ()


class _Output(Struct, frozen=True):
    annotations_count: int = 0


class _Known(Struct):
    id: int
    external_id: str | None = None
    status: str = ""
    output: _Output = _Output()


class _Page(Struct):
    check_runs: list[_Known]


def publish(api: Api, run: CheckRun) -> bool:
    """Writes a check run unless the latest of its name says the same; True where something was written.

    The first annotations go with it, the others in further requests while it is still in progress: it is completed
    by the last one, so that nobody sees half of it as the result.
    """
    known = _latest(api, run)
    if known is not None and known.external_id == run.external_id and known.status == "completed":
        return False
    batches = _batches(run.annotations[:MOST])
    first = next(batches, ())
    rest = list(batches)
    body = {"name": run.name, "head_sha": run.head_sha, "external_id": run.external_id}
    body |= _content(run, first, done=not rest)
    number = _created(api, run, body)
    sent = len(first)
    for index, batch in enumerate(rest, 1):
        sent += len(batch)
        _update(api, number, _content(run, batch, done=index == len(rest)), sent)
    return True


def _latest(api: Api, run: CheckRun) -> _Known | None:
    found = api.get(f"commits/{run.head_sha}/check-runs", _Page, check_name=run.name, filter="latest", per_page=1)
    return found.check_runs[0] if found.check_runs else None


def _created(api: Api, run: CheckRun, body: dict[str, Any]) -> int:
    try:
        return api.send("POST", "check-runs", _Known, body).id
    except Uncertain:
        known = _latest(api, run)
        if known is not None and known.external_id == run.external_id:
            return known.id
        return api.send("POST", "check-runs", _Known, body).id


def _update(api: Api, number: int, content: dict[str, Any], sent: int) -> None:
    """Annotations are added by each request: a batch is sent again only where it has not arrived."""
    try:
        api.send("PATCH", f"check-runs/{number}", _Known, content)
    except Uncertain:
        arrived = api.get(f"check-runs/{number}", _Known).output.annotations_count >= sent
        more: list[object] = [] if arrived else content["output"]["annotations"]
        api.send(
            "PATCH", f"check-runs/{number}", _Known, content | {"output": content["output"] | {"annotations": more}}
        )


def _content(run: CheckRun, annotations: Iterable[Annotation], *, done: bool) -> dict[str, Any]:
    output = {"title": run.title, "summary": run.summary[:SUMMARY], "annotations": to_builtins(list(annotations))}
    content: dict[str, Any] = {"status": "completed" if done else "in_progress", "output": output}
    if done:
        content["conclusion"] = run.conclusion
    if run.details_url:
        content["details_url"] = run.details_url
    return content


def _batches(annotations: tuple[Annotation, ...]) -> Iterator[tuple[Annotation, ...]]:
    left = iter(annotations)
    while batch := tuple(islice(left, BATCH)):
        yield batch
