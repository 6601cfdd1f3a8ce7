"""Modules of Rego as items: packages, rules by their full name, tests apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from gitops_ci.kinds.security import policies
from gitops_ci.kinds.security.items import Item
from gitops_ci.kinds.security.rego import Definition, Parsed

_TEST = re.compile(r"(?:todo_)?test_")


def items(modules: Mapping[str, Parsed]) -> Iterator[Item]:
    """A package, a rule, and the tests of a package are an item each, whichever files they lie in."""
    packages: dict[str, list[str]] = defaultdict(list)
    for path in sorted(modules):
        packages[modules[path].package].append(path)
    for package, paths in packages.items():
        rules: dict[str, list[tuple[str, Definition]]] = defaultdict(list)
        tests: list[tuple[str, Definition]] = []
        for path in paths:
            for each in modules[path].definitions:
                is_test = path.endswith("_test.rego") or _TEST.match(each.name)
                (tests if is_test else rules[each.name]).append((path, each))
        yield from _package(package, [(path, modules[path]) for path in paths])
        for name, found in rules.items():
            if found:
                yield _rule(f"data.{package}.{name}", found)
        if tests:
            yield _tests(package, tests)


def _package(package: str, modules: list[tuple[str, Parsed]]) -> Iterator[Item]:
    """What a package imports and says of itself; nothing where it does neither."""
    imports = sorted({each for _, module in modules for each in module.imports})
    metadata = "\n\n".join(sorted(filter(None, (module.metadata for _, module in modules))))
    content = {"imports": imports, "metadata": metadata}
    if imports or metadata:
        path, module = modules[0]
        address = f"rego.package data.{package}"
        yield Item(
            key=("rego.package", package),
            address=address,
            type="rego.package",
            path=path,
            line=module.line,
            content={name: value for name, value in content.items() if value},
            kept=False,
        )


def _rule(name: str, found: list[tuple[str, Definition]]) -> Item:
    chunks: dict[str, list[Definition]] = defaultdict(list)
    for path, definition in found:
        chunks[path].append(definition)
    texts = sorted("\n\n".join(each.text for each in chunk) for chunk in chunks.values())  # whatever files are called
    metadata = "\n\n".join(sorted(filter(None, (each.metadata for _, each in found))))
    content = {"text": "\n\n".join(texts)} | ({"metadata": metadata} if metadata else {})
    path, first = found[0]
    definitions = tuple(each for _, each in found)
    return Item(
        key=("rego.rule", name),
        address=f"rego.rule {name}",
        type="rego.rule",
        path=path,
        line=first.line,
        content=content,
        meaning=sorted(map(repr, (each.words for each in definitions))),
        opens=policies.opens(definitions),
        closes=("refuses anything",) if policies.is_denying(definitions) else (),
        facts=definitions,
    )


def _tests(package: str, found: list[tuple[str, Definition]]) -> Item:
    content: dict[str, str] = {}
    for _, each in found:
        content[each.name] = f"{content[each.name]}\n\n{each.text}" if each.name in content else each.text
    return Item(
        key=("rego.tests", package),
        address=f"rego.tests data.{package}",
        type="rego.tests",
        path=found[0][0],
        line=found[0][1].line,
        content=content,
        meaning=sorted(repr((each.head, each.conditions)) for _, each in found),
        closes=("tests anything",),
    )
