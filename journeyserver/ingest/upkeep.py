"""Keeps the facts quick to read: each month in order of kind and time, and roll-ups up to date (measured: docs/performance.md).

Facts lie as they came, whatever their kind. A query reads a few kinds over weeks, so where a month lies in order of kind
and time most of it is skipped. A month is put in order again once it has grown by a tenth. Small ones are left alone.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from journeyserver.engine import notes, rollups
from journeyserver.engine.backends.base import Backend, Writer
from journeyserver.engine.columns import SORTED_MONTHS

# Fewer facts than this are read in no time in any order: two of DuckDB's row groups.
LEAST = 250_000
# So many facts, or those of a day, are put in order or rolled up at a time: events that come in wait no longer than that takes.
AT_ONCE = 500_000
# Live reports are at most an hour old: what is older than this is complete, but for imports.
_SETTLED = timedelta(hours=2)


def keep_up(backend: Backend, now: datetime, least: int = LEAST, at_once: int = AT_ONCE) -> bool:
    """Does what there is to do in many transactions, so that others get their turn. Whether anything was done.

    `now` is UTC with its zone.
    """
    done = False
    with backend.transaction() as writer:
        edges = _to_roll_up(writer, now - _SETTLED, least, at_once)
        disordered = [] if backend.keeps_order else _disordered(writer, least)
    for edge in edges:
        with backend.transaction() as writer:
            rollups.refresh(writer, edge)
        done = True
    for month, rows in disordered:
        _sort(backend, month, at_once)
        with backend.transaction() as writer:
            notes.write(writer, SORTED_MONTHS, json.dumps({**_sorted(writer), f"{month:%Y-%m}": rows}))
        done = True
    return backend.tidy() or done


def _to_roll_up(writer: Writer, upto: datetime, least: int, at_once: int) -> list[datetime]:
    """Up to which moments to roll up, one after the other; none where that can wait."""
    before = rollups.of_writer(writer)
    since, moment = ("WHERE ts >= ?", (before.replace(tzinfo=None),)) if before else ("", ())
    days = writer.ask(
        f"SELECT date_trunc('day', ts) AS day, count(*) AS facts FROM facts {since} GROUP BY 1 ORDER BY 1",
        moment,
    )
    if sum(row["facts"] for row in days) < least:
        return []
    edges, facts = [], 0
    for row in days:
        day = datetime(row["day"].year, row["day"].month, row["day"].day, tzinfo=UTC) + timedelta(days=1)
        facts += row["facts"]
        if facts >= at_once and day < upto:
            edges.append(day)
            facts = 0
    return [*edges, upto]


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


def _sort(backend: Backend, month: datetime, at_once: int) -> None:
    """Writes a month's facts anew, some kinds and days after the other, each part behind the one before.

    Cut short, it has moved some of them, which harms nobody, and begins anew next time.
    """
    following = (month + timedelta(days=32)).replace(day=1)
    with backend.transaction() as writer:
        cells = writer.ask(
            "SELECT kind, date_trunc('day', ts) AS day, count(*) AS facts FROM facts WHERE ts >= ? AND ts < ? "
            "GROUP BY 1, 2 ORDER BY 1, 2",
            (month, following),
        )
    part: dict[str, tuple[datetime, datetime]] = {}
    facts = 0
    for cell in cells:
        begins = datetime(cell["day"].year, cell["day"].month, cell["day"].day)
        first, _ = part.get(cell["kind"], (begins, begins))
        part[cell["kind"]] = first, begins + timedelta(days=1)
        facts += cell["facts"]
        if facts >= at_once or cell is cells[-1]:
            with backend.transaction() as writer:
                _move(writer, part)
            part, facts = {}, 0


def _move(writer: Writer, part: Mapping[str, tuple[datetime, datetime]]) -> None:
    """Puts these kinds' facts of from when to when behind all others, in order."""
    condition = " OR ".join("(kind = ? AND ts >= ? AND ts < ?)" for _ in part)
    values = [value for kind, (begins, ends) in part.items() for value in (kind, begins, ends)]
    writer.collect("part_of_facts", f"SELECT * FROM facts WHERE {condition}", values)
    writer.execute(f"DELETE FROM facts WHERE {condition}", values)
    writer.append("facts", "SELECT * FROM part_of_facts ORDER BY kind, ts")
    writer.desk.execute("DROP TABLE part_of_facts")
