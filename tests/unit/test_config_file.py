"""`config_file.load`: what it accepts, and how it explains what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci import config, config_file
from gitops_ci.config import DEFAULT, Config
from gitops_ci.errors import ConfigError

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "gitops_ci" / "schema" / "config-1.json"
DOCS = ROOT / "docs" / "configuration.md"


def told(text: str | bytes) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ConfigError) as caught:
        config_file.load(content)
    return caught.value.message.splitlines()


def problems(content: bytes) -> list[str]:
    try:
        config_file.load(content)
    except ConfigError as error:
        return error.message.splitlines()
    return []


def versioned(text: str) -> list[str]:
    return told("version: 1\n" + text)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null\n", "\ufeff"])
def test_an_empty_file_is_the_defaults(text: str) -> None:
    assert config_file.load(text.encode()) is DEFAULT


def test_a_full_file_is_read() -> None:
    read = config_file.load(
        b"""\
version: 1
layout:
  preset: flat
  require: [README.md, "environments/*/main.tf"]
  stacks:
    - &root {kind: terraform, path: "infra/{name}", environments: [staging, production], workspace: "{environment}"}
environments:
  - name: staging
    aliases: [stage]
  - {name: production, promotes_from: staging, enforcement: warn}
kinds: {terraform: {binary: /usr/bin/tofu, timeout: 60, env: {allow: ["VAULT_*"]}}}
policy: {severity: {layout/stray-file: off, layout/missing-readme: "off", layout/required: notice}}
report: {comment: {detail: summary}}
"""
    )
    assert read.layout.preset == "flat"
    assert read.layout.stacks[0].environments == ("staging", "production")
    assert [each.name for each in read.environments] == ["staging", "production"]
    assert read.kinds.terraform.timeout == 60.0
    assert set(read.policy.severity.values()) == {"off", "notice"}


def test_off_is_off_wherever_a_severity_may_stand_and_on_is_a_key() -> None:
    read = config_file.load(
        b"""\
version: 1
policy:
  severity: {rego/a: {environments: {production: off}, kinds: {terraform: off}, default: off}, rego/b: off}
  rego: [{path: policies, on: plan}]
