"""Marked secrets, addresses and names put in by every way there is, in both programs; then everything that came out is searched.

What may show where is `MAY_SHOW`; whatever is not in it shows nowhere.
"""

import base64
import html
import json
import re
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet

from tests import cast, programs
from tests.programs import ROOT, Program, environment


def new() -> str:
    return uuid.uuid4().hex[:12]


# Passwords, client secrets, tokens, codes and cookies.
SECRET = f"hidden-{new()}"
# Somebody who signs in, as the service knows them.
PERSON_MAIL, PERSON_NAME = f"person.{new()}@marked.example", f"Markedperson{new()}"
# A visitor of the web site.
VISITOR_MAIL, VISITOR_NAME = f"visitor.{new()}@marked.example", f"Markedvisitor{new()}"
# What somebody wrote into a segment, and into an address.
SEGMENT_MAIL, SEGMENT_NAME = f"segment.{new()}@marked.example", f"Markedsegment{new()}"
ADDRESS_MAIL, ADDRESS_SECRET = f"address.{new()}@marked.example", f"hidden-address-{new()}"
MARKS = (SECRET, *(PERSON_MAIL, PERSON_NAME), *(VISITOR_MAIL, VISITOR_NAME), *(SEGMENT_MAIL, SEGMENT_NAME))
MARKS += (ADDRESS_MAIL, ADDRESS_SECRET)

# Where somebody else may see a mark, by the beginning of the page's path.
MAY_SHOW = {
    # Who changed something, who has it open, and who erased a customer.
    PERSON_NAME: ("/history/", "/segments/", "/operations/erase/"),
    # The administrators of a connection, to administrators.
    PERSON_MAIL: ("/accounts/connections/",),
    # A segment is shown as it was written, wherever one chooses, charts or searches segments.
    SEGMENT_NAME: ("/segments/", "/history/", "/analytics/", "/dashboards/", "/live/", "/search/"),
    SEGMENT_MAIL: ("/segments/", "/history/", "/search/"),
    # Whom the site calls by it: on the live page, and where somebody asks for numbers by customer.
    VISITOR_MAIL: ("/live/", "/analytics/"),
    # The name of the file that was brought.
    VISITOR_NAME: ("/operations/",),
}
# The pages of people who put nothing in.
PAGES = (
    *("/segments/", "/action-targets/", "/analytics/", "/dashboards/", "/live/", "/history/", "/service/"),
    *("/search/", "/keyboard/", "/accounts/account/", "/accounts/permissions/", "/accounts/connections/"),
    *("/operations/", "/operations/import/", "/operations/erase/", "/operations/faults/", "/nowhere/"),
    *("/analytics/?range=last-7-days&m=nJourneySessions&g=journeyCustomerId", "/analytics/alerts/"),
)
DETAILS = re.compile(r'<pre id="error-details[^>]*>(.*?)</pre>', re.DOTALL)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
DOOR = re.compile(r'name="connection" value="(\d+)">(?:(?!</form>).)*Test shop', re.DOTALL)
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"


class Person(requests.Session):
    """A browser without scripts that keeps all it was answered."""

    def __init__(self, dashboard: Program) -> None:
        super().__init__()
        self.place = dashboard.url
        self.seen: list[requests.Response] = []
        self.hooks["response"] = [lambda answer, **_: self.seen.append(answer)]
        # What a program in between, or a browser, may add.
        self.headers["User-Agent"] = f"Browser/1 {SECRET} {VISITOR_MAIL}"

    def look(self, address: str, **more: Any) -> requests.Response:
        return self.get(self.place + address, timeout=30, **more)

    def fill(self, address: str, data: dict[str, Any], page: str = "", **more: Any) -> requests.Response:
        """A form, with the token of the page that it is on; `page` where that is another one."""
        token = TOKEN.search(self.look(page or address).text)
        assert token, page or address
        form = {"csrfmiddlewaretoken": token[1], **data}
        return self.post(self.place + address, data=form, headers={"Referer": self.place}, timeout=30, **more)

    def sign_in(self, username: str, *passwords: str) -> None:
        """At the server's page, with each of the passwords until one is right."""
        button = DOOR.search(self.look("/accounts/sign-in").text)
        assert button
        page = self.fill("/accounts/sign-in", {"connection": button[1]})
        for password in passwords:
            token = TOKEN.search(page.text)
            assert token, page.text
            form = {"csrfmiddlewaretoken": token[1], "username": username, "password": password}
            page = self.post(page.url, data=form, headers={"Referer": page.url}, timeout=30)
        # The first of all is shown what they may do.
        assert urlsplit(page.url).path in ("/segments/", "/accounts/permissions/"), page.text


