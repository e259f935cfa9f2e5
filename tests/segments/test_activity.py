"""LST4, LST5: assignments per day from one aggregate query, and which segments do nothing."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from segments import activity, catalogue, filters
from tests.segments.conftest import Make, fragment, get
from tests.segments.definitions import visit

TODAY = date(2026, 3, 30)  # the day after the clocks changed in Europe
ZONE = "Europe/London"


def bucket(interval: str, count: int) -> dict[str, Any]:
    return {"interval": interval, "metrics": [{"metric": activity.METRIC, "stats": {"count": count}}]}


def test_the_question_is_thirty_local_days_with_today() -> None:
    asked = activity.question(TODAY, ZONE)
    assert asked["interval"] == "2026-03-01T00:00:00+00:00/2026-03-31T00:00:00+01:00"
    assert (asked["granularity"], asked["timeZone"]) == ("P1D", ZONE)
    assert asked["groupBy"] == ["journeySegmentId"]


def test_counts_land_on_their_local_days() -> None:
    answer = {
        "results": [
            {
                "group": {"journeySegmentId": "A1"},
                "data": [
                    bucket("2026-03-01T00:00:00.000Z/2026-03-02T00:00:00.000Z", 5),
                    bucket("2026-03-29T00:00:00.000Z/2026-03-30T00:00:00.000+01:00", 7),
                    bucket("2026-03-30T00:00:00.000+01:00/2026-03-31T00:00:00.000+01:00", 2),
                ],
            }
        ]
    }
    found = activity.from_answer(answer, TODAY, ZONE).of("a1")
    assert (found.days[0], found.days[-2], found.days[-1]) == (5, 7, 2)
    assert (found.week, found.month) == (9, 14)
    assert found.words == "14 assignments in 30 days, 9 in the last 7; most on 29 Mar: 7"


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": [{"group": {}, "data": []}]}])
def test_no_numbers_are_no_assignments(answer: dict[str, Any]) -> None:
    found = activity.from_answer(answer, TODAY, ZONE).of("x")
    assert found.month == 0
    assert found.words == "No assignments in 30 days"


def test_unused_means_active_and_never_assigned() -> None:
    numbers = activity.from_answer({}, TODAY, ZONE)
    on, off = ({"id": "1", "displayName": "S", "isActive": flag} for flag in (True, False))
    assert filters.is_unused(catalogue.describe(on), numbers)
    assert not filters.is_unused(catalogue.describe(off), numbers)


def test_a_young_segment_is_not_judged() -> None:
    def created(days: int) -> dict[str, Any]:
        return {"id": "1", "createdDate": (timezone.now() - timedelta(days=days)).isoformat()}

    assert filters.too_young(catalogue.describe(created(12))) == 12
    assert filters.too_young(catalogue.describe(created(31))) is None


def test_the_column_comes_after_the_table_and_names_a_missing_permission(
    marketer: Browser, make: Make, word: str
) -> None:
    from journeyadmin.accounts.models import Person

    made = make("Quiet", context=[[visit("device.category", "equal", "tablet")]])
    page = get(marketer, "/segments/", q=word).content.decode()
    assert 'data-from="/segments/activity?q=' in page
    cells = fragment(marketer, "/segments/activity", q=word).content.decode()
    assert f'id="a-{made["id"]}"' in cells
    # How old the numbers are has its place below the table; reading the list again reads them again too.
    age = r'id="activity-age">Assignments read <time datetime="[^"]+" data-age>\d+ s ago</time>'
    assert re.search(r'id="activity-age">\n?</p>', page)
    assert re.search(f"{age}\n?</p>", cells)
    kept = fragment(marketer, "/segments/activity", q=word).content.decode()
    assert re.search(f"{age}, kept answer\n?</p>", kept)
    anew = get(marketer, "/segments/", q=word, fresh="1").content.decode()
    assert f'data-from="/segments/activity?q={word}&amp;fresh=1"' in anew
    assert "kept answer" not in fragment(marketer, "/segments/activity", q=word, fresh="1").content.decode()
    unused = get(marketer, "/segments/", q=word, unused="yes").content.decode()
    assert "created 0 days ago" in unused
    asked = get(marketer, "/segments/", q=f"{word} is:unused").content.decode()
    assert f"s-{made['id']}" in asked
    assert "created 0 days ago" in asked
    assert f"s-{made['id']}" not in get(marketer, "/segments/", q=f"{word} -is:unused").content.decode()

    person = Person.objects.get(pk=marketer.session["_auth_user_id"])
    person.permissions = ["journey:segment:view"]
    person.save()
    refused = get(marketer, "/segments/", q=word).content.decode()
    assert "needs <code>analytics:journeyAggregate:view</code>" in refused
    assert f"Quiet {word}" in refused
    # Without numbers nothing is left out, whichever way it was asked for.
    for typed in ("is:unused", "-is:unused"):
        assert f"Quiet {word}" in get(marketer, "/segments/", q=f"{word} {typed}").content.decode()
    # Nor in the grid that is opened from there.
    person.permissions = ["journey:segment:view", "journey:segment:edit"]
    person.save()
    assert f"Quiet {word}" in get(marketer, "/segments/grid", q=f"{word} is:unused").content.decode()


def test_the_month_of_one_segment_says_where_its_numbers_were_kept(marketer: Browser, make: Make) -> None:
    """On its page and in the panel, as the list does; reading them again reads them."""
    made = make("Kept", context=[[visit("device.category", "equal", "tablet")]])
    part = f"/segments/{made['id']}/activity"
    assert "kept answer" not in fragment(marketer, part).content.decode()
    assert "kept answer" in fragment(marketer, part).content.decode()
    assert "kept answer" not in fragment(marketer, part, fresh="1").content.decode()
    panel = get(marketer, "/segments/", panel=made["id"]).content.decode().partition('id="panel"')[2]
    assert "kept answer" in panel