"""
    )
    by_place = read.policy.severity["rego/a"]
    assert isinstance(by_place, config.SeverityByPlace)
    assert {*by_place.environments.values(), *by_place.kinds.values(), by_place.default} == {"off"}
    assert read.policy.severity["rego/b"] == "off"
    assert read.policy.rego is not None
    assert read.policy.rego[0].inputs == ("plan",)


def frozen(*windows: str) -> str:
    lines = "".join(f"\n      - {window}" for window in windows)
    return f"environments:\n- name: production\n  gate:\n    destroy: off\n    freeze:{lines}\n"


def test_dates_and_times_of_a_freeze_need_no_quotes() -> None:
    text = frozen(
        "{from: 17:00, to: 08:00, days: [fri]}",
        "{from: 2026-12-20, to: 2027-01-03}",
        "{from: 2026-12-20 17:00, to: 2026-12-21T08:00, timezone: Europe/Berlin}",
    )
    gate = config_file.load(f"version: 1\n{text}".encode()).environments[0].gate
    assert gate is not None
    assert gate.destroy == "off"
    assert [(each.from_, each.to) for each in gate.freeze] == [
        ("17:00", "08:00"),
        ("2026-12-20", "2027-01-03"),
        ("2026-12-20 17:00", "2026-12-21T08:00"),
    ]


@pytest.mark.parametrize(
    ("window", "key", "said"),
    [
        (
            "{from: 17:00, to: 08:00, timezone: Europe/Berln}",
            "timezone",
            "is no time zone: expected a name of the IANA",
        ),
        ("{from: 17:00, to: 08:00, timezone: ../../etc/passwd}", "timezone", "is no time zone"),
        ("{from: 2026-02-30, to: 2026-03-01}", "from", "expected a date (2026-12-20), a time"),
        ("{from: 2026-12-20, to: 2026-12-19}", "to", "ends before it begins"),
        ("{from: 5 pm, to: 08:00}", "from", 'expected text such as 17:00 or 2026-12-20 or "2026-12-20 17:00"'),
        ("{from: 17, to: 08:00}", "from", "expected text such as 17:00"),
    ],
)
def test_a_window_that_there_cannot_be_is_a_mistake_of_its_line(window: str, key: str, said: str) -> None:
    (problem,) = versioned(frozen("{from: 01:00, to: 02:00}", window))
    assert problem.startswith(f"gitops-ci.yml:8: environments[0].gate.freeze[1].{key}: {said}")


def test_an_unknown_key_names_the_nearest_and_all() -> None:
    text = "\n\n\n\nlayout:\n  presett: flat\n"
    assert versioned(text) == [
        "gitops-ci.yml:7: layout.presett: unknown key; did you mean preset? (keys here: forbid, preset, require, stacks)"
    ]


def test_the_file_is_called_what_the_caller_calls_it_and_the_manual_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^other\.yml:1: x: unknown key") as caught:
        config_file.load(b"{version: 1, x: 1}", "other.yml")
    assert "docs/configuration.md" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("layout: {preset: artcle}", "2: layout.preset: expected one of article, flat, multi-repo, "),
        ("layout: {preset: artcle}", "did you mean article?"),
        ("layout:", "2: layout: expected a mapping with keys out of forbid, preset, require, stacks, found nothing"),
        ("layout: {stacks: [{kind: terraform}]}", "2: layout.stacks[0].path: missing; expected text"),
        ("environments:\n  a: b", "2: environments: expected a list, found a mapping"),
        (
            "environments: [{name: a b}]",
            "environments[0].name: expected text of at most 100 characters; letters, digits",
        ),
        ("environments:\n- name: on", "3: environments[0].name: expected text"),
        ("environments:\n- name: on", "found true or false (as YAML reads on, off, yes and no): put text in quotes"),
        ("environments: [{name: 1.10}]", "found a number: put text in quotes"),
        ("environments: [{name: a, branch: 2024-01-02}]", "branch: expected text, found a date: put it in quotes"),
        ("environments: [{name: a, branch: 2024-13-45}]", "branch: expected text, found a date: put it in quotes"),
        ("environments: [{name: a, enforcement: Block}]", "expected one of block, warn; did you mean block?"),
        ("environments:\n- name: a\n  branch: |\n    main\n", "4: environments[0].branch: expected one line without"),
        ("kinds: {terraform: {timeout: 0}}", "kinds.terraform.timeout: expected a number above 0, at most 86400"),
        ("kinds: {terraform: {timeout: soon}}", "at most 86400, found text"),
        ("kinds: {terraform: {timeout: .nan}}", "kinds.terraform.timeout: expected float > 0.0"),
        ("kinds: {terraform: {timeout: true}}", "at most 86400, found true or false"),
        (
            "policy: {severity: {a: wrning}}",
            "policy.severity.a: expected one of error, notice, off, warning; did you mean",
        ),
        (
            "policy: {severity: {on: off}}",
            "policy.severity.on: YAML reads this key as something else than text: quote it",
        ),
        ("policy: {severity: {2: off}}", "policy.severity.2: YAML reads this key"),
        (
            "policy: {severity: {rego/a: 2}}",
            "expected one of error, notice, off, warning, or a mapping with keys out of",
        ),
        (
            "policy: {severity: {rego/a: {default: eror}}}",
            "rego/a.default: expected one of error, notice, off, warning; did",
        ),
        ("policy: {severity: {rego/a: {defalt: off}}}", "rego/a.defalt: unknown key; did you mean default?"),
        ("policy: {rego: [{path: x, on: [plann]}]}", "policy.rego[0].on[0]: expected one of file, manifest, plan, sql"),
        (
            "policy: {rego: [{path: x, on: {a: b}}]}",
            "on: expected a list, or one of file, manifest, plan, sql, found a mapping",
        ),
        ('policy: {severity: {"a\\nb": off}}', "policy.severity.a\\nb: expected one line"),
        ("<<: {layout: {preset: x}}", "2: layout.preset: expected one of"),
    ],
)
def test_a_wrong_value_is_explained(text: str, expected: str) -> None:
    found = versioned(text)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("layout: {}", ["gitops-ci.yml:1: version: missing; expected `version: 1`"]),
        ("{}", ["gitops-ci.yml:1: version: missing; expected `version: 1`"]),
        ("version: 2", ["gitops-ci.yml:1: version: expected 1"]),
        ("version: true", ["gitops-ci.yml:1: version: expected 1, found true or false"]),
        ("version: '1'", ["gitops-ci.yml:1: version: expected 1"]),
        ("version: 1.0", ["gitops-ci.yml:1: version: expected int, got float"]),
        (
            "- version: 1",
            ["gitops-ci.yml:1: expected a mapping with keys out of environments, kinds, layout, policy, "],
        ),
        ("text", ["gitops-ci.yml:1: expected a mapping with keys out of environments, kinds, layout, policy, "]),
    ],
)
def test_the_whole_file(text: str, expected: list[str]) -> None:
    found = told(text)
    assert [line[: len(want)] for line, want in zip(found, expected, strict=True)] == expected


def test_a_duplicate_key_names_both_lines() -> None:
    assert versioned("layout:\n  preset: flat\n  preset: article\n") == [
        "gitops-ci.yml:4: layout.preset: is there twice: first in line 3"
    ]
    assert told("version: 1\nversion: 1\n") == ["gitops-ci.yml:2: version: is there twice: first in line 1"]


def test_anchors_merges_and_overrides_are_no_duplicates() -> None:
    text = "version: 1\nenvironments:\n- &a {name: a, runner: x}\n- {<<: *a, name: b}\n- <<: [*a, {branch: c}]\n  name: c\n"
    assert [each.runner for each in config_file.load(text.encode()).environments] == ["x", "x", "x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\t- b", "2: not valid YAML at column 1: "),
        ("a:\n\t- b", "(a tab: indent with spaces)"),
        ("a: [1", "2: not valid YAML at column 1: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: b: c", "1: not valid YAML at column 5: "),
        ("a: @x", "(put it in quotes)"),
        ("a: *nowhere", "1: not valid YAML at column 4: found undefined alias"),
        ("x: 1\na: \x01", "2: not valid YAML: control characters are not allowed"),
        ("a: 1\n---\nb: 1", "expected a single document in the stream, but found another document"),
        ("<<: 3", "1: not valid YAML at column 5: "),
        ("? [a]\n: b", "1: expected a key that is a single word"),
        ("a: !!python/object:os.system x", "1: expected plain values: tags such as"),
        ("a: !!int foo", "1: expected plain values: tags such as"),
    ],
)
def test_what_is_not_yaml_is_located(text: str, expected: str) -> None:
    found = told(text)
    assert len(found) == 1
    assert expected in found[0]


def test_what_is_not_utf8_is_located() -> None:
    assert told(b"version: 1\n# \xff\n") == ["gitops-ci.yml:2: expected UTF-8, found the byte 0xff"]


def test_numbers_that_only_yaml_1_1_knows_are_text() -> None:
    text = "version: 1\nenvironments: [{name: a, branch: 1:30}, {name: b, branch: 0o17}, {name: c, branch: 1_000}]"
    read = config_file.load(text.encode())
    assert [each.branch for each in read.environments] == ["1:30", "0o17", "1_000"]


BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]",
        "a: &a {b: *a}",
        "[" * 400_000,
        "- a\n" * 60_000,
        "a: &a 1\nb: [" + "*a, " * 101 + "]",
        "# " + "x" * (1 << 20),
        "a: " + "9" * 5000 + "\nb: 0b_",
    ],
    ids=["bomb", "self", "self-mapping", "deep", "long", "aliases", "large", "numbers"],
)
def test_hostile_yaml_is_refused(text: str) -> None:
    assert told(text)


def test_every_problem_is_told_in_order_up_to_twenty() -> None:
    found = versioned("".join(f"k{count}: 1\n" for count in range(30)))
    assert len(found) == 21
    assert found[0].startswith("gitops-ci.yml:2: k0: unknown key")
    assert found[-1] == "gitops-ci.yml: and 10 more"


def test_values_are_never_told() -> None:
    secret = "hunter2-hunter2"
    text = (
        f"environments: [{{name: '{secret} x', enforcement: {secret}}}]\nkinds: {{terraform: {{timeout: {secret}}}}}\n"
    )
    assert secret not in "\n".join(versioned(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("environments: [{name: a}, {name: a}]", "2: environments[1].name: a already stands for a"),
        (
            "environments:\n- name: a\n- name: b\n  aliases:\n  - a",
            "6: environments[1].aliases[0]: a already stands for a",
        ),
        ("environments: [{name: shared}]", "environments[0].name: shared stands for stacks of no single environment"),
        ("environments: [{name: a, promotes_from: b}]", "environments[0].promotes_from: b is no environment"),
        ("environments: [{name: a, promotes_from: a}]", "promotions go in a circle: a from a"),
        (
            "environments: [{name: a, gate: {approvals: 2, approvers: {users: [bob, BOB]}}}]",
            "environments[0].gate: 2 approvals are asked of 1 named: name more users, or a team",
        ),
        (
            "environments: [{name: a, gate: {promotion: block}}]",
            "environments[0].gate.promotion: a has no promotes_from, so there is nothing to compare it with",
        ),
        (
            "environments: [{name: a}, {name: b, promotes_from: a, gate: {soak: 1h}}]",
            "environments[1].gate.soak: promotion is off, so nothing is looked at",
        ),
        (
            (
                "environments: [{name: a}, {name: b, promotes_from: a, gate: "
                "{promotion: warn, soak: 1h, promotion_together: true}}]"
            ),
            "environments[1].gate.soak: what both environments get at once has been in neither",
        ),
        (
            (
                "environments: [{name: a}, {name: b, promotes_from: a, gate: "
                "{promotion: block, hotfix: {approvals: 2, approvers: {users: [bob]}}}}]"
            ),
            "environments[1].gate.hotfix: 2 approvals are asked of 1 named",
        ),
        (
            "environments: [{name: a, gate: {approvers: {users: [bob]}, by_kind: {database: {approvals: 3}}}}]",
            "environments[0].gate.by_kind.database: 3 approvals are asked of 1 named",
        ),
        (
            "environments: [{name: a, promotes_from: b}, {name: b, promotes_from: a}, {name: c, promotes_from: a}]",
            "environments[0].promotes_from: promotions go in a circle: a from b from a",
        ),
        ("layout: {stacks: [{kind: terraform, path: x, environments: [stagng]}]}", "did you mean staging?"),
        ("layout: {stacks: [{kind: terraform, path: x, environment: prod}]}", "did you mean production?"),
        ("layout: {stacks: [{kind: terraform, path: x, environments: [staging, staging]}]}", "[1]: is there twice"),
        ("layout: {stacks: [{kind: terraform, path: '{environment}', environments: [staging]}]}", "either this, or"),
        (
            "layout: {stacks: [{kind: terraform, path: '{env}/x'}]}",
            "{env} is no placeholder; did you mean {environment}?",
        ),
        ("layout: {stacks: [{kind: terraform, path: '{name}/{name}'}]}", "{name} is there twice"),
        ("layout: {stacks: [{kind: terraform, path: x, var_files: [/x]}]}", "relative to the stack's directory"),
        (
            "layout: {stacks: [{kind: terraform, path: x, instances: [a, a], workspace: '{instance}'}]}",
            "[1]: is there twice",
        ),
        (
            "layout: {stacks: [{kind: terraform, path: x, instances: [a, b], workspace: '{name}'}]}",
            "instances: expected {instance} in `workspace`",
        ),
        (
            "layout: {stacks: [{kind: terraform, path: x, workspace: '{instance}'}]}",
            "workspace: {instance} stands for one of `instances`, and there are none",
        ),
        (
            "layout: {stacks: [{kind: terraform, path: x, var_files: ['{envronment}.tfvars']}]}",
            "var_files[0]: {envronment} is no placeholder; did you mean {environment}?",
        ),
        ("layout: {require: [/x]}", "layout.require[0]: expected a path from the repository's root"),
        ("layout: {forbid: [../x]}", "layout.forbid[0]: expected a path from the repository's root"),
        ("layout: {forbid: ['a/*b*c*d*']}", "layout.forbid[0]: expected at most 3 * in one name and 4 ** in all"),
        ("layout: {forbid: ['**/**/**/**/**/a']}", "layout.forbid[0]: expected at most 3 *"),
        ("layout: {forbid: ['{a}/{a}']}", "layout.forbid[0]: {a} is there twice"),
        (
            "kinds: {terraform: {binary: bin/terraform}}",
            "kinds.terraform.binary: expected an absolute path or the name",
        ),
        ("kinds: {terraform: {binary: ./terraform}}", "a path inside the repository is never run"),
        ("kinds: {terraform: {binary: ''}}", "kinds.terraform.binary: expected"),
        (
            "policy: {severity: {layout/requird: off}}",
            "2: policy.severity.layout/requird: no rule is called so; did you mean",
        ),
        ("policy: {severity: {layot/*: off}}", "layot/ is no family of rules; did you mean layout/*?"),
        ("policy: {severity: {rego/a: {environments: {prod: off}}}}", "did you mean production?"),
        ("policy: {severity: {rego/a: {kinds: {tf: off}}}}", "tf is no kind; did you mean terraform?"),
        ("policy: {waivers: ../x.yml}", "policy.waivers: expected a file, as its path from the repository's root"),
        ("policy: {baseline: /x.json}", "policy.baseline: expected a file"),
    ],
)
def test_what_does_not_fit_together_is_told(text: str, expected: str) -> None:
    found = versioned(text)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize("text", ["binary: terraform", "binary: /opt/tofu/bin/tofu", "binary: null"])
def test_engines_outside_the_repository_are_accepted(text: str) -> None:
    assert problems(f"version: 1\nkinds: {{terraform: {{{text}}}}}".encode()) == []


def test_the_shared_environment_may_be_fixed_for_a_stack() -> None:
    assert problems(b"version: 1\nlayout: {stacks: [{kind: terraform, path: x, environment: shared}]}") == []


def test_the_shipped_schema_is_the_types() -> None:
    expected = json.dumps(config.json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == expected, "the configuration's types changed: run `make schemas`"


def _keys(schema: dict[str, Any]) -> set[str]:
    return {key for each in schema["$defs"].values() for key in each.get("properties", {})}


def test_every_key_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert {
        key for key in _keys(json.loads(SCHEMA.read_bytes())) if f"`{key}`" not in text and f".{key}`" not in text
    } == set()


def test_every_example_of_the_manual_is_valid() -> None:
    examples = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1:]
    assert len(examples) > 3
    for example in examples:
        assert problems(example.partition("```")[0].encode()) == []


# What msgspec accepts the JSON Schema accepts, and the other way round.

WORDS = st.sampled_from(["", "a", "prod", "a b", "-x", "x" * 101, "off", "terraform", "article", "block", "full", "ö"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-1, 90_000), WORDS, st.lists(WORDS, max_size=2), st.just({}))


def generated(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema mostly, and miss it in one place now and then."""
    if "$ref" in schema:
        return generated(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of([generated(each, definitions) for each in schema["anyOf"]] + [VALUES])
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), VALUES)
    if schema.get("type") == "array":
        return st.one_of(st.lists(generated(schema["items"], definitions), max_size=2), VALUES)
    if schema.get("properties"):
        properties = {key: generated(value, definitions) for key, value in schema["properties"].items()}
        needed = {key: properties.pop(key) for key in schema["required"]}
        valid = st.fixed_dictionaries(needed, optional=properties)
        return st.one_of(
            valid, valid, valid, st.fixed_dictionaries({}, optional={**properties, "unknown": VALUES}), VALUES
        )
    if schema.get("type") == "object":
        return st.one_of(
            st.dictionaries(WORDS, generated(schema.get("additionalProperties", {}), definitions), max_size=2), VALUES
        )
    return st.one_of(st.sampled_from([1, 0.5, 900, 86400]) if schema.get("type") == "number" else WORDS, VALUES)


