"""What of one Terragrunt file does more than describe a unit: programs that it runs, files that it writes or reads.

Only what is known to be harmless is passed over; a word that is not known here is told like `run_cmd`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from gitops_ci.kinds.terraform.language import blocks, evaluation, expressions
from gitops_ci.kinds.terraform.language.blocks import Attribute, Block, Body, Unreadable
from gitops_ci.kinds.terraform.language.nodes import Access, Call, Literal, Node, Reference, Sequence, Template, walk
from gitops_ci.kinds.terraform.language.values import Value
from gitops_ci.kinds.terraform.terragrunt.scope import Scope

_ALLOWED: Mapping[tuple[str, ...], frozenset[str] | None] = {
    (): frozenset(
        {"inputs", "skip", "prevent_destroy", "terragrunt_version_constraint", "terraform_version_constraint"}
    ),
    ("include",): frozenset({"path", "expose", "merge_strategy"}),
    ("locals",): None,
    ("dependency",): frozenset(
        {"config_path", "enabled", "skip_outputs", "mock_outputs", "mock_outputs_allowed_terraform_commands",
         "mock_outputs_merge_with_state", "mock_outputs_merge_strategy_with_state"}
    ),
    ("dependencies",): frozenset({"paths"}),
    ("terraform",): frozenset({"source", "include_in_copy", "exclude_from_copy", "copy_terraform_lock_file"}),
    ("terraform", "extra_arguments"): frozenset(
        {"commands", "arguments", "required_var_files", "optional_var_files"}
    ),
}  # fmt: skip
"""Block → its attributes; None for any."""
_NO_PROGRAM = frozenset(
    {"generate", "remote_state", "exclude", "feature", "errors", "catalog", "iam_role", "iam_assume_role_duration",
     "iam_assume_role_session_name", "iam_web_identity_token", "retryable_errors", "retry_max_attempts",
     "retry_sleep_interval_sec"}
)  # fmt: skip
"""Blocks and attributes that are refused in what is new, but start no program that the repository could hold."""
PLACES = frozenset(
    {"find_in_parent_folders", "get_terragrunt_dir", "get_original_terragrunt_dir", "get_parent_terragrunt_dir",
     "get_repo_root", "get_path_from_repo_root", "get_path_to_repo_root", "path_relative_to_include",
     "path_relative_from_include", "dirname"}
)  # fmt: skip
_READERS = frozenset(
    {"read_terragrunt_config", "read_tfvars_file", "file", "fileexists", "filebase64", "filemd5", "filesha1",
     "filesha256", "filesha512", "mark_as_read"}
)  # fmt: skip
_PURE_FUNCTIONS = """
abs alltrue anytrue base64decode base64encode basename can ceil chomp chunklist cidrhost cidrnetmask cidrsubnet
cidrsubnets coalesce coalescelist compact concat constraint_check contains deep_merge distinct element endswith
flatten floor format formatlist get_aws_account_alias get_aws_account_id get_aws_caller_identity_arn
get_aws_caller_identity_user_id get_platform get_terraform_commands_that_need_input
get_terraform_commands_that_need_locking get_terraform_commands_that_need_parallelism
get_terraform_commands_that_need_vars indent index join jsondecode jsonencode keys length lookup lower matchkeys max
md5 merge min one parseint range regex regexall replace reverse setintersection setproduct setsubtract setunion sha1
sha256 sha512 slice sort split startswith strcontains strrev substr sum title tobool tolist tomap tonumber toset
tostring transpose trim trimprefix trimspace trimsuffix try upper urlencode values yamldecode yamlencode zipmap
"""
_PURE = frozenset(_PURE_FUNCTIONS.split())
_VARIABLES = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION", "CLOUDSDK_COMPUTE_REGION", "GOOGLE_REGION"})
"""Of the environment: what is no secret. The plan's credentials are in there as well."""
_VAR_FILE = "-var-file="
_ARGUMENTS = ("-lock=", "-lock-timeout=", "-input=", "-no-color", "-compact-warnings", "-parallelism=", "-var=")
_DEEPEST = 10  # locals that are other locals


class Fault(Struct, frozen=True):
    """Something that is not harmless; `is_program`: what it does depends on files that it may run.

    `text` is all of the block or attribute that does it, whatever its line.
    """

    message: str
    line: int
    is_program: bool = False
    text: str = ""


def faults(content: bytes, scope: Scope, *, is_own: bool) -> Iterator[Fault]:
    """What of a file is not harmless where `scope` reads it. Raises Unreadable.

    `is_own`: it is the unit's own file, the only one that may include others.
    """
    yield from _of_body(blocks.read(content), (), scope, is_own=is_own)


def _of_body(body: Body, at: tuple[str, ...], scope: Scope, *, is_own: bool) -> Iterator[Fault]:
    allowed = _ALLOWED[at]
    for attribute in body.attributes:
        if allowed is not None and attribute.name not in allowed:
            told = [Fault(f"sets {attribute.name}", attribute.line, attribute.name not in _NO_PROGRAM)]
        else:
            told = list(_of_attribute(attribute, at, scope))
        yield from (structs.replace(each, text=text_of(attribute)) for each in told)
    for block in body.blocks:
        inner = (*at, block.type)
        if inner not in _ALLOWED or (block.type == "include" and not is_own):
            yield Fault(f"has a block {block.type}", block.line, block.type not in _NO_PROGRAM, text_of(block))
        else:
            yield from _of_body(block.body, inner, scope, is_own=is_own)


