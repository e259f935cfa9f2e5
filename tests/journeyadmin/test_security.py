"""What every response must and must not hold, found by walking all pages as each of the people."""

import json
import logging
import re
import socket
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from django.core.management import call_command
from django.test import Client as Browser

from journeyadmin.accounts.grants import GrantStore
from journeyadmin.accounts.models import Grant
from journeyadmin.logs import JsonFormatter, LineFormatter, masked
from journeyadmin.service import transport
from journeyserver.logs import LineFormatter as ServerFormatter
from tests import cast
from tests.journeyadmin.outbound import only_to
from tests.programs import ROOT, Program, environment

MOST_PAGES = 120
# Addresses that differ only in a long query are one page each; these many of a path are looked at.
MOST_OF_A_PATH = 3
# Never shown as a name: with quotes, tags, template and spreadsheet syntax, and a right-to-left override.
HOSTILE = '<img src=x onerror=alert(1)>{{7*7}}=HYPERLINK("x")\'\u202e'


class Markup(HTMLParser):
    """The links of a page and what a strict policy forbids in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forbidden: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        if tag == "a" and told.get("href"):
            self.links.append(str(told["href"]))
        if (
            tag == "style"
            or "style" in told
            or (tag == "script" and "src" not in told and told.get("type") != "application/json")
        ):
            self.forbidden.append(f"<{tag} {told}>")
        self.forbidden += [f"{tag} {name}" for name in told if name.startswith("on")]
        for name in ("href", "src", "action"):
            if str(told.get(name) or "").strip().lower().startswith(("javascript:", "data:text")):
                self.forbidden.append(f"{tag} {name}={told[name]}")
        if (
            tag in ("script", "link", "img")
            and urlsplit(str(told.get("src") or told.get("href") or "")).netloc
        ):
            self.forbidden.append(f"{tag} from elsewhere: {told}")


def walk(browser: Browser, start: str = "/segments/") -> Iterator[tuple[str, Any]]:
    """Every page that can be reached by links, each once, up to a bound."""
    waiting, seen, of_path = deque([start]), {start}, dict[str, int]()
    pages = 0
    while waiting and pages < MOST_PAGES:
        address = waiting.popleft()
        path = re.sub(r"[0-9a-f-]{36}", "*", urlsplit(address).path)
        of_path[path] = of_path.get(path, 0) + 1
        if of_path[path] > MOST_OF_A_PATH:
            continue
        pages += 1
        answer = browser.get(address)
        yield address, answer
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for link in Markup(answer.content.decode()).links:
            target = urlsplit(urljoin(f"http://testserver{address}", link))
            found = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc == "testserver" and not found.startswith("/static/") and found not in seen:
                seen.add(found)
                waiting.append(found)


@pytest.mark.parametrize("username", ["marketer", "supervisor", "analyst", "admin"])
def test_no_page_holds_a_secret_or_breaks_the_policy(
    sign_in: Callable[..., Browser], server: Program, username: str
) -> None:
    name = f"{HOSTILE} {uuid.uuid4().hex[:6]}"
    made = cast.api(server.url).post(
        f"{server.url}/api/v2/journey/segments",
        json={
            "displayName": name,
            "description": HOSTILE,
            "context": {
                "patterns": [
                    {"criteria": [{"key": "browser.family", "values": [HOSTILE], "entityType": "visit"}]}
                ]
            },
        },
        timeout=30,
    )
    assert made.ok, made.text
    browser = sign_in(username)
    tokens = GrantStore(Grant.objects.latest("created").pk).read()
    assert tokens is not None
    secrets = [
        tokens.access,
        Grant.objects.latest("created").sealed_access,
        "demo-secret",
        browser.cookies["session"].value,
    ]
    visited = []
    place = urlsplit(server.url)
    # CON1: pages are made from what the connected service says, and nothing else is asked for anything.
    # Connections that are still open from before would be used unseen.
    transport._local.__dict__.clear()
    with only_to(str(place.hostname), int(place.port or 0)) as watch:
        answers = list(walk(browser))
    assert not watch.refused
    assert watch.used
    for address, answer in answers:
        visited.append(address)
        assert answer.status_code < 500, address
        text = answer.content.decode(errors="replace") if not answer.streaming else ""
        for secret in secrets:
            assert secret not in text, address
            assert secret not in str(answer.headers).replace(str(answer.cookies), ""), address
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        assert answer.headers["X-Frame-Options"] == "DENY", address
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert "no-store" in answer.headers["Cache-Control"], address
            assert "<img src=x" not in text, address
            assert ">49=HYPERLINK" not in text, address
            assert not (found := Markup(text).forbidden), f"{address}: {found}"
    assert len(visited) > 5
    cast.api(server.url).delete(f"{server.url}/api/v2/journey/segments/{made.json()['id']}", timeout=30)


def test_nothing_reaches_anything_but_what_is_allowed() -> None:
    """The watch over the walk sees names, addresses and other ports."""
    elsewhere = (("192.0.2.1", 443), ("127.0.0.1", 10), ("example.org", 443))
    with only_to("127.0.0.1", 9) as watch:
        for address in elsewhere:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address, timeout=1)
    assert len(watch.refused) == len(elsewhere)


def test_a_post_without_the_forms_token_changes_nothing(db: None, server: Program) -> None:
    browser = cast.signed_in(server.url, "marketer", Browser(enforce_csrf_checks=True))
    answer = browser.post("/keyboard/", {"letters": "off"})
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()


def test_the_session_cookie_is_for_the_server_alone(marketer: Browser, settings: Any) -> None:
    cookie = marketer.cookies["session"]
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
    assert cookie.key == "session"


def test_over_https_nothing_that_django_knows_of_is_left_open(tmp_path: Path) -> None:
    """`check --deploy`, in a process of its own: the settings depend on the environment."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment(tmp_path, JOURNEYADMIN_PUBLIC_URL="https://journeys.example"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_https_makes_the_cookies_host_bound(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.conf import settings; import json; "
        "print(json.dumps([settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_NAME, "
        "settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS, settings.SECURE_SSL_REDIRECT, "
        "settings.LANGUAGE_COOKIE_NAME, settings.THEME_COOKIE_NAME]))"
    )
    env = environment(tmp_path, JOURNEYADMIN_PUBLIC_URL="https://journeys.example") | {
        "DJANGO_SETTINGS_MODULE": "journeyadmin.settings"
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [
        *("__Host-session", True, "__Host-csrftoken", 31_536_000, True, True),
        *("__Host-language", "__Host-theme"),
    ]


def test_a_typed_line_break_begins_no_log_line_and_json_is_one_object_a_line() -> None:
    record = logging.LogRecord(
        "x", logging.INFO, "", 0, "path %s", ("/a\nFAKE admin signed in maya@shop.example",), None
    )
    line = LineFormatter().format(record)
    assert "\n" not in line
    assert "maya@" not in line
    # Nor does it move the cursor of whoever reads the log in a terminal.
    record.args = ("/a\x1b[2J\x9b1A\u2028\x85FAKE",)
    for formatter in (LineFormatter(), ServerFormatter()):
        assert "/a\\x1b[2J\\x9b1A\\u2028\\x85FAKE" in formatter.format(record)
    record.args = ("/a\nFAKE admin signed in maya@shop.example",)
    facts = json.loads(JsonFormatter().format(record))
    assert facts["level"] == "INFO"
    assert facts["message"] == "path /a\nFAKE admin signed in …@…"


def test_a_foreign_host_is_one_log_line(client: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Anybody can send one, as often as they like."""
    assert client.get("/segments/", headers={"Host": "elsewhere.example"}).status_code == 400
    told = [record for record in caplog.records if "elsewhere.example" in record.getMessage()]
    assert told
    assert [record.exc_info for record in told] != [None] * len(told)
    for formatter in (LineFormatter(), JsonFormatter()):
        assert not [line for line in map(formatter.format, told) if "Traceback" in line or "\n" in line]


@pytest.mark.parametrize(
    "charset", ["charset=base64", "charset=undefined", "charset*=bogus''x", "boundary*=bogus''x"]
)
def test_a_charset_that_is_none_is_not_read(dashboard: Program, charset: str) -> None:
    """Before anything of ours could answer, and with the address in the log."""
    headers = {"Content-Type": f"text/html; {charset}"}
    answer = requests.get(
        f"{dashboard.url}/accounts/callback", params={"code": "hidden"}, headers=headers, timeout=30
    )
    assert answer.status_code < 500
    assert answer.headers["Content-Security-Policy"]
    assert "hidden" not in "".join(dashboard.lines)


def test_who_signed_in_and_what_was_refused_is_logged(
    marketer: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert marketer.get("/accounts/connections/").status_code == 403
    assert "refused GET /accounts/connections/ to person" in caplog.text
    answer = marketer.post("/accounts/sign-out")
    assert "signed out" in caplog.text
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "Maya" not in caplog.text


def test_secrets_in_a_log_line_are_blanked() -> None:
    line = "Authorization: Bearer abc.def access_token=xyz&refresh_token=q client_secret='s3' code=9&state=ok"
    assert (
        masked(line)
        == "Authorization: Bearer … access_token=…&refresh_token=… client_secret='…' code=…&state=ok"
    )


def test_migrations_are_complete(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
