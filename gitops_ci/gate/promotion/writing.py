"""The change that promotes one stack: versions copied to where the stack asks for them, and nothing beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.gate.promotion import contents, files_to_copy, local_modules, lock_entries, shared_files
from gitops_ci.gate.promotion.ahead import Standing
from gitops_ci.gate.promotion.editing import Edited, Edits
from gitops_ci.gate.promotion.pieces import Piece, distinct, is_newer
from gitops_ci.model.stack import Stack


class Written(Struct, frozen=True, kw_only=True):
    """The change. `done` are the things that it brings, `by_hand` those that somebody has to bring, with the reason."""

    stack: str
    source: str
    files: tuple[Edited, ...] = ()
    done: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


def of(standing: Standing, inventory: Inventory) -> Written:
    """What brings a stack to where its counterpart is; nothing of it goes back to what the counterpart had before."""
    here, there = standing.here, standing.counterpart
    if here is None or there is None:
        why = "the stack is not there yet" if here is None else "there is no such stack to promote from"
        return Written(stack=standing.stack, source=there.id if there is not None else "", by_hand=(why,))
    edits, writer = Edits(inventory.snapshot), _Writer(here, there, inventory)
    done, by_hand = writer.write(edits)
    return Written(stack=here.id, source=there.id, files=tuple(edits.files()), done=tuple(done), by_hand=tuple(by_hand))


class _Writer:
    """Goes through everything that the counterpart has and the stack lacks."""

    def __init__(self, here: Stack, there: Stack, inventory: Inventory) -> None:
        self._here, self._there, self._inventory = here, there, inventory
        ours, theirs = contents.of(here.id, inventory), contents.of(there.id, inventory)
        self._ours = ours.pieces
        self._wanted = distinct(
            each for each in theirs.pieces if each.what != "file" and each.identity not in ours.identities
        )
        self._theirs = theirs.pieces

    def write(self, edits: Edits) -> tuple[list[str], list[str]]:
        done: list[str] = []
        by_hand: list[str] = []
        for piece in self._wanted:
            problem = self._one(piece, edits)
            if problem is None:
                done.append(piece.label)
            else:
                by_hand.append(f"{piece.label}: {problem}")
        return done, by_hand

    def _one(self, piece: Piece, edits: Edits) -> str | None:
        """Why a thing cannot be written; None where it is."""
        match piece.what:
            case "provider":
                return self._provider(piece, edits)
            case "migration":
                return self._migration(piece, edits)
            case "tree" if not shared_files.lies_in(piece.name, self._there):
                return self._moved(piece, edits)
            case "tree" | "policy":
                return self._copied(piece, edits)
            case _:
                return self._version(piece, edits)

    def _version(self, piece: Piece, edits: Edits) -> str | None:
        """Its version is written wherever the stack asks for another one of the same."""
        subject = (piece.what, piece.name)
        theirs = [each for each in self._theirs if (each.what, each.name) == subject]
        places = [each for each in self._ours if (each.what, each.name) == subject and each.version != piece.version]
        if len({each.version for each in theirs}) > 1:
            places = [each for each in places if each.slot in {one.slot for one in theirs if one == piece}]
        if not places:
            return f"{self._here.environment} does not ask for another version of it at a place that is like it"
        if not piece.written or any(not _is_written_alike(piece, place) for place in places):
            return "its version is not written in the same way in both"
        if newer := next((place for place in places if is_newer(place.version, piece.version)), None):
            return f"{self._here.environment} has {newer.shown or newer.version}, which is newer"
        if not _is_plain(place.path for place in places):
            return "the name of a file is not one that a patch can hold"
        hidden = [each for each in (piece, *places) if not edits.shows(each.path, each.line, each.written)]
        if hidden:
            return f"its version is not plain to see at {hidden[0].path}:{hidden[0].line}"
        for place in places:
            edits.replace(place.path, place.line, place.written, piece.written)
        return None

    def _provider(self, piece: Piece, edits: Edits) -> str | None:
        ours = next((each for each in self._ours if each.what == "provider"), None)
        if ours is None or piece.path == ours.path:
            return f"{self._here.environment} has no lock file of its own"
        known = next((each for each in self._ours if (each.what, each.name) == ("provider", piece.name)), None)
        if known is not None and is_newer(known.version, piece.version):
            return f"{self._here.environment} has {known.version}, which is newer"
        theirs = edits.text(piece.path)
        text = lock_entries.copied(theirs or "", edits.text(ours.path) or "", piece.name)
        if text is None:
            return f"{piece.path} or {ours.path} has an entry that Terraform did not write"
        edits.put(ours.path, text)
        return None

    def _migration(self, piece: Piece, edits: Edits) -> str | None:
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

    def _moved(self, piece: Piece, edits: Edits) -> str | None:
        """A version of a module that has a folder of its own: the calls of the same name take that folder."""
        moves = local_modules.moves(piece.name, (self._there, self._here), self._inventory)
        if not moves:
            return f"it lies outside of the folder of {self._there.id}: point to it by hand"
        for move in moves:
            if not edits.shows(move.call.path, move.call.line, move.call.source):
                return f"its source is not plain to see at {move.call.path}:{move.call.line}"
        for move in moves:
            edits.replace(move.call.path, move.call.line, move.call.source, move.to)
        return None

    def _copied(self, piece: Piece, edits: Edits) -> str | None:
        """Files that both keep in folders of their own are copied whole."""
        copies = files_to_copy.of(piece, (self._there, self._here), self._inventory)
        if isinstance(copies, str):
            return copies
        if not _is_plain(copies):
            return "the name of a file is not one that a patch can hold"
        entries = self._inventory.snapshot.entries
        there = [*filter(None, copies.values()), *(path for path in copies if path in entries)]
        odd = next((path for path in there if not edits.is_text(path)), None)
        if odd is not None:
            return f"{odd} is no text: copy it by hand"
        for path, source in copies.items():
            edits.put(path, edits.text(source) if source is not None else None, like=source)
        return None


def _is_written_alike(one: Piece, other: Piece) -> bool:
    """Whether both are tags, or digests, or tags with digests: one cannot stand where the other does."""
    forms = [("@" in each.written, "sha256:" in each.written) for each in (one, other)]
    return forms[0] == forms[1]


def _is_plain(paths: Iterable[str] | Mapping[str, str | None]) -> bool:
    return all(path.isprintable() and '"' not in path and "\\" not in path for path in paths)
