"""Which engine a root asks for (`required_version`, version files, `.tofu` files), and which one it gets."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from gitops_ci.discover.inventory import Inventory
from gitops_ci.discover.snapshot import Snapshot
from gitops_ci.errors import ToolError
from gitops_ci.kinds.terraform.engine import version_files, versions
from gitops_ci.kinds.terraform.engine.version_files import Line
from gitops_ci.kinds.terraform.engine.versions import Constraint, Version
from gitops_ci.kinds.terraform.language import values
from gitops_ci.kinds.terraform.reading import configuration
from gitops_ci.kinds.terraform.reading.configuration import TOFU, Located
from gitops_ci.model import finding
from gitops_ci.model.finding import Finding
from gitops_ci.model.plan import Engine, Problem
from gitops_ci.model.stack import Stack

_NAMES = {"terraform": "Terraform", "tofu": "OpenTofu"}
_WITH = " with "


class Required(Struct, frozen=True):
    """One `required_version`; `engine` is set where only that one reads the file."""

    line: Line
    conditions: tuple[Constraint, ...]
    engine: str | None


class Wish(Struct, frozen=True):
    """All that one root asks for. `pins` are by engine.

    `only_tofu` is a file that Terraform would pass over: its plan would say nothing of what OpenTofu applies.
    """

    required: tuple[Required, ...] = ()
    pins: Mapping[str, Line] = {}
    only_tofu: str | None = None

    def allows(self, engine: Engine) -> bool:
        """Whether a plan by this engine says what an apply would do."""
        if engine.name == "terraform" and (self.only_tofu is not None or self.pins.keys() == {"tofu"}):
            return False
        found = versions.version(engine.version)
        return found is not None and all(
            versions.allowed(found, each.conditions) for each in self.required if each.engine in (None, engine.name)
        )

    def pin(self, engine: Engine) -> Line | None:
        """The version file that an engine is measured by: its own, else the other engine's."""
        return self.pins.get(engine.name) or next(iter(self.pins.values()), None)

    def meets(self, engine: Engine) -> bool:
        """Whether it is an engine and a version that the version file names."""
        return not self.pins or (engine.name in self.pins and version_files.fits(engine.version, _text(self, engine)))

    def compares(self, engine: Engine) -> bool:
        """Whether the version file only says "the newest" (or oldest), so that all of them have to be looked at."""
        return version_files.compares(_text(self, engine))

    def places(self) -> Iterator[tuple[str, str, int | None]]:
        """What is asked for, with path and line: the reason that counts most first."""
        if self.only_tofu is not None:
            yield "OpenTofu", self.only_tofu, None
        for required in self.required:
            yield f"required_version {required.line.text}", required.line.path, required.line.line
        for engine, pin in self.pins.items():
            yield f"{_NAMES[engine]} {pin.text}", pin.path, pin.line


def _text(wish: Wish, engine: Engine) -> str:
    pin = wish.pin(engine)
    return pin.text if pin is not None else ""


def wish(stack: Stack, inventory: Inventory) -> Wish:
    """What a root and the local modules that it uses ask for. What cannot be read is left to the engine to judge."""
    snapshot = inventory.snapshot
    modules = {each.path for each in inventory.graph.read_by(stack.id) if each.certainty == "module"}
    root = snapshot.resolve(stack.path) or stack.path  # its own path may lead through a link
    folders = [root, *sorted(each for each in modules if each in snapshot.children and each != root)]
    tofu = (
        posixpath.join(folder, name)
        for folder in folders
        for name in snapshot.children.get(folder, ())
        if name.endswith(TOFU)
    )
    return Wish(
        required=tuple(required for folder in folders for required in _required(folder, snapshot)),
        pins=version_files.nearest(stack.path, snapshot),
        only_tofu=min(tofu, default=None),
    )


def choose(wanted: Wish, candidates: Iterable[Engine | ToolError]) -> Engine | Problem:
    """The first candidate that fits; where only the version file is not met, the nearest one.

    A Problem names what is asked for and what there is. Raises ToolError where no candidate can be used at all.
    """
    fitting: list[Engine] = []
    others: list[Engine] = []
    unusable: list[ToolError] = []
    for each in candidates:
        if isinstance(each, ToolError):
            unusable.append(each)
        elif not wanted.allows(each):
            others.append(each)
        elif wanted.meets(each) and not wanted.compares(each):
            return each
        else:
            fitting.append(each)
    if fitting:
        return _best(wanted, fitting)
    if not others:
        raise unusable[0] if len(unusable) == 1 else ToolError("; ".join(each.message for each in unusable))
    return _unmet(wanted, [*map(_shown, others), *(each.message for each in unusable)])


