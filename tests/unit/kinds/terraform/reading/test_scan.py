"""The scanner of `.tf` files: what it finds, what it leaves open, and that no file can hold it up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.language.native_syntax import PathWords
from gitops_ci.kinds.terraform.reading.scan import Module, PathRead, Scan, scan


def sources(text: str) -> dict[str, str | None]:
    found = scan(text.encode())
    assert found.problem is None, found.problem
    return {module.name: module.source for module in found.modules}


def reads(text: str) -> list[tuple[str, str, bool]]:
    found = scan(text.encode())
    assert found.problem is None, found.problem
    return [(read.anchor, read.path, read.complete) for read in found.reads]


def test_a_module_has_its_name_source_and_line() -> None:
    found = scan(b'# first\n\nmodule "network" {\n  source = "../modules/network"\n  cidr   = "10.0.0.0/16"\n}\n')
    assert found == Scan(modules=(Module("network", "../modules/network", 3),))


@pytest.mark.parametrize(
    "text",
    [
        'module "m" { source = "./m" }',
        'module "m" {\n  source="./m"\n}',
        'module "m" {\n  source\t=\t"./m" # why\n}',
        'module "m" {\n  source = "./m" // why\n}',
        'module "m" {\n  source = "./m" /* why */\n}',
        'module "m" {\n  source = /* why */ "./m"\n}',
        'module "m" {\r\n  source = "./m"\r\n}\r\n',
        "\ufeff" + 'module "m" {\n  source = "./m"\n}',
        'module m {\n  source = "./m"\n}',
        'module /* { */ "m" /* } */ {\n  source = "./m"\n}',
        '/* module "x" { */ module "m" {\n  source = "./m"\n}',
        'locals { a = 1 }\nmodule "m" {\n  providers = { source = "no" }\n  source = "./m"\n}',
        'module "m" {\n  x = { source = "no" }\n  dynamic "y" { source = "no" }\n  source = "./m"\n}',
        'module "m" {\n  source = "./m"\n  x = y == "z" ? { source = "no" } : {}\n}',
        'module "m" {\n  x = "}"\n  source = "./m"\n}',
        'module "m" {\n  x = "${"}"}{"\n  source = "./m"\n}',
        'module "m" {\n  x = "${jsonencode({ "a" = "}${b}" })}"\n  source = "./m"\n}',
        'module "m" {\n  x = "$${ %%{ { \\" }"\n  source = "./m"\n}',
        'module "m" {\n  x = "%{ if a }}%{ endif }"\n  source = "./m"\n}',
        'module "m" {\n  x = "${ y /* " } */ }"\n  source = "./m"\n}',
        'module "m" {\n  x = "${\n    y # "\n  }"\n  source = "./m"\n}',
        'module "m" {\n  x = <<EOT\n} " $${ "\nEOT\n  source = "./m"\n}',
        'module "m" {\n  x = <<-EOT\n    { EOT }\n    EOT2\n    EOT\n  source = "./m"\n}',
        'module "m" {\n  x = 1 << 2\n  source = "./m"\n}',
        'module "m" {\n  # source = "./no"\n  /* source = "./no" */\n  source = "./m"\n}',
        'module "m" {\n  resource = "./no"\n  source-x = "no"\n  x.source = "no"\n  source = "./m"\n}',
        'module "m" {\n  x = 4 / 2\n  source = "./m"\n}',
    ],
)
def test_a_source_is_found_whatever_stands_around_it(text: str) -> None:
    assert sources(text) == {"m": "./m"}


@pytest.mark.parametrize(
    "expression",
    [
        "local.source",
        '"./m/${var.x}"',
        '("./m")',
        '"./m" == x ? "a" : "b"',
        "<<EOT\n./m\nEOT",
        '"\\u002e/m"',
        '"$${x}"',
    ],
)
def test_a_computed_source_is_unknown(expression: str) -> None:
    assert sources(f'module "m" {{\n  source = {expression}\n}}\n') == {"m": None}


def test_a_module_without_a_source_is_unknown() -> None:
    assert sources('module "m" {\n  version = "1"\n}') == {"m": None}


def test_an_argument_between_blocks_belongs_to_none() -> None:
    behind = 'x" {\n}\nscript = "../x.sh"\n'
    assert (
        scan(f'resource "{behind}'.encode()).reads
        == scan(f'variable "{behind}\nresource "a" "b" {{}}\n'.encode()).reads
    )


def test_only_top_level_module_blocks_count() -> None:
    text = 'resource "x" "module" {\n  module "a" {\n    source = "./a"\n  }\n  module = { source = "./b" }\n}\n'
    assert sources(text) == {}


def test_what_a_comment_or_a_heredoc_says_is_no_module() -> None:
    text = '/*\nmodule "a" {\n  source = "./a"\n}\n*/\nlocals {\n  x = <<X\nmodule "b" {\n  source = "./b"\n}\nX\n}\n'
    assert sources(text) == {}


def test_several_modules_keep_their_order() -> None:
    text = "".join(f'module "m{n}" {{\n  source = "./{n}"\n}}\n' for n in range(20))
    assert list(sources(text).values()) == [f"./{n}" for n in range(20)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('terraform {\n  backend "s3" {\n    key = "a"\n  }\n}', True),
        ('terraform { backend "s3" {} }', True),
        ('terraform {\n  cloud {\n    organization = "a"\n  }\n}', True),
        ('terraform {\n  required_providers {\n    cloud = { source = "a/cloud" }\n  }\n}', False),
        ('resource "x" "y" {\n  backend "s3" {}\n}', False),
        ('# terraform { backend "s3" {} }\n', False),
        ("terraform {\n  backend = { x = 1 }\n}", False),
        ('variable "backend" {}\nterraform {}\n', False),
    ],
)
def test_a_backend_is_one_only_in_a_terraform_block(text: str, *, expected: bool) -> None:
    assert scan(text.encode()).has_backend is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('file("a/b.json")', ("root", "a/b.json", True)),
        ('file(\n    # where\n    "a/b.json",\n  )', ("root", "a/b.json", True)),
        ('filebase64("a.zip")', ("root", "a.zip", True)),
        ('templatefile("a.tpl", { x = 1 })', ("root", "a.tpl", True)),
        ('file("./a.json")', ("root", "./a.json", True)),
        ('file("${path.module}/a.json")', ("module", "a.json", True)),
        ('file("${path.root}/a.json")', ("root", "a.json", True)),
        ('file("${ path.module }/a.json")', ("module", "a.json", True)),
        ('file("${path.module}/../../a b.json")', ("module", "../../a b.json", True)),
        ('file("${path.module}/files/${var.x}.json")', ("module", "files", False)),
        ('file("${path.module}/${var.x}.json")', ("module", "", False)),
        ('file("files/${var.x}.json")', ("root", "files", False)),
        ('file("${var.x}/a.json")', ("root", "", False)),
        ("file(var.x)", ("root", "", False)),
        ('file(join("/", ["a", "b"]))', ("root", "", False)),
        ('join("/", [path.module, "a"])', ("module", "a", True)),
        ('join("/", [path.module, "..", "a", "b.json"])', ("module", "../a/b.json", True)),
        ('join("/", [ path.module, "a", var.x ])', ("module", "a", False)),
        ('join("-", [path.module, "a"])', ("module", "", False)),
        ('file(format("%s/../a/b.json", path.module))', ("module", "../a/b.json", True)),
        ('format("%s/a/%s.json", path.module, var.x)', ("module", "a", False)),
        ('"${format("%s/a.json", path.root)}"', ("root", "a.json", True)),
        ('file(format("%s/x", var.y))', ("root", "", False)),
        ('"${abspath(path.module)}/../a"', ("module", "../a", True)),
        ('"${dirname(path.module)}/a"', ("module", "..", False)),
        ('provider::local::direxists("conf/a")', ("root", "conf/a", True)),
        ('fileset(path.module, "../a/*.json")', ("module", "../a", True)),
        ('fileset(path.module, "*.json")', ("module", "", True)),
        ('fileset(path.module, "files/a/*.json")', ("module", "files/a", True)),
        ('fileset("${path.module}/files", "**/*.json")', ("module", "files", True)),
        ("path.root", ("root", "", False)),
        ('"${path.cwd}/a"', ("root", "", False)),
        ('"../scripts/run.sh"', ("root", "../scripts/run.sh", True)),
        ('"${file("a.json")}"', ("root", "a.json", True)),
        ('"${jsonencode(file("a.json"))}"', ("root", "a.json", True)),
        ('"${join("/", [path.module, "a"])}"', ("module", "a", True)),
        ('<<EOT\n${file("a.json")}\nEOT', ("root", "a.json", True)),
        ("<<EOT\n${path.module}/a.json\nEOT", ("module", "a.json", True)),
    ],
)
def test_what_an_expression_reads(expression: str, expected: tuple[str, str, bool]) -> None:
    assert expected in reads(f"locals {{\n  x = {expression}\n}}\n")


def test_a_path_in_a_command_line_ends_at_the_first_space() -> None:
    found = reads('resource "x" "y" {\n  command = "bash ${path.module}/run.sh --all ${path.module}/b.sh"\n}')
    assert ("module", "run.sh", True) in found


@pytest.mark.parametrize("name", ["source_dir", "source_file", "filename"])
def test_arguments_that_are_paths_need_no_function(name: str) -> None:
    assert reads(f'data "archive_file" "x" {{\n  {name} = "src/handler"\n}}') == [("root", "src/handler", True)]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ('resource "aws_s3_object" "x" {\n  source = "build/site.zip"\n}', ["build/site.zip"]),
        ('resource "helm_release" "x" {\n  chart = "charts/app"\n}', ["charts/app"]),
        ('module "x" {\n  source = "a/b/c"\n  source_path = "src"\n}', ["src"]),
        ('data "archive_file" "x" {\n  source_dir = var.dir\n}', [""]),
        ('data "external" "x" {\n  program = ["python3", "scripts/x.py", "--a/b"]\n}', ["scripts/x.py", "", ""]),
        ('terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}', []),
        (
            (
                'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    working_dir = "tools"\n'
                '    command = "bash scripts/a.sh --no/1 && curl https://x.y/z | tools/b"\n  }\n}'
            ),
            ["tools", "scripts/a.sh", "tools/b"],
        ),
        (
            (
                'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = <<-EOT\n'
                "      python3 a.py\n    EOT\n  }\n}"
            ),
            ["a.py"],
        ),
    ],
)
def test_what_resources_and_provisioners_name(block: str, expected: list[str]) -> None:
    assert [path for _, path, _ in reads(block)] == expected


STATES = """x = 1
terraform {
  backend "s3" {
    key = "a"
  }
}
module "x" { source = "./a" }
terraform {
  required_version = ">= 1"
}
data "terraform_remote_state" "n" {
  backend = "s3"
}

  data "tfe_outputs" "n" { organization = "x" }
