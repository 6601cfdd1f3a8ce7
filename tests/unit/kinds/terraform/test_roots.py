"""What a root is and what reaches it: links, versions, var files, instances, templates, many roots at once."""

from __future__ import annotations

import time

import pytest

from gitops_ci.discover import affected
from gitops_ci.model.stack import Reason
from tests.unit.kinds.terraform.changes import Tree, certainties, declared, edited, taken

A = "environments/production/terraform/a"
ID = "production/terraform/a"
PLAIN = "locals {}\n"


def module(source: str) -> str:
    return f'module "m" {{\n  source = "{source}"\n}}\n'


@pytest.mark.parametrize("name", [".terraform-version", ".opentofu-version"])
def test_the_nearest_version_file_above_counts(name: str) -> None:
    tree: Tree = {f"{A}/main.tf": PLAIN, "environments/staging/terraform/b/main.tf": PLAIN, name: "1.9.0"}
    assert certainties(tree, name) == {ID: "file", "staging/terraform/b": "file"}
    nearer = {**tree, f"environments/production/{name}": "1.8.0"}
    assert set(edited(nearer, name)) == {"staging/terraform/b"}
    assert set(edited(nearer, f"environments/production/{name}")) == {ID}
    assert set(edited(tree, f"environments/production/{name}")) == {ID}, "a new one comes between"
    own = {**tree, f"{A}/{name}": "1.7.0", f"{A}/x/{name}": "1.7.0"}
    assert set(edited(own, f"{A}/x/{name}")) == set()


def test_a_version_file_is_part_of_what_an_engine_is_given() -> None:
    end = taken({f"{A}/main.tf": PLAIN, ".terraform-version": "1.9.0"})
    assert ".terraform-version" in end.graph.closure(ID, end.snapshot)


REGIONS = declared(
    path="infra/{name}",
    environments=("staging", "production"),
    instances=("eu", "us"),
    workspace="{environment}-{instance}",
    var_files=("{environment}.tfvars", "../vars/{name}/{instance}.tfvars"),
    backend_config=("{instance}.hcl",),
)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("infra/net/production.tfvars", {"production/terraform/net@eu", "production/terraform/net@us"}),
        ("infra/vars/net/us.tfvars", {"production/terraform/net@us", "staging/terraform/net@us"}),
        ("infra/net/eu.hcl", {"production/terraform/net@eu", "staging/terraform/net@eu"}),
        ("infra/net/other.tfvars", set()),
    ],
)
def test_a_file_of_some_instances_touches_these(path: str, ids: set[str]) -> None:
    tree: Tree = {"infra/net/main.tf": PLAIN, "infra/net/terraform.tfvars": ""}
    assert certainties(tree, path, config=REGIONS) == dict.fromkeys(ids, "direct")
    assert len(edited(tree, "infra/net/terraform.tfvars", config=REGIONS)) == 4
    base, head = (taken(each, config=REGIONS) for each in (tree, {**tree, path: ""}))
    assert affected.unclaimed(base, head) == (("infra/net/other.tfvars",) if not ids else ())


def test_a_pattern_that_names_no_var_files_says_nothing_of_them() -> None:
    config = declared(path="environments/{environment}/terraform/{name}")
    assert certainties({f"{A}/main.tf": PLAIN}, f"{A}/eu.tfvars", config=config) == {ID: "conservative"}


def test_a_var_file_that_is_a_link() -> None:
    config = declared(path="environments/{environment}/terraform/{name}", var_files=("v.tfvars",))
    tree: Tree = {f"{A}/main.tf": PLAIN, "vars/p.tfvars": ""}
    links = {f"{A}/v.tfvars": "../../../../vars/p.tfvars"}
    assert certainties(tree, "vars/p.tfvars", links=links, config=config) == {ID: "direct"}


LINKED: Tree = {
    "real/main.tf": module("../modules/m") + 'locals {\n  x = file("x.json")\n}\n',
    "real/x.json": "",
    "modules/m/main.tf": PLAIN,
}


