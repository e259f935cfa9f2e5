"""Signing in, in both ways, against the running server; and everything that must be refused on the way."""

import html
import re
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone

from journeyadmin.accounts import middleware
from journeyadmin.accounts.models import Connection, Grant, Person
from tests.programs import Program, free_port

pytestmark = pytest.mark.django_db


def depart(browser: Browser, connection: Connection, target: str = "") -> str:
    answer = browser.post(
        "/accounts/sign-in", {"connection": connection.pk, "next": target}, headers={"host": "127.0.0.1:8000"}
    )
    assert answer.status_code == 302
    return str(answer["Location"])


def at_the_service(url: str, username: str = "marketer", password: str = "demo") -> str:
    """What the person does on the service's page; gives the address the browser is sent back to."""
    with requests.Session() as session:
        page = session.get(url, timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
        back = session.post(page.url, data=form, allow_redirects=False, timeout=30)
    return str(back.headers.get("Location", ""))


def come_back(browser: Browser, address: str) -> Any:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", headers={"host": "127.0.0.1:8000"})


def test_a_person_signs_in_and_lands_where_they_wanted_to_go(client: Browser, shop: Connection) -> None:
    url = depart(client, shop, "/analytics/?x=1")
    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/accounts/callback"]
    answer = come_back(client, at_the_service(url))
    assert answer["Location"] == "/analytics/?x=1"
    # Whoever connected comes, the first time, by what the connection may do; everyone else goes where they wanted.
    Person.objects.all().delete()
    shop.admins = ["ada@shop.example"]
    shop.save()
    answer = come_back(client, at_the_service(depart(client, shop, "/analytics/?x=1"), "admin"))
    assert answer["Location"] == "/accounts/permissions/?next=%2Fanalytics%2F%3Fx%3D1"
    assert 'href="/analytics/?x=1">Go on' in client.get(answer["Location"]).content.decode()
    for username in ("admin", "analyst", "marketer"):
        again = come_back(client, at_the_service(depart(client, shop, "/analytics/?x=1"), username))
        assert again["Location"] == "/analytics/?x=1"
    person = Person.objects.get(email="maya@shop.example")
    assert person.name == "Maya Lindqvist"
    assert "journey:segment:edit" in person.permissions
    assert client.get("/accounts/permissions/").status_code == 200


def test_tokens_are_kept_encrypted_and_can_be_read_with_a_new_key_in_front(
    client: Browser, shop: Connection, settings: Any
) -> None:
    come_back(client, at_the_service(depart(client, shop)))
    grant = Grant.objects.get()
    from journeyadmin.accounts.grants import GrantStore

    kept = GrantStore(grant.pk).read()
    assert kept is not None
    assert kept.refresh
    for sealed, plain in ((grant.sealed_access, kept.access), (grant.sealed_refresh, kept.refresh)):
        assert plain not in sealed
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert GrantStore(grant.pk).read() == kept
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert GrantStore(grant.pk).read() is None


def test_the_session_gets_a_new_id(client: Browser, shop: Connection) -> None:
    url = depart(client, shop)
    before = client.cookies["session"].value
    come_back(client, at_the_service(url))
    assert client.cookies["session"].value != before


def test_forms_in_other_tabs_can_be_sent_after_the_same_person_signed_in_again(
    client: Browser, shop: Connection
) -> None:
    def token_of(username: str) -> str:
        come_back(client, at_the_service(depart(client, shop), username))
        return str(client.cookies["csrftoken"].value)

    before = token_of("marketer")
    Grant.objects.all().delete()
    client.get("/segments/")
    assert token_of("marketer") == before
    client.post("/accounts/sign-out")
    assert token_of("marketer") == before
    # Somebody else's forms stay their own.
    other = token_of("analyst")
    assert other != before
    assert token_of("marketer") not in (before, other)


def test_old_sessions_are_forgotten_when_somebody_signs_in(client: Browser, shop: Connection) -> None:
    now = timezone.now()
    for key, hours in (("old", -1), ("young", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
    come_back(client, at_the_service(depart(client, shop)))
    kept = set(Session.objects.values_list("session_key", flat=True))
    assert "old" not in kept
    assert "young" in kept


def test_a_client_signs_in_without_a_person(client: Browser, shop_as_client: Connection) -> None:
    answer = client.post("/accounts/sign-in", {"connection": shop_as_client.pk})
    assert answer.status_code == 302
    page = client.get("/accounts/permissions/").content.decode()
    assert "Signed in as a client" in page
    assert "cannot tell" in page


def test_a_wrong_secret_is_one_sentence(client: Browser, shop_as_client: Connection) -> None:
    shop_as_client.client_secret = "mistyped"
    shop_as_client.save()
    answer = client.post("/accounts/sign-in", {"connection": shop_as_client.pk})
    assert answer.status_code == 502
    page = answer.content.decode()
    assert (
        "The service refused the sign-in: The client id or its secret is wrong. Check the connection" in page
    )
    assert "Request id: " in page
    assert "mistyped" not in page


def test_a_server_that_does_not_run_is_one_sentence(client: Browser, shop_as_client: Connection) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    Connection.objects.update(typed_login_url=nowhere, typed_api_url=nowhere)
    answer = client.post("/accounts/sign-in", {"connection": shop_as_client.pk})
    assert answer.status_code == 502
    assert "The service did not answer." in answer.content.decode()


@pytest.mark.parametrize("change", ["state", "missing", "twice"])
def test_a_return_that_was_not_begun_here_is_refused(client: Browser, shop: Connection, change: str) -> None:
    address = at_the_service(depart(client, shop))
    if change == "state":
        address = address.replace("state=", "state=x")
    elif change == "missing":
        client.cookies.clear()
    else:
        come_back(client, address)
        client.logout()
    answer = come_back(client, address)
    assert answer["Location"] == "/accounts/sign-in"
    assert Grant.objects.count() == (1 if change == "twice" else 0)


def test_a_sign_in_that_was_begun_before_an_upgrade_arrives(client: Browser, shop: Connection) -> None:
    address = at_the_service(depart(client, shop))
    session = client.session
    del session["departure"]["first"]
    session.save()
    assert come_back(client, address)["Location"] == "/"


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "1.0", ""])
def test_a_connection_that_is_no_number_is_not_found(client: Browser, shop: Connection, number: str) -> None:
    assert client.post("/accounts/sign-in", {"connection": number}).status_code == 404


def test_a_refusal_by_the_service_is_said(client: Browser, shop: Connection) -> None:
    state = parse_qs(urlsplit(depart(client, shop)).query)["state"][0]
    answer = client.get("/accounts/callback", {"state": state, "error": "access_denied"}, follow=True)
    assert "The service did not let you in." in answer.content.decode()


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\x00"),
        *(
            "///evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "https:evil.example",
            "//evil.example/%2f..",
        ),
        *("\u2028//evil.example", "http:///evil.example", "/\\/evil.example", "//user@evil.example"),
    ],
)
def test_sign_in_never_leads_elsewhere(client: Browser, shop_as_client: Connection, target: str) -> None:
    answer = client.post("/accounts/sign-in", {"connection": shop_as_client.pk, "next": target})
    assert answer["Location"] == "/accounts/permissions/?next=%2F"
    page = client.get("/accounts/permissions/", {"next": target}).content.decode()
    assert 'href="/">Go on' in page


