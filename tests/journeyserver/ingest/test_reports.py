"""Web events, action events, blocked offers and outcomes over HTTP, against a running server."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import cast, programs
from tests.programs import Program

DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
CHROME = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)


def moment(seconds: float = 0) -> str:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(customer: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "customerCookieId": customer or str(uuid.uuid4()),
        "eventName": "page_viewed",
        "page": {
            "url": "https://shop.example/basket?utm_source=news&utm_campaign=May%20sale#top",
            "title": "Basket",
        },
        "createdDate": moment(),
        "userAgentString": CHROME,
        **more,
    }


def post(server: Program, body: Any, what: str = "webevents", **headers: str) -> requests.Response:
    local = "/api/local/v1" if what in ("blockedevent", "outcomeevent") else "/api/v2/journey"
    return requests.post(
        f"{server.url}{local}/deployments/{DEPLOYMENT}/{what}", json=body, headers=headers, timeout=30
    )


def count(server: Program, metric: str, session_id: str, **more: Any) -> int:
    query = {
        "interval": f"{moment(-7200)}/{moment(7200)}",
        "metrics": [metric],
        "filter": {"type": "and", "predicates": [{"dimension": "journeySessionId", "value": session_id}]},
        **more,
    }
    answer = cast.api(server.url).post(
        f"{server.url}/api/v2/analytics/journeys/aggregates/query", json=query, timeout=30
    )
    assert answer.ok, answer.text
    results = answer.json()["results"]
    return sum(
        metrics["stats"]["count"] for row in results for part in row["data"] for metrics in part["metrics"]
    )


def test_an_event_is_answered_with_its_visit(server: Program) -> None:
    sent = event(referrerUrl="https://www.google.com/search?q=red+shoes", ipAddress="192.0.2.1")
    answer = post(server, sent).json()
    assert answer["page"]["pathname"] == "/basket"
    assert answer["page"]["queryString"] == "utm_source=news&utm_campaign=May%20sale"
    assert answer["page"]["fragment"] == "top"
    assert answer["mktCampaign"] == {"source": "news", "name": "May sale"}
    assert (answer["referrer"]["medium"], answer["referrer"]["keywords"]) == ("search", "red shoes")
    assert (answer["device"]["category"], answer["browser"]["family"]) == ("mobile", "Chrome")
    assert answer["authenticated"] is False
    session = answer["session"]
    assert (session["eventCount"], session["pageviewCount"], session["durationInSeconds"]) == (1, 1, 0)
    assert session["createdDate"] == sent["createdDate"]
    assert "192.0.2.1" not in str(answer)
    at = datetime.fromisoformat(sent["createdDate"]) + timedelta(seconds=60)
    later = event(sent["customerCookieId"], createdDate=at.isoformat(), eventName="product_viewed")
    session = post(server, later).json()["session"]
    assert (session["eventCount"], session["pageviewCount"], session["durationInSeconds"]) == (2, 1, 60)
    assert count(server, "nJourneySessions", session["id"]) == 1


def test_a_repeated_event_is_answered_as_before_and_not_stored_twice(server: Program) -> None:
    sent = event()
    first = post(server, sent).json()
    post(server, event(sent["customerCookieId"], createdDate=moment(10)))
    assert post(server, sent).json() == first
    session = post(server, event(sent["customerCookieId"], createdDate=moment(20))).json()["session"]
    assert session["eventCount"] == 3


def test_all_problems_are_told_at_once(server: Program) -> None:
    body = {
        "customerCookieId": "nobody",
        "eventName": "page viewed",
        "page": {"url": 5},
        "createdDate": "yesterday",
        "device": {"category": "watch"},
        "attributes": {"a b": {"dataType": "string", "value": "x"}, "c": {"dataType": "money", "value": 3}},
    }
    answer = post(server, body)
    assert answer.status_code == 400
    found = {row["fieldName"]: row["errorCode"] for row in answer.json()["details"]}
    assert found == {
        "customerCookieId": "invalid.format",
        "eventName": "invalid.format",
        "page.url": "invalid.type",
        "page.title": "missing.required",
        "createdDate": "invalid.format",
        "device.category": "invalid.enum",
        "device.type": "missing.required",
        "device.osFamily": "missing.required",
        "device.osVersion": "missing.required",
        "attributes.a b": "invalid.format",
        "attributes.c.dataType": "invalid.enum",
        "attributes.c.value": "invalid.type",
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("createdDate", -3700, "out.of.range"),
        ("createdDate", 400, "out.of.range"),
        ("createdDate", "2024-13-01T00:00:00Z", "invalid.format"),
        ("createdDate", "2024-05-01T00:00:00", "invalid.format"),
        ("eventName", "x" * 256, "invalid.length"),
        ("attributes", {f"a{n}": {"dataType": "string", "value": ""} for n in range(51)}, "invalid.length"),
    ],
    # Named by hand: a time in a name would differ between the processes that run the tests.
    ids=["too old", "in the future", "no such month", "no offset", "long name", "many attributes"],
)
def test_one_problem(server: Program, field: str, value: Any, code: str) -> None:
    # Seconds from now, and not from when the tests were collected.
    sent = moment(value) if isinstance(value, int) else value
    details = post(server, event(**{field: sent})).json()["details"]
    assert [(row["fieldName"], row["errorCode"]) for row in details] == [(field, code)]


def test_an_offset_is_an_offset(server: Program) -> None:
    at = datetime.now(UTC).replace(microsecond=123000)
    local = (
        (at + timedelta(hours=5, minutes=30)).isoformat(timespec="milliseconds").replace("+00:00", "+05:30")
    )
    answer = post(server, event(createdDate=local)).json()
    assert answer["createdDate"] == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_an_unknown_deployment_and_another_method(server: Program) -> None:
    for deployment in (str(uuid.uuid4()), "nonsense", DEPLOYMENT.replace("-", "")):
        url = f"{server.url}/api/v2/journey/deployments/{deployment}/webevents"
        assert requests.post(url, json=event(), timeout=30).status_code == 404
    url = f"{server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
    refused = requests.get(url, timeout=30)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS, POST")
    assert (
        requests.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=30).status_code
        == 400
    )
    assert (
        requests.post(url, data="{}", headers={"Content-Type": "text/plain"}, timeout=30).status_code == 415
    )
    assert requests.post(url, timeout=30).status_code == 400


def report(server: Program, session_id: str, action_id: str, state: str, **more: Any) -> requests.Response:
    return post(
        server, {"sessionId": session_id, "actionId": action_id, "actionState": state, **more}, "actionevent"
    )


def test_an_action_goes_through_its_life_and_refuses_what_cannot_be(server: Program) -> None:
    session_id = post(server, event()).json()["session"]["id"]
    action, action_map = str(uuid.uuid4()), str(uuid.uuid4())
    assert report(server, session_id, action, "offered").status_code == 409
    about = {"actionMapId": action_map, "actionMapVersion": 3, "actionMediaType": "webMessagingOffer"}
    first = report(server, session_id, action, "qualified", **about, createdDate=None)
    assert (first.status_code, first.content) == (204, b"")
    assert report(server, str(uuid.uuid4()), action, "offered").status_code == 404
    for state in ("offered", "offered", "accepted", "started", "abandoned"):
        assert report(server, session_id, action, state).status_code == 204
    refused = report(server, session_id, action, "engaged")
    assert (refused.status_code, refused.json()["code"]) == (409, "general.conflict")
    assert "abandoned" in refused.json()["message"]
    for metric in (
        "nWebActionsQualified",
        "nWebActionsOffered",
        "nWebActionsAbandoned",
        "nDistinctJourneyActions",
    ):
        assert count(server, metric, session_id, groupBy=["journeyActionMapId"]) == 1
    assert count(server, "nWebActionsEngaged", session_id) == 0
    # Only where an agent joins does anything start.
    flow = str(uuid.uuid4())
    for state in ("qualified", "accepted"):
        assert report(server, session_id, flow, state, actionMediaType="integrationAction").status_code == 204
    assert report(server, session_id, flow, "started").status_code == 409
    assert report(server, str(uuid.uuid4()), str(uuid.uuid4()), "qualified").status_code == 404
    wrong = report(server, "x", action, "celebrated").json()["details"]
    assert {row["fieldName"] for row in wrong} == {"sessionId", "actionState"}


def test_blocked_offers_and_outcomes(server: Program) -> None:
    customer = str(uuid.uuid4())
    session_id = post(server, event(customer)).json()["session"]["id"]
    action = str(uuid.uuid4())
    blocked = {
        "sessionId": session_id,
        "actionId": action,
        "blockingReason": "PageUrlConditionsNotMatching",
        "equalCondition": ["/a", "/b"],
        "createdDate": moment(1),
    }
    assert post(server, blocked, "blockedevent").status_code == 204
    assert post(server, blocked, "blockedevent").status_code == 204
    assert post(server, {**blocked, "createdDate": moment(2)}, "blockedevent").status_code == 204
    outcome = {
        "customerCookieId": customer,
        "outcomeId": str(uuid.uuid4()),
        "value": 12.5,
        "createdDate": moment(1),
    }
    assert post(server, outcome, "outcomeevent").status_code == 204
    assert count(server, "nJourneyActionsBlocked", session_id) == 2
    assert count(server, "nJourneyActionsBlocked", session_id, groupBy=["equalCondition"]) == 4
    assert count(server, "nJourneyOutcomesAchieved", session_id) == 1
    nobody = {"sessionId": None, "customerCookieId": None, "blockingReason": "Mood", "equalCondition": ["\0"]}
    wrong = post(server, nobody, "blockedevent").json()["details"]
    assert {row["fieldName"] for row in wrong} == {
        "blockingReason",
        "actionId",
        "sessionId",
        "equalCondition",
    }
    wrong = post(server, {"blockingReason": "Mood"}, "blockedevent").json()["details"]
    assert {row["fieldName"] for row in wrong} == {"blockingReason", "actionId", "sessionId"}


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server whose deployment names its origins and takes three reports a minute of one customer."""
    folder: Path = tmp_path_factory.mktemp("strict")
    done = programs.run_journeyserver(folder, "seed", "--origin", "https://shop.example")
    assert done.returncode == 0, done.stderr
    with programs.journeyserver(folder, seed=False, JOURNEYSERVER_COOKIE_RATE_LIMIT="3") as running:
        yield running


def test_origins_are_held_to_the_allow_list(strict_server: Program) -> None:
    good = post(strict_server, event(), Origin="https://shop.example")
    assert good.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert post(strict_server, event()).status_code == 200
    bad = post(strict_server, event(), Origin="https://evil.example")
    assert (bad.status_code, bad.headers.get("Access-Control-Allow-Origin")) == (403, None)
    readable = post(strict_server, {}, Origin="https://shop.example")
    assert (readable.status_code, readable.headers["Access-Control-Allow-Origin"]) == (
        400,
        "https://shop.example",
    )
    url = f"{strict_server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    preflight = requests.options(url, headers=asked, timeout=30)
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Methods"]) == (204, "POST")
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert (
        requests.options(url, headers={**asked, "Origin": "https://evil.example"}, timeout=30).status_code
        == 403
    )


def test_one_customer_may_report_only_so_often(strict_server: Program) -> None:
    customer = str(uuid.uuid4())
    answers = [post(strict_server, event(customer, createdDate=moment(n))) for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["inin-ratelimit-count"] for answer in answers] == ["1", "2", "3", "4"]
    assert int(answers[-1].headers["Retry-After"]) in range(1, 61)
    assert post(strict_server, event()).status_code == 200