def test_a_linked_root_is_the_stack_of_its_link() -> None:
    links = {"environments/production/net": "../../real", "environments/staging/net": "../../real"}
    both = {"production/terraform/net", "staging/terraform/net"}
    assert set(taken(LINKED, links=links).stacks) == both
    assert taken(LINKED, links=links).stacks["production/terraform/net"].path == "environments/production/net"
    for path, certainty in (("real/main.tf", "direct"), ("modules/m/main.tf", "module"), ("real/x.json", "file")):
        assert certainties(LINKED, path, links=links) == dict.fromkeys(both, certainty)


def test_a_link_that_leads_elsewhere_touches_only_its_stack() -> None:
    tree = {**LINKED, "environments/development/net/main.tf": PLAIN}
    base = {"environments/production/net": "../../real", "environments/staging/net": "../../real"}
    ends = (taken(tree, links=each) for each in (base, {**base, "environments/staging/net": "../development/net"}))
    (stack,) = affected.between(*ends)
    assert (stack.id, stack.certainty) == ("staging/terraform/net", "direct")
    assert stack.reasons == (Reason("environments/staging/net"),)


def test_a_whole_environment_that_is_a_link() -> None:
    tree: Tree = {"environments/staging/net/main.tf": PLAIN, "environments/staging/dns/main.tf": PLAIN}
    links = {"environments/production": "staging"}
    assert set(edited(tree, "environments/staging/net/main.tf", links=links)) == {
        "production/terraform/net",
        "staging/terraform/net",
    }


@pytest.mark.parametrize(
    "links",
    [
        {"environments/production/terraform/a/here": "."},
        {"environments/production/terraform/a/up": "../../.."},
        {"environments/production/terraform/a/x": "y", "environments/production/terraform/a/y": "x"},
        {"environments/production/terraform/a/modules": "../../../../modules"},
        {"environments/production/terraform/a/out": "../../../../../elsewhere"},
    ],
)
def test_circles_and_links_to_modules_are_no_stacks(links: dict[str, str]) -> None:
    tree: Tree = {f"{A}/main.tf": module("./modules/m"), "modules/m/main.tf": PLAIN}
    assert set(taken(tree, links=links).stacks) == {ID}


def test_links_upon_links_come_to_an_end() -> None:
    tree: Tree = {f"d/{index}/main.tf": PLAIN for index in range(300)}
    links = {f"l/{index}": "../d" for index in range(300)}
    assert len(taken(tree, links=links).stacks) <= 5_300


@pytest.mark.parametrize(
    ("template", "certainty"),
    [
        ('${file("x")}', "conservative"),
        ('${jsonencode({ a = file("x") })}', "conservative"),
        ('${file/**/("x")}', "conservative"),
        ('${file/*}*/("x")}', "conservative"),
        ('${{ a = "b" }.a == "" ? file("x") : ""}', "conservative"),
        ("${name} file (x)", None),
        ('${name} ${"file"} %{ if file == "" }x%{ endif }', None),
    ],
)
def test_a_template_that_reads_a_file_may_read_any(template: str, certainty: str | None) -> None:
    tree: Tree = {
        f"{A}/main.tf": 'locals {\n  x = templatefile("${path.module}/a.tftpl", {})\n}\n',
        f"{A}/a.tftpl": template,
    }
    assert certainties(tree, "elsewhere/x") == ({ID: certainty} if certainty else {})


