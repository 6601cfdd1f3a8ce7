"""A stack at one end of a change: its files, each read as what it is, and all of it as items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import MAX_FILE_BYTES, SUBMODULE, SYMLINK, Snapshot
from gitops_ci.kinds.security import casbin, casbin_items, manifests, rego, rego_items
from gitops_ci.kinds.security.casbin import Model
from gitops_ci.kinds.security.casbin_items import PolicySet
from gitops_ci.kinds.security.items import Item
from gitops_ci.kinds.security.manifests import Documents, Manifest, Wrong
from gitops_ci.kinds.security.rego import Parsed
from gitops_ci.kinds.security.rego_words import RegoError
from gitops_ci.model.plan import JsonValue, Problem
from gitops_ci.model.stack import Stack
from gitops_ci.policy import secrets
from gitops_ci.policy.documents.yaml_documents import Document

_YAML = (".yaml", ".yml", ".json")
_TOLD = 100_000
"""Characters of a text that are shown; a longer one is told by its digest."""


class End(Struct):
    """What the files of a stack say at one end. `wrong` are files that are not what their names say.

    `files` are all others, each with the JSON object that is told of it.
    """

    manifests: list[Manifest] = field(default_factory=list)
    modules: dict[str, Parsed] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    policies: dict[str, tuple[casbin.Row, ...]] = field(default_factory=dict)
    files: dict[str, JsonValue] = field(default_factory=dict)
    wrong: dict[str, Problem] = field(default_factory=dict)

    def sets(self, crowded: frozenset[str] = frozenset()) -> Iterator[PolicySet]:
        """Each Casbin policy with its model."""
        for path, rows in self.policies.items():
            model = _model_of(path, self.models)
            found = self.models.get(model) if model is not None else None
            yield PolicySet(path, _label(path, crowded), rows, found, model)


def read(stack: Stack, inventory: Inventory | None) -> End:
    """The stack's own files and those that it reads; an end that lacks the stack has none."""
    end = End()
    if inventory is None or stack.id not in inventory.stacks:
        return end
    snapshot = inventory.snapshot
    real = {path: _real(path, snapshot) for path in sorted(inventory.graph.closure(stack.id, snapshot))}
    for path, target in real.items():
        if target is None:
            end.files[path] = _identity(path, snapshot)
    present = {path: target for path, target in real.items() if target is not None}
    _documents(present, snapshot, end)
    _modules(present, snapshot, end)
    _texts({path: target for path, target in present.items() if not _is_known(path)}, snapshot, end)
    return end


def items(end: End, crowded: frozenset[str] = frozenset(), but: frozenset[str] = frozenset()) -> list[Item]:
    """Everything that an end says, but for what files in `but` say; `crowded` folders have several Casbin sets."""
    found = list(manifests.items(each for each in end.manifests if each.path not in but))
    found += rego_items.items({path: module for path, module in end.modules.items() if path not in but})
    found += [
        casbin_items.model(path, _label(path, crowded), model) for path, model in end.models.items() if path not in but
    ]
    for each in end.sets(crowded):
        found += casbin_items.rows(each) if each.path not in but else ()
    found += [_file(path, content) for path, content in end.files.items() if path not in but]
    return found


def crowded(*ends: End) -> frozenset[str]:
    """Folders with several Casbin policies or models at one of the ends: there a file's name tells them apart."""
    found: set[str] = set()
    for end in ends:
        for paths in (end.policies, end.models):
            folders = [path.rpartition("/")[0] for path in paths]
            found.update(folder for folder in folders if folders.count(folder) > 1)
    return frozenset(found)


def _label(path: str, crowded: Iterable[str]) -> str:
    folder = path.rpartition("/")[0]
    return path if folder in crowded else folder


def _model_of(policy: str, models: Mapping[str, Model]) -> str | None:
    """The model that a policy is read by: the only one, the only one beside it, or the one that is called like it."""
    if len(models) == 1:
        return next(iter(models))
    folder, _, name = policy.rpartition("/")
    beside = [path for path in models if path.rpartition("/")[0] == folder]
    if len(beside) == 1:
        return beside[0]
    stem = name.rpartition(".")[0].replace("policy", "model")
    return next((path for path in beside if path.rpartition("/")[2].rpartition(".")[0] == stem), None)


def _real(path: str, snapshot: Snapshot) -> str | None:
    """The file itself, links followed; None for a submodule, and for a link that leads to no file."""
    entry = snapshot.entries.get(path)
    if entry is None or entry.mode == SUBMODULE:
        return None
    if entry.mode != SYMLINK:
        return path
    target = snapshot.resolve(path)
    return target if target is not None and target in snapshot.entries else None


