from __future__ import annotations

import json

import pytest

from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, config, found, refused

FOLDER = ROOT.rpartition("/")[0]
RULE = "terraform/path-not-allowed"
BASE = {ROOT: HARMLESS, "shared/x.txt": "", f"{FOLDER}/a.txt": ""}


def local(expression: str) -> str:
    return f"locals {{\n  x = {expression}\n}}\n"


@pytest.mark.parametrize(
    "content",
    [
        local('file("/proc/self/environ")'),
        'ephemeral "local_file" "x" {\n  filename = "/proc/self/environ"\n}\n',
        local('filebase64("/proc/self/environ")'),
        local('core::file("/proc/self/environ")'),
        local('core :: file /* here */ ("/proc/self/environ")'),
        local('[\n    file\n    ("/etc/passwd")\n  ]'),
        local('"${file("/etc/passwd")}"'),
        local('<<EOT\n${file("/etc/passwd")}\nEOT'),
        local('<<-EOT\n  %{ if true }${file("/etc/passwd")}%{ endif }\n  EOT'),
        local('"%{ for x in [1] }${fileexists("/etc/passwd")}%{ endfor }"'),
        local('"${"${"${file("/etc/passwd")}"}"}"'),
        local('[for x in ["/etc/passwd"] : file(x)]'),
        local('[for x in toset(["../../../../x"]) : file("${path.module}/${x}")]'),
        local('{for k, v in {"/etc/passwd" = 1} : k => file(k)}'),
        local('file("~/.aws/credentials")'),
        local('file("../../../../x")'),
        local('file("${path.module}/../../../../etc/passwd")'),
        local('file("${path.root}/a/../../../../../x")'),
        local('file("${path.cwd}/x")'),
        local('file("/pro${"c"}/self/environ")'),
        local('file(join("", ["/proc", "/self/environ"]))'),
        local('file(format("%s%s", "/proc", "/self/environ"))'),
        local('file(base64decode("L3Byb2Mvc2VsZi9lbnZpcm9u"))'),
        local('file(replace(path.module, "../", "/"))'),
        local('file("\\u002fproc/self/environ")'),
        local('file(true ? "a.txt" : "/etc/passwd")'),
        local('file(try(local.nothing, "/etc/passwd"))'),
        local('file(coalesce(null, "/etc/passwd"))'),
        local('file({a = "/etc/passwd"}.a)'),
        local('file({a = "/etc/passwd"}["a"])'),
        local('file(["/etc/passwd"][0])'),
        local('file(["a.txt", "/etc/passwd"][*][0])'),
        local('file(upper("/etc/passwd"))'),
        local('file(timestamp())'),
        local('fileset("/", "*")'),
        local('fileset(path.module, "../../../../*")') + 'output "y" {\n  value = [for x in fileset(path.module, "../*") : file(x)]\n}\n',
        local('templatefile("/etc/passwd", {})'),
        'locals {\n  a = "/etc/passwd"\n  b = local.a\n  c = file(local.b)\n}\n',
        'locals {\n  a = local.b\n  b = local.a\n  c = file(local.b)\n}\n',
        'variable "x" {\n  default = "/etc/passwd"\n}\noutput "y" {\n  value = file(var.x)\n}\n',
        'variable "x" {}\noutput "y" {\n  value = file(var.x)\n}\n',
        'variable "x" {\n  type = object({p = optional(string, "/etc/passwd")})\n  default = {}\n}\noutput "y" {\n  value = file(var.x.p)\n}\n',
        'variable "x" {\n  type = map(object({p = optional(string, "/etc/passwd")}))\n  default = {a = {}}\n}\noutput "y" {\n  value = [for x in var.x : file(x.p)]\n}\n',
        'resource "terraform_data" "b" {\n  for_each = toset(["../../../../etc/passwd"])\n  input = file("${path.module}/${each.key}")\n}\n',
        'resource "terraform_data" "b" {\n  for_each = {a = {p = "/etc/passwd"}}\n  input = file(each.value.p)\n}\n',
        'resource "x_y" "b" {\n  dynamic "z" {\n    for_each = ["/etc/passwd"]\n    content {\n      v = file(z.value)\n    }\n  }\n}\n',
        'resource "x_y" "b" {\n  dynamic "z" {\n    for_each = ["/etc/passwd"]\n    iterator = it\n    content {\n      v = file(it.value)\n    }\n  }\n}\n',
        'check "c" {\n  assert {\n    condition = fileexists("/etc/passwd")\n    error_message = "x"\n  }\n}\n',
        'variable "x" {\n  validation {\n    condition = true\n    error_message = file("/etc/passwd")\n  }\n}\n',
        'provider "google" {\n  credentials = file("/etc/passwd")\n}\n',
        'data "local_file" "x" {\n  filename = "/etc/passwd"\n}\n',
        'data "local_sensitive_file" "x" {\n  filename = pathexpand("~/x")\n}\n',
        'data "archive_file" "x" {\n  type = "zip"\n  source_dir = "/srv"\n  output_path = "x.zip"\n}\n',
        'data "archive_file" "x" {\n  type = "zip"\n  source_dir = "."\n  output_path = "/srv/keys/authorized_keys"\n}\n',
        'data "template_file" "x" {\n  template = "$${file(\\"/etc/passwd\\")}"\n}\n',
        'data "template_file" "x" {\n  template = join("", ["$", "{file(\\"/etc/passwd\\")}"])\n}\n',
        'locals {\n  t = "$${file(\\"/etc/passwd\\")}"\n  x = templatestring(local.t, {})\n}\n',
        'locals {\n  x = templatestring(data.http.x.body, {})\n}\n',
        'terraform {\n  backend "local" {\n    path = "/var/lib/x.tfstate"\n  }\n}\n',
        'terraform {\n  backend "local" {\n    workspace_dir = "../../../../states"\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "local"\n  config = {\n    path = "/var/lib/x.tfstate"\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "local"\n  config = data.a.b\n}\n',
    ],
)  # fmt: skip
def test_what_leads_out_or_is_not_known_is_not_planned(content: str) -> None:
    problem = refused(BASE, {**BASE, ROOT: content})
    assert problem is not None
    assert (problem.code, problem.path) == ("not-allowed", ROOT)
    assert RULE in found(BASE, {**BASE, ROOT: content})


