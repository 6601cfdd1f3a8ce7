"""Freeze windows on a calendar: whether one of them holds now, until when, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from msgspec import Struct

from gitops_ci.config_gate import Day, Freeze

_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AHEAD = 370
"""Days that windows are followed for: what freezes all of them has no end that anybody waits for."""
_YEARS = range(2000, 3000)
_OF_THE_MACHINE = frozenset({"localtime", "posixrules", "Factory"})
"""Names that a database has for what differs from machine to machine, or for nothing."""


class Frozen(Struct, frozen=True):
    """A window that holds now, and when the last of those that follow without a gap ends (UTC; None: never)."""

    window: Freeze
    until: datetime | None


class _Span(Struct, frozen=True, order=True):
    """From the first moment (UTC) to the first that is free again; `recurs`: there is another one soon."""

    start: datetime
    end: datetime
    recurs: bool
    index: int


class _Moment(Struct, frozen=True):
    day: date | None = None
    time: time | None = None


def holding(windows: tuple[Freeze, ...], now: datetime) -> Frozen | None:
    """The window that holds at `now` (UTC); None where nothing is frozen."""
    horizon = now + timedelta(days=_AHEAD)
    spans = sorted(span for index, window in enumerate(windows) for span in _spans(window, index, now))
    first = next((span for span in spans if span.start <= now < span.end), None)
    if first is None:
        return None
    last = first
    for span in spans:
        if span.start <= last.end < span.end:
            last = span
    endless = last.recurs and last.end > horizon
    return Frozen(windows[first.index], None if endless else last.end)


def told(moment: datetime, timezone: str) -> str:
    """A moment as the clocks of the window's place show it."""
    there = moment.astimezone(_zone(timezone))
    return f"{_DAYS[there.weekday()].title()} {there.isoformat(sep=' ', timespec='minutes')} ({timezone})"


def broken(window: Freeze) -> Iterator[tuple[str, str]]:
    """What no schema can say of a window: its keys that do not fit, each with the reason."""
    ends: dict[str, _Moment] = {}
    for key, text in (("from", window.from_), ("to", window.to)):
        try:
            ends[key] = _moment(text)
        except ValueError:
            yield key, "expected a date (2026-12-20), a time from 00:00 to 23:59, or both; midnight is 00:00"
    if problem := _unknown(window.timezone):
        yield "timezone", problem
    if len(ends) < 2:
        return
    start, end = ends["from"], ends["to"]
    if (start.day is None) != (end.day is None):
        yield "to", "expected a date where `from` has one, and a time alone where it has none"
    elif start.day is not None and window.days:
        yield "days", "goes with times alone: a window with dates holds on all of them"
    elif start.day is not None and end.day is not None and _ends_first(start, end):
        yield "to", "ends before it begins"


def _ends_first(start: _Moment, end: _Moment) -> bool:
    """Whether nothing lies between two moments with dates; a last day without a time is whole."""
    if start.day != end.day or end.time is None:
        return (end.day or date.min) < (start.day or date.min)
    return end.time <= (start.time or time.min)


def _spans(window: Freeze, index: int, now: datetime) -> Iterator[_Span]:
    """Those of a window that can matter at `now` and on the days that follow."""
    zone = _zone(window.timezone)
    start, end = _moment(window.from_), _moment(window.to)
    if start.day is not None and end.day is not None:
        last = end.day if end.time is not None else end.day + timedelta(days=1)
        first = _earliest(start.day, start.time or time.min, zone)
        yield _Span(first, _latest(last, end.time or time.min, zone), recurs=False, index=index)
        return
    begins, ends = start.time or time.min, end.time or time.min
    over = timedelta(days=ends <= begins)
    today = now.astimezone(zone).date()
    for distance in range(-2, _AHEAD + 2):  # a clock that is set may make a day of more than 24 hours
        day = today + timedelta(days=distance)
        if not window.days or _DAYS[day.weekday()] in window.days:
            yield _Span(_earliest(day, begins, zone), _latest(day + over, ends, zone), recurs=True, index=index)


def _earliest(day: date, at: time, zone: tzinfo) -> datetime:
    """A time of a day as UTC. Where clocks are set it may be there twice or never: the freeze is the longer one."""
    return min(_in_utc(day, at, zone))


def _latest(day: date, at: time, zone: tzinfo) -> datetime:
    return max(_in_utc(day, at, zone))


def _in_utc(day: date, at: time, zone: tzinfo) -> Iterator[datetime]:
    for fold in (0, 1):
        yield datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC)


def _moment(text: str) -> _Moment:
    """Raises ValueError where there is no such date or time."""
    day, _, at = text.replace("T", " ").rpartition(" ")
    if not day and "-" in at:
        day, at = at, ""
    found = _Moment(date.fromisoformat(day) if day else None, time.fromisoformat(at) if at else None)
    if found.day is not None and found.day.year not in _YEARS:
        raise ValueError(text)
    return found


@cache
def _zone(name: str) -> tzinfo:
    """A time zone by its name, which was looked at before; UTC needs no database."""
    if name == "UTC":
        return UTC
    import zoneinfo  # only a window in another zone needs the database

    return zoneinfo.ZoneInfo(name)


def _unknown(name: str) -> str:
    """Why there is no such time zone; empty where there is one."""
    import zoneinfo

    try:
        if name not in _OF_THE_MACHINE and not name.startswith(("posix/", "right/")):
            _zone(name)
            return ""
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        pass
    known = zoneinfo.available_timezones()
    if not known:
        return "cannot be looked up: there is no database of time zones here; install the package tzdata"
    return f"is no time zone: expected a name of the IANA database such as {_nearest(name, known)}"


def _nearest(name: str, known: Iterable[str]) -> str:
    """The zone whose name or city is most like what was written."""
    import difflib

    cities = {each.rpartition("/")[2].lower(): each for each in known if "/" in each}
    written = name.rpartition("/")[2].lower().replace(" ", "_")
    return next((cities[near] for near in difflib.get_close_matches(written, cities, n=1)), "Europe/Berlin")
