"""A warehouse of an earlier version, opened by one that knows more kinds of facts and more columns."""

from pathlib import Path

import duckdb
import pytest

from journeyserver.engine.backends import duckdb as engine
from journeyserver.engine.backends.base import WarehouseError


def test_an_older_warehouse_learns_what_is_new_and_is_of_this_version_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "events.duckdb"
    engine.open_backend(place).close()
    with duckdb.connect(place) as older:
        older.execute("INSERT INTO facts (kind) VALUES ('session_started')")
        older.execute("ALTER TABLE events DROP COLUMN page_title")
    monkeypatch.setattr(engine, "FACT_KINDS", {**engine.FACT_KINDS, "outcome_missed": None})
    monkeypatch.setattr(engine, "SCHEMA_VERSION", engine.SCHEMA_VERSION + 1)
    engine.open_backend(place).close()
    engine.open_backend(place).close()
    with duckdb.connect(place) as found:
        found.execute("INSERT INTO facts (kind) VALUES ('outcome_missed')")
        assert found.execute(
            "SELECT kind FROM facts WHERE kind <> 'outcome_missed'::fact_kind"
        ).fetchall() == [("session_started",)]
        assert found.execute("SELECT page_title FROM events").fetchall() == []
    monkeypatch.undo()
    with pytest.raises(WarehouseError, match="newer version"):
        engine.open_backend(place)