ELSEWHERE = "/proc/self/environ"


@pytest.mark.parametrize(
    "expression",
    [
        f'lookup({{"0" = "a.txt", "1" = "{ELSEWHERE}"}}, 0 + 1, "a.txt")',
        'replace("1proc1self1environ", 0 + 1, "/")',
        'replace("2proc2self2environ", 2.0, "/")',
        f'lookup({{"." = "{ELSEWHERE}"}}, path.root, "a.txt")',
        f'lookup({{"." = "{ELSEWHERE}"}}, path.module, "a.txt")',
        f'{{"1" = "a.txt", (0 + 1) = "{ELSEWHERE}"}}["1"]',
        f'{{"1" = "a.txt", 1.0 = "{ELSEWHERE}"}}["1"]',
        f'lookup({{"e.txt" = "{ELSEWHERE}"}}, one(fileset(path.module, "e.*")), "a.txt")',
        f'lookup({{default = "a.txt", blue = "{ELSEWHERE}"}}, terraform.workspace, "a.txt")',
        f'lookup({{a = "a.txt"}}, timestamp(), "{ELSEWHERE}")',
        f'lookup({{"a/b" = "a.txt", (abspath("a")) = "{ELSEWHERE}"}}, abspath("a"), "a.txt")',
        f'reverse(["{ELSEWHERE}", "a.txt"])[1]',
        f'sort(["b.txt", "{ELSEWHERE}"])[0]',
        'join("", toset(["proc/self/environ", "/"]))',
        'format("%s/../../../../../etc/passwd", null)',
        'format("%s/../../../../../etc/passwd", true ? null : "a/b/c/d/e")',
        f'[for v in merge([{{p = "a.txt", q = {{p = "{ELSEWHERE}"}}}}]...) : file(try(v.p, "a.txt"))]',
        f'one([{{y = [["b", "a.txt"], ["{ELSEWHERE}"]]}}].*.y[0][1])',
        '"${terraform.workspace}/../../../../etc/passwd"',
        '"${one(fileset(path.module, "*"))}/../x"',
        '"${abspath(".")}x"',
        'abspath("${path.module}x")',
        '"${dirname(abspath(path.module))}x"',
        '"${abspath("${path.module}/")}x"',
        '"\\u0002/x"',
    ],
)  # fmt: skip
def test_what_only_stands_for_a_text_is_not_taken_for_it(expression: str) -> None:
    content = local(expression if "file(" in expression else f"file({expression})")
    assert refused(BASE, {**BASE, ROOT: content}) is not None


