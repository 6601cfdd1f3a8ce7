"""Inventories: what is found at head where base is known, and findings that are made when somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import pytest

from gitops_ci.config import DEFAULT, Config
from gitops_ci.discover import inventory
from gitops_ci.discover.inventory import Found, Inventory
from gitops_ci.discover.snapshot import SYMLINK, Entry, Snapshot
from gitops_ci.kinds import catalog
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding

ROOT = "environments/production/terraform/network"
TREE = {
    f"{ROOT}/main.tf": 'module "vpc" {\n  source = "../../../../modules/vpc"\n}\n',
    f"{ROOT}/terraform.tf": 'terraform {\n  backend "s3" {}\n}\n',
    "modules/vpc/main.tf": 'locals {\n  x = templatefile("${path.module}/x.tpl", {})\n}\n',
    "modules/vpc/x.tpl": "plain",
    "environments/production/databases/app/migrations.yml": "migrations: ../../../../shared/databases/app\n",
    "shared/databases/app/001_x.sql": "SELECT 1;\n",
    "README.md": "# x\n",
}


class Store:
    """Contents by the hash of their bytes, as git keeps them."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def entry(self, text: str, mode: str = "100644") -> Entry:
        oid = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self.contents[oid] = text.encode()
        return Entry(mode, oid)

    def read(self, oids: Iterable[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        for oid in oids:
            yield oid, self.contents[oid] if len(self.contents[oid]) <= limit else None


def ends(changes: Mapping[str, str | Entry | None]) -> tuple[Snapshot, Snapshot]:
    """TREE, and TREE with other files."""
    store = Store()
    base = Snapshot(
        commit=None, tree="a", entries={path: store.entry(TREE[path]) for path in sorted(TREE)}, blobs=store
    )
    made = {path: store.entry(each) if isinstance(each, str) else each for path, each in changes.items()}
    store.entry("main.tf")
    return base, base.changed(commit=None, tree="b", changes=made)


def seen(taken: Inventory) -> tuple[object, ...]:
    references = frozenset(taken.graph.references)
    return dict(taken.stacks), references, taken.findings, taken.ambiguous, taken.dependencies


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({f"{ROOT}/main.tf": TREE[f"{ROOT}/main.tf"] + "# reviewed\n"}, True),
        ({"README.md": "# y\n"}, True),
        ({"shared/databases/app/001_x.sql": "SELECT 2;\n"}, True),
        ({"modules/vpc/x.tpl": "other"}, True),
        ({"modules/vpc/x.tpl": '${file("y")}'}, False),
        ({f"{ROOT}/main.tf": 'module "vpc" {\n  source = "../../../../modules/other"\n}\n'}, False),
        ({f"{ROOT}/main.tf": '\n\nmodule "vpc" {\n  source = "../../../../modules/vpc"\n}\n'}, False),
        ({f"{ROOT}/terraform.tf": ""}, False),
        ({"environments/production/databases/app/migrations.yml": "migrations: ../../../../shared/databases\n"}, False),
        ({"modules/vpc/main.tf": None}, False),
        ({"environments/staging/terraform/new/main.tf": 'terraform {\n  backend "s3" {}\n}\n'}, False),
        ({f"{ROOT}/main.tf": Store().entry("main.tf", SYMLINK)}, False),
    ],
)
def test_head_is_found_from_base_only_where_that_is_the_same(
    changes: Mapping[str, str | Entry | None], *, alike: bool
) -> None:
    base, head = ends(changes)
    before = inventory.take(base, DEFAULT, catalog.ALL)
    assert head.looks_like(base) is alike
    after = inventory.take(head, DEFAULT, catalog.ALL, near=before)
    assert (after.graph is before.graph) is alike
    alone = Snapshot(commit=None, tree="b", entries=head.entries, blobs=head._blobs)
    assert seen(after) == seen(inventory.take(alone, DEFAULT, catalog.ALL))
    assert after.snapshot is head


def test_findings_are_made_when_they_are_asked_for() -> None:
    def findings() -> Iterator[Finding]:
        asked.append("now")
        yield finding.make("a/b", "error", "x", help="y")

    class Kind:
        def find(self, snapshot: Snapshot, config: Config) -> Found:
            return Found(findings=findings())

    asked: list[str] = []
    taken = inventory.take(ends({})[0], DEFAULT, {"terraform": Kind()})
    assert taken.stacks == {}
    assert asked == []
    assert [each.rule for each in taken.findings if each.source == "a"] == ["a/b"]
    assert taken.findings is taken.findings
    assert asked == ["now"]
