"""Asking the Journey server over HTTP; every answer that is not success must have the one error shape."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

import requests

from tests import cast

SEGMENTS = "/api/v2/journey/segments"
TARGETS = "/api/v2/journey/actiontargets"
QUERY = "/api/v2/analytics/journeys/aggregates/query"
TARGET_IDS = [f"7a6e0000-0000-4000-8000-{number:012d}" for number in range(1, 7)]

CODES = {
    400: {"bad.request", "invalid.value", "invalid.date"},
    401: {"authentication.required", "bad.credentials"},
    403: {"missing.permissions", "missing.any.permissions", "not.authorized"},
    404: {"not.found"},
    405: {"method.not.allowed"},
    408: {"request.timeout"},
    409: {"general.conflict", "limit.exceeded"},
    413: {"request.entity.too.large"},
    415: {"unsupported.media.type"},
    429: {"too.many.requests"},
    501: {"not.implemented"},
}
DETAIL_CODES = {
    "missing.required",
    "invalid.type",
    "invalid.enum",
    "invalid.length",
    "invalid.format",
    "out.of.range",
    "not.allowed",
    "not.unique",
}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Answer:
    """An answer: its status, its JSON where it has any, and, for an error, which fields are wrong and how."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.json: Any = response.json() if response.content else None

    @property
    def wrong(self) -> set[tuple[str, str]]:
        return {(detail["fieldName"], detail["errorCode"]) for detail in self.json["details"]}


class Api:
    """One client of the server, with a token of somebody's or without."""

    def __init__(self, url: str, session: requests.Session | None = None) -> None:
        self.url = url
        self.session = session or requests.Session()

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        answer = Answer(self.session.request(method, self.url + path, timeout=30, **how))
        assert answer.headers["inin-correlation-id"]
        if answer.status >= 400 and method != "HEAD":
            assert_error_shape(answer)
        return answer

    def get(self, path: str, params: Any = None, **how: Any) -> Answer:
        return self.ask("GET", path, params=params, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> Answer:
        return self.ask("POST", path, json=body, **how)

    def patch(self, path: str, body: Any = None, **how: Any) -> Answer:
        return self.ask("PATCH", path, json=body, **how)

    def delete(self, path: str, **how: Any) -> Answer:
        return self.ask("DELETE", path, **how)

    def create(self, **fields: Any) -> dict[str, Any]:
        """A segment of this test's own, under a name nobody else uses unless one is given."""
        answer = self.post(SEGMENTS, {"displayName": unique(), **fields})
        assert answer.status == 200, answer.json
        created: dict[str, Any] = answer.json
        return created


def as_person(url: str, username: str | None) -> Api:
    """A client with the token of a person of the cast, or of the demo's service client."""
    return Api(url, cast.api(url, username))


def assert_error_shape(answer: Answer) -> None:
    """§7: the one shape of every error, its code one of its status, its id the request's."""
    body = answer.json
    assert answer.headers["Content-Type"] == "application/json"
    assert body["status"] == answer.status
    assert body["code"] in CODES[answer.status], body
    assert isinstance(body["message"], str)
    assert body["message"]
    assert body["contextId"] == answer.headers["inin-correlation-id"]
    assert uuid.UUID(body["contextId"])
    assert isinstance(body["messageParams"], dict)
    assert all(isinstance(value, str) for value in body["messageParams"].values())
    assert body["errors"] == []
    for detail in body["details"]:
        assert set(detail) == {"errorCode", "fieldName"}
        assert detail["errorCode"] in DETAIL_CODES
    if "limit" in body:
        assert set(body["limit"]) == {"key", "namespace", "value"}
        assert isinstance(body["limit"]["value"], int)
    assert "Traceback" not in answer.response.text
    known = {
        "message",
        "code",
        "status",
        "messageParams",
        "contextId",
        "details",
        "errors",
        "limit",
        "entityId",
    }
    assert set(body) <= known


def unique(prefix: str = "Segment") -> str:
    return f"{prefix} {uuid.uuid4()}"


def context_pattern(**changes: Any) -> dict[str, Any]:
    """One context pattern with one criterion; a change to None leaves the field out."""
    return {"criteria": [_without_none({**_CONTEXT, **changes})]}


def journey_pattern(criterion: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One journey pattern with one criterion; a change to None leaves the field out."""
    clean = _without_none({**_CRITERION, **(criterion or {})})
    return _without_none({"criteria": [clean], **_PATTERN, **changes})


_CONTEXT = {
    "key": "device.category",
    "values": ["mobile"],
    "shouldIgnoreCase": True,
    "operator": "equal",
    "entityType": "visit",
}
_CRITERION = {
    "key": "page.pathname",
    "values": ["/cart"],
    "shouldIgnoreCase": False,
    "operator": "startsWith",
}
_PATTERN = {"count": 1, "streamType": "Web", "sessionType": "web"}


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def context(*patterns: dict[str, Any]) -> dict[str, Any]:
    return {"context": {"patterns": list(patterns)}}


def journey(*patterns: dict[str, Any]) -> dict[str, Any]:
    return {"journey": {"patterns": list(patterns)}}


def names(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["displayName"] for row in rows]
