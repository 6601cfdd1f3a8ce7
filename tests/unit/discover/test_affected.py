"""Affected Terraform stacks on small trees: what a change reaches, from either end, and why."""

from __future__ import annotations

import pytest

from gitops_ci.config import DEFAULT, Config, Layout, StackPattern
from gitops_ci.discover import affected, inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds import terraform
from gitops_ci.kinds.protocol import KindModule
from gitops_ci.model.stack import AffectedStack, Kind, Reason

KINDS: dict[Kind, KindModule] = {"terraform": terraform}
Tree = dict[str, str | bytes]
ROOT = "environments/production/terraform/network"
ID = "production/terraform/network"


def taken(tree: Snapshot, config: Config = DEFAULT) -> Inventory:
    return inventory.take(tree, config, KINDS)


def between(
    base: Tree, head: Tree, config: Config = DEFAULT, *, links: dict[str, str] | None = None
) -> list[AffectedStack]:
    trees = (snapshots.of(base, links=links), snapshots.of(head, links=links))
    return list(affected.between(*(taken(tree, config) for tree in trees)))


def edited(
    tree: Tree, *paths: str, links: dict[str, str] | None = None, config: Config = DEFAULT
) -> dict[str, AffectedStack]:
    head = {path: tree.get(path, "") for path in tree}
    for path in paths:
        content = tree.get(path, "")
        head[path] = (content if isinstance(content, bytes) else content.encode()) + b"\n# edited\n"
    return {stack.id: stack for stack in between(tree, head, config, links=links)}


def module(source: str) -> str:
    return f'module "m" {{\n  source = "{source}"\n}}\n'


NETWORK: Tree = {
    f"{ROOT}/main.tf": module("../../../../shared/terraform/modules/vpc"),
    "shared/terraform/modules/vpc/main.tf": module("../subnet"),
    "shared/terraform/modules/subnet/main.tf": 'resource "x" "y" {}\n',
    "environments/staging/terraform/main.tf": 'terraform {\n  backend "s3" {}\n}\n',
}


def test_nothing_changed_nothing_affected() -> None:
    assert between(NETWORK, NETWORK) == []


def test_the_contracts_example() -> None:
    found = edited(NETWORK, "shared/terraform/modules/vpc/main.tf")
    assert found == {
        ID: AffectedStack(
            id=ID,
            environment="production",
            kind="terraform",
            name="network",
            path=ROOT,
            change="modified",
            certainty="module",
            reasons=(Reason("shared/terraform/modules/vpc/main.tf", ("shared/terraform/modules/vpc",)),),
        )
    }


def test_a_module_of_a_module() -> None:
    stack = edited(NETWORK, "shared/terraform/modules/subnet/main.tf")[ID]
    assert [reason.via for reason in stack.reasons] == [
        ("shared/terraform/modules/subnet", "shared/terraform/modules/vpc")
    ]


def test_several_reasons_and_the_surest_of_them() -> None:
    stack = edited(NETWORK, f"{ROOT}/main.tf", "shared/terraform/modules/vpc/main.tf")[ID]
    assert stack.certainty == "direct"
    assert [reason.path for reason in stack.reasons] == [f"{ROOT}/main.tf", "shared/terraform/modules/vpc/main.tf"]


@pytest.mark.parametrize(
    ("name", "certainty"),
    [
        ("other.tf", "direct"),
        ("other.tofu", "direct"),
        ("other.tf.json", "direct"),
        ("other.tofu.json", "direct"),
        ("terraform.tfvars", "direct"),
        ("terraform.tfvars.json", "direct"),
        ("eu.auto.tfvars", "direct"),
        (".terraform.lock.hcl", "direct"),
        (".terraform-version", "direct"),
        ("eu.tfvars", "conservative"),
        ("README.md", None),
        ("notes/README.md", None),
        (".main.tf", None),
        (".x.auto.tfvars", "conservative"),
    ],
)
def test_files_beside_the_configuration(name: str, certainty: str | None) -> None:
    found = between(NETWORK, {**NETWORK, f"{ROOT}/{name}": "{}"})
    assert [stack.certainty for stack in found] == ([certainty] if certainty else [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.tf.json", '{"module": {"m": {"source": "../../modules/m"}}}'),
        ("main.tofu.json", '{"module": {"m": [{"source": "../../modules/m"}]}}'),
        ("main.tofu", module("../../modules/m")),
    ],
)
def test_a_module_in_json_syntax_and_in_tofu(name: str, text: str) -> None:
    found = edited({f"production/a/{name}": text, "modules/m/main.tf": ""}, "modules/m/main.tf")
    assert set(found) == {"production/terraform/a"}