@dataclass
class Marked:
    """Both programs after everything was put in."""

    server: Program
    dashboard: Program
    person: Person
    secrets: list[str]


def started(folder: Path, form: str) -> Iterator[tuple[Program, Program]]:
    port = programs.free_port()
    told = {"JOURNEYSERVER_FAULTS": "1", "JOURNEYSERVER_LOG_LEVEL": "DEBUG"}
    with programs.journeyserver(folder / "server", dashboard_port=port, **told) as server:
        added = subprocess.run(
            [
                *(sys.executable, "-m", "journeyserver", "person", "add", PERSON_MAIL),
                *("--name", PERSON_NAME, "--email", PERSON_MAIL, "--role", "admin"),
            ],
            cwd=ROOT,
            env=environment(server.folder),
            input=f"{SECRET}-password\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert added.returncode == 0, added.stderr
        more = {"JOURNEYADMIN_LOG_FORMAT": form, "JOURNEYADMIN_LOG_LEVEL": "DEBUG"}
        with programs.dashboard(folder / "dashboard", server, port, **more) as dashboard:
            yield server, dashboard


@pytest.fixture(scope="module", params=["line", "json"])
def marked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Marked]:
    for server, dashboard in started(tmp_path_factory.mktemp("marks"), request.param):
        person = Person(dashboard)
        person.sign_in(PERSON_MAIL, f"{SECRET}-wrong", f"{SECRET}-password")
        secrets = [*kept_tokens(dashboard), *codes(person)]
        for put_in in (signing_in, connections, segments, visitors, files, addresses, exceptions):
            put_in(person, server)
        # Once is enough: the slowest of all, and its lines are of the same kinds.
        if request.param == "line":
            failures(person, server)
        yield Marked(server, dashboard, person, [SECRET, *secrets])


def kept_tokens(dashboard: Program) -> list[str]:
    """The tokens that the service really gave."""
    key = Fernet((dashboard.folder / "encryption.key").read_text().strip().encode())
    with closing(sqlite3.connect(dashboard.folder / "dashboard.sqlite3")) as store:
        rows = store.execute("select sealed_access, sealed_refresh from accounts_grant").fetchall()
    tokens = [key.decrypt(sealed.encode()).decode() for row in rows for sealed in row if sealed]
    assert len(tokens) == 2
    return tokens


def codes(person: Person) -> list[str]:
    """The authorization codes that came with the way back from the service."""
    ways = [parse_qs(urlsplit(answer.headers.get("Location", "")).query) for answer in person.seen]
    found = [way["code"][0] for way in ways if "code" in way]
    assert found
    return found


