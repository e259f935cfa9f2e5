"""When an idle session ends: what a page asks for by itself is answered until then, and does not put the end off."""

import re
import time
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.accounts import middleware
from journeyadmin.accounts.models import Grant
from tests.programs import ROOT

FRAGMENT = {"HX-Request": "true", "HX-Current-URL": "http://testserver/live/"}
MARKED = {**FRAGMENT, "Unasked": "1"}
# Elements that ask again and again; a tile's first load comes once after its page.
AGAIN = re.compile(r"""<[^<>]*hx-trigger="(?:every|load delay)[^<>]*>""")


def idle(browser: Browser, seconds: float) -> float:
    """As if nobody had been there for so long; gives the moment that the session was last seen."""
    session = browser.session
    session[middleware.SEEN] = time.time() - seconds
    session.save()
    return float(session[middleware.SEEN])


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        ({"headers": FRAGMENT}, True),
        ({"headers": FRAGMENT | {"Unasked": "0"}}, True),
        ({"headers": MARKED}, False),
        # How long a dashboard's numbers may be kept is its mark.
        ({"headers": FRAGMENT | {"Unasked": "25"}}, False),
        ({"query_params": {"unasked": ""}}, False),
    ],
)
def test_what_nobody_asked_for_does_not_keep_a_session_alive(
    marketer: Browser, asked: dict[str, Any], counts: bool
) -> None:
    seen = idle(marketer, 10 * 60)
    before = Grant.objects.get().seen
    assert marketer.get("/keyboard/", **asked).status_code == 200
    assert (marketer.session[middleware.SEEN] > seen) == counts
    assert (Grant.objects.get().seen > before) == counts


def test_a_page_that_was_asked_for_anew_by_a_countdown_does_not_either(marketer: Browser) -> None:
    seen = idle(marketer, 10 * 60)
    marketer.cookies["unasked"] = "1"
    assert marketer.get("/keyboard/").status_code == 200
    assert marketer.session[middleware.SEEN] == seen


def test_an_open_live_page_ends_with_the_idle_time(marketer: Browser, settings: Any) -> None:
    """Every ten minutes what it asks by itself; nobody clicks."""
    for minutes in (10, 20, 29):
        idle(marketer, minutes * 60)
        assert marketer.get("/live/feed", headers=MARKED).status_code == 200
    idle(marketer, settings.SESSION_IDLE_SECONDS + 1)
    answer = marketer.get("/live/feed", headers=MARKED)
    assert answer.headers["HX-Redirect"] == "/accounts/sign-in?next=%2Flive%2F"
    assert not Grant.objects.exists()


def test_whatever_asks_again_by_itself_is_marked() -> None:
    found = 0
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        for element in AGAIN.findall(text):
            found += 1
            if template.name != "_tile_frame.html":
                assert "{% unasked %}" in element, f"{template.name}: {element}"
        # Without scripts; of a board, all tiles come at once and once.
        if 'http-equiv="refresh"' in text and template.name != "board.html":
            found += 1
            assert "url=?unasked" in text, template.name
    assert found == 7
