from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.kinds.terraform.language import blocks, values
from gitops_ci.kinds.terraform.language.blocks import Body, Unreadable

_NATIVE = b"""
terraform {
  required_version = ">= 1.0" # at least
  backend "s3" { bucket = "state" }
}
data "external" "x" {
  program = ["a",
    "b"]
}
locals { a = 1 }
"""
_JSON = b"""
{"terraform": {"required_version": ">= 1.0", "backend": {"s3": {"bucket": "state"}}},
 "data": [{"external": {"x": {"program": ["a", "b"]}}}], "locals": {"a": 1}}
"""


def shape(body: Body) -> object:
    attributes = {each.name: values.of(each.expression) for each in body.attributes}
    return attributes, [(block.name, shape(block.body)) for block in body.blocks]


def test_both_syntaxes_give_the_same_structure() -> None:
    assert shape(blocks.read(_NATIVE)) == shape(blocks.read(_JSON, is_json=True))


def test_lines_are_those_of_the_file() -> None:
    (data,) = blocks.read(_NATIVE).all("data", "external")
    assert (data.line, data.body.attribute("program").line) == (6, 7)  # type: ignore[union-attr]  # it is there


@pytest.mark.parametrize(
    "heredoc",
    [
        "x = <<EOT\n${\nEOT\n}\nEOT\n",
        "x = <<-EOT\n  ${jsonencode({\n    a = \"}\"\n  })}\n  EOT\n",
        "x = <<EOT\n$${\nEOT\n",
        "x = <<EOT\nEOTX\n EOT\n",
    ],
)  # fmt: skip
def test_a_heredoc_ends_where_terraform_ends_it(heredoc: str) -> None:
    found = blocks.read(f'{heredoc}data "external" "x" {{}}\n'.encode())
    assert [block.name for block in found.blocks] == ["data.external.x"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a {\n", 1),
        ("}\n", 1),
        ("\na = [\n", 2),
        ("a = \n", 1),
        ("a\n", 1),
        ("a {} b {}\n", 1),
        ('a "${x}" {}\n', 1),
        ("a = (1]\n", 1),
        ("a = <<X\n", 1),
        ("a = '1'\n", 1),
        ("a {" * 200, 1),
        ("a = " + "[" * 200, 1),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_line(content: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        blocks.read(content.encode())
    assert caught.value.line == line


@given(st.text(alphabet='ab ="{}[]()\n$%\\<-E#/*,.:1', max_size=60))
def test_any_text_gives_a_structure_or_is_refused(text: str) -> None:
    line: int | None = 1
    try:
        blocks.read(text.encode())
    except Unreadable as error:
        line = error.line
    assert line in range(1, text.count("\n") + 2)
    values.of(text)


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 10**9) | st.text(st.characters(exclude_characters="$%", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_characters="$%", exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_json_values)
def test_a_literal_has_its_value(value: object) -> None:
    (attribute,) = blocks.read(json.dumps({"x": value}).encode(), is_json=True).attributes
    assert values.of(attribute.expression) == normal(value)


def normal(value: object) -> object:
    """What Terraform makes of text: its normal form C."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case list():
            return [normal(each) for each in value]
        case dict():
            return {normal(key): normal(inner) for key, inner in value.items()}
        case _:
            return value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('["a", var.x, "b",]', ["a", values.COMPUTED, "b"]),
        ('{a = 1\n b = "x"\n c = var.y.z\n "e f" : {g = null}}', {"a": 1, "b": "x", "c": values.COMPUTED, "e f": {"g": None}}),
        ("[for x in y : x]", values.COMPUTED),
        ("{a = {for k in x : k => 1}, b = 2}", {"a": values.COMPUTED, "b": 2}),
        ('"${x}"', values.COMPUTED),
        ('"$${x}"', "${x}"),
        ('f("a")', values.COMPUTED),
        ('"a" == "b"', values.COMPUTED),
        ("", values.COMPUTED),
        ("(", values.COMPUTED),
    ],
)  # fmt: skip
def test_what_is_no_literal_is_computed(expression: str, value: object) -> None:
    assert values.of(expression) == value


HIDDEN = 'data "external" "x" {}\n'


@pytest.mark.parametrize(
    "content",
    [
        "x = <<EOT\n\u00a0EOT\n",
        "x = <<EOT\n\u2028EOT\u2003\n",
        "x = <<EOT\n\x0b\x85EOT\n",
        "x = <<É\n/*\nÉ\n",
        'x = "${<<EOT\n}"\nEOT\n}"\n',
        'x = "${1 # }"\n}"\n',
        'x = "${1 /* } */}"\n',
        "x = <<A\n${<<B\n}\nA\nB\n}\nA\n",
        'x = "$${"\n',
        'x = "$$${"\n',
        'x = "$${${"}"}"\n',
        'x = "$"\ny = <<EOT\n$\nEOT\n',
        "x = <<EOT\r\na\r\nEOT\r\n",
        "x = f(\n  1 // )\n)\n",
        "x { y = 1 }\n",
        "x = core::f(1)\n",
        "x = [a.0.b, 1.5e3, f(y...)]\n",
        "\ufeffx = 1\n",
        'x = "\x00"\n',
    ],
)  # fmt: skip
def test_nothing_hides_a_block_that_terraform_sees(content: str) -> None:
    """Found by comparing with the official parser, on real files and on 800,000 mutations of them."""
    assert [block.name for block in blocks.read((content + HIDDEN).encode()).blocks][-1] == "data.external.x"


@pytest.mark.parametrize("content", ["x = 1\r", 'x = "a\rb\n"', "x = a\u0301b\n", "x = <<EOT\nEOTX\n", "x = 1 \x00\n"])
def test_what_terraform_would_read_otherwise_is_refused(content: str) -> None:
    with pytest.raises(Unreadable):
        blocks.read((content + HIDDEN).encode())


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ('{"data": {"external": {"x": {}}}, "data": {"external": {"y": {}}}}', ["data.external.x", "data.external.y"]),
        ('[{"data": [{"external": [{"x": [{}, {}]}]}]}]', ["data.external.x", "data.external.x"]),
        ('{"provider": {"x": [[{"a": 1}, {"b": 2}]]}}', ["provider.x"]),
        ('{"data": {"external": {"x": null}}, "//": "no block"}', []),
        ('{"module": {"//": {}}}', ["module.//"]),
        ('\ufeff{"locals": {}}', ["locals"]),
    ],
)  # fmt: skip
def test_json_syntax_has_the_blocks_that_terraform_sees(document: str, names: list[str]) -> None:
    assert [block.name for block in blocks.read(document.encode(), is_json=True).blocks] == names


@pytest.mark.parametrize(
    "document",
    ['{"data": 1}', '{"data": [1]}', '{"data": {"x": [[1]]}}', "1", '{"a": NaN}', '{"a": "${"}', "{} {}", '{"terraform": [null]}'],
)  # fmt: skip
def test_json_that_is_no_configuration_is_refused(document: str) -> None:
    with pytest.raises(Unreadable):
        blocks.read(document.encode(), is_json=True)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a", '"a"'),
        ('${file("x")}', '"${file("x")}"'),
        ('\\"\n${"a"}', '"\\\\\\"\\n${"a"}"'),
        ("%{ if true ~}a%{ endif }", '"%{ if true ~}a%{ endif }"'),
        ("$${x}", '"$${x}"'),
    ],
)  # fmt: skip
def test_a_text_of_json_is_a_template_of_native_syntax(text: str, expression: str) -> None:
    (attribute,) = blocks.read(json.dumps({"x": text}).encode(), is_json=True).attributes
    assert attribute.expression == expression
