"""Ways in which a Terraform root can come to read a file: one root each, its files, links, and what is known to be wrong.

Paths are relative to the root's own directory, `roots/<name>`; each root's `main.tf` gets a backend. Nothing here says what
is read: Terraform is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BACKEND = 'terraform {\n  backend "s3" {}\n}\n'
UP = "../.."


@dataclass(frozen=True)
class Way:
    """`main` is the root's main.tf; `missed` and `false` say why we are wrong today about what is read, None: we are not."""

    main: str
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    missed: str | None = None
    false: str | None = None


def local(expression: str) -> str:
    return f"locals {{\n  read = {expression}\n}}\n"


def module(source: str, more: str = "") -> str:
    return f'module "m" {{\n  source = "{source}"\n{more}}}\n'


def resource(type_: str, arguments: str, kind: str = "resource") -> str:
    return f'{kind} "{type_}" "r" {{\n  {arguments}\n}}\n'


WAYS: dict[str, Way] = {
    # file() and its like
    "literal": Way(local('file("y.txt")'), {"y.txt": "", "z.txt": ""}),
    "up": Way(local(f'file("{UP}/common/up.txt")'), {f"{UP}/common/up.txt": ""}),
    "joined": Way(local('file(join("/", [path.module, "x", "y.txt"]))'), {"x/y.txt": ""}),
    "formatted": Way(local('file(format("%s/%s.txt", "x", "y"))'), {"x/y.txt": ""}),
    "hashes": Way(
        local('[filesha512("a"), filebase64sha256("b"), filemd5("c"), filebase64("d"), file("e")]'),
        dict.fromkeys("abcdefg", "x"),
    ),
    "spaced": Way(local('[file ( "a.txt" ), file(\n  # why\n  "b.txt"\n)]'), {"a.txt": "", "b.txt": ""}),
    "nested": Way(local('jsonencode({ b = "x${upper("${file("n.txt")}")}" })'), {"n.txt": ""}),
    "heredoc": Way(
        'locals {\n  a = <<-E\n  ${file("${path.module}/h.txt")}\n  ${file("g.txt")}\n  E\n}\n',
        {"h.txt": "", "g.txt": ""},
    ),
    "directive": Way(
        local('"%{for x in ["p", "q"]}${file("${path.module}/${x}.txt")}%{endfor}"'),
        {"p.txt": "", "q.txt": ""},
    ),
    "commented": Way('# file("c.txt")\n' + local('"no file(\\"d.txt\\")"'), {"c.txt": "", "d.txt": ""}),
    "core": Way(local(f'core::file("{UP}/common/core.txt")'), {f"{UP}/common/core.txt": ""}),
    "carriage-returns": Way(local('file("cr.txt")').replace("\n", "\r\n"), {"cr.txt": ""}),
    "unicode": Way(local('file("ünï cödé.txt")'), {"ünï cödé.txt": ""}),
    "decomposed": Way(local('file("e\u0301.txt")'), {"\u00e9.txt": ""}),
    "escaped": Way(local('file("\\u0061b.txt")'), {"ab.txt": ""}),
    "escaped-up": Way(
        local('file("..\\u002f..\\u002fcommon/esc.txt")'),
        {f"{UP}/common/esc.txt": ""},
    ),
    # computed paths
    "local-folder": Way('locals {\n  dir = "x"\n}\n' + local('file("${local.dir}/y.txt")'), {"x/y.txt": ""}),
    "local-up": Way(
        f'locals {{\n  dir = "{UP}/common"\n}}\n' + local('file("${local.dir}/localup.txt")'),
        {f"{UP}/common/localup.txt": ""},
    ),
    "default": Way(
        f'variable "f" {{\n  default = "{UP}/common/default.txt"\n}}\n' + local("file(var.f)"),
        {f"{UP}/common/default.txt": ""},
    ),
    "tfvars": Way(
        'variable "f" {}\n' + local("file(var.f)"),
        {"terraform.tfvars": f'f = "{UP}/common/tfvars.txt"\n', f"{UP}/common/tfvars.txt": ""},
    ),
    "half-up": Way(
        'locals {\n  dir = ".."\n}\n' + local('file("${local.dir}/../common/half.txt")'),
        {f"{UP}/common/half.txt": ""},
    ),
    "joined-up": Way(
        local('file(join("/", ["..", "..", "common", "joined.txt"]))'),
        {f"{UP}/common/joined.txt": ""},
    ),
    "cwd": Way(local('file("${path.cwd}/w.txt")'), {"w.txt": ""}),
    "cwd-up": Way(local(f'file("${{path.cwd}}/{UP}/common/cwd.txt")'), {f"{UP}/common/cwd.txt": ""}),
    "abspath": Way(local('file("${abspath(path.module)}/w.txt")'), {"w.txt": ""}),
    "abspath-up": Way(local(f'file("${{abspath("{UP}")}}/common/abspath.txt")'), {f"{UP}/common/abspath.txt": ""}),
    "dirname-up": Way(
        local('file("${dirname(abspath(path.module))}/../common/dirname.txt")'),
        {f"{UP}/common/dirname.txt": ""},
    ),
    "output-up": Way(
        'module "p" {\n  source = "../../modules/paths"\n}\n' + local("file(module.p.f)"),
        {f"{UP}/modules/paths/main.tf": 'output "f" {\n  value = join("", ["..", "/../common/out.txt"])\n}\n'}
        | {f"{UP}/common/out.txt": ""},
    ),
    "indirect": Way(
        local('file(yamldecode(file("i.yml")).f)'),
        {"i.yml": f"f: {UP}/common/indirect.txt\n", f"{UP}/common/indirect.txt": ""},
    ),
    "folder-string": Way(
        f'locals {{\n  up = "${{path.module}}/{UP}"\n}}\n' + local('file("${local.up}/common/folder.txt")'),
        {f"{UP}/common/folder.txt": ""},
    ),
    "below-up": Way(
        'locals {\n  n = "net"\n}\n' + local(f'file("{UP}/common/below/${{local.n}}.json")'),
        {f"{UP}/common/below/net.json": "{}"},
    ),
    "below-values-up": Way(
        local(
            f'[for f in fileset("{UP}/common/values", "*.yml") : file(yamldecode(file("{UP}/common/values/${{f}}")).f)]'
        ),
        {f"{UP}/common/values/v.yml": f"f: {UP}/common/by-value.txt\n", f"{UP}/common/by-value.txt": ""},
    ),
    "dirname-often": Way(
        "locals {\n  top = dirname(dirname(abspath(path.module)))\n}\n"
        + local('file("${local.top}/common/often.txt")'),
        {f"{UP}/common/often.txt": ""},
    ),
    "replaced-up": Way(local('file(replace("uucommon/replaced.txt", "u", "../"))'), {f"{UP}/common/replaced.txt": ""}),
    "decoded-up": Way(
        local('file(base64decode("Li4vLi4vY29tbW9uL2RlY29kZWQudHh0"))'),
        {f"{UP}/common/decoded.txt": ""},
    ),
    "decoded-local": Way(
        'locals {\n  f = base64decode("Li4vLi4vY29tbW9uL2RlY29kZWQyLnR4dA==")\n}\n' + local("file(local.f)"),
        {f"{UP}/common/decoded2.txt": ""},
        missed="a local that a call puts together is taken to stay below the directory",
    ),
    "points-up": Way(
        local('file(join("/", [join("", [".", "."]), format("%s.", "."), "common/points.txt"]))'),
        {f"{UP}/common/points.txt": ""},
    ),
    "points-spelled": Way(
        'locals {\n  p = "."\n}\n' + local('file("${local.p}./.${local.p}/common/spelled.txt")'),
        {f"{UP}/common/spelled.txt": ""},
    ),
    # templates
    "template": Way(local('templatefile("a.tpl", {})'), {"a.tpl": "x"}),
    "template-reads": Way(
        local('templatefile("a.tpl", { d = "../.." })'),
        {"a.tpl": '${file("b.txt")} ${file("${d}/common/tpl.txt")}', "b.txt": "", f"{UP}/common/tpl.txt": ""},
    ),
    "template-comment": Way(
        local('templatefile("a.tpl", {})'),
        {"a.tpl": f'${{file/**/("{UP}/common/remark.txt")}}', f"{UP}/common/remark.txt": ""},
    ),
    # fileset()
    "set": Way(
        local('{ for f in fileset("${path.module}/conf", "*.yaml") : f => file("${path.module}/conf/${f}") }'),
        {"conf/a.yaml": "", "conf/readme.md": ""},
    ),
    "set-up": Way(local(f'fileset("{UP}/set", "*.json")'), {f"{UP}/set/a.json": "", f"{UP}/set/a.md": ""}),
    "set-deep": Way(local('fileset(path.module, "a/**/*.y*ml")'), {"a/b/c.yaml": "", "a/x.yml": "", "c/x.yml": ""}),
    # modules
    "module": Way(module(f"{UP}/modules/plain"), {f"{UP}/modules/plain/main.tf": ""}),
    "module-slashes": Way(module(f"{UP}//modules/./slashes/"), {f"{UP}/modules/slashes/main.tf": ""}),
    "module-escaped": Way(module("\\u002e./../modules/escaped"), {f"{UP}/modules/escaped/main.tf": ""}),
    "module-comments": Way(
        'module "m" {\n  /* source = "./no" */\n  # source = "./no"\n  source = "../../modules/comments" # ./no\n}\n',
        {f"{UP}/modules/comments/main.tf": ""},
    ),
    "module-one-line": Way('module "m" { source = "../../modules/line" }\n', {f"{UP}/modules/line/main.tf": ""}),
    "module-deep": Way(
        module(f"{UP}/modules/deep"),
        {
            f"{UP}/modules/deep/main.tf": module("./inner"),
            f"{UP}/modules/deep/inner/main.tf": local(
                '[file("${path.module}/q.txt"), file("${path.root}/r.txt"), file("cwd.txt")]'
            ),
            f"{UP}/modules/deep/inner/q.txt": "",
            "r.txt": "",
            "cwd.txt": "",
        },
    ),
    "module-argument": Way(
        module(f"{UP}/modules/reader", f'  f = "${{path.module}}/z.txt"\n  d = "{UP}/common/arg"\n'),
        {
            f"{UP}/modules/reader/main.tf": 'variable "f" {}\nvariable "d" {}\n'
            + local('[file(var.f), file("${var.d}/y.txt")]'),
            "z.txt": "",
            f"{UP}/common/arg/y.txt": "",
        },
    ),
    "module-json": Way(
        "",
        {
            "call.tf.json": '{"module": {"m": {"source": "../../modules/json"}}}',
            f"{UP}/modules/json/main.tf.json": '{"locals": {"a": "${file(\\"${path.module}/q.txt\\")}"}}',
            f"{UP}/modules/json/q.txt": "",
        },
    ),
    "overridden": Way(
        module(f"{UP}/modules/before"),
        {
            "main_override.tf": module(f"{UP}/modules/after"),
            f"{UP}/modules/before/main.tf": "",
            f"{UP}/modules/after/main.tf": "",
        },
        false="a source that an override file replaces is followed all the same",
    ),
    # links
    "linked-module": Way(module("./link"), {f"{UP}/modules/linked/main.tf": ""}, {"link": f"{UP}/modules/linked"}),
    "linked-file": Way(
        local('file("l.txt")'),
        {f"{UP}/common/t.txt": ""},
        {"l.txt": f"{UP}/common/m.txt", f"{UP}/common/m.txt": "t.txt"},
    ),
    "linked-folder": Way(local('file("d/e/t.txt")'), {f"{UP}/common/d/e/t.txt": ""}, {"d": f"{UP}/common/d"}),
    "linked-configuration": Way(
        "",
        {f"{UP}/common/c.tf": local('file("${path.module}/n.txt")') + module("./inner"), "n.txt": "", "inner/a.tf": ""},
        {"c.tf": f"{UP}/common/c.tf"},
    ),
    "linked-values": Way(
        'variable "x" {}\n',
        {f"{UP}/common/c.tfvars": "x = 1\n", f"{UP}/common/lock": "", f"{UP}/common/version": ""},
        {
            "c.auto.tfvars": f"{UP}/common/c.tfvars",
            ".terraform.lock.hcl": f"{UP}/common/lock",
            ".terraform-version": f"{UP}/common/version",
        },
    ),
    # files that have a name
    "named": Way(
        "",
        {"a.auto.tfvars": "", "terraform.tfvars.json": "{}", ".terraform.lock.hcl": "", ".terraform-version": "1"}
        | {"b.tf.json": "{}"},
    ),
    "not-loaded": Way("", {".hidden.tf": "", "x.tf~": "", "a.tftest.hcl": "", "README.md": ""}),
    # what providers read
    "archive": Way(resource("archive_file", f'source_dir = "{UP}/zip"', "data"), {f"{UP}/zip/a/b.py": ""}),
    "archive-computed": Way(
        'locals {\n  n = "zip1"\n}\n' + resource("archive_file", f'source_file = "{UP}/${{local.n}}/a.py"', "data"),
        {f"{UP}/zip1/a.py": ""},
    ),
    "lambda": Way(resource("aws_lambda_function", 'filename = "y.zip"'), {"y.zip": ""}),
    "object": Way(resource("aws_s3_object", 'source = "${path.module}/y.txt"'), {"y.txt": ""}),
    "object-beside": Way(resource("aws_s3_object", 'source = "y.txt"'), {"y.txt": ""}),
    "chart": Way(resource("helm_release", 'chart = "./chart"'), {"chart/templates/x.yaml": ""}),
    "chart-beside": Way(resource("helm_release", 'chart = "chart"'), {"chart/templates/x.yaml": ""}),
    "state": Way(
        resource("terraform_remote_state", f'backend = "local"\n  config = {{ path = "{UP}/o.tfstate" }}', "data"),
        {f"{UP}/o.tfstate": "{}"},
    ),
    "provider": Way(
        'provider "google" {\n  credentials = file("cred.json")\n}\n',
        {
            "cred.json": "{}",
            "second.tf": 'locals {}\nprovider "google" {\n  alias = "b"\n  credentials = file("second.json")\n}\n',
            "second.json": "{}",
        },
    ),
    "provisioner": Way(
        resource("terraform_data", 'provisioner "local-exec" {\n    command = "./scripts/b.sh --now"\n  }'),
        {"scripts/b.sh": ""},
    ),
    "provisioner-file": Way(
        resource(
            "terraform_data", 'provisioner "file" {\n    source      = "scripts/a.sh"\n    destination = "/x"\n  }'
        ),
        {"scripts/a.sh": ""},
    ),
}