def test_a_removed_stack() -> None:
    head = {path: content for path, content in NETWORK.items() if not path.startswith(ROOT)}
    assert [(stack.id, stack.change) for stack in between(NETWORK, head) if stack.environment == "production"] == [
        (ID, "removed")
    ]


def test_an_added_stack() -> None:
    found = {stack.id: stack.change for stack in between({"x": ""}, {"x": "", **NETWORK})}
    assert found == {ID: "added", "staging/terraform/main": "added"}


def test_a_stack_that_moves_is_removed_there_and_added_here() -> None:
    head = {path.replace("/network/", "/net/"): content for path, content in NETWORK.items()}
    found = [(stack.id, stack.change) for stack in between(NETWORK, head)]
    assert found == [("production/terraform/net", "added"), (ID, "removed")]


def test_a_file_that_only_base_has() -> None:
    base = {**NETWORK, "shared/terraform/modules/vpc/extra.tf": "locals {}\n"}
    (stack,) = between(base, NETWORK)
    assert stack.reasons == (Reason("shared/terraform/modules/vpc/extra.tf", ("shared/terraform/modules/vpc",)),)


def test_a_module_that_is_renamed_with_its_use() -> None:
    head = {path.replace("/vpc/", "/net/"): content for path, content in NETWORK.items()}
    head[f"{ROOT}/main.tf"] = module("../../../../shared/terraform/modules/net")
    (stack,) = between(NETWORK, head)
    assert [reason.path for reason in stack.reasons] == [
        f"{ROOT}/main.tf",
        "shared/terraform/modules/net/main.tf",
        "shared/terraform/modules/vpc/main.tf",
    ]


def test_a_module_that_base_used_and_head_does_not() -> None:
    head = {**NETWORK, f"{ROOT}/main.tf": 'terraform {\n  backend "s3" {}\n}\n'}
    head["shared/terraform/modules/vpc/main.tf"] = "locals {}\n"
    stacks = {stack.id: stack for stack in between(NETWORK, head)}
    assert {reason.path for reason in stacks[ID].reasons} == {f"{ROOT}/main.tf", "shared/terraform/modules/vpc/main.tf"}


