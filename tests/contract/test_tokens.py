"""The token endpoint, revocation, and who a token belongs to (contract §8)."""

import base64
from typing import Any

import pytest
import requests

from tests import programs
from tests.cast import DASHBOARD_CLIENT, REDIRECT_URI, SERVICE
from tests.contract.asking import Api, as_person
from tests.contract.signing import SignIn, assert_oauth_error, post, refresh, works
from tests.contract.stores import change
from tests.programs import Program

CREDENTIALS = {"grant_type": "client_credentials"}
SCOPES = "journey journey:readonly analytics analytics:readonly users users:readonly"


def test_client_credentials(server: Program) -> None:
    answer = post(server.url, CREDENTIALS, auth=SERVICE)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json()
    assert works(server.url, told.pop("access_token"))
    assert told == {"token_type": "bearer", "expires_in": 86_400, "scope": SCOPES}


def test_client_credentials_in_the_body(server: Program) -> None:
    answer = post(server.url, {**CREDENTIALS, "client_id": SERVICE[0], "client_secret": SERVICE[1]})
    assert works(server.url, answer.json()["access_token"])


@pytest.mark.parametrize("auth", [(SERVICE[0], "wrong"), ("nobody", "x"), ("nobody", ""), (SERVICE[0], "")])
def test_wrong_credentials(server: Program, auth: tuple[str, str]) -> None:
    answer = post(server.url, CREDENTIALS, auth=auth)
    assert_oauth_error(answer, 401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert_oauth_error(
        post(server.url, {**CREDENTIALS, "client_id": auth[0], "client_secret": auth[1]}),
        401,
        "invalid_client",
    )


def test_a_public_client_has_no_credentials(server: Program) -> None:
    for how in ({}, {"auth": (DASHBOARD_CLIENT, "x")}):
        assert_oauth_error(
            post(server.url, {**CREDENTIALS, "client_id": DASHBOARD_CLIENT}, **how), 401, "invalid_client"
        )


def test_one_way_to_authenticate(server: Program) -> None:
    """Or a wrong guess could hide behind a right one."""
    for more in ({"client_secret": SERVICE[1]}, {"client_id": "other"}):
        assert_oauth_error(
            post(server.url, {**CREDENTIALS, **more}, auth=(SERVICE[0], "guess")), 400, "invalid_request"
        )
    # The same id twice is what some clients send.
    assert post(server.url, {**CREDENTIALS, "client_id": SERVICE[0]}, auth=SERVICE).ok


def test_nothing_is_read_from_the_address(server: Program) -> None:
    address = f"/oauth/token?client_id={SERVICE[0]}&client_secret={SERVICE[1]}&grant_type=client_credentials"
    assert_oauth_error(post(server.url, {"a": "b"}, address), 400, "invalid_request")


@pytest.mark.parametrize("form", [{}, {"grant_type": ""}])
def test_no_grant_is_a_missing_parameter(server: Program, form: dict[str, str]) -> None:
    """RFC 6749 §5.2; §3.2: sent without a value is not sent."""
    assert_oauth_error(post(server.url, {"a": "b", **form}, auth=SERVICE), 400, "invalid_request")


@pytest.mark.parametrize("grant", ["password", "urn:ietf:params:oauth:grant-type:saml2-bearer", "x" * 999])
def test_an_unknown_grant(server: Program, grant: str) -> None:
    assert_oauth_error(post(server.url, {"grant_type": grant}, auth=SERVICE), 400, "unsupported_grant_type")


def test_a_grant_the_client_may_not_use(server: Program) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert_oauth_error(post(server.url, form, auth=SERVICE), 400, "unauthorized_client")


def test_a_parameter_given_twice(server: Program) -> None:
    form = [("grant_type", "client_credentials"), ("grant_type", "client_credentials")]
    assert_oauth_error(post(server.url, form, auth=SERVICE), 400, "invalid_request")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_only_a_form_is_read(server: Program, path: str) -> None:
    answer = requests.get(server.url + path, timeout=30)
    assert_oauth_error(answer, 405, "invalid_request")
    assert answer.headers["Allow"] == "POST"
    assert_oauth_error(requests.post(server.url + path, json=CREDENTIALS, timeout=30), 415, "invalid_request")
    assert_oauth_error(post(server.url, b"a=" + b"x" * 1_100_000, path, headers=FORM), 413, "invalid_request")
    assert_oauth_error(post(server.url, b"a=1&" * 2000, path, headers=FORM), 413, "invalid_request")
    for charset in ("utf-16", '"utf-8'):
        headers = {"Content-Type": f"{FORM['Content-Type']}; charset={charset}"}
        assert_oauth_error(post(server.url, b"a=1", path, headers=headers), 400, "invalid_request")


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ODD: list[str | bytes] = [
    "", " ", "\0", "é", b"\xff\xfe", b"\xed\xa0\x80", "a" * 50_000, "'\"<>;--", "../..", "\r\nX: y", "%00", "[]", "https://[",
]  # fmt: skip
ODD_HEADERS = [
    b"Basic",
    b"Basic \xa0",
    b"Basic !!!",
    b"basic x y z",
    b"Negotiate abc",
    *(
        b"Basic " + base64.b64encode(text)
        for text in (b"\xff\xfe:\xff", b"a", b"a\0b:c\0", b":", b"%00%ff:%zz")
    ),
]


# Each field with the grant that reads it.
READ_BY = {
    "code": "authorization_code",
    "redirect_uri": "authorization_code",
    "code_verifier": "authorization_code",
    "refresh_token": "refresh_token",
    "scope": "client_credentials",
    "client_secret": "client_credentials",
    "client_id": "client_credentials",
    "grant_type": "client_credentials",
}


def test_odd_input_never_fails(server: Program) -> None:
    """Nothing that can be posted makes the server fail: every answer is an OAuth error or, for revocation, success."""
    usual = {"code": "x", "redirect_uri": "http://x/", "code_verifier": "v" * 43, "refresh_token": "x"}
    with requests.Session() as session:

        def ask(path: str, form: Any, **how: Any) -> None:
            answer = session.post(server.url + path, data=form, timeout=30, **how)
            assert answer.status_code in (200, 400, 401), (form, answer.text)
            assert answer.status_code == 200 or "error" in answer.json()

        for value in ODD:
            for name, grant in READ_BY.items():
                client = {} if name == "client_secret" else {"client_id": DASHBOARD_CLIENT}
                ask("/oauth/token", {**usual, **client, "grant_type": grant, name: value})
            for name in ("token", "token_type_hint"):
                ask("/oauth/revoke", {"client_id": DASHBOARD_CLIENT, "token": "x", name: value})
        for header in ODD_HEADERS:
            ask("/oauth/token", CREDENTIALS, headers={"Authorization": header})


def test_a_code_is_exchanged_once(server: Program) -> None:
    signing = SignIn(server.url)
    code = signing.code()
    first = signing.exchange(code)
    assert first.status_code == 200
    told = first.json()
    assert set(told) == {"access_token", "refresh_token", "expires_in", "token_type", "scope"}
    assert (told["expires_in"], told["token_type"]) == (86_400, "bearer")
    assert_oauth_error(signing.exchange(code), 400, "invalid_grant")
    # Somebody else may have had the code: all that came from it is void.
    assert not works(server.url, told["access_token"])
    assert_oauth_error(refresh(server.url, told["refresh_token"]), 400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "http://localhost:8000/accounts/callback"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
    ],
)
def test_a_code_with_something_wrong(server: Program, changes: dict[str, Any], error: str) -> None:
    signing = SignIn(server.url)
    code = signing.code()
    assert_oauth_error(signing.exchange(**{"code": code, **changes}), 400, error)


