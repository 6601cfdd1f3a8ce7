"""The wall by itself: every argument that we check is given unchecked, and what gets out of an engine gets nowhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from gitops_ci.config import Config
from gitops_ci.errors import ToolError
from gitops_ci.kinds.database.server import WATCHER, ServerError
from gitops_ci.kinds.protocol import Ended
from gitops_ci.model.plan import Engine
from gitops_ci.system import wall, wall_shim
from gitops_ci.system.process import Stop
from gitops_ci.system.tools import Toolbox
from gitops_ci.system.wall import Room
from gitops_ci.system.workspace import Workspace
from tests.integration import throwaway

pytestmark = pytest.mark.skipif(bool(wall.missing()), reason=f"no wall here: {'; '.join(wall.missing())}")

SECRET = "correct-horse-battery"
OBJECT = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: stolen\ndata:\n  it: {SECRET}\n"
TRIES = """
import ctypes, json, os, socket, sys
told, place = {}, json.loads(sys.argv[1])
def tried(name, call):
    try:
        told[name] = [True, str(call())[:80]]
    except (OSError, ValueError) as error:
        told[name] = [False, str(error)]
def connected(kind, address, family=socket.AF_UNIX):
    with socket.socket(family, kind) as own:
        own.settimeout(5)
        own.connect(address)
        return "connected"
def mounted(at):
    if ctypes.CDLL(None).mount(b"none", at.encode(), b"tmpfs", 0, None) != 0:
        raise OSError("refused")
    ctypes.CDLL(None).umount(at.encode())