def test_what_the_job_may_give_in_place_of_a_default_is_not_taken_for_it() -> None:
    variable = 'variable "x" {\n  default = "a.txt"\n}\n'
    content = variable + local(f'file({{"a.txt" = "a.txt", b = "{ELSEWHERE}"}}[var.x])')
    assert refused(BASE, {**BASE, ROOT: content}) is not None
    for call in ('file("${var.x}/proc/self/environ")', 'file("${path.module}/${var.x}/../../../../../x")'):
        assert refused(BASE, {**BASE, ROOT: variable + local(call)}) is not None, call
    for call in ("file(var.x)", 'file("${path.module}/${lower(var.x)}")', "templatefile(var.x, {})"):
        assert refused(BASE, {**BASE, ROOT: variable + local(call)}) is None, call


def test_a_path_that_another_block_was_given_is_judged_as_a_whole_only() -> None:
    archive = 'data "archive_file" "x" {\n  type = "zip"\n  source_dir = "."\n  output_path = "../../../x"\n}\n'
    for call in (
        'file("../../../${data.archive_file.x.output_path}")',
        'file("${data.archive_file.x.output_path}/../y")',
    ):
        assert refused(BASE, {**BASE, ROOT: archive + local(call)}) is not None
    assert refused(BASE, {**BASE, ROOT: archive + local("file(data.archive_file.x.output_path)")}) is None


@pytest.mark.parametrize("times", [1, 3, 4, 19, 20])
@pytest.mark.parametrize("start", ["path.module", '"."', "path.root"])
def test_directories_above_are_counted(times: int, start: str) -> None:
    at = "dirname(" * times + f"abspath({start})" + ")" * times
    problem = refused(BASE, {**BASE, ROOT: local(f'file("${{{at}}}/proc/self/environ")')})
    assert (problem is not None) == (times > 3)


@pytest.mark.parametrize(
    "content",
    [
        local('file("a.txt")'),
        local('file("${path.module}/${lower(terraform.workspace)}.yml")'),
        local('file("${abspath(".")}/a.txt")'),
        local('file("${abspath("${path.module}/..")}/a.txt")'),
        local('[for x in merge([for y in ["a"] : {(y) = "a.txt"}]...) : file(x)]'),
        local('[for x in sort(["b.txt", "a.txt"]) : file(x)]'),
        local('file({"1" = "a.txt", (0 + 1) = "b.txt"}["1"])'),
        local('file("./a.txt")'),
        local('file("${path.module}/a.txt")'),
        local('file("../../../shared/x.txt")'),
        local('file(abspath("${path.root}/a.txt"))'),
        local('file(join("/", [path.module, "a.txt"]))'),
        local('file(format("%s/%s.txt", path.module, "a"))'),
        local('[for x in fileset(path.module, "*.txt") : file("${path.module}/${x}")]'),
        local('[for x in fileset("${path.module}/p", "**/*.json") : jsondecode(file("${path.module}/p/${x}"))]'),
        local('{for k, v in {a = "a.txt"} : k => file(v)}'),
        local('file(true ? "a.txt" : "b.txt")'),
        local('file(lookup({a = "a.txt"}, "a", "b.txt"))'),
        local('file("${dirname(path.module)}/x.txt")'),
        local('"file(\\"/etc/passwd\\") is only said here"'),
        local('"$${file(\\"/etc/passwd\\")}"'),
        local("profile(1)"),
        'variable "env" {}\nlocals {\n  x = file("config/${var.env}.yml")\n}\n',
        'resource "terraform_data" "b" {\n  count = 3\n  input = file("${path.module}/${count.index}.txt")\n}\n',
        'resource "terraform_data" "b" {\n  for_each = {a = {p = "a", q = timestamp()}}\n  input = file("${path.module}/${each.value.p}.txt")\n}\n',
        'data "archive_file" "x" {\n  type = "zip"\n  source_dir = "${path.module}/src"\n  output_path = "${path.module}/x.zip"\n}\nresource "aws_lambda_function" "f" {\n  filename = data.archive_file.x.output_path\n  source_code_hash = filebase64sha256(data.archive_file.x.output_path)\n}\n',
        'data "template_file" "x" {\n  template = file("${path.module}/a.txt")\n}\n',
        'terraform {\n  backend "local" {\n    path = "../../../states/x.tfstate"\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "local"\n  config = {\n    path = "${path.module}/../x/terraform.tfstate"\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "s3"\n  config = {\n    key = "/x"\n  }\n}\n',
    ],
)  # fmt: skip
def test_known_paths_in_the_repository_are_planned(content: str) -> None:
    assert refused(BASE, {**BASE, ROOT: content}) is None


