"""What a server refuses that was started with tight limits: slow clients, guessers, the hasty, old tokens, expiry (§1.3, §9)."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests import cast, programs
from tests.cast import SERVICE
from tests.contract.asking import SEGMENTS, Api, as_person
from tests.contract.signing import SignIn, assert_oauth_error, csrf_token, post, refresh, returned, works
from tests.contract.stores import change
from tests.programs import Program

CREDENTIALS = {"grant_type": "client_credentials"}
ALLOWED = 30
TICKET = "once-and-here"


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(
        tmp_path_factory.mktemp("tight"),
        JOURNEYSERVER_RATE_LIMIT=str(ALLOWED),
        JOURNEYSERVER_FAILED_SIGN_INS="2",
        JOURNEYSERVER_ACCESS_TOKEN_SECONDS="100",
        JOURNEYSERVER_BODY_SECONDS="1",
        JOURNEYSERVER_EXPIRY_ENABLED="0",
        JOURNEYSERVER_DEMO_TICKET=TICKET,
        JOURNEYSERVER_LOG_LEVEL="DEBUG",
    ) as running:
        yield running


@pytest.fixture
def fresh(tight: Program) -> Api:
    """A client with a token of its own, so with a window of its own."""
    api = Api(tight.url)
    told = post(tight.url, CREDENTIALS, auth=SERVICE).json()
    api.session.headers["Authorization"] = f"Bearer {told['access_token']}"
    return api


def test_the_window_is_told_and_kept(tight: Program, fresh: Api) -> None:
    first = fresh.get(SEGMENTS)
    assert first.headers["inin-ratelimit-allowed"] == str(ALLOWED)
    assert first.headers["inin-ratelimit-count"] == "1"
    assert 1 <= int(first.headers["inin-ratelimit-reset"]) <= 60
    # Whatever the answer, it counts.
    for path in (f"{SEGMENTS}/x", "/api/v2/nothing", SEGMENTS):
        fresh.get(path)
    assert fresh.get(SEGMENTS).headers["inin-ratelimit-count"] == "5"
    for _ in range(ALLOWED - 5):
        assert fresh.get(SEGMENTS).status == 200
    answer = fresh.get(SEGMENTS)
    assert (answer.status, answer.json["code"]) == (429, "too.many.requests")
    assert answer.headers["inin-ratelimit-count"] == str(ALLOWED + 1)
    assert answer.headers["Retry-After"] == answer.headers["inin-ratelimit-reset"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    limit = {"key": "client.credentials.token.rate.per.minute", "namespace": "platform.api", "value": ALLOWED}
    assert answer.json["limit"] == limit
    # §1.3: before the limit come 401, 404 and 405; after it 403, the body and the entity.
    assert fresh.get("/api/v2/nothing").status == 404
    assert fresh.ask("PUT", SEGMENTS).status == 405
    assert fresh.ask("POST", SEGMENTS, data="{", headers={"Content-Type": "text/plain"}).status == 429
    assert Api(tight.url).get(SEGMENTS).status == 401
    # Another token, the same client's even, has a window of its own.
    other = post(tight.url, CREDENTIALS, auth=SERVICE).json()["access_token"]
    assert Api(tight.url).get(SEGMENTS, headers={"Authorization": f"Bearer {other}"}).status == 200


def test_the_limit_of_a_person_has_a_name_of_its_own(tight: Program) -> None:
    person = as_person(tight.url, "marketer")
    answers = [person.get(SEGMENTS) for _ in range(ALLOWED + 1)]
    assert answers[-1].json["limit"]["key"] == "org.app.user.rate.per.minute"


def test_every_answer_tells_the_window(tight: Program, fresh: Api) -> None:
    created = fresh.create()
    for method, path in (("PATCH", created["selfUri"]), ("DELETE", created["selfUri"]), ("HEAD", SEGMENTS)):
        assert fresh.ask(method, path).headers["inin-ratelimit-allowed"] == str(ALLOWED)
    assert Api(tight.url).get(SEGMENTS).headers["inin-ratelimit-allowed"] == str(ALLOWED)


def test_a_client_that_is_too_slow(tight: Program) -> None:
    head = (
        f"POST {SEGMENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {cast.service_token(tight.url)}\r\n"
    )
    for framing in ("Content-Length: 50\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"):
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", urlsplit(tight.url).port or 0), timeout=20) as client:
            client.sendall((head + framing).encode())
            answer = b""
            while b'"code":"request.timeout"' not in answer:
                received = client.recv(65536)
                assert received, answer
                answer += received
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"\r\nConnection: close\r\n" in answer
        assert time.monotonic() - started > 0.9


def test_expiry_may_be_switched_off(fresh: Api) -> None:
    answer = fresh.post(SEGMENTS, {"displayName": "A", "assignmentExpirationDays": 0})
    assert (answer.status, answer.json["code"]) == (501, "not.implemented")
    created = fresh.create(assignmentExpirationDays=None)
    assert fresh.patch(created["selfUri"], {"assignmentExpirationDays": 3}).status == 501
    assert fresh.patch(created["selfUri"], {"assignmentExpirationDays": None}).status == 200
    # What is wrong with the rest is said first.
    assert fresh.patch(created["selfUri"], {"assignmentExpirationDays": -1}).status == 400


def test_an_access_token_expires(tight: Program) -> None:
    told = post(tight.url, CREDENTIALS, auth=SERVICE).json()
    assert told["expires_in"] == 100
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    api = Api(tight.url)
    assert api.get(SEGMENTS, headers=headers).status == 200
    change(tight, "newest.update(expires=F('expires') - timedelta(seconds=101))")
    answer = api.get(SEGMENTS, headers=headers)
    assert (answer.status, answer.json["code"]) == (401, "bad.credentials")


def test_what_is_taken_away_counts_at_once(tight: Program) -> None:
    person = as_person(tight.url, "supervisor")
    assert person.get(SEGMENTS).status == 200
    change(tight, "Person.roles.through.objects.filter(person__username='supervisor').delete()")
    assert person.get(SEGMENTS).status == 403
    change(tight, "Person.objects.filter(username='supervisor').update(is_active=False)")
    assert person.get(SEGMENTS).status == 401


def test_the_ticket_of_the_demo_is_taken_once_and_on_this_computer_only(tight: Program) -> None:
    asked = {"prompt": "login", "login_hint": "analyst", "demo_ticket": TICKET}
    for changes, headers in (
        ({"demo_ticket": "guess"}, {}),
        ({"demo_ticket": ""}, {}),
        ({"login_hint": "nobody"}, {}),
        ({}, {"X-Forwarded-For": "192.0.2.1"}),
        ({}, {"Host": "journeys.example"}),
    ):
        signing = SignIn(tight.url)
        signing.browser.headers.update(headers)
        assert "Location" not in signing.open(**{**asked, **changes}).headers
    signing = SignIn(tight.url)
    assert works(tight.url, signing.exchange(returned(signing.open(**asked))["code"]).json()["access_token"])
    again = SignIn(tight.url).open(**asked)
    assert again.status_code == 200
    assert "Sign in" in again.text


def test_the_people_of_the_demo_are_offered_on_this_computer_only(tight: Program) -> None:
    signing = SignIn(tight.url)
    assert "Aiko Tanaka" in signing.open().text
    signing.browser.headers["X-Forwarded-For"] = "192.0.2.1"
    assert "Aiko Tanaka" not in signing.open().text


def test_the_most_detailed_log_holds_no_secret(tight: Program) -> None:
    """The library that issues tokens would log each of them."""
    tokens = SignIn(tight.url).tokens("marketer")
    renewed = refresh(tight.url, tokens["refresh_token"]).json()
    client = post(tight.url, CREDENTIALS, auth=SERVICE).json()
    requests.get(f"{tight.url}/api/v2/a%0aFAKE%1b[2J", timeout=30)
    told = "".join(tight.lines)
    assert "signed in: person marketer" in told
    for secret in (
        *(tokens["access_token"], tokens["refresh_token"], renewed["access_token"], renewed["refresh_token"]),
        *(client["access_token"], SERVICE[1], TICKET),
    ):
        assert secret not in told
    assert not [line for line in tight.lines if line.startswith("FAKE")]


def test_a_success_forgets_the_failures(tight: Program) -> None:
    signing = SignIn(tight.url)
    page = signing.open()
    for _ in range(3):
        assert signing.submit(page, "admin", "guess").status_code == 422
        assert signing.submit(page, "admin").status_code == 302
        page = SignIn(tight.url, signing.browser).open(prompt="login")
        assert csrf_token(page)


def test_guessing_the_present_password_at_ones_account_counts_too(tight: Program) -> None:
    signing = SignIn(tight.url)
    signing.submit(signing.open(), "admin")
    for _ in range(2):
        page = signing.browser.get(f"{tight.url}/account", timeout=30)
        form = {"action": "end", "family": "all", "current": "guess", "csrfmiddlewaretoken": csrf_token(page)}
        assert "is wrong" in signing.browser.post(page.url, data=form, timeout=30).text
    form["current"] = "demo"
    assert "Too many failed sign-ins" in signing.browser.post(page.url, data=form, timeout=30).text
    # The same count as that of the login page.
    other = SignIn(tight.url)
    assert "Too many" in other.submit(other.open(), "admin").text


def test_guessing_is_slowed_down(tight: Program) -> None:
    signing = SignIn(tight.url)
    page = signing.open()
    for _ in range(2):
        assert "is wrong" in signing.submit(page, "marketer", "guess").text
    # Now even the right password is not listened to, in whatever case the name is written.
    for name in ("marketer", "MARKETER"):
        refused = signing.submit(page, name)
        assert refused.status_code == 422
        assert "Too many failed sign-ins. Try again in 5 min." in refused.text
    # Others from the same place still come in, and that does not free the first.
    assert signing.submit(page, "analyst").status_code == 302
    for path in ("/oauth/token", "/oauth/revoke"):
        answer = post(tight.url, {**CREDENTIALS, "token": "x"}, path, auth=(SERVICE[0], "guess"))
        assert_oauth_error(answer, 401, "invalid_client")
    answer = post(tight.url, CREDENTIALS, auth=SERVICE)
    assert_oauth_error(answer, 429, "temporarily_unavailable")
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    # Many names from one place: after twenty failures that place waits altogether.
    other = SignIn(tight.url)
    page = other.open()
    for number in range(20):
        refused = other.submit(page, f"name{number}", "guess")
    assert "Too many failed sign-ins" in refused.text
    assert "Too many failed sign-ins" in other.submit(page, "admin").text
    # Whoever runs the server can see it; what was typed for a name that nobody has is not kept.
    told = "".join(tight.lines)
    assert "sign-in failed: person marketer from 127.0.0.1" in told
    assert f"sign-in failed: client {SERVICE[0]} from 127.0.0.1" in told
    assert "sign-in failed: person unknown from 127.0.0.1" in told
    assert "name1" not in told
