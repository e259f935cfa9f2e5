"""A clock and a first day of the week of one's own: all pages follow, addresses and what is asked do not (LOC7)."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from django.test import Client as Browser

from analytics import ranges, spans
from analytics.ranges import Span
from journeyadmin import clocks
from journeyadmin.accounts.models import Person
from journeyadmin.service.journey import JourneyService

MOMENT = datetime(2026, 5, 6, 14, 5, 9, tzinfo=UTC)
AMERICAN = clocks.Clock(twelve=True, week=clocks.SUNDAY)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    clocks.activate(clocks.USUAL)
    yield
    clocks.activate(clocks.USUAL)


def drawn(pattern: str) -> str:
    template = engines["django"].from_string('{{ moment|date:"' + pattern + '" }}')
    return template.render({"moment": MOMENT}).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("pattern", "usual", "twelve"),
    [
        ("j M Y, H:i", "6 May 2026, 14:05", "6 May 2026, 2:05 PM"),
        ("H:i:s", "14:05:09", "2:05:09 PM"),
        ("D j M", "Wed 6 May", "Wed 6 May"),
        # What machines read.
        ("c", "2026-05-06T14:05:09+00:00", "2026-05-06T14:05:09+00:00"),
        (r"Y-m-d\TH:iO", "2026-05-06T14:05+0000", "2026-05-06T14:05+0000"),
    ],
)
def test_the_filter_of_templates_follows_the_clock(pattern: str, usual: str, twelve: str) -> None:
    assert drawn(pattern) == usual
    clocks.activate(AMERICAN)
    assert drawn(pattern) == twelve


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (time(0, 0), "12:00 AM"),
        (time(0, 5), "12:05 AM"),
        (time(11, 59), "11:59 AM"),
        (time(12, 0), "12:00 PM"),
        (time(23, 0, 7), "11:00:07 PM"),
    ],
)
def test_noon_and_midnight(moment: time, words: str) -> None:
    clocks.activate(AMERICAN)
    assert clocks.said(moment).replace("\u202f", " ") == words


def test_buckets_are_said_by_the_clock_of_the_reader_also_where_they_were_said_before() -> None:
    zone = ZoneInfo("UTC")
    late = Span(datetime(2026, 5, 6, 23, tzinfo=UTC), datetime(2026, 5, 7, tzinfo=UTC), zone)
    assert spans.dates(late) == "Wed 6 May 2026, 23:00–24:00"
    clocks.activate(AMERICAN)
    assert spans.dates(late).replace("\u202f", " ") == "Wed 6 May 2026, 11:00 PM–12:00 AM"


def test_presets_and_typed_words_follow_the_first_day_and_an_address_does_not() -> None:
    assert "this-week-from-sunday" in ranges.presets(clocks.SUNDAY)
    assert ranges.presets(clocks.MONDAY) == list(ranges.PRESETS)
    assert ranges.with_week("last 2 weeks", clocks.SUNDAY) == "last-2-weeks-from-sunday"
    assert ranges.with_week("last 2 weeks from monday", clocks.SUNDAY) == "last 2 weeks from monday"
    assert ranges.with_week("last 2 days", clocks.SUNDAY) == "last 2 days"
    # What the field holds means the same when it is sent as it stands.
    for text in ("this-week", "last-2-weeks-from-saturday", "last-7-days"):
        for week in (clocks.MONDAY, clocks.SUNDAY):
            written = ranges.spelled(ranges.parse(text), week)
            assert ranges.parse(ranges.with_week(written, week)).text == text


def test_weeks_that_are_not_the_readers_say_so() -> None:
    monday, sunday = ranges.parse("this-week"), ranges.parse("this-week-from-sunday")
    assert (spans.preset(monday), spans.preset(sunday)) == ("This week", "This week, from Sunday")
    clocks.activate(AMERICAN)
    assert (spans.preset(monday), spans.preset(sunday)) == ("This week, from Monday", "This week")


@pytest.fixture
def american(supervisor: Browser) -> Browser:
    supervisor.post("/accounts/clock", {"week": "6", "hours": "12"})
    return supervisor


def test_it_is_kept_on_the_account_page(american: Browser) -> None:
    person = Person.objects.get()
    assert (person.twelve_hours, person.week_starts) == (True, clocks.SUNDAY)
    page = american.get("/accounts/account/").content.decode()
    assert re.search(r'<option value="6" selected', page)
    assert re.search(r'<option value="12" selected', page)
    assert re.search(r"\d:\d\d\u202f[AP]M", page)
    # What is none of the choices changes nothing.
    american.post("/accounts/clock", {"week": "2", "hours": "12"})
    assert Person.objects.get().week_starts == clocks.SUNDAY


def test_what_is_asked_of_the_service_is_the_same_for_everybody(
    supervisor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(
        JourneyService,
        "query_journey_aggregates",
        lambda service, query: asked.append(query) or {"results": []},
    )
    address = "/analytics/?range=this-week&zone=UTC&m=nJourneySessions"
    supervisor.get(f"{address}&fresh=1", follow=True)
    supervisor.post("/accounts/clock", {"week": "6", "hours": "12"})
    supervisor.get(f"{address}&by=P1D", follow=True)
    assert len({query["interval"] for query in asked}) == 1
    form = supervisor.get(
        "/analytics/",
        {"range": "words", "words": "this week", "zone": "UTC", "m": "nJourneySessions", "form": "1"},
    )
    assert parse_qs(urlsplit(form["Location"]).query)["range"] == ["this-week-from-sunday"]


def test_nothing_of_one_persons_clock_is_left_for_the_next(
    american: Browser, sign_in: Callable[..., Browser]
) -> None:
    other = sign_in("marketer")
    american.get("/accounts/account/")
    assert "\u202fPM<" not in other.get("/accounts/account/").content.decode().replace("2:30\u202fPM", "")
    american.get("/accounts/account/")
    Browser().get("/accounts/sign-in")
    assert clocks.active() == clocks.USUAL
