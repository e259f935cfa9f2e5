"""Which visit an event belongs to (docs/decisions/0005-when-a-new-visit-starts.md).

Events that come after all that is known of their customer are placed in whole columns at once; late ones, which are few, by
`late`, one after the other. Both say the same rule, and a test holds both to a third reading of it.

Reads the desk's `fresh` (the new events), `customers` and `known_sessions`; leaves `new_events` (the same with number,
moment and visit) and `placed_visits` (those visits, whether they begin here, and what they came from).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy
import pyarrow
from pyarrow import compute

from journeyserver.engine.arrow import whole
from journeyserver.engine.backends.base import Writer
from journeyserver.ingest.assign import moment
from journeyserver.ingest.identity import session_id, session_id_sql

PAUSE = timedelta(minutes=20)
_PAUSE = int(PAUSE.total_seconds() * 1_000_000)
_NEVER = -(2**62)

# Sources are compared by hash and kept as text.
_EVENTS = """
SELECT row, number, customer * 2 + app::INTEGER AS visitor, epoch_us(ts) AS ts, campaign, referrer,
       CASE WHEN campaign IS NULL THEN 0 ELSE hash(campaign) END AS campaign_hash,
       CASE WHEN referrer IS NULL THEN 0 ELSE hash(referrer) END AS referrer_hash
FROM fresh
"""
_OPEN = """
SELECT c.customer * 2 + (session_type = 'app')::INTEGER AS visitor, epoch_us(max(last_event)) AS latest,
       CAST(arg_max(session_id, started) AS VARCHAR) AS session_id,
       nullif(arg_max(coalesce(arrival_campaign, ''), started), '') AS campaign,
       nullif(arg_max(coalesce(arrival_referrer, ''), started), '') AS referrer,
       CASE WHEN campaign IS NULL THEN 0 ELSE hash(campaign) END AS campaign_hash,
       CASE WHEN referrer IS NULL THEN 0 ELSE hash(referrer) END AS referrer_hash
FROM known_sessions JOIN customers AS c USING (customer_id) GROUP BY visitor ORDER BY visitor
"""
_KNOWN = """
SELECT c.customer * 2 + (session_type = 'app')::INTEGER AS visitor, session_id, started, last_event,
       arrival_campaign, arrival_referrer
FROM known_sessions JOIN customers AS c USING (customer_id) ORDER BY started
"""
_PLACED_VISITS = f"""
CREATE OR REPLACE TEMP TABLE placed_visits AS
SELECT v.visit, coalesce(CAST(v.session_id AS UUID), {session_id_sql("f.event_id")}) AS session_id, v.is_new,
       v.first_row, v.last_seq, v.campaign, v.referrer
FROM visits_found AS v JOIN fresh AS f ON f.row = v.first_row
"""
_NEW_EVENTS = f"""
CREATE OR REPLACE TEMP TABLE new_events AS
SELECT f.* EXCLUDE (number, customer, campaign, referrer), p.seq, {moment("f.ts", "p.seq")} AS moment, v.session_id,
       v.is_new AND p.row = v.first_row AS begins
