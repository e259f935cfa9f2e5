"""Values that exist: what an editor offers while someone types, and what lies nearest where a criterion finds nothing."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from django.http import HttpResponse

from journeyadmin.contract.criteria import CONTEXT_KEYS, attribute_name, find_key
from journeyadmin.contract.local import SEE_CUSTOMERS, SUGGEST
from journeyserver import warehouse
from journeyserver.auth import Call, operation
from journeyserver.engine.columns import CONTEXT_COLUMNS, JOURNEY_COLUMNS
from journeyserver.errors import json_response
from journeyserver.local.calls import work_for
from journeyserver.local.running import Stopped, Work
from journeyserver.paging import Parameters

SECONDS = 0.25
RECENT_EVENTS = 1_000_000
RECENT_VISITS = "INTERVAL '30 days'"
MOST = 50
NEAREST = 3
_POOL = 2_000
_LONGEST = 500
# What a value gains when it is part of the wanted one, or the other way about.
_PART = 0.3

# Journey values may hold what people typed: an address, a card number. Those are nobody's business here.
_PERSONAL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|(?:\d[ -]?){13,19}")

Value = dict[str, Any]


@operation(SUGGEST)
def suggest(call: Call) -> HttpResponse:
    """Values of a key that contain a text, the most frequent first."""
    parameters = Parameters(call.request.GET)
    side = parameters.text("side") or "journey"
    if side not in ("context", "journey"):
        parameters.note("side", "invalid.enum", "must be context or journey.")
    key = parameters.text("key") or ""
    if not key:
        parameters.note("key", "missing.required", "is required.")
    elif side in ("context", "journey") and not _is_known(side, key):
        parameters.note("key", "invalid.enum", f"“{key[:100]}” is no {side} key.")
    text = parameters.text("text") or ""
    limit = parameters.integer("limit", 10, 1, MOST)
    parameters.check()
    answer: dict[str, Any] = {"key": key, "values": [], "complete": False}
    try:
        # A newer keystroke replaces the older one.
        with work_for(call, SECONDS, f"suggest:{side}:{key}") as doing:
            found, complete = values(doing, side, key, text, limit, SEE_CUSTOMERS in call.token.permissions)
            answer |= {"values": found, "complete": complete}
    except Stopped:
        pass
    return json_response(answer)


def _is_known(side: str, key: str) -> bool:
    """Whether values of this key exist; `attributes` has the names of the events' attributes as its values."""
    if side == "context":
        return find_key("context", key) is not None
    return key == "attributes" or find_key("journey", key, "any") is not None


def values(
    doing: Work, side: str, key: str, text: str, limit: int, whole: bool = False
) -> tuple[list[Value], bool]:
    """Values that contain `text`, ignoring case, with their counts, and whether everything recorded was looked at."""
    if side == "context":
        found, complete = _of_visits(doing, key, text, limit * 2)
    else:
        found, complete = _of_events(doing, key, text, limit * 2)
    shown = [row for row in found if whole or not _PERSONAL.search(row["value"])]
    return shown[:limit], complete


def nearest(doing: Work, side: str, key: str, wanted: Sequence[str]) -> list[Value]:
    """The existing values that look most like one of the wanted ones."""
    pool, _ = values(doing, side, key, "", _POOL)
    sought = [text.casefold() for text in wanted]

    def likeness(row: Value) -> float:
        value = row["value"].casefold()
        return max(
            SequenceMatcher(None, text, value, autojunk=False).ratio() + _PART * _is_part(text, value)
            for text in sought
        )

    doing.check()
    return sorted(pool, key=lambda row: (-likeness(row), -row["count"], row["value"]))[:NEAREST]


def _is_part(text: str, value: str) -> bool:
    return min(len(text), len(value)) >= 3 and (text in value or value in text)


def _of_visits(doing: Work, key: str, text: str, limit: int) -> tuple[list[Value], bool]:
    column = CONTEXT_COLUMNS[key]
    if CONTEXT_KEYS[key].kind == "boolean":
        column = f"CASE WHEN {column} THEN 'true' ELSE 'false' END"
    recent = f"started >= (SELECT max(started) - {RECENT_VISITS} FROM sessions)"
    found = _counted(doing, f"SELECT {column} AS value FROM sessions WHERE {recent}", [], text, limit)
    older = doing.run(f"SELECT count(*) AS n FROM sessions WHERE NOT ({recent})")["n"][0]
    return found, not older


def _of_events(doing: Work, key: str, text: str, limit: int) -> tuple[list[Value], bool]:
    (latest,) = doing.run("SELECT max(seq) AS latest FROM events")["latest"]
    first = (latest or 0) - RECENT_EVENTS
    attribute = attribute_name(key)
    words = warehouse.backend().words
    parameters: list[Any] = []
    if key == "attributes":
        value = words.map_keys("attributes")
    elif attribute is not None:
        value = words.map_value("attributes", "?")
        parameters.append(attribute)
    else:
        value = JOURNEY_COLUMNS[key]
    found = _counted(
        doing, f"SELECT {value} AS value FROM events WHERE seq > {first}", parameters, text, limit
    )
    return found, first <= 0


def _counted(doing: Work, source: str, parameters: Sequence[Any], text: str, limit: int) -> list[Value]:
    parameters = list(parameters)
    contains = ""
    if text:
        words = warehouse.backend().words
        contains = f" AND {words.contains(words.folded('value'), '?')}"
        parameters.append(text.casefold())
    return doing.rows(
        f"SELECT value, count FROM (SELECT value, count(*) AS count FROM ({source}) AS read GROUP BY value) AS counted "
        f"WHERE value IS NOT NULL AND length(value) <= {_LONGEST}{contains} ORDER BY count DESC, value LIMIT {limit}",
        parameters,
    )
