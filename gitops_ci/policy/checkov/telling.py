"""Findings and problems out of one run's answers: new, existing and fixed ones, and what was not answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitops_ci.config import Checkov
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.policy import comparison
from gitops_ci.policy.checkov import asking, charts, contents, findings
from gitops_ci.policy.checkov.asking import Asked
from gitops_ci.policy.checkov.findings import Judge, Seen
from gitops_ci.policy.checkov.job import Answer, Answers, Scan
from gitops_ci.policy.scope import Scope

_RESULTS = 50
"""Ids of checks and scans that a message names at most."""
LARGE = "it is too large"
CANNOT = "Helm cannot render this chart offline with its own values, so checkov did not look at it"
NOTHING = "Helm makes nothing of this template, which is a manifest as it stands, so checkov did not look at it"
_SYNTAX = "it is not what its name and content promise, or is not valid"


class Telling:
    """Findings and problems out of one run's answers."""

    def __init__(self, scope: Scope, asked: Asked, answers: Answers) -> None:
        self.scope = scope
        self.asked = asked
        self.answers = answers
        self.by_name = {answer.scan: answer for answer in answers.answers if answer.scan in asked.scans}
        self.settings = scope.config.policy.checkov or Checkov()
        self.judge = Judge(scope)

    def findings(self) -> Iterator[Finding]:
        """New, existing and fixed ones; those that base has the skip of are waived."""
        for name, scan in self.asked.scans.items():
            answer = self.by_name.get(name)
            if answer is None or name.startswith(("base/", "before/")):
                continue
            if name.startswith("plan/"):
                yield from self._of_plan(name.removeprefix("plan/"), answer)
            else:
                yield from self._of_files(scan, answer)
        yield from self._unreadable()
        for path, why in self._not_rendered():
            if self._is_known(path):
                yield findings.not_rendered(path, why, self.scope)
        yield from findings.all_requests(self.judge)

    def _not_rendered(self) -> Iterator[tuple[str, str]]:
        """Charts that nobody looked at, and templates that Helm makes nothing of, with the reason."""
        for chart in self.asked.charts if not self.settings.frameworks else ():
            yield f"{chart}/{charts.FILE}".lstrip("/"), asking.CHARTS
        rendered = self.by_name.get("head/helm")
        for path in rendered.unread if rendered is not None else ():
            yield path, CANNOT if path.rpartition("/")[2] == charts.FILE else NOTHING

    def _is_known(self, path: str) -> bool:
        """Whether base has it, too: what comes with a change may be there to keep checkov from what lies beside it."""
        return self.scope.base is None or path in self.scope.base.entries

    def _unreadable(self) -> tuple[Finding, ...]:
        head = dict.fromkeys(self.asked.unread, LARGE) | self._unread("head/")
        base = self._unread("base/")
        if self.scope.base is not None:
            base |= {path: why for path, why in head.items() if path not in self.scope.changed}
        told = [
            [findings.unreadable(path, why, self.scope) for path, why in sorted(end.items())] for end in (base, head)
        ]
        return comparison.against(*told)

    def _unread(self, end: str) -> dict[str, str]:
        """The files of one end that checkov made nothing of, or not all that they hold, with the reason."""
        told: dict[str, str] = {}
        for name, answer in self.by_name.items():
            scan = self.asked.scans[name]
            if not name.startswith(end) or scan.framework == "helm":
                continue
            if scan.framework == "kubernetes" and scan.snapshot is not None:
                for path, held in scan.snapshot.facts(scan.files, contents.of).items():
                    if answer.objects.get(path, 0) < held.objects:
                        told[path] = f"it sees {answer.objects.get(path, 0)} of its {held.objects} objects"
                    elif held.objects < 0:
                        told[path] = _SYNTAX
            told |= dict.fromkeys(answer.unread, _SYNTAX)
        return told

    def _of_plan(self, stack: str, answer: Answer) -> Iterator[Finding]:
        plan, scope = self.asked.plans[stack], self.scope
        ends = (scope.head, scope.base)
        head = [findings.of_plan(failed, stack, scope, ends) for failed in answer.findings]
        before = self.by_name.get(f"before/{stack}")
        base = [findings.of_plan(each, stack, scope, ends) for each in before.findings] if before is not None else []
        yield from self._compared(head if plan.same and scope.base is not None else base, head)

    def _of_files(self, scan: Scan, answer: Answer) -> Iterator[Finding]:
        scope = self.scope
        head = [findings.of_file(failed, scan.framework, scope) for failed in answer.findings]
        before = self.by_name.get(f"base/{scan.framework}")
        base = [findings.of_file(each, scan.framework, scope) for each in before.findings] if before is not None else []
        if scope.base is not None and (not scan.tree or f"base/{scan.framework}" not in self.asked.scans):
            base += [seen for seen in head if seen.found.path not in scope.changed]
        yield from self._compared(base, head)

    def _compared(self, base: Iterable[Seen], head: Sequence[Seen]) -> tuple[Finding, ...]:
        told = comparison.against([seen.found for seen in base], [seen.found for seen in head])
        return (*map(self.judge.judged, head, told), *told[len(head) :])

    def problems(self) -> Iterator[Problem]:
        """What leaves a question open."""
        yield from self._of_custom_checks()
        for path, why in self._not_rendered():
            if not self._is_known(path):
                yield Problem(code="checkov-chart", message=f"it is new here, and {why}", path=path)
        missing = [name for name in self.asked.scans if name not in self.by_name]
        if self.answers.ending != "finished" or missing:
            yield Problem(code=f"checkov-{self.answers.ending}", message=self._ending(missing))
        for name, answer in self.by_name.items():
            yield from self._of_answer(name, answer)
        if self.answers.ending == "finished" and not any(answer.checks for answer in self.by_name.values()):
            checks = self.settings.checks
            if checks:
                message = (
                    f"policy.checkov.checks selects no check that fits these files: {', '.join(checks[:_RESULTS])}"
                )
                yield Problem(code="checkov-nothing-asked", message=message)

    def _of_custom_checks(self) -> Iterator[Problem]:
        for path, why in self.answers.wrong:
            message = f"a custom check cannot be loaded: {why}"
            yield Problem(code="checkov-custom-check", message=message, path=path)

    def _ending(self, missing: list[str]) -> str:
        limit = self.settings.timeout
        words = {
            "timeout": f"checkov was stopped after {limit:g} s (policy.checkov.timeout)",
            "cancelled": "checkov was stopped with the run",
            "memory": "checkov ran out of memory",
            "crashed": "checkov ended by itself",
            "finished": "checkov gave no answer",
        }
        detail = f" ({self.answers.detail})" if self.answers.detail else ""
        left = f"; not looked at: {', '.join(missing[:_RESULTS])}" if missing else ""
        return f"{words[self.answers.ending]}{detail}{left}"

    def _of_answer(self, name: str, answer: Answer) -> Iterator[Problem]:
        if answer.error:
            yield Problem(code="checkov-broke", message=f"checkov broke at {name} ({answer.error})")
        if answer.left:
            yield Problem(code="checkov-slow", message=_counted("took too long and left out", name, answer.left))
        if answer.broken:
            yield Problem(code="checkov-broken-check", message=_counted("broke at", name, answer.broken))
        expected = self._expected(name)
        if expected is not None and not answer.error and len(answer.resources) != len(expected):
            message = f"checkov saw {len(answer.resources)} of the {len(expected)} resources of {name}"
            yield Problem(code="checkov-resources", message=message)

    def _expected(self, name: str) -> frozenset[str] | None:
        kind, _, stack = name.partition("/")
        plan = self.asked.plans.get(stack)
        if plan is None or kind not in ("plan", "before"):
            return None
        return plan.resources if kind == "plan" else plan.earlier


def _counted(what: str, name: str, counts: dict[str, int]) -> str:
    told = ", ".join(f"{check}: {count}" for check, count in sorted(counts.items())[:_RESULTS])
    return (
        f"checks {what} resources of {name} ({told}); `policy.checkov.skip` leaves them out, `timeout` gives more time"
    )
