"""The login page: who is sent where, what is refused, what is told, and what a guesser meets (contract §8)."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import programs
from tests.cast import DASHBOARD_CLIENT, REDIRECT_URI, SERVICE
from tests.contract.signing import SignIn, returned, works
from tests.programs import Program

SESSION, CSRF = "journeyserver_session", "journeyserver_csrf"


def test_the_page(server: Program) -> None:
    page = SignIn(server.url).open(login_hint='"><b>hint')
    assert page.status_code == 200
    assert "Journey Admin" in page.text
    assert "&quot;&gt;&lt;b&gt;hint" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8000;" in policy
    assert "unsafe" not in policy
    style = re.search(r'href="([^"]+\.css)"', page.text)
    assert style
    assert requests.get(server.url + style[1], timeout=30).headers["Content-Type"] == "text/css"


def test_the_state_comes_back_unchanged(server: Program) -> None:
    signing = SignIn(server.url)
    back = returned(signing.submit(signing.open(), "marketer"))
    assert set(back) == {"code", "state"}
    assert back["state"] == signing.asked["state"]
    signing = SignIn(server.url)
    assert set(returned(signing.submit(signing.open(state=None), "marketer"))) == {"code"}


def test_a_browser_signs_in_once(server: Program) -> None:
    signing = SignIn(server.url)
    signing.tokens()
    again = SignIn(server.url, signing.browser)
    assert set(returned(again.open())) == {"code", "state"}
    # Unless the client asks for it.
    assert again.open(prompt="login").status_code == 200


def test_the_name_is_taken_in_any_case(server: Program) -> None:
    signing = SignIn(server.url)
    assert returned(signing.submit(signing.open(), " MarKeter "))["code"]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("marketer", "wrong"),
        ("marketer", ""),
        ("nobody", "demo"),
        ("", ""),
        ('<script>"', "demo"),
        ("market\0er", "demo"),
        ("%", "demo"),
        ("é" * 100_000, "demo"),
        ("marketer", "x" * 100_000),
    ],
)
def test_a_wrong_name_or_password(server: Program, username: str, password: str) -> None:
    """One sentence for all, so that nobody learns which names exist; what was typed stays, but for the password."""
    signing = SignIn(server.url)
    page = signing.submit(signing.open(), username, password)
    assert page.status_code == 422
    assert "The name or the password is wrong." in page.text
    assert "<script>" not in page.text
    assert 'type="password" value' not in page.text
    if username == "marketer":
        assert 'value="marketer"' in page.text
        # And the form can be sent again.
        assert signing.submit(page, username).status_code == 302


@pytest.mark.parametrize(
    "redirect_uri",
    [
        REDIRECT_URI + "/",
        REDIRECT_URI + "?a=b",
        REDIRECT_URI.replace("8000", "8001"),
        REDIRECT_URI.upper(),
        "http://127.0.0.1:8000@evil.example/accounts/callback",
        "https://evil.example/",
        "javascript:alert(1)",
        "//evil.example",
        "https://[",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    server: Program, redirect_uri: str | None
) -> None:
    answer = SignIn(server.url).open(redirect_uri=redirect_uri)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "Sign-in refused" in answer.text


@pytest.mark.parametrize("client_id", ["nobody", "", None, "\0", "é", SERVICE[0]])
def test_an_unknown_client(server: Program, client_id: str | None) -> None:
    answer = SignIn(server.url).open(client_id=client_id)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_program_is_told_as_a_program(server: Program) -> None:
    answer = requests.get(f"{server.url}/oauth/authorize", params={"client_id": "nobody"}, timeout=30)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
def test_the_client_is_told_what_it_did_wrong(server: Program, changes: dict[str, Any], error: str) -> None:
    signing = SignIn(server.url)
    back = returned(signing.open(**changes))
    assert back["error"] == error
    assert back["state"] == signing.asked["state"]


def test_a_form_from_elsewhere_is_refused(server: Program) -> None:
    """Cross-site request forgery: signing somebody in as somebody else."""
    signing = SignIn(server.url)
    page = signing.open()
    for token in ("", "x" * 64):
        answer = signing.submit(page, "marketer", csrfmiddlewaretoken=token)
        assert answer.status_code == 403
        assert "sign in again" in answer.text
    other = SignIn(server.url)
    other.open()
    assert other.submit(page, "marketer").status_code == 403


def test_sign_in_makes_a_new_session(server: Program) -> None:
    """Session fixation: what a browser was given before is worth nothing after."""
    signing = SignIn(server.url)
    place_session(signing, "a" * 32)
    page = signing.open()
    before = signing.browser.cookies[CSRF]
    signing.submit(page, "marketer")
    first = signing.browser.cookies[SESSION]
    assert first != "a" * 32
    assert signing.browser.cookies[CSRF] != before
    again = SignIn(server.url, signing.browser)
    again.submit(again.open(prompt="login"), "analyst")
    second = signing.browser.cookies[SESSION]
    assert second != first
    stolen = SignIn(server.url)
    place_session(stolen, first)
    assert stolen.open().status_code == 200


def place_session(signing: SignIn, value: str) -> None:
    signing.browser.cookies.set(SESSION, value, domain="127.0.0.1", path="/")


def test_the_cookies(server: Program) -> None:
    signing = SignIn(server.url)
    page = signing.open()
    answer = signing.submit(page, "marketer")
    for response, name in ((page, CSRF), (answer, SESSION)):
        [cookie] = [row for row in response.raw.headers.getlist("Set-Cookie") if row.startswith(f"{name}=")]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_a_new_password_ends_every_sign_in(spare: Program) -> None:
    signing = SignIn(spare.url)
    tokens = signing.tokens("analyst")
    subprocess.run(
        [sys.executable, "-m", "journeyserver", "person", "password", "analyst"],
        cwd=programs.ROOT,
        env=programs.environment(spare.folder),
        input=b"a new long password\n",
        check=True,
    )
    assert not works(spare.url, tokens["access_token"])
    again = SignIn(spare.url, signing.browser)
    page = again.open()
    assert page.status_code == 200
    assert again.submit(page, "analyst").status_code == 422
    assert again.submit(page, "analyst", "a new long password").status_code == 302


def test_logout_forgets_the_browser(server: Program) -> None:
    signing = SignIn(server.url)
    signing.tokens()
    answer = logout(signing, REDIRECT_URI)
    assert (answer.status_code, answer.headers["Location"]) == (302, REDIRECT_URI)
    assert signing.open().status_code == 200
    # Any page of the client's own will do.
    assert logout(signing, "http://127.0.0.1:8000/bye?a=b").status_code == 302


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/",
        "//evil.example",
        "http://127.0.0.1:8000@evil.example/",
        "http://127.0.0.1:8000\\@evil.example/",
        "http://127.0.0.1:80000/",
        "https://127.0.0.1:8000/",
        "javascript:alert(1)",
        "http:/evil.example",
        "http:evil.example",
        "https://[",
        "/accounts",
        "",
    ],
)
def test_logout_sends_nobody_elsewhere(server: Program, redirect_uri: str) -> None:
    answer = logout(SignIn(server.url), redirect_uri)
    assert answer.status_code == 200
    assert "Signed out" in answer.text


def test_logout_for_an_unknown_client(server: Program) -> None:
    for client_id in ("nobody", "\0", ""):
        assert logout(SignIn(server.url), REDIRECT_URI, client_id).status_code == 200


def logout(signing: SignIn, redirect_uri: str, client_id: str = DASHBOARD_CLIENT) -> requests.Response:
    params = {"client_id": client_id, "redirect_uri": redirect_uri}
    return signing.browser.get(f"{signing.url}/logout", params=params, allow_redirects=False, timeout=30)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/oauth/authorize", "/logout"])
def test_other_methods(server: Program, method: str, path: str) -> None:
    assert requests.request(method, server.url + path, timeout=30).status_code == 405


def test_behind_a_proxy_that_ends_tls(tmp_path: Path) -> None:
    """Cookies are for TLS alone, browsers are asked to stay with it, and guessers are told apart by what the proxy says."""
    how = {"JOURNEYSERVER_HTTPS": "1", "JOURNEYSERVER_FAILED_SIGN_INS": "1"}
    with programs.journeyserver(tmp_path, **how) as running:
        signing = SignIn(running.url)
        signing.browser.headers.update(
            {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.66, 192.0.2.1"}
        )
        page = signing.open()
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        [cookie] = page.raw.headers.getlist("Set-Cookie")
        assert "; Secure" in cookie
        assert cookie.startswith("__Host-")
        # A browser would send it over TLS; this one speaks to the server behind the proxy.
        signing.browser.headers.update(
            {
                "Cookie": cookie.partition(";")[0],
                "Origin": running.url.replace("http", "https"),
            }
        )
        assert "is wrong" in signing.submit(page, "marketer", "guess").text
        assert "Too many" in signing.submit(page, "marketer").text
        # What the client itself claims to be is of no account, another address behind the proxy is.
        signing.browser.headers["X-Forwarded-For"] = "192.0.2.9, 192.0.2.1"
        assert "Too many" in signing.submit(page, "marketer").text
        signing.browser.headers["X-Forwarded-For"] = "192.0.2.2"
        assert signing.submit(page, "marketer").status_code == 302
        # A household's 64 bits of IPv6 are one guesser, another's are not.
        for address, said in (
            ("2001:db8:0:1::9", "is wrong"),
            ("2001:db8:0:1:ffff::77", "Too many"),
            ("2001:db8:0:2::9", "is wrong"),
        ):
            signing.browser.headers["X-Forwarded-For"] = address
            page = signing.open(prompt="login")
            signing.browser.headers["Cookie"] = page.raw.headers.getlist("Set-Cookie")[0].partition(";")[0]
            assert said in signing.submit(page, "analyst", "guess").text
