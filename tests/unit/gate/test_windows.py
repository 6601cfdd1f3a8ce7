"""Freeze windows: a table of days and times, clocks that are set, and a window with its complement."""

from __future__ import annotations

import sys
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_ci.config_gate import Day, Freeze
from gitops_ci.gate import windows

BERLIN = "Europe/Berlin"


def window(text: str, timezone: str = "UTC") -> Freeze:
    """`fri,sat 17:00..08:00`, or the same without days."""
    days, _, rest = text.rpartition(" | ")
    start, _, end = rest.partition("..")
    value: dict[str, Any] = {"from": start, "to": end, "timezone": timezone, "days": days.split(",") if days else []}
    return msgspec.convert(value, Freeze)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def until(now: str, *several: Freeze) -> str | None:
    held = windows.holding(several, at(now))
    return None if held is None else "never" if held.until is None else f"{held.until:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        # every day, over midnight: 2026-11-25 is a Wednesday
        ("17:00..08:00", "2026-11-25 16:59:59Z", None),
        ("17:00..08:00", "2026-11-25 17:00Z", "2026-11-26 08:00"),
        ("17:00..08:00", "2026-11-26 07:59Z", "2026-11-26 08:00"),
        ("17:00..08:00", "2026-11-26 08:00Z", None),
        # within a day
        ("12:00..13:00", "2026-11-25 12:30Z", "2026-11-25 13:00"),
        ("12:00..13:00", "2026-11-25 13:00Z", None),
        # on days: it begins on one of them
        ("fri | 17:00..08:00", "2026-11-27 17:00Z", "2026-11-28 08:00"),
        ("fri | 17:00..08:00", "2026-11-28 07:00Z", "2026-11-28 08:00"),
        ("fri | 17:00..08:00", "2026-11-28 17:00Z", None),
        ("fri | 17:00..08:00", "2026-11-27 07:00Z", None),
        # whole days
        ("sat,sun | 00:00..00:00", "2026-11-27 23:59Z", None),
        ("sat,sun | 00:00..00:00", "2026-11-28 00:00Z", "2026-11-30 00:00"),
        ("00:00..00:00", "2026-11-28 00:00Z", "never"),
        # dates: the last one is whole
        ("2026-12-20..2027-01-03", "2026-12-19 23:59Z", None),
        ("2026-12-20..2027-01-03", "2026-12-20 00:00Z", "2027-01-04 00:00"),
        ("2026-12-20..2027-01-03", "2027-01-03 23:59Z", "2027-01-04 00:00"),
        ("2026-12-20..2027-01-03", "2027-01-04 00:00Z", None),
        ("2026-12-20..2026-12-20", "2026-12-20 12:00Z", "2026-12-21 00:00"),
        # dates with times
        ("2026-12-20 18:00..2026-12-21T06:00", "2026-12-20 17:59Z", None),
        ("2026-12-20 18:00..2026-12-21T06:00", "2026-12-21 05:59Z", "2026-12-21 06:00"),
        ("2026-12-20..2026-12-21 06:00", "2026-12-21 06:00Z", None),
        # years ahead
        ("2026-01-01..2999-12-31", "2026-12-21 06:00Z", "3000-01-01 00:00"),
    ],
)
def test_when_a_window_holds(text: str, now: str, expected: str | None) -> None:
    assert until(now, window(text)) == expected


def test_windows_that_follow_each_other_are_one() -> None:
    weekend = (window("fri | 17:00..00:00"), window("sat,sun | 00:00..00:00"), window("mon | 00:00..08:00"))
    assert until("2026-11-27 16:59Z", *weekend) is None
    for now in ("2026-11-27 17:00Z", "2026-11-28 12:00Z", "2026-11-30 07:59Z"):
        assert until(now, *weekend) == "2026-11-30 08:00"
    assert until("2026-11-30 08:00Z", *weekend) is None


def test_all_that_never_ends_is_said_to() -> None:
    assert until("2026-11-27 16:59Z", window("08:00..17:00"), window("17:00..08:00")) == "never"
    ends = window("2026-01-01..2030-12-31")
    assert until("2026-11-27 16:59Z", window("00:00..00:00"), ends) == "2031-01-01 00:00"


