"""Which answer comes first: 401, 404 route or 405, 429, 403, 415, 413, 400 syntax, 404 entity, 400 fields, 409 (§1.3)."""

import uuid
from typing import Any

import pytest
import requests

from tests import cast, programs
from tests.contract.asking import (
    QUERY,
    SEGMENTS,
    TARGET_IDS,
    TARGETS,
    Api,
    as_person,
    journey,
    journey_pattern,
)
from tests.programs import Program

NOBODY = str(uuid.UUID(int=7))
NINE = [
    ("GET", SEGMENTS, "journey:segment:view"),
    ("POST", SEGMENTS, "journey:segment:add"),
    ("GET", f"{SEGMENTS}/{NOBODY}", "journey:segment:view"),
    ("PATCH", f"{SEGMENTS}/{NOBODY}", "journey:segment:edit"),
    ("DELETE", f"{SEGMENTS}/{NOBODY}", "journey:segment:delete"),
    ("GET", TARGETS, "journey:actiontarget:view"),
    ("GET", f"{TARGETS}/{TARGET_IDS[0]}", "journey:actiontarget:view"),
    ("PATCH", f"{TARGETS}/{TARGET_IDS[0]}", "journey:actiontarget:edit"),
    ("POST", QUERY, "analytics:journeyAggregate:view"),
]


@pytest.mark.parametrize(("method", "path", "_"), NINE)
def test_nothing_without_a_token(stranger: Api, method: str, path: str, _: str) -> None:
    answer = stranger.ask(method, path, data="{", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.json["code"]) == (401, "authentication.required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "value", ["Bearer nonsense", "Bearer é", "Basic ZGVtbzpkZW1v", "nonsense x", "bearer  \t x y"]
)
def test_a_token_that_is_none(stranger: Api, value: str) -> None:
    answer = stranger.get(SEGMENTS, headers={"Authorization": value.encode()})
    assert (answer.status, answer.json["code"]) == (401, "bad.credentials")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("value", ["Bearer", "Bearer  ", ""])
def test_a_header_without_a_token(stranger: Api, value: str) -> None:
    answer = stranger.get(SEGMENTS, headers={"Authorization": value})
    assert (answer.status, answer.json["code"]) == (401, "authentication.required")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_is_written_in_any_case(server: Program, scheme: str) -> None:
    token = cast.service_token(server.url)
    assert Api(server.url).get(SEGMENTS, headers={"Authorization": f"{scheme} {token}"}).status == 200