def test_a_code_of_another_client(server: Program) -> None:
    signing = SignIn(server.url)
    name = "other-public-client"
    done = programs.run_journeyserver(
        server.folder, "client", "add", name, "--public", "--redirect-uri", "http://x/"
    )
    assert done.returncode == 0, done.stderr
    assert_oauth_error(signing.exchange(signing.code(), client_id=name), 400, "invalid_grant")
    refresh_token = SignIn(server.url).tokens()["refresh_token"]
    assert_oauth_error(refresh(server.url, refresh_token, client_id=name), 400, "invalid_grant")
    # That was not its owner's doing: the token still works for the client it was given to.
    assert refresh(server.url, refresh_token).ok


def test_a_client_with_a_secret_may_do_without_pkce(server: Program) -> None:
    name = "web-application"
    done = programs.run_journeyserver(server.folder, "client", "add", name, "--redirect-uri", REDIRECT_URI)
    assert done.returncode == 0, done.stderr
    secret = done.stdout.split()[-1]
    signing = SignIn(server.url)
    signing.asked |= {"client_id": name, "code_challenge": None, "code_challenge_method": None}
    code = signing.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    # A secret cannot be left out, though.
    assert_oauth_error(post(server.url, {**form, "client_id": name}), 401, "invalid_client")
    told = post(server.url, form, auth=(name, secret)).json()
    assert works(server.url, told["access_token"])
    again = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert_oauth_error(post(server.url, {**again, "client_id": name}), 401, "invalid_client")
    assert post(server.url, again, auth=(name, secret)).ok


def test_a_code_lives_for_a_minute(server: Program) -> None:
    signing = SignIn(server.url)
    code = signing.code()
    change(
        server,
        "AuthorizationCode.objects.filter(used=False).update(expires=F('expires') - timedelta(seconds=61))",
    )
    assert_oauth_error(signing.exchange(code), 400, "invalid_grant")


