"""The first line people see, in the mail and in the commit status: the verdict and its reason."""

from __future__ import annotations

from collections.abc import Iterator

from gitops_ci.model.report import Report
from gitops_ci.model.verdict import VerdictReason
from gitops_ci.render import effects, outline, words
from gitops_ci.render.comment.page import units
from gitops_ci.render.outline import Row
from gitops_ci.render.untrusted import cut, text, visible

REASON_WIDTH = 160
STATUS_WIDTH = 140

_SKIPPED, _FAILED = "checks/plan-skipped", "checks/plan-failed"
_UNANSWERED = "checks/policy-unanswered"


def heading(report: Report, shown: tuple[Row, ...]) -> str:
    """The comment's heading."""
    mark, word = outline.VERDICTS[report.verdict.decision] if report.verdict else ("📋", "Planned")
    return f"### {mark} {word} · {text(cut(_reason(report, shown), REASON_WIDTH))}"


def summary_line(report: Report) -> str:
    """The verdict and its reason in at most 140 UTF-16 code units of plain text, for a commit status.

    GitHub says characters; there are never fewer code units than characters of any sort.
    """
    word = outline.VERDICTS[report.verdict.decision][1] if report.verdict else "Planned"
    line = cut(visible(f"{word}: {_reason(report, outline.rows(report))}"), STATUS_WIDTH)
    while units(line) > STATUS_WIDTH:
        line = cut(line, len(line) - 1)
    return line


def deciding(report: Report) -> tuple[VerdictReason, ...]:
    """The reasons that keep a change from being merged, each once: what decides, then secrets, then by environment.

    A plan that was not made because of what a finding says is no second reason to read, nor is a checker's question
    that was left open for what a plan failed for.
    """
    if report.verdict is None:
        return ()
    decision = report.verdict.decision
    found = [reason for reason in report.verdict.reasons if reason.decision != "pass"]
    told = set(_told(report, found))
    said = {(each.stack, each.message.partition(": ")[2]) for each in found if not each.rule.startswith("checks/")}
    kept = [
        each
        for each in found
        if (each.rule != _SKIPPED or (each.stack, each.message.partition("; ")[0]) not in said)
        and not (each.rule == _FAILED and each.stack in told)
    ]
    failed = [each.message for each in kept if each.rule in (_FAILED, _SKIPPED)]
    kept = [each for each in kept if each.rule != _UNANSWERED or not _repeats(each.message, failed)]
    order = {name: index for index, name in enumerate(report.part.environments)} if report.part is not None else {}

    def weight(reason: VerdictReason) -> tuple[bool, bool, int]:
        environment = (reason.stack or "").partition("/")[0]
        return reason.decision != decision, not reason.rule.startswith("secrets/"), order.get(environment, len(order))

    return tuple(sorted(kept, key=weight))


def _repeats(message: str, failed: list[str]) -> bool:
    """Whether a checker says of a file what a plan failed for; of other files the plan gives a number only."""
    said = message.partition(" gave no answer: ")[2]
    return said != "" and any(each == said or each.startswith(f"{said} (and ") for each in failed)


def _told(report: Report, reasons: list[VerdictReason]) -> Iterator[str]:
    """Stacks whose plan failed for what is wrong at a place that a finding names."""
    places = [each.message for each in reasons if not each.rule.startswith("checks/")]
    for plan in report.plans:
        if plan.reason is None or plan.reason.code != "invalid" or plan.reason.line is None:
            continue
        if any(each.startswith(f"{plan.reason.path}:{plan.reason.line}: ") for each in places):
            yield plan.stack


def nothing(report: Report) -> str:
    """Why there is nothing to plan; of a report that is about policies only, what they were asked about."""
    if outline.is_about_policies(report):
        return f"{words.several(sum(run.inputs for run in report.policies), 'document')} checked"
    files = words.several(report.changed_files, "changed file")
    if not report.changed_files:
        return "nothing to plan: no changed files"
    named = effects.unread(report)
    which = "part of no stack" if report.changed_files == 1 else "none of them part of a stack"
    return f"nothing to plan: {files}, {which}{f': {named}' if named else ''}"


def _reason(report: Report, shown: tuple[Row, ...]) -> str:
    reasons = list(dict.fromkeys(reason.message for reason in deciding(report)))
    if reasons:
        more = f" (and {words.several(len(reasons) - 1, 'more reason')})" if len(reasons) > 1 else ""
        more += "" if any(reason.rule == "gate/destroy" for reason in deciding(report)) else _losses(shown)
        return cut(reasons[0], REASON_WIDTH - len(more)) + more
    return f"{effect(shown)}{_warned(report)}" if shown else nothing(report)


def _warned(report: Report) -> str:
    """That there is more to read below, where the change may be merged all the same."""
    new = [each for each in report.findings if each.state == "new" and each.waived_by is None]
    count = sum(each.severity == "warning" for each in new)
    return f"; {words.several(count, 'warning')}" if count else ""


def _losses(shown: tuple[Row, ...]) -> str:
    """Where something would be destroyed or loosened, whatever else keeps the change from being merged."""
    told = []
    for verb, of_rules in (("destroys", False), ("loosens", True)):
        counts = {
            environment: sum(len(row.destroys) for row in members if row.is_about_rules == of_rules)
            for environment, members in outline.by_environment(shown).items()
        }
        said = [f"{count:,} in {environment}" for environment, count in counts.items() if count]
        told += [f"; {verb} {words.some(said, 2)}"] if said else []
    return "".join(told)


def effect(shown: tuple[Row, ...]) -> str:
    """What would happen, in a few words: `3 stacks change, nothing is destroyed`."""
    changing = [row for row in shown if row.changed]
    unplanned = sum(row.unplanned for row in shown)
    missing = f"; {words.several(unplanned, 'stack')} not planned" if unplanned else ""
    unseen = effects.unseen(shown)
    missing = f"{f'; {unseen}' if unseen else ''}{missing}"
    if not changing:
        same = "" if unseen else ", nothing changes"
        return (
            f"{words.several(len(shown), 'affected stack')}{same}{missing}" if len(shown) > unplanned else missing[2:]
        )
    verb = "changes" if len(changing) == 1 else "change"
    lost = sum(len(row.destroys) for row in changing if not row.is_about_rules)
    loosened = sum(len(row.destroys) for row in changing if row.is_about_rules)
    said = [words.several(lost, "destructive change")] if lost else []
    said += [f"{loosened:,} that loosen rules" if loosened > 1 else "1 that loosens rules"] if loosened else []
    left = effects.left_running(changing)
    running = f"{words.several(left, 'object')} left running and no longer managed" if left else ""
    loss = " and ".join(said) or ("" if unseen or left else "nothing is destroyed")
    what = ", ".join(filter(None, (f"{words.several(len(changing), 'stack')} {verb}", loss, running)))
    return what + missing
