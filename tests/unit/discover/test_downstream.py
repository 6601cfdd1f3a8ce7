"""Stacks that only read the state of an affected one."""

from __future__ import annotations

import time

from gitops_ci.config import DEFAULT
from gitops_ci.discover import affected, inventory
from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.inventory import Inventory
from gitops_ci.kinds import terraform
from gitops_ci.model.stack import AffectedStack, Reason

Tree = dict[str, str]


def stack(name: str, *reads: str, more: str = "") -> Tree:
    """A root with its state, and the states that it reads."""
    text = f'terraform {{\n  backend "s3" {{\n    bucket = "b"\n    key = "{name}"\n  }}\n}}\n'
    for other in reads:
        text += f'data "terraform_remote_state" "{other}" {{\n  backend = "s3"\n  config = {{ bucket = "b", key = "{other}" }}\n}}\n'
    return {f"production/{name}/main.tf": text + more}


def taken(tree: Tree) -> Inventory:
    return inventory.take(snapshots.of(tree), DEFAULT, {"terraform": terraform})


def after(base: Tree, head: Tree) -> tuple[dict[str, AffectedStack], list[str]]:
    ends = (taken(base), taken(head))
    found = affected.downstream(affected.between(*ends), *ends)
    return {each.name: each for each in found}, [each.message for each in affected.notices(found, *ends)]


CHAIN = {**stack("net"), **stack("app", "net"), **stack("top", "app"), **stack("else")}


def test_readers_and_their_readers_may_be_affected() -> None:
    found, messages = after(CHAIN, {**CHAIN, **stack("net", more="locals {}\n")})
    net = "production/terraform/net"
    assert {name: (each.certainty, each.change) for name, each in found.items()} == {
        "app": ("downstream", "unmodified"),
        "top": ("downstream", "unmodified"),
    }
    assert found["app"].reasons == (Reason("production/net/main.tf", (net,)),)
    assert found["top"].reasons == (Reason("production/net/main.tf", (net, "production/terraform/app")),)
    assert [message.partition(" once ")[2] for message in messages] == [
        f"{net} is applied, whose state it reads",
        f"{net} (through production/terraform/app) is applied, whose state it reads",
    ]


def test_a_notice_says_where_the_state_is_read() -> None:
    ends = (taken(CHAIN), taken({**CHAIN, **stack("net", more="locals {}\n")}))
    first, _ = affected.notices(affected.downstream(affected.between(*ends), *ends), *ends)
    assert (first.rule, first.severity, first.stack) == ("terraform/downstream", "notice", "production/terraform/app")
    assert (first.path, first.line) == ("production/app/main.tf", 7)


def test_the_way_to_the_producer_is_told_first() -> None:
    call = 'module "m" {\n  source = "../../modules/m"\n}\n'
    tree = {**CHAIN, **stack("net", more=call), "modules/m/main.tf": "locals {}\n"}
    found, _ = after(tree, {**tree, "modules/m/main.tf": "# other\n"})
    assert found["app"].reasons == (Reason("modules/m/main.tf", ("modules/m", "production/terraform/net")),)


def test_what_is_affected_itself_keeps_its_certainty() -> None:
    head = {**CHAIN, **stack("net", more="locals {}\n"), **stack("app", "net", more="locals {}\n")}
    found, _ = after(CHAIN, head)
    assert list(found) == ["top"]
    assert found["top"].reasons == (Reason("production/app/main.tf", ("production/terraform/app",)),)


def test_a_producer_that_goes_away() -> None:
    head = {path: text for path, text in CHAIN.items() if "/net/" not in path}
    found, _ = after(CHAIN, head)
    assert list(found) == ["app", "top"]


def test_readers_in_a_circle_and_nothing_at_all() -> None:
    circle = {**stack("a", "b"), **stack("b", "a", "b")}
    found, messages = after(circle, {**circle, **stack("a", "b", more="locals {}\n")})
    assert list(found) == ["b"]
    assert len(messages) == 1
    assert after(circle, circle) == ({}, [])
    assert affected.downstream((), None, taken(circle)) == ()


def test_a_long_chain_takes_a_moment() -> None:
    tree: Tree = {}
    for index in range(1_500):
        tree |= stack(f"s{index}", f"s{index - 1}", "s0")
    started = time.process_time()
    found, messages = after(tree, {**tree, **stack("s0", "s-1", more="locals {}\n")})
    assert len(found) == len(messages) == 1_499
    assert time.process_time() - started < 10
