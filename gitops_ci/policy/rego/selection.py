"""Which files of a repository may have the form that a policy reads."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from gitops_ci.discover import naming
from gitops_ci.policy.documents import files
from gitops_ci.policy.rego.forms import Form


def takes(form: Form, patterns: tuple[str, ...], named: Container[str] = ()) -> Callable[[str], bool]:
    """Whether a path is one of a file that may have the form; `named` hold objects, whatever they are called."""
    matching = [naming.compiled(pattern) for pattern in patterns]
    formats = _FORMATS[form]

    def wanted(path: str) -> bool:
        is_named = form in ("review", "object") and path in named
        if is_named or (path.endswith(".sql") if form == "sql" else files.format_of(path) in formats):
            return not matching or any(each.fullmatch(path) for each in matching)
        return False

    return wanted


_FORMATS: Mapping[Form, frozenset[str]] = {
    "review": frozenset({"YAML", "JSON"}),
    "object": frozenset({"YAML", "JSON"}),
    "hcl": frozenset({"HCL"}),
    "file": frozenset({"YAML", "JSON", "TOML", "HCL", "Dockerfile"}),
    "sql": frozenset(),
    "plan": frozenset(),
}
