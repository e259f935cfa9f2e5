"""One's own sessions at the dashboard: listed, ended by whoever has just signed in, and never another person's."""

import time
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client as Browser
from django.utils import timezone

from journeyadmin.accounts import middleware, sessions
from journeyadmin.accounts.grants import GrantStore
from journeyadmin.accounts.models import Connection, Grant
from tests import cast
from tests.contract.signing import works
from tests.journeyadmin.accounts.test_sign_in import at_the_service, come_back, depart

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
PAGE, END = "/accounts/account/", "/accounts/account/end"


@pytest.fixture
def shop(shop: Connection, settings: Any) -> Connection:
    settings.EMBEDDED_SERVER = shop.login_url
    return shop


def entered(shop: Connection, user_agent: str = FIREFOX, username: str = "analyst") -> Browser:
    browser = Browser(headers={"user-agent": user_agent})
    come_back(browser, at_the_service(depart(browser, shop), username))
    return browser


def grant_of(browser: Browser) -> Grant:
    return Grant.objects.get(pk=browser.session[middleware.GRANT])


def text(browser: Browser) -> str:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return str(answer.content.decode())


def is_signed_in(browser: Browser) -> bool:
    return bool(browser.get("/keyboard/").status_code == 200)


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        (FIREFOX, "Firefox · Linux"),
        (SAFARI, "Mobile Safari · iOS"),
        ("", ""),
        ("x" * 100_000, ""),
        ("<b>\r\n", ""),
    ],
)
def test_a_browser_is_told_in_two_words(user_agent: str, told: str) -> None:
    assert sessions.device(user_agent) == told


def test_both_browsers_are_listed_and_this_one_is_marked(shop: Connection) -> None:
    here, elsewhere = entered(shop), entered(shop, SAFARI)
    page = text(here)
    assert "2 browsers are signed in as you" in page
    assert page.index("Firefox · Linux") < page.index("this one") < page.index("Mobile Safari · iOS")
    assert "2 browsers are signed in as you" in text(elsewhere)
    # What is stored of a browser is no more than that.
    stored = {str(value) for row in Grant.objects.values() for value in row.values()}
    assert not any("127.0.0.1" in value or "Mozilla" in value for value in stored)


def test_ending_another_session_ends_it_here_and_gives_its_tokens_back(shop: Connection) -> None:
    here, elsewhere = entered(shop), entered(shop, SAFARI)
    tokens = GrantStore(grant_of(elsewhere).pk).read()
    assert tokens is not None
    answer = here.post(END, {"session": str(grant_of(elsewhere).pk)}, follow=True)
    assert "1 other session has ended." in answer.content.decode()
    assert not is_signed_in(elsewhere)
    assert not works(shop.api_url, tokens.access)
    assert is_signed_in(here)
    assert "1 browser is signed in as you<" in text(here)


def test_all_others_are_ended_at_once(shop: Connection) -> None:
    here, *others = (entered(shop) for _ in range(3))
    assert "2 other sessions have ended." in here.post(END, {"session": "all"}, follow=True).content.decode()
    assert [is_signed_in(browser) for browser in (here, *others)] == [True, False, False]


def test_it_takes_a_fresh_sign_in(shop: Connection) -> None:
    here, elsewhere = entered(shop), entered(shop, SAFARI)
    session = here.session
    session[middleware.SIGNED_IN] = time.time() - sessions.RECENT_SECONDS - 1
    session.save()
    assert "sign in again first" in text(here)
    assert 'value="all"' not in text(here)
    refused = here.post(END, {"session": "all"}, follow=True).content.decode()
    assert "Nothing was ended" in refused
    assert is_signed_in(elsewhere)
    # The service asks for the password again, whoever is signed in there.
    again = here.post(
        "/accounts/sign-in",
        {"connection": shop.pk, "afresh": "1", "next": PAGE},
        headers={"host": "127.0.0.1:8000"},
    )
    assert "prompt=login" in again["Location"]
    assert come_back(here, at_the_service(again["Location"], "analyst"))["Location"] == PAGE
    # And nothing is left of the session before.
    assert "2 browsers are signed in as you" in text(here)
    assert here.post(END, {"session": "all"}).status_code == 302
    assert not is_signed_in(elsewhere)


def test_nobody_sees_or_ends_another_persons_session(shop: Connection) -> None:
    mine, theirs = entered(shop), entered(shop, SAFARI, "supervisor")
    assert "1 browser is signed in as you<" in text(mine)
    for chosen in (str(grant_of(theirs).pk), "all", "", "x", "0"):
        assert (
            "That session had ended already."
            in mine.post(END, {"session": chosen}, follow=True).content.decode()
        )
    assert is_signed_in(theirs)


def test_as_a_client_nobody_elses_session_is_told(shop_as_client: Connection) -> None:
    here, elsewhere = Browser(), Browser()
    for browser in (here, elsewhere):
        assert browser.post("/accounts/sign-in", {"connection": shop_as_client.pk}).status_code == 302
    page = text(here)
    assert "You are signed in as a client" in page
    assert page.count("A browser that does not say which") == 1
    here.post(END, {"session": "all"})
    assert is_signed_in(elsewhere)


def test_sessions_that_ended_by_themselves_are_not_listed(shop: Connection, settings: Any) -> None:
    here, elsewhere = entered(shop), entered(shop, SAFARI)
    hours = timedelta(seconds=settings.SESSION_IDLE_SECONDS + 120)
    Grant.objects.filter(pk=grant_of(elsewhere).pk).update(seen=timezone.now() - hours)
    assert "1 browser is signed in as you<" in text(here)


def test_when_a_session_was_last_seen_is_kept_to_the_minute(shop: Connection) -> None:
    here = entered(shop)
    long_ago = timezone.now() - timedelta(minutes=5)
    Grant.objects.update(seen=long_ago)
    is_signed_in(here)
    assert grant_of(here).seen == long_ago
    session = here.session
    session[middleware.SEEN] = time.time() - 90
    session.save()
    is_signed_in(here)
    assert grant_of(here).seen > long_ago


def test_a_session_that_idled_leaves_no_tokens_behind(shop: Connection, settings: Any) -> None:
    here = entered(shop)
    session = here.session
    session[middleware.SEEN] = time.time() - settings.SESSION_IDLE_SECONDS - 1
    session.save()
    assert not is_signed_in(here)
    assert not Grant.objects.exists()


def test_ones_account_at_the_server_is_linked_where_it_is_announced(shop: Connection) -> None:
    page = text(entered(shop))
    assert f'href="{shop.login_url}/account?client_id={cast.DASHBOARD_CLIENT}&amp;redirect_uri=http' in page
    assert requests.get(f"{shop.login_url}/account", timeout=30).ok


def test_ending_needs_the_forms_token(shop: Connection) -> None:
    here, elsewhere = entered(shop), entered(shop, SAFARI)
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = here.cookies
    assert strict.post(END, {"session": "all"}).status_code == 403
    assert here.get(END).status_code == 405
    assert is_signed_in(elsewhere)
