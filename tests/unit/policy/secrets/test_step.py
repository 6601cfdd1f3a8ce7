"""The checker over two ends and the commits between them: what is new, what was there, what is gone, what is never told."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from gitops_ci import config as configuration
from gitops_ci.config import Config, Policy, Secrets
from gitops_ci.discover import snapshot
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Stack
from gitops_ci.policy.scope import History, Past, Scope, Told
from gitops_ci.policy.secrets import rules, step

ONE, TWO, THREE = "Gr4pe-vine-77", "Pl4m-tree-88", "F1g-leaf-99"
ENV = "app/.env"
NONE = History()


def line(value: str, name: str = "DB_PASSWORD") -> str:
    return f"{name}={value}\n"


def scope(
    base: dict[str, str] | None,
    head: dict[str, str],
    *,
    history: History = NONE,
    config: Config = configuration.DEFAULT,
    **others: object,
) -> Scope:
    """A scope as the policy step makes it, of two dicts of files and what commits added."""
    before = snapshot.of(base) if base is not None else None
    after = snapshot.of(head)
    changed = frozenset(snapshot.changed_paths(before, after)) if before is not None else frozenset[str]()
    paths = tuple(sorted(changed & after.entries.keys() if before is not None else after.entries.keys()))
    made = Scope(
        rules=after,
        base=before,
        head=after,
        config=config,
        paths=paths,
        changed=changed,
        everything=before is None,
        history=history,
    )
    return msgspec.structs.replace(made, **others)


def told(*ends: dict[str, str] | None, **others: object) -> list[tuple[str, str, int | None]]:
    base, head = ends
    assert head is not None
    return [(each.state, each.path or "", each.line) for each in checked(base, head, **others).findings]


def checked(base: dict[str, str] | None, head: dict[str, str], **others: object) -> Told:
    return step.check(scope(base, head, **others))  # type: ignore[arg-type]  # keywords of `scope`


def past(*contents: tuple[str, str, str], head: Snapshot | None = None) -> tuple[History, dict[str, bytes]]:
    added = tuple(
        Past(commit, path, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
        for commit, path, text in contents
    )
    return History(added), {one.oid: text.encode() for one, (_, _, text) in zip(added, contents, strict=True)}


def with_past(base: dict[str, str], head: dict[str, str], *contents: tuple[str, str, str], **others: object) -> Told:
    history, blobs = past(*contents)
    made = scope(base, head, history=history, **others)  # type: ignore[arg-type]  # keywords of `scope`
    made.head._blobs._contents.update(blobs)  # type: ignore[attr-defined]  # the repository has more than the tree
    return step.check(made)


def test_a_secret_that_is_added_is_new() -> None:
    assert told({ENV: "A=1\n"}, {ENV: "A=1\n" + line(ONE)}) == [("new", ENV, 2)]
    assert told({}, {ENV: line(ONE)}) == [("new", ENV, 1)]


def test_one_that_was_there_is_existing_wherever_it_moves() -> None:
    assert told({ENV: line(ONE)}, {ENV: "A=1\n\n" + line(ONE)}) == [("existing", ENV, 3)]
    assert told({ENV: line(ONE)}, {"b.env": line(ONE)}) == [("existing", "b.env", 1)]
    assert told({ENV: line(ONE, "OLD_PASSWORD")}, {ENV: line(ONE)}) == [("existing", ENV, 1)]


def test_one_that_is_rotated_in_clear_is_new() -> None:
    assert told({ENV: line(ONE)}, {ENV: line(TWO)}) == [("new", ENV, 1), ("fixed", ENV, 1)]


def test_one_that_is_copied_is_new_once() -> None:
    assert sorted(told({ENV: line(ONE)}, {ENV: "A=1\n" + line(ONE), "b.env": line(ONE)})) == [
        ("existing", ENV, 2),
        ("new", "b.env", 1),
    ]


def test_one_that_is_removed_is_fixed() -> None:
    assert told({ENV: line(ONE) + "A=1\n"}, {ENV: "A=1\n"}) == [("fixed", ENV, 1)]
    assert told({ENV: line(ONE)}, {}) == [("fixed", ENV, 1)]


def test_files_that_did_not_change_are_left_alone_but_with_everything() -> None:
    ends = {ENV: line(ONE), "b.txt": "1"}, {ENV: line(ONE), "b.txt": "2"}
    assert told(*ends) == []
    assert told(*ends, everything=True, paths=(ENV, "b.txt")) == [("existing", ENV, 1)]
    assert told(None, ends[1]) == [("new", ENV, 1)]


def fingerprints(base: dict[str, str] | None, head: dict[str, str]) -> list[str]:
    return [each.fingerprint for each in checked(base, head).findings if each.state != "fixed"]


def test_a_fingerprint_survives_lines_and_values_and_nothing_else() -> None:
    (one,) = fingerprints(None, {ENV: line(ONE)})
    assert [one] == fingerprints(None, {ENV: "A=1\n\n" + line(ONE)})
    assert [one] == fingerprints({ENV: "A=1\n"}, {ENV: line(ONE)})
    assert [one] == fingerprints(None, {ENV: line(TWO)}), "whoever knows the fingerprint can try no value"
    assert one not in fingerprints(None, {"b.env": line(ONE)})
    assert one not in fingerprints(None, {ENV: line(ONE, "ROOT_PASSWORD")})
    several = fingerprints(None, {ENV: line(ONE) + "\n\n" + line(TWO)})
    assert one in several
    assert len(set(several)) == 2


def test_names_that_differ_by_a_number_are_not_the_same() -> None:
    assert len(set(fingerprints(None, {ENV: line(ONE, "DB1_PASSWORD") + line(ONE, "DB2_PASSWORD")}))) == 2


# What commits added and took away again


def test_what_a_commit_added_and_another_removed_is_told_with_the_commit() -> None:
    checked = with_past({ENV: "A=1\n"}, {ENV: "A=2\n"}, ("c0ffee0123456789", ENV, "X=1\n" + line(ONE)))
    (each,) = checked.findings
    assert (each.state, each.severity, each.path, each.line, each.rule) == (
        "new",
        "error",
        ENV,
        None,
        "secrets/assignment",
    )
    assert "commit c0ffee0, line 2" in each.message
    assert "does not help" in each.help
    assert checked.run.inputs == 2


def test_it_is_told_once_and_not_where_an_end_has_it() -> None:
    first, again = ("aaaaaaaaaa", ENV, line(ONE)), ("bbbbbbbbbb", ENV, "A=1\n" + line(ONE))
    assert ["aaaaaaa" in each.message for each in with_past({}, {"x": ""}, first, again).findings] == [True]
    (kept,) = with_past({}, {ENV: line(ONE) + "\n\n"}, first, again).findings
    assert kept.line == 1
    assert with_past({"x": "", ENV: "A=2\n" + line(ONE)}, {"x": "1", ENV: "A=2\n" + line(ONE)}, first).findings == ()


def test_commits_are_not_looked_into_where_the_configuration_says_so() -> None:
    config = Config(policy=Policy(secrets=Secrets(commits=False)))
    assert with_past({}, {"x": ""}, ("aaaaaaaaaa", ENV, line(ONE)), config=config).findings == ()
    assert checked({}, {"x": ""}, history=History(problem="too much"), config=config).run.problems == ()


def test_a_history_that_is_not_whole_leaves_the_question_open() -> None:
    (problem,) = checked({}, {"x": ""}, history=History(problem="too much")).run.problems
    assert (problem.code, problem.message) == ("secrets-history", "too much")


# Where values are joined with what other files say


def test_values_of_sensitive_variables_are_secrets_by_whatever_name() -> None:
    files = {
        "r/variables.tf": 'variable "login" {\n  sensitive = true\n}\nvariable "region" {}\n',
        "r/prod.tfvars": f'region = "eu-west-77x"\nlogin = "{ONE}"\n',
        "r/env/dev.tfvars": f'login = {{\n  user = "app"\n  word = "{TWO}"\n}}\n',
        "r/x.auto.tfvars.json": '{"region": "a",\n "login": "' + THREE + '"}',
        "other/prod.tfvars": f'login = "{ONE}"\n',
    }
    assert told(None, files) == [
        ("new", "r/env/dev.tfvars", 3),
        ("new", "r/prod.tfvars", 2),
        ("new", "r/x.auto.tfvars.json", 2),
    ]
    assert {each.rule for each in checked(None, files).findings} == {"secrets/tfvars"}


def test_var_files_elsewhere_are_joined_with_the_root_that_reads_them() -> None:
    stack = Stack(id="production/terraform/a", environment="production", kind="terraform", name="a", path="r")
    files = {"r/v.tf": 'variable "login" { sensitive = true }\n', "vars/prod.tfvars": f'login = "{ONE}"\n'}
    given = {"stacks": {stack.id: stack}, "owners": {"vars/prod.tfvars": (stack.id,)}}
    (each,) = checked(None, files, **given).findings
    assert (each.path, each.stack) == ("vars/prod.tfvars", stack.id)


def test_names_of_var_files_tell_by_themselves() -> None:
    text = f'db_password = "{ONE}"\napi_token = ""\nadmin_password = "changeme"\nmap = {{ db_password = "{TWO}" }}\n'
    assert told(None, {"a.tfvars": text}) == [("new", "a.tfvars", 1), ("new", "a.tfvars", 4)]


# What is looked at


def test_ignored_files_hold_no_secrets() -> None:
    config = Config(policy=Policy(secrets=Secrets(ignore=("**/testdata/**",))))
    assert told(None, {"a/testdata/x.env": line(ONE), "a/x.env": line(ONE)}, config=config) == [("new", "a/x.env", 1)]


def test_links_and_submodules_are_not_followed() -> None:
    head = snapshot.of({"a": "1"}, links={"b.env": "DB_PASSWORD=" + ONE})
    assert (
        step.check(
            Scope(rules=head, base=None, head=head, config=configuration.DEFAULT, paths=("a", "b.env"), everything=True)
        ).findings
        == ()
    )


def test_what_is_too_large_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_FILE_BYTES", 100)
    (each,) = checked(None, {"big.bin": "x" * 200, "b.env": "A=1\n"}).findings
    assert (each.rule, each.severity, each.path) == ("secrets/not-searched", "warning", "big.bin")


@pytest.mark.parametrize("name", ["new\nline.env", "a\x1b[31m.env", "\udcff.env", "<!--.env", "名.env"])
def test_any_name_of_a_file(name: str) -> None:
    assert told(None, {name: line(ONE)}) == [("new", name, 1)]


# What is said


def test_no_part_of_a_value_is_in_anything_that_is_given() -> None:
    files = {
        ENV: line(ONE) + f"{ONE}_PASSWORD={ONE}\n",
        "a.yaml": f"kind: Secret\nstringData:\n  {ONE}: {ONE}\n",
        "a.sql": f"CREATE ROLE a PASSWORD '{ONE}'",
        "a.tfvars": f'db_password = "{ONE}"',
        "a.sh": f"psql postgres://a:{ONE}@db",
    }
    checked = with_past({}, files, ("aaaaaaaaaa", "z.env", line(TWO)))
    assert len(checked.findings) == 6
    written = msgspec.json.encode(checked).decode()
    for value in (ONE, TWO):
        assert not any(value[at : at + 4] in written for at in range(len(value) - 3))


def test_a_token_is_told_with_its_owner_and_where_it_is_revoked() -> None:
    (each,) = checked(None, {"a.sh": "T=gh" + "p_" + "aB3dE5gH7jK9" * 3 + "\n"}).findings
    assert each.message == "a GitHub token is written here"
    assert "GitHub: Settings" in each.help


def test_every_rule_says_something_and_is_documented() -> None:
    from pathlib import Path

    from gitops_ci.policy.secrets import found

    page = (Path(__file__).resolve().parents[4] / "docs/rules/secrets.md").read_text(encoding="utf-8")
    for rule in rules.RULES:
        assert f"\n## {rule}\n" in page
        for name in ("", "db"):
            each = found.make(rule, name, 1, "x")
            assert "{" not in rules.message(each)
            assert rules.help(each).endswith(".")
            assert rules.help_in_commit(each, "a", "w").endswith(".")


def test_findings_are_ordered_by_path_and_line() -> None:
    found: tuple[Finding, ...] = checked(
        None, {"b.env": line(ONE) + line(TWO, "PASSWORD"), "a.env": line(ONE)}
    ).findings
    assert [(each.path, each.line) for each in found] == [("a.env", 1), ("b.env", 1), ("b.env", 2)]