def signing_in(person: Person, server: Program) -> None:
    """Codes, tokens and secrets that are wrong, at both programs."""
    stranger = Person(Program(person.place, server.folder, server.process, []))
    stranger.look("/accounts/callback", params={"code": SECRET, "state": SECRET})
    stranger.look("/accounts/callback", params={"error": SECRET, "error_description": SECRET})
    stranger.look(f"/accounts/demo/{SECRET}")
    stranger.look("/segments/", headers={"Cookie": f"session={SECRET}; csrftoken={SECRET}"})
    stranger.look("/metrics", headers={"Authorization": f"Bearer {SECRET}", "X-Forwarded-For": VISITOR_MAIL})
    stranger.post(f"{person.place}/accounts/sign-in", data={"password": SECRET}, timeout=30)
    basic = base64.b64encode(f"demo-service:{SECRET}".encode()).decode()
    for form in (
        {"grant_type": "authorization_code", "code": SECRET, "code_verifier": SECRET},
        {"grant_type": "refresh_token", "refresh_token": SECRET},
        {"grant_type": "client_credentials", "client_id": "demo-service", "client_secret": SECRET},
        {"grant_type": SECRET, "username": VISITOR_MAIL, "password": SECRET},
    ):
        for headers in ({}, {"Authorization": f"Basic {basic}"}):
            answer = requests.post(f"{server.url}/oauth/token", data=form, headers=headers, timeout=30)
            assert answer.status_code >= 400
    requests.post(f"{server.url}/oauth/revoke", data={"token": SECRET, "client_id": SECRET}, timeout=30)
    asked = {"client_id": SECRET, "redirect_uri": f"https://{SECRET}.example/", "state": SECRET}
    requests.get(f"{server.url}/oauth/authorize", params=asked, timeout=30)
    for bearer in (SECRET, f"{SECRET} {VISITOR_MAIL}"):
        headers = {"Authorization": f"Bearer {bearer}", "Cookie": f"journeyserver_session={SECRET}"}
        for address in ("/api/v2/users/me", "/api/v2/journey/segments", "/account"):
            requests.get(server.url + address, headers=headers, timeout=30)


def connections(person: Person, server: Program) -> None:
    """A connection's secret, accepted and refused, and a sign-in with it."""
    admin = Person(Program(person.place, server.folder, server.process, []))
    admin.sign_in("admin", cast.PASSWORD)
    form = {"name": "Marked service", "colour": "#112233", "mode": "client", "client_id": "demo-service"}
    form |= {"client_secret": SECRET, "admin_list": f"{PERSON_MAIL}\nada@shop.example"}
    refused = admin.fill("/accounts/connections/new", {**form, "typed_api_url": "https://elsewhere.example"})
    assert refused.status_code == 422
    typed = {"typed_login_url": server.url, "typed_api_url": server.url}
    assert "is saved" in admin.fill("/accounts/connections/new", {**form, **typed}).text
    doors = re.findall(r'name="connection" value="(\d+)"', admin.look("/accounts/sign-in").text)
    assert len(doors) == 2
    for door in doors:
        admin.fill("/accounts/sign-in", {"connection": door}, allow_redirects=False)
    person.seen += admin.seen


def segments(person: Person, server: Program) -> None:
    """Names, descriptions and criteria: accepted, refused by the service, looked for, deleted."""
    body = {
        "displayName": f"{SEGMENT_NAME} one",
        "description": SEGMENT_MAIL,
        "scope": "Session",
        "journey": {
            "patterns": [
                {
                    "criteria": [{"key": "page.url", "values": [SEGMENT_MAIL], "operator": "containsAny"}],
                    "count": 1,
                    "streamType": "Web",
                    "sessionType": "web",
                }
            ]
        },
    }
    api = cast.api(server.url)
    place = f"{server.url}/api/v2/journey/segments"
    made = api.post(place, json=body, timeout=30)
    assert made.ok, made.text
    for wrong in ({"displayName": body["displayName"]}, {"scope": SEGMENT_MAIL}):
        assert api.post(place, json=body | wrong, timeout=30).status_code >= 400
    api.post(place, data=f'{{"displayName": "{SEGMENT_MAIL}', timeout=30)
    stays = api.post(place, json=body | {"displayName": f"{SEGMENT_NAME} stays"}, timeout=30)
    assert stays.ok, stays.text
    one = f"/segments/{made.json()['id']}/"
    person.look(f"/segments/?fresh=1&q={SEGMENT_NAME}")
    for way in ("", "edit", "delete", "overlap", "activity"):
        person.look(one + way)
    edited = {"name": f"{SEGMENT_NAME} two", "description": SEGMENT_MAIL, "row": "check"}
    person.fill(f"{one}edit", edited)
    person.fill(f"{one}edit", {**edited, "row": "", "version": "99"})
    person.fill(f"{one}delete", {"reason": "asked for"})


