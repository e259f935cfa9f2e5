"""Aggregate queries side by side: places per person, stopping one by its id, a time limit, and events coming in meanwhile."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from journeyserver.engine.backends.duckdb import open_backend
from tests import cast, programs
from tests.programs import Program

DEPLOYMENT = "00000000-0000-4000-8000-000000000001"
# Millions of facts, all of whose sessions are counted apart in thousands of buckets: this takes seconds.
FACTS = 2_000_000
SLOW: dict[str, Any] = {
    "interval": "2024-05-01T00:00:00Z/2024-06-01T00:00:00Z",
    "granularity": "PT5M",
    "metrics": ["nDistinctJourneySessions"],
    "groupBy": ["journeyDeviceType", "journeyDeviceCategory"],
}
# The same with a group for every session, a few metrics apart: longer than a second on any machine.
LONGER: dict[str, Any] = {
    **SLOW,
    "metrics": ["nDistinctJourneySessions", "nDistinctJourneyActions", "nJourneySessions"],
    "groupBy": ["journeySessionId", *SLOW["groupBy"]],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose warehouse is large enough for queries to be slow."""
    made = tmp_path_factory.mktemp("queries")
    done = programs.run_journeyserver(made, "seed")
    assert done.returncode == 0, done.stderr
    backend = open_backend(made / "journeyserver.duckdb")
    with backend.transaction() as writer:
        writer.execute(
            "INSERT INTO facts BY NAME SELECT 'session_started' AS kind, uuid() AS journey_session_id, "
            "TIMESTAMP '2024-05-01' + to_seconds(i % 2600000) AS ts, 'type ' || (i % 9) AS journey_device_type, "
            f"'category ' || (i % 7) AS journey_device_category FROM range({FACTS}) AS numbers(i)"
        )
    backend.close()
    return made


@pytest.fixture(scope="module")
def busy(folder: Path) -> Iterator[Program]:
    with programs.journeyserver(folder, seed=False) as running:
        yield running


def ask(server: Program, body: dict[str, Any] = SLOW, **headers: str) -> requests.Response:
    url = f"{server.url}/api/v2/analytics/journeys/aggregates/query"
    return cast.api(server.url).post(url, json=body, headers=headers, timeout=120)


def send_event(server: Program) -> None:
    body = {
        "customerCookieId": str(uuid.uuid4()),
        "eventName": "page_viewed",
        "page": {"url": "https://shop.example/", "title": "Home"},
        "createdDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    answer = requests.post(
        f"{server.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents", json=body, timeout=60
    )
    assert answer.status_code == 200, answer.text


def test_a_long_answer_comes_whole_and_its_connection_stays(busy: Program) -> None:
    """Megabytes are put together while they are sent, of a length that is said before."""
    url = f"{busy.url}/api/v2/analytics/journeys/aggregates/query"
    body = {
        **SLOW,
        "interval": "2024-05-02T00:00:00Z/2024-05-04T00:00:00Z",
        "metrics": ["nJourneySessions"],
    }
    session = cast.api(busy.url)
    for _ in range(2):
        answer = session.post(url, json=body, timeout=120)
        assert "Transfer-Encoding" not in answer.headers
        assert int(answer.headers["Content-Length"]) == len(answer.content) > 2**21
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        cells = [cell for result in answer.json()["results"] for cell in result["data"]]
        # A fact a second.
        assert sum(cell["metrics"][0]["stats"]["count"] for cell in cells) == 2 * 86_400


@pytest.mark.parametrize(
    ("days", "metrics", "cells"),
    [
        # A fact a second, each of a session of its own.
        (2, ["nJourneySessions", "nDistinctJourneySessions"], {"cells": str(2 * 2 * 86_400)}),
        # More rows than there may be cells are not read to be counted.
        (3, ["nJourneySessions"], {}),
    ],
)
def test_too_many_cells_are_told_in_numbers(
    busy: Program, days: int, metrics: list[str], cells: dict[str, str]
) -> None:
    interval = f"2024-05-02T00:00:00Z/2024-05-0{2 + days}T00:00:00Z"
    asked = {"interval": interval, "metrics": metrics, "groupBy": ["journeySessionId"]}
    answer = ask(busy, {**SLOW, **asked})
    assert answer.status_code == 413
    assert answer.json()["messageParams"] == {"allowed": "200000", **cells}


def test_a_person_has_a_few_places_and_events_come_in_meanwhile(busy: Program) -> None:
    cast.service_token(busy.url)
    # The first one waits for what is read once, and for the roll-ups of all that is here.
    send_event(busy)
    send_event(busy)
    with ThreadPoolExecutor(7) as pool:
        asked = [pool.submit(ask, busy, LONGER) for _ in range(7)]
        deadline = time.monotonic() + 30
        while sum(future.done() for future in asked) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        send_event(busy)
        assert not all(future.done() for future in asked)
        answers = [future.result() for future in asked]
    refused = [answer for answer in answers if answer.status_code == 429]
    # Three run, two wait for as long as ten seconds; whoever came on top of them was refused at once.
    assert len(refused) >= 2
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert refused[0].json()["limit"]["value"] == 3
    assert all(answer.status_code in (200, 413) for answer in answers if answer not in refused)
    assert ask(busy, {**SLOW, "groupBy": [], "granularity": "P1D"}).status_code == 200


def test_a_query_is_stopped_by_its_id_by_whoever_asked_it(busy: Program) -> None:
    name = str(uuid.uuid4())
    url = f"{busy.url}/api/local/v1/queries/{name}"
    others = cast.api(busy.url, "analyst")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, busy, LONGER, **{"Journeyserver-Query-Id": name})
        deadline = time.monotonic() + 20
        while not asked.done() and cast.api(busy.url).delete(url, timeout=30).status_code != 204:
            # To another person there is no such query.
            assert others.delete(url, timeout=30).status_code == 404
            assert time.monotonic() < deadline
        stopped = asked.result()
    assert (stopped.status_code, stopped.json()["code"]) == (504, "request.timeout")
    assert cast.api(busy.url).delete(url, timeout=30).status_code == 404


def test_a_query_has_a_time_limit(busy: Program, folder: Path) -> None:
    busy.process.terminate()
    busy.process.wait(40)
    with programs.journeyserver(folder, seed=False, JOURNEYSERVER_QUERY_SECONDS="1") as hasty:
        answer = ask(hasty, LONGER)
        assert answer.status_code == 504, answer.text
        assert "longer than 1 s " in answer.json()["message"]