FROM fresh AS f JOIN placed_here AS p USING (row) JOIN placed_visits AS v USING (visit)
"""
_VISITS = pyarrow.schema(
    [
        ("visit", pyarrow.int64()),
        ("session_id", pyarrow.string()),
        ("is_new", pyarrow.bool_()),
        ("first_row", pyarrow.int64()),
        ("last_seq", pyarrow.int64()),
        ("campaign", pyarrow.string()),
        ("referrer", pyarrow.string()),
    ]
)


def place(writer: Writer, base: int) -> None:
    """Numbers the events of `fresh` from `base` in order of time, and gives each its visit."""
    desk = writer.desk
    events = desk.sql(_EVENTS).to_arrow_table()
    known = desk.sql(_OPEN).to_arrow_table()
    by_time = numpy.lexsort((_numbers(events, "number"), _numbers(events, "ts")))
    seq = numpy.empty(len(by_time), numpy.int64)
    seq[by_time] = numpy.arange(base, base + len(by_time))
    order = numpy.lexsort((seq, _numbers(events, "visitor")))
    events, seq = events.take(pyarrow.array(order)), seq[order]
    visitor, ts, row = (_numbers(events, name) for name in ("visitor", "ts", "row"))
    # For each event the open visit of its visitor, -1 where there is none.
    opened, latest = numpy.full(len(ts), -1), numpy.full(len(ts), _NEVER)
    if known.num_rows:
        visitors = _numbers(known, "visitor")
        at = numpy.minimum(numpy.searchsorted(visitors, visitor), known.num_rows - 1)
        opened = numpy.where(visitors[at] == visitor, at, -1)
        latest = numpy.where(opened >= 0, _numbers(known, "latest")[at], _NEVER)
    tardy = ts < latest
    number = numpy.empty(len(ts), numpy.int64)
    found = []
    if not tardy.all():
        orderly = events.filter(pyarrow.array(~tardy)) if tardy.any() else events
        number[~tardy], rows = _in_order(orderly, seq[~tardy], known, opened[~tardy], latest[~tardy])
        found.append(rows)
    if tardy.any():
        number[tardy], rows = _late(desk, row[tardy], seq[tardy], sum(map(len, found)))
        found.append(rows)
    placed = pyarrow.table({"row": row, "seq": seq, "visit": number})
    for name, table, sql in (
        ("visits_found", pyarrow.concat_tables(found), _PLACED_VISITS),
        ("placed_here", placed, _NEW_EVENTS),
    ):
        desk.register(name, table)
        desk.execute(sql)
        desk.unregister(name)


def _numbers(table: Any, name: str) -> Any:
    return table.column(name).to_numpy()


def _in_order(events: Any, seq: Any, known: Any, opened: Any, latest: Any) -> tuple[Any, Any]:
    """The visit's number of each event, and a row per visit. The events are in order of visitor and time; `opened` is each
    one's row in `known`, or -1, and `latest` the end of that visit."""
    visitor, ts = _numbers(events, "visitor"), _numbers(events, "ts")
    index = numpy.arange(len(ts))
    first = numpy.r_[True, visitor[1:] != visitor[:-1]]
    previous = numpy.where(first, latest, numpy.r_[_NEVER, ts[:-1]])
    paused = ts - previous > _PAUSE
    # A run is what lies between pauses; sources that were seen before it are forgotten. Where a visitor's first event
    # comes without a pause, the run goes on from the open visit.
    run_start = numpy.maximum.accumulate(numpy.where(paused | first, index, 0))
    goes_on = (first & ~paused)[run_start]
    arrives = numpy.zeros(len(ts), bool)
    in_force = {}
    for name in ("campaign", "referrer"):
        source = _numbers(events, f"{name}_hash")
        # The last event with a source up to this one; before this one; -1 where its run has none.
        upto = numpy.maximum.accumulate(numpy.where(source != 0, index, -1))
        in_force[name] = numpy.where(upto >= run_start, upto, -1)
        before = numpy.r_[-1, upto[:-1]]
        inherited = numpy.zeros(len(ts), source.dtype)
        if known.num_rows:
            inherited = numpy.where(goes_on, _numbers(known, f"{name}_hash")[opened], inherited)
        seen = numpy.where(before >= run_start, source[before], inherited)
        arrives |= (source != 0) & (source != seen)
    begins = paused | (arrives & (ts > previous))
    starts = begins | first
    number = numpy.cumsum(starts) - 1
    start = numpy.flatnonzero(starts)
    end = numpy.r_[start[1:], len(ts)] - 1
    joins = pyarrow.array(numpy.where(begins[start], -1, opened[start]))
    rows = pyarrow.table(
        {
            "visit": pyarrow.array(numpy.arange(len(start)), pyarrow.int64()),
            "session_id": _taken(known, "session_id", joins),
            "is_new": begins[start],
            "first_row": _numbers(events, "row")[start],
            "last_seq": seq[end],
            **{
                name: _arrival(
                    events, known, name, in_force[name][end], numpy.where(goes_on[end], opened[end], -1)
                )
                for name in ("campaign", "referrer")
            },
        },
        schema=_VISITS,
    )
    return number, rows


