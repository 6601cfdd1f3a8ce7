"""The entry point: `--version` is answered before anything is imported."""

import sys


def main() -> int:
    """Runs the command line and returns its exit code."""
    if sys.argv[1:] == ["--version"]:
        from gitops_ci import __version__

        print(f"gitops-ci {__version__}")
        return 0
    try:
        import gc

        gc.set_threshold(1_000_000)  # values are frozen and rarely cyclic: collecting often costs a tenth of a run
        from gitops_ci import cli

        return cli.main(sys.argv[1:])
    except KeyboardInterrupt:  # while it was starting
        return 130


if __name__ == "__main__":
    sys.exit(main())
