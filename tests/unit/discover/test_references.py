"""The graph: who is reached by a path, why, how surely, and how fast."""

from __future__ import annotations

from gitops_ci.discover import snapshot as snapshots
from gitops_ci.discover.references import Graph, Reach, Reference
from gitops_ci.model.stack import Certainty, Reason

TF = (".tf",)


def root(stack: str, path: str) -> Reference:
    return Reference(stack, path, "directory", "direct", TF)


def uses(directory: str, module: str) -> Reference:
    return Reference(directory, module, "directory", "module", TF)


def reached(references: list[Reference], *paths: str) -> dict[str, Reach]:
    stacks = frozenset(reference.reader for reference in references if reference.certainty == "direct")
    return Graph(references).reached(paths, stacks)


def reach(certainty: Certainty, *reasons: Reason) -> Reach:
    return Reach(certainty, reasons)


def test_a_stacks_own_file_reaches_it_directly() -> None:
    assert reached([root("p/terraform/a", "p/a")], "p/a/main.tf") == {
        "p/terraform/a": reach("direct", Reason("p/a/main.tf"))
    }


def test_other_files_other_directories_and_deeper_ones_do_not() -> None:
    assert reached([root("s", "p/a")], "p/a/README.md", "p/ab/main.tf", "p/main.tf", "p/a/b/main.tf") == {}


def test_a_module_says_which_directory_it_was_as_in_the_contract() -> None:
    references = [root("production/terraform/network", "environments/production/terraform/network")]
    references += [uses("environments/production/terraform/network", "shared/terraform/modules/vpc")]
    reason = Reason("shared/terraform/modules/vpc/main.tf", ("shared/terraform/modules/vpc",))
    assert reached(references, reason.path) == {"production/terraform/network": reach("module", reason)}


def test_modules_of_modules_are_told_from_the_change_on() -> None:
    references = [root("s", "r"), uses("r", "m/outer"), uses("m/outer", "m/inner")]
    assert reached(references, "m/inner/x.tf") == {"s": reach("module", Reason("m/inner/x.tf", ("m/inner", "m/outer")))}


def test_a_file_that_a_module_reads_passes_through_the_module() -> None:
    references = [root("s", "r"), uses("r", "m"), Reference("m", "files/a.json", "file", "file")]
    assert reached(references, "files/a.json") == {"s": reach("file", Reason("files/a.json", ("m",)))}


def test_cycles_end() -> None:
    references = [root("s", "r"), uses("r", "a"), uses("a", "b"), uses("b", "a"), uses("a", "a")]
    assert reached(references, "b/x.tf") == {"s": reach("module", Reason("b/x.tf", ("b", "a")))}


def test_the_surest_way_wins_over_the_shortest() -> None:
    references = [root("s", "r"), Reference("s", "m", "tree", "conservative"), uses("r", "o"), uses("o", "m")]
    assert reached(references, "m/x.tf") == {"s": reach("module", Reason("m/x.tf", ("m", "o")))}


def test_the_shortest_of_equally_sure_ways_wins() -> None:
    references = [root("s", "r"), uses("r", "o"), uses("o", "m"), uses("r", "m")]
    assert reached(references, "m/x.tf")["s"].reasons == (Reason("m/x.tf", ("m",)),)


def test_the_certainty_is_the_surest_of_all_reasons() -> None:
    references = [root("s", "r"), Reference("s", "r", "tree", "conservative")]
    found = reached(references, "r/README.md", "r/main.tf")
    assert found == {"s": reach("direct", Reason("r/README.md"), Reason("r/main.tf"))}
    assert reached(references, "r/README.md")["s"].certainty == "conservative"


def test_a_stack_called_like_a_directory_still_passes_its_change_on() -> None:
    references = [root("a/terraform/b", "a/terraform/b"), root("s", "r"), uses("r", "a/terraform/b")]
    references.append(uses("a/terraform/b", "m"))
    assert set(reached(references, "m/x.tf")) == {"a/terraform/b", "s"}


def test_what_stands_in_place_of_a_directory_reaches_its_readers() -> None:
    references = [root("s", "r"), uses("r", "vendor/modules/vpc"), Reference("s", "files/a", "file", "file")]
    assert set(reached(references, "vendor/modules")) == {"s"}  # a submodule moved on
    assert set(reached(references, "vendor/modules/vpc")) == {"s"}  # a link or file instead of the directory
    assert set(reached(references, "files")) == {"s"}
    assert reached(references, "vendor/mod", "vendor/modules/vp", "fil") == {}


def test_the_root_directory_can_be_a_stack() -> None:
    assert set(reached([root("s", ""), uses("", "m")], "main.tf")) == {"s"}
    assert set(reached([root("s", ""), uses("", "m")], "m/main.tf")) == {"s"}
    assert reached([root("s", "")], "other/main.tf") == {}
    assert set(reached([Reference("s", "", "tree", "direct")], "any/where")) == {"s"}


def test_the_closure_is_every_file_read() -> None:
    tree = snapshots.of(
        {"r/main.tf": "", "r/x.md": "", "m/a.tf": "", "n/b.tf": "", "f/deep/x": "", "g": "", "other/a.tf": ""}
    )
    references = [root("s", "r"), uses("r", "m"), uses("m", "n"), uses("n", "m")]
    references += [
        Reference("n", "f", "tree", "file"),
        Reference("n", "g", "file", "file"),
        Reference("n", "gone", "file", "file"),
    ]
    assert Graph(references).closure("s", tree) == {"r/main.tf", "m/a.tf", "n/b.tf", "f/deep/x", "g"}
