"""Findings from answers: which rule, where in the files, and nothing secret in the message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache, partial

import msgspec

from gitops_ci.model import finding
from gitops_ci.model.finding import Finding, Waiver
from gitops_ci.model.plan import Problem
from gitops_ci.policy import addresses
from gitops_ci.policy.rego import answers, hiding, plans, rendered, rules
from gitops_ci.policy.rego.answers import Message, WrongShape
from gitops_ci.policy.rego.asking import Asking, query
from gitops_ci.policy.rego.inputs import Input
from gitops_ci.policy.rego.policies import Asked, Policies
from gitops_ci.policy.rego.rules import Described, Named
from gitops_ci.policy.scope import Scope

_DIGITS = str.maketrans("0123456789", "abcdefghij")
"""Fingerprints forget numbers: of a policy's message they are the point (an open port 22 is not an open port 443)."""

_OF_REVIEWS = (("request", "object"), ("review", "object"))


class Telling:
    """Makes findings of one run's answers, and keeps what is wrong with an answer."""

    def __init__(self, scope: Scope, policies: Policies) -> None:
        self._scope = scope
        self._policies = policies
        self._noted: dict[Problem, None] = {}
        self._hidden = lru_cache(maxsize=1)(hiding.of)
        self._named = cache(partial(Named, policies))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that leaves a question open, each once."""
        return tuple(self._noted)

    def note(self, problems: Iterable[Problem]) -> None:
        """Keeps problems."""
        self._noted.update(dict.fromkeys(problems))

    def findings(self, group: Iterable[Asked], inputs: Iterable[Input], asking: Asking) -> Iterator[Finding]:
        """What the rules of a group say of these documents, in order of the documents."""
        several = tuple(group)
        for each in inputs:
            for asked in several:
                excused = self._excused(asked, each, asking)
                for name in asked.rules:
                    yield from self._of_rule(asked, name, each, excused, asking)

    def _excused(self, asked: Asked, about: Input, asking: Asking) -> frozenset[str]:
        answer = asking.of(about.payload, query(asked.package, "exception")) if asked.has_exceptions else None
        if answer is None or not answer.defined:
            return frozenset()
        try:
            return answers.excused(answer.value)
        except WrongShape as wrong:
            self._wrong(asked, "exception", wrong)
            return frozenset()

    def _of_rule(
        self, asked: Asked, name: str, about: Input, excused: frozenset[str], asking: Asking
    ) -> Iterator[Finding]:
        answer = asking.of(about.payload, query(asked.package, name))
        if answer is None or answer.problem is not None or not answer.defined:
            return
        try:
            told = list(answers.messages(answer.value))
        except WrongShape as wrong:
            self._wrong(asked, name, wrong)
            return
        for message in told:
            found = self._finding(self._named(asked.package, name).described(message.text), message, about)
            yield _excepted(found, asked, name) if answers.ending(name) in excused else found

    def _wrong(self, asked: Asked, name: str, wrong: WrongShape) -> None:
        defined = next(iter(rules.definitions(self._policies, asked.package, name)), None)
        path, line = (defined.source.path, defined.rule.line) if defined is not None else (None, None)
        message = f"{'.'.join(asked.package)}.{name} {wrong}"
        self._noted[Problem(code="policy-shape", message=message, path=path, line=line)] = None

    def _finding(self, rule: Described, message: Message, about: Input) -> Finding:
        hide = about.hide
        text = hide(message.text) if hide is not None else hiding.message(message.text, self._hidden(about.payload))
        address = self._address(message, about)
        path, line = self._place(message, about, address)
        identity = f"{about.about}\x1f{text}".translate(_DIGITS)
        help = rule.help or f"The rule is in {rule.path}:{rule.line}."
        stack = about.stack
        if about.made is not None and rendered.is_shared(about.made, path):
            stack, address = None, rendered.address(about.made)  # told once, however many stacks render it
        made = finding.make(rule.id, rule.severity, identity, help=help, path=path, line=line, stack=stack)
        made = finding.about(made, address)
        return msgspec.structs.replace(made, message=text, url=rule.url)

    @staticmethod
    def _address(message: Message, about: Input) -> str | None:
        """The object of a manifest; the resource of a plan that a message names, or the one that it quotes."""
        if about.document is not None:
            return addresses.of_payload(about.payload)
        named = message.address if message.address in about.addresses.all else None
        return named or about.addresses.quoted(message.text)

    def _place(self, message: Message, about: Input, address: str | None) -> tuple[str | None, int | None]:
        if about.document is None:
            place = plans.place(address, about.directory, self._scope.head) if address is not None else None
            return place or (None, None)
        if message.line is not None and about.made is None:
            return about.path, message.line
        inside = message.place or ()
        inside = next((inside[2:] for each in _OF_REVIEWS if inside[:2] == each), inside)
        if about.made is not None:
            return rendered.place(about.made, inside)
        return about.path, about.document.line_of((*about.place, *inside))


def _excepted(found: Finding, asked: Asked, name: str) -> Finding:
    """A finding that the policy itself takes back: told, and in nobody's way."""
    package = ".".join(asked.package)
    reason = f"`exception` of the package {package} excuses {answers.ending(name) or name}"
    waiver = Waiver(what=f"exception in {package}", owner="the policy", reason=reason)
    return msgspec.structs.replace(found, severity="notice", waived_by=waiver)
