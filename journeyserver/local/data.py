"""What this server holds: events and visits, how much and since when, what was refused, what was imported."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse

from journeyadmin.contract.local import DATA
from journeyserver import warehouse
from journeyserver.auth import Call, operation
from journeyserver.demo import mark
from journeyserver.errors import ApiError, json_response
from journeyserver.local import erase, retention
from journeyserver.local.calls import work_for
from journeyserver.local.recorded import moment_text
from journeyserver.local.running import Stopped, Work

SECONDS = 10.0
MOST_IMPORTS = 50
MOST_REASONS = 50


@operation(DATA)
def data(call: Call) -> HttpResponse:
    """Counts, span, rate, size, refused lines by reason, retention, imports."""
    try:
        with work_for(call, SECONDS) as doing:
            answer = _counts(doing) | {"refused": _refused(doing), "imports": _imports(doing)}
    except Stopped as stopped:
        raise ApiError(504, "request.timeout", f"This could not be counted in time: {stopped}.") from None
    return json_response(
        {
            **answer,
            "bytes": warehouse.backend().size(),
            "generated": mark.read(warehouse.backend()) is not None,
            "engine": warehouse.backend().name,
            "retention": retention.shown(),
            "erasures": erase.receipts(),
        }
    )


def _counts(doing: Work) -> dict[str, Any]:
    now = datetime.now(UTC).replace(tzinfo=None)
    events = doing.rows(
        "SELECT count(*) AS events, min(ts) AS first, max(ts) AS last, "
        f"count(*) FILTER (WHERE received >= TIMESTAMP '{now - timedelta(minutes=1)}') AS minute, "
        f"count(*) FILTER (WHERE received >= TIMESTAMP '{now - timedelta(hours=1)}') AS hour FROM events"
    )[0]
    others = doing.rows(
        "SELECT (SELECT count(*) FROM sessions) AS sessions, "
        "(SELECT count(DISTINCT customer_id) FROM sessions) AS customers, "
        "(SELECT count(*) FROM facts) AS facts, (SELECT count(*) FROM assignments) AS assignments"
    )[0]
    return {
        "events": events["events"],
        **others,
        "first": events["first"] and moment_text(events["first"]),
        "last": events["last"] and moment_text(events["last"]),
        "eventsPerSecond": {
            "minute": round(events["minute"] / 60, 6),
            "hour": round(events["hour"] / 3600, 6),
        },
    }


def _refused(doing: Work) -> list[dict[str, Any]]:
    latest = warehouse.backend().words.latest("sample", "received", 1)
    rows = doing.rows(
        f"SELECT reason, count(*) AS count, {latest} AS samples, max(received) AS last "
        f"FROM refused GROUP BY reason ORDER BY count DESC, reason LIMIT {MOST_REASONS}"
    )
    return [
        {
            "reason": row["reason"],
            "count": row["count"],
            "sample": row["samples"][0],
            "last": row["last"] and moment_text(row["last"]),
        }
        for row in rows
    ]


def _imports(doing: Work) -> list[dict[str, Any]]:
    rows = doing.rows(
        "SELECT CAST(import_id AS VARCHAR) AS import_id, name, format, state, started, finished, added, repeated, "
        f"skipped, refused FROM imports ORDER BY started DESC, import_id LIMIT {MOST_IMPORTS}"
    )
    return [
        {
            "importId": row.pop("import_id"),
            **row,
            "started": row["started"] and moment_text(row["started"]),
            "finished": row["finished"] and moment_text(row["finished"]),
        }
        for row in rows
    ]
