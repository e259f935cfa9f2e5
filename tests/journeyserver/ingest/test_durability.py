"""kill -9 at random moments: what was answered with success is there exactly once, and an interrupted import goes on."""

import random
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from journeyserver.engine.backends import open_engine
from tests import programs
from tests.journeyserver.engine import engines
from tests.journeyserver.ingest import durable
from tests.journeyserver.ingest.test_batches import read, stored
from tests.journeyserver.ingest.test_reports import DEPLOYMENT, event

# Kills in each test; the moments differ from run to run, and the seed is told where a test fails.
KILLS = 8


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.journeyserver.ingest.durable", *arguments],
        cwd=programs.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told_until_killed(process: subprocess.Popen[str], lines: int, pause: float) -> list[str]:
    """The lines that it printed until it was killed, a moment after some of them."""
    assert process.stdout is not None
    assert process.stderr is not None
    found = [process.stdout.readline() for _ in range(lines)]
    time.sleep(pause)
    process.kill()
    found += process.stdout.readlines()
    process.wait()
    told = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert "Traceback" not in told, told
    # A line that was cut off is no answer.
    return [line.removesuffix("\n") for line in found if line.endswith("\n")]


def consistent(address: str) -> dict[str, Any]:
    """The warehouse after the last kill: its parts agree with one another."""
    backend = open_engine(address, durable.NOWHERE)
    try:
        found = stored(backend)
        counted = read(
            backend,
            "SELECT (SELECT count(DISTINCT event_id) FROM events) AS ids, (SELECT sum(event_count) FROM sessions) AS counted, "
            "(SELECT count(*) FROM facts WHERE kind = 'session_started') AS begun, (SELECT count(*) FROM sessions) AS visits, "
            "(SELECT count(*) FROM facts WHERE kind = 'segment_assigned') AS earned, (SELECT count(*) FROM assignments) AS held, "
            "(SELECT count(*) FROM events WHERE session_id IN (SELECT session_id FROM sessions)) AS placed",
        )[0]
    finally:
        backend.close()
    events = len(found["events"])
    assert counted["ids"] == counted["counted"] == counted["placed"] == events
    assert counted["begun"] == counted["visits"]
    assert counted["earned"] == counted["held"]
    return found


# Another engine takes longer to start, and says less that is new: its transactions are cut off one by one elsewhere.
PLACES = [
    pytest.param("duckdb", KILLS, id="duckdb"),
    pytest.param(
        "chdb",
        3,
        id="clickhouse",
        marks=pytest.mark.skipif(
            not engines.HAS_CHDB, reason="chdb, ClickHouse in process, is not installed"
        ),
    ),
]


@pytest.mark.parametrize(("engine", "kills"), PLACES)
def test_what_was_answered_is_there_once_also_when_it_is_sent_again(
    engine: str, kills: int, tmp_path: Path
) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    place = f"{engine}:{tmp_path / 'warehouse'}"
    answered: set[int] = set()
    first = 0
    for _ in range(kills):
        process = start("live", place, str(first))
        answered |= set(map(int, told_until_killed(process, chance.randrange(1, 40), chance.random() / 10)))
        # Behind those that were answered lie some that were not; all of them, and some of the answered ones, come again.
        first = max(0, max(answered) - chance.randrange(30))
    found = consistent(place)
    by_id = {}
    for number in range(max(answered) + 40):
        sent = durable.row(number)
        by_id[str(_id(sent))] = number
    there = [by_id[event_id] for event_id, _ in found["events"]]
    assert len(there) == len(set(there)), seed
    assert answered <= set(there), (seed, sorted(answered - set(there)))


def _id(sent: dict[str, Any]) -> uuid.UUID:
    from journeyserver.ingest.identity import event_id

    return event_id(sent["customer_id"], sent["event_name"], sent["ts"], sent["page_url"])


def test_an_import_that_is_killed_goes_on_and_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    place = f"duckdb:{tmp_path / 'journeyserver.duckdb'}"
    kills = 0
    while kills < KILLS:
        told = told_until_killed(start("import", place), chance.randrange(1, 4), chance.random() / 10)
        if "done" in told:
            break
        kills += 1
    assert kills, "it was never killed"
    last = start("import", place)
    assert last.communicate(timeout=100)[0].endswith("done\n"), seed
    whole = f"duckdb:{tmp_path / 'whole.duckdb'}"
    assert start("import", whole).communicate(timeout=100)[0].endswith("done\n")
    found, wanted = consistent(place), consistent(whole)
    assert len(found["events"]) == durable.ROWS
    for name in wanted:
        assert found[name] == wanted[name], (seed, name)


def test_the_server_is_killed_while_it_answers(tmp_path: Path) -> None:
    """Once through everything: HTTP, the server's threads, its start after the kill."""
    sent: list[dict[str, Any]] = []
    answered: list[dict[str, Any]] = []

    def send(url: str) -> None:
        session = requests.Session()
        while True:
            body = event(createdDate=datetime.now(UTC).isoformat())
            sent.append(body)
            try:
                if session.post(
                    f"{url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents", json=body, timeout=30
                ).ok:
                    answered.append(body)
            except requests.RequestException:
                return

    with programs.journeyserver(tmp_path, JOURNEYSERVER_COOKIE_RATE_LIMIT="0") as running:
        senders = [Thread(target=send, args=(running.url,)) for _ in range(4)]
        for sender in senders:
            sender.start()
        while len(answered) < 20:
            time.sleep(0.01)
        running.kill()
        for sender in senders:
            sender.join()
    with programs.journeyserver(tmp_path, seed=False, JOURNEYSERVER_COOKIE_RATE_LIMIT="0") as running:
        for body in sent:
            url = f"{running.url}/api/v2/journey/deployments/{DEPLOYMENT}/webevents"
            assert requests.post(url, json=body, timeout=30).status_code == 200
    found = consistent(f"duckdb:{tmp_path / 'journeyserver.duckdb'}")
    assert len(found["events"]) == len(sent) >= len(answered)
