"""The layout rules, each on small trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
import pytest

from gitops_ci.config import DEFAULT, Config, Environment, Layout, Preset
from gitops_ci.discover import layout, naming, snapshot
from gitops_ci.discover.layout import rules, subject
from gitops_ci.discover.snapshot import Entry, Snapshot
from gitops_ci.model import stack as stacks
from gitops_ci.model.finding import Finding
from gitops_ci.model.stack import Kind, Stack

QUIET = ("README.md", ".github/CODEOWNERS", ".github/workflows/gitops.yml")
KINDS = ("k8s", "terraform", "databases", "security")
ARTICLE = tuple(
    f"environments/{env}/{kind}/x" for env in ("development", "staging", "production") for kind in KINDS
) + tuple(f"shared/{kind}/x" for kind in ("kubernetes", *KINDS[1:]))


def declared(preset: Preset, environments: tuple[Environment, ...] = DEFAULT.environments) -> Config:
    return Config(layout=Layout(preset=preset), environments=environments)


def place(path: str, kind: Kind = "terraform") -> Stack:
    return naming.place(path, kind, DEFAULT)


def judge(
    paths: Iterable[str] = (),
    config: Config = DEFAULT,
    found: Iterable[Stack] = (),
    links: Mapping[str, str] | None = None,
) -> list[Finding]:
    seen = snapshot.of(dict.fromkeys((*QUIET, *paths), ""), links=links)
    return list(layout.findings(seen, found, config))


def said(findings: list[Finding], rule: str) -> list[tuple[str, str | None]]:
    return [(each.severity, each.path) for each in findings if each.rule == f"layout/{rule}"]


# Environments


def test_a_complete_repository_is_left_in_peace() -> None:
    assert judge(ARTICLE) == []
    assert judge(ARTICLE, declared("article")) == []


def test_a_missing_environment() -> None:
    paths = ("environments/dev/main.tf", "environments/prod/main.tf")
    assert said(judge(paths), "missing-environment") == [("notice", "environments")]
    assert said(judge(paths, declared("flat")), "missing-environment") == [("error", "environments")]
    asked = Config(environments=(Environment(name="dev"), Environment(name="prod"), Environment(name="uat")))
    found = judge(paths, asked)
    assert said(found, "missing-environment") == [("warning", "environments")]
    assert "uat: expected environments/uat" in found[0].message


def test_every_environment_is_missing_where_the_folder_is() -> None:
    assert len(said(judge((), declared("terraform-environments")), "missing-environment")) == 3
    assert said(judge((), declared("multi-repo")), "missing-environment") == []


def test_a_misspelt_environment_is_named() -> None:
    paths = ("environments/staging/main.tf", "environments/producton/main.tf")
    found = [each for each in judge(paths) if each.rule == "layout/unknown-environment"]
    assert [each.message for each in found] == ["producton is no known environment: did you mean production?"]
    assert said(found, "unknown-environment") == [("warning", "environments/producton")]
    assert "taken for `flat`" in found[0].help
    found = judge(paths, declared("flat"))
    assert said(found, "unknown-environment") == [("error", "environments/producton")]
    assert not any("taken for" in each.help for each in found)


def test_other_unknown_environments_are_one_notice_unless_declared() -> None:
    paths = [f"environments/{name}/main.tf" for name in ("prod", "prod-us", "eu", "modules", ".cache", "_old")]
    assert said(judge(paths), "unknown-environment") == [("notice", "environments")]
    assert said(judge(paths, declared("flat")), "unknown-environment") == [
        ("warning", "environments/modules"),
        ("error", "environments/eu"),
        ("error", "environments/prod-us"),
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("producton", "production"),
        ("Production", "production"),
        ("stagging", "staging"),
        ("PROD", "prod"),
        ("prod-us", None),
        ("us-production", None),
        ("dev2", None),
        ("staging_old", None),
        ("sandbox", None),
    ],
)
def test_a_name_of_its_own_is_no_misspelling(name: str, meant: str | None) -> None:
    assert subject.nearest(name, ("production", "prod", "staging", "dev")) == meant


# Kinds


def test_a_missing_kind_is_judged_by_its_neighbours_or_by_the_article() -> None:
    paths = [path for path in ARTICLE if path != "environments/staging/databases/x" and "/security/" not in path]
    assert said(judge(paths), "missing-kind") == [("warning", "environments/staging")]
    found = said(judge(paths, declared("article")), "missing-kind")
    assert found == [
        ("error", "environments/development"),
        ("error", "environments/production"),
        ("error", "environments/staging"),
        ("error", "environments/staging"),
        ("warning", "shared"),
    ]


def test_a_kind_is_not_missing_where_its_stacks_lie_elsewhere() -> None:
    paths = [path for path in ARTICLE if path != "environments/staging/k8s/x"]
    assert said(judge(paths, found=[place("environments/staging/apps", "kubernetes")]), "missing-kind") == []


def test_a_linked_folder_is_not_missing() -> None:
    paths = [path for path in ARTICLE if path != "environments/staging/k8s/x"]
    links = {"environments/staging/k8s": "../development/k8s"}
    assert judge(paths, declared("article"), links=links) == []


def test_an_unknown_kind() -> None:
    paths = (
        *ARTICLE,
        "environments/staging/teraform/x",
        "environments/staging/helm/x",
        "shared/scripts/x",
        "shared/databse/x",
    )
    assert said(judge(paths), "unknown-kind") == [
        ("warning", "environments/staging/teraform"),
        ("notice", "environments/staging/helm"),
        ("warning", "shared/databse"),
    ]
    assert said(judge(paths, declared("article")), "unknown-kind") == [
        ("error", "environments/staging/teraform"),
        ("error", "environments/staging/helm"),
        ("error", "shared/databse"),
        ("warning", "shared/scripts"),
    ]


def test_a_guess_leaves_folders_with_a_stack_alone() -> None:
    paths = (*ARTICLE, "environments/staging/helm/app/Chart.yaml")
    found = [place("environments/staging/helm/app", "kubernetes")]
    assert said(judge(paths, found=found), "unknown-kind") == []


def test_a_second_kind_in_a_repository_of_one() -> None:
    found = [place("network"), place("cluster"), place("migrations", "database")]
    assert said(judge((), declared("multi-repo"), found), "unknown-kind") == [("error", "migrations")]
    assert said(judge((), declared("multi-repo"), found[:2]), "unknown-kind") == []
    assert said(judge((), DEFAULT, found), "unknown-kind") == []


# Files


def test_stray_files() -> None:
    welcome = [
        f"environments/{name}" for name in ("README.md", ".gitkeep", "prod/CODEOWNERS", "prod/Makefile", "prod/a.hcl")
    ]
    assert said(judge((*ARTICLE, *welcome)), "stray-file") == []
    paths = (*ARTICLE, "environments/deploy.sh", "environments/staging/a.tf", "environments/staging/b.txt")
    assert said(judge(paths), "stray-file") == [
        ("notice", "environments/deploy.sh"),
        ("notice", "environments/staging"),
    ]
    assert said(judge(paths, declared("article")), "stray-file") == [
        ("warning", "environments/deploy.sh"),
        ("error", "environments/staging"),
    ]


def test_files_of_a_stack_are_not_stray() -> None:
    paths = (*ARTICLE, "environments/staging/kustomization.yaml")
    assert said(judge(paths, found=[place("environments/staging", "kubernetes")]), "stray-file") == []
    assert said(judge(["environments/prod/main.tf"]), "stray-file") == []  # flat


@pytest.mark.parametrize("path", ["README", "readme.rst", "docs/README.md", ".github/Readme.md"])
def test_a_readme_in_any_place_will_do(path: str) -> None:
    assert not any(
        each.rule == "layout/missing-readme" for each in layout.findings(snapshot.of({path: ""}), (), DEFAULT)
    )


@pytest.mark.parametrize("path", ["CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS"])
def test_codeowners_in_any_of_the_three_places_will_do(path: str) -> None:
    found = layout.findings(snapshot.of({path: ""}), (), DEFAULT)
    assert not any(each.rule == "layout/missing-codeowners" for each in found)


def test_an_empty_repository_lacks_three_things() -> None:
    found = layout.findings(snapshot.of({"CODEOWNERS.md": "", ".github/workflows/a.txt": ""}), (), DEFAULT)
    assert [(each.rule, each.severity) for each in found] == [
        ("layout/missing-readme", "notice"),
        ("layout/missing-codeowners", "notice"),
        ("layout/missing-workflow", "notice"),
    ]
    found = layout.findings(snapshot.of({}), (), declared("multi-repo"))
    assert {each.severity for each in found} == {"warning"}


def test_state_in_git() -> None:
    state = (
        "a/terraform.tfstate",
        "a/terraform.tfstate.backup",
        "b/prod.tfstate",
        "c/terraform.tfstate.1700000000.backup",
    )
    paths = (*state, "docs/tfstate.md", "a/.terraform.tfstate.lock.info", "x.tfstate.d/y")
    assert said(judge(paths), "state-in-git") == [("error", path) for path in state]


def test_required_and_forbidden_paths() -> None:
    wanted = Layout(
        require=("docs", "a/*/b.txt", "**/x.tf", "nowhere", "README.md/"), forbid=("secrets", "**/*.pem", "b?c")
    )
    paths = ("docs/a.md", "a/1/b.txt", "deep/er/x.tf", "secrets/a/b", "k.pem", "x/k.pem", "bxc", "bxxc")
    found = judge(paths, Config(layout=wanted))
    assert [(each.severity, each.message.split(",")[0]) for each in found if each.rule == "layout/required"] == [
        ("error", "nothing matches nowhere")
    ]
    assert said(found, "forbidden") == [("error", path) for path in ("secrets/a/b", "k.pem", "x/k.pem", "bxc")]


# Links


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../x", "../../a/../../x", "../out"])
def test_a_link_that_escapes(target: str) -> None:
    found = judge(["a/b/f"], links={"a/b/l": target, "a/out": "../../../etc"})
    assert ("error", "a/b/l") in said(found, "symlink-escapes")
    assert said(found, "symlink-dangling") == []


@pytest.mark.parametrize("target", ["f", "../b", "../../a/b/f", "./f", "..", "../.."])
def test_a_link_inside_is_fine(target: str) -> None:
    assert judge(["a/b/f"], links={"a/b/l": target}) == []


def test_links_that_miss_one_file_are_one_finding() -> None:
    found = judge(["a/f"], links={"a/l": "none", "b": "a/none", "c": "other"})
    assert said(found, "symlink-dangling") == [("warning", "a/l"), ("warning", "c")]
    assert "a/l and b lead to a/none" in found[0].message


def test_a_link_to_what_is_made_from_a_template_is_a_notice() -> None:
    found = judge(["common.example.tfvars"], links={"dev/common.tfvars": "../common.tfvars"})
    assert said(found, "symlink-dangling") == [("notice", "dev/common.tfvars")]


def test_a_link_in_a_circle_dangles() -> None:
    found = judge(links={"a": "b", "b": "a", "c": "c/d", "e/f": "../e/f"})
    assert {path for _, path in said(found, "symlink-dangling")} == {"a", "b", "c", "e/f"}
    assert said(found, "symlink-escapes") == []


def test_a_link_into_a_submodule_cannot_be_followed() -> None:
    seen = snapshot.of(dict.fromkeys(QUIET, ""), links={"l": "sub/x"})
    entries = {**seen.entries, "sub": Entry(snapshot.SUBMODULE, "0" * 40)}
    assert layout.findings(Snapshot(commit=None, tree="", entries=entries, blobs=seen._blobs), (), DEFAULT) == ()


# Names


@pytest.mark.parametrize("name", ["a b", "it's", 'a"b', "`id`", "$HOME", "a;b", "a@b", "-rf", "{x}", "a*", "a\\b"])
def test_odd_names_below_a_stack(name: str) -> None:
    root = f"infra/{name}"
    assert said(judge([f"{root}/main.tf"], found=[place(root)]), "name-convention") == [("warning", root)]
    found = [place("infra/net")]
    assert said(judge([f"infra/net/{name}"], found=found), "name-convention") == [("warning", f"infra/net/{name}")]
    assert said(judge([f"infra/net/{name}/x"], found=found), "name-convention") == [("warning", f"infra/net/{name}")]
    assert said(judge([f"site/{name}/x"], found=found), "name-convention") == []
    assert said(judge([f"infra/{name}/x"], found=found), "name-convention") == []


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2K", "a\u202eb", "a\udcffb", "\x7f"])
def test_names_that_do_not_print_are_errors_anywhere(name: str) -> None:
    found = [each for each in judge([f"site/{name}"]) if each.rule == "layout/name-convention"]
    assert [each.severity for each in found] == ["error"]
    assert found[0].message.isprintable()
    assert msgspec.json.encode(found)


def test_odd_names_in_a_repository_that_is_a_stack() -> None:
    root = stacks.make(environment="shared", kind="terraform", name="main", path="")
    assert said(judge(["main.tf", "-x", "a b/c"], found=[root]), "name-convention") == [
        ("warning", "-x"),
        ("warning", "a b"),
    ]


def test_the_convention() -> None:
    paths = ("Infra/net/Main.tf", "Infra/net/README.md", "Infra/net/Chart.yaml", "Infra/net/_a.auto.tfvars", "x/Y.tf")
    found = [place("Infra/net")]
    assert said(judge(paths, found=found), "name-convention") == [("notice", "Infra")]
    assert said(judge(paths, declared("multi-repo"), found), "name-convention") == [
        ("warning", "Infra"),
        ("warning", "Infra/net/Main.tf"),
    ]


# Stacks


def test_duplicate_stacks_name_every_path() -> None:
    found = judge(found=[place("environments/prod"), place("environments/production"), place("environments/prod")])
    assert [(each.rule, each.severity, each.stack) for each in found] == [
        ("layout/duplicate-stack", "error", "production/terraform/main")
    ]
    assert "environments/prod and environments/production" in found[0].help


def differing(*missing: tuple[str, str], config: Config = DEFAULT, names: str = "abcde") -> list[tuple[str, str]]:
    environments = ("development", "staging", "production")
    paths = [f"environments/{env}/{name}" for env in environments for name in names if (env, name) not in missing]
    found = judge([f"{path}/main.tf" for path in paths], config, [place(path) for path in paths])
    return [(each.severity, each.message) for each in found if each.rule == "layout/environments-differ"]


def test_environments_that_differ() -> None:
    missing = ("staging", "b")
    message = "staging lacks the stack terraform/b, which development and production have"
    assert differing(missing) == [("notice", message)]
    assert differing(missing, config=declared("flat")) == [("warning", message)]
    assert differing(("production", "c"), config=declared("flat")) == [
        ("notice", "production lacks the stack terraform/c, which development and staging have")
    ]
    assert differing(("staging", "b"), ("production", "b")) == []


def test_environments_that_share_little_are_not_compared_unless_declared() -> None:
    missing = (("staging", "a"), ("development", "b"))
    assert differing(*missing, names="abc") == []
    assert len(differing(*missing, names="abc", config=declared("flat"))) == 2


def test_one_environment_is_not_compared() -> None:
    assert judge(found=[place("environments/prod/a"), place("shared/terraform/b")]) == []


# All


def test_one_rule_does_not_drown_the_others() -> None:
    found = judge([f"a/{count}.tfstate" for count in range(rules.MOST + 75)])
    assert len(found) == rules.MOST + 1
    assert (found[-1].severity, found[-1].path) == ("error", None)
    assert found[-1].message.startswith("and 75 more")


def test_findings_say_what_to_do_and_are_the_same_each_time() -> None:
    paths = (*ARTICLE, "environments/producton/x", "environments/a.tf", "x.tfstate")
    found = judge(paths, declared("article"))
    assert found == judge(reversed(paths), declared("article"))
    assert all(each.help and each.source == "layout" and each.fingerprint for each in found)
    assert len({each.fingerprint for each in found}) == len(found)


def test_only_known_rules_are_emitted_and_their_names_differ() -> None:
    assert len({rule.id for rule in layout.ALL}) == len(layout.ALL)
    assert all(rule.id.startswith("layout/") and rule.title for rule in layout.ALL)


def test_contents_are_never_read() -> None:
    class Unreadable:
        def read(self, oids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
            assert not list(oids)
            return iter(())

    seen = snapshot.of(dict.fromkeys((*QUIET, *ARTICLE), ""))
    closed = Snapshot(commit=None, tree="", entries=seen.entries, blobs=Unreadable())
    assert layout.findings(closed, (), DEFAULT) == ()


def test_one_folder_of_an_environment_does_not_ask_for_the_others() -> None:
    one = "environments/production/kubernetes/web/a.yaml"
    assert said(judge([one]), "missing-environment") == []
    assert said(judge([one, "environments/staging/kubernetes/web/a.yaml"]), "missing-environment") != []