@pytest.mark.parametrize(
    ("block", "path", "certainty"),
    [
        ('resource "aws_s3_object" "x" {\n  source = "site/index.html"\n}', "site/index.html", "file"),
        ('resource "helm_release" "x" {\n  chart = "../../../../charts/app"\n}', "charts/app/values.yaml", "file"),
        ('resource "helm_release" "x" {\n  chart = "app"\n}', "app/values.yaml", "file"),
        ('locals {\n  d = "${path.module}/../shared"\n  x = file("${local.d}/x.json")\n}', "../shared/x.json", "conservative"),
        ('locals {\n  d = format("%s/../s", path.module)\n}', "../s/x.json", "conservative"),
        ('data "archive_file" "x" {\n  source_dir = "${path.module}/../src"\n}', "../src/deep/x.py", "file"),
        ('data "archive_file" "x" {\n  source_dir = var.d\n}', "src/x.py", "conservative"),
        ('locals {\n  x = { for f in fileset("${path.module}/c", "*") : f => yamldecode(file("${path.module}/c/${f}")) }\n}', "c/x.yaml", "file"),
        ('locals {\n  x = file("${path.module}/../${var.x}/y")\n}', "../z/y", "conservative"),
        ('check "x" {\n  assert {\n    condition = fileexists("${path.root}/flag")\n    error_message = ""\n  }\n}', "flag", "file"),
        ('locals {\n  x = filemd5("a.bin")\n  y = filebase64sha512("b.bin")\n}', "b.bin", "file"),
    ],
)  # fmt: skip
def test_what_resources_and_expressions_name(block: str, path: str, certainty: str | None) -> None:
    target = path if path.startswith("charts/") else f"{A}/{path}"
    parts = [part for part in target.split("/") if part != ".."]
    if "/../" in target:
        parts = [*A.split("/")[:-1], *path.split("/")[1:]]
    target = "/".join(parts)
    tree: Tree = {f"{A}/main.tf": block, target: ""}
    assert certainties(tree, target) == ({ID: certainty} if certainty else {})


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": 'locals {\n  d = ".."\n  x = file("${local.d}/../../../shared/y.json")\n}\n'},
        {"main.tf": 'locals {\n  x = file(join("/", ["..", "..", "..", "shared", "y.json"]))\n}\n'},
        {"main.tf": 'variable "f" {}\nlocals {\n  x = file(var.f)\n}\n', "terraform.tfvars": 'f = "../../shared/y.json"\n'},
        {"main.tf": 'locals {\n  x = file(yamldecode(file("i.yml")).f)\n}\n', "i.yml": "f: ../../../../shared/y.json\n"},
        {"main.tf": 'locals {\n  x = file("${path.cwd}/../../../../shared/y.json")\n}\n'},
        {"main.tf": 'locals {\n  x = file("${abspath("../../../../shared")}/y.json")\n}\n'},
        {"main.tf": 'locals {\n  n = "shared"\n}\ndata "archive_file" "x" {\n  source_file = "../../../../${local.n}/y.json"\n}\n'},
        {"main.tf": 'module "p" {\n  source = "./p"\n}\nlocals {\n  x = file(module.p.f)\n}\n', "p/o.tf": 'output "f" {\n  value = join("", ["..", "/../../../shared/y.json"])\n}\n'},
        {"main.tf": 'module "p" {\n  source = "./p"\n  f = join("/", ["..", "x"])\n}\n', "p/o.tf": 'locals {\n  x = file("${path.module}/a/${var.f}")\n}\n'},
    ],
)  # fmt: skip
def test_a_computed_path_may_leave_the_directory_where_somebody_spells_it(files: dict[str, str]) -> None:
    tree: Tree = {f"{A}/{name}": text for name, text in files.items()} | {"shared/y.json": ""}
    assert certainties(tree, "shared/y.json") == {ID: "conservative"}


@pytest.mark.parametrize(
    "text",
    [
        'locals {\n  x = file(var.x)\n}\n' + module("../../../../modules/m"),
        'locals {\n  x = file("${path.module}/${var.x}")\n  y = file("${path.module}/../y.json")\n  z = "../z"\n}\n',
        'locals {\n  d = ".."\n  x = file("x.json")\n}\n',
    ],
)  # fmt: skip
def test_and_stays_below_it_elsewhere(text: str) -> None:
    tree: Tree = {f"{A}/main.tf": text, "modules/m/main.tf": PLAIN, "shared/y.json": ""}
    assert certainties(tree, "shared/y.json") == {}


