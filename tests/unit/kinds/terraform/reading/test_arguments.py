"""Arguments in which a path is put together, and those that only choose one."""

from __future__ import annotations

import time

import pytest

from gitops_ci.kinds.terraform.reading import arguments


@pytest.mark.parametrize(
    "expression",
    [
        'file(replace("uushared/f.txt", "u", "../"))',
        'file(replace(var.x, "u", ""))',
        'file(base64decode("Li4vZi50eHQ="))',
        'file(base64decode /* why */ ("Li4vZi50eHQ="))',
        'file /* why */ (base64decode("Li4vZi50eHQ="))',
        'file("${path.module}/${base64decode(var.x)}")',
        'templatefile("${path.module}/${substr(var.x, 1, 9)}", {})',
        'file(join("", [".", "./f.txt"]))',
        'file(join(var.x, [".", "/f.txt"]))',
        'file(format("%s./f.txt", "."))',
        'file(format("%s%s/f.txt", ".", "."))',
        'file(format("%c%c/f.txt", 46, 46))',
        'file(format(var.x, "."))',
        'file("${local.p}./f.txt")',
        'file("a/${local.p}${local.p}/f.txt")',
        'file(join("/", [strrev(var.x), "f.txt"]))',
        'fileset(substr(var.x, 1, 2), "*")',
        "file(provider::x::y(var.x))",
        "source_dir = replace(var.x, var.y, var.z)",
        'working_dir = "${urlencode(var.x)}/a"',
        'file("${dirname(local.root)}/f.txt")',
        "root = dirname(dirname(var.root))",
        'root = dirname("${path.module}")',
        'file("a',
        'file("' + "a" * 5_000 + '")',
    ],
)
def test_a_path_that_is_put_together_may_climb(expression: str) -> None:
    assert arguments.is_opaque(expression) or arguments.leads_up(expression)


@pytest.mark.parametrize(
    "expression",
    [
        'file("a.txt")',
        'file("${path.module}/${var.x}.json")',
        'file("${path.module}/${lower(each.key)}.json")',
        'file(join("/", [path.module, "a", var.x]))',
        'file(format("%s/%s.json", path.module, var.x))',
        'file("${path.module}/${trimsuffix(each.key, ".yaml")}.json")',
        'file("${path.module}/${replace(each.key, "/", "-")}.json")',
        'file("${path.module}/${split("/", var.x)[0]}.json")',
        'file(lookup(var.files, "a", "b.txt"))',
        'jsondecode(file("${path.module}/${element(local.all, (1 + 2))}"))',
        'templatefile("a.tpl", { x = base64decode(var.x), y = replace(var.y, "a", "") })',
        'x = base64decode(var.x)\ny = file("a.txt")',
        "source_dir = var.x\ny = substr(var.x, 1, 2)",
        "source_dir == substr(var.x, 1, 2)",
        'my_file(replace(var.x, "u", ""))',
        "root = dirname(dirname(abspath(path.module)))",
        "{ for f in fileset(path.module, \"*/x.json\") : dirname(f) => file(f) }",
    ],
)  # fmt: skip
def test_a_path_that_is_chosen_does_not(expression: str) -> None:
    assert not arguments.is_opaque(expression)
    assert not arguments.leads_up(expression)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('file/**/("a")', True),
        ('file # why\n  // so\n ("a")', True),
        ('file("a") # (', False),
        ("no file # here", False),
    ],
)
def test_a_comment_before_a_parenthesis(text: str, *, expected: bool) -> None:
    assert arguments.has_commented_call(text) is expected


@pytest.mark.parametrize(
    "unit",
    [
        "file(",
        "file()",
        'file("',
        "file(a(",
        "file/**/",
        "file/*",
        "file#",
        "file(a" + "a" * 3_000 + ")",
        "dirname(",
        'file("${',
        "source_dir=",
    ],
)
def test_hostile_arguments_come_to_an_end(unit: str) -> None:
    start = time.process_time()
    text = unit * (400_000 // len(unit))
    arguments.is_opaque(text)
    arguments.leads_up(text)
    arguments.has_commented_call(text)
    assert time.process_time() - start < 5
