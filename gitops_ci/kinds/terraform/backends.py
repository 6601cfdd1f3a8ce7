"""Where a root keeps its state: its backend with what `init` is given beside it, and the location as one text."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from gitops_ci.discover.snapshot import Snapshot, join
from gitops_ci.kinds.terraform.language import blocks, values
from gitops_ci.kinds.terraform.language.blocks import Body, Unreadable
from gitops_ci.kinds.terraform.language.values import COMPUTED, Value
from gitops_ci.kinds.terraform.reading import configuration
from gitops_ci.kinds.terraform.reading.configuration import JSON, Configuration

DEFAULT_WORKSPACE = "default"
HOST = "app.terraform.io"
_KEEPERS = ("backend", "cloud", "state_store")

Settings = Mapping[str, Value]


class Backend(Struct, frozen=True):
    """A backend (`local` where none is named, `cloud` for a cloud block) and its settings.

    `unread` are files of `-backend-config` that this snapshot does not have, so that the settings may be incomplete.
    """

    type: str
    settings: Settings
    path: str | None = None
    line: int | None = None
    unread: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """A setting that is plain text; None where it is not given or computed."""
        value = self.settings.get(name)
        return value if isinstance(value, str) and value else None


def of(directory: str, snapshot: Snapshot, *, backend_config: Iterable[str] = ()) -> Backend:
    """The backend of the root in `directory`.

    `backend_config` are files relative to it, or `key=value`; the last one wins.
    """
    return given(configuration.of(directory, snapshot), directory, snapshot, backend_config)


def given(root: Configuration, directory: str, snapshot: Snapshot, backend_config: Iterable[str]) -> Backend:
    """The backend that a configuration declares, with what `-backend-config` says beside it."""
    declared = _declared(root)
    settings = dict(declared.settings)
    unread: list[str] = []
    for name in backend_config:
        key, is_setting, value = name.partition("=")
        more = {key: value} if is_setting else _given(join(directory, name), snapshot)
        if more is None:
            unread.append(name)
        else:
            settings.update(more)
    return Backend(declared.type, settings, declared.path, declared.line, tuple(unread))


def _declared(root: Configuration) -> Backend:
    """The last one counts: an override file's takes the place of any other, whatever its kind.

    Where there is `x.tofu`, OpenTofu does not read `x.tf`; Terraform is not run there.
    """
    tofu = {path for path, _ in root.files if path.endswith(configuration.TOFU)}
    found = [
        (path, block)
        for path, body in root.files
        if path.replace(".tf", ".tofu") not in tofu
        for outer in body.all("terraform")
        for block in outer.body.blocks
        if block.type in _KEEPERS
    ]
    if not found:
        return Backend("local", {})
    path, block = found[-1]
    if len([each for each, _ in found if each == path]) > 1:
        return Backend("unclear", {}, path, block.line)
    type = block.labels[0] if block.type == "backend" and block.labels else block.type
    return Backend(type, settings_of(block.body), path, block.line)


def settings_of(body: Body) -> Settings:
    """The settings that a block holds; those of a nested block are a mapping under its type."""
    nested = {block.type: settings_of(block.body) for block in body.blocks}
    return nested | {each.name: values.of(each.expression) for each in body.attributes}


def _given(path: str | None, snapshot: Snapshot) -> Settings | None:
    content = snapshot.read(resolved) if path and (resolved := snapshot.resolve(path)) else None
    if content is None:
        return None
    try:
        return settings_of(blocks.read(content, is_json=str(path).endswith((".json", *JSON))))
    except Unreadable:
        return None


def location(type: str, settings: Settings, *, directory: str = "", workspace: str = DEFAULT_WORKSPACE) -> str | None:
    """One text for the place of a state, the same for every root that names the same place; no credential is in it.

    `s3://bucket/key` (`s3+https://host/bucket/key` where an endpoint is given), `gs://bucket/prefix/default.tfstate`,
    `azurerm://account/container/key`, `remote://host/organisation/workspace` (also for `cloud`),
    `local:path/in/the/repository`, an http address … None where the settings do not tell it. `directory` is the
    root's, for paths of local states. Rules: each backend's page under
    https://developer.hashicorp.com/terraform/language/backend
    """
    named = _NAMED.get(type)
    try:
        return named(settings, directory, workspace) if named is not None else None
    except _Untold:
        return None


class _Untold(Exception):
    """A setting that the location needs is not given, or computed."""


def _text(settings: Settings, name: str, default: str | None = None) -> str:
    value = settings.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (not value and default is None) or "${" in value or "%{" in value:
        raise _Untold
    return value


def _of_s3(settings: Settings, _directory: str, workspace: str) -> str:
    key = _text(settings, "key").lstrip("/")
    if workspace != DEFAULT_WORKSPACE:
        key = f"{_text(settings, 'workspace_key_prefix', 'env:')}/{workspace}/{key}"
    bucket = _text(settings, "bucket")
    if bucket.startswith("arn:") or bucket.endswith("-s3alias"):
        raise _Untold  # an access point: of which bucket is not said
    return f"{_scheme('s3', settings)}{bucket}/{key}"


def _scheme(name: str, settings: Settings) -> str:
    """The beginning of a location: a server of one's own is another place than the cloud's."""
    endpoints = settings.get("endpoints")
    if endpoints is not None and not isinstance(endpoints, Mapping):
        raise _Untold
    given = [endpoints.get(name)] if endpoints is not None and name in endpoints else []
    given += [settings[each] for each in ("endpoint", "storage_custom_endpoint") if each in settings]
    if not given:
        return f"{name}://"
    server = _text({"endpoint": given[0]}, "endpoint").rstrip("/")
    return f"{name}+{server if '://' in server else f'https://{server}'}/"


def _of_gcs(settings: Settings, _directory: str, workspace: str) -> str:
    name = posixpath.join(_text(settings, "prefix", "").lstrip("/"), f"{workspace}.tfstate")
    return f"{_scheme('gs', settings)}{_text(settings, 'bucket')}/{posixpath.normpath(name)}"


def _of_azure(settings: Settings, _directory: str, workspace: str) -> str:
    if "metadata_host" in settings or "endpoint" in settings:
        raise _Untold  # another cloud
    key = _text(settings, "key") + ("" if workspace == DEFAULT_WORKSPACE else f"env:{workspace}")
    return f"azurerm://{_text(settings, 'storage_account_name')}/{_text(settings, 'container_name')}/{key}"


def _of_local(settings: Settings, directory: str, workspace: str) -> str:
    path = _text(settings, "path", "terraform.tfstate")
    if workspace != DEFAULT_WORKSPACE:
        folder = _text(settings, "workspace_dir", "terraform.tfstate.d")
        path = f"{folder}/{workspace}/terraform.tfstate"
    return "local:" + posixpath.normpath(posixpath.join(directory, path))


def _of_remote(settings: Settings, _directory: str, workspace: str) -> str:
    workspaces = settings.get("workspaces")
    if not isinstance(workspaces, Mapping) or COMPUTED in (workspaces.get("name"), workspaces.get("prefix")):
        raise _Untold
    name = workspaces.get("name")
    if name is None:
        if workspace == DEFAULT_WORKSPACE:
            raise _Untold
        name = f"{workspaces.get('prefix') or ''}{workspace}"
    host = _text(settings, "hostname", HOST).lower()
    return f"remote://{host}/{_text(settings, 'organization')}/{name}"


def _of_http(settings: Settings, _directory: str, _workspace: str) -> str:
    scheme, _, rest = _text(settings, "address").partition("://")
    if "?" in rest:
        raise _Untold  # a query may name the state, or hold a credential
    authority, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{authority.rpartition('@')[2].lower()}{slash}{path}"


def _of_consul(settings: Settings, _directory: str, workspace: str) -> str:
    suffix = "" if workspace == DEFAULT_WORKSPACE else f"-env:{workspace}"
    return f"consul://{_text(settings, 'address', '')}/{_text(settings, 'path')}{suffix}"


def _of_kubernetes(settings: Settings, _directory: str, workspace: str) -> str:
    cluster = _text(settings, "config_context")
    secret = f"tfstate-{workspace}-{_text(settings, 'secret_suffix')}"
    return f"kubernetes://{cluster}/{_text(settings, 'namespace', 'default')}/{secret}"


def _of_objects(scheme: str, default: str) -> Callable[[Settings, str, str], str]:
    """Tencent's and Alibaba's object stores: a bucket, a prefix, a workspace's folder, a key."""

    def named(settings: Settings, _directory: str, workspace: str) -> str:
        folder = "" if workspace == DEFAULT_WORKSPACE else workspace
        if "endpoint" in settings:
            raise _Untold
        path = posixpath.join(_text(settings, "prefix", default), folder, _text(settings, "key", "terraform.tfstate"))
        return f"{scheme}://{_text(settings, 'bucket')}/{path}"

    return named


_NAMED: Mapping[str, Callable[[Settings, str, str], str]] = {
    "s3": _of_s3,
    "gcs": _of_gcs,
    "azurerm": _of_azure,
    "local": _of_local,
    "remote": _of_remote,
    "cloud": _of_remote,
    "http": _of_http,
    "consul": _of_consul,
    "kubernetes": _of_kubernetes,
    "cos": _of_objects("cos", ""),
    "oss": _of_objects("oss", "env:"),
}


def remote_state(settings: Mapping[str, Any], *, directory: str) -> str | None:
    """The location that a `terraform_remote_state` data source reads, from its attributes' values."""
    type, given = settings.get("backend"), settings.get("config")
    workspace = settings.get("workspace", DEFAULT_WORKSPACE)
    if not isinstance(type, str) or not isinstance(given, Mapping) or not isinstance(workspace, str):
        return None
    return location(type, given, directory=directory, workspace=workspace)