EXTERNAL = 'data "external" "x" {\n  program = ["bash", "-c", "make"]\n}\n'


@pytest.mark.parametrize(
    "text",
    [
        EXTERNAL,
        EXTERNAL.replace("external", "local_command").replace("program", "command"),
        EXTERNAL.replace('data "external"', 'data /* why */ "external"'),
        'check "x" {\n' + EXTERNAL + "}\n",
        'resource "shell_script" "x" {\n  lifecycle_commands {\n    read = "make"\n  }\n}\n',
        'data "external" "x" {\n  program = ["./x.sh"]\n  working_dir = "./tool/bin"\n}\n',
        module("../../../../modules/m"),
        module("../../../../modules/json"),
        module("../../../../modules/check"),
    ],
)  # fmt: skip
def test_a_program_may_read_all_that_lies_below_its_root(text: str) -> None:
    tree: Tree = {
        f"{A}/main.tf": text + 'locals {\n  up = ".."\n}\n',
        f"{A}/tool/bin/x.go": "",
        f"{A}/tool/lib/y.go": "",
        "modules/m/main.tf": EXTERNAL,
        "modules/json/main.tf.json": '{"data": {"external": {"x": {"program": ["make"]}}}}',
        "modules/check/main.tf.json": '{"check": {"c": {"data": [{"external": {"x": {"program": ["make"]}}}]}}}',
        "elsewhere/x.go": "",
    }
    assert certainties(tree, f"{A}/tool/lib/y.go") == {ID: "conservative"}
    assert certainties(tree, "elsewhere/x.go") == {}


def test_a_program_of_a_module_may_read_what_lies_beside_it() -> None:
    tree: Tree = {
        f"{A}/main.tf": module("../../../../modules/m"),
        "modules/m/main.tf": EXTERNAL,
        "modules/m/x/y.go": "",
    }
    assert certainties(tree, "modules/m/x/y.go") == {ID: "conservative"}


@pytest.mark.parametrize(
    ("folder", "path", "elsewhere"),
    [
        ('"../../../../tools/a"', "tools/a/b/c.go", "tools/x.go"),
        ('"${path.module}/../../../../tools/a"', "tools/a/b/c.go", "tools/x.go"),
        ('"../../../../tools/${var.x}"', "tools/a/b/c.go", "x.go"),
        ('"${path.module}/../../../../tools/${var.x}"', "tools/a/b/c.go", "x.go"),
    ],
)  # fmt: skip
def test_and_all_below_the_folder_that_it_works_in(folder: str, path: str, elsewhere: str) -> None:
    tree: Tree = {f"{A}/main.tf": EXTERNAL.replace("\n}", f"\n  working_dir = {folder}\n}}"), path: "", elsewhere: ""}
    assert set(certainties(tree, path)) == {ID}
    assert certainties(tree, elsewhere) == {}


@pytest.mark.parametrize("folder", ["var.x", '"${var.x}/a"', "local.up"])
def test_a_program_may_work_anywhere_where_that_is_computed(folder: str) -> None:
    text = EXTERNAL.replace("\n}", f"\n  working_dir = {folder}\n}}") + 'locals {\n  up = join("/", ["..", ".."])\n}\n'
    assert certainties({f"{A}/main.tf": text, "elsewhere/x.go": ""}, "elsewhere/x.go") == {ID: "conservative"}


def test_and_so_in_json_and_in_a_check() -> None:
    check = 'check "c" {\n' + EXTERNAL.replace("\n}", '\n  working_dir = "../../../../tools"\n}') + "}\n"
    json = '{"data": {"external": {"x": {"program": ["make"], "working_dir": "%s"}}}, "locals": {"u": ".."}}'
    ends: list[Tree] = [
        {f"{A}/main.tf": check},
        {f"{A}/main.tf.json": json % "../../../../tools"},
        {f"{A}/main.tf.json": json % "${local.u}/x"},
    ]
    for tree in ends:
        assert set(certainties(tree | {"tools/a/b.go": ""}, "tools/a/b.go")) == {ID}