def test_a_code_is_worth_nothing_to_another_browser(client: Browser, shop: Connection) -> None:
    address = at_the_service(depart(client, shop))
    other = Browser()
    depart(other, shop)
    assert come_back(other, address)["Location"] == "/accounts/sign-in"


@pytest.mark.parametrize(("key", "age"), [(middleware.SEEN, 31 * 60), (middleware.SIGNED_IN, 13 * 3600)])
def test_a_session_ends_after_idling_and_after_its_day(marketer: Browser, key: str, age: int) -> None:
    assert marketer.get("/accounts/permissions/").status_code == 200
    session = marketer.session
    session[key] = time.time() - age
    session.save()
    answer = marketer.get("/accounts/permissions/")
    assert answer["Location"].startswith("/accounts/sign-in")
    assert (
        "Your sign-in has ended. Sign in again to go on." in marketer.get(answer["Location"]).content.decode()
    )
    # Said once; and a stranger, who had none, is told nothing.
    assert "has ended" not in marketer.get(answer["Location"]).content.decode()
    assert "has ended" not in Browser().get("/accounts/permissions/", follow=True).content.decode()


def test_in_a_fragment_an_ended_session_moves_the_whole_page(client: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/segments/?q=a"}
    answer = client.get("/segments/activity", headers=headers)
    assert answer["HX-Redirect"] == "/accounts/sign-in?next=%2Fsegments%2F%3Fq%3Da"
    assert not answer.content


@pytest.mark.parametrize(
    ("method", "more", "back"),
    [
        ("get", {}, "/segments/?q=b"),
        # Neither what the page asks by itself nor what is sent to be done is an address to go to.
        ("get", {"unasked": "1"}, "/segments/?q=a"),
        ("post", {}, "/segments/?q=a"),
    ],
)
def test_what_a_page_was_asked_to_become_is_where_sign_in_leads_back_to(
    client: Browser, method: str, more: dict[str, str], back: str
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/segments/?q=a", **more}
    answer = getattr(client, method)("/segments/?q=b", headers=headers)
    assert answer["HX-Redirect"] == f"/accounts/sign-in?{urlencode({'next': back})}"


def test_signing_out_gives_the_tokens_back(client: Browser, shop: Connection, server: Program) -> None:
    come_back(client, at_the_service(depart(client, shop)))
    from journeyadmin.accounts.grants import GrantStore

    kept = GrantStore(Grant.objects.get().pk).read()
    assert kept is not None
    client.post("/accounts/sign-out")
    assert not Grant.objects.exists()
    headers = {"Authorization": f"Bearer {kept.access}"}
    assert requests.get(f"{server.url}/api/v2/users/me", headers=headers, timeout=30).status_code == 401


def test_an_expired_token_is_renewed_and_the_page_comes(client: Browser, shop: Connection) -> None:
    come_back(client, at_the_service(depart(client, shop)))
    before = Grant.objects.get()
    Grant.objects.update(expires=timezone.now())
    assert client.get("/segments/").status_code == 200
    after = Grant.objects.get()
    assert after.version == before.version + 1
    assert after.sealed_refresh != before.sealed_refresh


def test_only_administrators_manage_connections(sign_in: Callable[..., Browser]) -> None:
    assert sign_in("marketer").get("/accounts/connections/").status_code == 403
    assert sign_in("admin").get("/accounts/connections/").status_code == 200


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("http://127.0.0.1:1", "embedded server"),
        ("http://169.254.169.254", "https://"),
        ("https://10.0.0.8", "private network"),
        # Not by the operator's list either.
        ("https://192.168.1.1", "private network"),
        ("https://169.254.169.254", "private network"),
        ("https://127.0.0.2", "private network"),
        ("https://[fd00::1]", "private network"),
        ("https://login.mypurecloud.com.evil.example", "operator"),
        ("https://user:pass@api.example.com", "scheme and the host"),
        ("ftp://example.com", "scheme and the host"),
        ("https://[::1]:9999", "embedded server"),
        # A port, a name or a number that only looks like what was listed.
        ("https://api.example.com:22", "operator"),
        ("https://api.example.com:0", "scheme and the host"),
        ("https://api.example.com:99999", "scheme and the host"),
        ("https://api.example.com.", "operator"),
        ("https://api.example.com\\.evil.example", "operator"),
        ("https://api.example.com%00.evil.example", "operator"),
        ("https://api.example.com\n.evil.example", "operator"),
        ("https://api.example.com@evil.example", "scheme and the host"),
        ("https://api.example.com#@evil.example", "scheme and the host"),
        ("https://api.example.com?@evil.example", "scheme and the host"),
        ("https://ａpi.example.com", "operator"),
        # This computer in other words.
        ("http://2130706433:8180", "https://"),
        ("https://0x7f.0.0.1", "operator"),
        ("https://127.1", "operator"),
        ("https://0", "operator"),
        ("https://[::ffff:127.0.0.1]", "private network"),
        ("https://localhost.", "operator"),
    ],
)
def test_a_typed_address_is_taken_only_when_the_operator_listed_it(
    admin: Browser, settings: Any, typed: str, reason: str
) -> None:
    settings.TYPED_HOSTS = ["api.example.com", "192.168.1.1", "169.254.169.254", "127.0.0.2", "fd00::1"]
    form = {
        "name": "X",
        "colour": "#112233",
        "typed_login_url": typed,
        "typed_api_url": typed,
        "mode": "person",
        "client_id": "c",
    }
    answer = admin.post("/accounts/connections/new", form)
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert html.escape(typed) in answer.content.decode()
    assert not Connection.objects.filter(name="X").exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://API.example.com/", "https://api.example.com"),
        ("https://api.example.com:443", "https://api.example.com"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("http://127.0.0.1:8180", "http://127.0.0.1:8180"),
    ],
)
def test_what_the_operator_listed_is_taken(admin: Browser, settings: Any, typed: str, kept: str) -> None:
    settings.TYPED_HOSTS = ["api.example.com", "api.example.com:8443"]
    settings.EMBEDDED_SERVER = "http://127.0.0.1:8180"
    form = {"name": "X", "colour": "#112233", "mode": "person", "client_id": "c"}
    answer = admin.post(
        "/accounts/connections/new", {**form, "typed_login_url": typed, "typed_api_url": typed}
    )
    assert answer.status_code == 302
    assert Connection.objects.get(name="X").api_url == kept