def _taken(table: Any, name: str, rows: Any) -> Any:
    """The values of a column at these rows; nothing for -1."""
    if not table.num_rows:
        return pyarrow.nulls(len(rows), pyarrow.string())
    wanted = compute.if_else(compute.less(rows, 0), None, rows)
    return whole(table.column(name)).take(wanted).cast(pyarrow.string())


def _arrival(events: Any, known: Any, name: str, own: Any, inherited: Any) -> Any:
    """The source in force at an event: that of the event `own`, else that of the open visit `inherited`."""
    return compute.coalesce(
        _taken(events, name, pyarrow.array(own)), _taken(known, name, pyarrow.array(inherited))
    )


@dataclass
class Visit:
    """What must be known of a visit to place a late event."""

    session_id: UUID
    started: datetime
    last_event: datetime
    campaign: str | None
    referrer: str | None


_LATE_EVENTS = """
SELECT customer * 2 + app::INTEGER AS visitor, ts, seq, event_id, campaign, referrer, row
FROM fresh JOIN late_rows USING (row) ORDER BY seq
"""


def _late(desk: Any, row: Any, seq: Any, offset: int) -> tuple[Any, Any]:
    """Places the late events: the numbers of their visits (from `offset`), and a row per visit."""
    desk.register("late_rows", pyarrow.table({"row": row, "seq": seq}))
    events = desk.execute(_LATE_EVENTS).fetchall()
    desk.unregister("late_rows")
    visits: dict[int, list[Visit]] = {}
    for visitor, *visit in desk.execute(_KNOWN).fetchall():
        visits.setdefault(visitor, []).append(Visit(*visit))
    numbers: dict[UUID, int] = {}
    rows: list[dict[str, Any]] = []
    found: dict[int, int] = {}
    for event, (visit, begins) in zip(events, late((event[:-1] for event in events), visits), strict=True):
        at = numbers.setdefault(visit.session_id, len(rows))
        if at == len(rows):
            rows.append(
                {
                    "visit": offset + at,
                    "session_id": str(visit.session_id),
                    "is_new": begins,
                    "first_row": event[-1],
                }
            )
        # What a visit came from is what it is after its last event here.
        rows[at] |= {"last_seq": event[2], "campaign": visit.campaign, "referrer": visit.referrer}
        found[event[-1]] = offset + at
    return numpy.array([found[each] for each in row]), pyarrow.Table.from_pylist(rows, schema=_VISITS)


Late = tuple[int, datetime, int, UUID, str | None, str | None]


def late(events: Iterable[Late], known: dict[int, list[Visit]]) -> Iterator[tuple[Visit, bool]]:
    """Places events (visitor, ts, seq, id, campaign, referrer) in order of time: each one's visit, and whether it begins there.
    `known` holds each visitor's visits in order of their start, and grows."""
    for visitor, ts, _, event_id, campaign, referrer in events:
        visits = known.setdefault(visitor, [])
        at = bisect_right(visits, ts, key=lambda visit: visit.started)
        before = visits[at - 1] if at else None
        if before is not None:
            if ts < before.last_event:
                yield before, False
                continue
            if ts - before.last_event <= PAUSE:
                arrives = ts > before.last_event and (
                    (campaign and campaign != before.campaign) or (referrer and referrer != before.referrer)
                )
                campaign, referrer = campaign or before.campaign, referrer or before.referrer
                if not arrives:
                    before.last_event, before.campaign, before.referrer = ts, campaign, referrer
                    yield before, False
                    continue
        if at < len(visits) and visits[at].started - ts <= PAUSE:
            yield visits[at], False
            continue
        visit = Visit(session_id(event_id), ts, ts, campaign, referrer)
        visits.insert(at, visit)
        yield visit, True
