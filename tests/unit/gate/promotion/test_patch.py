"""Patches of any two texts, read back as git reads them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.gate.promotion import patch
from gitops_ci.gate.promotion.editing import Edited

TEXTS = st.text(alphabet="ab\n\r\f\u2028 ", max_size=30)


def applied(before: str, text: str) -> str:
    """What a unified patch makes of a text: context and removed lines have to be there."""
    lines = [f"{each}\n" for each in before.split("\n")]
    lines[-1] = lines[-1][:-1]
    lines = [each for each in lines if each]
    result: list[str] = []
    at = 0
    rows = text.split("\n")
    for index, row in enumerate(rows[:-1]):
        content = row[1:] + ("" if rows[index + 1].startswith("\\ ") else "\n")
        if row.startswith("@@"):
            start = int(row.split()[1][1:].split(",")[0])
            length = int(([*row.split()[1].split(","), "1"])[1])
            begin = start - 1 if length else start
            result += lines[at:begin]
            at = begin
        elif row.startswith((" ", "-")) and not row.startswith("--- "):
            assert lines[at] == content
            at += 1
            result += [content] if row[0] == " " else []
        elif row.startswith("+") and not row.startswith("+++ "):
            result.append(content)
    return "".join((*result, *lines[at:]))


@given(TEXTS, TEXTS)
def test_a_patch_makes_one_text_the_other(before: str, after: str) -> None:
    assert applied(before, patch.of([Edited(path="a/b.tf", before=before, after=after)])) == after


def test_files_that_come_and_go() -> None:
    made = patch.of(
        [Edited(path="x y", before=None, after="a\n", mode="100755"), Edited(path="z", before="b", after=None)]
    )
    assert made == (
        "diff --git a/x y b/x y\nnew file mode 100755\n--- /dev/null\n+++ b/x y\t\n@@ -0,0 +1 @@\n+a\n"
        "diff --git a/z b/z\ndeleted file mode 100644\n--- a/z\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n\\ No newline at end of file\n"
    )