def visitors(person: Person, server: Program) -> None:
    """Events with traits of a person, accepted and refused; the same person looked for and erased."""
    event = {
        "customerCookieId": VISITOR_MAIL,
        "eventName": "form_submitted",
        "page": {"url": f"https://shop.example/thanks?email={VISITOR_MAIL}", "title": VISITOR_NAME},
        "traits": {"email": {"dataType": "string", "value": VISITOR_MAIL}},
        "createdDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    place = f"{server.url}/api/v2/journey/deployments"
    for body in (event, event | {"traits": VISITOR_MAIL}, event | {"eventName": VISITOR_MAIL}, VISITOR_MAIL):
        for deployment in (DEPLOYMENT, VISITOR_MAIL):
            requests.post(f"{place}/{deployment}/webevents", json=body, timeout=30)
    person.look("/live/")
    for do in ("count", "erase"):
        person.fill("/operations/erase/", {"customer": f"{VISITOR_MAIL}.other", "do": do})


def files(person: Person, server: Program) -> None:
    """A file of events with good lines and bad ones, and a file of segments."""
    at = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    good = {
        "time": at,
        "customerId": VISITOR_MAIL,
        "eventName": "page_viewed",
        "traits": {"name": VISITOR_NAME},
    }
    lines = "\n".join((json.dumps(good), json.dumps(good | {"time": VISITOR_MAIL}), VISITOR_MAIL))
    brought = person.fill("/operations/import/", {}, files={"file": (f"{VISITOR_NAME}.ndjson", lines)})
    assert "/operations/import/" in brought.url
    person.fill(urlsplit(brought.url).path, {"do": "start"})
    for text in (f"- name: {SEGMENT_MAIL}", f"[{SEGMENT_MAIL}"):
        person.fill("/files/import", {"text": text, "do": "plan"}, page="/segments/")


def addresses(person: Person, server: Program) -> None:
    """What is typed into an address or a header of any page."""
    typed = {"access_token": ADDRESS_SECRET, "email": ADDRESS_MAIL, "q": ADDRESS_MAIL}
    headers = {"X-Request-Id": SECRET, "Referer": f"https://mail.example/?token={SECRET}"}
    for page in (
        *PAGES,
        "/accounts/callback",
        "/segments/x/",
        "/healthz",
        "/readyz",
        f"/nowhere/{ADDRESS_MAIL}",
    ):
        for more in ({}, {"HX-Request": "true", "HX-Current-URL": f"{person.place}/?q={ADDRESS_MAIL}"}):
            person.look(page, params=typed, headers={**headers, **more})
    for address in ("/nowhere", f"/api/v2/{ADDRESS_MAIL}", "/api/v2/journey/segments", "/healthz", "/docs"):
        requests.get(server.url + address, params=typed, headers=headers, timeout=30)
    for wrong in ({"Host": "elsewhere.example"}, {"Content-Type": SECRET}):
        for place in (person.place, server.url):
            requests.post(f"{place}/segments/?email={ADDRESS_MAIL}", headers=wrong, timeout=30)


def failures(person: Person, server: Program) -> None:
    """Calls that the service fails, refuses or cuts, with marks in what they ask."""
    api = cast.api(server.url)
    for fault in ("401", "403", "404", "409", "429", "500", "501", "503", "cut", "garbled"):
        rows = [{"operation": "*", "fault": fault, "retryAfter": 20, "count": 40}]
        answer = api.put(f"{server.url}/api/local/v1/faults", json={"faults": rows}, timeout=30)
        assert answer.ok, answer.text
        person.look(f"/segments/?fresh=1&q={ADDRESS_MAIL}")
        person.look(
            f"/analytics/?range=last-7-days&m=nJourneySessions&where=all,journeyCustomerId:is:{VISITOR_MAIL}"
        )
        person.look(f"/segments/{SEGMENT_MAIL}/")
    api.delete(f"{server.url}/api/local/v1/faults", timeout=30)
    # After cut connections the dashboard lets the service rest for a moment.
    while person.look(f"/segments/{uuid.uuid4()}/").status_code != 404:
        time.sleep(0.2)
    if not person.look("/accounts/account/").url.endswith("/account/"):
        person.sign_in(PERSON_MAIL, f"{SECRET}-password")


def exceptions(person: Person, server: Program) -> None:
    """A table that is gone, in both programs: what nobody foresaw is logged with its traceback."""
    own = next(Path(server.folder).parent.glob("dashboard/dashboard.sqlite3"))
    for store, table, ask in (
        (own, "history_change", lambda: person.look(f"/history/?q={ADDRESS_MAIL}&person={PERSON_MAIL}")),
        (
            server.folder / "journeyserver.sqlite3",
            "journeyserver_actiontarget",
            lambda: cast.api(server.url).get(
                f"{server.url}/api/v2/journey/actiontargets?name={ADDRESS_MAIL}", timeout=30
            ),
        ),
    ):
        with closing(sqlite3.connect(store, isolation_level=None)) as opened:
            opened.execute(f"alter table {table} rename to {table}_gone")
        assert ask().status_code >= 500
        with closing(sqlite3.connect(store, isolation_level=None)) as opened:
            opened.execute(f"alter table {table}_gone rename to {table}")


def found(marks: Any, text: str) -> list[str]:
    """What of these is in the text, each with what stands around it."""
    spelled = [word for mark in marks for word in {mark, quote(mark)}]
    return [text[max(0, at - 120) : at + 120] for word in spelled if (at := text.find(word)) >= 0]


def test_no_log_line_holds_a_mark(marked: Marked) -> None:
    for program in (marked.dashboard, marked.server):
        said = "".join(program.lines)
        assert "Traceback" in said
        assert not found((*MARKS, *marked.secrets), said)
    if marked.dashboard.lines[-1].startswith("{"):
        said = "".join(
            str(list(json.loads(line).values())) for line in marked.dashboard.lines if line[0] == "{"
        )
        assert not found((*MARKS, *marked.secrets), said)


def test_no_metric_and_no_health_check_holds_a_mark(marked: Marked) -> None:
    for place, address in (
        *((marked.dashboard.url, path) for path in ("/metrics", "/healthz", "/readyz")),
        *((marked.server.url, path) for path in ("/healthz", "/readyz")),
    ):
        answer = requests.get(place + address, timeout=30)
        assert answer.ok
        assert not found((*MARKS, *marked.secrets), answer.text), address


def test_no_details_for_support_hold_a_mark(marked: Marked) -> None:
    """Nor does the text of an error page: what was typed there is in the address that leads back alone."""
    texts = [(answer.url, text) for answer in marked.person.seen for text in DETAILS.findall(answer.text)]
    assert len(texts) > 5
    for address, text in texts:
        assert not found((*MARKS, *marked.secrets), html.unescape(text)), address


def test_no_page_holds_a_secret(marked: Marked) -> None:
    """Not even to whoever typed it."""
    for answer in marked.person.seen:
        if answer.url.startswith(marked.dashboard.url) and "accounts/callback" not in answer.url:
            headers = {name: value for name, value in answer.headers.items() if name != "Location"}
            shown = answer.text.replace(html.escape(urlsplit(answer.url).query), "")
            assert not found(marked.secrets, f"{headers} {shown}"), answer.url


@pytest.mark.parametrize("username", ["analyst", "admin"])
def test_others_see_of_it_what_is_stated(marked: Marked, username: str) -> None:
    other = Person(marked.dashboard)
    other.sign_in(username, cast.PASSWORD)
    shown = set()
    pages = [
        *PAGES,
        *links(other, "/segments/?fresh=1", "/segments/"),
        *links(other, "/history/", "/history/"),
    ]
    for address in (*pages, *links(other, "/accounts/connections/", "/accounts/connections/")):
        text = html.unescape(other.look(address).text)
        for mark in (*MARKS, *marked.secrets):
            if address.startswith(MAY_SHOW.get(mark, ())):
                shown |= {mark} if mark in text else set()
            else:
                assert not found([mark], text), f"{mark} on {address}"
    assert {SEGMENT_NAME, SEGMENT_MAIL, PERSON_NAME} <= shown


def links(person: Person, page: str, below: str) -> list[str]:
    """A few of the pages that a list leads to."""
    return re.findall(rf'href="({below}[0-9a-f-]+/?)"', person.look(page).text)[:6]