@pytest.mark.parametrize(
    ("expression", "path", "certainty"),
    [
        ('file("${path.module}/files/a.json")', "files/a.json", "file"),
        ('file("${path.root}/files/a.json")', "files/a.json", "file"),
        ('file("files/a.json")', "files/a.json", "file"),
        ('templatefile("${path.module}/a.tftpl", {})', "a.tftpl", "file"),
        ('templatefile("${path.module}/../a.tftpl", {})', "../a.tftpl", "file"),
        ('fileset("${path.module}/files", "*.json")', "files/a.json", "file"),
        ('fileset("${path.module}/files", "**")', "files/deep/a.json", "file"),
        ('fileset(path.module, "files/*.json")', "files/a.json", "file"),
        ('fileset(path.module, "*.json")', "a.json", "file"),
        ('fileset(path.module, "*.json")', "README.md", None),
        ('fileset(path.module, "*.json")', "deep/a.json", None),
        ('fileset("${path.module}/../files", "*.{yml,yaml}")', "../files/a.yaml", "file"),
        ('fileset("${path.module}/../files", "*.{yml,yaml}")', "../files/a.json", None),
        ('fileset("../files", "**/*.json")', "../files/deep/a.json", "file"),
        ('fileset("../files", "**/*.json")', "../files/deep/a.txt", None),
        ('fileset("../files", "*/config/*")', "../files/deep/config/a.txt", "file"),
        ('fileset("files", "${var.x}/*")', "files/a/b", "conservative"),
        ('file("\\u0061b.txt")', "ab.txt", "file"),
        ('file("..\\u002f..\\u002fsh/y.txt")', "../../sh/y.txt", "file"),
        ('file("a\\qb.txt")', "ab.txt", "conservative"),
        ('file("e\u0301.txt")', "\u00e9.txt", "file"),
        ("lower(basename(abspath(path.root)))", "README.md", None),
        ('"x-${basename(path.module)}"', "README.md", None),
        ('"../shared/${local.x}/a.json"', "../shared/y/a.json", "conservative"),
        ('file("${path.module}/files/${var.x}.json")', "files/a.json", "conservative"),
        ('file("${path.module}/${var.x}")', "README.md", "conservative"),
        ("file(var.x)", "README.md", "conservative"),
        ('"${path.module}/run.sh --all"', "run.sh", "file"),
        ('"../lambda"', "../lambda/handler.py", "conservative"),
        ('file("${path.module}/files/a.json")', "files/b.json", None),
        ('file("/etc/hostname")', "etc/hostname", None),
        ('file("../../../../../../etc/hostname")', "README.md", None),
    ],
)
def test_files_that_an_expression_reads(expression: str, path: str, certainty: str | None) -> None:
    tree: Tree = {f"{ROOT}/main.tf": f"locals {{\n  x = {expression}\n}}\n"}
    target = snapshots.join(ROOT, path) or ""
    found = edited({**tree, target: "x"}, target)
    assert [stack.certainty for stack in found.values()] == ([certainty] if certainty else [])


def test_a_files_addition_and_removal_count_as_well() -> None:
    tree: Tree = {f"{ROOT}/main.tf": 'locals {\n  x = fileset("${path.module}/files", "*")\n}\n'}
    with_file = {**tree, f"{ROOT}/files/a": ""}
    for base, head in ((tree, with_file), (with_file, tree)):
        assert [stack.id for stack in between(base, head)] == [ID]


def test_a_module_reads_its_own_files_and_those_of_each_root() -> None:
    tree: Tree = {
        "production/a/main.tf": module("../../modules/m"),
        "staging/b/main.tf": module("../../modules/m"),
        "modules/m/main.tf": 'locals {\n  x = file("${path.module}/m.json")\n  y = file("${path.root}/r.json")\n}\n',
        "modules/m/m.json": "",
        "production/a/r.json": "",
        "staging/b/r.json": "",
    }
    assert set(edited(tree, "modules/m/m.json")) == {"production/terraform/a", "staging/terraform/b"}
    assert set(edited(tree, "production/a/r.json")) == {"production/terraform/a"}


def test_a_computed_source_makes_everything_below_count() -> None:
    tree: Tree = {f"{ROOT}/main.tf": module("../${local.x}"), f"{ROOT}/notes/x.md": ""}
    assert edited(tree, f"{ROOT}/notes/x.md")[ID].certainty == "conservative"


def test_an_unbalanced_file_makes_everything_below_count_and_is_a_finding() -> None:
    tree: Tree = {f"{ROOT}/main.tf": 'module "m" {\n', f"{ROOT}/notes/x.md": ""}
    assert edited(tree, f"{ROOT}/notes/x.md")[ID].certainty == "conservative"
    findings = [each for each in taken(snapshots.of(tree)).findings if each.rule == "terraform/unreadable"]
    assert [(each.path, each.line) for each in findings] == [(f"{ROOT}/main.tf", 1)]


def test_registry_and_git_sources_are_not_in_the_repository() -> None:
    for source in ("hashicorp/consul/aws", "git::https://example.com/x.git//m?ref=v1", "github.com/a/b", "/opt/m"):
        tree: Tree = {f"{ROOT}/main.tf": module(source)}
        assert [each.rule for each in taken(snapshots.of(tree)).findings if each.rule.startswith("terraform/")] == []


