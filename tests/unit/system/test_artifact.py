"""An artifact that may not be ours is read within limits, and leads nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitops_ci.system import artifact


def test_every_report_is_read_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(name)
        (tmp_path / name / "comment.md").write_text("x")
    found = artifact.read([tmp_path])
    assert sorted((each.name, each.content) for each in found.documents) == [
        ("a/report.json", b"a"),
        ("b/report.json", b"b"),
    ]
    assert found.problem is None


def test_what_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert artifact.read([tmp_path / "missing"]) == artifact.Artifact()


@pytest.mark.parametrize("made", ["file", "folder", "fifo"])
def test_nothing_but_files_and_folders(tmp_path: Path, made: str) -> None:
    place = tmp_path / "artifact"
    place.mkdir()
    (tmp_path / "secret").write_text("{}")
    if made == "fifo":
        os.mkfifo(place / "report.json")
    else:
        (place / ("report.json" if made == "file" else "x")).symlink_to(tmp_path / "secret" if made == "file" else "/")
    found = artifact.read([place])
    assert (found.documents, "a link" in str(found.problem)) == ((), True)


def test_a_place_that_is_itself_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert "cannot be read" in str(artifact.read([tmp_path / "x"]).problem)


def test_the_size_of_all_files_counts(tmp_path: Path) -> None:
    for number in range(2):
        with (tmp_path / f"{number}").open("wb") as file:
            file.truncate(artifact.BYTES // 2)
    assert artifact.read([tmp_path]).problem is None
    (tmp_path / "report.json").write_bytes(b"1")
    assert "64 are read" in str(artifact.read([tmp_path]).problem)


def test_the_number_of_reports_and_files_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "report.json").write_bytes(b"1")
    monkeypatch.setattr(artifact, "REPORTS", 4)
    assert "5 reports" in str(artifact.read([tmp_path]).problem)
    monkeypatch.setattr(artifact, "ENTRIES", 8)
    assert "more than 8 files" in str(artifact.read([tmp_path]).problem)


def test_folders_in_folders_end(tmp_path: Path) -> None:
    place = tmp_path
    for _ in range(10):
        place = place / "d"
    place.mkdir(parents=True)
    assert "too many folders" in str(artifact.read([tmp_path]).problem)
