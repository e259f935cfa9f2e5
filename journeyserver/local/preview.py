"""What a definition would match, counted before anyone saves it."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
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
from journeyserver.local.masking import Ids
from journeyserver.local.questions import Question, Span
from journeyserver.local.reasons import reasons
from journeyserver.local.running import Stopped, Work
from journeyserver.local.suggest import nearest

Json = Mapping[str, Any]

DEFAULT_LIMIT_MS = 2_000
LONGEST_LIMIT_MS = 60_000
# Below this many visits the exact number is there as fast as an estimate.
ESTIMATE_FROM = 20_000
PARTS = 16
_SURE = 1.96
_SLOT = timedelta(microseconds=funnel.SLOT_MICROSECONDS)


@dataclass(frozen=True)
class _Window:
    """What is in a window: counts, the time of the last event, and visits by quarter of an hour from its start."""

    sessions: int
    customers: int
    last: datetime | None
    slots: Mapping[int, int]


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
        self.words = warehouse.backend().words
        self.doing = doing
        self.definition, self.scope = question.definition, question.scope
        self.is_empty = question.is_empty
        self.asked = asked
        self.ids = ids

    def answer(self, saved: Json | None, mode: str) -> dict[str, Any]:
        window = self.window()
        if window.last is None:
            return {"state": "noEvents"}
        unit = "customers" if self.scope == "Customer" else "sessions"
        answer: dict[str, Any] = {
            "unit": unit,
            "window": {"sessions": window.sessions, "customers": window.customers},
        }
        if self.is_empty:
            return {"state": "noConditions", **answer}
        sampled = mode == "estimate" and window.sessions >= ESTIMATE_FROM
        found = self.count(window, saved, sampled)
        times = PARTS if sampled else 1
        everything = window.customers if unit == "customers" else window.sessions
        answer |= {
            "state": "counted",
            "sampled": sampled,
            "fraction": 1 / times,
            "matched": self.matched(found, unit, everything, times),
            "steps": self.steps(found, everything, times),
            "days": self.days(window, found, times),
        }
        if saved is not None:
            answer["saved"] = _against(found, unit, times)
        zero = next((step for step in answer["steps"] if step["before"] and not step["kept"]), None)
        if zero is not None:
            answer["zero"] = self.zero(zero)
        answer["samples"] = self.samples(list(found["latest"] or ()))
        return answer

    def window(self) -> _Window:
        inside = funnel.visits_condition(
            self.words, funnel.Window(self.asked.start, self.asked.end, self.asked.end)
        )
        row = self.doing.rows(
            f"SELECT count(*) AS sessions, count(DISTINCT customer_id) AS customers, max(last_event) AS last, "
            f"histogram({funnel.slot(self.words, self.asked.start)}) AS slots FROM sessions WHERE {inside}"
        )[0]
        last = row["last"]
        return _Window(
            row["sessions"], row["customers"], last and last.replace(tzinfo=UTC), dict(row["slots"] or ())
        )

    def count(self, window: _Window, saved: Json | None, sampled: bool) -> dict[str, Any]:
        assert window.last is not None
        statement = funnel.counting(
            self.words,
            self.definition,
            self.scope,
            funnel.Window(
                self.asked.start, self.asked.end, window.last, sample=(PARTS, 0) if sampled else None
            ),
            saved=(saved, saved["scope"]) if saved is not None else None,
        )
        return self.doing.rows(statement.sql, statement.parameters)[0]

    def matched(self, found: Json, unit: str, everything: int, times: int) -> dict[str, Any]:
        counted = found[unit]
        low = high = counted * times
        if times > 1:
            # Each customer is in the sample with a chance of 1 / times, and brings all matching visits along.
            squares = found["squares"] or 0 if unit == "sessions" else counted
            spread = _SURE * math.sqrt((1 - 1 / times) * squares) * times
            low = max(counted, math.floor(counted * times - spread))
            # None in the sample still leaves some: the rule of three.
            high = min(everything, math.ceil(counted * times + spread) if counted else 3 * times)
        return {
            "sessions": found["sessions"] * times,
            "customers": found["customers"] * times,
            "share": min(1.0, counted * times / everything),
            "low": low,
            "high": max(low, high),
        }

    def steps(self, found: Json, everything: int, times: int) -> list[dict[str, Any]]:
        shown = []
        before = everything
        for number, step in enumerate(funnel.steps_of(self.definition)):
            kept = min(before, found[f"k{number}"] * times)
            shown.append(
                {
                    "path": step.path,
                    "key": step.key,
                    "before": before,
                    "kept": kept,
                    "dropped": before - kept,
                }
            )
            before = kept
        return shown

    def days(self, window: _Window, found: Json, times: int) -> list[dict[str, Any]]:
        matched = dict(found["slots"] or ())
        utc = ZoneInfo("UTC")
        edges = self.asked.days()
        shown = []
        for start, end in pairwise(edges):
            first, after = (-((self.asked.start - edge) // _SLOT) for edge in (start, end))
            if end == edges[-1]:
                after = max([first, *window.slots]) + 1
            shown.append(
                {
                    "interval": format_interval(start, end, utc),
                    "all": sum(window.slots.get(slot, 0) for slot in range(first, after)),
                    "matched": sum(matched.get(slot, 0) for slot in range(first, after)) * times,
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

    def samples(self, session_ids: list[str]) -> list[dict[str, Any]]:
        visits = recorded.visits(self.doing, session_ids)
        events = recorded.events(self.doing, self.scope, visits)
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


def _against(found: Json, unit: str, times: int) -> dict[str, int]:
    both = found[f"both_{unit}"]
    return {
        "sessions": found["saved_sessions"] * times,
        "customers": found["saved_customers"] * times,
        "gained": (found[unit] - both) * times,
        "lost": (found[f"saved_{unit}"] - both) * times,
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