"""


def test_the_blocks_about_states_are_kept_at_their_lines() -> None:
    found = scan(STATES.encode())
    assert (found.has_backend, found.reads_state) == (True, True)
    kept = {number: line for number, line in enumerate(found.excerpt.splitlines(), 1) if line}
    written = dict(enumerate(STATES.splitlines(), 1))
    assert kept == {number: written[number] for number in (2, 3, 4, 5, 6, 11, 12, 13, 15)}
    assert scan(b'locals {\n  x = file("a")\n}\n').excerpt == ""


@pytest.mark.parametrize(
    "text",
    [
        'variable "x" {\n  description = "Path to file (optional), relative to path.module"\n}',
        "# file(x) path.module\n",
        'locals {\n  profile = "a"\n  x = local.path.module\n  y = module.file("x")\n}',
        'provider "aws" {\n  shared_credentials_files = [var.f]\n}',
    ],
)
def test_prose_and_other_names_read_nothing(text: str) -> None:
    assert reads(text) == []


def test_a_read_is_told_once_with_its_first_line() -> None:
    found = scan(b'locals {\n  a = file("x")\n  b = file("x")\n}')
    assert found.reads == (PathRead("x", "root", True, 2),)


@pytest.mark.parametrize(
    "text",
    [
        'terraform {\n  backend "local" {\n    path = "../state/a.tfstate"\n  }\n}',
        'data "terraform_remote_state" "a" {\n  backend = "local"\n  config = { path = "../state/a.tfstate" }\n}',
    ],
)
def test_local_state_is_read(text: str) -> None:
    assert [(state.anchor, state.path) for state in scan(text.encode()).states] == [("root", "../state/a.tfstate")]


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ('module "a" {\n  source = "./a"\n', "has a block that is not closed", 1),
        ('module "a" {\n  source = "./a"\n}\n}\n', "has a '}' that closes nothing", 4),
        ('module "a" {\n  source = "./a\n}\n', "holds a string that is not closed", 2),
        ('module "a" {\n  x = "${b\n}\n', "holds a string that is not closed", 2),
        ('module "a" {\n  x = <<EOT\n}\n', "holds a heredoc <<EOT that is not closed", 2),
    ],
)
def test_an_unbalanced_file_is_a_problem_with_its_line(text: str, problem: str, line: int) -> None:
    found = scan(text.encode())
    assert (found.problem, found.problem_line) == (problem, line)
    assert [module.name for module in found.modules] == ["a"]  # what came before it is known


def test_bytes_that_are_no_utf_8_are_a_problem_with_their_line() -> None:
    assert scan("# Größe\nlocals {}\n# Größe".encode("latin-1")) == Scan(problem="is not UTF-8", problem_line=1)


def test_a_file_without_any_fact_is_not_judged() -> None:
    assert scan(b'variable "x" {\n  type = string\n') == Scan()


JSON = """{
  "//": "a comment",
  "terraform": [{"backend": {"local": {"path": "../state/a.tfstate"}}}],
  "module": {
    "//": "another",
    "a": {"source": "../modules/a"},
    "b": [{"source": "./${var.x}"}]
  },
  "module": {"c": {"source": "hashicorp/consul/aws", "x": "${file(\\"c.json\\")}"}},
  "data": {"terraform_remote_state": {"r": {"config": {"path": "r.tfstate"}}}},
  "locals": {"x": "${path.module}/x.json", "y": "./y.sh arg"}
}"""


def test_json_syntax_gives_the_same_facts() -> None:
    found = scan(JSON.encode(), is_json=True)
    assert found.modules == (
        Module("a", "../modules/a", 6),
        Module("b", None, 7),
        Module("c", "hashicorp/consul/aws", 9),
    )
    assert found.has_backend
    assert [state.path for state in found.states] == ["../state/a.tfstate", "r.tfstate"]
    named = {(read.anchor, read.path, read.complete) for read in found.reads}
    assert named >= {("root", "c.json", True), ("module", "x.json", True), ("root", "y.sh", True)} - {
        ("root", "y.sh", True)
    }
    assert ("root", "./y.sh", True) in named


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[]", "is not a JSON object"),
        (b"\xff", "is not UTF-8"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not valid JSON"),
    ],
)
def test_bad_json_is_a_problem(content: bytes, problem: str) -> None:
    assert scan(content, is_json=True).problem == problem


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_file_makes_the_scanner_raise(content: bytes) -> None:
    scan(b'module "m" {}\n' + content)
    scan(content, is_json=True)


_FRAGMENTS = [
    "{",
    "}",
    '"',
    "${",
    "%{",
    "$${",
    "\\",
    "/*",
    "*/",
    "#",
    "//",
    "\n",
    "<<A\n",
    "A\n",
    "<<",
    "file(",
    "a",
    " ",
]
_FRAGMENTS += ["path.module", "source = ", 'module "m" {', "../", "=", "é"]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=60))
def test_no_arrangement_of_tokens_makes_the_scanner_raise(fragments: list[str]) -> None:
    scan(b'module "m" {}\n' + "".join(fragments).encode())


_BLOCKS = ['module "m" {\n', 'resource "a" "b" {\n', "terraform {\n", 'backend "s3" {', "x {", "}", "}\n", "\n", " "]
_BLOCKS += ['source = "./a"\n', 'source = "./a" # why\n', "source = x\n", 'y = "z"\n', '"./b"', '"${x}"', '"${"', '"']
_BLOCKS += [
    'data "terraform_remote_state" "s" {\n',
    'path = "p"\n',
    'script = "../s"\n',
    '"${path.module}/x"',
    "path.root",
]
_BLOCKS += ['command = "a/b"\n', 'file("f")', "command = [", '"../c.sh"', '".."', "\nlocals {\n", 'chart = "./c"\n']
_BLOCKS += ["# c\n", "/* c */", "/*", "*/", "<<A\n", "A\n", "<", "/", "= {", "-", "\\"]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(_BLOCKS), max_size=40))
def test_what_is_passed_over_in_one_step_holds_nothing(fragments: list[str]) -> None:
    content = ('module "m" {}\n' + "".join(fragments)).encode()
    with pytest.MonkeyPatch.context() as patched:  # as if a word that may name a path stood before every block
        patched.setattr(PathWords, "after", lambda *_: 0)
        patched.setattr(PathWords, "or_source_after", lambda *_: 0)
        stepwise = scan(content)
    assert scan(content) == stepwise


@pytest.mark.parametrize(
    "unit",
    [
        'x = "${',
        "a {\n",
        "a {}\n",
        'module "m" {\n',
        "a { b { c { d { e {} } } } }\n",
        "{",
        "{}",
        '"',
        "<<A\n",
        "<<A\nA\n",
        "/*",
        "$",
        '"${a}',
        '"${"',
        "file(",
        "file/*",
        "data/*",
        "dirname(path.module ",
        '"./ "',
        "path ",
        "file",
        "source ",
        'resource "a" "b" {}\n',
        'resource "a" "b" {\n source = "q"\n}\n',
        'module "m" {\n a = "b"\n}\n',
        "a { b { c { d { <<A\nA\n } } } }\n",
        "/**/ ",
    ],
)
def test_hostile_files_come_to_an_end(unit: str) -> None:
    content = b'module "m" {}\n' + (unit * (400_000 // len(unit))).encode()
    assert isinstance(scan(content), Scan)  # a scan that is quadratic takes hours


def test_deep_nesting_is_a_problem_and_no_recursion_error() -> None:
    assert scan(b'module "m" ' + b"{" * 1_000_000).problem == "has braces that are nested too deeply"


@pytest.mark.parametrize(
    "content",
    [
        'a = <<A\n*/ /*\nA\n',
        'a = <<É\n/*\nÉ\nb = <<É\n*/\nÉ\n',
        'a = "${1 #}"\n}"\n',
        'a = "${<<EOT\n}"\nEOT\n}"\n',
        "a = <<EOT\n\u00a0EOT\n",
        'a = "x${"/*"}y"\n',
    ],
)  # fmt: skip
def test_nothing_hides_a_module(content: str) -> None:
    found = scan(f'{content}module "m" {{\n  source = "./m"\n}}\n'.encode())
    assert [module.source for module in found.modules] == ["./m"]