def _identity(path: str, snapshot: Snapshot) -> JsonValue:
    """What can be told of something that is not read: git's id of its content."""
    entry = snapshot.entries[path]
    if entry.mode == SYMLINK:
        return {"link": snapshot.symlinks.get(path)}
    return {"submodule" if entry.mode == SUBMODULE else "digest": entry.oid}


def _is_known(path: str) -> bool:
    return path.endswith((*_YAML, ".rego")) or manifests.is_kustomization(path)


def _documents(real: Mapping[str, str], snapshot: Snapshot, end: End) -> None:
    wanted = {path: target for path, target in real.items() if path.endswith(_YAML) or manifests.is_kustomization(path)}
    found = snapshot.facts(wanted.values(), manifests.documents)
    raw: list[str] = []
    for path, target in wanted.items():
        known = found.get(target)
        if known is None:
            end.wrong[path] = _too_large(path)
        elif known.wrong is not None and _is_template(path, snapshot):
            raw.append(path)
        elif known.wrong is not None:
            wrong = known.wrong
            end.wrong[path] = Problem(
                code="invalid", message=f"{path} is {secrets.masked(_said(wrong))}", path=path, line=wrong.line
            )
        elif twice := next((each for each in known.found if each.duplicates), None):
            end.wrong[path] = _twice(path, twice)
        else:
            _one_document(path, known, end)
    _texts({path: real[path] for path in raw}, snapshot, end)


def _twice(path: str, document: Document) -> Problem:
    """Readers of YAML differ on what such a key means: the one that a reviewer sees need not be the one that counts."""
    place, line = document.duplicates[0]
    key = secrets.masked(str(place[-1]))[:60]
    said = f"{path} has the key `{key}` twice in one object: which of them counts is not known"
    return Problem(code="invalid", message=said, path=path, line=line)


def _said(wrong: Wrong) -> str:
    return wrong.message if wrong.message.startswith("not ") else f"not readable: {wrong.message}"


def _one_document(path: str, known: Documents, end: End) -> None:
    objects = manifests.of(path, known)
    end.manifests += objects
    told = {id(each.document) for each in objects}
    rest = [each.value for each in known.found if id(each) not in told]
    if rest:
        end.files[path] = {"content": rest[0] if len(rest) == 1 else rest}


def _modules(real: Mapping[str, str], snapshot: Snapshot, end: End) -> None:
    wanted = {path: target for path, target in real.items() if path.endswith(".rego")}
    found = snapshot.facts(wanted.values(), _module)
    for path, target in wanted.items():
        match found.get(target):
            case None:
                end.wrong[path] = _too_large(path)
            case Wrong(line, message):
                end.wrong[path] = Problem(code="invalid", message=f"{path} is no Rego: {message}", path=path, line=line)
            case Parsed() as module:
                end.modules[path] = module


def _module(content: bytes) -> Parsed | Wrong:
    try:
        return rego.parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Wrong(content.count(b"\n", 0, error.start) + 1, "not UTF-8")
    except RegoError as error:
        return Wrong(error.line, error.message)


def _texts(real: Mapping[str, str], snapshot: Snapshot, end: End) -> None:
    """Casbin's files by what is in them, and everything else as text or by its digest."""
    found = snapshot.read_many(dict.fromkeys(real.values()), limit=MAX_FILE_BYTES)
    texts = {path: _text(found.get(target)) for path, target in real.items()}
    end.models.update({path: casbin.model(text) for path, text in texts.items() if text and _may_be_model(path, text)})
    for path, target in real.items():
        text = texts[path]
        if path in end.models:
            continue
        if text is None:
            end.files[path] = _identity(target, snapshot)
        elif path.endswith(".csv") and (casbin.is_policy(text) or (end.models and "policy" in path.lower())):
            end.policies[path] = casbin.rows(text)
        elif len(text) > _TOLD:
            end.files[path] = _identity(target, snapshot)
        else:
            end.files[path] = {"content": text}


def _may_be_model(path: str, text: str) -> bool:
    """Whether a text is a model; one that only shows a model in its prose is none."""
    return casbin.is_model(text) and not path.endswith((".md", ".rst"))


def _text(content: bytes | None) -> str | None:
    if content is None or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _is_template(path: str, snapshot: Snapshot) -> bool:
    """Whether a file is a template of a Helm chart, which is YAML only once it is rendered."""
    head, found, _ = path.rpartition("/templates/")
    return bool(found) and f"{head}/Chart.yaml" in snapshot


def _too_large(path: str) -> Problem:
    limit = MAX_FILE_BYTES // 1024**2
    return Problem(code="unreadable", message=f"{path} is larger than {limit} MiB", path=path)


def _file(path: str, content: JsonValue) -> Item:
    return Item(
        key=("file", path),
        address=f"file {path}",
        type="file",
        path=path,
        content=content,
        marks=manifests.encrypted(content.get("content")) and {"content": manifests.encrypted(content["content"])},
    )
