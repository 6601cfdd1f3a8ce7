"""Each stack's changes and outputs as a foldable diff, stacks and objects that lose something first."""

from __future__ import annotations

from gitops_ci.model.plan import Plan
from gitops_ci.render import effects, outline, words
from gitops_ci.render.comment import diffs
from gitops_ci.render.comment.diffs import Diff, Part
from gitops_ci.render.comment.page import Page, Section
from gitops_ci.render.outline import Row
from gitops_ci.render.told import Told
from gitops_ci.render.untrusted import cut, text

_CAVEATS = 5
_CAVEAT = 300


def section(page: Page, room: int) -> Section:
    """The diffs; objects that do not fit are counted in their place and in the footer."""
    return diffs.section(page, room, page.told, _diff, ("stack diff", "change"))


def _diff(each: Told) -> Diff | None:
    plan = each.row.plan
    if plan is None:
        return None
    objects, formatting, reads = outline.shown(plan)
    if not (objects or formatting or plan.outputs):
        return None
    parts = (Part(each.new(objects)), Part(each.new(plan.outputs), "Outputs"))
    notes = [each.elsewhere()] if each.like else []
    notes += outline.counted(each.new(formatting), each.new(reads))
    notes += _caveats(plan, each.row)
    return Diff(_summary(each), parts, tuple(notes), outline.partial(plan))


def _caveats(plan: Plan, row: Row) -> list[str]:
    """What a plan that succeeded says all the same (what was deferred, folded), but for what a rule tells."""
    if plan.status != "changed" or plan.reason is None:
        return []
    told = {finding.message for finding in row.findings}
    lines = [line for line in plan.reason.message.split("\n") if line not in told]
    return [cut(line, _CAVEAT) for line in lines[:_CAVEATS]]


def _summary(each: Told) -> str:
    plan = each.row.plan
    if plan is None:
        return ""
    extra = list(filter(None, [effects.said([each.row])]))
    extra += [words.several(len(plan.outputs), "output")] if plan.outputs else []
    passed = sum(check.status == "pass" for check in plan.checks)
    extra += [f"{words.several(passed, 'check')} passed"] if passed else []
    extra += ["partial: the plan failed"] if plan.status == "failed" else []
    said = [", ".join(extra) or "reads only"]
    if each.others:
        said.append(text(cut(each.same(), 200)))
    elif each.like:
        said.append(f"only what differs from {text(cut(each.like.id, 160))}")
    return f"<b>{text(cut(each.row.id, 200))}</b> · {' · '.join(said)}"
