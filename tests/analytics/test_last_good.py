"""REL5 for charts: the service is down, and a question opened anew shows its last good answer with its age and the reason."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from journeyadmin.accounts.models import Connection
from journeyadmin.service import transport
from tests.programs import free_port

Later = Callable[..., None]
FIXED = "range=2026-05-04..2026-05-10&zone=Europe/London&m=nJourneySessions"
GROUPED = f"{FIXED}&g=journeySessionSegmentId"
MOVING = "range=last-60-minutes&zone=Europe/London&m=nJourneySessions"


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Later:
    """`down(minutes=5)`: so much later nothing listens where the service was, and no process remembers anything."""
    monkeypatch.setattr(transport, "TRIES", 1)
    monkeypatch.setattr(transport, "BACKOFF_SECONDS", (0.01, 0.01, 0.01, 0.01))
    now = timezone.now

    def end(**later: float) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(**later))
        cache.clear()
        Connection.objects.update(typed_api_url=f"http://127.0.0.1:{free_port()}")

    return end


def page(browser: Browser, query: str, place: str = "/analytics/") -> tuple[int, str]:
    answer: Any = browser.get(f"{place}?{query}", headers={"HX-Request": "true"} if "tile" in place else {})
    return answer.status_code, answer.content.decode()


def span(shown: str) -> str:
    """From when to when the numbers are, as the page or the table of a tile says it."""
    found = re.search(r'class="answer-meta">\s*<span>(.*?)</span>|<caption[^>]*>(.*?)</caption>', shown)
    return (found[1] or found[2]) if found else ""


def test_a_question_opened_anew_shows_its_last_good_answer(ana: Browser, down: Later) -> None:
    _status, good = page(ana, GROUPED)
    assert "Cart leavers &lt;b&gt;" in good
    ana.get("/segments/")
    down(minutes=20)
    status, kept = page(ana, GROUPED)
    assert status == 200
    assert "This is the last good answer, 20" in kept
    assert "The service did not answer." in kept
    # With the names that were last read, and the same numbers.
    assert "Cart leavers &lt;b&gt;" in kept
    assert (
        kept.partition("<tbody>")[2].partition("</table>")[0]
        == good.partition("<tbody>")[2].partition("</table>")[0]
    )


@pytest.mark.parametrize("place", ["/analytics/", "/dashboards/tile"])
def test_a_range_that_has_moved_on_shows_itself_as_it_was(ana: Browser, down: Later, place: str) -> None:
    _status, good = page(ana, MOVING, place)
    down(minutes=25)
    status, kept = page(ana, MOVING, place)
    assert status == 200
    assert "ast good answer, 25" in kept
    # And with what finds the failure in the logs (OBS4).
    assert "Request id: " in kept
    # The span is the one that was answered, not the one that is asked for now.
    assert span(kept) == span(good)


def test_however_an_answer_is_shown_it_is_the_last_good_one(ana: Browser, down: Later) -> None:
    """The second question is served with what was kept for the first, and is still found where the range has moved on."""
    shown = [f"{MOVING}&chart={chart}" for chart in ("bar", "table")]
    goods = [page(ana, query)[1] for query in shown]
    down(minutes=25)
    for query, good in zip(shown, goods, strict=True):
        status, kept = page(ana, query)
        assert status == 200
        assert "ast good answer, 25" in kept
        assert span(kept) == span(good)


# One range stays where it is for the most part of a day, and one moves.
@pytest.mark.parametrize("range_name", ["last-7-days", "last-60-minutes"])
def test_a_dashboard_without_scripts_says_so_in_each_tile(ana: Browser, down: Later, range_name: str) -> None:
    board = f"range={range_name}&zone=Europe/London&whole=1"
    _status, good = page(ana, board, "/dashboards/sessions/")
    tiles = good.count('class="tile-body"')
    assert tiles
    assert good.count("data-age") == tiles
    assert "ast good answer" not in good
    down(minutes=25)
    status, kept = page(ana, board, "/dashboards/sessions/")
    assert status == 200
    assert kept.count("Last good answer, 25") == tiles


@pytest.mark.parametrize("place", ["/analytics/", "/dashboards/tile"])
def test_a_question_that_was_never_answered_says_what_failed(ana: Browser, down: Later, place: str) -> None:
    down()
    status, failed = page(ana, FIXED, place)
    assert status == 502
    assert "The service did not answer." in failed
    assert "last good answer" not in failed


def test_a_file_never_holds_an_earlier_range_in_silence(ana: Browser, down: Later) -> None:
    page(ana, MOVING)
    down(minutes=25)
    assert page(ana, MOVING, "/analytics/answer.csv")[0] == 502