def test_a_token_in_the_address_is_none(server: Program) -> None:
    token = cast.service_token(server.url)
    assert Api(server.url).get(SEGMENTS, {"access_token": token}).status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2/journey/outcomes",
        "/api/v2/nothing",
        "/api/",
        f"{SEGMENTS}/",
        f"{QUERY}/jobs",
        f"{SEGMENTS}/a/b",
    ],
)
def test_an_unknown_route(api: Api, stranger: Api, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert stranger.ask(method, path).status == 401
        assert api.ask(method, path).status == 404


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/oauth", "/apis", "/oauth/nothing"])
def test_an_unknown_address_outside_the_api(stranger: Api, path: str) -> None:
    assert stranger.get(path).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", SEGMENTS, "GET, HEAD, POST"),
        ("DELETE", SEGMENTS, "GET, HEAD, POST"),
        ("POST", f"{SEGMENTS}/{NOBODY}", "DELETE, GET, HEAD, PATCH"),
        ("PUT", f"{SEGMENTS}/nope", "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", TARGETS, "GET, HEAD"),
        ("GET", QUERY, "POST"),
        ("HEAD", QUERY, "POST"),
        ("BREW", QUERY, "POST"),
    ],
)
def test_a_method_that_is_not_allowed(api: Api, stranger: Api, method: str, path: str, allow: str) -> None:
    answer = api.ask(method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allow)
    assert stranger.ask(method, path).status == 401


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/docs/page.css", "/oauth/page.css", "/api/local/v1/capabilities"]
)
def test_what_is_read_without_a_token_is_only_read(stranger: Api, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = stranger.ask(method, path)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(("method", "path", "permission"), NINE)
def test_no_permission(server: Program, method: str, path: str, permission: str) -> None:
    """A person without any role may nothing, and learns of no id; what is wrong with the body comes later."""
    answer = nobody(server).ask(method, path, data="{", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.json["code"]) == (403, "missing.any.permissions")
    assert answer.json["message"].endswith(f"[{permission}]")
    assert answer.json["messageParams"] == {"permissions": f"[{permission}]"}


def nobody(server: Program) -> Api:
    """A client without any role."""
    name = "client-without-roles"
    if "nobody" not in _sessions.setdefault(server.url, {}):
        programs.run_journeyserver(server.folder, "client", "add", name)
        done = programs.run_journeyserver(server.folder, "token", name)
        assert done.returncode == 0, done.stderr
        _sessions[server.url]["nobody"] = done.stdout.strip()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {_sessions[server.url]['nobody']}"
    return Api(server.url, session)


_sessions: dict[str, dict[str, str]] = {}


@pytest.mark.parametrize(
    ("person", "refused"),
    [("marketer", {7}), ("supervisor", {1, 3, 4}), ("analyst", {1, 3, 4, 7}), ("admin", set())],
)
def test_what_the_cast_may(server: Program, person: str, refused: set[int]) -> None:
    client = as_person(server.url, person)
    statuses = [client.ask(method, path).status for method, path, _ in NINE]
    # What they may do is answered by the next check: an unknown id, or a body that is not there.
    allowed = [200, 400, 404, 404, 404, 200, 200, 200, 400]
    assert statuses == [403 if number in refused else status for number, status in enumerate(allowed)]


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("journey:readonly", {0, 2, 5, 6}),
        ("journey", {0, 1, 2, 3, 4, 5, 6, 7}),
        ("analytics:readonly", {8}),
        ("analytics", {8}),
        ("users", set()),
    ],
)
def test_scopes(server: Program, scope: str, allowed: set[int]) -> None:
    answer = requests.post(
        f"{server.url}/oauth/token",
        auth=cast.SERVICE,
        data={"grant_type": "client_credentials", "scope": scope},
        timeout=30,
    ).json()
    client = Api(server.url)
    for number, (method, path, _) in enumerate(NINE):
        told = client.ask(method, path, headers={"Authorization": f"Bearer {answer['access_token']}"})
        assert (told.status != 403) is (number in allowed), (method, path)
        if told.status == 403:
            assert told.json["code"] == "not.authorized"


WRITES = [row for row in NINE if row[0] in ("POST", "PATCH")]


@pytest.mark.parametrize(("method", "path", "_"), WRITES)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""]
)
def test_a_body_that_is_not_json(api: Api, method: str, path: str, _: str, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    # Also a body that is too large or torn besides.
    assert api.ask(method, path, data=b"{" * 1_100_000, headers=headers).status == 415


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "Application/JSON;charset=iso-8859-1",
        "Application/JSON ; charset*=no-such''%ff",
    ],
)
def test_json_with_any_charset(api: Api, content_type: str) -> None:
    answer = api.ask("POST", SEGMENTS, data=b"{}", headers={"Content-Type": content_type})
    assert answer.wrong == {("displayName", "missing.required")}


@pytest.mark.parametrize("charset", ["utf-16", "base64", "idna", "undefined", "no-such"])
def test_an_address_is_utf_8_whatever_charset_is_named(api: Api, stranger: Api, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    asked = {"queryFields": "displayName", "queryValue": "Grüße"}
    found = api.get(SEGMENTS, asked, headers=headers)
    assert (found.status, found.json) == (200, api.get(SEGMENTS, asked).json)
    assert stranger.get(SEGMENTS, asked, headers=headers).status == 401


@pytest.mark.parametrize(("method", "path", "_"), WRITES)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large(api: Api, method: str, path: str, _: str, chunked: bool) -> None:
    body: Any = b" " * (1024 * 1024 + 1)
    answer = api.ask(
        method, path, data=iter([body]) if chunked else body, headers={"Content-Type": "application/json"}
    )
    assert answer.status == 413


@pytest.mark.parametrize("chunked", [False, True])
def test_the_largest_body(api: Api, chunked: bool) -> None:
    body: Any = b"{}".ljust(1024 * 1024)
    answer = api.ask(
        "POST", SEGMENTS, data=iter([body]) if chunked else body, headers={"Content-Type": "application/json"}
    )
    assert answer.wrong == {("displayName", "missing.required")}


@pytest.mark.parametrize(("method", "path", "_"), WRITES)
@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"{}x", b'{"a": NaN}', b"[" * 5000, b'"\\ud800"', b"{'a': 1}"]
)
def test_a_body_that_is_torn(api: Api, method: str, path: str, _: str, body: bytes) -> None:
    answer = api.ask(method, path, data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json["code"]) == (400, "bad.request")


