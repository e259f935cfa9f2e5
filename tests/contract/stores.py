"""Reaching into a server's store for what no operation does: letting time pass, taking a role away."""

import sqlite3
from typing import Any

from tests.programs import Program


def change(server: Program, sql: str, *values: Any) -> None:
    """Runs one statement, which must change something."""
    with sqlite3.connect(server.folder / "journeyserver.sqlite3", timeout=20) as store:
        assert store.execute(sql, values).rowcount > 0
    store.close()
