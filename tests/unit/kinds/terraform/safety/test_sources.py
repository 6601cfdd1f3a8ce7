from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.kinds.terraform import safety
from gitops_ci.kinds.terraform.safety import sources
from tests.unit.kinds.terraform.safety.changes import HARMLESS, ROOT, STACK, config, end, found, refused

RULE = "terraform/module-not-allowed"
OTHER = "environments/production/terraform/main.tf"
MODULES = {"modules/m/main.tf": HARMLESS}


def use(source: str) -> str:
    return f'module "m" {{\n  source = "{source}"\n}}\n'


def test_modules_of_the_repository_are_allowed() -> None:
    assert refused({ROOT: HARMLESS, **MODULES}, {ROOT: use("../../../modules/m"), **MODULES}) is None


@pytest.mark.parametrize(
    "source",
    ["/etc", "file:///etc", "git::file:///repo", "git::/repo", "../../../../x", "./../../../../../x", "${local.x}",
     "git::https://evil.example/x.git", "github.com/evil/x", "evil/vpc/aws", "registry.evil.example/a/b/c",
     "https://evil.example/x.zip", "s3::https://s3.amazonaws.com/x/y.zip", "git::ext::sh -c id", "C:\\\\x", "x"],
)  # fmt: skip
def test_others_are_not(source: str) -> None:
    base, head = {ROOT: HARMLESS}, {ROOT: use(source)}
    problem = refused(base, head)
    assert problem is not None
    assert (problem.code, problem.path) == ("not-allowed", ROOT)
    assert RULE in found(base, head)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("git::https://github.com/acme/m.git?ref=v1", "git::https://github.com/acme/m.git?ref=v2", True),
        ("git::https://github.com/acme/m.git?ref=v1", "git::ssh://git@github.com/acme/m.git?ref=v2", True),
        ("github.com/acme/m", "git@github.com:acme/m.git?ref=v2", True),
        ("github.com/acme/m//a?ref=v1", "github.com/acme/m//b?ref=v1", True),
        ("acme/vpc/aws", "acme/vpc/aws//modules/x", True),
        ("git::https://github.com/acme/m.git", "git::https://github.com/evil/m.git", False),
        ("git::https://github.com/acme/m.git", "git::http://github.com/acme/m.git", False),
        ("git::http://git.acme.example/m.git", "git::http://git.acme.example/m.git?ref=v2", True),
        ("git::https://github.com/acme/m.git", "git::https://github.com@evil.example/acme/m.git", False),
        ("git::https://github.com/acme/m.git", "git::https://evil.example/github.com/acme/m.git", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com/acme/m/../../evil/m.git", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com/acme/%2e%2e/evil/m", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com/acme/m.git?ref=refs/pull/7/head", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com/acme/m.git?ref=pull/7/head", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com/acme/m.git?ref=--upload-pack=x", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com/acme/m.git?sshkey=x", False),
        ("git::https://github.com/acme/m.git", "git::https://github.com:8443/acme/m.git", False),
        ("acme/vpc/aws", "registry.evil.example/acme/vpc/aws", False),
    ],
)  # fmt: skip
def test_another_version_of_what_base_uses_is_allowed_another_place_is_not(before: str, after: str, same: bool) -> None:
    base = {ROOT: HARMLESS, OTHER: use(before)}
    assert (refused(base, {**base, ROOT: use(after)}) is None) is same
    assert (refused({ROOT: use(before)}, {ROOT: use(after)}) is None) is same


@pytest.mark.parametrize(
    ("pattern", "source", "allowed"),
    [
        ("terraform-aws-modules/*", "terraform-aws-modules/vpc/aws", True),
        ("github.com/acme/*", "git::https://github.com/acme/m.git?ref=v1", True),
        ("git::https://github.com/acme/*", "git@github.com:acme/m.git", True),
        ("git@github.com:acme/*", "github.com/acme/m//x", True),
        ("*.acme.example/*", "git::https://git.acme.example/x/y", True),
        ("*.acme.example/*", "git::https://evil.com/x.acme.example/y", False),
        ("github.com/acme/*", "github.com/acmeevil/m", False),
        ("github.com/acme/*", "git::https://github.com/acme/../evil/m", False),
        ("*", "/etc", False),
    ],
)  # fmt: skip
def test_patterns_of_the_configuration(pattern: str, source: str, allowed: bool) -> None:
    settings = config(f'kinds: {{terraform: {{modules: {{allow: ["{pattern}"]}}}}}}\n')
    assert (refused({ROOT: HARMLESS}, {ROOT: use(source)}, settings) is None) is allowed


def test_a_source_in_an_override_file_counts() -> None:
    base = {ROOT: use("../../../modules/m"), **MODULES}
    head = {**base, ROOT.replace("main", "override"): use("github.com/evil/x")}
    assert refused(base, head) is not None


def test_an_address_has_neither_user_nor_version_nor_folder() -> None:
    assert sources.of("git::ssh://git@GitHub.com/acme/m.git//a/b?ref=v1&depth=1") == "github.com/acme/m"


def test_a_server_without_encryption_is_allowed_by_name_only() -> None:
    assert sources.plain("git::http://git.acme.example/*") == "http+git.acme.example/*"
    assert sources.of("git::http://git.acme.example/a/b.git?ref=v1") == "http+git.acme.example/a/b"


def test_many_new_sources_are_looked_for_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    stream = Snapshot.stream

    def counted(self: Snapshot, paths: Iterable[str], **limit: int) -> Iterator[tuple[str, bytes]]:
        wanted = list(paths)
        passes.append(len(wanted))
        return stream(self, wanted, **limit)

    monkeypatch.setattr(Snapshot, "stream", counted)
    base = {ROOT: HARMLESS} | {f"environments/production/terraform/{n}/main.tf": HARMLESS for n in range(40)}
    calls = "".join(f'module "m{n}" {{\n  source = "evil{n}/x{n}/aws"\n}}\n' for n in range(300))
    judged = end({**base, ROOT: calls})
    told = safety.findings(judged.stacks[STACK], end(base), judged)
    assert passes.count(41) == 1
    assert len(told) == 100
    assert told[-1].message.endswith("(and 200 more)")


def test_what_is_run_is_not_hidden_behind_what_is_not() -> None:
    block = 'resource "terraform_data" "a{0}" {{\n  provisioner "local-exec" {{\n    command = "id"\n  }}\n}}\n'
    hidden = "".join(block.format(n) for n in range(200)) + use("evil/x/aws")
    told = found({ROOT: HARMLESS}, {ROOT: hidden})
    assert RULE in told
    assert refused({ROOT: HARMLESS}, {ROOT: hidden}) is not None
