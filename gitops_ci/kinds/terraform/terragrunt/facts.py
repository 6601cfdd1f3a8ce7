"""What one Terragrunt file says, before anything in it is worked out: its blocks and the calls that read files.

https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/ and …/hcl/functions/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from gitops_ci.kinds.terraform.language import blocks, expressions, nodes
from gitops_ci.kinds.terraform.language.blocks import Body, Unreadable
from gitops_ci.kinds.terraform.language.evaluation import locals_of
from gitops_ci.kinds.terraform.language.nodes import Call, Literal, Node, Reference, Template

READERS = frozenset(
    {
        "read_terragrunt_config", "read_tfvars_file", "sops_decrypt_file", "mark_as_read", "file", "templatefile",
        "fileset", "fileexists", "filebase64", "filemd5", "filesha1", "filesha256", "filesha512",
        "filebase64sha256", "filebase64sha512", "run_cmd",
    }
)  # fmt: skip
"""Functions whose arguments name what they read."""
_PLACES = frozenset(
    {"find_in_parent_folders", "get_terragrunt_dir", "get_original_terragrunt_dir", "get_parent_terragrunt_dir",
     "get_repo_root", "get_path_to_repo_root", "path_relative_from_include"}
)  # fmt: skip
_NAMES = frozenset({"local", "include"})
_MAY_READ = re.compile(r"\b(?:file|templatefile|read_t|sops_|mark_as|run_cmd|find_in|get_|path_rel)")
_MAY_BE_PATH = re.compile(r"\{\s*(?:local|include)\.[^}]*\}[^\"]*/|/[^\"]*\{\s*(?:local|include)\.")


_APART = frozenset(
    {("include", "path"), ("terraform", "source"), ("dependency", "config_path"), ("dependencies", "paths")}
)


class Said(Struct, frozen=True):
    """An expression and its line."""

    node: Node
    line: int


class Include(Struct, frozen=True):
    """An `include` block; an old one has no label."""

    label: str
    path: Said | None
    line: int


class Facts(Struct, frozen=True):
    """One file; `reads` are calls of READERS, `paths` other expressions that may come to a path.

    `var_files` and `arguments` are lists for the engine, `dependencies` paths of units, each or in lists.
    """

    locals: Mapping[str, str] = {}
    inputs: str | None = None
    includes: tuple[Include, ...] = ()
    source: Said | None = None
    dependencies: tuple[Said, ...] = ()
    reads: tuple[tuple[Call, int], ...] = ()
    paths: tuple[Said, ...] = ()
    var_files: tuple[Said, ...] = ()
    arguments: tuple[Said, ...] = ()
    problem: str | None = None
    problem_line: int | None = None


def read(content: bytes, *, is_json: bool = False) -> Facts:
    """The facts of a file. Never raises: what cannot be read is `problem`."""
    try:
        body = _body(content, is_json=is_json)
        return _facts(body)
    except Unreadable as error:
        return Facts(problem=str(error), problem_line=error.line)


def _body(content: bytes, *, is_json: bool) -> Body:
    if is_json:  # its blocks are not Terraform's, so which of its objects are blocks is not known
        raise Unreadable("is in JSON syntax, which is not looked into", 1)
    return blocks.read(content)


def _facts(body: Body) -> Facts:
    reads: list[tuple[Call, int]] = []
    paths: list[Said] = []
    for expression, line, is_apart in _expressions(body):
        node = parsed(expression)
        for each in nodes.walk(node) if node is not None else ():
            if isinstance(each, Call) and each.name in READERS:
                reads.append((each, line))
            elif not is_apart and _may_be_path(each):
                paths.append(Said(each, line))
    inputs = body.attribute("inputs")
    return Facts(
        locals=locals_of([body]),
        inputs=inputs.expression if inputs is not None else None,
        includes=tuple(_includes(body)),
        source=next(_said(body, "terraform", "source"), None),
        dependencies=(*_said(body, "dependency", "config_path"), *_said(body, "dependencies", "paths")),
        reads=tuple(reads),
        paths=tuple(paths),
        var_files=tuple(_extra(body, "required_var_files", "optional_var_files")),
        arguments=tuple(_extra(body, "arguments")),
    )


def _may_be_path(node: Node) -> bool:
    """Whether an expression may come to the path of a file, as far as its shape tells."""
    match node:
        case Call(name="find_in_parent_folders"):
            return True
        case Template(parts=parts):
            literal = any(isinstance(part, Literal) and "/" in str(part.value) for part in parts)
            return literal and any(
                (isinstance(each, Call) and each.name in _PLACES)
                or (isinstance(each, Reference) and each.name in _NAMES)
                for each in nodes.walk(node)
            )
        case _:
            return False


def _expressions(body: Body) -> Iterator[tuple[str, int, bool]]:
    """Every expression that may read something, with its line; and whether what it comes to is looked at by itself."""
    pending = [("", body)]
    while pending:
        type, current = pending.pop()
        pending.extend((block.type, block.body) for block in current.blocks)
        for each in current.attributes:
            if _is_telling(each.expression):
                yield each.expression, each.line, (type, each.name) in _APART


def _is_telling(expression: str) -> bool:
    return _MAY_READ.search(expression) is not None or _MAY_BE_PATH.search(expression) is not None


@lru_cache(maxsize=65_536)
def parsed(expression: str) -> Node | None:
    """The tree of an expression; None where it cannot be read."""
    try:
        return expressions.parse(expression)
    except Unreadable:
        return None


def _said(body: Body, type: str, name: str) -> Iterator[Said]:
    for block in body.all(type):
        attribute = block.body.attribute(name)
        node = parsed(attribute.expression) if attribute is not None else None
        if attribute is not None and node is not None:
            yield Said(node, attribute.line)


def _includes(body: Body) -> Iterator[Include]:
    for block in body.all("include"):
        attribute = block.body.attribute("path")
        node = parsed(attribute.expression) if attribute is not None else None
        path = Said(node, attribute.line) if attribute is not None and node is not None else None
        yield Include(block.labels[0] if block.labels else "", path, block.line)


def _extra(body: Body, *names: str) -> Iterator[Said]:
    """What `extra_arguments` say under some names."""
    for terraform in body.all("terraform"):
        for name in names:
            yield from _said(terraform.body, "extra_arguments", name)
