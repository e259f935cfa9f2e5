"""What a definition would match, counted before anyone saves it."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from journeyadmin.contract.buckets import format_interval
from journeyadmin.contract.local import PREVIEW, STOP_PREVIEW
from journeyserver import warehouse
from journeyserver.auth import Call, operation
from journeyserver.engine import funnel
from journeyserver.engine.moments import first_moment
from journeyserver.errors import json_response
from journeyserver.local import calls, questions, recorded
from journeyserver.local.calls import work_for
from journeyserver.local.estimate import bounds, falling
from journeyserver.local.masking import Ids
from journeyserver.local.questions import Question, Span
from journeyserver.local.reasons import reasons
from journeyserver.local.running import Stopped, Work
from journeyserver.local.suggest import nearest

Json = Mapping[str, Any]

DEFAULT_LIMIT_MS = 2_000
LONGEST_LIMIT_MS = 60_000
# Below this many visits the exact number is there nearly as fast as an estimate.
ESTIMATE_FROM = 50_000
_SLOT = timedelta(microseconds=funnel.SLOT_MICROSECONDS)


@operation(PREVIEW)
def preview(call: Call) -> HttpResponse:
    """How much a definition matches in a window, and why."""
    question = questions.read(call)
    fields = question.fields
    asked = questions.span(fields)
    mode = fields.choice("mode", ("exact", "estimate")) or "exact"
    editor = fields.text("editor", most=64) or ""
    limit = fields.integer("timeLimitMs", 1, LONGEST_LIMIT_MS) or DEFAULT_LIMIT_MS
    question.check()
    saved = questions.saved_segment(fields)
    began = time.monotonic()
    answer: dict[str, Any] = {"interval": asked.text}
    try:
        with work_for(call, limit / 1000, editor and f"preview:{editor}") as doing:
            answer |= _Preview(doing, question, asked, Ids(call)).answer(saved, mode)
    except Stopped as stopped:
        answer |= {"state": "stopped", "reason": stopped.reason}
    return json_response(answer | {"tookMs": round((time.monotonic() - began) * 1000)})


@operation(STOP_PREVIEW)
def stop_preview(call: Call, editor: str) -> HttpResponse:
    """Stops the count that runs for this editor of the caller's; there need not be one."""
    calls.stop(call, f"preview:{editor}")
    return HttpResponse(status=204)


