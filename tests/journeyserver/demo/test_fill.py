"""The `generate` command, to its end and cut short, against what the pure month says it must hold."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import requests

from journeyserver.demo import rhythm
from journeyserver.demo.month import Month
from journeyserver.demo.offers import Target
from journeyserver.demo.segments import SEGMENTS
from journeyserver.engine.backends.duckdb import open_backend
from tests import cast, programs

ARGUMENTS = ("generate", "--sessions", "400", "--days", "12")


def ask(folder: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(folder / "journeyserver.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def kept(folder: Path) -> dict:
    return json.loads(ask(folder, "SELECT value FROM settings WHERE name = 'generated'")[0][0])


def month_of(folder: Path) -> tuple[Month, range]:
    """The month in this folder by the pure generator, and the numbers of its hours so far."""
    shop = kept(folder)
    levels = ((0.8, 20), (0.9, 15), (0.8, 45), (0.75, 60), (0.95, 10), (0.7, 120))
    targets = {number: Target("-", *level) for number, level in enumerate(levels, start=1)}
    offset = timedelta(seconds=shop["offset_seconds"])
    month = Month(shop["seed"], shop["per_hour"], shop["first_hour"], offset, targets)
    return month, range(shop["first_hour"], shop["last_hour"] + 1)


def expected(folder: Path) -> Counter:
    """Rows of each kind that the month in this folder must have left."""
    month, hours = month_of(folder)
    end = month.begins(hours.stop)
    counted: Counter = Counter()
    for hour in hours:
        rows = month.hour(hour)
        for kind in ("events", "actions", "blocks", "outcomes"):
            counted[kind] += sum(row["ts"] < end for row in getattr(rows, kind))
        counted["completed"] += sum(
            row["action_state"] == "completed" and row["ts"] < end for row in rows.actions
        )
    return counted


def assert_whole(folder: Path, at_least: int = 1500) -> None:
    """Everything is there once, and nothing else."""
    wanted = expected(folder)
    assert wanted["events"] > at_least
    ((events, different),) = ask(folder, "SELECT count(*), count(DISTINCT event_id) FROM events")
    assert events == different == wanted["events"]
    facts = dict(ask(folder, "SELECT CAST(kind AS VARCHAR), count(*) FROM facts GROUP BY 1"))
    actions = sum(
        number for kind, number in facts.items() if kind.startswith("action_") and kind != "action_blocked"
    )
    assert actions == wanted["actions"] - wanted["completed"]
    assert facts["action_blocked"] == wanted["blocks"]
    assert facts["outcome_achieved"] + facts.get("outcome_attributed", 0) == wanted["outcomes"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    done = programs.run_journeyserver(folder, *ARGUMENTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("100%")
    return folder


def test_the_month_is_taken_in_whole(filled):
    assert_whole(filled)


def test_a_second_time_adds_nothing(filled):
    before = ask(filled, "SELECT count(*) FROM events")
    done = programs.run_journeyserver(filled, *ARGUMENTS)
    assert (done.returncode, done.stdout) == (0, "The generated shop is there already.\n")
    assert ask(filled, "SELECT count(*) FROM events") == before


def test_segments_are_assigned_and_the_paused_one_only_until_then(filled):
    by_segment = dict(ask(filled, "SELECT segment_id, count(*) FROM assignments GROUP BY 1"))
    names = {made.id: made.body["displayName"] for made in SEGMENTS}
    found = {names[key] for key in by_segment}
    assert {"Comparing products", "Readers of the letter", "Thinking of sending something back"} <= found
    assert not {"Trail week visitors", "High spenders, gone quiet"} & found
    paused = next(made for made in SEGMENTS if made.paused)
    ((last, end),) = ask(
        filled,
        f"SELECT max(ts) FILTER (WHERE segment_id = '{paused.id}'), (SELECT max(ts) FROM events) FROM assignments",
    )
    assert last is None or (end - last).days >= paused.changed_days_ago - 1


def test_the_month_ends_just_now(filled):
    """Its newest event is as old as the hour is quiet."""
    ((received, newest),) = ask(filled, "SELECT epoch(max(received)), epoch(max(ts)) FROM events")
    month, hours = month_of(filled)
    end = month.begins(hours.stop)
    assert 0 <= received - end.timestamp() < 600
    events = [row["ts"] for hour in hours for row in month.hour(hour).events if row["ts"] < end]
    assert newest == pytest.approx(max(events).timestamp(), abs=0.001)


def test_cut_short_it_goes_on_where_it_stopped(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "journeyserver", "generate", "--sessions", "900", "--days", "20"],
        cwd=programs.ROOT,
        env=programs.environment(folder),
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    log = folder / "journeyserver.duckdb.wal"
    while not (log.exists() and log.stat().st_size > 200_000) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    stopped = kept(folder)
    assert stopped["done_hour"] < stopped["last_hour"]
    done = programs.run_journeyserver(folder, *ARGUMENTS)
    assert done.returncode == 0, done.stderr
    assert kept(folder)["per_hour"] == stopped["per_hour"]
    assert_whole(folder)


def begun(folder: Path, per_hour: float, offset_seconds: float = 0.0, **ago: int) -> int:
    """A warehouse that knows which shop it holds, as a fill leaves it; its hours are so long `ago`. The present hour."""
    hour = int(time.time()) // 3600
    shop = {"seed": 7, "per_hour": per_hour, "offset_seconds": offset_seconds}
    shop |= {f"{name}_hour": hour - hours for name, hours in ago.items()}
    backend = open_backend(folder / "journeyserver.duckdb")
    with backend.transaction() as writer:
        writer.execute("INSERT INTO settings VALUES ('generated', ?)", [json.dumps(shop)])
    backend.close()
    return hour


def busy(visits: float, *hours_ago: int) -> float:
    """So many visits an hour for a weight of 1 that the quietest of these hours has about `visits`, at night too."""
    present = int(time.time()) // 3600
    return visits / min(rhythm.weight(present - ago) for ago in hours_ago)


def test_a_busy_shop_begins_with_its_first_visit(tmp_path):
    """So busy that somebody would have been in it before, and everything counts that was cut off."""
    begun(tmp_path, busy(300, 2, 3), first=3, pause=4, last=2, done=4)
    done = programs.run_journeyserver(tmp_path, "generate")
    assert done.returncode == 0, done.stderr
    assert_whole(tmp_path)


def test_opened_again_later_it_has_what_happened_since(tmp_path):
    hour = begun(tmp_path, 2.0, 60.0, first=100, pause=70, last=30, done=101)
    for last_hour in (hour - 30, hour - 1):
        done = programs.run_journeyserver(tmp_path, "generate")
        assert done.returncode == 0, done.stderr
        assert kept(tmp_path)["last_hour"] in (last_hour, last_hour + 1)
    assert_whole(tmp_path, at_least=600)


def test_five_hundred_segments(tmp_path):
    done = programs.run_journeyserver(tmp_path, "generate", "--segments", "600")
    assert (done.returncode, done.stdout) == (0, "500 segments were added.\n")
    done = programs.run_journeyserver(tmp_path, "generate", "--segments", "600")
    assert done.stdout == "0 segments were added.\n"


def test_the_server_says_that_its_data_is_generated(filled, tmp_path):
    with programs.journeyserver(filled, seed=False) as running:
        announced = requests.get(f"{running.url}/api/local/v1/capabilities", timeout=10).json()
        assert announced["data"] == {"generated": True}
        # It owns the file of events, and whoever comes second is told so.
        done = programs.run_journeyserver(filled, *ARGUMENTS)
        assert done.returncode == 1
        assert done.stderr.startswith("journeyserver: ")
        assert "is in use by another process" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    with programs.journeyserver(tmp_path) as running:
        announced = requests.get(f"{running.url}/api/local/v1/capabilities", timeout=10).json()
        assert announced["data"] == {"generated": False}


def test_the_shop_stays_open_while_the_server_runs(tmp_path):
    # Closed an hour and a little ago, and busy enough that somebody comes within seconds.
    begun(tmp_path, busy(400, 0, 1, 2), time.time() % 3600 - 3640, first=3, pause=4, last=1, done=1)
    with programs.journeyserver(tmp_path, JOURNEYSERVER_SHOP_OPEN="1") as running:
        seen: set[int] = set()
        deadline = time.monotonic() + 90
        while len(seen - {0}) < 2:
            assert time.monotonic() < deadline, seen
            seen.add(newest_visits(running))
            time.sleep(0.5)
    counted = "SELECT (SELECT count(*) FROM events), (SELECT count(DISTINCT event_id) FROM events), (SELECT count(*) FROM facts)"
    ((events, different, facts),) = ask(tmp_path, counted)
    assert events == different > 1000
    # `generate` takes the same hour in, finds everything there, and adds nothing.
    done = programs.run_journeyserver(tmp_path, "generate")
    assert done.stdout.startswith("100%  0 events"), done.stdout + done.stderr
    assert ask(tmp_path, counted) == [(events, different, facts)]


def newest_visits(running: programs.Program) -> int:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    interval = "/".join(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        for moment in (now - timedelta(hours=1), now + timedelta(hours=1))
    )
    answer = cast.api(running.url).post(
        f"{running.url}/api/v2/analytics/journeys/aggregates/query",
        json={"interval": interval, "metrics": ["nJourneySessions"]},
        timeout=10,
    )
    answer.raise_for_status()
    results = answer.json()["results"]
    return results[0]["data"][0]["metrics"][0]["stats"]["count"] if results else 0
