"""Small trees in which something changes, for the tests of what is affected."""

from __future__ import annotations

from gitops_ci.config import DEFAULT, Config, Layout, StackPattern
from gitops_ci.discover import affected, inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import terraform
from gitops_ci.model.stack import AffectedStack

Tree = dict[str, str]


def taken(tree: Tree, *, links: dict[str, str] | None = None, config: Config = DEFAULT) -> Inventory:
    """What is discovered in a tree."""
    return inventory.take(snapshots.of(tree, links=links), config, {"terraform": terraform})


def edited(
    tree: Tree, *paths: str, links: dict[str, str] | None = None, config: Config = DEFAULT
) -> dict[str, AffectedStack]:
    """The stacks that an edit of some of its files affects; a file that is not there is added."""
    head = tree | {path: f"{tree.get(path, '')}\n# edited\n" for path in paths}
    ends = (taken(each, links=links, config=config) for each in (tree, head))
    return {stack.id: stack for stack in affected.between(*ends)}


def certainties(
    tree: Tree, *paths: str, links: dict[str, str] | None = None, config: Config = DEFAULT
) -> dict[str, str]:
    """The same, only how surely."""
    return {id: stack.certainty for id, stack in edited(tree, *paths, links=links, config=config).items()}


def declared(**pattern: object) -> Config:
    """A configuration with one pattern of Terraform stacks."""
    return Config(layout=Layout(stacks=(StackPattern(kind="terraform", **pattern),)))  # type: ignore[arg-type]  # short
