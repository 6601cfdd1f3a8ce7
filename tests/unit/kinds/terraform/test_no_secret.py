"""A secret planted at any place of a plan is in none of the renderings, and that it changes is still told."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.kinds.protocol import Ended
from gitops_ci.kinds.terraform.engine import diagnosis
from gitops_ci.kinds.terraform.plans import plan_json
from gitops_ci.model.plan import Change, Plan, Problem, problem, summarise
from gitops_ci.model.report import Planned, Report, Tool
from gitops_ci.model.verdict import Verdict
from gitops_ci.render import lines, links, markdown, report_json, terminal

Json = Any

OLD, NEW = "Xq7hunter2old", "Xq7hunter2new"
"""Both sides of the secret; no digits of their own elsewhere in a plan."""
TOLD = "Xq7hunter2-a", "Xq7hunter2-b"
"""The same for a secret that no mark gives away anywhere."""
TOKENS = (
    "ghp_" + "Xq7hunter2" * 4, "AKIA" + "XQ7HUNTER2XQ7HUN".replace("1", "A"), "glpat-" + "Xq7hunter2" * 3,
    "sk_live_" + "Xq7hunter2" * 3, "eyJXq7hunter2.eyJXq7hunter2.Xq7hunter2", "hvs." + "Xq7hunter2" * 4,
    "-----BEGIN PRIVATE KEY-----\nXq7hunter2\n-----END PRIVATE KEY-----", "npm_" + "Xq7hunter2" * 3 + "Xq7hun",
)  # fmt: skip
FRAMES = (
    "#!/bin/sh\nexport DB_PASSWORD={}\nexec x", "postgres://bob:{}@db/app", '{{"password": "{}", "a": 1}}', "password: {}\nuser: x",
    '[{{"name": "API_TOKEN", "value": "{}"}}]', "Server=x;Password={};Timeout=3", "curl -u bob:{} https://x", "--token {} -v",
)  # fmt: skip
_KEYS = st.sampled_from(["a", "b.c", "tags", "rule", "user_data", "x y"])
_PLAIN = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "one", "a longer text\nof two lines"])
_VALUES: st.SearchStrategy[Json] = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6
)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """The same text before and after, with another secret in it, in a form that gives it away."""
    if draw(st.booleans()):
        token = draw(st.sampled_from(TOKENS))
        pair = token, token.replace("hunter2", "hunter3").replace("HUNTER2", "HUNTER3")
    else:
        frame = draw(st.sampled_from(FRAMES))
        pair = frame.format(TOLD[0]), frame.format(TOLD[1])
    match draw(st.sampled_from(["plain", "base64", "json", "inside"])):
        case "base64":
            return tuple(base64.b64encode(f"line one\n{each}\n".encode()).decode() for each in pair)  # type: ignore[return-value]  # two in, two out
        case "json":
            return json.dumps({"x": pair[0]}), json.dumps({"x": pair[1]})
        case "inside":
            return f"first\n{pair[0]}\nlast", f"first\n{pair[1]}\nlast"
        case _:
            return pair


@st.composite
def planted(draw: st.DrawFn) -> tuple[Json, Json, Json]:
    """Before, after and marks of a resource, in which a secret stands deep, given away by mark, name or itself."""
    before: Json
    after: Json
    mark: Json = None
    match draw(st.sampled_from(["mark", "name", "pair", "value", "key"])):
        case "mark":
            before, after, mark = OLD, NEW, True
        case "name":
            name = draw(st.sampled_from(["password", "clientSecret", "db-token", "private_key_pem", "api_key"]))
            before, after = {name: TOLD[0]}, {name: TOLD[1]}
        case "pair":
            before, after = ({"name": "DB_PASSWORD", "value": each} for each in TOLD)
        case "value":
            before, after = draw(texts())
        case _:
            before, after = {TOKENS[0]: "one"}, {TOKENS[0]: "two"}
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            key = draw(_KEYS)
            before, after = (
                {**draw(st.dictionaries(_KEYS, _VALUES, max_size=2)), key: each} for each in (before, after)
            )
            mark = {key: mark} if mark else None
        else:
            ahead = draw(st.lists(_VALUES, max_size=2))
            before, after = [*ahead, before], [*ahead, after]
            mark = [*(False for _ in ahead), mark] if mark else None
    return {"at": before}, {"at": after}, {"at": mark} if mark else {}


def change(draw: st.DrawFn, planted: tuple[Json, Json, Json]) -> Json:
    """One of the three ways that a value comes, goes or changes."""
    before, after, mark = planted
    match draw(st.sampled_from(["create", "update", "delete", "replace"])):
        case "create":
            return {
                "actions": ["create"],
                "before": None,
                "after": after,
                "before_sensitive": False,
                "after_sensitive": mark,
            }
        case "delete":
            return {
                "actions": ["delete"],
                "before": before,
                "after": None,
                "before_sensitive": mark,
                "after_sensitive": False,
            }
        case word:
            actions = ["update"] if word == "update" else ["delete", "create"]
            both = {"before": before, "after": after, "before_sensitive": mark, "after_sensitive": mark}
            return {"actions": actions, "replace_paths": [["at"]], "after_unknown": draw(_UNKNOWN), **both}


_UNKNOWN = st.sampled_from([{}, False, {"id": True}, {"at": True}, {"at": {"a": True}}, {"at": [False, True]}])


@st.composite
def documents(draw: st.DrawFn) -> Json:
    """A plan with secrets at every place that holds values, texts, names or addresses."""
    token = draw(st.sampled_from(TOKENS[:4]))
    resource = {
        "address": f'a.b["{token}"]',
        "mode": "managed",
        "type": "a",
        "name": "b",
        "change": change(draw, draw(planted())),
    }
    drifted = {"address": "a.c", "type": "a", "name": "c", "change": change(draw, draw(planted()))}
    marked = {
        "actions": ["no-op"],
        "before": {"at": OLD},
        "after": {"at": NEW},
        "before_sensitive": {"at": True},
        "after_sensitive": {"at": True},
    }
    value = draw(planted())
    imported = {
        "actions": ["no-op"], "before": {}, "after": {}, "before_sensitive": {}, "after_sensitive": {},
        "importing": {"id": draw(texts())[1]},
        "generated_config": f'resource "a" "d" {{\n  password = "{NEW}"\n  note = "{OLD}"\n}}\n',
    }  # fmt: skip
    invoked = {"config_values": value[1], "config_sensitive": value[2], "config_unknown": {}}
    return {
        "format_version": "1.2",
        "variables": {"v": {"value": OLD}, "w": {"value": {"deep": [NEW]}}},
        "planned_values": {"outputs": {"o": {"sensitive": True, "value": NEW}}, "root_module": {"resources": [{"values": {"at": NEW}}]}},
        "prior_state": {"values": {"root_module": {"resources": [{"values": {"at": OLD}}]}}},
        "configuration": {
            "provider_config": {"x": {"expressions": {"password": {"constant_value": OLD}}}},
            "root_module": {"variables": {"v": {"default": OLD, "sensitive": True}, "w": {"ephemeral": True}}},
        },
        "resource_changes": [
            resource, {"address": "a.e", "type": "a", "name": "e", "change": marked},
            {"address": "a.d", "type": "a", "name": "d", "previous_address": f'a["{token}"].d', "change": imported},
            {"address": "a.f", "type": "a", "name": "f", "change": {
                "actions": ["update"], "before": {"note": OLD, "list": [OLD]}, "after": {"note": NEW, "list": ["x", NEW]},
                "before_sensitive": {}, "after_sensitive": {}}},
        ],
        "resource_drift": [drifted],
        "output_changes": {
            "o": {"actions": ["update"], "before": OLD, "after": NEW, "before_sensitive": True, "after_sensitive": True},
            "db_password": {"actions": ["create"], "after": TOLD[0], "before_sensitive": False, "after_sensitive": False},
            "t": {"actions": ["update"], "before": draw(texts())[0], "after": draw(texts())[1], "before_sensitive": False, "after_sensitive": False},
        },
        "checks": [{
            "address": {"to_display": "check.c"}, "status": "fail",
            "instances": [{"address": {"to_display": f'a.b["{token}"]'}, "status": "fail", "problems": [{"message": draw(texts())[0]}, {"message": f"it is {OLD}, alas"}]}],
        }],
        "action_invocations": [{
            "address": "action.x.y", "type": "x", "lifecycle_action_trigger": {"triggering_resource_address": f'a.b["{token}"]'}, **invoked,
        }],
        "deferred_changes": [{"reason": "unknown", "resource_change": resource}],
        "errored": True,
    }  # fmt: skip


def report(content: Json) -> Report:
    """What a run would make of the plan; the engine's own words hold secrets, too."""
    found = plan_json.parse(json.dumps(content).encode())
    said = {"diagnostic": {"severity": "error", "summary": "No", "detail": f"password={OLD} and token {TOKENS[0]}"}}
    failure = diagnosis.problem("plan", Ended(1, json.dumps(said).encode(), b"", "exited"), "root")
    last = diagnosis.problem("show", Ended(1, b"", f"panic: {FRAMES[0].format(NEW)}".encode(), "exited"), "root")
    plan = Plan(
        stack="production/terraform/main",
        status="failed",
        reason=Problem(code="plan-failed", message="\n".join((failure.message, *found.deferred))),
        summary=summarise(found.changes),
        changes=found.changes,
        drift=found.drift,
        outputs=found.outputs,
        checks=found.checks,
    )
    return Report(
        tool=Tool("0"), base="a" * 40, head="b" * 40, planned=Planned(commit=None, tree="c" * 40), config_digest="",
        started_at="", seconds=1.0, plans=(plan, problem("staging/terraform/main", "failed", last.code, last.message)),
        verdict=Verdict(decision="blocked", reasons=()),
    )  # fmt: skip


