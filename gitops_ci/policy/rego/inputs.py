"""What policies are asked about: documents of both ends of a change, in the form that a policy reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from gitops_ci.discover import naming
from gitops_ci.model.plan import Problem
from gitops_ci.model.stack import SHARED
from gitops_ci.policy.documents import kustomizations, manifests
from gitops_ci.policy.documents.manifests import Identity, Manifest
from gitops_ci.policy.documents.yaml_documents import Document, Place
from gitops_ci.policy.rego import hiding, plans, rendered, selection
from gitops_ci.policy.rego.contents import Contents
from gitops_ci.policy.rego.forms import Form
from gitops_ci.policy.rego.plans import Addresses
from gitops_ci.policy.rego.rendered import Rendered
from gitops_ci.policy.scope import Made, Scope

if TYPE_CHECKING:
    from gitops_ci.kinds.terraform.plans.masking import Masking


class Input(Struct, frozen=True, kw_only=True, gc=False):
    """One document that is asked about (`payload`, JSON) and where it comes from.

    `about` tells objects of one file apart; `place` leads to the object inside of `document`. `hide` takes out of a
    message what must not be told of this document. `made` is what it is of a rendering, whose places are elsewhere.
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
    made: Made | None = None

    @property
    def name(self) -> str:
        """What it is called in a message: its object and file, or the plan's stack."""
        if self.path is None:
            return f"the plan of {self.stack}"
        return f"{self.about} in {self.path}" if self.about else self.path


class Ends(Struct, frozen=True):
    """The inputs of one form at both ends, the same object where the content is the same."""

    base: tuple[Input, ...]
    head: tuple[Input, ...]


Subject = Callable[[str | None, str | None, str], dict[str, Any]]
"""What reviews and plans have as `input.gitops_ci`, by the file's path (None: a plan), the stack's id and the end."""


