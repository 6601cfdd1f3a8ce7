"""The change that promotes one stack: versions copied to where the stack asks for them, and nothing beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import EXECUTABLE, Snapshot
from gitops_ci.gate.promotion import contents, files_to_copy, lock_entries
from gitops_ci.gate.promotion.ahead import Standing
from gitops_ci.gate.promotion.pieces import Piece, distinct
from gitops_ci.model.stack import Stack


class Edited(Struct, frozen=True, kw_only=True):
    """A file that becomes another one: `before` is None where it is new, `after` where it goes."""

    path: str
    before: str | None
    after: str | None
    mode: str = "100644"


class Written(Struct, frozen=True, kw_only=True):
    """The change. `done` are the things that it brings, `by_hand` those that somebody has to bring, with the reason."""

    stack: str
    source: str
    files: tuple[Edited, ...] = ()
    done: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


class _Edits:
    """Texts of files, changed line by line."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._before: dict[str, str | None] = {}
        self.after: dict[str, str | None] = {}

    def text(self, path: str) -> str | None:
        """What is there, as it would become."""
        if path not in self._before:
            content = self._snapshot.read(path)
            self._before[path] = self.after[path] = None if content is None else _text(content)
        return self.after[path]

    def put(self, path: str, text: str | None) -> None:
        """Sets what a file becomes."""
        self.text(path)
        self.after[path] = text

    def replace(self, path: str, line: int, old: str, new: str) -> bool:
        """Whether `old` stands just once in a line, and now is `new`."""
        lines = (self.text(path) or "").split("\n")
        if not old or not 0 < line <= len(lines) or lines[line - 1].count(old) != 1:
            return False
        lines[line - 1] = lines[line - 1].replace(old, new)
        self.put(path, "\n".join(lines))
        return True

    def files(self) -> Iterator[Edited]:
        """Every file that becomes another one."""
        for path, before in sorted(self._before.items()):
            if before != self.after[path]:
                entry = self._snapshot.entries.get(path)
                mode = entry.mode if entry is not None and entry.mode == EXECUTABLE else "100644"
                yield Edited(path=path, before=before, after=self.after[path], mode=mode)


def of(standing: Standing, inventory: Inventory) -> Written:
    """What brings a stack to where its counterpart is; nothing of it goes back to what the counterpart had before."""
    here, there = standing.here, standing.counterpart
    if here is None or there is None:
        why = "the stack is not there yet" if here is None else "there is no such stack to promote from"
        return Written(stack=standing.stack, source=there.id if there is not None else "", by_hand=(why,))
    edits, writer = _Edits(inventory.snapshot), _Writer(here, there, inventory)
    done, by_hand = writer.write(edits)
    return Written(stack=here.id, source=there.id, files=tuple(edits.files()), done=tuple(done), by_hand=tuple(by_hand))


class _Writer:
    """Goes through everything that the counterpart has and the stack lacks."""

    def __init__(self, here: Stack, there: Stack, inventory: Inventory) -> None:
        self._here, self._there, self._inventory = here, there, inventory
        ours, theirs = contents.of(here.id, inventory), contents.of(there.id, inventory)
        self._ours = ours.pieces
        self._wanted = distinct(each for each in theirs.pieces if each.identity not in ours.identities)
        self._theirs = theirs.pieces

    def write(self, edits: _Edits) -> tuple[list[str], list[str]]:
        done: list[str] = []
        by_hand: list[str] = []
        for piece in self._wanted:
            problem = self._one(piece, edits)
            if problem is None:
                done.append(piece.label)
            else:
                by_hand.append(f"{piece.label}: {problem}")
        return done, by_hand

    def _one(self, piece: Piece, edits: _Edits) -> str | None:
        """Why a thing cannot be written; None where it is."""
        match piece.what:
            case "provider":
                return self._provider(piece, edits)
            case "migration":
                return self._migration(piece, edits)
            case "tree" | "policy":
                return self._copied(piece, edits)
            case _:
                return self._version(piece, edits)

    def _version(self, piece: Piece, edits: _Edits) -> str | None:
        """Its version is written wherever the stack asks for another one of the same."""
        subject = (piece.what, piece.name)
        theirs = [each for each in self._theirs if (each.what, each.name) == subject]
        places = [each for each in self._ours if (each.what, each.name) == subject and each.version != piece.version]
        if len({each.version for each in theirs}) > 1:
            places = [each for each in places if each.slot in {one.slot for one in theirs if one == piece}]
        if not places:
            return f"{self._here.environment} does not ask for another version of it at a place that is like it"
        if not piece.written:
            return "where its version is written cannot be told"
        if not _is_plain(place.path for place in places):
            return "the name of a file is not one that a patch can hold"
        written = [
            place.line is not None and edits.replace(place.path, place.line, place.written, piece.written)
            for place in places
        ]
        return None if all(written) else f"its version is not plain to see at {places[written.index(False)].path}"

    def _provider(self, piece: Piece, edits: _Edits) -> str | None:
        ours = next((each for each in self._ours if each.what == "provider"), None)
        if ours is None or piece.path == ours.path:
            return f"{self._here.environment} has no lock file of its own"
        theirs = edits.text(piece.path)
        text = lock_entries.copied(theirs or "", edits.text(ours.path) or "", piece.name)
        if text is None:
            return f"{piece.path} or {ours.path} has an entry that Terraform did not write"
        edits.put(ours.path, text)
        return None

    def _migration(self, piece: Piece, edits: _Edits) -> str | None:
        """The pointer takes the counterpart's version; a directory of its own gets the file."""
        pointer = next((each for each in self._ours if each.what == "migration" and each.written), None)
        if pointer is not None and pointer.line is not None:
            theirs = [each for each in self._theirs if each.what == "migration"]
            new = theirs[-1].written or theirs[-1].name
            line = (edits.text(pointer.path) or "").split("\n")[pointer.line - 1]
            is_there = line.partition(":")[2].strip().strip("'\"") == new
            known = is_there or edits.replace(pointer.path, pointer.line, pointer.written, new)
            return None if known else f"`through` is not plain to see at {pointer.path}:{pointer.line}"
        return self._copied(piece, edits)

    def _copied(self, piece: Piece, edits: _Edits) -> str | None:
        """Files that both keep in folders of their own are copied whole."""
        copies = files_to_copy.of(piece, (self._there, self._here), self._inventory)
        if isinstance(copies, str):
            return copies
        if not _is_plain(copies):
            return "the name of a file is not one that a patch can hold"
        for path, source in copies.items():
            text = edits.text(source) if source is not None else None
            if source is not None and text is None:
                return f"{source} is no text"
            edits.put(path, text)
        return None


def _text(content: bytes) -> str | None:
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None


def _is_plain(paths: Iterable[str] | Mapping[str, str | None]) -> bool:
    return all(path.isprintable() and '"' not in path and "\\" not in path for path in paths)