@pytest.mark.parametrize(
    "call",
    ['file("/etc/ssl/x.pem")', "file(data.x_y.z.path)", "file(timestamp())", 'file("${data.x_y.z.path}/a")'],
)  # fmt: skip
def test_what_base_has_is_not_refused(call: str) -> None:
    before = f'data "x_y" "z" {{}}\n{local(call)}'
    assert refused({ROOT: before}, {ROOT: f"{before}locals {{\n  more = 1\n}}\n"}) is None
    moved = {f"{FOLDER}/other.tf": before, ROOT: HARMLESS}
    assert refused({ROOT: before}, moved) is None


EACH = 'module "m" {{\n  source = "../../../modules/m"\n  for_each = toset([{}])\n  path = {}\n}}\n'
MODULE = 'variable "path" {}\noutput "x" {\n  value = file(var.path)\n}\n'
PROGRAM = 'variable "path" {}\ndata "external" "x" {\n  program = ["sh", var.path]\n}\n'
USE = 'module "m" {{\n  source = "../../../modules/m"\n  path = {}\n}}\n'


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ({ROOT: USE.format('"a.txt"'), "modules/m/main.tf": MODULE}, {ROOT: USE.format('"/proc/self/environ"')}),
        ({ROOT: USE.format("local.p") + 'locals {\n  p = "a.txt"\n}\n', "modules/m/main.tf": MODULE},
         {ROOT: USE.format("local.p") + 'locals {\n  p = "/proc/self/environ"\n}\n'}),
        ({ROOT: MODULE, f"{FOLDER}/terraform.tfvars": 'path = "a.txt"\n'},
         {f"{FOLDER}/terraform.tfvars": 'path = "/proc/self/environ"\n'}),
        ({ROOT: MODULE, f"{FOLDER}/terraform.tfvars": 'path = "a.txt"\n'},
         {f"{FOLDER}/x.auto.tfvars.json": '{"path": "/proc/self/environ"}'}),
        ({ROOT: MODULE, f"{FOLDER}/x_override.tf": HARMLESS},
         {f"{FOLDER}/x_override.tf": 'variable "path" {\n  default = "/proc/self/environ"\n}\n'}),
        ({ROOT: local("file(data.x_y.z.path)") + 'data "x_y" "z" {\n  k = "a"\n}\n'},
         {ROOT: local("file(data.x_y.z.path)") + 'data "x_y" "z" {\n  k = "b"\n}\n'}),
        ({ROOT: local("file(module.m.x)") + USE.format('"a"'), "modules/m/main.tf": 'output "x" {\n  value = "a"\n}\nvariable "path" {}\n'},
         {"modules/m/main.tf": 'output "x" {\n  value = "/proc/self/environ"\n}\nvariable "path" {}\n'}),
        ({ROOT: EACH.format('"a.txt"', "each.value"), "modules/m/main.tf": MODULE},
         {ROOT: EACH.format('"/proc/self/environ"', "each.value")}),
        ({ROOT: EACH.format('"a.txt"', "each.value"), "modules/m/main.tf": PROGRAM},
         {ROOT: EACH.format('"b.txt"', "each.value")}),
        ({ROOT: EACH.format("data.x.y.z", "upper(each.key)"), "modules/m/main.tf": MODULE},
         {ROOT: EACH.format("data.x.w.z", "upper(each.key)")}),
        ({ROOT: local('file(yamldecode(file("${path.module}/x.yml")).path)'), f"{FOLDER}/x.yml": "path: a\n"},
         {f"{FOLDER}/x.yml": "path: /proc/self/environ\n"}),
        ({ROOT: local('templatefile("${path.module}/x.tpl", {})'), f"{FOLDER}/x.tpl": "plain"},
         {f"{FOLDER}/x.tpl": '${file("/proc/self/environ")}'}),
        ({ROOT: local('templatefile("${path.module}/x.tpl", {p = "a"})'), f"{FOLDER}/x.tpl": "${file(p)}"},
         {ROOT: local('templatefile("${path.module}/x.tpl", {p = "/proc/self/environ"})')}),
        ({ROOT: 'resource "t_d" "a" {\n  for_each = data.x.y.z\n  input = file(each.key)\n}\n'},
         {ROOT: 'resource "t_d" "a" {\n  for_each = data.x.w.z\n  input = file(each.key)\n}\n'}),
    ],
)  # fmt: skip
def test_an_old_call_with_a_new_value_is_not_planned(base: dict[str, str], head: dict[str, str]) -> None:
    assert refused(base, base) is None
    problem = refused(base, {**base, **head})
    assert problem is not None
    assert problem.code == "not-allowed"


