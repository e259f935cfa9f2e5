"""Which segments the visits and customers that a definition matches were assigned anyway."""

from typing import Any

from django.http import HttpResponse

from journeyadmin.contract.local import OVERLAP
from journeyserver import definitions, warehouse
from journeyserver.auth import Call, operation
from journeyserver.engine import funnel
from journeyserver.errors import json_response
from journeyserver.local import questions
from journeyserver.local.calls import work_for
from journeyserver.local.questions import Question, Span
from journeyserver.local.running import Stopped, Work

SECONDS = 10.0
MOST = 50


@operation(OVERLAP)
def overlap(call: Call) -> HttpResponse:
    """Other segments' assignments in the window, beside what the definition matches."""
    question = questions.read(call)
    asked = questions.span(question.fields)
    question.check()
    saved = questions.saved_segment(question.fields)
    try:
        with work_for(call, SECONDS) as doing:
            answer = _answer(doing, question, asked, saved["id"] if saved else None)
    except Stopped as stopped:
        answer = {"state": "stopped", "reason": stopped.reason}
    return json_response({"interval": asked.text, **answer})


def _answer(doing: Work, question: Question, asked: Span, but: str | None) -> dict[str, Any]:
    words = warehouse.backend().words
    inside = funnel.visits_condition(words, funnel.Window(asked.start, asked.end, asked.end))
    (last,) = doing.run(f"SELECT max(last_event) AS last FROM sessions WHERE {inside}")["last"]
    if last is None:
        return {"state": "noEvents"}
    if question.is_empty:
        return {"state": "noConditions"}
    window = funnel.Window(asked.start, asked.end, last)
    statement = funnel.matching(words, question.definition, question.scope, window)
    start, end = words.time_literal(asked.start), words.time_literal(asked.end)
    rows = doing.rows(
        f"""
        WITH matched AS ({statement.sql}),
        -- One row per segment and customer, so that a customer with many visits is not counted over and over.
        given AS (
          SELECT segment_id, customer_id, session_id FROM assignments WHERE ts >= {start} AND ts < {end}),
        by_visit AS (
          SELECT segment_id, count(DISTINCT given.session_id) AS sessions
          FROM given JOIN matched ON matched.session_id = given.session_id GROUP BY segment_id),
        by_customer AS (
          SELECT segment_id, count(DISTINCT customer_id) AS theirs,
                 count(DISTINCT customer_id) FILTER (WHERE customer_id IN (SELECT customer_id FROM matched)) AS customers
          FROM given GROUP BY segment_id)
        SELECT CAST(segment_id AS VARCHAR) AS segment_id, coalesce(sessions, 0) AS sessions, customers, theirs
        FROM by_customer LEFT JOIN by_visit USING (segment_id) WHERE customers > 0
        UNION ALL
        SELECT NULL, (SELECT count(*) FROM matched), (SELECT count(DISTINCT customer_id) FROM matched), 0
        """,
        statement.parameters,
    )
    total = next(row for row in rows if row["segment_id"] is None)
    known = definitions.snapshot().by_id
    shared = [
        {
            "segmentId": row["segment_id"],
            "displayName": known[row["segment_id"]]["displayName"],
            "sessions": row["sessions"],
            "customers": row["customers"],
            "share": row["customers"] / total["customers"],
            "ofTheirs": row["customers"] / row["theirs"],
        }
        for row in rows
        # Assignments of deleted segments have nobody to name them.
        if row["segment_id"] in known and row["segment_id"] != but
    ]
    shared.sort(key=lambda row: (-row["customers"], -row["sessions"], row["displayName"]))
    return {
        "state": "counted",
        "matched": {"sessions": total["sessions"], "customers": total["customers"]},
        "segments": shared[:MOST],
    }
