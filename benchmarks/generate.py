"""Writes git repositories to measure on: a monorepo of Terraform roots by environment and team, with shared modules."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import content, measure

ENVIRONMENTS = ("development", "staging", "production")
TEAMS = ("payments", "search", "identity", "logistics", "storefront", "data", "platform", "messaging")
MODULES = "shared/terraform/modules"
Files = Mapping[str, str]


@dataclass(frozen=True)
class Monorepo:
    """The sizes of a repository, and what is in it; the same sizes give the same bytes.

    Each root has seven `.tf` files and uses three modules, one of them among the first eight: those are popular. The
    upper half of the modules, five `.tf` files each, uses one or two of the lower half; one in seven reads a template
    of its own. `others` are files of other kinds, which applications, clusters and databases beside them are made of.
    """

    roots: int = 1500
    modules: int = 300
    others: int = 6954  # with the roots' own var files, READMEs and so on 22,000 files in all

    @classmethod
    def of(cls, roots: int) -> Monorepo:
        """One of the usual proportions, with so many roots."""
        return cls(roots, max(4, roots // 5), round(roots * cls.others / cls.roots))

    @cached_property
    def directories(self) -> tuple[str, ...]:
        """The roots: `environments/<environment>/terraform/<team>/<service>`."""
        return tuple(self._directory(number) for number in range(self.roots))

    def _directory(self, number: int) -> str:
        service, environment = divmod(number, len(ENVIRONMENTS))
        ordinal, team = divmod(service, len(TEAMS))
        return f"environments/{ENVIRONMENTS[environment]}/terraform/{TEAMS[team]}/service-{ordinal:03}"

    def used_by_root(self, number: int) -> tuple[int, ...]:
        """The modules that a root calls."""
        service = number // len(ENVIRONMENTS)
        popular = service % min(8, self.modules)
        return tuple(sorted({popular, *((service * step + step) % self.modules for step in (7, 13))}))

    def used_by_module(self, number: int) -> tuple[int, ...]:
        """The modules that a module calls: only ones of the lower half, which call none."""
        half = self.modules // 2
        if number < half or not half:
            return ()
        return tuple(sorted({(number * 3) % half, (number * 5 + 1) % half} if number % 2 else {(number * 3) % half}))

    def reached_from(self, module: int) -> frozenset[str]:
        """The roots that a change of one module reaches."""
        callers = {module} | {other for other in range(self.modules) if module in self.used_by_module(other)}
        return frozenset(self.directories[root] for root in range(self.roots) if callers & {*self.used_by_root(root)})

    def files(self) -> Files:
        """Path → content of everything."""
        found = dict(content.FRAME)
        for number, directory in enumerate(self.directories):
            found.update((f"{directory}/{name}", text) for name, text in self._root(number))
        for number in range(self.modules):
            found.update((f"{_module(number)}/{name}", text) for name, text in self._module(number))
        found.update(self._other(number) for number in range(self.others))
        return found

    def _root(self, number: int) -> Iterator[tuple[str, str]]:
        directory = self.directories[number]
        _, environment, _, team, service = directory.split("/")
        up = "../" * (directory.count("/") + 1)
        calls = "".join(
            content.CALL.format(name=f"part_{used:03}", source=f"{up}{_module(used)}", team=team, service=service)
            for used in self.used_by_root(number)
        )
        words = {"environment": environment, "team": team, "service": service}
        yield "main.tf", content.MAIN.format(calls=calls, **words)
        yield "variables.tf", content.VARIABLES.format(**words)
        yield "outputs.tf", "".join(content.OUTPUT.format(name=f"part_{used:03}") for used in self.used_by_root(number))
        yield "terraform.tf", content.SETTINGS.format(**words)
        yield "providers.tf", content.PROVIDERS.format(**words)
        yield "monitoring.tf", content.MONITORING.format(**words)
        yield "iam.tf", content.IAM.format(**words)
        yield "terraform.tfvars", content.VALUES.format(instances=number % 5 + 1, **words)
        yield "README.md", f"# {service}\n\nThe {environment} of {service}, which {team} looks after.\n"

    def _module(self, number: int) -> Iterator[tuple[str, str]]:
        part = f"part-{number:03}"
        words = {"environment": "every environment", "team": "platform", "service": part}
        calls = "".join(
            content.CALL.format(name=f"inner_{used:03}", source=f"../part-{used:03}", team="platform", service=part)
            for used in self.used_by_module(number)
        )
        template = content.TEMPLATE if number % 7 == 0 else ""
        yield "main.tf", content.MODULE.format(number=number, calls=calls) + template
        yield "variables.tf", content.VARIABLES.format(**words)
        yield "outputs.tf", content.MODULE_OUTPUT.format(number=number)
        yield "versions.tf", content.VERSIONS
        yield "iam.tf", content.IAM.format(**words)
        if template:
            yield "templates/start.sh", f"#!/bin/sh\necho part {number} ${{name}}\n"

    def _other(self, number: int) -> tuple[str, str]:
        ordinal, form = divmod(number, len(content.OTHERS))
        team = TEAMS[ordinal % len(TEAMS)]
        path, text = content.OTHERS[form]
        words = {"number": ordinal, "team": team, "environment": ENVIRONMENTS[ordinal % len(ENVIRONMENTS)]}
        return path.format(**words), text.format(**words)


def change(repository: Monorepo, files: Files, *, module: int | None, root: int | None) -> Files:
    """The files of a second commit that changes one shared module, one root, or both."""
    directories = ([] if module is None else [_module(module)]) + (
        [] if root is None else [repository.directories[root]]
    )
    return {f"{each}/main.tf": files[f"{each}/main.tf"] + "\n# Reviewed.\n" for each in directories}


def write(directory: Path, *commits: Files) -> None:
    """A git repository with these commits, packed and checked out; each holds what differs from the one before."""
    directory.mkdir(parents=True)
    measure.git(directory, "init", "--quiet", "--initial-branch=main")
    stream = b"".join(part for number, files in enumerate(commits, 1) for part in _commit(number, files))
    measure.git(directory, "fast-import", "--quiet", stdin=stream)
    measure.git(directory, "repack", "-a", "-d", "-q")
    measure.git(directory, "reset", "--hard", "--quiet", "main")
    # Files as old as the index are read again by git (racy-git(7)); a checkout that a job does long before has none.
    later = time.time() + 2
    os.utime(directory / ".git" / "index", (later, later))


def unpack(directory: Path) -> None:
    """Writes every object of a packed repository into a file of its own."""
    objects = directory / ".git" / "objects"
    for pack in list(objects.glob("pack/*.pack")):
        outside = directory.parent / pack.name
        pack.rename(outside)
        measure.git(directory, "unpack-objects", "-q", stdin=outside.read_bytes())
        outside.unlink()
    for rest in objects.glob("pack/*"):
        rest.unlink()
    later = time.time() + 2
    os.utime(directory / ".git" / "index", (later, later))


def _commit(number: int, files: Files) -> Iterator[bytes]:
    parent = f"from :{number - 1}\n" if number > 1 else ""
    author = f"A <a@example.com> {1_700_000_000 + number} +0000"
    yield f"commit refs/heads/main\nmark :{number}\ncommitter {author}\ndata 0\n{parent}".encode()
    for path, text in files.items():
        content = text.encode()
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)


def _module(number: int) -> str:
    return f"{MODULES}/part-{number:03}"
