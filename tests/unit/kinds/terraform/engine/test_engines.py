"""Which engine a root asks for, and which one it gets of those that there are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import pytest

from gitops_ci.config import DEFAULT
from gitops_ci.discover import inventory, snapshot
from gitops_ci.discover.inventory import Inventory
from gitops_ci.errors import ToolError
from gitops_ci.kinds import catalog
from gitops_ci.kinds.terraform.engine import engines, version_files
from gitops_ci.kinds.terraform.engine.engines import Wish
from gitops_ci.model.plan import Engine, Problem

ROOT = "live/network"


def engine(version: str, name: str = "terraform") -> Engine:
    return Engine(name=name, version=version, source="configured")


def taken(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> Inventory:
    return inventory.take(snapshot.of({f"{ROOT}/main.tf": "", **files}, links=links), DEFAULT, catalog.ALL)


def wish(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> Wish:
    found = taken(files, links)
    [stack] = [each for each in found.stacks.values() if each.path == ROOT]
    return engines.wish(stack, found)


def required(text: str) -> str:
    return f'terraform {{\n  required_version = "{text}"\n}}\n'


def chosen(files: Mapping[str, str], *candidates: Engine | ToolError) -> Engine | Problem:
    return engines.choose(wish(files), candidates)


OLD, MIDDLE, NEW, TOFU = engine("1.5.7"), engine("1.9.8"), engine("1.11.4"), engine("1.10.7", "tofu")


def test_without_a_wish_the_first_is_taken_and_no_other_is_looked_at() -> None:
    def candidates() -> Iterator[Engine]:
        yield MIDDLE
        raise AssertionError("the second was asked for")

    assert engines.choose(wish({}), candidates()) == MIDDLE


def test_required_version_takes_the_first_that_fits() -> None:
    files = {f"{ROOT}/versions.tf": required(">= 1.9, < 2.0")}
    assert chosen(files, OLD, MIDDLE, NEW) == MIDDLE
    assert chosen(files, OLD, TOFU, NEW) == TOFU


def test_a_module_of_a_module_has_a_say() -> None:
    files = {
        f"{ROOT}/main.tf": 'module "a" {\n  source = "../../modules/a"\n}\n',
        "modules/a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
        "modules/b/main.tf": required("~> 1.11.0"),
        "modules/unused/main.tf": required("= 0.12.0"),
    }
    assert chosen(files, OLD, MIDDLE, NEW) == NEW


def test_a_root_behind_a_link_asks_as_well() -> None:
    found = taken({"real/main.tf": required("~> 1.9.0")}, {"environments/staging/net": "../../real"})
    [stack] = [each for each in found.stacks.values() if each.path == "environments/staging/net"]
    wanted = engines.wish(stack, found)
    assert [each.line.path for each in wanted.required] == ["real/main.tf"]
    assert engines.choose(wanted, [OLD, MIDDLE, NEW]) == MIDDLE


def test_where_none_fits_both_are_named() -> None:
    found = chosen({f"{ROOT}/versions.tf": required(">= 1.12")}, OLD, TOFU, ToolError("/opt/x is not there"))
    assert isinstance(found, Problem)
    assert (found.code, found.path, found.line) == ("engine-version", f"{ROOT}/versions.tf", 2)
    assert found.message == (
        "it asks for required_version >= 1.12 (live/network/versions.tf:2); "
        "there is Terraform 1.5.7 (configured), OpenTofu 1.10.7 (configured), /opt/x is not there"
    )


def test_an_override_file_stands_in_place_of_all_others() -> None:
    files = {
        f"{ROOT}/a.tf": required("= 1.5.7"),
        f"{ROOT}/a_override.tf": required("= 1.5.7"),
        f"{ROOT}/b_override.tf": required("= 1.9.8"),
    }
    assert chosen(files, OLD, MIDDLE) == MIDDLE


@pytest.mark.parametrize("text", ["var.version", '">= 1.6.0-rc1"', '"whatever"', '"${local.x}"'])
def test_what_cannot_be_read_is_left_to_the_engine(text: str) -> None:
    assert chosen({f"{ROOT}/main.tf": f"terraform {{\n  required_version = {text}\n}}\n"}, OLD) == OLD


def test_json_syntax_asks_as_well() -> None:
    assert chosen({f"{ROOT}/v.tf.json": '{"terraform": {"required_version": "~> 1.9.0"}}'}, OLD, MIDDLE) == MIDDLE


def test_the_nearest_version_file_counts() -> None:
    files = {".terraform-version": "1.5.7", "live/.terraform-version": "# ours\n\n v1.9.8 # pinned\n"}
    assert chosen(files, OLD, NEW, MIDDLE) == MIDDLE
    assert wish(files).pins["terraform"] == ("v1.9.8", "live/.terraform-version", 3)


def test_a_version_file_may_be_a_link() -> None:
    found = wish({"versions/prod": "1.5.7\n"}, {f"{ROOT}/.terraform-version": "../../versions/prod"})
    assert found.pins["terraform"].text == "1.5.7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latest", NEW),
        ("latest-allowed", NEW),
        ("min-required", OLD),
        (r"latest:^1\.9", MIDDLE),
        (r"latest:^1\.[0-9]\.", MIDDLE),
        ("~> 1.9.0", MIDDLE),
        ("1.5.7", OLD),
    ],
)
def test_the_words_of_version_managers(text: str, expected: Engine) -> None:
    assert chosen({f"{ROOT}/.terraform-version": text}, MIDDLE, OLD, NEW) == expected


def test_a_word_chooses_among_what_is_required_and_takes_no_prerelease() -> None:
    files = {f"{ROOT}/.terraform-version": "latest", f"{ROOT}/main.tf": required("< 1.11")}
    assert chosen(files, OLD, MIDDLE, NEW) == MIDDLE
    assert chosen({f"{ROOT}/.terraform-version": "latest"}, NEW, engine("1.16.0-alpha1")) == NEW
    assert chosen({f"{ROOT}/.terraform-version": "min-required"}, MIDDLE, engine("1.6.0-beta1")) == MIDDLE


def test_a_pin_that_nobody_meets_gets_the_nearest_and_a_finding_that_names_both() -> None:
    files = {f"{ROOT}/.terraform-version": "1.9.2\n"}
    assert chosen(files, OLD, TOFU, NEW, MIDDLE) == MIDDLE
    found = taken(files)
    [stack] = found.stacks.values()
    [told] = engines.unmet_pin(stack, found, MIDDLE)
    assert (told.rule, told.severity, told.path, told.line) == (
        "terraform/engine-version",
        "warning",
        f"{ROOT}/.terraform-version",
        1,
    )
    assert "Terraform 1.9.2" in told.message
    assert "Terraform 1.9.8 (configured)" in told.message
    assert list(engines.unmet_pin(stack, found, engine("1.9.2"))) == []


def test_a_pin_never_overrules_required_version() -> None:
    files = {f"{ROOT}/.terraform-version": "1.5.7", f"{ROOT}/main.tf": required(">= 1.9")}
    assert chosen(files, OLD, MIDDLE) == MIDDLE


def test_opentofu_is_asked_for_by_its_files() -> None:
    assert chosen({f"{ROOT}/.opentofu-version": "1.10.7"}, NEW, TOFU) == TOFU
    assert chosen({f"{ROOT}/extra.tofu": ""}, NEW, TOFU) == TOFU
    for files in ({f"{ROOT}/.opentofu-version": "1.10.7"}, {f"{ROOT}/extra.tofu": ""}):
        found = chosen(files, NEW)
        assert isinstance(found, Problem)
        assert "OpenTofu" in found.message


def test_opentofu_reads_its_own_file_in_place_of_the_other() -> None:
    files = {f"{ROOT}/main.tofu": required(">= 1.10"), f"{ROOT}/main.tf": required("~> 1.5.0")}
    assert chosen(files, OLD, TOFU) == TOFU
    assert isinstance(chosen(files, OLD), Problem)


def test_with_a_version_file_for_each_either_may_plan() -> None:
    files = {f"{ROOT}/.opentofu-version": "1.10.7", f"{ROOT}/.terraform-version": "1.5.7"}
    assert chosen(files, NEW, OLD, TOFU) == OLD
    assert chosen(files, NEW, TOFU, OLD) == TOFU


def test_another_engine_than_the_pinned_one_is_the_last_choice_and_said() -> None:
    files = {f"{ROOT}/.terraform-version": "1.10.7"}
    assert chosen(files, TOFU, OLD) == OLD
    assert chosen(files, TOFU) == TOFU
    found = taken(files)
    [stack] = found.stacks.values()
    [told] = engines.unmet_pin(stack, found, TOFU)
    assert "OpenTofu 1.10.7" in told.message


def test_nothing_usable_is_an_error_that_says_all() -> None:
    with pytest.raises(ToolError, match="one; two"):
        chosen({}, ToolError("one"), ToolError("two"))
    assert chosen({}, ToolError("one"), OLD) == OLD


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(1|2)", "[", "a{9}{9}", ".*.*.*.*.*x", "x" * 80, "(?P<a>1)", r"\1", "\x00"]
)
def test_a_pattern_that_could_take_long_is_met_by_nothing(pattern: str) -> None:
    assert not version_files.fits("1.9.8", f"latest:{pattern}")


def test_hostile_version_files_cost_nothing() -> None:
    begin = time.process_time()
    for text in ("latest:" + ".*" * 4 + "x", "9" * 4000, "\x00" * 4000, "~> " + "1." * 2000, "\ufeff", "#" * 4000):
        assert chosen({f"{ROOT}/.terraform-version": text}, OLD) == OLD
    assert time.process_time() - begin < 2
