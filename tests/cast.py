"""The cast: the demo's people signed in to the dashboard under test, and tokens of theirs for the server itself."""

import base64
import hashlib
import re
import secrets
import time
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client as Browser

PASSWORD = "demo"
DASHBOARD_CLIENT = "journey-admin-dashboard"
REDIRECT_URI = "http://127.0.0.1:8000/accounts/callback"
SERVICE = ("demo-service", "demo-secret")


def person_tokens(url: str, username: str) -> dict[str, Any]:
    """The token answer of a person who signed in at this server's login page; shared until a test gives it back."""
    return _that_hold(_signed_in, url, username)


def service_token(url: str) -> str:
    """An access token of the demo's client credentials, which may do everything."""
    return str(_that_hold(_as_service, url)["access_token"])


def _that_hold(given: Any, url: str, *who: str) -> dict[str, Any]:
    """The tokens that `given` keeps for this address, where the server that has it now knows them: ports are used again by later ones."""
    tokens = given(url, *who)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    if requests.get(f"{url}/api/v2/tokens/me", headers=headers, timeout=30).status_code == 401:
        given.cache_clear()
        tokens = given(url, *who)
    return tokens


@lru_cache(maxsize=64)
def _signed_in(url: str, username: str) -> dict[str, Any]:
    """Authorization code with PKCE, as a browser goes through it."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with requests.Session() as session:
        asked = {
            "response_type": "code",
            "client_id": DASHBOARD_CLIENT,
            "redirect_uri": REDIRECT_URI,
            "state": "s",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        page = session.get(f"{url}/oauth/authorize", params=asked, timeout=30)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert found, page.text
        form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
        back = session.post(page.url, data=form, allow_redirects=False, timeout=30)
        code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": DASHBOARD_CLIENT,
            "code_verifier": verifier,
        }
        answer = session.post(f"{url}/oauth/token", data=sent, timeout=30)
    assert answer.ok, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


@lru_cache(maxsize=8)
def _as_service(url: str) -> dict[str, Any]:
    """With the demo's client credentials."""
    answer = requests.post(
        f"{url}/oauth/token", auth=SERVICE, data={"grant_type": "client_credentials"}, timeout=30
    )
    assert answer.ok, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def api(url: str, username: str | None = None) -> requests.Session:
    """A requests session that speaks to the server's API: as a person, or as the demo's service client."""
    session = requests.Session()
    token = person_tokens(url, username)["access_token"] if username else service_token(url)
    session.headers["Authorization"] = f"Bearer {token}"
    return session


def signed_in(url: str, username: str, browser: Browser | None = None, **connection: Any) -> Browser:
    """A test browser with `username`'s session at the dashboard, its connection pointing at the server at `url`."""
    from django.contrib.sessions.backends.db import SessionStore

    from journeyadmin.accounts import grants, middleware
    from journeyadmin.accounts.models import Connection, Person
    from journeyadmin.service import Tokens

    place, _ = Connection.objects.get_or_create(
        name=connection.pop("name", "Test shop"),
        defaults={
            "typed_login_url": url,
            "typed_api_url": url,
            "client_id": DASHBOARD_CLIENT,
            "admins": ["ada@shop.example"],
            **connection,
        },
    )
    told = (
        api(url, username)
        .get(f"{url}/api/v2/users/me", params={"expand": "authorization"}, timeout=30)
        .json()
    )
    person, _ = Person.objects.update_or_create(
        key=f"{place.pk}:{told['id']}",
        defaults={
            "connection": place,
            "name": told["name"],
            "email": told["email"],
            "permissions": told["authorization"]["permissions"],
        },
    )
    # Only the access token: a test that needs renewal makes its own sign-in.
    grant = grants.keep(person, Tokens(person_tokens(url, username)["access_token"]))
    browser = browser or Browser()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = browser.session
    assert isinstance(session, SessionStore)
    session[middleware.GRANT] = str(grant.pk)
    session[middleware.SIGNED_IN] = session[middleware.SEEN] = time.time()
    session.save()
    return browser
