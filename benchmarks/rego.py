"""50 packages of Rego and 1,000 inputs: our engines against `opa eval`'s own evaluation, as a ratio in one run.

    python -I benchmarks/rego.py [--packages 50] [--inputs 1000]

`opa eval` is timed by its own metrics (`timer_rego_query_eval_ns`) over all inputs in one query. Where `opa` is not on
PATH this says so, and only the embedded engine's milliseconds an input are told.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gitops_ci.policy.rego.engine import Bundle, Limits, Module, RegoEngine
from gitops_ci.system import rego, rego_opa
from gitops_ci.system.process import Stop

POLICY = """package bench.p{number}

import rego.v1

deny contains msg if {{
    some container in input.spec.containers
    not startswith(container.image, "registry.example/team{number}/")
    msg := sprintf("%s: %s is not from team {number}", [input.metadata.name, container.name])
}}

deny contains msg if {{
    some container in input.spec.containers
    not container.resources.limits.memory
    msg := sprintf("%s: %s has no memory limit", [input.metadata.name, container.name])
}}

deny contains msg if {{
    required := {{"app", "team", "environment"}}
    missing := required - object.keys(input.metadata.labels)
    count(missing) > 0
    msg := sprintf("labels are missing: %v", [missing])
}}
"""


def document(number: int) -> dict[str, object]:
    """One pod."""
    containers = [
        {"name": f"c{each}", "image": f"registry.example/team{number % 50}/app:{each}", "resources": {"limits": limits}}
        for each, limits in enumerate(({"memory": "1Gi"}, {"cpu": "1"}, {}))
    ]
    return {
        "metadata": {"name": f"pod-{number}", "labels": {"app": "a", "team": "t"}},
        "spec": {"containers": containers},
    }


def timed(engine: RegoEngine, bundle: Bundle, queries: list[str], inputs: list[bytes]) -> tuple[float, int]:
    """Seconds for all answers, and how many of them there are; none may have a problem."""
    begin = time.perf_counter()
    count = 0
    for answer in engine.evaluate(bundle, queries, inputs, limits=Limits()):
        assert answer.problem is None, answer.problem
        count += len(answer.value)
    return time.perf_counter() - begin, count


def evaluated(opa: str, bundle: Bundle, inputs: list[bytes], queries: list[str], scratch: Path) -> float:
    """Seconds of `opa eval`'s own evaluation, without its start and its reading of files."""
    policies = scratch / "policies"
    policies.mkdir()
    for module in bundle.modules:
        (policies / module.path).write_text(module.text, encoding="utf-8")
    (policies / "data.json").write_text(json.dumps({"inputs": [json.loads(each) for each in inputs]}), encoding="utf-8")
    rule = "answers contains [i, {n}, v] if {{ some i, x in data.inputs; v := {q} with input as x }}\n"
    rules = "".join(rule.format(n=number, q=query) for number, query in enumerate(queries))
    (policies / "all.rego").write_text(f"package all\n\nimport rego.v1\n\n{rules}", encoding="utf-8")
    command = [opa, "eval", "--metrics", "--format=json", "--data", str(policies), "count(data.all.answers)"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return float(told["metrics"]["timer_rego_query_eval_ns"]) / 1e9


def main() -> None:
    """Times, and prints a line an engine."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--packages", type=int, default=50)
    arguments.add_argument("--inputs", type=int, default=1000)
    given = arguments.parse_args()
    modules = tuple(Module(f"p{number}.rego", POLICY.format(number=number)) for number in range(given.packages))
    queries = [f"data.bench.p{number}.deny" for number in range(given.packages)]
    inputs = [json.dumps(document(number)).encode() for number in range(given.inputs)]
    bundle, opa = Bundle(modules), shutil.which("opa")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        seconds, count = timed(rego.embedded(scratch=scratch, stop=Stop()), bundle, queries, inputs)
        print(f"embedded: {seconds:.2f} s, {1000 * seconds / given.inputs:.2f} ms an input, {count} findings")
        if opa is None:
            print("opa is not on PATH: no ratio")
            return
        own = evaluated(opa, bundle, inputs, queries, scratch)
        through, same = timed(rego_opa.Opa(opa, scratch=scratch, stop=Stop()), bundle, queries, inputs)
        assert same == count
        print(f"opa eval, its own evaluation: {own:.2f} s")
        print(f"embedded: {seconds / own:.2f} times that")
        print(f"opa through gitops-ci, with its start: {through:.2f} s, {through / own:.2f} times that")


if __name__ == "__main__":
    main()