tried("own", lambda: open(place["own"] + "/a").read())
tried("scratch", lambda: open(place["scratch"] + "/a", "w").write("x"))
tried("file", lambda: open(place["secret"]).read())
tried("link", lambda: open(place["own"] + "/link").read())
tried("folder", lambda: os.listdir(os.path.dirname(place["secret"])))
tried("write", lambda: open(place["secret"] + ".new", "w").write("x"))
tried("append", lambda: open(place["secret"], "a").write("x"))
tried("truncate", lambda: os.truncate(place["secret"], 0))
tried("remove", lambda: os.unlink(place["secret"] + ".old"))
tried("hard link", lambda: os.link(place["secret"], place["scratch"] + "/c"))
tried("write own copy", lambda: open(place["own"] + "/b", "w").write("x"))
tried("environment", lambda: open("/proc/%d/environ" % place["pid"]).read())
tried("memory", lambda: open("/proc/%d/mem" % place["pid"], "rb").close())
tried("root", lambda: os.listdir("/proc/%d/root" % place["pid"]))
tried("directory", lambda: os.listdir("/proc/%d/cwd/" % place["pid"]))
tried("own root", lambda: open("/proc/self/root" + place["secret"]).read())
tried("shared memory", lambda: os.listdir("/dev/shm"))
tried("run", lambda: os.listdir("/run"))
tried("passwords", lambda: open("/etc/passwd").read())
tried("socket", lambda: connected(socket.SOCK_STREAM, place["socket"]))
tried("abstract socket", lambda: connected(socket.SOCK_STREAM, chr(0) + place["abstract"]))
tried("tcp", lambda: connected(socket.SOCK_STREAM, ("127.0.0.1", place["port"]), socket.AF_INET))
tried("udp", lambda: connected(socket.SOCK_DGRAM, ("127.0.0.1", place["port"]), socket.AF_INET))
tried("program", lambda: os.posix_spawn(place["own"] + "/true", ["true"], {}))
tried("shell", lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "exit 3"], {}))
tried("signal", lambda: os.kill(place["pid"], 0))
tried("mount", lambda: mounted(place["scratch"]))
tried("rename", lambda: os.rename(place["secret"], place["scratch"] + "/b"))
print(json.dumps(told))
"""
OPEN = {"own", "scratch"}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[dict[str, object]]:
    """A private copy and a place to write, and everything that an engine must not reach."""
    own, scratch, outside = (tmp_path / name for name in ("own", "scratch", "outside"))
    for each in (own, scratch, outside):
        each.mkdir()
    (own / "a").write_text("mine")
    for name in ("secret", "secret.old"):
        (outside / name).write_text(SECRET)
    (own / "link").symlink_to(outside / "secret")
    (own / "true").write_bytes(Path("/bin/true").read_bytes())
    (own / "true").chmod(0o755)
    abstract = f"gitops-ci-{os.getpid()}"
    listening = [socket.socket(family) for family in (socket.AF_UNIX, socket.AF_UNIX, socket.AF_INET)]
    listening[0].bind(str(outside / "s"))
    listening[1].bind(f"\0{abstract}")
    listening[2].bind(("127.0.0.1", 0))
    for server in listening:
        server.listen()
    other = subprocess.Popen(["/bin/sleep", "600"], env={"TOKEN": SECRET})
    yield {
        "own": str(own),
        "scratch": str(scratch),
        "secret": str(outside / "secret"),
        "pid": other.pid,
        "socket": str(outside / "s"),
        "abstract": abstract,
        "port": listening[2].getsockname()[1],
    }
    other.kill()
    other.wait()
    for server in listening:
        server.close()


def outcome(room: Room | None, places: dict[str, object]) -> dict[str, bool]:
    return asked(wall.around(room) if room is not None else (), places)


def asked(around: tuple[str, ...], places: dict[str, object]) -> dict[str, bool]:
    command = [*around, sys.executable, "-I", "-c", TRIES, json.dumps(places)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, env={"HOME": "/", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    return {name: succeeded for name, (succeeded, _) in told.items()}


def test_who_gets_out_of_an_engine_gets_nowhere(places: dict[str, object]) -> None:
    own = wall.worker()
    room = structs.replace(own, reads=(*own.reads, Path(str(places["own"]))), writes=(Path(str(places["scratch"])),))
    found = outcome(room, places)
    assert {name for name, succeeded in found.items() if succeeded} == OPEN
    assert Path(str(places["secret"])).read_text() == SECRET


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
def test_it_holds_with_what_older_kernels_have(places: dict[str, object], version: int) -> None:
    if version > wall_shim.version():
        pytest.skip(f"the kernel has version {wall_shim.version()} of Landlock only")
    own = wall.worker()
    room = structs.replace(own, reads=(*own.reads, Path(str(places["own"]))), writes=(Path(str(places["scratch"])),))
    python, *options, shim = wall.around(room)[:4]
    older = f"import sys; sys.path.append({str(Path(shim).parent)!r}); import wall_shim as it; it.version = lambda: "
    older += f"{version}; it.main(sys.argv[1:])"
    found = asked((python, *options, "-c", older, *wall.around(room)[4:]), places)
    later = {"truncate"} if version < 3 else set()  # the fourth brings TCP, the sixth signals
    assert {name for name, succeeded in found.items() if succeeded} <= {*OPEN, *later, "signal"}
    assert found["own"]


def test_without_the_wall_it_would_have_got_there(places: dict[str, object]) -> None:
    """Else the test above could not fail."""
    found = outcome(None, places)
    only_root = {"memory", "mount"}
    assert {name for name, succeeded in found.items() if not succeeded} <= only_root


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Toolbox]:
    scratch = tmp_path / "run"
    scratch.mkdir()
    (scratch / "terraform.state").write_text(OBJECT)
    given = {"PATH": os.environ["PATH"]}
    found = Toolbox(config=Config(), environ=given, repository=tmp_path / "none", scratch=scratch, stop=Stop())
    yield found
    found.close()


def engine(tools: Toolbox, name: str) -> Engine:
    try:
        found = next(tools.engines(name))
    except ToolError as error:
        pytest.skip(str(error))
    if isinstance(found, ToolError):
        pytest.skip(str(found))
    return found


def rendered(tools: Toolbox, tmp_path: Path, name: str, files: dict[str, str], *args: str) -> Ended:
    """What an engine makes of files in a private copy, with arguments that nobody has checked; `@` is the copy."""
    using = engine(tools, name)
    copy = tmp_path / "run/kubernetes/copy"
    for path, content in files.items():
        target = copy / "root" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("->"):
            target.symlink_to(content.removeprefix("->"))
        else:
            target.write_text(content)
    (copy / "private").mkdir(parents=True)
    workspace = Workspace(root=copy / "root", private=copy / "private")
    words = [each.replace("@", str(workspace.root)) for each in args]
    return tools.run(using, words, workspace=workspace, env={}, timeout=60)


CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"
    '  file: {{ .Files.Get "link.txt" | quote }}\n  values: {{ .Values | toJson | quote }}\n',
}
UNCHECKED = "--load-restrictor=LoadRestrictionsNone"


@pytest.mark.parametrize("place", ["outside", "run"])
def test_kustomize_takes_nothing_from_elsewhere(tools: Toolbox, tmp_path: Path, place: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kustomization.yaml").write_text("resources: [stolen.yaml]\n")
    (tmp_path / "outside/stolen.yaml").write_text(OBJECT)
    target = {"outside": "outside/stolen.yaml", "run": "run/terraform.state"}[place]
    for resource in (f"{tmp_path}/{target}", f"../../../../../{target}", "link.yaml", f"{tmp_path}/outside"):
        own = {"kustomization.yaml": f"resources: [{resource}]\n", "link.yaml": f"->{tmp_path}/{target}"}
        files = {f"{abs(hash(resource))}/{name}": content for name, content in own.items()}
        found = rendered(tools, tmp_path, "kustomize", files, UNCHECKED, f"@/{abs(hash(resource))}")
        assert found.returncode > 0
        assert SECRET not in (found.stdout + found.stderr).decode()
        assert "permission denied" in found.stderr.decode()
        (tmp_path / "run/kubernetes/copy/private").rmdir()


def test_kustomize_takes_what_is_its_own(tools: Toolbox, tmp_path: Path) -> None:
    files = {"web/kustomization.yaml": "resources: [../a.yaml]\n", "a.yaml": OBJECT}
    assert SECRET in rendered(tools, tmp_path, "kustomize", files, UNCHECKED, "@/web").stdout.decode()


def test_a_link_of_a_chart_leads_nowhere(tools: Toolbox, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    files = {**CHART, "link.txt": f"->{tmp_path}/secret"}
    found = rendered(tools, tmp_path, "helm", files, "template", "web", "@")
    assert SECRET not in (found.stdout + found.stderr).decode()
    assert found.returncode > 0


def test_values_of_elsewhere_are_not_read(tools: Toolbox, tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text(f'{{"token": "{SECRET}"}}')
    files = {**CHART, "link.txt": "mine", "values-own.yaml": "a: own\n"}
    args = ("template", "web", "@", "--values", f"{tmp_path}/credentials.json")
    found = rendered(tools, tmp_path, "helm", files, *args)
    assert found.returncode > 0
    assert SECRET not in (found.stdout + found.stderr).decode()
    (tmp_path / "run/kubernetes/copy/private").rmdir()
    found = rendered(tools, tmp_path, "helm", {}, "template", "web", "@", "--values", "@/values-own.yaml")
    assert "own" in found.stdout.decode()
    assert "mine" in found.stdout.decode()


needs_postgres = pytest.mark.skipif(bool(throwaway.why_not()), reason=throwaway.why_not())


@needs_postgres
@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO PROGRAM 'touch {outside}/pwned'",
        "COPY (SELECT 1) TO '{outside}/pwned'",
        "SELECT pg_read_file('{outside}/secret')",
        "SELECT pg_read_file('/proc/1/environ')",
        "SELECT pg_read_file('{other}/data/pg_hba.conf')",
        "SELECT pg_ls_dir('/dev/shm')",
        "SELECT pg_ls_dir('/run')",
        "SELECT lo_import('{outside}/secret')",
        "LOAD '{outside}/secret'",
    ],
)
def test_the_superuser_of_a_server_gets_nowhere(tmp_path: Path, sql: str) -> None:
    """As whoever gets past the rights of SQL is one; files are open to all, so that nothing else refuses."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for folder in (outside, *outside.parents):
        if folder.is_relative_to(tmp_path.parent.parent.parent) and os.access(folder, os.W_OK):
            folder.chmod(folder.stat().st_mode | 0o007 if folder == outside else folder.stat().st_mode | 0o001)
    (outside / "secret").write_text(SECRET)
    (outside / "secret").chmod(0o644)
    servers = throwaway.servers(tmp_path)
    with servers.own("wall", 60) as one, servers.own("wall", 60) as two:
        watcher = one.connect(WATCHER)
        with pytest.raises(ServerError, match=r"[Pp]ermission denied|could not execute"):
            watcher.run(sql.format(outside=outside, other=two.directory))
        watcher.run("SELECT pg_read_file('postmaster.pid')")  # its own it may
    assert [each.name for each in outside.iterdir()] == ["secret"]
    servers.close()


