from __future__ import annotations

import importlib
import io
import sys

import msgspec
import pytest

import gitops_ci.render
from gitops_ci.model import stack as stacks
from gitops_ci.model.stack import Reason
from gitops_ci.render import terminal
from gitops_ci.render.lines import Line, line, plain, span, tree, write
from tests.unit.render.example import ENVIRONMENTS, FINDINGS, REALISTIC, affected, planned, report, update


def shown() -> str:
    return terminal.plain(terminal.report_lines(REALISTIC, environments=ENVIRONMENTS, written=("out/report.json",)))


def test_a_report_ends_with_the_verdict_its_remedies_and_what_was_written() -> None:
    tail = shown().splitlines()[-8:]
    assert tail[0].startswith("⛔ Blocked  11 stacks change, 7 destructive changes")
    assert tail[2] == "    → Approve the destroy (a member of @acme/dba, by review)"
    assert tail[-1] == "  wrote out/report.json"


def test_stacks_are_a_tree_by_environment_with_their_changes() -> None:
    text = shown().splitlines()
    assert text[0] == "production"
    assert text[1] == "├─ database/app        +1 -1  ✗ 1  0.9 s"
    assert '│  -   availability_zone = "eu-central-1a"' in text
    assert "├─ kubernetes/shop     ~1  as in production  ⚠ 1  0.2 s" in text
    assert "├─ terraform/cdn       ✗ plan failed  ~1  1.4 s" in text


def test_what_a_plan_rests_on_is_told_before_its_changes() -> None:
    text = shown()
    fleet = text[text.index("├─ terraform/fleet") : text.index("├─ terraform/iam")].splitlines()
    assert fleet[1:5] == [
        "│  planned against state that this change will alter: production/terraform/network",
        "│  ⚠ check failed: check.certificate",
        "│    The certificate of api.acme.example ends in 9 days.",
        "│  2 checks passed, 1 check known after apply only",
    ]
    assert "│  #   4 lines of generated configuration: in the report" in fleet
    assert "│  1 update differs only in formatting: aws_iam_role.fleet" in fleet
    assert "│  The plan builds on what changed here, outside of the repository" in fleet
    assert "│  partial: the plan failed, there may be more changes than these" in text
    assert "│  pending before this change, not its doing" in text


def test_a_nearly_same_change_of_another_environment_is_told_by_what_differs() -> None:
    staging = shown().partition("\nstaging\n")[2]
    assert "│  8 more changes as in production/terraform/fleet" in staging
    assert 'instance_type    = "t3.medium"' in staging
    assert "helm_release" not in staging


def test_a_long_line_of_an_object_becomes_two() -> None:
    lines = terminal.plain(terminal.report_lines(REALISTIC, environments=ENVIRONMENTS, width=70)).splitlines()
    place = lines.index("│  ± aws_db_instance.main")
    assert lines[place + 1] == "│  #   availability_zone forces replacement; destroy before create"


def test_a_terminal_lists_the_attributes_of_the_first_changes_only() -> None:
    plan = planned("production/terraform/a", [update(f"x{number}", s=(1, number + 2)) for number in range(1_200)])
    text = terminal.plain(terminal.report_lines(report(plan)))
    assert text.count("-   s = 1") == 300
    assert text.count("~ x") == 1_000
    assert "200 more changes are in the report" in text


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
    assert text.endswith("13 stacks affected\n")


def test_a_layout_shows_what_was_found_and_what_is_wrong() -> None:
    text = terminal.plain(terminal.layout_lines(FINDINGS, REALISTIC.stacks, environments=ENVIRONMENTS))
    assert "└─ terraform   cdn, database, fleet, iam, network" in text
    assert "  → keep merged migrations as they are; add 0043" in text
    assert text.endswith("13 stacks, 1 error, 2 warnings\n")
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


def test_what_changed_in_the_stack_itself_is_shown_before_the_rest() -> None:
    stack = affected("staging/terraform/a", *(Reason(f"{name}.md") for name in "abcd"), Reason("z/main.tf"))
    text = terminal.plain(terminal.affected_lines((msgspec.structs.replace(stack, path="z"),)))
    assert text.index("z/main.tf") < text.index("a.md")
    assert "d.md" not in text


def test_many_stacks_of_a_layout_take_a_line_each() -> None:
    def shown(count: int) -> list[str]:
        names = [f"overlay-{number:03}" for number in range(count)]
        found = [stacks.make(environment="a", kind="kubernetes", name=name, path=name) for name in names]
        return terminal.plain(terminal.layout_lines((), found)).splitlines()

    assert any("kubernetes  overlay-000, overlay-001" in each for each in shown(2))
    many = shown(50)
    assert any("50 stacks" in each for each in many)
    assert sum("overlay-" in each for each in many) == 50
    assert max(map(len, many)) < 120
