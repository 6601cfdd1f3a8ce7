from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

from gitops_ci.model.plan import Plan, Problem
from gitops_ci.render import progress
from gitops_ci.render.live import Live
from gitops_ci.render.progress import Lines, Progress, Silent
from tests.unit.render.example import SHOP, planned


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_for_each_finished_plan() -> None:
    stream = io.StringIO()
    with Lines(3, stream) as shown:
        shown.started("a/b/c")
        shown.finished(planned("production/kubernetes/shop", SHOP))
        shown.finished(planned("production/terraform/dns", ()))
        reason = Problem(code="invalid", message="first\n::error::second")
        shown.finished(Plan(stack="production/terraform/cdn", status="failed", reason=reason, seconds=1))
        shown.message("::notice::stopping\nnow")
    assert stream.getvalue().splitlines() == [
        "[1/3] production/kubernetes/shop  ~1  2.4 s",
        "[2/3] production/terraform/dns  no change  2.4 s",
        "[3/3] production/terraform/cdn  failed: first  1.0 s",
        ": :notice::stopping",
        "now",
    ]


def test_many_threads_write_whole_lines() -> None:
    stream = io.StringIO()
    with Lines(200, stream) as shown, ThreadPoolExecutor(8) as pool:
        list(pool.map(shown.finished, [planned(f"a/terraform/{number}", ()) for number in range(200)]))
    numbers = sorted(int(line.split("/")[0][1:]) for line in stream.getvalue().splitlines())
    assert numbers == list(range(1, 201))


def test_a_terminal_shows_what_runs_and_keeps_what_finished() -> None:
    stream = Terminal()
    clock = iter(range(1000))
    with Live(2, stream, clock=lambda: float(next(clock))) as shown:
        shown.started("production/terraform/a\x1b[31m")
        shown.started("production/terraform/b")
        shown._live.refresh()  # type: ignore[union-attr]  # entered
        shown.finished(planned("production/terraform/b", SHOP))
        shown.message("one\ntwo")
    text = stream.getvalue()
    assert "production/terraform/a\\x1b[31m" in text
    assert "0 of 2 planned" in text
    assert "two" in text


def test_what_fits_the_stream() -> None:
    assert isinstance(progress.of(io.StringIO(), total=1, colour=True), Lines)
    assert isinstance(progress.of(Terminal(), total=1, colour=False), Lines)
    assert isinstance(progress.of(Terminal(), total=1, colour=True), Live)


def test_silence() -> None:
    shown: Progress = Silent()
    with shown:
        shown.started("a")
        shown.finished(planned("a/b/c", ()))
        shown.message("x")