def test_a_region_is_taken_as_it_is(admin: Browser) -> None:
    form = {
        "name": "Acme",
        "colour": "#112233",
        "region": "eu-central-1",
        "mode": "person",
        "client_id": "c",
        "production": "on",
    }
    assert admin.post("/accounts/connections/new", form).status_code == 302
    made = Connection.objects.get(name="Acme")
    assert (made.login_url, made.api_url) == ("https://login.mypurecloud.de", "https://api.mypurecloud.de")


def test_a_new_connection_starts_read_only_until_somebody_decides_otherwise(admin: Browser) -> None:
    page = admin.get("/accounts/connections/new").content.decode()
    box = re.search(r'<input[^>]*name="read_only"[^>]*>', page)
    assert box is not None
    assert "checked" in box.group()
    form = {
        "colour": "#112233",
        "region": "eu-central-1",
        "mode": "person",
        "client_id": "c",
        "production": "on",
    }
    admin.post("/accounts/connections/new", {**form, "name": "As it came", "read_only": "on"})
    admin.post("/accounts/connections/new", {**form, "name": "Decided"})
    assert Connection.objects.get(name="As it came").read_only
    decided = Connection.objects.get(name="Decided")
    assert not decided.read_only
    page = admin.get(f"/accounts/connections/{decided.pk}").content.decode()
    box = re.search(r'<input[^>]*name="read_only"[^>]*>', page)
    assert box is not None
    assert "checked" not in box.group()