class _Preview:
    """One preview while it is worked on."""

    def __init__(self, doing: Work, question: Question, asked: Span, ids: Ids) -> None:
        self.backend = warehouse.backend()
        self.words = self.backend.words
        self.doing = doing
        self.definition, self.scope = question.definition, question.scope
        self.is_empty = question.is_empty
        self.asked = asked
        self.ids = ids

    def answer(self, saved: Json | None, mode: str) -> dict[str, Any]:
        inside = funnel.Window(self.asked.start, self.asked.end, self.asked.end)
        sessions, last, slots = self.visits(inside)
        if last is None:
            return {"state": "noEvents"}
        window = replace(inside, last=last)
        if mode == "estimate" and sessions >= ESTIMATE_FROM and not self.is_empty:
            window = self.sampled(window)
        parts = window.parts
        customers = min(self.customers(window) * parts, sessions)
        unit = "customers" if self.scope == "Customer" else "sessions"
        answer: dict[str, Any] = {"unit": unit, "window": {"sessions": sessions, "customers": customers}}
        if self.is_empty:
            return {"state": "noConditions", **answer}
        found = self.count(window, saved)
        everything = customers if unit == "customers" else sessions
        steps = self.steps(found, everything, parts)
        answer |= {
            "state": "counted",
            "sampled": parts > 1,
            "fraction": 1 / parts,
            "matched": _matched(found, unit, everything, parts),
            "steps": steps,
            "days": self.days(slots, found, parts),
        }
        if saved is not None:
            answer["saved"] = _against(found, unit, parts)
        zero = next((step for step in steps if step["before"] and not step["kept"]), None)
        if zero is not None:
            answer["zero"] = self.zero(zero)
        answer["samples"] = self.samples(list(found["latest"] or ()), window)
        return answer

    def visits(self, window: funnel.Window) -> tuple[int, datetime | None, dict[int, int]]:
        """Of all visits in the window: how many, the time of the last event, and how many by quarter of an hour."""
        row = self.doing.rows(
            f"SELECT count(*) AS sessions, max(last_event) AS last, "
            f"{self.words.histogram(funnel.slot(self.words, self.asked.start))} AS slots "
            f"FROM sessions WHERE {funnel.visits_condition(self.words, window)}"
        )[0]
        last = row["last"]
        return row["sessions"], last and last.replace(tzinfo=UTC), dict(row["slots"] or ())

    def sampled(self, window: funnel.Window) -> funnel.Window:
        """The window, looked at through a sample: of the one that is kept, or while that is made by reading less of it all."""
        sample = self.backend.sample
        tables = sample.tables()
        if tables is None:
            return replace(window, parts=sample.parts)
        return replace(window, parts=sample.parts, events=tables[0], sessions=tables[1])

    def customers(self, window: funnel.Window) -> int:
        (number,) = self.doing.run(
            f"SELECT count(DISTINCT customer_id) AS number FROM {window.sessions} "
            f"WHERE {funnel.visits_condition(self.words, window)}"
        )["number"]
        return int(number)

    def count(self, window: funnel.Window, saved: Json | None) -> dict[str, Any]:
        against = (saved, saved["scope"]) if saved is not None else None
        statement = funnel.counting(self.words, self.definition, self.scope, window, against)
        return self.doing.rows(statement.sql, statement.parameters)[0]

    def steps(self, found: Json, everything: int, parts: int) -> list[dict[str, Any]]:
        steps = funnel.steps_of(self.definition)
        kept = falling([found[f"k{number}"] for number in range(len(steps))], parts, everything)
        return [
            {"path": step.path, "key": step.key, "before": before, "kept": after, "dropped": before - after}
            for step, before, after in zip(steps, [everything, *kept], kept, strict=False)
        ]

    def days(self, slots: dict[int, int], found: Json, parts: int) -> list[dict[str, Any]]:
        matched = dict(found["slots"] or ())
        utc = ZoneInfo("UTC")
        edges = self.asked.days()
        shown = []
        for start, end in pairwise(edges):
            first, after = (-((self.asked.start - edge) // _SLOT) for edge in (start, end))
            if end == edges[-1]:
                after = max([first, *slots]) + 1
            shown.append(
                {
                    "interval": format_interval(start, end, utc),
                    "all": sum(slots.get(slot, 0) for slot in range(first, after)),
                    "matched": sum(matched.get(slot, 0) for slot in range(first, after)) * parts,
                }
            )
        return shown

    def zero(self, step: dict[str, Any]) -> dict[str, Any]:
        """The step that kept nothing, and values that exist; a whole pattern has none of its own."""
        path, key = step["path"], step["key"]
        shown = {"path": path, "key": key, "values": []}
        if key:
            side = "context" if path.startswith("context") else "journey"
            wanted = _criterion(self.definition, path)
            shown["values"] = nearest(self.doing, side, key, wanted)
        return shown

    def samples(self, session_ids: list[str], window: funnel.Window) -> list[dict[str, Any]]:
        visits = recorded.visits(self.doing, session_ids, window.sessions)
        events = recorded.events(self.doing, self.scope, visits, window.events)
        shown = []
        for visit in visits:
            theirs = events[visit.session_id]
            found = first_moment(
                self.definition, visit.session_id, visit.context, [event.happening for event in theirs]
            )
            shown.append(
                {
                    **self.ids.of_visit(visit.session_id, visit.customer_id),
                    "started": recorded.moment_text(visit.started),
                    "matched": None if found.at is None else recorded.moment_text(theirs[found.at].ts),
                    "eventCount": visit.event_count,
                    "reasons": reasons(self.definition, found.match, theirs),
                }
            )
        return shown


def _matched(found: Json, unit: str, everything: int, parts: int) -> dict[str, Any]:
    counted = found[unit]
    # Each customer counts once for that scope, and brings all matching visits along for the other.
    squares = int(found.get("squares") or 0) if unit == "sessions" else counted
    low, high = bounds(counted, squares, parts, everything)
    return {
        "sessions": found["sessions"] * parts,
        "customers": found["customers"] * parts,
        "share": min(1.0, counted * parts / everything),
        "low": low,
        "high": high,
    }


def _against(found: Json, unit: str, parts: int) -> dict[str, int]:
    both = found["both"]
    return {
        "sessions": found["saved_sessions"] * parts,
        "customers": found["saved_customers"] * parts,
        "gained": (found[unit] - both) * parts,
        "lost": (found[f"saved_{unit}"] - both) * parts,
    }


def _criterion(definition: Json, path: str) -> list[str]:
    """What the test at this path asks for."""
    side, rest = path.split(".patterns[", 1)
    number, rest = rest.split("].", 1)
    pattern = definition[side]["patterns"][int(number)]
    if rest == "eventName":
        return [pattern["eventName"]]
    index = int(rest.removeprefix("criteria[").removesuffix("]"))
    return list(pattern["criteria"][index]["values"])
