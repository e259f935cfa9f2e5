"""One setting, another engine: a server on ClickHouse answers what the one on DuckDB answered, and takes events in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import cast, programs
from tests.journeyserver.engine import engines
from tests.journeyserver.ingest.test_reports import event, post
from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import Stocked
from tests.journeyserver.local.stock import CARTS
from tests.journeyserver.local.test_preview import DEFINITIONS, text, window_of

pytestmark = pytest.mark.skipif(not engines.HAS_CHDB, reason="chdb, ClickHouse in process, is not installed")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Stocked, dict[str, Any]]]:
    """A data folder that was moved to ClickHouse, the server that runs on it, and what DuckDB had answered."""
    folder = tmp_path_factory.mktemp("moved")
    now, address = datetime.now(UTC), f"chdb:{folder / 'clickhouse'}"
    assert programs.run_journeyserver(folder, "seed").returncode == 0
    rows = stock.visits(now)
    stock.fill(folder, rows)
    with programs.journeyserver(folder, seed=False) as running:
        before = answers(Stocked(running, rows, now))
        told = programs.run_journeyserver(folder, "move-engine", address)
        assert (told.returncode, "Stop it" in told.stderr) == (1, True)
    told = programs.run_journeyserver(folder, "move-engine", address)
    assert told.returncode == 0, told.stderr
    assert "20 questions have the same answers" in told.stdout
    with programs.journeyserver(folder, seed=False, JOURNEYSERVER_ENGINE=address) as running:
        yield folder, Stocked(running, rows, now), before


def answers(server: Stocked) -> dict[str, Any]:
    """What a person is shown, without what is new each time: handles and how long it took."""
    start, end = window_of(server)
    interval = f"{text(start)}/{text(end)}"
    found: dict[str, Any] = {}
    for name, definition in DEFINITIONS.items():
        told = server.ask("/preview", {**definition, "interval": interval}).json()
        found[f"preview {name}"] = {
            part: told.get(part)
            for part in ("state", "unit", "window", "matched", "steps", "days", "zero", "sampled")
        }
        found[f"samples {name}"] = sorted((one["started"], one["matched"]) for one in told["samples"])
    for key, more in (
        ("page.pathname", {"text": "PRODUCT"}),
        ("attributes", {}),
        ("attributes.price.value", {"limit": 3}),
        ("geolocation.country", {"side": "context"}),
    ):
        found[f"suggest {key}"] = server.ask("/suggest", key=key, **more).json()
    overlap = server.ask("/overlap", {**CARTS, "interval": interval}).json()
    found["overlap"] = overlap["matched"], overlap["segments"]
    curve = server.ask(f"/actiontargets/{stock.TARGET}/curve", days=30).json()
    found["curve"] = {part: told for part, told in curve.items() if part != "interval"}
    session = str(server.visits[0].id)
    told = server.ask("/explain", {**CARTS, "session": session}).json()
    found["explain"] = {
        part: told[part] for part in ("matched", "context", "journey", "failed", "events", "values")
    }
    told = server.ask("/data", username="admin").json()
    found["data"] = {
        part: told[part]
        for part in ("events", "sessions", "customers", "facts", "refused", "imports", "first", "last")
    }
    question = {
        "interval": interval,
        "granularity": "P1D",
        "metrics": ["nJourneySessions", "nDistinctJourneySessions", "nJourneySegmentsAssigned"],
        "groupBy": ["journeyDeviceCategory"],
    }
    asked = cast.api(server.url, "marketer").post(
        f"{server.url}/api/v2/analytics/journeys/aggregates/query", json=question, timeout=30
    )
    found["aggregates"] = asked.json()["results"]
    return found


def test_every_answer_is_the_same(stores: tuple[Path, Stocked, dict[str, Any]]) -> None:
    _, moved, before = stores
    after = answers(moved)
    for name, told in before.items():
        assert after[name] == told, name
    assert moved.ask("/data", username="admin").json()["engine"] == "clickhouse"
    assert moved.ask("/data", username="admin").json()["bytes"] > 0


def test_events_are_taken_in_once_and_a_backup_holds_them(
    stores: tuple[Path, Stocked, dict[str, Any]], tmp_path: Path
) -> None:
    folder, moved, before = stores
    sent = event(createdDate=datetime.now(UTC).isoformat())
    first, again = (post(moved.program, sent) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["session"]["id"] == again.json()["session"]["id"]
    now = moved.ask("/data", username="admin").json()
    assert now["events"] == before["data"]["events"] + 1
    told = programs.run_journeyserver(
        folder, "backup", str(tmp_path / "backup.tar"), JOURNEYSERVER_ENGINE=f"chdb:{folder / 'clickhouse'}"
    )
    assert told.returncode == 0, told.stderr
    assert f"{now['events']:,} events" in told.stdout
    told = programs.run_journeyserver(
        tmp_path, "restore", str(tmp_path / "backup.tar"), JOURNEYSERVER_ENGINE="chdb:"
    )
    assert (told.returncode, "restored into DuckDB" in told.stderr) == (1, True)
