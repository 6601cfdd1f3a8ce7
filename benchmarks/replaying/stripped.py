"""Rewrites a Terraform file so that Terraform evaluates all its expressions without any provider.

Every resource and data source becomes a `terraform_data` (built in) that is given each of its expressions, every
reference to one becomes a value that is not known, as that of a resource that is still to be made. What `file()` and
its like read is then read by Terraform itself, with the variables, locals, modules, `for_each` and `count` there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.replaying.configuration import Attribute, Block

UNKNOWN = "local.oracle_unknown"
FRAME = """
resource "terraform_data" "oracle" {}
locals {
  oracle_unknown = jsondecode(terraform_data.oracle.id)
}
"""
"""What every directory gets: an id that is not known before the apply, decoded, has no known type either."""

_REFERENCE = re.compile(r"(?<![\w.-])(?:(data|ephemeral|resource)\s*\.\s*)?([A-Za-z_][\w-]*)\s*\.\s*([A-Za-z_*][\w-]*)")
_ONE_OF = re.compile(r"contains\(\s*\[([^\[\]]*)\]\s*,\s*var\.")
_STRING = re.compile(r'"([\w.-]+)"')
_META = frozenset({"count", "for_each", "provider", "providers", "depends_on", "ignore_changes"})
_LEFT_OUT = frozenset({"terraform", "moved", "removed", "import", "variable", "locals", "output"})
_QUOTED_TYPE = {"string": "string", "list": "list(any)", "map": "map(any)"}  # as Terraform 0.11 had them

_FILE = "filesha256({0})"
_TREE = '[for f in fileset({0}, "**") : filesha256("${{{0}}}/${{f}}")]'
_WORDS = '[for w in split(" ", {0}) : filesha256(w) if fileexists(w)]'
READS = {
    ("archive_file", "source_dir"): _TREE,
    ("archive_file", "source_file"): _FILE,
    ("aws_lambda_function", "filename"): _FILE,
    ("aws_lambda_layer_version", "filename"): _FILE,
    ("aws_s3_bucket_object", "source"): _FILE,
    ("aws_s3_object", "source"): _FILE,
    ("google_storage_bucket_object", "source"): _FILE,
    ("helm_release", "chart"): _TREE,
    ("local_file", "filename"): _FILE,
    ("local_sensitive_file", "filename"): _FILE,
    ("provisioner file", "source"): _FILE,
    ("provisioner local-exec", "command"): _WORDS,
    ("sops_file", "source_file"): _FILE,
    ("terraform_remote_state", "config"): "filesha256({0}.path)",
}
"""Arguments that their provider (or provisioner) reads a file or folder by, and functions that read the same."""


@dataclass(frozen=True)
class Slot:
    """A place of an expression that may turn out not to be evaluable.

    Tried in turn: as it is, in `try()`, replaced by `instead`, the whole attribute left out.
    """

    name: str
    expression: str
    instead: str = UNKNOWN

    def written(self, attempt: int) -> str:
        """The text of one attempt; a name is given where it is an attribute and no element of a list."""
        match attempt:
            case 0:
                value = self.expression
            case 1 if self.name not in ("count", "for_each"):  # these are refused for not being known, which stays
                value = f"try({self.expression}, {self.instead})"
            case 1 | 2:
                value = self.instead
            case _:
                return "" if self.name else UNKNOWN
        return f"{self.name} = {value}" if self.name else value


@dataclass
class Rewritten:
    """A file's new text, in pieces."""

    pieces: list[str | Slot] = field(default_factory=list)

    def text(self, attempts: Mapping[int, int]) -> tuple[bytes, list[tuple[int, int, int]]]:
        """The file, and (first byte, last byte, number) of each slot; `attempts` has the number of each that failed."""
        written = b""
        spans: list[tuple[int, int, int]] = []
        for number, piece in enumerate(self.pieces):
            text = (piece if isinstance(piece, str) else piece.written(attempts.get(number, 0))).encode()
            if isinstance(piece, Slot):
                spans.append((len(written), len(written) + len(text), number))
            written += text
        return written, spans


@dataclass(frozen=True)
class Scope:
    """What names mean in one directory: `cut` module calls have no local source, `asked` variables no default."""

    resources: frozenset[tuple[str, str]]
    cut: frozenset[str]
    asked: frozenset[str]
    is_root: bool

    def rewritten(self, expression: str, *, instance: bool = True) -> str:
        """An expression without references to resources; without `instance` also without `each` and `count`."""
        return _REFERENCE.sub(lambda match: self._reference(match, instance=instance), expression)

    def _reference(self, match: re.Match[str], *, instance: bool) -> str:
        prefix, first, second = match.groups()
        if prefix is not None or (first, second) in self.resources:
            return UNKNOWN
        if first == "module" and second in self.cut:
            return UNKNOWN
        if first == "self":
            return f"{UNKNOWN}.{second}"
        if not instance and first in ("each", "count"):
            return UNKNOWN
        if first == "var" and second in self.asked:
            return f"local.oracle_var_{second}"
        return match[0]


def scope(files: Iterable[Block], *, is_root: bool, missing: Callable[[str], bool]) -> Scope:
    """The names of one directory; `missing` says whether a local source leads nowhere."""
    blocks = [block for file in files for block in file.blocks]
    calls = [(block.labels[:1], block.local_source) for block in blocks if block.type == "module"]
    asked = {
        block.labels[0]
        for block in blocks
        if is_root and block.type == "variable" and block.labels and block.attribute("default") is None
    }
    return Scope(
        resources=frozenset((b.labels[0], b.labels[1]) for b in blocks if b.type == "resource" and len(b.labels) == 2),
        cut=frozenset(label for labels, source in calls for label in labels if source is None or missing(source)),
        asked=frozenset(asked),
        is_root=is_root,
    )


