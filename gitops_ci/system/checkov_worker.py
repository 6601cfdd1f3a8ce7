"""Run by checkov's own interpreter: scans files that were laid out for it and writes what it found, scan by scan.

    PYTHON -I checkov_worker.py JOB ANSWERS

JOB and ANSWERS are JSON as `gitops_ci.policy.checkov.job` has it, a line an answer, so that what was found before a
time limit is kept. checkov is used through its Runner API: its command line would read configuration, and run code,
from wherever it looks. It may not import gitops_ci, which is not installed there.
"""

from __future__ import annotations

import fnmatch
import importlib
import importlib.util
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_RUNNERS = {
    "terraform_plan": "checkov.terraform.plan_runner",
    "terraform": "checkov.terraform.runner",
    "terraform_json": "checkov.terraform_json.runner",
    "kubernetes": "checkov.kubernetes.runner",
    "dockerfile": "checkov.dockerfile.runner",
    "github_actions": "checkov.github_actions.runner",
    "cloudformation": "checkov.cloudformation.runner",
}
_ENVIRONMENT = {
    "CHECKOV_PARALLELIZATION_TYPE": "none",  # a fork for a few files costs more than it gives, and hides what failed
    "CKV_IGNORE_HIDDEN_DIRECTORIES": "False",  # Terraform reads modules in them, and in those below
    "CKV_IGNORED_DIRECTORIES": "",
}


