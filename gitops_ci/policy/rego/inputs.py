"""What policies are asked about: documents of both ends of a change, in the form that a policy reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from gitops_ci.discover import naming
from gitops_ci.discover.snapshot import SUBMODULE, SYMLINK, Snapshot
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Problem
from gitops_ci.policy.documents import files, manifests
from gitops_ci.policy.documents.files import Unreadable
from gitops_ci.policy.documents.manifests import Identity, Manifest
from gitops_ci.policy.documents.yaml_documents import Document, Place
from gitops_ci.policy.rego import hiding, plans, selection
from gitops_ci.policy.rego.forms import Form
from gitops_ci.policy.rego.plans import Addresses
from gitops_ci.policy.scope import Scope

if TYPE_CHECKING:
    from gitops_ci.kinds.terraform.masking import Masking


_LOOKED_AT = 8192
"""Bytes in which a file shows that it is no text, as git has it."""


class Input(Struct, frozen=True, kw_only=True, gc=False):
    """One document that is asked about (`payload`, JSON) and where it comes from.

    `about` tells objects of one file apart; `place` leads to the object inside of `document`. `hide` takes out of a
    message what must not be told of this document.
    """

    payload: bytes
    path: str | None
    about: str = ""
    stack: str | None = None
    document: Document | None = None
    place: Place = ()
    directory: str = ""
    addresses: Addresses = Addresses()
    hide: Callable[[str], str] | None = None


class Ends(Struct, frozen=True):
    """The inputs of one form at both ends, the same object where the content is the same."""

    base: tuple[Input, ...]
    head: tuple[Input, ...]


Subject = Callable[[str | None, str | None], dict[str, Any]]
"""What reviews and plans have as `input.gitops_ci`, by the file's path (None: a plan) and the stack's id."""


class Reading:
    """Reads the files of a scope once, whatever the number of forms; notes what cannot be read."""

    def __init__(self, scope: Scope, subject: Subject | None = None) -> None:
        self.scope = scope
        self._subject = subject
        self.problems: list[Problem] = []
        self.templates: set[str] = set()
        self._parsed: dict[tuple[int, str], tuple[Document, ...]] = {}
        self._failed: dict[tuple[str, str], tuple[Finding, bool]] = {}
        self._unreadable: dict[str, dict[str, Finding]] = {"base": {}, "head": {}}

    def ends(self, form: Form, patterns: tuple[str, ...]) -> Ends:
        """All inputs of one form; `patterns` say of which files (none: of all that have the form)."""
        if form == "plan":
            return self._plans()
        wanted = selection.takes(form, patterns)
        scope = self.scope
        head = [path for path in scope.paths if wanted(path) and self._is_file(scope.head, path)]
        before = scope.base.entries.keys() if scope.base is not None else ()
        base = [path for path in sorted(scope.changed) if path in before and wanted(path)]
        base = [path for path in base if scope.base is not None and self._is_file(scope.base, path)]
        self._refuse(form, patterns)
        made = {"review": self._reviews, "object": self._objects}.get(form, self._files)
        return made(base, head)

    def _refuse(self, form: Form, patterns: tuple[str, ...]) -> None:
        """Somebody asks for files by name, and none of those is of a format that can be read: no pass."""
        for pattern in patterns:
            named = [path for path in self.scope.paths if naming.compiled(pattern).fullmatch(path)]
            if named and not any(map(selection.takes(form, (pattern,)), named)):
                message = f"policy.rego[].files: {pattern} names files of a format that policies cannot be asked about"
                self._problem(Problem(code="unsupported-format", message=message, path=named[0]))

    @property
    def unreadable(self) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        """Files that cannot be read, at base and at head."""
        before, after = self._unreadable["base"], self._unreadable["head"]
        same = () if self.scope.base is None else (after[path] for path in after if path not in self.scope.changed)
        return (*before.values(), *same), tuple(after.values())

    @staticmethod
    def _is_file(snapshot: Snapshot, path: str) -> bool:
        return snapshot.entries[path].mode not in (SYMLINK, SUBMODULE)

    @cached_property
    def charts(self) -> tuple[str, ...]:
        """The directories of Helm charts, at either end."""
        ends = [end for end in (self.scope.base, self.scope.head) if end is not None]
        found = {path.rpartition("/")[0] for end in ends for path in end.entries if path.endswith("Chart.yaml")}
        return tuple(sorted(found))

    def documents(
        self, end: str, paths: list[str], *, of_objects: bool = False
    ) -> Iterator[tuple[str, tuple[Document, ...]]]:
        """The documents of files, each with its path, in order; `of_objects` where Kubernetes objects are looked for.

        Then what cannot be read is told of files only that could hold one (`tsconfig.json` has comments).
        """
        snapshot = self.scope.head if end == "head" else self.scope.base
        if snapshot is None:
            return
        key = id(snapshot)
        missing = [path for path in paths if (key, path) not in self._parsed]
        contents = snapshot.read_many(missing)
        for path in missing:
            self._parsed[key, path] = self._read(end, path, contents.get(path))
        for path in paths:
            failed, may_hold_object = self._failed.get((end, path), (None, False))
            if failed is not None and (may_hold_object or not of_objects):
                self._unreadable[end][path] = failed
            yield path, self._parsed[key, path]

    def _read(self, end: str, path: str, content: bytes | None) -> tuple[Document, ...]:
        is_text = content is not None and b"\0" not in content[:_LOOKED_AT]
        templated = is_text and b"{{" in (content or b"") and files.format_of(path) in ("YAML", "JSON")
        if templated and manifests.is_template(path, self.charts):
            self.templates.add(path)
            return ()
        found: list[Document] = []
        try:
            found.extend(_documents(path, content))
        except Unreadable as error:
            if templated:
                self.templates.add(path)
            else:
                may_hold_object = content is None or b"apiVersion" in content.replace(b"\0", b"")  # or in UTF-16
                self._failed[end, path] = _unreadable(path, error, self._stack(path)), may_hold_object
        except ImportError:
            message = "policies read SQL, which needs the extra database (pip install 'gitops-ci[database]')"
            self._problem(Problem(code="missing", message=message))
        return tuple(found)

    def _problem(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _stack(self, path: str) -> str | None:
        owners = self.scope.owners.get(path, ())
        return owners[0] if len(owners) == 1 else None

    def _paired(self, base: Iterable[Input], head: Iterable[Input]) -> Ends:
        """Both ends, those of files that the change does not touch at both."""
        after = tuple(head)
        same = () if self.scope.base is None else (each for each in after if each.path not in self.scope.changed)
        return Ends((*base, *same), after)

    def _files(self, base: list[str], head: list[str]) -> Ends:
        return self._paired(self._file_inputs("base", base), self._file_inputs("head", head))

    def _file_inputs(self, end: str, paths: list[str]) -> Iterator[Input]:
        for path, documents in self.documents(end, paths):
            for document in documents:
                if manifests.is_object(document.value):
                    yield from (self._of_object(path, each) for each in manifests.objects((document,)))
                else:
                    payload = msgspec.json.encode(document.value)
                    yield Input(payload=payload, path=path, stack=self._stack(path), document=document)

    def _objects(self, base: list[str], head: list[str]) -> Ends:
        return self._paired(
            (self._of_object(path, each) for path, each in self._manifests("base", base)),
            (self._of_object(path, each) for path, each in self._manifests("head", head)),
        )

    def _manifests(self, end: str, paths: list[str]) -> Iterator[tuple[str, Manifest]]:
        for path, documents in self.documents(end, paths, of_objects=True):
            yield from ((path, each) for each in manifests.objects(documents))

    def _of_object(self, path: str, manifest: Manifest, value: Any = None) -> Input:
        return Input(
            payload=msgspec.json.encode(manifest.value if value is None else value),
            path=path,
            about=" ".join(filter(None, manifest.identity)) or manifest.name,
            stack=self._stack(path),
            document=manifest.document,
            place=manifest.place,
        )

    def _reviews(self, base: list[str], head: list[str]) -> Ends:
        there = list(self._manifests("base", base))
        gone = {path for path in base if path not in self.scope.head.entries}
        at_path: dict[tuple[str, Identity], Manifest] = {(path, each.identity): each for path, each in there}
        moved: dict[Identity, Manifest] = {each.identity: each for path, each in there if path in gone}
        after = []
        for path, each in self._manifests("head", head):
            unchanged = self.scope.base is not None and path not in self.scope.changed
            before = each if unchanged else at_path.get((path, each.identity)) or moved.get(each.identity)
            after.append(self._review(path, each, before))
        return self._paired((self._review(path, each, each) for path, each in there), after)

    def _review(self, path: str, manifest: Manifest, before: Manifest | None) -> Input:
        told = {} if self._subject is None else {"gitops_ci": self._subject(path, self._stack(path))}
        return self._of_object(path, manifest, manifests.review(manifest, before) | told)

    def _plans(self) -> Ends:
        from gitops_ci.kinds.terraform import plan_json
        from gitops_ci.kinds.terraform.plan_json import PlanJsonError

        base: list[Input] = []
        head: list[Input] = []
        for id, place in sorted(self.scope.plans.items()):
            try:
                content = place.read_bytes()
                known = plan_json.parse(content).known
                plan = plans.decoded(content)
            except (PlanJsonError, ValueError, OSError) as error:
                message = f"{id}: the plan cannot be judged: {error if not isinstance(error, OSError) else 'no file'}"
                self._problem(Problem(code="invalid-plan", message=message))
                continue
            stack = self.scope.stacks.get(id)
            told = b"" if self._subject is None else msgspec.json.encode({"gitops_ci": self._subject(None, id)})
            shared = Input(
                payload=_beside(told, content),
                path=None,
                stack=id,
                directory=stack.path if stack is not None else "",
                addresses=plans.addresses(plan),
                hide=partial(_hidden, known),
            )
            head.append(shared)
            before = plans.before(plan)
            if before is not None:
                base.append(msgspec.structs.replace(shared, payload=_beside(told, msgspec.json.encode(before))))
        return Ends(tuple(base), tuple(head))


def _documents(path: str, content: bytes | None) -> Iterator[Document]:
    """The documents of a file. Raises Unreadable, and ImportError where what reads it is not installed."""
    if content is None:
        raise Unreadable(None, "too large to be read")
    if path.endswith(".sql"):
        from gitops_ci.policy.documents import sql

        yield sql.document(path, content)
    elif b"\0" in content[:_LOOKED_AT]:
        raise Unreadable(None, "binary, whatever its name says")
    else:
        yield from files.documents(path, content)


def _beside(told: bytes, document: bytes) -> bytes:
    """A JSON object with what else is told in front; the object itself stays as it is written, numbers and all."""
    return told[:-1] + b"," + document.lstrip()[1:] if told else document


def _hidden(known: Masking, text: str) -> str:
    """A message without what the plan marks as sensitive, also where it is a part of it."""
    return hiding.message(text, known.known, known.words)


def _unreadable(path: str, error: Unreadable, stack: str | None) -> Finding:
    message = f"policies cannot be asked about it: {error.message}"
    help = "Mend the file, or leave it out with `files` of `policy.rego` in gitops-ci.yml."
    return finding.make("rego/unreadable", "error", message, help=help, path=path, line=error.line, stack=stack)