@pytest.mark.parametrize(
    ("timezone", "now", "expected"),
    [
        (BERLIN, "2026-11-27 15:59Z", None),  # winter: 16:59 there
        (BERLIN, "2026-11-27 16:00Z", "2026-11-28 07:00"),
        (BERLIN, "2026-07-24 15:00Z", "2026-07-25 06:00"),  # summer: 17:00 there
        ("America/Los_Angeles", "2026-11-28 00:59Z", None),  # still Friday there
        ("America/Los_Angeles", "2026-11-28 01:00Z", "2026-11-28 16:00"),
        ("Pacific/Kiritimati", "2026-11-27 02:59Z", None),  # 14 hours ahead
        ("Pacific/Kiritimati", "2026-11-27 03:00Z", "2026-11-27 18:00"),
        ("Asia/Kathmandu", "2026-11-27 11:15Z", "2026-11-28 02:15"),  # a quarter of an hour off
    ],
)
def test_a_window_is_one_of_its_place(timezone: str, now: str, expected: str | None) -> None:
    assert until(now, window("fri | 17:00..08:00", timezone)) == expected


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        # 2027-03-28: 02:00 is 03:00, so 02:30 is never: from before to after
        ("02:30..06:00", "2027-03-28 00:29Z", None),
        ("02:30..06:00", "2027-03-28 00:30Z", "2027-03-28 04:00"),
        ("22:00..02:30", "2027-03-28 01:29Z", "2027-03-28 01:30"),
        ("22:00..02:30", "2027-03-28 01:30Z", None),
        # 2026-10-25: 03:00 is 02:00, so 02:30 is twice: from the first to the second
        ("02:30..06:00", "2026-10-25 00:29Z", None),
        ("02:30..06:00", "2026-10-25 00:30Z", "2026-10-25 05:00"),
        ("22:00..02:30", "2026-10-25 01:29Z", "2026-10-25 01:30"),
        ("22:00..02:30", "2026-10-25 01:30Z", None),
        # a night is as long as it is
        ("20:00..08:00", "2027-03-27 19:00Z", "2027-03-28 06:00"),
        ("20:00..08:00", "2026-10-24 18:00Z", "2026-10-25 07:00"),
    ],
)
def test_where_clocks_are_set_the_freeze_is_the_longer_one(text: str, now: str, expected: str | None) -> None:
    assert until(now, window(text, BERLIN)) == expected


def test_the_window_that_holds_now_is_named() -> None:
    first, second = window("08:00..12:00"), window("11:00..17:00")
    held = windows.holding((second, first), at("2026-11-25 09:00Z"))
    assert held is not None
    assert held == windows.Frozen(first, at("2026-11-25 17:00Z"))


def test_the_end_is_told_as_the_clocks_there_show_it() -> None:
    assert windows.told(at("2027-01-03 23:00Z"), BERLIN) == "Mon 2027-01-04 00:00+01:00 (Europe/Berlin)"
    assert windows.told(at("2027-01-03 23:00Z"), "UTC") == "Sun 2027-01-03 23:00+00:00 (UTC)"


@pytest.mark.parametrize(
    ("text", "timezone", "key", "said"),
    [
        ("25:00..08:00", "UTC", "from", "a time from 00:00"),
        ("17:00..24:00", "UTC", "to", "midnight is 00:00"),
        ("2026-02-30..2026-03-01", "UTC", "from", "a date"),
        ("0001-01-01..2026-01-01", "UTC", "from", "a date"),
        ("2026-01-01..9999-12-31", "UTC", "to", "a date"),
        ("2026-12-20..08:00", "UTC", "to", "a date where `from` has one"),
        ("17:00..2026-12-20", "UTC", "to", "a time alone where it has none"),
        ("2026-12-20..2026-12-19", "UTC", "to", "before it begins"),
        ("2026-12-20 10:00..2026-12-20 10:00", "UTC", "to", "before it begins"),
        ("2026-12-20 10:00..2026-12-19", "UTC", "to", "before it begins"),
        ("mon | 2026-12-20..2026-12-21", "UTC", "days", "times alone"),
        ("17:00..08:00", "Europe/Berln", "timezone", "such as Europe/Berlin"),
        ("17:00..08:00", "New York", "timezone", "such as America/New_York"),
        ("17:00..08:00", "Europe", "timezone", "is no time zone"),
        ("17:00..08:00", "../../../etc/passwd", "timezone", "is no time zone"),
        ("17:00..08:00", "/etc/localtime", "timezone", "is no time zone"),
        ("17:00..08:00", "localtime", "timezone", "is no time zone"),
        ("17:00..08:00", "right/Europe/Berlin", "timezone", "is no time zone"),
        ("17:00..08:00", "x" * 100, "timezone", "is no time zone"),
    ],
)
def test_what_no_window_can_be(text: str, timezone: str, key: str, said: str) -> None:
    ((where, problem),) = windows.broken(window(text, timezone))
    assert (where, said in problem) == (key, True), problem


