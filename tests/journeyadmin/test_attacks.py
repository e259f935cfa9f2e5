"""What somebody sends who means no good: forms from elsewhere over HTTPS, bent cookies, headers and bodies too large."""

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser

from tests import cast
from tests.programs import Program

pytestmark = pytest.mark.django_db


def token_of(browser: Browser, **how: Any) -> str:
    found = re.search(
        r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/keyboard/", **how).content.decode()
    )
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://testserver"}, 302),
        ({"referer": "https://testserver/keyboard/"}, 302),
        ({}, 403),
        ({"referer": "https://evil.example/"}, 403),
        ({"referer": "https://testserver.evil.example/"}, 403),
        ({"referer": "http://testserver/"}, 403),
        ({"referer": "//testserver["}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://evil.example", "referer": "https://testserver/"}, 403),
    ],
)
def test_over_https_a_form_says_where_it_comes_from(
    server: Program, headers: dict[str, str], status: int
) -> None:
    """Even with the right token, as somebody has it who could set a cookie from a neighbouring host."""
    browser = cast.signed_in(server.url, "marketer", Browser(enforce_csrf_checks=True))
    form = {"letters": "off", "csrfmiddlewaretoken": token_of(browser, secure=True)}
    assert browser.post("/keyboard/", form, secure=True, headers=headers).status_code == status


@pytest.mark.parametrize(
    "value",
    ["", "x", "a" * 32, "' OR 1=1 --", "../../etc/passwd", "é", "x" * 20_000, "\\x00", "0" * 32 + ";"],
)
def test_a_bent_session_cookie_is_nobodys(marketer: Browser, value: str) -> None:
    stranger = Browser()
    stranger.cookies["session"] = value
    assert stranger.get("/segments/").status_code == 302
    assert marketer.get("/keyboard/").status_code == 200


def test_a_session_bent_in_the_store_is_nobodys(marketer: Browser) -> None:
    """It is signed: who can write a row of the table cannot make a session up."""
    row = Session.objects.get(pk=marketer.cookies["session"].value)
    row.session_data = row.session_data[:-4] + "AAAA"
    row.save()
    assert marketer.get("/segments/").status_code == 302


@pytest.mark.parametrize("name", ["theme", "keys", "language"])
@pytest.mark.parametrize("value", ['"><script>alert(1)</script>', "../../x", "x" * 5000, "de\\r\\nX: y"])
def test_a_bent_cookie_of_ours_shows_nothing_of_itself(marketer: Browser, name: str, value: str) -> None:
    marketer.cookies[name] = value
    answer = marketer.get("/keyboard/")
    assert answer.status_code == 200
    assert value not in answer.content.decode()
    assert "alert(1)" not in answer.content.decode()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver@evil.example",
        "testserver:80@evil.example",
        "testserver%00.evil.example",
        "..",
        "[::1",
    ],
)
def test_another_host_is_answered_with_nothing_of_it(client: Browser, host: str) -> None:
    answer = client.get("/accounts/sign-in", headers={"host": host})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/theme", "/accounts/sign-in", "/keyboard/"])
def test_too_large_a_form_is_one_sentence(marketer: Browser, settings: Any, path: str) -> None:
    body = b"next=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    answer = marketer.generic("POST", path, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "This is more than a form may send (4 MB), so nothing was changed." in answer.content.decode()


def test_too_many_fields_are_one_sentence(marketer: Browser, settings: Any) -> None:
    body = b"&".join(b"a=1" for _ in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    answer = marketer.generic("POST", "/theme", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "This is more than a form may send (4 MB), so nothing was changed." in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/segments/%00",
        "/segments/../../etc/passwd",
        "/static/../journeyadmin/settings.py",
        "/static/%2e%2e/secret.key",
        "/segments/?q=%00",
        "/segments/?page=9" + "9" * 400,
        "/history/?since=%00",
        "/analytics/?zone=%00&range=%ff",
    ],
)
def test_odd_addresses_are_answered(marketer: Browser, path: str) -> None:
    answer = marketer.get(path)
    assert answer.status_code < 500
    assert "SECRET_KEY" not in (b"" if answer.streaming else answer.content).decode(errors="replace")