class Reading:
    """Makes the inputs of each form from the files of a scope."""

    def __init__(self, scope: Scope, subject: Subject | None = None) -> None:
        self.scope = scope
        self.contents = Contents(scope)
        self._subject = subject

    def ends(self, form: Form, patterns: tuple[str, ...]) -> Ends:
        """All inputs of one form; `patterns` say of which files (none: of all that have the form)."""
        if form == "plan":
            return self._plans()
        contents = self.contents
        before, after = (selection.takes(form, patterns, contents.named(end)) for end in ("base", "head"))
        head = [path for path in contents.paths if after(path) and contents.is_file("head", path)]
        base = [path for path in sorted(contents.changed) if before(path) and contents.is_file("base", path)]
        self._refuse(form, patterns)
        made = {"review": self._reviews, "object": self._objects}.get(form, self._files)
        ends = made(base, head)
        if not patterns:
            return ends
        return Ends(*(tuple(each for each in end if _is_named(each, patterns)) for end in (ends.base, ends.head)))

    def _refuse(self, form: Form, patterns: tuple[str, ...]) -> None:
        """Somebody asks for files by name, and none of those is of a format that can be read: no pass.

        Several files may lie in several environments, so that the problem is of none of them.
        """
        for pattern in patterns:
            named = [path for path in self.scope.paths if naming.compiled(pattern).fullmatch(path)]
            if named and not any(map(selection.takes(form, (pattern,), self.contents.named("head")), named)):
                message = f"policy.rego[].files: {pattern} names files of a format that policies cannot be asked about"
                path = named[0] if len(named) == 1 else None
                self.contents.problem(Problem(code="unsupported-format", message=message, path=path))

    def _paired(self, base: Iterable[Input], head: Iterable[Input]) -> Ends:
        """Both ends, those of files that the change does not touch at both."""
        after = tuple(head)
        same = () if self.scope.base is None else (each for each in after if each.path not in self.contents.changed)
        return Ends((*base, *same), after)

    def _files(self, base: list[str], head: list[str]) -> Ends:
        return self._paired(self._file_inputs("base", base), self._file_inputs("head", head))

    def _file_inputs(self, end: str, paths: list[str]) -> Iterator[Input]:
        for path, documents in self.contents.documents(end, paths):
            for document in documents:
                if manifests.is_object(document.value):
                    yield from (self._of_object(path, each) for each in manifests.objects((document,)))
                else:
                    payload = msgspec.json.encode(document.value)
                    yield Input(payload=payload, path=path, stack=self.contents.stack(path), document=document)

    def _objects(self, base: list[str], head: list[str]) -> Ends:
        found = self._paired(
            (self._of_object(path, each) for path, each in self._manifests("base", base)),
            (self._of_object(path, each) for path, each in self._manifests("head", head)),
        )
        made = (tuple(rendered.objects(end)) for end in (self.scope.rendered_base, self.scope.rendered_head))
        before, after = (tuple(map(self._of_made, each)) for each in made)
        return Ends((*found.base, *before), (*found.head, *after))

    def _of_made(self, each: Rendered, value: Any = None) -> Input:
        made = self._of_object(each.path, each.manifest, value)
        about = " ".join(filter(None, (each.manifest.identity[0], each.manifest.identity[1], each.manifest.name)))
        return msgspec.structs.replace(made, about=about, stack=each.made.stack, made=each.made)

    def _reviews_of_made(self) -> Ends:
        """Each object that is rendered, and the one that it was: of the same stack, called the same."""
        before, after = (
            {(each.made.stack, each.manifest.identity): each for each in rendered.objects(end)}
            for end in (self.scope.rendered_base, self.scope.rendered_head)
        )
        return Ends(
            tuple(self._review_of_made(each, each, "base") for each in before.values()),
            tuple(self._review_of_made(each, before.get(key), "head") for key, each in after.items()),
        )

    def _review_of_made(self, each: Rendered, old: Rendered | None, end: str) -> Input:
        told: dict[str, Any] = {}
        if self._subject is not None:
            told = {"gitops_ci": {**self._subject(each.path, each.made.stack, end)}}
            told["gitops_ci"].pop("kustomized", None)  # nothing comes to it any more
        return self._of_made(each, manifests.review(each.manifest, None if old is None else old.manifest) | told)

    def _manifests(self, end: str, paths: list[str]) -> Iterator[tuple[str, Manifest]]:
        judged = self.scope.rendered_head if end == "head" else self.scope.rendered_base
        written = [path for path in paths if path not in judged.instead_of]
        for path, documents in self.contents.documents(end, written, of_objects=True):
            yield from ((path, each) for each in manifests.objects(documents))
            if kustomizations.is_one(path):
                kustomization = self.contents.kustomizations(end).get(path)
                patches = () if kustomization is None else kustomization.patches
                yield from ((path, Manifest(each.value, each, is_patch=True)) for each in patches)

    def _of_object(self, path: str, manifest: Manifest, value: Any = None) -> Input:
        return Input(
            payload=msgspec.json.encode(manifest.value if value is None else value),
            path=path,
            about=" ".join(filter(None, manifest.identity)) or manifest.name,
            stack=self.contents.stack(path),
            document=manifest.document,
            place=manifest.place,
        )

    def _reviews(self, base: list[str], head: list[str]) -> Ends:
        there = list(self._manifests("base", base))
        gone = {path for path in base if path not in self.scope.head.entries}
        at_path: dict[tuple[str, Identity], Manifest] = {(path, each.identity): each for path, each in there}
        moved = {(self._where(path), each.identity): each for path, each in there if path in gone}
        after = []
        for path, each in self._manifests("head", head):
            unchanged = self.scope.base is not None and path not in self.contents.changed
            known = at_path.get((path, each.identity)) or moved.get((self._where(path), each.identity))
            after.append(self._review(path, each, each if unchanged else known))
        found = self._paired((self._review(path, each, each, "base") for path, each in there), after)
        made = self._reviews_of_made()
        return Ends((*found.base, *made.base), (*found.head, *made.head))

    def _where(self, path: str) -> str:
        """The environment of a file, else its folder: an object that comes from elsewhere is another one."""
        environment = naming.environment_of_path(path, self.scope.config)
        return environment if environment != SHARED else f"{path.rpartition('/')[0]}/"

    def _review(self, path: str, manifest: Manifest, before: Manifest | None, end: str = "head") -> Input:
        told: dict[str, Any] = {}
        if self._subject is not None:
            patch = {"kustomized": "patch"} if manifest.is_patch else {}
            told = {"gitops_ci": self._subject(path, self.contents.stack(path), end) | patch}
        return self._of_object(path, manifest, manifests.review(manifest, before) | told)

    def _plans(self) -> Ends:
        from gitops_ci.kinds.terraform.plans import plan_json
        from gitops_ci.kinds.terraform.plans.plan_json import PlanJsonError

        base: list[Input] = []
        head: list[Input] = []
        for id, place in sorted(self.scope.plans.items()):
            try:
                content = place.read_bytes()
                known = plan_json.parse(content).known
                plan = plans.decoded(content)
            except (PlanJsonError, ValueError, OSError) as error:
                message = f"{id}: the plan cannot be judged: {error if not isinstance(error, OSError) else 'no file'}"
                self.contents.problem(Problem(code="invalid-plan", message=message))
                continue
            stack = self.scope.stacks.get(id)
            told = b"" if self._subject is None else msgspec.json.encode({"gitops_ci": self._subject(None, id, "head")})
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


def _is_named(each: Input, patterns: tuple[str, ...]) -> bool:
    return each.made is None or rendered.is_named(each.made, each.path, patterns)


def _beside(told: bytes, document: bytes) -> bytes:
    """A JSON object with what else is told in front; the object itself stays as it is written, numbers and all."""
    return told[:-1] + b"," + document.lstrip()[1:] if told else document


def _hidden(known: Masking, text: str) -> str:
    """A message without what the plan marks as sensitive, also where it is a part of it."""
    return hiding.message(text, known.known, known.words)