@needs_postgres
def test_servers_are_strangers_to_each_other(tmp_path: Path) -> None:
    servers = throwaway.servers(tmp_path)
    with servers.own("wall", 60) as one, servers.own("wall", 60) as two:
        assert one.connect(WATCHER).idle
        owners = {each.directory.stat().st_uid for each in (one, two)}
        assert len(owners) == 2 if os.geteuid() == 0 else owners == {os.geteuid()}
        tries = "import socket, sys\nsocket.socket(socket.AF_UNIX).connect(sys.argv[1])\n"
        python = wall.worker()
        room = structs.replace(python, reads=(*python.reads, two.directory), writes=(one.directory,), serves=True)
        for around, said in (((), b""), (wall.around(room), b"Operation not permitted")):
            command = [*around, sys.executable, "-I", "-c", tries, f"{two.directory}/.s.PGSQL.5432"]
            done = subprocess.run(command, capture_output=True, check=False, timeout=60)
            assert (said in done.stderr) if said else (done.returncode == 0)
    servers.close()


def test_where_it_cannot_be_built_nothing_starts(
    tools: Toolbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "the program behind the wall cannot be started: no memory"
    monkeypatch.setattr(wall, "_SHIM", tmp_path / "shim.py")
    (tmp_path / "shim.py").write_text(f"import sys\nsys.exit({words!r})\n")
    said = [str(each) for each in tools.engines("kustomize")]
    assert said
    assert all(words in each for each in said)
