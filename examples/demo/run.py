"""`make demo`: two pull requests on a copy of the example repository, one that passes and one that is blocked."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "infrastructure-gitops"
README = HERE.parent.parent / "README.md"
BEGIN, END = "<!-- comment:begin -->", "<!-- comment:end -->"
OUT = HERE.parent.parent / "out" / "demo"
EXPECTED = {"passes": 0, "blocked": 1}
"""Exit code of `gitops-ci run` for each pull request (docs/commands/run.md)."""

ABOUT = {
    "passes": "A subnet through the shared module, in three environments, and a migration in development.",
    "blocked": "Two mistakes block it: a misspelt folder, and a merged migration that is edited. Its two deletes\n"
    "in production are shown; whether somebody agreed to them is for the gate, which knows the pull request.",
}

_IDENTITY = ("-c", "user.name=A colleague", "-c", "user.email=colleague@example.com", "-c", "commit.gpgsign=false")


def main() -> int:
    """Shows both pull requests; 0 where each gets the verdict that it deserves."""
    with tempfile.TemporaryDirectory(prefix="gitops-ci-demo-") as place:
        repository = Path(place) / "infrastructure-gitops"
        shutil.copytree(EXAMPLE, repository)
        git(repository, "init", "--quiet", "--initial-branch=main")
        commit(repository, "The infrastructure as it is")
        codes = {name: show(repository, name) for name in EXPECTED}
    wrong = {name: code for name, code in codes.items() if code != EXPECTED[name]}
    for name, code in wrong.items():
        print(f"demo: {name} ended with {code}, expected {EXPECTED[name]}", file=sys.stderr)
    print(f"\nBoth reports and both comments are in {OUT}:")
    for path in sorted(OUT.rglob("*")):
        if path.is_file():
            print(f"  {path.relative_to(OUT.parent.parent)}")
    if "--readme" in sys.argv[1:] and not wrong:
        write_readme()
    return int(bool(wrong))


def write_readme() -> None:
    """Puts the blocked pull request's comment into the README, as it is (`make readme`)."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    comment = (OUT / "blocked" / "comment.md").read_text(encoding="utf-8").split("\n", 1)[1]  # without our marker
    README.write_text(f"{before}{BEGIN}\n{comment}{END}{after}", encoding="utf-8")


def show(repository: Path, name: str) -> int:
    """Opens one pull request as a branch and runs the main job on it."""
    pull = HERE / name
    message = (pull / "message.txt").read_text(encoding="utf-8")
    git(repository, "checkout", "--quiet", "-B", name, "main")
    shutil.copytree(pull / "files", repository, dirs_exist_ok=True)
    for line in (pull / "delete.txt").read_text(encoding="utf-8").split():
        (repository / line).unlink()
    commit(repository, message)
    title = f" Pull request {name!r}: {message.splitlines()[0]} "
    print(f"\n{'━' * 4}{title}{'━' * max(4, 100 - len(title))}")
    print(
        f"{ABOUT[name]}\n\n$ gitops-ci run --base main --out out/demo/{name}   # in a temporary copy of the example\n",
        flush=True,
    )
    command = [sys.executable, "-I", "-m", "gitops_ci", "--repo", str(repository), "run", "--base", "main"]
    return subprocess.run([*command, "--out", str(OUT / name)], check=False).returncode


def git(repository: Path, *arguments: str) -> None:
    """Runs git in the copy."""
    subprocess.run(["git", *_IDENTITY, "-C", str(repository), *arguments], check=True)


def commit(repository: Path, message: str) -> None:
    """Commits everything that is there."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)


if __name__ == "__main__":
    sys.exit(main())