@pytest.mark.parametrize(
    ("source", "words"), [("../../../../../m", "leaves the repository"), ("../nothing", "has no Terraform files")]
)
def test_a_module_that_is_not_there_is_an_error_with_its_place(source: str, words: str) -> None:
    tree: Tree = {f"{ROOT}/main.tf": "\n" + module(source)}
    (found,) = [each for each in taken(snapshots.of(tree)).findings if each.rule == "terraform/module-missing"]
    assert (found.path, found.line, found.severity) == (f"{ROOT}/main.tf", 2, "error")
    assert words in found.message


def test_modules_in_a_circle() -> None:
    tree: Tree = {
        f"{ROOT}/main.tf": module("../../../../modules/a"),
        "modules/a/main.tf": module("../b"),
        "modules/b/main.tf": module("../a"),
    }
    assert set(edited(tree, "modules/b/main.tf")) == {ID}


def test_a_linked_file() -> None:
    tree: Tree = {f"{ROOT}/main.tf": "locals {}\n", "shared/providers.tf.txt": 'provider "x" {}\n'}
    links = {f"{ROOT}/providers.tf": "../../../../shared/providers.tf.txt"}
    assert edited(tree, "shared/providers.tf.txt", links=links)[ID].certainty == "file"


def test_a_linked_module_directory() -> None:
    tree: Tree = {f"{ROOT}/main.tf": module("./modules/vpc"), "shared/modules/vpc/main.tf": "locals {}\n"}
    links = {f"{ROOT}/modules": "../../../../shared/modules"}
    assert set(edited(tree, "shared/modules/vpc/main.tf", links=links)) == {ID}


def test_one_root_deployed_to_several_environments() -> None:
    pattern = StackPattern(
        kind="terraform",
        path="infra/{name}",
        environments=("staging", "production"),
        workspace="{environment}",
        var_files=("{environment}.tfvars",),
    )
    config = Config(layout=Layout(stacks=(pattern,)))
    tree: Tree = {"infra/vpc/main.tf": "locals {}\n", "infra/vpc/staging.tfvars": "", "infra/vpc/production.tfvars": ""}
    tree["elsewhere/main.tf"] = 'terraform {\n  backend "s3" {}\n}\n'
    assert set(edited(tree, "infra/vpc/main.tf", config=config)) == {
        "staging/terraform/vpc",
        "production/terraform/vpc",
    }
    assert set(edited(tree, "infra/vpc/staging.tfvars", config=config)) == {"staging/terraform/vpc"}
    assert not edited(tree, "elsewhere/main.tf", config=config)


def test_two_directories_of_one_id_are_affected_by_either() -> None:
    tree: Tree = {"environments/prod/vpc/main.tf": "locals {}\n", "environments/production/vpc/main.tf": "locals {}\n"}
    for path in tree:
        assert set(edited(tree, path)) == {"production/terraform/vpc"}


def test_everything_and_selection() -> None:
    stacks = affected.everything(None, taken(snapshots.of(NETWORK)))
    assert [stack.id for stack in stacks] == [ID, "staging/terraform/main"]
    none: frozenset[str] = frozenset()
    chosen = affected.select(stacks, ids=none, environments=frozenset({"staging"}), kinds=frozenset({"terraform"}))
    assert [stack.id for stack in chosen] == ["staging/terraform/main"]
    assert affected.select(stacks, ids=frozenset({ID}), environments=none, kinds=none) == stacks[:1]
    assert affected.select(stacks, ids=none, environments=none, kinds=frozenset({"database"})) == ()


def test_changed_files_that_no_stack_reads() -> None:
    base = snapshots.of({"environments/production/terraform/a/main.tf": "", "README.md": "", "docs/a.md": ""})
    head = snapshots.of({"environments/production/terraform/a/main.tf": "# a", "README.md": "new", "docs/b.md": ""})
    before, after = taken(base), taken(head)
    assert affected.unread(before, after, affected.between(before, after)) == ("README.md", "docs/a.md", "docs/b.md")
