"""What all tiles of a dashboard share: range, zone, filter, whether they are tables, and how often they are refreshed; all
of it in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs, quote, urlencode

from analytics import filters, granularity, moves
from analytics.answering import meant
from analytics.filters import EVERYTHING, Filter
from analytics.question import Problem, Question, read, small_number
from analytics.ranges import RangeError
from journeyadmin.contract.buckets import MAX_BUCKETS
from journeyadmin.http import JourneyRequest

RANGE = "last-14-days"
INTERVALS = (0, 30, 60, 300, 900)
KEY = "analytics_scope"


@dataclass(frozen=True)
class Scope:
    """`refresh` is in seconds, 0 for never."""

    range: str = RANGE
    zone: str = "UTC"
    filter: Filter = EVERYTHING
    refresh: int = 0
    tables: bool = False

    @property
    def question(self) -> Question:
        """The scope as the builder's parts know it."""
        return Question(range=self.range, zone=self.zone, filter=self.filter)


def address(scope: Scope) -> str:
    pairs = [("range", scope.range), ("zone", scope.zone), *filters.to_pairs(scope.filter)]
    if scope.refresh:
        pairs.append(("refresh", str(scope.refresh)))
    if scope.tables:
        pairs.append(("tables", "1"))
    return urlencode(pairs, quote_via=quote, safe=":,/~;=.")


def from_params(params: Mapping[str, Sequence[str]], base: Scope) -> tuple[Scope, list[Problem]]:
    """The scope of an address; what it leaves out is as in `base`."""
    reading = read(params, Question(range=base.range, zone=base.zone))
    refresh = next(iter(params.get("refresh", [])), "")
    seconds = small_number(refresh) or 0
    question = reading.question
    tables = list(params.get("tables", [])) == ["1"]
    kept = seconds if seconds in INTERVALS else 0
    return Scope(question.range, question.zone, question.filter, kept, tables), reading.problems


def navigation(scope: Scope, now: datetime) -> dict[str, str]:
    """Addresses of the same dashboard about other times, and with tables for charts; "" where there is none."""
    asked = meant(scope.question, now)
    ways = {"earlier": moves.earlier, "later": moves.later, "wider": moves.wider, "fixed": moves.fixed}
    other = {name: way(asked) for name, way in ways.items()}
    found = {name: address(replace(scope, range=one.range)) if one else "" for name, one in other.items()}
    return found | {"table": address(replace(scope, tables=not scope.tables))}


def remembered(request: JourneyRequest, zone: str) -> Scope:
    """The scope one looked through last, so that it stays while one moves between dashboards (DSH4)."""
    text = request.session.get(KEY, "")
    base = Scope(zone=zone)
    return from_params(parse_qs(text, keep_blank_values=True), base)[0] if text else base


def remember(request: JourneyRequest, scope: Scope) -> None:
    text = address(scope)
    if request.session.get(KEY) != text:
        request.session[KEY] = text


def within(question: Question, scope: Scope, now: datetime) -> Question | None:
    """A tile's question about this range, in this zone, with both filters; None where they do not fit into one.

    Where its buckets would be more than are allowed, they are those that fit the range.
    """
    kept: Filter | None = question.filter
    if scope.filter.type == "or":
        kept = scope.filter if not kept else _both(scope.filter, kept)
    else:
        for group in scope.filter.groups:
            kept = filters.narrowed(kept, group) if kept is not None else None
    if kept is None:
        return None
    chart = "table" if scope.tables else question.chart
    found = replace(question, range=scope.range, zone=scope.zone, filter=kept, chart=chart)
    return found if _fits(found, now) else replace(found, by="")


def _fits(question: Question, now: datetime) -> bool:
    try:
        asked = meant(question, now)
    except RangeError:
        return True
    return granularity.count(asked.by, asked.span) <= MAX_BUCKETS


def _both(one: Filter, other: Filter) -> Filter | None:
    kept: Filter | None = one
    for group in other.groups if other.type == "and" else ():
        kept = filters.narrowed(kept, group) if kept is not None else None
    return kept if other.type == "and" else None