@pytest.mark.parametrize(
    ("method", "path", "content_type", "size", "status"),
    [
        ("POST", SEGMENTS, "application/json", 3 << 20, 413),
        ("POST", SEGMENTS, "text/plain", 100_000, 415),
        ("PUT", SEGMENTS, "application/json", 100_000, 405),
        ("POST", "/api/v2/nothing", "application/json", 100_000, 404),
        ("GET", SEGMENTS, "application/json", 100_000, 200),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_left_unread_ends_the_connection_and_says_so(
    api: Api, method: str, path: str, content_type: str, size: int, status: int, chunked: bool
) -> None:
    body: Any = iter([b"x" * size]) if chunked else b"x" * size
    answer = api.ask(method, path, data=body, headers={"Content-Type": content_type})
    assert (answer.status, answer.headers["Connection"]) == (status, "close")
    assert api.get(SEGMENTS).headers["Connection"] == "keep-alive"


def test_a_short_body_left_unread_ends_nothing(api: Api) -> None:
    answer = api.ask("POST", SEGMENTS, data=b"x" * 1000, headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.headers["Connection"]) == (415, "keep-alive")


def test_an_unknown_entity_before_its_fields(api: Api) -> None:
    assert api.patch(f"{SEGMENTS}/{NOBODY}", {"color": "red", "version": 0}).status == 404


def test_fields_before_conflicts(api: Api) -> None:
    first, second = api.create(), api.create()
    wrong = {"displayName": first["displayName"], "version": 9, **journey(journey_pattern(count=0))}
    assert api.patch(second["selfUri"], wrong).status == 400
    assert api.patch(second["selfUri"], {**wrong, **journey(journey_pattern())}).status == 409


def test_head_is_get_without_a_body(api: Api) -> None:
    listing = api.get(SEGMENTS, {"segmentIds": api.create()["id"]})
    head = api.ask("HEAD", listing.json["selfUri"])
    assert (head.status, head.response.content) == (200, b"")
    assert head.headers["Content-Length"] == listing.headers["Content-Length"]
    assert head.headers["Content-Type"] == "application/json"
    gone = api.ask("HEAD", f"{SEGMENTS}/{NOBODY}")
    assert (gone.status, gone.response.content) == (404, b"")


def test_a_body_of_get_and_delete_is_of_no_account(api: Api) -> None:
    created = api.create()
    how = {"data": b"{", "headers": {"Content-Type": "text/plain"}}
    assert api.ask("GET", created["selfUri"], **how).status == 200
    assert api.ask("DELETE", created["selfUri"], **how).status == 204
    assert api.get(SEGMENTS).status == 200


def test_a_foreign_host_name(stranger: Api) -> None:
    answer = stranger.get(SEGMENTS, headers={"Host": "evil.example"})
    assert (answer.status, answer.json["code"]) == (400, "bad.request")


def test_every_answer_says_not_to_keep_it(api: Api, stranger: Api) -> None:
    for answer in (api.get(SEGMENTS), stranger.get(SEGMENTS), api.get(f"{SEGMENTS}/x")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_that_is_too_long(server: Program) -> None:
    """Refused by the HTTP layer already; a hundred ids, as both official clients write them, are far from it."""
    answer = requests.get(f"{server.url}{SEGMENTS}", params={"queryValue": "x" * 9000}, timeout=30)
    assert answer.status_code == 414