@pytest.mark.parametrize(
    "text",
    [
        'terraform {\n  required_providers {\n    external = {\n      source = "hashicorp/external"\n    }\n  }\n}\n',
        'data "external_thing" "x" {\n  y = "${path.module}/a.txt"\n}\n',
        'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "make"\n  }\n}\n',
    ],
)  # fmt: skip
def test_without_a_program_nothing_else_is_read(text: str) -> None:
    assert certainties({f"{A}/main.tf": text, f"{A}/b.txt": ""}, f"{A}/b.txt") == {}


@pytest.mark.parametrize(
    "text",
    [
        'locals {\n  top = dirname(dirname(dirname(dirname(abspath(path.module)))))\n  x = file("${local.top}/shared/y.json")\n}\n',
        'locals {\n  top = "${dirname(abspath(dirname(abspath(dirname(dirname(abspath(path.root)))))))}/shared"\n}\n',
        'locals {\n  a = dirname(abspath(path.module))\n  b = dirname(local.a)\n  x = file("${local.b}/y")\n}\n',
        'locals {\n  x = file("${' + "dirname(" * 25 + "abspath(path.module" + ")" * 26 + '}/r/shared/y.json")\n}\n',
        'locals {\n  x = file(replace("uuuushared/y.json", "u", "../"))\n}\n',
        'locals {\n  x = file("${path.module}/${base64decode("Li4v")}shared/y.json")\n}\n',
        'locals {\n  x = file(join("", [".", "./", var.x]))\n}\n',
        'locals {\n  x = file(format("%s./%s", ".", var.x))\n}\n',
        'locals {\n  x = file/**/(replace("u", "u", "x"))\n}\n',
    ],
)  # fmt: skip
def test_a_path_that_is_put_together_may_be_any(text: str) -> None:
    assert certainties({f"{A}/main.tf": text, "shared/y.json": ""}, "shared/y.json") == {ID: "conservative"}


def test_a_path_that_is_put_together_in_json_may_be_any() -> None:
    text = '{"locals": {"x": "${file(replace(\\"uu\\", \\"u\\", \\"./\\"))}"}}'
    assert certainties({f"{A}/main.tf.json": text, "shared/y.json": ""}, "shared/y.json") == {ID: "conservative"}


def test_folders_above_the_directory_are_counted() -> None:
    text = 'locals {\n  x = file("${dirname(dirname(abspath(path.module)))}/y")\n}\n'
    inside, outside = A.rsplit("/", 2)[0] + "/s/y", A.rsplit("/", 3)[0] + "/s/y"
    tree: Tree = {f"{A}/main.tf": text, inside: "", outside: ""}
    assert (certainties(tree, inside), certainties(tree, outside)) == ({ID: "conservative"}, {})


def test_a_comment_between_a_function_and_its_argument_hides_nothing() -> None:
    tree: Tree = {f"{A}/main.tf": 'locals {\n  x = file/**/("y.json")\n}\n', f"{A}/y.json": ""}
    assert certainties(tree, f"{A}/y.json") == {ID: "conservative"}


NETWORKS = "../../../../networks"


@pytest.mark.parametrize(
    "expression",
    [
        f'file("{NETWORKS}/${{var.x}}")',
        f'file("${{path.module}}/{NETWORKS}/${{var.x}}.json")',
        f'file("{NETWORKS}/net-${{var.x}}.json")',
        f'{{ for f in fileset("{NETWORKS}", "*.json") : f => jsondecode(file("{NETWORKS}/${{f}}")) }}',
        f'templatefile(\n    "{NETWORKS}/${{var.x}}/a.json", {{}})',
    ],
)
def test_a_computed_path_stays_below_what_it_begins_with(expression: str) -> None:
    tree: Tree = {f"{A}/main.tf": f"locals {{\n  x = {expression}\n}}\n", "networks/a.json": "{}", "shared/y.json": ""}
    assert set(certainties(tree, "networks/a.json")) == {ID}
    assert certainties(tree, "shared/y.json") == {}