@pytest.mark.parametrize(
    ("values", "argument"),
    [
        ('"a.txt", "b.txt"', "each.value"),
        ('"a", "b"', '"${each.key}.txt"'),
        ('"${terraform.workspace}.txt"', "each.value"),
    ],
)
def test_the_set_of_a_module_call_is_known_where_it_is_written_down(values: str, argument: str) -> None:
    module = 'variable "path" {}\noutput "x" {\n  value = file("${path.module}/${var.path}")\n}\n'
    head = {**BASE, ROOT: EACH.format(values, argument), "modules/m/main.tf": module}
    assert refused(BASE, head) is None
    assert refused(BASE, {**head, ROOT: EACH.format(f'{values}, "../../../x"', argument)}) is not None


def test_each_of_a_caller_is_none_of_the_module() -> None:
    files = {
        ROOT: EACH.format('"a.txt"', '"a"'),
        "modules/m/main.tf": local("file(each.value)") + 'variable "path" {}\n',
    }
    assert refused(BASE, {**BASE, **files}) is not None


def test_json_syntax_is_no_way_around() -> None:
    value = json.dumps({"locals": {"x": '${file("/proc/self/environ")}'}})
    key = json.dumps({"output": {"y": {"value": {'${file("/proc/self/environ")}': 1}}}})
    for content in (value, key):
        problem = refused(BASE, {**BASE, f"{FOLDER}/x.tf.json": content})
        assert problem is not None
        assert problem.code == "not-allowed"


def test_a_link_is_read_as_what_its_own_name_says() -> None:
    hidden = json.dumps({"locals": {"x": '${file("/proc/self/environ")}'}})
    problem = refused(BASE, {**BASE, "data/x.txt": hidden}, links={f"{FOLDER}/x.tf.json": "../../../data/x.txt"})
    assert problem is not None
    assert problem.code == "not-allowed"


def test_a_path_through_links_stays_inside_in_both_readings() -> None:
    content = local('file("deep/link/../../../../../../x")')
    links = {f"{FOLDER}/deep/link": "../../../../.."}
    assert refused(BASE, {**BASE, ROOT: content}, links=links) is not None


def test_a_hidden_module_is_looked_into() -> None:
    hides = 'locals {\n  a = <<A\n*/ /*\nA\n}\nmodule "m" {\n  source = "../../../modules/m"\n}\n'
    problem = refused(BASE, {**BASE, ROOT: hides, "modules/m/main.tf": local('file("/proc/self/environ")')})
    assert problem is not None
    assert problem.path == "modules/m/main.tf"


@pytest.mark.parametrize("allow", [ROOT, "environments/*", "/etc/ssl/*"])
def test_the_configuration_of_base_can_permit_it(allow: str) -> None:
    settings = config(f'kinds: {{terraform: {{paths: {{allow: ["{allow}"]}}}}}}\n')
    assert refused(BASE, {**BASE, ROOT: local('file("/etc/ssl/x.pem")')}, settings) is None


