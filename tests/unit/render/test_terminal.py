from __future__ import annotations

import importlib
import io
import sys

import msgspec
import pytest

import gitops_ci.render
from gitops_ci.render import terminal
from gitops_ci.render.lines import Line, line, plain, span, tree, write
from tests.unit.render.example import ENVIRONMENTS, FINDINGS, REALISTIC, affected, report


def shown() -> str:
    return terminal.plain(terminal.report_lines(REALISTIC, environments=ENVIRONMENTS, written=("out/report.json",)))


def test_a_report_ends_with_the_verdict_its_remedies_and_what_was_written() -> None:
    tail = shown().splitlines()[-9:]
    assert tail[0].startswith("⛔ Blocked  8 stacks change, 3 destructive changes")
    assert tail[2] == "    → Approve the destroy (a member of @acme/dba, by review)"
    assert tail[-1] == "  wrote out/report.json"


def test_stacks_are_a_tree_by_environment_with_their_changes() -> None:
    text = shown().splitlines()
    assert text[0] == "production"
    assert text[1] == "├─ database/app        +1 -1  ✗ 1  0.9 s"
    assert '│  -   availability_zone = "eu-central-1a"' in text
    assert "├─ kubernetes/shop     ~1  as in production  ⚠ 1  0.2 s" in text
    assert "├─ terraform/cdn       ✗ plan failed  1.4 s" in text


def test_a_summary_leaves_attributes_out() -> None:
    lines = terminal.report_lines(REALISTIC, environments=ENVIRONMENTS, detail="summary")
    assert "eu-central-1a" not in terminal.plain(lines)


def test_nothing_affected_is_said() -> None:
    assert "nothing to plan: 2 changed files" in terminal.plain(terminal.report_lines(report(changed_files=2)))
    assert terminal.plain(terminal.affected_lines(())) == "no stack is affected\n"


def test_affected_stacks_show_what_reaches_them() -> None:
    text = terminal.plain(terminal.affected_lines(REALISTIC.stacks, environments=ENVIRONMENTS))
    assert "├─ ~ database/app  modified, module\n" in text
    assert "shared/databases/migrations/0042_orders.sql → shared/databases/migrations" in text
    assert text.endswith("11 stacks affected\n")


def test_a_layout_shows_what_was_found_and_what_is_wrong() -> None:
    text = terminal.plain(terminal.layout_lines(FINDINGS, REALISTIC.stacks, environments=ENVIRONMENTS))
    assert "└─ terraform   cdn, database, iam, network" in text
    assert "  → keep merged migrations as they are; add 0043" in text
    assert text.endswith("11 stacks, 1 error, 2 warnings\n")
    fine = terminal.layout_lines((), (affected("production/terraform/a"),))
    assert terminal.plain(fine).endswith("1 stack, nothing to object to\n")


def test_colour_paints_the_same_words() -> None:
    stream = io.StringIO()
    write([line("a ", span("b", "error")), line(span("::error::x", "error"))], stream, colour=True)
    assert "\x1b[1;31mb\x1b[0m" in stream.getvalue()
    assert "\n: :error::x\n" in stream.getvalue()


def test_a_stream_that_knows_ascii_only_is_written_to() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii")
    write([line("├─ é ok")], stream, colour=False)
    stream.flush()
    assert buffer.getvalue() == b"?? ? ok\n"


def test_guides_and_empty_lines() -> None:
    assert plain([*tree([(line("a"), [line("b")]), (line("c"), [Line()])])]) == "├─ a\n│  b\n└─ c\n\n"


def test_plain_output_never_loads_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gitops_ci, "render", gitops_ci.render)  # put back after the fresh import below
    for name in [name for name in sys.modules if name.startswith("gitops_ci.render")]:
        monkeypatch.delitem(sys.modules, name)
    for name in {"rich", "rich.console", *(name for name in sys.modules if name.startswith("rich."))}:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("markdown", "report_json", "progress", "terminal"):
        importlib.import_module(f"gitops_ci.render.{name}")
    fresh = sys.modules["gitops_ci.render.terminal"]
    fresh.write(fresh.affected_lines(()), io.StringIO(), colour=False)
    with pytest.raises(ImportError):
        fresh.write(fresh.affected_lines(()), io.StringIO(), colour=True)


def test_what_may_be_affected_downstream_is_told_apart() -> None:
    first, second = REALISTIC.stacks[:2]
    later = msgspec.structs.replace(second, certainty="downstream", change="unmodified")
    text = terminal.plain(terminal.affected_lines((first, later)))
    assert "may be affected downstream" in text
    assert text.endswith("1 stack affected, 1 may be downstream\n")
    assert terminal.plain(terminal.affected_lines((later,))).endswith("no stack is affected, 1 may be downstream\n")
