from __future__ import annotations

from gitops_ci.config import Config, Layout, StackPattern
from gitops_ci.kinds import security
from gitops_ci.kinds.protocol import KindModule
from tests.unit.kinds.security.sides import side

KIND: KindModule = security
"""mypy proves it; the test below is for those who run without."""
FILES = {
    "shared/security/rbac/policy.csv": "",
    "shared/security/security/nested.yaml": "",
    "environments/production/security/rbac.yaml": "",
    "environments/dev/policies/x/y.yaml": "",
    "environments/production/k8s/security.yaml": "",
    "security/outside.yaml": "",
    "apps/security/outside.yaml": "",
}


def test_the_module_is_a_kind() -> None:
    assert all(callable(getattr(KIND, name)) for name in ("find", "plan", "inspect", "check"))
    assert KIND.RUNS_CODE is False


def test_stacks_are_the_directories_that_are_called_like_the_kind() -> None:
    """Ids and paths are promised: they did not change when the planner came."""
    seen = side(FILES)
    assert {stack.id: stack.path for stack in seen.stacks.values()} == {
        "development/security/main": "environments/dev/policies",
        "production/security/main": "environments/production/security",
        "shared/security/main": "shared/security",
    }


def test_declared_stacks_replace_the_guess() -> None:
    pattern = StackPattern(kind="security", path="apps/{name}", environment="production")
    config = Config(layout=Layout(stacks=(pattern,)))
    seen = side(FILES, config=config)
    assert list(seen.stacks) == ["production/security/security"]


def test_a_kustomization_reads_what_it_names_and_what_that_names() -> None:
    seen = side(
        {
            "environments/production/security/kustomization.yaml": "resources: [a.yaml, ../../../base]\n"
            "patches: [{path: ../../../patches/p.yaml}, {patch: 'x: 1'}]\n",
            "environments/production/security/a.yaml": "",
            "base/kustomization.yaml": "resources: [b.yaml, ../more, https://example.com/x]\n",
            "base/b.yaml": "",
            "more/kustomization.yaml": "resources: [../base]\n",
            "more/c.yaml": "",
            "patches/p.yaml": "",
            "patches/q.yaml": "",
        }
    )
    assert seen.graph.closure("production/security/main", seen.snapshot) == {
        "environments/production/security/kustomization.yaml",
        "environments/production/security/a.yaml",
        "base/kustomization.yaml",
        "base/b.yaml",
        "more/kustomization.yaml",
        "patches/p.yaml",
    }


def test_a_kustomization_that_names_the_root_does_not_read_everything() -> None:
    seen = side({"shared/security/kustomization.yaml": "resources: [../..]\n", "kustomization.yaml": "resources: [a.yaml]\n",
                 "a.yaml": "", "b.yaml": ""})  # fmt: skip
    closure = seen.graph.closure("shared/security/main", seen.snapshot)
    assert closure == {"shared/security/kustomization.yaml", "kustomization.yaml", "a.yaml"}


def test_links_lead_to_what_is_read() -> None:
    seen = side({"shared/security/a.rego": "", "lib/b.rego": "", "one/c.rego": "", "one/d.rego": ""},
                links={"shared/security/lib": "../../lib", "shared/security/c.rego": "../../one/c.rego"})  # fmt: skip
    closure = seen.graph.closure("shared/security/main", seen.snapshot)
    assert {"lib/b.rego", "one/c.rego"} <= closure
    assert "one/d.rego" not in closure


def test_a_broken_kustomization_is_no_crash() -> None:
    seen = side(
        {"shared/security/kustomization.yaml": "resources: [\n", "shared/security/more/kustomization.yml": "- 1"}
    )
    assert list(seen.stacks) == ["shared/security/main"]