def _unmet(wanted: Wish, there: list[str]) -> Problem:
    places = list(wanted.places())
    asked = [f"{text} ({path}{f':{line}' if line is not None else ''})" for text, path, line in places[:3]]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    _, path, line = places[0]
    message = f"it asks for {', '.join(asked)}{more}; there is {', '.join(there)}"
    return Problem(code="engine-version", message=message, path=path, line=line)


def _shown(engine: Engine) -> str:
    return f"{_NAMES.get(engine.name, engine.name)} {engine.version} ({engine.source})"


def _best(wanted: Wish, fitting: list[Engine]) -> Engine:
    """The newest or oldest that the version file's word is about; else the nearest to it, of equal ones the first."""
    named = [each for each in fitting if wanted.meets(each)]
    if named:
        stable = [each for each in named if not _version(each).prerelease] or named
        oldest = _text(wanted, named[0]) == version_files.OLDEST
        return (min if oldest else max)(stable, key=lambda each: _version(each).order)
    return max(fitting, key=lambda each: (each.name in wanted.pins, _equal_numbers(each, _text(wanted, each))))


def _version(engine: Engine) -> Version:
    return versions.version(engine.version) or Version(())


def _equal_numbers(engine: Engine, text: str) -> int:
    pinned = versions.version(text)
    pairs = zip(_version(engine).numbers, pinned.numbers if pinned is not None else (), strict=False)
    return next((index for index, (ours, theirs) in enumerate(pairs) if ours != theirs), 3)


def through(terragrunt: Engine, engine: Engine) -> Engine:
    """Both as one, for a Plan that Terragrunt had an engine make."""
    return msgspec.structs.replace(terragrunt, version=f"{terragrunt.version}{_WITH}{engine.name} {engine.version}")


def below(engine: Engine) -> Engine:
    """The engine that made the plan where it was made `through` another one."""
    name, _, version = engine.version.partition(_WITH)[2].partition(" ")
    return msgspec.structs.replace(engine, name=name, version=version) if version else engine


def unmet_pin(stack: Stack, inventory: Inventory, engine: Engine) -> Iterator[Finding]:
    """A version file that the engine of a plan is not what it names: the plan may differ from what is applied."""
    engine = below(engine)
    wanted = wish(stack, inventory)
    pin = wanted.pin(engine)
    if pin is None or wanted.meets(engine):
        return
    asked = _NAMES[next(name for name, line in wanted.pins.items() if line == pin)]
    yield finding.make(
        "terraform/engine-version",
        "warning",
        f"{pin.path} asks for {asked} {pin.text}, and the plan was made by {_shown(engine)}",
        help="Name an engine of that version under kinds.terraform.versions, or correct the file.",
        path=pin.path,
        line=pin.line,
        stack=stack.id,
    )


def _required(directory: str, snapshot: Snapshot) -> Iterator[Required]:
    """The `required_version`s of a directory; those of the last override file stand in place of all others."""
    found: list[Required] = []
    overriding: dict[str, list[Required]] = {}
    for located in configuration.of(directory, snapshot).all("terraform"):
        for required in _of_block(located, snapshot.children.get(directory, ())):
            if configuration.is_override(posixpath.basename(located.path)):
                overriding.setdefault(located.path, []).append(required)
            else:
                found.append(required)
    yield from overriding[max(overriding)] if overriding else found


def _of_block(located: Located, names: tuple[str, ...]) -> Iterator[Required]:
    attribute = located.block.body.attribute("required_version")
    text = values.text(attribute.expression) if attribute is not None else None
    conditions = versions.constraints(text) if text is not None else None
    if attribute is None or text is None or conditions is None:
        return
    name = posixpath.basename(located.path)
    engine = "tofu" if name.endswith(TOFU) else "terraform" if _for_tofu(name) in names else None
    yield Required(Line(" ".join(text.split()), located.path, attribute.line), conditions, engine)


def _for_tofu(name: str) -> str:
    """The file that OpenTofu reads in place of a `.tf` one (https://opentofu.org/docs/language/files/)."""
    stem, suffix, json = name.rpartition(".tf")
    return f"{stem}.tofu{json}" if suffix else name
