"""A git repository behind a password on the loopback, as plain files (git's "dumb" protocol)."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def serving(git_directory: Path, *, user: str, password: str) -> Iterator[str]:
    """The address under which `module.git` can be cloned with that user and password only."""
    subprocess.run(["git", "--git-dir", str(git_directory), "update-server-info"], check=True)
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") == expected:
                super().do_GET()
                return
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="modules"')
            self.end_headers()

        def translate_path(self, path: str) -> str:
            return str(git_directory / path.partition("?")[0].removeprefix("/module.git/"))

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