@pytest.mark.parametrize("call", ['file("/etc/ssl/../passwd")', 'file("/etc/passwd")', "file(timestamp())"])
def test_a_permitted_folder_permits_nothing_else(call: str) -> None:
    settings = config('kinds: {terraform: {paths: {allow: ["/etc/ssl/*"]}}}\n')
    assert refused(BASE, {**BASE, ROOT: local(call)}, settings) is not None


def test_another_root_may_use_what_a_module_of_base_does() -> None:
    module = {"modules/m/main.tf": local('file("~/.ssh/id.pub")')}
    use = 'module "m" {\n  source = "../../../modules/m"\n}\n'
    other = {"environments/production/terraform/main.tf": use}
    assert refused({**BASE, **module, **other}, {**BASE, **module, **other, ROOT: use}) is None
    assert refused({**BASE, **module}, {**BASE, **module, ROOT: use}) is not None, "nobody used it in base"


def test_a_file_that_cannot_be_read_is_not_planned() -> None:
    problem = refused(BASE, {**BASE, ROOT: 'a "b" {\n'})
    assert problem is not None
    assert (problem.code, problem.path, problem.line) == ("invalid", ROOT, 1)


def test_without_a_base_nothing_is_new() -> None:
    from gitops_ci.kinds.terraform import safety
    from tests.unit.kinds.terraform.safety.changes import STACK, end

    judged = end({ROOT: local('file("/etc/passwd")')})
    assert safety.refused(judged.stacks[STACK], judged, None) is None


def test_a_file_made_to_be_slow_is_not() -> None:
    chain = "".join(
        f'  l{index} = ["${{local.l{index + 1}[0]}}${{local.l{index + 1}[1]}}", {"[" * 20}local.l{index + 1}{"]" * 20}]\n'
        for index in range(60)
    )
    content = f'locals {{\n{chain}  l60 = ["a", "b"]\n  x = file(local.l0[0])\n}}\n'
    assert refused(BASE, {**BASE, ROOT: content}) is not None


LEAK = '${filebase64("/proc/self/environ")}'


@pytest.mark.parametrize(
    ("call", "path", "content"),
    [
        ('templatefile("${path.module}/../../../modules/x.tf", {})', "modules/x.tf", f"# {LEAK}\n"),
        ('core :: templatefile("x.tf.json", {})', f"{FOLDER}/x.tf.json", json.dumps({"//": "${file(p)}"})),
        ('templatefile("t/${terraform.workspace}.tf", {})', f"{FOLDER}/t/blue.tf", f"# {LEAK}\n"),
        ('templatefile("t.tpl", {})', f"{FOLDER}/t.tpl", '${filebase64/**/("/proc/self/environ")}'),
        ('templatefile("t.tpl", {})', f"{FOLDER}/t.tpl", "${" + "(" * 60 + LEAK[2:-1] + ")" * 60 + "}"),
        ('templatefile("t.tpl", {})', f"{FOLDER}/t.tpl", '${templatefile("../../../modules/x.tf", {})}'),
    ],
)  # fmt: skip
def test_whatever_file_is_evaluated_is_judged(call: str, path: str, content: str) -> None:
    base = {**BASE, "modules/x.tf": f"# {LEAK}\n"}
    head = {**base, ROOT: local(call), path: content}
    assert refused(base, head) is not None
    assert refused(head, {**head, ROOT: f"{local(call)}{HARMLESS}"}) is None, "as in base"


def test_a_text_is_no_template_where_a_name_of_a_file_is_part_of_it() -> None:
    content = local('templatestring("$${${one(fileset(path.module, "*b*"))}}", {})')
    assert refused(BASE, {**BASE, ROOT: content}) is not None


def test_a_script_that_is_only_read_is_no_template() -> None:
    script = {f"{FOLDER}/x.sh": "echo ${file%.*} $(file x)\n"}
    assert refused(BASE, {**BASE, **script, ROOT: local('file("x.sh")')}) is None
    assert (
        refused(BASE, {**BASE, f"{FOLDER}/x.tpl": "${a} a file", ROOT: local('templatefile("x.tpl", {a = 1})')}) is None
    )
