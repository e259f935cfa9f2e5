"""Reaching into a server's stores for what no operation does: letting time pass, taking a role away, visits of 2024."""

import sqlite3
import uuid
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from journeyserver.engine.backends.duckdb import open_backend
from tests.programs import Program

SEGMENT_A, SEGMENT_B = str(uuid.UUID(int=10)), str(uuid.UUID(int=11))


def add_visits(folder: Path) -> None:
    """Four visits around the night of 2024 when London's clocks go forward, the first of which holds two segments."""
    with closing(open_backend(folder / "journeyserver.duckdb")) as backend, backend.transaction() as writer:
        for day, hour, held in ((30, 12, [SEGMENT_A, SEGMENT_B]), (31, 12, []), (32, 12, []), (32, 23, [])):
            started = datetime(2024, 2, 29) + timedelta(days=day, hours=hour)
            row = ["session_started", started, str(uuid.uuid4()), held]
            columns = "kind, ts, journey_session_id, journey_session_segment_id"
            writer.execute(f"INSERT INTO facts ({columns}) VALUES (?, ?, ?, ?)", row)


def change(server: Program, sql: str, *values: Any) -> None:
    """Runs one statement, which must change something."""
    with sqlite3.connect(server.folder / "journeyserver.sqlite3", timeout=20) as store:
        assert store.execute(sql, values).rowcount > 0
    store.close()
