from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from gitops_ci.discover import snapshot
from gitops_ci.errors import ToolError
from gitops_ci.policy.checkov.job import Answers, Job, Scan
from gitops_ci.system import checkov
from gitops_ci.system.checkov_files import Laid
from gitops_ci.system.process import Completed, Stop

DONE = Completed(0, b"", b"")
FILES = {
    "a/main.tf": "# checkov:skip=CKV_A_1\n",
    "a/.hidden/m.tf": "",
    ".git/x.tf": "",
    "a/.checkov/x.tf": "",
    "a/.external_modules/x.tf": "",
    "a/\udcff.tf": "",
    "a/new\nline.tf": "",
    "k/web.yaml": "kind: Pod",
    "k/\udcff.json": "{}",
    "Dockerfile": "FROM x",
    ".github/workflows/ci.yml": "on: push",
}
HEAD = snapshot.of({**FILES, "k/huge.yaml": b"#" * (11 << 20)}, links={"k/link.yaml": "/etc/passwd"})


def laid(place: Path, *scans: Scan, **more: object) -> Laid:
    return Laid(place, Job(scans=scans, **more), template)  # type: ignore[arg-type]  # keywords of a test


def template(chart: Path) -> Completed:
    """Helm, which renders the one template of a chart twice, and one that is not there; it fails where it is told to."""
    if (chart / "broken").exists():
        return Completed(1, b"", b"Error")
    documents = "apiVersion: v1\n---\n# Source: web/templates/a.yaml\nkind: Pod\n"
    other = "---\n# Source: web/../../../../etc/passwd\nkind: Job\n"
    return Completed(0, f"---\n# Source: web/templates/a.yaml\n{documents}{other}".encode(), b"")


def answers(made: Laid, *lines: object, done: Completed = DONE) -> Answers:
    made.files[1].write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return made.answers(done, "embedded")


def files(scan: dict[str, object]) -> list[str]:
    listed = scan["files"]
    assert isinstance(listed, list)
    return listed


def asked(made: Laid) -> list[dict[str, object]]:
    scans = json.loads(made.files[0].read_text())["scans"]
    assert isinstance(scans, list)
    return scans


def test_names_of_a_repository_do_not_reach_checkov(tmp_path: Path) -> None:
    manifests = Scan(
        name="head/kubernetes", framework="kubernetes", snapshot=HEAD, files=("k/web.yaml", "k/\udcff.json")
    )
    docker = Scan(name="head/dockerfile", framework="dockerfile", snapshot=HEAD, files=("Dockerfile",))
    workflows = Scan(name="w", framework="github_actions", snapshot=HEAD, files=(".github/workflows/ci.yml",))
    made = laid(tmp_path, manifests, docker, workflows)
    names = [Path(file).relative_to(tmp_path).as_posix() for scan in asked(made) for file in files(scan)]
    assert names == ["0/0.yaml", "0/1.json", "1/0.Dockerfile", "2/0/.github/workflows/workflow.yml"]
    [told] = answers(
        made,
        {
            "scan": "head/kubernetes",
            "unread": [str(tmp_path / "0" / "1.json")],
            "objects": {str(tmp_path / "0/0.yaml"): 2},
        },
    ).answers
    assert told.unread == ("k/\udcff.json",)
    assert told.objects == {"k/web.yaml": 2}


def test_a_tree_has_its_names_but_for_those_that_change_what_is_read(tmp_path: Path) -> None:
    paths = tuple(path for path in FILES if path.endswith(".tf"))
    made = laid(tmp_path, Scan(name="head/terraform", framework="terraform", snapshot=HEAD, files=paths, tree=True))
    there = {path.relative_to(tmp_path / "0").as_posix() for path in (tmp_path / "0").rglob("*.tf")}
    assert there == {"a/main.tf", "a/.hidden/m.tf"}
    assert (tmp_path / "0/a/main.tf").read_text() == "# checkov:sk1p=CKV_A_1\n"
    assert stat.S_IMODE((tmp_path / "0/a/main.tf").stat().st_mode) == 0o600
    [told] = answers(made, {"scan": "head/terraform"}).answers
    assert set(told.unread) == set(paths) - there


def test_links_and_large_files_are_left_out_and_told(tmp_path: Path) -> None:
    paths = ("k/huge.yaml", "k/link.yaml", "k/web.yaml")
    made = laid(tmp_path, Scan(name="s", framework="kubernetes", snapshot=HEAD, files=paths))
    assert len(files(asked(made)[0])) == 1
    assert answers(made, {"scan": "s"}).answers[0].unread == ("k/huge.yaml", "k/link.yaml")


def test_a_chart_is_scanned_as_what_it_renders_to(tmp_path: Path) -> None:
    charts = ("web/Chart.yaml", "web/templates/a.yaml", "web/charts/sub/Chart.yaml", "bad/Chart.yaml", "bad/broken")
    scan = Scan(
        name="head/helm", framework="helm", snapshot=snapshot.of(dict.fromkeys(charts, "x")), files=charts, tree=True
    )
    made = laid(tmp_path, scan)
    [written] = asked(made)
    assert (written["framework"], written["root"]) == ("kubernetes", None)
    one, other = files(written)
    assert Path(one).read_text() == "---\napiVersion: v1\n---\nkind: Pod\n"
    failed = {"check": "C_1", "name": "n", "resource": "r", "path": one, "line": 7}
    [told] = answers(made, {"scan": "head/helm", "findings": [failed, {**failed, "path": other}]}).answers
    assert [found.path for found in told.findings] == ["web/templates/a.yaml", "web/Chart.yaml"]
    assert told.unread == ("bad/Chart.yaml",)


