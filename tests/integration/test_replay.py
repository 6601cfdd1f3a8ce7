"""benchmarks/replay.py on a repository whose every commit touches a known root, with the real Terraform and strace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import measure
from benchmarks.replaying import answers, engine, oracle, stripped, truth
from benchmarks.replaying.answers import Answer
from benchmarks.replaying.configuration import parsed
from benchmarks.replaying.history import Checkout, Entry, History, Pair
from benchmarks.replaying.oracle import Oracle
from benchmarks.replaying.truth import Truth
from tests.integration.repositories import Scratch

LIVE = "live/one"
BACKEND = 'terraform {\n  backend "s3" {}\n}\n'
ONE = """
variable "name" { type = string }
variable "stage" {
  type = string
  validation {
    condition     = contains(["blue", "green"], var.stage)
    error_message = "blue or green"
  }
}
locals {
  stages = yamldecode(file("${path.module}/stages/${var.stage}.yml"))
  broken = "${null}"
}
module "part" {
  source = "../../modules/part"
  count  = length(data.aws_vpcs.all.ids)
  name   = aws_vpc.main[0].arn
}
data "aws_vpcs" "all" {}
data "archive_file" "code" {
  type       = "zip"
  source_dir = "${path.root}/code"
}
resource "aws_vpc" "main" {
  count = 2
  tags  = { text = templatefile("${path.module}/hello.tftpl", { id = data.aws_vpcs.all.ids }) }
  dynamic "thing" {
    for_each = fileset(path.module, "things/*.json")
    content { body = file("${path.module}/${thing.value}") }
  }
}
"""
PART = """
variable "name" { type = string }
module "inner" { source = "./inner" }
resource "aws_instance" "this" {
  for_each  = toset(["a", "b"])
  user_data = <<-EOT
    ${file("${path.module}/start-${each.key}.sh")} ${var.name} ${aws_eip.ip.public_ip}
  EOT
}
resource "aws_eip" "ip" {}
"""
FILES = {
    f"{LIVE}/main.tf": BACKEND + ONE,
    f"{LIVE}/terraform.tfvars": 'name = "one"\n',
    f"{LIVE}/hello.tftpl": "hello ${join(id)}\n",
    f"{LIVE}/stages/blue.yml": "a: 1\n",
    f"{LIVE}/stages/green.yml": "a: 2\n",
    f"{LIVE}/stages/red.yml": "a: 3\n",
    f"{LIVE}/things/x.json": "{}\n",
    f"{LIVE}/code/deep/main.py": "print()\n",
    f"{LIVE}/README.md": "one\n",
    "live/two/main.tf": BACKEND,
    "modules/part/main.tf": PART,
    "modules/part/start-a.sh": "a\n",
    "modules/part/start-b.sh": "b\n",
    "modules/part/start-c.sh": "c\n",
    "modules/part/inner/main.tf": "",
    "common/variables.tf": 'variable "region" { default = "eu" }\n',
}
READ = {
    *(f"{LIVE}/{name}" for name in ("main.tf", "terraform.tfvars", "hello.tftpl", "variables.tf", "things/x.json")),
    *(f"{LIVE}/stages/{stage}.yml" for stage in ("blue", "green")),
    f"{LIVE}/code/deep/main.py",
    *(f"modules/part/{name}" for name in ("main.tf", "start-a.sh", "start-b.sh", "inner/main.tf")),
    "common/variables.tf",
}
"""What live/one reads, found by hand."""


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    if (reason := engine.missing()) is not None:
        pytest.skip(reason)


@pytest.fixture
def repository(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repository")
    scratch.write(FILES)
    (scratch.path / LIVE / "variables.tf").symlink_to("../../common/variables.tf")
    scratch.commit(message="everything")
    return scratch


@pytest.fixture
def checkout(repository: Scratch, tmp_path: Path) -> Iterator[Checkout]:
    history = History(repository.path)
    yield Checkout((tmp_path / "tree").resolve(), history)
    history.close()


def seen(checkout: Checkout, root: str, tmp_path: Path) -> oracle.Seen:
    checkout.move(checkout.history.entries("HEAD"))
    asked = Oracle(checkout, tmp_path / "scratch")
    return asked.seen(root, asked.directories())


def replayed(repository: Scratch, *arguments: str) -> tuple[int, Any, str]:
    out = repository.path.parent / "replay.json"
    done = subprocess.run(
        [sys.executable, "-I", "benchmarks/replay.py", str(repository.path), "--jobs=2", f"--out={out}", *arguments],
        cwd=measure.ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    results = json.loads(out.read_bytes())
    return done.returncode, results[0] if results else None, done.stdout + done.stderr


# The oracle


def test_it_sees_what_a_root_reads(checkout: Checkout, tmp_path: Path) -> None:
    found = seen(checkout, LIVE, tmp_path)
    assert found.files == READ | {f"{LIVE}/variables.tf"}
    assert found.offline


def test_the_checkout_is_as_it_was_afterwards(checkout: Checkout, tmp_path: Path) -> None:
    seen(checkout, LIVE, tmp_path)
    here = {str(path.relative_to(checkout.directory)) for path in checkout.directory.rglob("*") if not path.is_dir()}
    assert here == {*FILES, f"{LIVE}/variables.tf"}
    assert (checkout.directory / LIVE / "main.tf").read_text() == BACKEND + ONE
    assert (checkout.directory / LIVE / "variables.tf").is_symlink()


def test_a_module_from_elsewhere_is_cut_out_and_said(repository: Scratch, checkout: Checkout, tmp_path: Path) -> None:
    call = (
        'module "far" {\n  source = "acme/far/aws"\n  text = file("far.txt")\n}\noutput "a" { value = module.far.x }\n'
    )
    repository.commit({"live/two/main.tf": BACKEND + call, "live/two/far.txt": "far\n"})
    found = seen(checkout, "live/two", tmp_path)
    assert found.files == {"live/two/main.tf", "live/two/far.txt"}
    assert not found.offline


def test_what_cannot_be_parsed_is_said(repository: Scratch, checkout: Checkout, tmp_path: Path) -> None:
    repository.commit({"live/two/bad.tf": "locals {\n"})
    found = seen(checkout, "live/two", tmp_path)
    assert found.files == {"live/two/main.tf", "live/two/bad.tf"}
    assert any("bad.tf" in why for why in found.blind)
    assert not found.is_known


def test_an_answer_holds_until_something_it_looked_at_changes(checkout: Checkout, tmp_path: Path) -> None:
    found = seen(checkout, LIVE, tmp_path)
    for path in (*READ, f"{LIVE}/new.tf", f"{LIVE}/things/new.json", f"{LIVE}/x.auto.tfvars", "modules/part/more.tf"):
        assert found.is_stale(frozenset({path})), path
    for path in ("live/two/main.tf", "README.md", "modules/other/main.tf", f"{LIVE}/docs/a.md"):
        assert not found.is_stale(frozenset({path})), path


def test_roots_are_what_no_other_uses(repository: Scratch, checkout: Checkout, tmp_path: Path) -> None:
    repository.commit({"infra/main.tf": 'module "x" { source = "./sub" }\n', "infra/sub/main.tf": ""})
    checkout.move(checkout.history.entries("HEAD"))
    asked = Oracle(checkout, tmp_path / "scratch")
    assert asked.roots(asked.directories()) == {LIVE, "live/two", "infra", "common"}


def test_nothing_is_written_outside_the_checkout(checkout: Checkout, tmp_path: Path) -> None:
    oid = checkout.history.entries("HEAD")[f"{LIVE}/README.md"].oid
    for path in ("../out.txt", "a/../../out.txt"):
        with pytest.raises(measure.Impossible, match="outside the checkout"):
            checkout.move({path: Entry("100644", oid)})
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize(
    "line",
    [
        '7 openat(AT_FDCWD</r>, "../a b.txt", O_RDONLY|O_CLOEXEC) = 6</a>',
        '7 newfstatat(AT_FDCWD</r>, "../a b.txt", {st_mode=S_IFREG|0644}, 0) = 0',
        '7 openat(AT_FDCWD</r>, "../a\\40b.txt",  <unfinished ...>\n8 x() = 0\n7 <... openat resumed>O_RDONLY) = 3',
    ],
)
def test_a_trace_names_what_is_opened_or_asked_for(line: str) -> None:
    assert engine.trace(line, Path("/r")).named == {"/r/../a b.txt"}


def test_listing_a_folder_is_not_reading_what_is_in_it() -> None:
    lines = (
        '7 newfstatat(AT_FDCWD</r>, "x.md",  <unfinished ...>\n7 <... newfstatat resumed>{}, AT_SYMLINK_NOFOLLOW) = 0\n'
    )
    found = engine.trace(lines + "7 getdents64(6</r/things>, 0xc0 /* 3 entries */, 8192) = 80", Path("/r"))
    assert not found.named
    assert found.listed == {"/r/things"}


def test_references_to_resources_are_rewritten_and_others_are_not() -> None:
    file = parsed(b'resource "a_b" "c" {}\nvariable "v" {}\n')
    assert file is not None
    names = stripped.scope([file], is_root=True, missing=lambda source: False)
    written = names.rewritten('[a_b.c.id, "${data.x.y[0]}", var.v, var.w, local.a_b, each.value, a_b.d, self.id]')
    unknown = stripped.UNKNOWN
    assert written == (
        f'[{unknown}.id, "${{{unknown}[0]}}", local.oracle_var_v, var.w, local.a_b, each.value, a_b.d, {unknown}.id]'
    )


# The comparison


def test_a_miss_and_a_false_alarm_are_told_with_their_paths() -> None:
    known = [
        Truth("c1", "a", 2, ("a/main.tf",), True, True, ()),
        Truth("c1", "b", 2, (), True, True, ()),
        Truth("c1", "c", 2, ("c/x.txt",), True, False, ()),
        Truth("c1", "d", 1, (), True, True, ()),
        Truth("c1", "f", 2, (), False, False, ("f/main.tf is not evaluated",)),
        Truth("c2", "a", 2, ("a/main.tf",), True, True, ()),
    ]
    said = [
        Answer("c1", {"b": "direct", "c": "conservative", "d": "direct", "e": "module", "f": "module"}),
        Answer("c2", {}, "failed"),
    ]
    score = answers.compared(known, said, offline=False)
    assert [(case.root, case.paths) for case in score.missed] == [("a", ("a/main.tf",))]
    assert [(case.root, case.certainty) for case in score.false] == [("b", "direct")]
    assert (score.affected, score.found, score.surely, score.right) == (2, 1, 1, 0)
    assert (score.recall, score.precision) == (0.5, 0.0)
    assert (score.conservative, score.conservative_right, score.turned) == (1, 1, 1)
    assert (score.pairs, score.undecided) == (4, 1)
    assert answers.compared(known, said, offline=True).conservative == 0
    assert answers.unknown(known, said) == [("c1", "e")]


# All of it


def changes(repository: Scratch) -> list[str]:
    """One commit each: what it touches is said by its message."""
    touching = {
        "live/one/things/y.json": "one",  # a new file that fileset() matches
        "live/one/things/y.md": "none",
        "modules/part/inner/main.tf": "one",
        "modules/part/start-b.sh": "one",
        "modules/part/start-c.sh": "none",
        "live/one/terraform.tfvars": "one",
        "common/variables.tf": "one common",  # through the link; the folder is a root as well
        "live/one/code/deep/main.py": "one",
        "live/two/terraform.tfvars": "two",
    }
    commits = [repository.commit({path: "# other\n"}, message) for path, message in touching.items()]
    repository.git("mv", "live/one/hello.tftpl", "live/one/hallo.tftpl")
    moved = (BACKEND + ONE).replace("hello", "hallo")
    commits.append(repository.commit({f"{LIVE}/main.tf": moved}, "one"))
    repository.git("rm", "--quiet", f"{LIVE}/things/x.json")
    commits.append(repository.commit(message="one"))
    return commits


def test_the_truth_of_each_commit(repository: Scratch) -> None:
    commits = changes(repository)
    pairs = [Pair(f"{commit}~1", commit, "2026-01-01") for commit in commits]
    found = truth.truths(
        repository.path, [pair._replace(base=repository.git("rev-parse", pair.base)) for pair in pairs], 2
    )
    for commit in commits:
        affected = {each.root.rpartition("/")[2] for each in found if each.commit == commit and each.touched}
        expected = set(repository.git("log", "-1", "--format=%s", commit).split()) - {"none"}
        assert affected == expected, repository.git("show", "--stat", commit)


def test_gitops_ci_misses_none_of_them(repository: Scratch) -> None:
    commits = changes(repository)
    code, result, shown = replayed(repository)
    assert code == 0, shown
    assert (result["commits"], result["tip"]) == (len(commits), commits[-1])
    assert result["all"]["recall"] == 1
    assert result["all"]["affected"] == 10
    assert result["failed"] == result["unknown"] == []
    assert "100.00%" in shown


def test_a_sample_is_the_same_each_time(repository: Scratch) -> None:
    commits = changes(repository)
    first, second = (replayed(repository, "--commits=3") for _ in range(2))
    assert first[1] == second[1]
    assert first[1]["commits"] == 3
    assert first[1]["tip"] == commits[-1]


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    scratch = Scratch(tmp_path / "repository")
    scratch.path = tmp_path / "empty"
    code, result, shown = replayed(scratch)
    assert (code, result) == (2, None)
    assert "empty could not be replayed: git log: fatal: not a git repository" in shown