def test_refresh_tokens_rotate(server: Program) -> None:
    first = SignIn(server.url).tokens()
    second = refresh(server.url, first["refresh_token"]).json()
    assert set(second) == set(first)
    assert second["refresh_token"] != first["refresh_token"]
    # Requests under way with the old access token are not cut off.
    assert works(server.url, first["access_token"])
    assert works(server.url, second["access_token"])
    third = refresh(server.url, second["refresh_token"]).json()
    # The second use of one revokes the whole family.
    assert_oauth_error(refresh(server.url, first["refresh_token"]), 400, "invalid_grant")
    for tokens in (first, second, third):
        assert not works(server.url, tokens["access_token"])
    assert_oauth_error(refresh(server.url, third["refresh_token"]), 400, "invalid_grant")


def test_another_sign_in_is_another_family(server: Program) -> None:
    browser = requests.Session()
    first, second = SignIn(server.url, browser).tokens(), SignIn(server.url, browser).tokens()
    assert post(
        server.url, {"token": first["access_token"], "client_id": DASHBOARD_CLIENT}, "/oauth/revoke"
    ).ok
    assert not works(server.url, first["access_token"])
    assert works(server.url, second["access_token"])


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revocation_takes_the_family(server: Program, kind: str) -> None:
    first = SignIn(server.url).tokens()
    second = refresh(server.url, first["refresh_token"]).json()
    answer = post(server.url, {"token": second[kind], "client_id": DASHBOARD_CLIENT}, "/oauth/revoke")
    assert answer.status_code == 200
    assert not works(server.url, first["access_token"])
    assert not works(server.url, second["access_token"])
    assert_oauth_error(refresh(server.url, second["refresh_token"]), 400, "invalid_grant")


def test_revocation_of_what_is_not_there(server: Program) -> None:
    assert post(server.url, {"token": "nonsense", "client_id": DASHBOARD_CLIENT}, "/oauth/revoke").ok
    assert_oauth_error(post(server.url, {"token": "x"}, "/oauth/revoke"), 401, "invalid_client")
    assert_oauth_error(
        post(server.url, {"client_id": DASHBOARD_CLIENT}, "/oauth/revoke"), 400, "invalid_request"
    )


def test_revocation_by_another_client(server: Program) -> None:
    tokens = SignIn(server.url).tokens()
    post(server.url, {"token": tokens["access_token"]}, "/oauth/revoke", auth=SERVICE)
    assert works(server.url, tokens["access_token"])


def test_a_refresh_token_expires(server: Program) -> None:
    tokens = SignIn(server.url).tokens()
    change(server, "newest.update(refresh_expires=now() - timedelta(seconds=1))")
    assert_oauth_error(refresh(server.url, tokens["refresh_token"]), 400, "invalid_grant")


def test_tokens_are_stored_as_digests(server: Program) -> None:
    tokens = SignIn(server.url).tokens()
    stored = b"".join(file.read_bytes() for file in server.folder.glob("journeyserver.sqlite3*"))
    assert tokens["access_token"].encode() not in stored
    assert tokens["refresh_token"].encode() not in stored
    assert not any(tokens["access_token"] in line for line in server.lines)


def test_users_me(server: Program) -> None:
    person = as_person(server.url, "marketer")
    brief = person.get("/api/v2/users/me").json
    assert {name: brief[name] for name in ("name", "email", "state")} == {
        "name": "Maya Lindqvist",
        "email": "maya@shop.example",
        "state": "active",
    }
    assert "authorization" not in brief
    for params in (
        {"expand": "authorization"},
        {"expand": ["team", "authorization"]},
        {"expand": "team,authorization"},
    ):
        told = person.get("/api/v2/users/me", params).json
        assert set(told) == set(brief) | {"authorization"}
        held = told["authorization"]
        assert [role["name"] for role in held["roles"]] == ["marketer"]
        assert held["unusedRoles"] == []
        assert held["permissions"] == [
            "analytics:journeyAggregate:view",
            "journey:actiontarget:view",
            "journey:segment:add",
            "journey:segment:delete",
            "journey:segment:edit",
            "journey:segment:view",
        ]
        policies = {row["entityName"]: row for row in held["permissionPolicies"]}
        assert policies["segment"]["domain"] == "journey"
        assert sorted(policies["segment"]["actionSet"]) == ["add", "delete", "edit", "view"]


def test_a_client_is_no_user(api: Api) -> None:
    answer = api.get("/api/v2/users/me")
    assert (answer.status, answer.json["code"]) == (400, "bad.request")


def test_tokens_me(api: Api) -> None:
    told = api.get("/api/v2/tokens/me").json
    assert told["OAuthClient"]["id"] == SERVICE[0]
    assert told["authorizedScope"] == SCOPES.split()
    assert (
        as_person(api.url, "analyst").get("/api/v2/tokens/me").json["OAuthClient"]["id"] == DASHBOARD_CLIENT
    )
