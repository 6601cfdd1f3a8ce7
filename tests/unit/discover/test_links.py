"""Links and submodules: what a way leads over is read as well as what it leads to."""

from __future__ import annotations

from gitops_ci.config import DEFAULT
from gitops_ci.discover import affected, inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import SUBMODULE, Entry, Snapshot
from gitops_ci.kinds import terraform
from gitops_ci.model.stack import Reason

ID = "production/terraform/a"
FILES = {
    "production/a/main.tf": 'module "m" {\n  source = "./modules/vpc"\n}\nlocals {\n  x = file("files/x")\n}\n',
    "shared/v1/vpc/main.tf": "locals {}\n",
    "shared/v2/vpc/main.tf": "locals {}\n",
    "shared/files/x": "",
    "shared/other/x": "",
}
LINKS = {"production/a/modules": "../../shared/v1", "production/a/files": "../../shared/files"}


def taken(tree: Snapshot) -> Inventory:
    return inventory.take(tree, DEFAULT, {"terraform": terraform})


def reasons(base: Inventory, head: Inventory) -> tuple[Reason, ...]:
    return {stack.id: stack.reasons for stack in affected.between(base, head)}[ID]


def test_a_link_that_leads_elsewhere_now_is_a_change() -> None:
    base = taken(snapshots.of(FILES, links=LINKS))
    for link, target in (("production/a/modules", "../../shared/v2"), ("production/a/files", "../../shared/other")):
        head = taken(snapshots.of(FILES, links={**LINKS, link: target}))
        assert [reason.path for reason in reasons(base, head)] == [link]


def test_links_are_part_of_what_an_engine_is_given() -> None:
    inventoried = taken(snapshots.of(FILES, links=LINKS))
    assert set(LINKS) <= inventoried.graph.closure(ID, inventoried.snapshot)


def with_submodule(oid: str) -> Inventory:
    tree = snapshots.of({"production/a/main.tf": 'module "m" {\n  source = "../../vendor/modules/vpc"\n}\n'})
    entries = {**tree.entries, "vendor/modules": Entry(SUBMODULE, oid * 40)}
    return taken(Snapshot(commit=None, tree=oid, entries=entries, blobs=tree._blobs))


def test_a_submodule_that_moves_on_is_a_change_and_its_modules_are_not_missing() -> None:
    base, head = with_submodule("a"), with_submodule("b")
    assert [reason.path for reason in reasons(base, head)] == ["vendor/modules"]
    assert not [each for each in head.findings if each.rule == "terraform/module-missing"]


def test_hidden_files_are_no_configuration() -> None:
    tree = snapshots.of({"production/a/._main.tf": b"\x00\xff", "production/b/main.tf": ""})
    assert set(taken(tree).stacks) == {"production/terraform/b"}
    assert not [each for each in taken(tree).findings if each.rule.startswith("terraform/")]