_SCHEMA = config.json_schema()
_DEFINITIONS: Any = _SCHEMA["$defs"]


@settings(max_examples=300, deadline=None)
@given(generated(_DEFINITIONS["Config"], _DEFINITIONS))
def test_the_types_and_the_schema_accept_the_same(data: object) -> None:
    valid = jsonschema.Draft202012Validator(_SCHEMA).is_valid(data)
    try:
        msgspec.convert(data, Config)
    except msgspec.ValidationError:
        assert not valid
    else:
        assert valid


@settings(max_examples=150, deadline=None)
@given(generated(_DEFINITIONS["Config"], _DEFINITIONS))
def test_whatever_is_in_the_file_is_read_or_explained(data: object) -> None:
    lines = problems(json.dumps(data).encode())
    assert all(line.startswith("gitops-ci.yml:") for line in lines)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_explained(content: bytes) -> None:
    assert all(line.startswith("gitops-ci.yml:") for line in problems(content))


@pytest.mark.parametrize("runner", ["plans", "[self-hosted, linux]", "{group: plans, labels: [linux]}"])
def test_a_runner_is_a_label_several_or_a_group(runner: str) -> None:
    assert problems(f"version: 1\nenvironments: [{{name: live, runner: {runner}}}]\n".encode()) == []


def test_what_is_looked_up_by_the_configuration_can_be() -> None:
    """Kinds keep what they found by kinds and environments: a mapping in there would end every plan."""
    for example in DOCS.read_text(encoding="utf-8").split("```yaml\n")[1:]:
        content = example.split("```", 1)[0].encode()
        if content.startswith(b"version:"):
            found = config_file.load(content, "gitops-ci.yml")
            hash((found.kinds.terraform, found.environments))