@pytest.mark.parametrize("timezone", ["UTC", "Etc/UTC", BERLIN, "America/Argentina/Buenos_Aires", "EST5EDT"])
def test_what_a_window_can_be(timezone: str) -> None:
    for text in ("17:00..08:00", "sat | 00:00..00:00", "2026-12-20..2026-12-20", "2026-12-20 10:00..2026-12-20T10:01"):
        assert list(windows.broken(window(text, timezone))) == []


@pytest.fixture
def without_a_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that has no time zones of its own."""
    paths = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    windows._zone.cache_clear()
    yield
    zoneinfo.reset_tzpath(paths)


@pytest.mark.usefixtures("without_a_database")
def test_a_machine_without_a_database_has_the_package() -> None:
    assert list(windows.broken(window("17:00..08:00", BERLIN))) == []
    assert until("2026-07-24 15:00Z", window("17:00..08:00", BERLIN)) == "2026-07-25 06:00"


@pytest.mark.usefixtures("without_a_database")
def test_without_the_package_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {"tzdata", *(each for each in sys.modules if each.startswith("tzdata."))}:
        monkeypatch.setitem(sys.modules, name, None)
    assert list(windows.broken(window("17:00..08:00"))) == []  # UTC needs none
    ((key, problem),) = windows.broken(window("17:00..08:00", BERLIN))
    assert (key, problem) == (
        "timezone",
        "cannot be looked up: there is no database of time zones here; install the package tzdata",
    )


# Properties

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES = st.times().map(lambda time: f"{time:%H:%M}")
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001  # hypothesis wants naive ones
ZONES = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran"])
SETS_OF_DAYS = st.sets(st.sampled_from(DAYS), min_size=1)


def daily(start: str, end: str, days: tuple[Day, ...] = (), timezone: str = "UTC") -> Freeze:
    return Freeze(from_=start, to=end, days=days, timezone=timezone)


@given(start=TIMES, end=TIMES, now=MOMENTS, timezone=ZONES)
def test_a_window_and_its_complement_leave_no_gap(start: str, end: str, now: datetime, timezone: str) -> None:
    one, other = daily(start, end, timezone=timezone), daily(end, start, timezone=timezone)
    held = windows.holding((one, other), now)
    assert held is not None
    assert held.until is None
    if timezone == "UTC" and start != end:
        assert sum(windows.holding((each,), now) is not None for each in (one, other)) == 1


@given(days=SETS_OF_DAYS, now=MOMENTS, timezone=ZONES)
def test_some_days_and_all_others_are_the_week(days: set[Day], now: datetime, timezone: str) -> None:
    one = daily("00:00", "00:00", tuple(days), timezone)
    others = tuple(set(DAYS) - days)
    held = windows.holding((one,), now) is not None
    if timezone == "UTC":
        assert held == (DAYS[now.weekday()] in days)
    if others:
        assert held or windows.holding((daily("00:00", "00:00", others, timezone),), now) is not None
    else:
        assert windows.holding((one,), now) == windows.Frozen(one, None)


@given(start=TIMES, end=TIMES, days=SETS_OF_DAYS, now=MOMENTS, timezone=ZONES)
def test_it_holds_up_to_the_end_that_is_told_and_no_longer(
    start: str, end: str, days: set[Day], now: datetime, timezone: str
) -> None:
    several = (daily(start, end, tuple(days), timezone),)
    held = windows.holding(several, now)
    if held is None or held.until is None:
        return
    assert now < held.until
    assert windows.holding(several, held.until) is None
    for part in (held.until - timedelta(seconds=1), now + (held.until - now) / 2):
        again = windows.holding(several, part)
        assert again is not None
        assert again.until == held.until


@given(start=TIMES, end=TIMES, more=st.tuples(TIMES, TIMES), now=MOMENTS, timezone=ZONES)
def test_another_window_never_opens_anything(
    start: str, end: str, more: tuple[str, str], now: datetime, timezone: str
) -> None:
    alone = windows.holding((daily(start, end),), now)
    together = windows.holding((daily(start, end), daily(*more, timezone=timezone)), now)
    if alone is not None:
        assert together is not None
        assert together.until is None or (alone.until is not None and together.until >= alone.until)