class Watch:
    """Stands where checkov asks one check about one thing, and tells what it would not.

    How long each check took, how many things it was not asked about any more, and where it broke. Here `counts` has its
    word, too: not every framework asks the filter.
    """

    def __init__(self, budget: float, counts: Callable[[str], bool]) -> None:
        self.budget = budget
        self.counts = counts
        self.spent: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        """Starts counting anew, but for the time that was spent."""
        self.seen: set[str] = set()
        self.left: dict[str, int] = {}
        self.broken: dict[str, int] = {}

    def installed(self) -> None:
        """Puts itself around every check of one thing, and every check of a graph."""
        from checkov.common.checks.base_check import BaseCheck
        from checkov.common.graph.checks_infra.registry import BaseRegistry

        BaseCheck.run = self._around(BaseCheck.run)
        BaseRegistry.run_check_parallel = self._around_graph(BaseRegistry.run_check_parallel)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        from checkov.common.models.enums import CheckResult

        def run(check: Any, scanned_file: str, entity_configuration: Any, *rest: Any, **named: Any) -> Any:
            result = CheckResult.UNKNOWN
            unknown = {"result": result, "evaluated_keys": [], "results_configuration": entity_configuration}
            if not self.counts(check.id):
                return unknown
            self.seen.add(check.id)
            if self.spent.get(check.id, 0.0) > self.budget:
                _count(self.left, check.id)
                return unknown
            begin = time.monotonic()
            try:
                return original(check, scanned_file, entity_configuration, *rest, **named)
            except Exception:  # noqa: BLE001  # a check raises anything
                _count(self.broken, check.id)
                return unknown
            finally:
                self.spent[check.id] = self.spent.get(check.id, 0.0) + time.monotonic() - begin

        return run

    def _around_graph(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def run_check(registry: Any, check: Any, *rest: Any) -> Any:
            self.seen.add(check.id)
            try:
                return original(registry, check, *rest)
            except Exception:  # a pool would keep it to itself
                _count(self.broken, check.id)
                raise

        return run_check


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def remember_policies() -> None:
    """Analyses each IAM policy once a check, by its content.

    checkov keeps them by the name of file and resource, so that the same resource of two modules would be answered
    from the first one.
    """
    from checkov.terraform.checks.utils.base_cloudsplaining_iam_scanner import BaseTerraformCloudsplainingIAMScanner

    original = BaseTerraformCloudsplainingIAMScanner.scan_conf
    known: dict[tuple[str, str], Any] = {}

    def scan_conf(check: Any, conf: dict[str, Any]) -> Any:
        content = {name: value for name, value in conf.items() if not name.startswith(("__", "start_", "end_"))}
        key = (check.id, json.dumps(content, sort_keys=True, default=str))
        if key not in known:
            BaseTerraformCloudsplainingIAMScanner.policy_document_cache.clear()
            known[key] = original(check, conf)
        return known[key]

    BaseTerraformCloudsplainingIAMScanner.scan_conf = scan_conf


def pattern(checks: list[str], skip: list[str]) -> Callable[[str], bool]:
    """Whether a check counts, by its id: checkov's own options would take a severity's name for a threshold."""

    def counts(identifier: str) -> bool:
        wanted = not checks or any(fnmatch.fnmatchcase(identifier, each) for each in checks)
        return wanted and not any(fnmatch.fnmatchcase(identifier, each) for each in skip)

    return counts


def asked(counts: Callable[[str], bool]) -> Any:
    """The filter of a run, for those who ask it."""
    from checkov.runner_filter import RunnerFilter

    class Filter(RunnerFilter):
        def should_run_check(self, check: Any = None, check_id: str | None = None, **_: Any) -> bool:
            return counts(check.id if check is not None else check_id or "")

    return Filter(download_external_modules=False, show_progress_bar=False)


def custom(directory: Path) -> tuple[list[str], list[list[str]]]:
    """Loads checks of the base commit; gives the folders for YAML checks and what is wrong with which file."""
    wrong: list[list[str]] = []
    for file in sorted(directory.rglob("*.py")):
        if file.name.startswith("__"):
            continue
        sys.path.insert(0, str(file.parent))
        try:
            spec = importlib.util.spec_from_file_location(f"custom_{len(sys.modules)}_{file.stem}", file)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
        except Exception as error:  # noqa: BLE001  # it is somebody's code
            wrong.append([str(file), f"{type(error).__name__}: {error}"[:300]])
        finally:
            sys.path.remove(str(file.parent))
    wrong += [[str(file), reason] for file in _declared(directory) if (reason := _wrong(file))]
    return [str(directory)] if any(_declared(directory)) else [], wrong


def _declared(directory: Path) -> Iterator[Path]:
    for file in sorted(directory.rglob("*")):
        if file.suffix in (".yaml", ".yml", ".json") and file.is_file():
            yield file


def _wrong(file: Path) -> str:
    """Why checkov would pass over a check in YAML without a word; empty where it takes it."""
    import yaml
    from checkov.common.checks_infra.checks_parser import GraphCheckParser

    try:
        raw = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8"))))
        parser = GraphCheckParser()
        if not isinstance(raw, dict) or not parser.validate_check_config(file_path=str(file), raw_check=raw):
            return "it is no check: `metadata` with id, name and category, and `definition` are needed"
        parser.parse_raw_check(raw, resources_types=None, check_path=str(file))
    except Exception as error:  # noqa: BLE001  # as above
        return f"{type(error).__name__}: {error}"[:300]
    return ""


class Scans:
    """Runs the scans of a job one after the other."""

    def __init__(self, watch: Watch) -> None:
        self.filter = asked(watch.counts)
        self.watch = watch
        self.folders: list[str] = []

    def answer(self, scan: dict[str, Any]) -> dict[str, Any]:
        """What one scan found. Files that break checkov are taken out one by one, so that they hide no other."""
        begin = time.monotonic()
        self.watch.begin()
        try:
            found = self._found(scan["framework"], scan["root"], scan["files"])
        except Exception as error:  # noqa: BLE001  # checkov raises anything
            found = self._one_by_one(scan, error)
        return {
            "scan": scan["name"],
            "seconds": round(time.monotonic() - begin, 3),
            **found,
            "checks": sorted(self.watch.seen),
            "left": self.watch.left,
            "broken": self.watch.broken,
        }

    def _one_by_one(self, scan: dict[str, Any], error: Exception) -> dict[str, Any]:
        """The files again, each alone. A tree and a plan are one thing: their error is the answer."""
        if scan["root"] is not None or scan["framework"] == "terraform_plan":
            return {"error": type(error).__name__}
        whole: dict[str, Any] = {"findings": [], "unread": [], "resources": [], "objects": {}}
        for file in scan["files"]:
            try:
                found = self._found(scan["framework"], None, [file])
            except Exception:  # noqa: BLE001  # as above
                whole["unread"].append(file)
                continue
            whole["objects"] |= found.pop("objects")
            for name, each in found.items():
                whole[name] += each
        return whole

    def _found(self, framework: str, root: str | None, files: list[str]) -> dict[str, Any]:
        module = importlib.import_module(_RUNNERS[framework])
        runner = module.TerraformJsonRunner() if framework == "terraform_json" else module.Runner()
        given = None if root is not None else files
        report = runner.run(
            root_folder=root, files=given, runner_filter=self.filter, external_checks_dir=self.folders or None
        )
        unread, objects = set(report.parsing_errors), {}
        if given is not None:
            objects = {str(path): len(each) for path, each in (runner.definitions or {}).items()}
            unread |= set(given) - objects.keys()
        return {
            "findings": [
                _finding(record, skipped=record in report.skipped_checks)
                for record in (*report.failed_checks, *report.skipped_checks)
            ],
            "unread": sorted(map(str, unread)),
            "resources": sorted(map(str, report.resources)),
            "objects": objects if framework == "kubernetes" else {},
        }


def _finding(record: Any, *, skipped: bool) -> dict[str, Any]:
    """One failed check; never the code around it, which may hold a secret."""
    begin, end = (*record.file_line_range, 0, 0)[:2]
    return {
        "check": record.check_id,
        "name": record.check_name or record.check_id,
        "guideline": record.guideline or "",
        "resource": str(record.resource),
        "path": record.file_abs_path,
        "line": begin or 0,
        "end": end or begin or 0,
        "skipped": skipped,
    }


def main(job_file: str, answer_file: str) -> int:
    """Runs the job; 0 where every scan has its answer."""
    os.environ.update(_ENVIRONMENT)
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    with open(answer_file, "w", encoding="utf-8") as answers:  # noqa: PTH123  # a line at a time, as they come

        def say(answer: dict[str, Any]) -> None:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

        from checkov.version import version

        say({"version": version})
        importlib.import_module(_RUNNERS["terraform"])
        logging.disable(logging.CRITICAL)  # it would keep every message of every level in memory
        watch = Watch(job["budget"], pattern(job["checks"], job["skip"]))
        scans = Scans(watch)
        watch.installed()
        remember_policies()
        if job["custom"] is not None:
            scans.folders, wrong = custom(Path(job["custom"]))
            say({"custom": wrong})
        for scan in job["scans"]:
            say(scans.answer(scan))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
