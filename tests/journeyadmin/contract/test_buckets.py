"""The bucket rule of §10.2, with its odd days."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest

from journeyadmin.contract.buckets import (
    MAX_BUCKETS,
    BucketError,
    bucket_edges,
    format_interval,
    parse_granularity,
    parse_interval,
    parse_zone,
)


def hours(interval: str, granularity: str, zone: str = "UTC") -> list[float]:
    start, end = parse_interval(interval)
    edges = bucket_edges(start, end, parse_granularity(granularity), parse_zone(zone))
    return [(b - a).total_seconds() / 3600 for a, b in itertools.pairwise(edges)]


@pytest.mark.parametrize(
    ("interval", "granularity", "zone", "expected"),
    [
        # Vector 13 of the contract.
        ("2024-03-30T00:00:00Z/2024-04-02T00:00:00+01:00", "P1D", "Europe/London", [24, 23, 24]),
        ("2024-10-26T00:00:00+01:00/2024-10-28T00:00:00Z", "P1D", "Europe/London", [24, 25]),
        ("2024-03-30T00:00:00Z/2024-04-02T00:00:00+01:00", "PT24H", "Europe/London", [24, 24, 23]),
        ("2024-03-10T00:00:00-05:00/2024-03-12T00:00:00-04:00", "P1D", "America/New_York", [23, 24]),
        ("2024-05-01T00:00:00+05:30/2024-05-03T00:00:00+05:30", "P1D", "Asia/Kolkata", [24, 24]),
        ("2024-04-06T00:00:00+11:00/2024-04-08T00:00:00+10:30", "P1D", "Australia/Lord_Howe", [24, 24.5]),
        # Samoa had no 30 December 2011.
        ("2011-12-29T00:00:00-10:00/2012-01-01T00:00:00+14:00", "P1D", "Pacific/Apia", [24, 24]),
        # The last bucket is cut, the first starts where the interval does.
        ("2024-05-01T06:00:00Z/2024-05-02T12:00:00Z", "P1D", "UTC", [24, 6]),
        ("2024-05-01T00:00:00Z/2024-05-01T10:00:00Z", "P1M", "UTC", [10]),
        # Months clamp, always counted from the start: 31 Jan, 29 Feb, 31 Mar.
        ("2024-01-31T00:00:00Z/2024-04-30T00:00:00Z", "P1M", "UTC", [29 * 24, 31 * 24, 30 * 24]),
    ],
)
def test_lengths(interval: str, granularity: str, zone: str, expected: list[float]) -> None:
    assert hours(interval, granularity, zone) == expected


@pytest.mark.parametrize(
    "interval",
    [
        "2024-05-01T00:00:00Z/2024-05-01T00:00:00Z",
        "2024-05-02T00:00:00Z/2024-05-01T00:00:00Z",
        "2024-05-01T00:00:00Z/P1D",
        "2024-05-01/2024-05-02",
        "2024-05-01T00:00:00Z",
        "2024-13-01T00:00:00Z/2024-13-02T00:00:00Z",
        "2024-02-30T00:00:00Z/2024-03-02T00:00:00Z",
        "2024-05-01T00:00:00+25:00/2024-05-02T00:00:00Z",
        "9999-12-31T00:00:00-01:00/9999-12-31T23:59:59-01:00",
        "2022-01-01T00:00:00Z/2024-01-01T00:00:00Z",
        "٢٠٢٤-05-01T00:00:00Z/2024-05-02T00:00:00Z",
        "",
    ],
)
def test_refused_intervals(interval: str) -> None:
    with pytest.raises(BucketError) as caught:
        parse_interval(interval)
    assert caught.value.field == "interval"
    # Python's own words for a wrong time say nothing to who sent it.
    assert not re.search(r"timedelta|must be in|out of range", str(caught.value))
    assert not str(caught.value).endswith("..")


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "P0D", "PT30S", "P1.5D", "1D", "p1d", "PT90S", "-P1D", "P9999999999D"]
)
def test_refused_granularities(text: str) -> None:
    with pytest.raises(BucketError):
        parse_granularity(text)


@pytest.mark.parametrize(
    ("interval", "zone"),
    [
        ("0001-01-01T00:00:00Z/0001-01-02T00:00:00Z", "America/Los_Angeles"),
        ("9999-12-30T00:00:00Z/9999-12-31T23:59:00Z", "Pacific/Kiritimati"),
    ],
)
@pytest.mark.parametrize("granularity", ["P1D", "P1M", "PT1H", None])
def test_an_interval_that_no_clock_of_the_zone_shows(
    interval: str, zone: str, granularity: str | None
) -> None:
    period = parse_granularity(granularity) if granularity else None
    with pytest.raises(BucketError) as caught:
        bucket_edges(*parse_interval(interval), period, parse_zone(zone))
    assert caught.value.field == "interval"


def test_limits_and_zone() -> None:
    start, end = parse_interval("2024-05-01T00:00:00Z/2024-06-01T00:00:00Z")
    assert len(bucket_edges(start, end, parse_granularity("PT5M"), parse_zone("UTC"))) == MAX_BUCKETS + 1
    with pytest.raises(BucketError):
        bucket_edges(start, end + timedelta(minutes=1), parse_granularity("PT5M"), parse_zone("UTC"))
    with pytest.raises(BucketError):
        bucket_edges(start, end, parse_granularity("PT1M"), parse_zone("UTC"))
    # As long as anybody may write: one bucket.
    for longest in ("P99999999Y", "P99999999M", "P99999999D", "PT99999999H", "P99999999YT99999999H"):
        assert bucket_edges(start, end, parse_granularity(longest), parse_zone("Asia/Kathmandu")) == [
            start,
            end,
        ]
    for name in ("Europe/Nowhere", "../../etc/passwd", "", "é", "right/UTC", "posix/UTC", "localtime"):
        if name:
            with pytest.raises(BucketError):
                parse_zone(name)
    assert parse_zone("").key == "UTC"


def test_interval_text() -> None:
    london = parse_zone("Europe/London")
    start = datetime(2024, 3, 31, tzinfo=UTC)
    text = format_interval(start, start + timedelta(hours=23), london)
    assert text == "2024-03-31T00:00:00.000Z/2024-04-01T00:00:00.000+01:00"
    assert format_interval(start, start + timedelta(days=1), parse_zone(None)).endswith(
        "2024-04-01T00:00:00.000Z"
    )
