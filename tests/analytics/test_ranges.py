"""Range text and presets: QRY1, QRY2, and the odd days of LOC3."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import ranges
from analytics.ranges import RangeError, parse, resolve, text_of
from tests.analytics.zones import ZONES

LONDON = ZoneInfo("Europe/London")
# A Wednesday.
NOW = datetime(2026, 5, 6, 13, 20, 30, tzinfo=UTC)


def days(text: str, zone: ZoneInfo = LONDON, now: datetime = NOW) -> tuple[str, str]:
    span = resolve(parse(text), now, zone)
    return str(span.first), str(span.last)


@pytest.mark.parametrize(
    ("text", "normal", "first", "last"),
    [
        ("today", "today", "2026-05-06", "2026-05-06"),
        ("Yesterday", "yesterday", "2026-05-05", "2026-05-05"),
        ("last 7 days", "last-7-days", "2026-04-29", "2026-05-05"),
        ("LAST_7_full_DAYS", "last-7-days", "2026-04-29", "2026-05-05"),
        ("past 28 days", "last-28-days", "2026-04-08", "2026-05-05"),
        ("last day", "yesterday", "2026-05-05", "2026-05-05"),
        ("this week", "this-week", "2026-05-04", "2026-05-06"),
        ("last week", "last-week", "2026-04-27", "2026-05-03"),
        ("this week from Sunday", "this-week-from-sunday", "2026-05-03", "2026-05-06"),
        ("this week from monday", "this-week", "2026-05-04", "2026-05-06"),
        ("last-2-weeks-from-saturday", "last-2-weeks-from-saturday", "2026-04-18", "2026-05-01"),
        ("last 1 week", "last-week", "2026-04-27", "2026-05-03"),
        ("last 3 weeks", "last-3-weeks", "2026-04-13", "2026-05-03"),
        ("this month", "this-month", "2026-05-01", "2026-05-06"),
        ("last month", "last-month", "2026-04-01", "2026-04-30"),
        ("last 3 months", "last-3-months", "2026-02-01", "2026-04-30"),
        ("this year", "this-year", "2026-01-01", "2026-05-06"),
        ("last year", "last-year", "2025-01-01", "2025-12-31"),
        ("2026-05-01..2026-05-07", "2026-05-01..2026-05-07", "2026-05-01", "2026-05-07"),
        ("2026-05-01 to 2026-05-07", "2026-05-01..2026-05-07", "2026-05-01", "2026-05-07"),
        ("1 May 2026 – 7 May 2026", "2026-05-01..2026-05-07", "2026-05-01", "2026-05-07"),
        ("2026-05-01T00:00..2026-05-08T00:00", "2026-05-01..2026-05-07", "2026-05-01", "2026-05-07"),
        ("2026-05-01..2026-05-08T00:00", "2026-05-01..2026-05-07", "2026-05-01", "2026-05-07"),
        ("2026-04", "2026-04-01..2026-04-30", "2026-04-01", "2026-04-30"),
        ("Feb 2028", "2028-02-01..2028-02-29", "2028-02-01", "2028-02-29"),
        ("2026-03..2026-04", "2026-03-01..2026-04-30", "2026-03-01", "2026-04-30"),
        ("2025", "2025-01-01..2025-12-31", "2025-01-01", "2025-12-31"),
        ("since 2026-05-01", "2026-05-01..", "2026-05-01", "2026-05-06"),
        ("2026-05-05", "2026-05-05", "2026-05-05", "2026-05-05"),
    ],
)
def test_a_range_in_words_is_days_with_the_end_included(
    text: str, normal: str, first: str, last: str
) -> None:
    assert parse(text).text == normal
    assert days(text) == (first, last)
    assert days(normal) == (first, last)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("last 24 hours", "2026-05-05T14:00:00+00:00", "2026-05-06T14:00:00+00:00"),
        ("last 4 hours", "2026-05-06T10:00:00+00:00", "2026-05-06T14:00:00+00:00"),
        ("last hour", "2026-05-06T12:25:00+00:00", "2026-05-06T13:25:00+00:00"),
        ("last 60 minutes", "2026-05-06T12:25:00+00:00", "2026-05-06T13:25:00+00:00"),
        ("last 7 minutes", "2026-05-06T13:14:00+00:00", "2026-05-06T13:21:00+00:00"),
        ("2026-05-01T09:00..2026-05-01T17:30", "2026-05-01T08:00:00+00:00", "2026-05-01T16:30:00+00:00"),
        (
            "2026-05-01T09:00Z..2026-05-01T12:00+02:00",
            "2026-05-01T09:00:00+00:00",
            "2026-05-01T10:00:00+00:00",
        ),
        ("2026-05-01T09:00..2026-05-01", "2026-05-01T08:00:00+00:00", "2026-05-01T23:00:00+00:00"),
    ],
)
def test_times_are_civil_times_of_the_zone(text: str, start: str, end: str) -> None:
    span = resolve(parse(text), NOW, LONDON)
    assert (span.start.isoformat(), span.end.isoformat()) == (start, end)
    assert span.first is None


def test_hours_follow_a_zone_that_is_half_an_hour_off() -> None:
    span = resolve(parse("last 4 hours"), NOW, ZoneInfo("Asia/Kolkata"))
    # 18:50 in Kolkata: the hours from 15:00 to 19:00 there.
    assert span.end == datetime(2026, 5, 6, 13, 30, tzinfo=UTC)
    assert span.end - span.start == timedelta(hours=4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "unreadable"),
        ("soon", "unreadable"),
        ("last 0 days", "unreadable"),
        ("last 3 moons", "unreadable"),
        ("this 3 days", "unreadable"),
        ("2026-13-01", "unreadable"),
        ("2026-02-30..2026-03-01", "unreadable"),
        ("2026-05-01T10:00", "unreadable"),
        ("2026-05-01..2026-05-02..2026-05-03", "unreadable"),
        ("2026-05-01T10:00Z..2026-05-02T10:00", "unreadable"),
        ("2026-05-07..2026-05-01", "backwards"),
        ("2026-05-01T10:00..2026-05-01T10:00", "backwards"),
        ("x" * 200, "unreadable"),
    ],
)
def test_what_is_no_range_is_named(text: str, problem: str) -> None:
    with pytest.raises(RangeError) as caught:
        parse(text)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("last 400 days", "too_long"),
        ("2024-01-01..2025-06-01", "too_long"),
        ("last 99999 years", "too_far"),
        ("9999-12-31", "too_far"),
        ("since 2027-01-01", "backwards"),
    ],
)
def test_what_cannot_be_asked_is_named(text: str, problem: str) -> None:
    with pytest.raises(RangeError) as caught:
        resolve(parse(text), NOW, LONDON)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", "2026-03-29", 23),
        ("Europe/London", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Asia/Kolkata", "2026-03-29", 24),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        # Midnight itself was skipped there.
        ("America/Sao_Paulo", "2018-11-04", 23),
    ],
)
def test_a_day_has_the_hours_it_had(zone: str, day: str, hours: float) -> None:
    span = resolve(parse(day), NOW, ZoneInfo(zone))
    assert span.end - span.start == timedelta(hours=hours)
    assert span.start.astimezone(span.zone).date() == date.fromisoformat(day)


def test_a_day_that_a_zone_skipped_is_no_range_but_its_neighbours_are() -> None:
    apia = ZoneInfo("Pacific/Apia")
    with pytest.raises(RangeError) as caught:
        resolve(parse("2011-12-30"), NOW, apia)
    assert caught.value.problem == "no_such_day"
    span = resolve(parse("2011-12-29..2011-12-31"), NOW, apia)
    assert span.end - span.start == timedelta(days=2)


def test_days_that_begin_at_one_o_clock_are_days_too() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    span = ranges.days_span(date(2008, 10, 1), date(2008, 10, 18), zone)
    assert text_of(span.start, span.end, zone) == "2008-10-01..2008-10-18"


INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(INSTANTS, st.integers(1, 366 * 24 * 60), st.sampled_from(ZONES))
def test_an_interval_as_text_means_the_same_interval(start: datetime, minutes: int, zone: str) -> None:
    end = start + timedelta(minutes=minutes)
    text = text_of(start, end, ZoneInfo(zone))
    range_ = parse(text)
    span = resolve(range_, NOW, ZoneInfo(zone))
    assert (span.start, span.end) == (start, end)
    assert range_.text == text
    assert not range_.rolling


@given(st.dates(date(2005, 1, 1), date(2034, 1, 1)), st.integers(0, 364), st.sampled_from(ZONES))
def test_whole_days_come_back_as_days(first: date, more: int, zone: str) -> None:
    try:
        span = ranges.days_span(first, first + timedelta(days=more), ZoneInfo(zone))
    except RangeError:
        assert zone == "Pacific/Apia"
        return
    back = resolve(parse(text_of(span.start, span.end, span.zone)), NOW, span.zone)
    assert (back.start, back.end) == (span.start, span.end)
    assert back.days >= 1


@given(
    st.sampled_from([*ranges.PRESETS, "last-2-months", "this-year", "last-5-hours", "last-45-minutes"]),
    INSTANTS,
    st.sampled_from(ZONES),
)
def test_moving_ranges_hold_or_touch_now(text: str, now: datetime, zone: str) -> None:
    try:
        span = resolve(parse(text), now, ZoneInfo(zone))
    except RangeError:
        assert zone == "Pacific/Apia"
        return
    assert span.start < span.end
    assert (span.end > now) == text.startswith(("this-", "today", "last-5-hours", "last-45-minutes"))
    assert span.end - now <= timedelta(days=1, hours=2)
