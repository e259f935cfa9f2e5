"""A browser and a client program going through sign-in, step by step."""

import base64
import hashlib
import re
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.cast import DASHBOARD_CLIENT, PASSWORD, REDIRECT_URI


class SignIn:
    """One attempt to sign in: what the browser is sent with, and what the client keeps to itself."""

    def __init__(self, url: str, browser: requests.Session | None = None) -> None:
        self.url = url
        self.browser = browser or requests.Session()
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.asked: dict[str, Any] = {
            "response_type": "code",
            "client_id": DASHBOARD_CLIENT,
            "redirect_uri": REDIRECT_URI,
            "state": "a b&c=d/é",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }

    def open(self, **changes: Any) -> requests.Response:
        """The authorize address as the browser asks for it; a change to None leaves a parameter out."""
        asked = {name: value for name, value in {**self.asked, **changes}.items() if value is not None}
        headers = {"Accept": "text/html"}
        return self.browser.get(
            f"{self.url}/oauth/authorize", params=asked, headers=headers, allow_redirects=False, timeout=30
        )

    def submit(
        self, page: requests.Response, username: str, password: str = PASSWORD, **changes: Any
    ) -> requests.Response:
        """The login form filled in and sent."""
        form = {
            "username": username,
            "password": password,
            "csrfmiddlewaretoken": csrf_token(page),
            **changes,
        }
        return self.browser.post(page.url, data=form, allow_redirects=False, timeout=30)

    def code(self, username: str = "marketer") -> str:
        page = self.open()
        back = self.submit(page, username) if page.status_code == 200 else page
        return returned(back)["code"]

    def exchange(self, code: str, **changes: Any) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": DASHBOARD_CLIENT,
            "code_verifier": self.verifier,
            **changes,
        }
        return post(self.url, {name: value for name, value in form.items() if value is not None})

    def tokens(self, username: str = "marketer") -> dict[str, Any]:
        answer = self.exchange(self.code(username))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


def post(url: str, form: Any, path: str = "/oauth/token", **how: Any) -> requests.Response:
    return requests.post(url + path, data=form, timeout=30, **how)


def refresh(url: str, token: str, **changes: Any) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": DASHBOARD_CLIENT, **changes}
    return post(url, form)


def works(url: str, access_token: str) -> bool:
    """Whether the API takes this access token."""
    headers = {"Authorization": f"Bearer {access_token}"}
    return requests.get(f"{url}/api/v2/tokens/me", headers=headers, timeout=30).ok


def csrf_token(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def returned(response: requests.Response) -> dict[str, str]:
    """The parameters that the browser is sent back to the client with."""
    assert response.status_code == 302, response.text
    place, _, query = response.headers["Location"].partition("?")
    assert place == REDIRECT_URI
    return {name: values[0] for name, values in parse_qs(query).items()}


def assert_oauth_error(response: requests.Response, status: int, error: str) -> None:
    """RFC 6749 §5.2, never kept by a cache."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    told = response.json()
    assert told["error"] == error, told
    assert set(told) <= {"error", "error_description"}


def path_of(location: str) -> str:
    return urlsplit(location).path