def renderings(found: Report) -> Iterator[str]:
    """Everything that anybody could read of a report."""
    yield report_json.encode(found).decode()
    yield markdown.comment(found, links.Links())
    yield markdown.summary_line(found)
    for width in (60, 10_000):
        text = io.StringIO()
        lines.write(terminal.report_lines(found, width=width), text, colour=False)
        yield text.getvalue()
    yield repr(found)


def forms(text: str) -> set[str]:
    """A secret as the renderings might write it."""
    encoded = base64.b64encode(text.encode()).decode()
    return {text, json.dumps(text)[1:-1], html.escape(text), encoded.rstrip("=")[:-1]}


@settings(max_examples=150, deadline=None)
@given(documents())
def test_a_planted_secret_is_nowhere(content: Json) -> None:
    for rendered in renderings(report(content)):
        folded = rendered.lower()
        for word in ("xq7hunter", "hunter2", "hunter3", *forms(OLD), *forms(NEW)):
            assert word.lower() not in folded, rendered


@given(st.data(), planted())
def test_that_a_secret_changes_is_still_told(data: st.DataObject, place: tuple[Json, Json, Json]) -> None:
    before, after, mark = place
    if json.dumps(before) == json.dumps(after):
        return
    content = {
        "format_version": "1.2",
        "planned_values": {},
        "resource_changes": [{"address": "a.b", "type": "a", "change": {
            "actions": ["update"], "before": before, "after": after, "before_sensitive": mark, "after_sensitive": mark,
        }}],
    }  # fmt: skip
    [found] = plan_json.parse(json.dumps(content).encode()).changes
    assert told(found)
    assert data is not None


def told(found: Change) -> bool:
    """Whether some attribute shows a difference, or that there is one."""
    return any(each.sensitive or each.before != each.after for each in found.attributes)