def test_a_plan_is_written_privately(tmp_path: Path) -> None:
    made = laid(tmp_path, Scan(name="plan/x", framework="terraform_plan", document=b"{}"))
    [file] = files(asked(made)[0])
    assert (Path(file).read_bytes(), stat.S_IMODE(Path(file).stat().st_mode)) == (b"{}", 0o600)


def test_custom_checks_are_laid_out_as_they_are(tmp_path: Path) -> None:
    rules = snapshot.of({"checks/sub/a.py": "# checkov:skip=CKV_A_1", "checks/../b.py": ""})
    made = laid(tmp_path, rules=rules, custom_root="checks", custom=tuple(rules.entries))
    assert (tmp_path / "custom/sub/a.py").read_text() == "# checkov:skip=CKV_A_1"
    assert not (tmp_path / "b.py").exists()
    wrong = answers(made, {"version": "9"}, {"custom": [[str(tmp_path / "custom/sub/a.py"), "why"]]}).wrong
    assert wrong == (("checks/sub/a.py", "why"),)


GARBAGE = ["garbage", "[]", '{"scan": 7}', '{"scan": "a", "findings": [1]}', "\x00", '{"custom": 7}', '{"version": []}']


@pytest.mark.parametrize("line", GARBAGE)
def test_garbage_is_no_answer_and_told(line: str, tmp_path: Path) -> None:
    told = answers(laid(tmp_path), {"version": "3.3.30"}, line, {"scan": "b"})
    assert told.ending == "crashed"
    assert [answer.scan for answer in told.answers] == ["b"]
    assert told.engine is not None


@pytest.mark.parametrize(
    ("done", "ending", "detail"),
    [
        (DONE, "finished", ""),
        (Completed(-2, b"", b"", "timeout"), "timeout", "exit code -2"),
        (Completed(-2, b"", b"", "cancelled"), "cancelled", "exit code -2"),
        (Completed(137, b"", b""), "memory", "exit code 137"),
        (Completed(1, b"", b"Traceback\nMemoryError\n"), "memory", "MemoryError"),
        (Completed(1, b"", b"Traceback\nModuleNotFoundError: No module named 'x'\n"), "crashed", "ModuleNotFoundError"),
        (Completed(1, b"", b"password=hunter2 is wrong\n"), "crashed", "exit code 1"),
        (Completed(0, b"", b"", "flooded"), "crashed", "exit code 0"),
    ],
)
def test_how_it_ended(done: Completed, ending: str, detail: str, tmp_path: Path) -> None:
    told = answers(laid(tmp_path), done=done)
    assert (told.ending, told.detail) == (ending, detail)


def test_an_end_before_the_first_word_has_no_engine(tmp_path: Path) -> None:
    told = laid(tmp_path).answers(Completed(1, b"", b""), "path")
    assert (told.engine, told.ending, told.answers) == (None, "crashed", ())


# Where it is


@pytest.fixture(autouse=True)
def none_beside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkov, "BESIDE", str(tmp_path / "no-environment"))


def found(tmp_path: Path, script: str | None, *, repository: Path | None = None) -> tuple[Path, str]:
    """What is found with one `checkov` on PATH, whose interpreter is at `tmp_path/env/bin/python`."""
    place = tmp_path / "bin"
    place.mkdir()
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    python.chmod(0o755)
    if script is not None:
        (place / "checkov").write_text(script.replace("PYTHON", str(python)))
        (place / "checkov").chmod(0o755)
    where = repository or tmp_path / "repository"
    environ = {"PATH": f"relative:{place}"}
    return checkov.Checkov(environ=environ, repository=where, scratch=tmp_path, stop=Stop())._interpreter()


@pytest.mark.parametrize(
    "script",
    [
        "#!PYTHON\nimport checkov\n",
        "#!/bin/sh\n'''exec' \"PYTHON\" \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' PYTHON \"$0\" \"$@\"\n",
    ],
)
def test_the_interpreter_of_a_script_on_path(script: str, tmp_path: Path) -> None:
    assert found(tmp_path, script) == (tmp_path / "env" / "bin" / "python", "path")


@pytest.mark.parametrize(
    "script",
    [
        None,
        "",
        "#!/usr/bin/env bash\nexec checkov\n",
        "#!/usr/bin/env python3\n",
        "#!python\n",
        "#!/nowhere/python\n",
        "\x00ELF",
    ],
)
def test_without_one_it_is_missing(script: str | None, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="checkov") as caught:
        found(tmp_path, script)
    assert "install.py" in caught.value.hint


def test_one_in_the_repository_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not there"):
        found(tmp_path, "#!PYTHON\n", repository=tmp_path / "bin")


def test_an_interpreter_in_the_repository_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="does not name"):
        found(tmp_path, "#!PYTHON\n", repository=tmp_path / "env")


def test_the_environment_beside_ours_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkov, "BESIDE", str(tmp_path / "env"))
    assert found(tmp_path, "#!PYTHON\n") == (tmp_path / "env" / "bin" / "python", "embedded")