def reads(block: Block) -> bool:
    """Whether anything in a block can read a file: all of Terraform's functions that do have `file` in their name."""
    if block.type == "provisioner" or (block.labels and any(type_ == block.labels[0] for type_, _ in READS)):
        return True
    return any("file" in each.expression for each in block.attributes) or any(map(reads, block.blocks))


def choices(blocks: Iterable[Block]) -> list[list[str]]:
    """For each variable that may only have certain values (`contains([…], var.x)`): those, as `-var` arguments."""
    found: list[list[str]] = []
    for block in blocks:
        conditions = (inner.attribute("condition") or "" for inner in block.blocks if block.type == "variable")
        lists = filter(None, map(_ONE_OF.search, conditions))
        found += [[f"-var={block.labels[0]}={value}" for value in _STRING.findall(match[1])] for match in lists]
    return [each for each in found if each]


def rewrite(file: Block, names: Scope, called: str) -> Rewritten:
    """One file of a directory whose names are `names`; no other file there is `called` the same."""
    made = Rewritten()
    for number, block in enumerate(file.blocks):
        made.pieces.extend(_block(block, f"{called}_{number}", names))
    return made


def _block(block: Block, distinct: str, names: Scope) -> Iterator[str | Slot]:
    match block.type:
        case "variable" if block.labels:
            yield from _variable(block, names)
        case "locals":
            yield "locals {\n"
            for each in block.attributes:
                yield from (Slot(each.name, names.rewritten(each.expression)), "\n")
            yield "}\n"
        case "output" if block.labels:
            yield f'output "{block.labels[0]}" {{\n'
            yield Slot("value", names.rewritten(block.attribute("value") or "null"))
            yield "\n  sensitive = true\n}\n" if names.is_root else "\n}\n"
        case "module" if block.labels and block.labels[0] not in names.cut:
            yield from _call(block, names)
        case kind if kind not in _LEFT_OUT:
            yield from _evaluated(block, distinct, names)


def _variable(block: Block, names: Scope) -> Iterator[str]:
    """The variable without its conditions; one that the root's caller has to give is not known where nobody does."""
    name, type_, default = block.labels[0], block.attribute("type"), block.attribute("default")
    yield f'variable "{name}" {{\n'
    if type_ is not None:
        quoted = _QUOTED_TYPE.get(type_.strip('" '), type_)
        yield f"  type = {quoted}\n"
    if default is not None or names.is_root:
        yield f"  default = {default or 'null'}\n"
    yield "}\n"
    if name in names.asked:
        yield f"locals {{\n  oracle_var_{name} = var.{name} == null ? {UNKNOWN} : var.{name}\n}}\n"


def _call(block: Block, names: Scope) -> Iterator[str | Slot]:
    """A call of a local module; where it has instances, once more for one whose key is not known."""
    repeated = [each for each in block.attributes if each.name in ("count", "for_each")]
    for instance in (True, False) if repeated else (True,):
        prefix = "" if instance else "oracle_"
        yield f'module "{prefix}{block.labels[0]}" {{\n  source = "{block.local_source}"\n'
        if instance:
            yield from _repetition(repeated, names)
        for each in block.attributes:
            if each.name not in _META | {"source", "version"}:
                yield from (Slot(each.name, names.rewritten(each.expression, instance=instance)), "\n")
        yield "}\n"


def _evaluated(block: Block, distinct: str, names: Scope) -> Iterator[str | Slot]:
    """A block of any other type: all its expressions as the input of a `terraform_data`."""
    repeated = [each for each in block.attributes if each.name in ("count", "for_each")]
    label = "_".join(("oracle", block.type, *block.labels, distinct))
    label = re.sub(r"[^\w-]", "_", label)
    for instance in (True, False) if repeated else (True,):
        yield f'resource "terraform_data" "{label}{"" if instance else "_any"}" {{\n'
        if instance:
            yield from _repetition(repeated, names)
        yield "  input = [\n"
        for expression in _expressions(block, block.labels[0] if block.labels else ""):
            yield from (Slot("", names.rewritten(expression, instance=instance)), ",\n")
        yield "  ]\n}\n"


def _repetition(repeated: Iterable[Attribute], names: Scope) -> Iterator[str | Slot]:
    for each in repeated:
        instead = "0" if each.name == "count" else "toset([])"
        yield from (Slot(each.name, names.rewritten(each.expression), instead), "\n")


def _expressions(block: Block, type_: str) -> Iterator[str]:
    """Every expression of a block and of those in it; what a provider would read is read with a function."""
    for each in block.attributes:
        if each.name in _META:
            continue
        yield each.expression
        if (read := READS.get((type_, each.name))) is not None:
            yield read.format(each.expression)
    for inner in block.blocks:
        if inner.type == "dynamic" and inner.labels:
            yield from _dynamic(inner, type_)
        else:
            name = f"provisioner {inner.labels[0]}" if inner.type == "provisioner" and inner.labels else type_
            yield from _expressions(inner, name)


def _dynamic(block: Block, type_: str) -> Iterator[str]:
    """A dynamic block's contents for each element (its iterator has a key and a value)."""
    iterator = (block.attribute("iterator") or block.labels[0]).strip()
    elements = block.attribute("for_each") or "[]"
    yield elements
    contents = [each for inner in block.blocks if inner.type == "content" for each in _expressions(inner, type_)]
    if contents:
        pairs = f"[for oracle_key, oracle_value in {elements} : {{ key = oracle_key, value = oracle_value }}]"
        yield f"[for {iterator} in {pairs} : [{', '.join(contents)}]]"
