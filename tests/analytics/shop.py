"""A small shop with facts that a test can count by itself: two weeks in May 2026, put straight into the warehouse."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow
import pyarrow.parquet

from journeyadmin.contract.names import column_name
from journeyserver.engine.backends.duckdb import open_backend
from tests import programs
from tests.programs import Program

LONDON = ZoneInfo("Europe/London")
FIRST = datetime(2026, 5, 1, tzinfo=LONDON)
DAYS = 14
CART, BASKET = "5e900000-0000-4000-8000-00000000000a", "5e900000-0000-4000-8000-00000000000b"
MAP = "3f0c0000-0000-4000-8000-000000000001"
SEGMENTS = {CART: ("Cart leavers <b>", "#ffee00"), BASKET: ("=Big baskets", "#7048e8")}
DEVICES = ("mobile", "desktop", "tablet")
COUNTRIES = ("DE", "FR", "GB", "NL", "AT", "CH", "SE", "NO", "DK", "PL", "US", "日本")

Fact = dict[str, Any]


def _id(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


def _facts() -> Iterator[Fact]:
    for day in range(DAYS):
        for number in range(20 + 7 * (day % 5)):
            at = (FIRST + timedelta(days=day)).astimezone(UTC) + timedelta(minutes=61 * number % 1440)
            session = _id("session", day, number)
            visit: Fact = {
                "journeySessionId": session,
                "journeySessionType": "web",
                "journeyDeviceCategory": DEVICES[(number * number + day) % 3],
                "journeyIpGeolocationCountry": COUNTRIES[number % (day % 6 + 7)] if number % 13 else None,
                "journeySessionSegmentId": [CART, BASKET][: number % 3] or None,
            }
            yield {"kind": "session_started", "ts": at, **visit}
            if number % 4 == 0:
                segment = CART if number % 8 else BASKET
                yield {
                    "kind": "segment_assigned",
                    "ts": at + timedelta(minutes=1),
                    "journeySegmentId": segment,
                    "journeySegmentScope": "Session",
                    **visit,
                }
            yield from _action(day, number, at, visit)
            if number % 10 == 3:
                yield {
                    "kind": "outcome_achieved",
                    "ts": at + timedelta(minutes=3),
                    "value": 20.0 * (number % 7),
                    **visit,
                }


def _action(day: int, number: int, at: datetime, visit: Fact) -> Iterator[Fact]:
    if number % 2:
        return
    action = {
        "journeyActionId": _id("action", day, number),
        "journeyActionMapId": MAP,
        "journeyActionMapVersion": 1 + day // 7,
        "journeyActionMediaType": "webMessagingOffer",
        **visit,
    }
    states = ("qualified", "offered", "accepted", "started", "engaged")
    for step, state in enumerate(states[: 1 + number % 6]):
        yield {"kind": f"action_{state}", "ts": at + timedelta(seconds=30 * step), **action}
    if number % 6 == 0:
        reason = ("ServiceLevelThrottling", "NoAvailableAgents")[number % 4 // 2]
        yield {
            "kind": "action_blocked",
            "ts": at + timedelta(seconds=20),
            "journeyBlockingReason": reason,
            **action,
        }


FACTS = list(_facts())


def count(kind: str, **wanted: Any) -> int:
    """Facts of a kind whose dimensions are these; `on` is a day in London."""
    day = wanted.pop("on", None)
    return sum(
        fact["kind"] == kind
        and all(fact.get(name) == value for name, value in wanted.items())
        and (day is None or fact["ts"].astimezone(LONDON).date().isoformat() == day)
        for fact in FACTS
    )


_ADD_SEGMENTS = """
import django
django.setup()
from datetime import UTC, datetime
from journeyserver import validation
from journeyserver.models import Segment
now = datetime(2026, 4, 1, tzinfo=UTC)
for key, (name, colour) in {segments!r}.items():
    body = {{"displayName": name, "color": colour, "scope": "Customer", "isActive": False}}
    values = validation.new_segment(body)
    Segment(id=key, **values, name_key=Segment.key_of(name), created=now, modified=now).save(force_insert=True)
"""


@contextmanager
def running(folder: Path, dashboard_port: int = 8000, **extra: str) -> Iterator[Program]:
    """A Journey server that holds FACTS and the two segments."""
    folder.mkdir(parents=True)
    done = programs.run_journeyserver(folder, "seed", "--dashboard-port", str(dashboard_port), **extra)
    assert done.returncode == 0, done.stderr
    added = subprocess.run(
        [sys.executable, "-c", _ADD_SEGMENTS.format(segments=SEGMENTS)],
        env={**programs.environment(folder), "DJANGO_SETTINGS_MODULE": "journeyserver.settings"},
        cwd=programs.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert added.returncode == 0, added.stderr
    _fill(folder / "journeyserver.duckdb", FACTS)
    with programs.journeyserver(folder, seed=False, **extra) as program:
        yield program


def _fill(path: Path, facts: list[Fact]) -> None:
    """Puts facts into the warehouse, columns named by the one rule."""
    names = {name: column_name(name) for fact in facts for name in fact}
    rows: dict[str, list[Any]] = {column: [] for column in names.values()}
    for fact in facts:
        for name, column in names.items():
            value = fact.get(name)
            rows[column].append(value.astimezone(UTC).replace(tzinfo=None) if name == "ts" else value)
    table = pyarrow.table({**rows, "fact_id": [_id("fact", at) for at in range(len(facts))]})
    file = path.with_name("facts.parquet")
    pyarrow.parquet.write_table(table, file)
    backend = open_backend(path)
    try:
        with backend.transaction() as connection:
            connection.execute(f"INSERT INTO facts BY NAME SELECT * FROM read_parquet('{file}')")
    finally:
        backend.close()
