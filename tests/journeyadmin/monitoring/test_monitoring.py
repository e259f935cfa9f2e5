"""Health, readiness, metrics and the page of the last calls."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.accounts.models import Connection
from journeyadmin.monitoring import calls, readiness
from journeyadmin.monitoring.models import ServiceCall
from journeyadmin.service import Call, Rate
from tests.journeyadmin.service.scripted import Reply, scripted
from tests.programs import Program, free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(server: Program) -> Connection:
    return Connection.objects.create(
        name="Shop", typed_login_url=server.url, typed_api_url=server.url, client_id="c"
    )


def call(**changes: Any) -> Call:
    facts: dict[str, Any] = {
        "method": "GET",
        "operation": "getJourneySegments",
        "path": "/api/v2/journey/segments",
        "status": 200,
        "milliseconds": 12,
        "tried": 1,
        "correlation_id": "c-1",
        "rate": None,
    }
    return Call(**{**facts, **changes})


def test_only_the_last_calls_are_kept(shop: Connection) -> None:
    note = calls.observer(shop)
    for number in range(200):
        note(call(milliseconds=number))
    assert [kept.milliseconds for kept in calls.last_calls(shop)] == list(range(199, 149, -1))
    assert ServiceCall.objects.count() < 50 + calls.SWEEP + 2


def test_the_gauge_is_the_newest_count_until_its_window_ends(shop: Connection) -> None:
    assert calls.rate(shop) is None
    calls.observer(shop)(call(rate=Rate(300, 12, 40)))
    calls.observer(shop)(call(status=0))
    found = calls.rate(shop)
    assert found is not None
    assert (found[0].allowed, found[0].used) == (300, 12)
    assert 38 <= found[1] <= 40


def test_the_page_shows_calls_without_queries_bodies_or_tokens(marketer: Browser) -> None:
    marketer.get("/accounts/permissions/")
    place = Connection.objects.get()
    calls.observer(place)(call(status=0, correlation_id="ConnectTimeout", rate=None))
    page = marketer.get("/service/").content.decode()
    assert "capabilities" in page
    assert "no answer" in page
    assert "Bearer" not in page


def test_a_call_of_another_day_says_its_day(marketer: Browser) -> None:
    marketer.get("/accounts/permissions/")
    note = calls.observer(Connection.objects.get())
    for operation in ("today", "earlier"):
        note(call(operation=operation))
    ServiceCall.objects.filter(operation="earlier").update(at=datetime(2026, 3, 9, 14, 2, 5, tzinfo=UTC))
    page = marketer.get("/service/").content.decode()
    times = [
        re.sub(r"\s+", " ", shown).strip() for shown in re.findall(r"<td[^>]*><time[^>]*>(.*?)</time>", page)
    ]
    assert times[0] == "9 Mar 14:02:05"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", times[1])


def test_ready_lists_each_part_with_its_time(client: Browser, shop: Connection) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "ok"
    assert told["store"]["status"] == told["tokens"]["status"] == told["services"]["Shop"]["status"] == "ok"
    assert all("ms" in part for part in (told["store"], told["tokens"], told["services"]["Shop"]))
    event_store = told["services"]["Shop"]["event_store"]
    assert event_store["status"] == "ok"
    assert isinstance(event_store["ms"], int)


def test_a_service_whose_event_store_fails_is_not_ready(client: Browser, shop: Connection) -> None:
    store = {"status": "ok", "ms": 1, "file": "/srv/marked"}
    events = {"status": "failed", "ms": 2000, "reason": "/srv/marked"}
    with scripted(Reply(503, {"status": "failed", "store": store, "events": events})) as script:
        Connection.objects.create(
            name="Ill", typed_login_url=script.url, typed_api_url=script.url, client_id="c"
        )
        answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    ill = answer.json()["services"]["Ill"]
    assert (ill["status"], ill["reason"]) == ("failed", "not ready")
    assert ill["event_store"] == {"status": "failed", "ms": 2000}
    assert "marked" not in answer.content.decode()


@pytest.mark.parametrize("body", [{}, [], {"events": 1}, {"events": {"status": "ok"}}])
def test_a_service_that_says_something_else_there_is_asked_as_before(
    client: Browser, shop: Connection, body: Any
) -> None:
    with scripted(Reply(200, body), Reply(401)) as script:
        Connection.objects.create(
            name="Other", typed_login_url=script.url, typed_api_url=script.url, client_id="c"
        )
        told = client.get("/readyz").json()
    assert told["services"]["Other"]["status"] == "ok"
    assert "event_store" not in told["services"]["Other"]


def test_a_service_that_is_down_degrades_and_a_slow_one_delays_nothing(
    client: Browser, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    Connection.objects.create(name="Down", typed_login_url=nowhere, typed_api_url=nowhere, client_id="c")
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 0.4)
    with scripted(Reply(401, delay=3)) as script:
        Connection.objects.create(
            name="Slow", typed_login_url=script.url, typed_api_url=script.url, client_id="c"
        )
        told = client.get("/readyz").json()
    assert told["status"] == "degraded"
    assert told["services"]["Down"]["reason"] == "no answer"
    # Given up at its own limit, not waited for.
    assert told["services"]["Slow"]["reason"] in ("no answer in time", "no answer")
    assert told["services"]["Shop"]["status"] == "ok"


def test_metrics_count_requests_and_calls(client: Browser, marketer: Browser, settings: Any) -> None:
    marketer.get("/accounts/permissions/")
    text = client.get("/metrics").content.decode()
    assert 'journeyadmin_request_seconds_count{method="GET",status="200",view="accounts:permissions"}' in text
    assert 'journeyadmin_service_seconds_count{operation="capabilities",status="200"}' in text
    settings.METRICS_TOKEN = "marked"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer marked"}).status_code == 200


def test_metrics_are_not_for_others(client: Browser) -> None:
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 403