def text_of(part: Attribute | Block) -> str:
    """All of an attribute or block, whatever its lines and spaces between."""
    if isinstance(part, Attribute):
        return f"{part.name} = {part.expression}\n"
    parts: tuple[Attribute | Block, ...] = (*part.body.attributes, *part.body.blocks)
    inside = "".join(text_of(each) for each in parts)
    return f"{part.type} {json.dumps(part.labels)} {{\n{inside}}}\n"


def _of_attribute(attribute: Attribute, at: tuple[str, ...], scope: Scope) -> Iterator[Fault]:
    try:
        node = expressions.parse(attribute.expression)
    except Unreadable as error:
        raise Unreadable(str(error), attribute.line) from None
    for call in (each for each in walk(node) if isinstance(each, Call)):
        yield from _of_call(call, scope, attribute.line)
    match (*at, attribute.name):
        case ("include", "path") | ("dependency", "config_path"):
            paths: tuple[Node, ...] = (node,)
        case ("dependencies", "paths") | ("terraform", "extra_arguments", "required_var_files" | "optional_var_files"):
            paths = node.items if isinstance(node, Sequence) else (node,)
        case ("terraform", "extra_arguments", "arguments"):
            yield from _of_arguments(node, scope, attribute.line)
            return
        case ("terraform", "extra_arguments", "commands") if not _is_planned_as_applied(node):
            yield Fault("extra_arguments are not the same for plan and apply", attribute.line)
            return
        case _:
            return
    for each in paths:
        if not is_inside(each, scope):
            yield Fault(f"{attribute.name} is no plain path inside of the repository", attribute.line)


def _of_call(call: Call, scope: Scope, line: int) -> Iterator[Fault]:
    first = call.arguments[0] if call.arguments else None
    if call.name in _READERS:
        if first is None or not is_inside(first, scope):
            yield Fault(f"{call.name}() reads no plain path inside of the repository", line)
    elif call.name == "find_in_parent_folders":
        if not all(_is_name(each) for each in call.arguments) or not isinstance(evaluation.of(call, scope), str):
            yield Fault("find_in_parent_folders() finds no file of the repository", line)
    elif call.name == "get_env":
        if not (isinstance(first, Literal) and first.value in _VARIABLES):
            yield Fault("get_env() reads the environment, which holds the plan's credentials", line)
    elif call.name not in _PURE and call.name not in PLACES:
        yield Fault(f"calls {call.name}()", line, call.name == "run_cmd")


def _of_arguments(node: Node, scope: Scope, line: int) -> Iterator[Fault]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        parts = item.parts if isinstance(item, Template) and not item.is_computed else (item,)
        begin = parts[0].value if parts and isinstance(parts[0], Literal) else None
        if isinstance(begin, str) and begin.startswith(_VAR_FILE):
            value = evaluation.of(item, scope)
            is_plain = all(_is_plain(each, scope) for each in parts)
            name = value.removeprefix(_VAR_FILE) if isinstance(value, str) else None
            if not is_plain or not _is_place(name, scope):
                yield Fault("-var-file is no plain path inside of the repository", line)
        elif not (isinstance(begin, str) and begin.startswith(_ARGUMENTS)):
            yield Fault("extra_arguments gives an argument that is not known to be harmless", line, True)


def _is_planned_as_applied(commands: Node) -> bool:
    """Whether arguments count for both `plan` and `apply`, or for neither."""
    match commands:
        case Call(name=name):
            return name.startswith("get_terraform_commands_that_need_")
        case Sequence(items=items):
            words = [each.value for each in items if isinstance(each, Literal)]
            return len(words) == len(items) and ("plan" in words) is ("apply" in words)
        case _:
            return False


def is_inside(node: Node, scope: Scope) -> bool:
    """Whether a path is written so that it can be told for certain, and neither leaves the repository nor is a link."""
    return _is_plain(node, scope) and _is_place(evaluation.of(node, scope), scope)


def _is_place(path: Value, scope: Scope) -> bool:
    place = scope.files.place(path, scope.base)
    return place is not None and not any(True for _ in scope.files.snapshot.links_on(place))


def is_plain(node: Node, scope: Scope) -> bool:
    """Whether a text is written down: by itself, by Terragrunt's functions about places, by locals that are so."""
    return _is_plain(node, scope, names=_DEEPEST)


def _is_plain(node: Node, scope: Scope, names: int = 0) -> bool:
    match node:
        case Literal(value=str()):
            return True
        case Template(parts=parts, is_computed=False):
            return all(_is_plain(each, scope, names) for each in parts)
        case Call(name=name, arguments=arguments) if name in PLACES:
            return all(_is_plain(each, scope) for each in arguments)
        case Access(of=Reference(name="local"), key=str(key)) if names:
            return _is_plain_local(key, scope, names)
        case Access(of=Access(of=inner, key="locals"), key=str(key)) if names:
            included = _included(inner, scope)
            return included is not None and _is_plain_local(key, included, names)
        case _:
            return False


def _is_plain_local(name: str, scope: Scope, names: int) -> bool:
    text = scope.facts.locals.get(name)
    try:
        return text is not None and _is_plain(expressions.parse(text), scope, names - 1)
    except Unreadable:
        return False


def _included(node: Node, scope: Scope) -> Scope | None:
    match node:
        case Access(of=Reference(name="include"), key=str(label)):
            return scope.includes.get(label)
        case Reference(name="include"):
            return scope.includes.get("")
        case _:
            return None


def _is_name(node: Node) -> bool:
    return (
        isinstance(node, Literal) and isinstance(node.value, str) and ".." not in node.value and node.value[:1] != "/"
    )
