"""Keeps the facts quick to read: each month in order of kind and time, and roll-ups up to date (measured: docs/performance.md).

Facts lie as they came, whatever their kind. A query reads a few kinds over weeks, so where a month lies in order of kind
and time most of it is skipped. A month is put in order again once it has grown by a tenth. Small ones are left alone.
"""

import json
from datetime import datetime, timedelta

from journeyserver.engine import notes, rollups
from journeyserver.engine.backends.base import Backend, Writer
from journeyserver.engine.columns import SORTED_MONTHS

# Fewer facts than this are read in no time in any order: two of DuckDB's row groups.
LEAST = 250_000
# Live reports are at most an hour old: what is older than this is complete, but for imports.
_SETTLED = timedelta(hours=2)


def keep_up(backend: Backend, now: datetime, least: int = LEAST) -> bool:
    """Does what there is to do, a month in each transaction, so that others get their turn. Whether anything was done.

    `now` is UTC with its zone.
    """
    done = False
    with backend.transaction() as writer:
        if _not_rolled_up(writer) >= least:
            rollups.refresh(writer, now - _SETTLED)
            done = True
        disordered = [] if backend.keeps_order else _disordered(writer, least)
    for month, rows in disordered:
        with backend.transaction() as writer:
            _sort(writer, month, rows)
        done = True
    return backend.tidy() or done


def _not_rolled_up(writer: Writer) -> int:
    upto = rollups.of_writer(writer)
    if upto is None:
        return int(writer.ask("SELECT count(*) AS facts FROM facts")[0]["facts"])
    moment = upto.replace(tzinfo=None)
    return int(writer.ask("SELECT count(*) AS facts FROM facts WHERE ts >= ?", (moment,))[0]["facts"])


def _sorted(writer: Writer) -> dict[str, int]:
    """How many facts each month had when it was last put in order."""
    kept = notes.of_writer(writer, SORTED_MONTHS)
    found: dict[str, int] = json.loads(kept) if kept else {}
    return found


def _disordered(writer: Writer, least: int) -> list[tuple[datetime, int]]:
    before = _sorted(writer)
    months = writer.ask(
        "SELECT date_trunc('month', ts) AS month, count(*) AS facts FROM facts GROUP BY 1 HAVING count(*) >= ? ORDER BY 1",
        (least,),
    )
    return [
        (datetime(row["month"].year, row["month"].month, 1), int(row["facts"]))
        for row in months
        if row["facts"] > before.get(f"{row['month']:%Y-%m}", 0) * 1.1
    ]


def _sort(writer: Writer, month: datetime, rows: int) -> None:
    following = (month + timedelta(days=32)).replace(day=1)
    writer.collect("month_of_facts", "SELECT * FROM facts WHERE ts >= ? AND ts < ?", (month, following))
    writer.execute("DELETE FROM facts WHERE ts >= ? AND ts < ?", (month, following))
    writer.append("facts", "SELECT * FROM month_of_facts ORDER BY kind, ts")
    writer.desk.execute("DROP TABLE month_of_facts")
    notes.write(writer, SORTED_MONTHS, json.dumps({**_sorted(writer), f"{month:%Y-%m}": rows}))