def test_so_does_one_for_production_from_the_command_line() -> None:
    of = ["--region", "eu-central-1", "--client-id", "c", "--mode", "person"]
    call_command("connection", "Live shop", *of, "--production", stdout=StringIO())
    made = Connection.objects.get(name="Live shop")
    assert (made.production, made.read_only) == (True, True)
    call_command("connection", "Live shop", "--read-write", stdout=StringIO())
    call_command("connection", "Live shop", "--production", "--colour", "#112233", stdout=StringIO())
    made.refresh_from_db()
    assert (made.production, made.read_only) == (True, False)
    call_command("connection", "Rehearsal", *of, stdout=StringIO())
    assert not Connection.objects.get(name="Rehearsal").read_only


def test_the_embedded_server_may_have_an_address_of_a_private_network(admin: Browser, settings: Any) -> None:
    settings.EMBEDDED_SERVER = "https://10.0.0.7"
    form = {"name": "Own", "colour": "#112233", "mode": "person", "client_id": "c"}
    for typed, status in (("https://10.0.0.8", 422), ("http://10.0.0.7", 422), ("https://10.0.0.7", 302)):
        answer = admin.post(
            "/accounts/connections/new", {**form, "typed_login_url": typed, "typed_api_url": typed}
        )
        assert answer.status_code == status, typed


def test_no_token_and_no_secret_goes_where_it_did_not_come_from(
    admin: Browser, shop_as_client: Connection, settings: Any
) -> None:
    settings.TYPED_HOSTS = ["api.example.com"]
    mine = Connection.objects.exclude(pk=shop_as_client.pk).get()
    for place in (shop_as_client, mine):
        admin.get(f"/accounts/connections/{place.pk}")
        cache.set(f"capabilities:{place.pk}", {"server": "journeyserver", "extensions": ["live"]}, 60)
        form = {
            "name": place.name,
            "colour": place.colour,
            "mode": place.mode,
            "client_id": place.client_id,
            "admin_list": "ada@shop.example",
            "typed_login_url": place.login_url,
            "typed_api_url": place.api_url,
        }
        settings.EMBEDDED_SERVER = place.api_url
        assert admin.post(f"/accounts/connections/{place.pk}", form)["Location"] == "/accounts/connections/"
        assert cache.get(f"capabilities:{place.pk}")
        form |= dict.fromkeys(("typed_login_url", "typed_api_url"), "https://api.example.com")
        answer = admin.post(f"/accounts/connections/{place.pk}", form)
        if place == shop_as_client:
            assert answer.status_code == 422
            assert "it is not sent to another address unasked" in answer.content.decode()
            answer = admin.post(f"/accounts/connections/{place.pk}", {**form, "client_secret": "another"})
            assert answer["Location"] == "/accounts/connections/"
            assert Grant.objects.filter(person__connection=mine).exists()
        assert cache.get(f"capabilities:{place.pk}") is None
    # Whoever changed their own is told why they are signed out.
    assert not Grant.objects.exists()
    told = admin.get(answer["Location"]).content.decode()
    assert "is saved and leads elsewhere: sign in to it anew." in told


def test_each_region_names_its_two_hosts(admin: Browser) -> None:
    page = admin.get("/accounts/connections/new").content.decode()
    assert "Frankfurt · login.mypurecloud.de, api.mypurecloud.de" in html.unescape(page)
