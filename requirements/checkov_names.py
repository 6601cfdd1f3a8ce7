"""Prints the names of checkov's checks by their ids as JSON; run by the Python of checkov's own environment.

.venv-checkov/bin/python -I requirements/checkov_names.py >gitops_ci/policy/rules/checkov.json
"""

from __future__ import annotations

import json

ASKED = frozenset({"Terraform", "Cloudformation", "Kubernetes", "dockerfile", "github_actions"})


def main() -> None:
    """One line a check, so that a newer checkov changes the lines of what it renamed."""
    from checkov.docs_generator import get_checks

    names: dict[str, str] = {}
    for id, _, _, name, framework, *_ in get_checks(["all"]):
        if framework in ASKED and id.startswith("CKV"):
            names.setdefault(id, " ".join(name.split()))
    lines = (f"{json.dumps(id)}: {json.dumps(name)}" for id, name in sorted(names.items()))
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
