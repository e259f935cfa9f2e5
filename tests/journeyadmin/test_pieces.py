"""Pieces of pages that are drawn once: everyone gets what a page drawn anew would give them."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils import translation

from journeyadmin import pieces
from segments import catalogue

ADDRESSES = (
    "/segments/",
    "/segments/?active=yes",
    "/segments/?sort=-changed&columns=scope,active",
    "/segments/?columns=none&q=a",
    "/segments/?activity=1",
    "/action-targets/",
    "/analytics/",
    "/keyboard/",
    "/accounts/permissions/",
    "/nothing-here",
)
LANGUAGE = settings.LANGUAGE_COOKIE_NAME
# Theme, language and keys are cookies.
COOKIES = ({}, {"theme": "dark"}, {LANGUAGE: "de"}, {"keys": "off", "theme": "light"})


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    pieces.forget()
    yield
    pieces.forget()


def drawn(source: str, **context: object) -> str:
    request = RequestFactory().get("/here/", {"q": '"><b>'})
    context = {"this_page": request.get_full_path()} | context
    return engines["django"].from_string(source).render(context, request)


def test_a_piece_is_drawn_once_for_all_that_it_names() -> None:
    source = "{% piece one-of-many shown %}{{ shown }} {{ hidden }}{% endpiece %}"
    assert drawn(source, shown=1, hidden="first") == "1 first"
    assert drawn(source, shown=1, hidden="second") == "1 first"
    assert drawn(source, shown=True, hidden="third") == "True third"
    assert drawn(source, shown="1", hidden="fourth") == "1 fourth"
    with translation.override("de"):
        assert drawn(source, shown=1, hidden="fifth") == "1 fifth"


def test_the_token_and_the_address_in_a_piece_are_the_requests_own() -> None:
    source = '{% piece a-form %}<form>{% csrf_token %}<input value="{{ this_page }}">{% endpiece %}'
    one, other = drawn(source), drawn(source)
    tokens = [re.findall(r'csrfmiddlewaretoken" value="(\w{64})"', page) for page in (one, other)]
    assert [len(found) for found in tokens] == [1, 1]
    assert tokens[0] != tokens[1]
    assert 'value="/here/?q=%22%3E%3Cb%3E"' in one
    assert 'value="&lt;other&gt;"' in drawn(source, this_page="<other>")


def test_everyone_gets_what_a_page_drawn_anew_would_give_them(
    sign_in: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A list that is read anew between the two turns says so.
    monkeypatch.setattr(catalogue, "KEPT_SECONDS", 3600.0)
    browsers = [
        sign_in("marketer"),
        sign_in("analyst"),
        sign_in("admin"),
        sign_in("marketer", name="Shop north", colour="#c2255c", production=True, read_only=True),
    ]
    browsers[0].post("/segments/views", {"name": "Mine", "query": "active=yes"})
    browsers[1].post("/segments/views", {"name": "Everyone's", "query": "active=yes", "shared": "on"})
    browsers[2].post("/accounts/zone", {"zone": "Asia/Kolkata"})
    for browser in browsers:
        assert browser.get("/segments/").status_code == 200  # with what was said of the above

    def page(browser: Browser, address: str, cookies: dict[str, str]) -> str:
        for name in ("theme", LANGUAGE, "keys"):
            browser.cookies.pop(name, None)
        for name, value in cookies.items():
            browser.cookies[name] = value
        text = browser.get(address).content.decode()
        # Whether the numbers of assignments were kept changes from one turn to the next; it stands outside any piece.
        text = re.sub(r'(?s)id="activity-age">.*?</p>', "", text)
        return re.sub(
            r'datetime=\S+ data-age(?: title="[^"]*")?|\b\w{64}\b|[0-9a-f-]{36}|\b[0-9a-f]{8}\b|\d+ s\b',
            "",
            text,
        )

    turns = [
        (browser, address, cookies) for cookies in COOKIES for address in ADDRESSES for browser in browsers
    ]
    kept = [page(*turn) for turn in turns]
    for turn, text in zip(turns, kept, strict=True):
        pieces.forget()
        assert page(*turn) == text, turn
