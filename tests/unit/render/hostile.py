"""Reports as an attacker would write them: every free text is made of what breaks renderers."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any, get_args

from hypothesis import strategies as st

from gitops_ci.model.finding import SEVERITIES, Finding, Waiver
from gitops_ci.model.plan import Action, Attribute, Change, Check, Engine, Observation, Plan, Problem, Unseen, summarise
from gitops_ci.model.policy import Checker, PolicyRun
from gitops_ci.model.report import Planned, Report, Tool, Unread
from gitops_ci.model.run import Run
from gitops_ci.model.schema import Column, Reference, Table
from gitops_ci.model.stack import CERTAINTIES, KINDS, AffectedStack, Reason
from gitops_ci.model.verdict import Verdict, VerdictReason

FRAGMENTS = (
    "```", "````diff", "~~~", "`", "``", "|", "\\|", "\\", "<!-- x -->", "<!--", "-->", "</details>", "<details>", "</summary>",
    "<script>alert(1)</script>", "<img src=x onerror=y>", "<b>", "&lt;", "&#64;acme", "&", "@acme", "@acme/dba", "a@b.example",
    "http://evil.example", "https://evil.example/x", "www.evil.example", "[click](http://evil.example)", "![x](http://e.example)",
    "<http://evil.example>", "[a]: http://evil.example", "[^1]", "#12", "acme/infra#7", "GH-12", "gh-3", "$x$", "$$", "**", "__", "_a_",
    "*a*", "~~a~~", "# ", "- ", "1. ", "---", "===", "> ", "    ", "\t", "\n", "\n\n", "\r", "\r\n", "::error::x", "::", "##[error]x",
    "\x1b[31m", "\x1b]8;;http://e\x07", "\x00", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\udcff", "\ud800",
    "\U000e0041", "\U0001f600", "é", '"]; click n0 "', "end", "%%{init}%%", ":::x", "x" * 300, "`" * 12,
)  # fmt: skip

texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=5).map("".join)
optional = st.none() | texts
lines = st.none() | st.integers(1, 10**6)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
kinds = st.sampled_from(KINDS)
stack_ids = st.one_of(
    st.builds("{}/{}/{}".format, st.sampled_from(("production", "staging")) | texts, kinds, st.just("app") | texts),
    texts,
)

paths = texts | st.lists(
    st.sampled_from(
        ("a", ".b", "tags", "tags_all", ".Name", "[0]", "[1]", '["x.y"]', "user_data_base64", "[", '["', "]")
    ),
    max_size=8,
).map("".join)
documents = st.lists(st.sampled_from(FRAGMENTS) | st.just("\n"), max_size=30).map("\n".join)
encoded = st.builds(
    lambda text, pack: base64.b64encode(pack(text.encode("utf-8", "surrogatepass"))).decode(),
    documents,
    st.sampled_from((bytes, gzip.compress)),
)
values = json_values | documents | encoded | json_values.map(json.dumps)
attributes = st.builds(
    Attribute,
    path=paths,
    before=values,
    after=values,
    sensitive=st.booleans(),
    unknown=st.booleans(),
    forces_replacement=st.booleans(),
    cosmetic=st.booleans(),
)
changes = st.builds(
    Change,
    address=texts,
    previous_address=optional,
    type=texts,
    action=st.sampled_from(get_args(Action)),
    reason=optional,
    path=optional,
    line=lines,
    destructive=st.booleans(),
    importing=st.booleans(),
    deposed=optional,
    create_before_destroy=st.booleans(),
    relevant=st.booleans(),
    generated_config=st.none() | documents,
    attributes=st.lists(attributes, max_size=3).map(tuple),
)
checks = st.builds(
    Check,
    address=texts,
    status=st.sampled_from(("pass", "fail", "error", "unknown")),
    problems=st.lists(texts, max_size=4).map(tuple),
)
problems = st.builds(Problem, code=texts, message=texts, path=optional, line=lines)
engines = st.builds(Engine, name=texts, version=texts, source=st.sampled_from(("configured", "path", "embedded")))
seconds = st.floats(0, 10_000)


observations = st.builds(
    Observation,
    what=st.sampled_from(("ran", "lock", "rewrite", "left-empty")),
    address=texts,
    message=texts,
    path=st.sampled_from(("a.sql", None)) | texts,
    line=lines,
    statement=optional,
    mode=st.sampled_from(("AccessExclusiveLock", None)) | texts,
    seconds=st.none() | st.floats(0, 10**6),
)
tables = st.builds(
    Table,
    name=st.sampled_from(("a", "b")) | texts,
    touched=st.booleans(),
    columns=st.lists(
        st.builds(
            Column, name=texts, type=texts, rest=texts, key=st.sampled_from(("primary", "foreign", "both", None))
        ),
        max_size=3,
    ).map(tuple),
    references=st.lists(
        st.builds(
            Reference,
            name=texts,
            to=st.sampled_from(("a", "b")) | texts,
            columns=st.lists(texts, max_size=2).map(tuple),
            unique=st.booleans(),
            optional=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    more=st.lists(texts, max_size=2).map(tuple),
)


unseen = st.builds(Unseen, what=texts, sort=st.sampled_from(("chart", "source")), why=texts, path=optional, line=lines)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    found = draw(st.lists(changes, max_size=3).map(tuple))
    return Plan(
        stack=draw(stack_ids),
        status=draw(st.sampled_from(("changed", "unchanged", "failed", "skipped"))),
        reason=draw(st.none() | problems),
        engine=draw(st.none() | engines),
        seconds=draw(seconds),
        summary=summarise(found),
        changes=found,
        drift=draw(st.lists(changes, max_size=1).map(tuple)),
        outputs=draw(st.lists(changes, max_size=1).map(tuple)),
        checks=draw(st.lists(checks, max_size=2).map(tuple)),
        pending=draw(st.lists(changes, max_size=1).map(tuple)),
        upstream=draw(st.lists(stack_ids, max_size=2).map(tuple)),
        observations=draw(st.lists(observations, max_size=4).map(tuple)),
        schema=draw(st.lists(tables, max_size=3).map(tuple)),
        unseen=draw(st.lists(unseen, max_size=2).map(tuple)),
    )


findings = st.builds(
    Finding,
    rule=st.sampled_from(("layout/missing-kind", "checkov/CKV_AWS_20")) | texts,
    severity=st.sampled_from(SEVERITIES),
    message=texts,
    help=texts,
    url=st.none() | st.just("https://docs.prismacloud.io/x)[y](http://evil.example)") | texts,
    path=optional,
    line=lines,
    column=lines,
    stack=st.none() | stack_ids,
    address=optional,
    also=st.lists(texts, max_size=2).map(tuple),
    state=st.sampled_from(("new", "existing", "fixed")),
    waived_by=st.none() | st.builds(Waiver, what=texts, owner=texts, reason=texts, until=optional),
)
policy_runs = st.builds(
    PolicyRun,
    name=st.sampled_from(get_args(Checker)),
    engine=st.none() | engines,
    seconds=seconds,
    inputs=st.integers(0, 10**6),
    policies=st.integers(0, 10**4),
    problems=st.lists(problems, max_size=3).map(tuple),
)
decisions = st.sampled_from(("pass", "blocked", "undecided"))
verdicts = st.builds(
    Verdict,
    decision=decisions,
    reasons=st.lists(
        st.builds(
            VerdictReason,
            rule=texts,
            decision=decisions,
            message=texts,
            remedy=texts,
            who=texts,
            stack=st.none() | stack_ids,
        ),
        max_size=3,
    ).map(tuple),
    left_out=st.lists(texts, max_size=2).map(tuple),
)
stacks = st.builds(
    AffectedStack,
    id=stack_ids,
    environment=texts,
    kind=kinds,
    name=texts,
    instance=optional,
    path=texts,
    change=st.sampled_from(("modified", "added", "removed")),
    certainty=st.sampled_from(CERTAINTIES),
    reasons=st.lists(st.builds(Reason, texts, st.lists(texts, max_size=2).map(tuple)), max_size=2).map(tuple),
)
commits = st.sampled_from(("a1b2c3d4e5f60718293a4b5c6d7e8f9012345678", "")) | texts
reports = st.builds(
    Report,
    tool=st.builds(Tool, texts),
    repository=optional,
    pull_request=st.none() | st.integers(1, 10**6),
    base=st.none() | commits,
    head=st.none() | commits,
    planned=st.builds(Planned, commit=st.none() | commits, tree=commits),
    config_digest=texts,
    run=st.none() | st.builds(Run, id=texts, attempt=st.integers(1, 9)),
    started_at=texts,
    seconds=seconds,
    stacks_total=st.integers(0, 10**6),
    stacks=st.lists(stacks, max_size=3).map(tuple),
    changed_files=st.integers(0, 10**6),
    unread=st.builds(Unread, count=st.integers(0, 10**6), paths=st.lists(texts, max_size=5).map(tuple)),
    plans=st.lists(plans(), max_size=4).map(tuple),
    findings=st.lists(findings, max_size=4).map(tuple),
    policies=st.lists(policy_runs, max_size=3).map(tuple),
    verdict=st.none() | verdicts,
)