@pytest.mark.parametrize(
    ("expression", "content"),
    [
        (f'file("{NETWORKS}/${{var.x}}/../../shared/y.json")', ""),
        (f'[file("{NETWORKS}/${{local.d}}/shared/y.json"), join("/", ["..", "a"])]', ""),
        (f'file("{NETWORKS}/..${{var.x}}")', ""),
        (f'file("{NETWORKS}/.${{var.x}}")', ""),
        (f'file("${{path.cwd}}/{NETWORKS}/${{var.x}}")', ""),
        (f'[file("{NETWORKS}/${{var.x}}"), "{NETWORKS}/${{var.y}}"]', ""),
        (f'file("a/${{yamldecode(file("{NETWORKS}/${{var.x}}")).y}}")', '{"y": "../../shared/y.json"}'),
        (f'file("{NETWORKS}/${{jsondecode(file("i.json")).y}}")', ""),
    ],
)
def test_unless_somebody_else_spells_the_way_out(expression: str, content: str) -> None:
    tree: Tree = {
        f"{A}/main.tf": f"locals {{\n  x = {expression}\n}}\n",
        f"{A}/i.json": '{"y": "../shared/y.json"}',
        "networks/a.json": content,
        "shared/y.json": "",
    }
    assert certainties(tree, "shared/y.json") == {ID: "conservative"}


@pytest.mark.parametrize(
    ("name", "certainty"),
    [
        ("c.auto.tfvars", "file"), ("terraform.tfvars", "file"), (".terraform-version", "file"),
        (".terraform.lock.hcl", "file"), ("c.tfvars", "conservative"), ("c.txt", None),
    ],
)  # fmt: skip
def test_a_linked_file_beside_the_configuration(name: str, certainty: str | None) -> None:
    tree: Tree = {f"{A}/main.tf": PLAIN, "shared/c": ""}
    links = {f"{A}/{name}": "../../../../shared/c"}
    assert certainties(tree, "shared/c", links=links) == ({ID: certainty} if certainty else {})


def seconds(tree: Tree, *paths: str) -> tuple[float, int]:
    started = time.process_time()
    found = edited(tree, *paths)
    return time.process_time() - started, len(found)


def test_two_thousand_roots_of_one_module() -> None:
    tree: Tree = {f"production/r{index}/main.tf": module("../../modules/m") for index in range(2_000)}
    tree["modules/m/main.tf"] = 'locals {\n  x = file("${path.root}/a")\n  y = file("${path.module}/b")\n}\n'
    tree["modules/m/b"] = ""
    taken_time, found = seconds(tree, "modules/m/main.tf", "modules/m/b")
    assert found == 2_000
    assert taken_time < 5


def test_a_chain_of_a_thousand_modules() -> None:
    tree: Tree = {f"modules/m{index}/main.tf": module(f"../m{index + 1}") for index in range(1_000)}
    tree["modules/m1000/main.tf"] = 'locals {\n  x = file("${path.root}/a")\n}\n'
    tree |= {f"production/r{index}/main.tf": module("../../modules/m0") for index in range(200)}
    taken_time, found = seconds(tree, *(f"modules/m{index}/main.tf" for index in range(900, 1_000)))
    assert found == 200
    assert taken_time < 5


def test_ten_thousand_references_of_one_file() -> None:
    text = "".join(f'module "m{index}" {{\n  source = "../m{index}"\n}}\n' for index in range(10_000))
    started = time.process_time()
    end = taken({f"{A}/main.tf": text})
    assert len([each for each in end.findings if each.rule == "terraform/module-missing"]) == 10_000
    as_json = '{"module": {' + ",".join(f'"m{index}": {{"source": "../m{index}"}}' for index in range(10_000)) + "}}"
    assert len(taken({f"{A}/main.tf.json": as_json}).findings) >= 10_000
    assert time.process_time() - started < 10
