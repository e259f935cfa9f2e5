"""A question and its answer: what is asked of the service, what came back, and the series made of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from analytics import answers, compare, granularity, measures, payloads, ranges, series
from analytics.answers import Kept, Meant
from analytics.question import LARGEST_TOP, WHOLE, Question
from analytics.ranges import RangeError, Span
from analytics.series import Compared, Result, UnexpectedAnswer
from journeyadmin import service
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES
from journeyadmin.http import JourneyRequest

Json = dict[str, Any]
# The service is down, busy or broken; nothing is wrong with what was asked.
FAILURES = (service.Unreachable, service.Unreadable, service.RateLimited, service.ServerFault)
RESTATED = timedelta(hours=72)
BLOCKED = Question(measures=("nJourneyActionsBlocked",), group_by=("journeyBlockingReason",))


@dataclass(frozen=True)
class Asked:
    """What a question means now: its exact span and granularity, and the compared span, None where there is none."""

    question: Question
    span: Span
    by: str
    now: datetime
    before: Span | None = None

    @cached_property
    def query(self) -> Json:
        return payloads.to_query(self.question, self.span, self.by)

    @property
    def timeless(self) -> Json:
        """The query without what follows from the time: equal for all that share an answer, however they show it."""
        query = {name: value for name, value in self.query.items() if name not in ("interval", "granularity")}
        return query | {"range": self.question.range, "whole": self.by == WHOLE}


@dataclass(frozen=True)
class Answered:
    """`result` has every group, `shown` the largest ones with "other" and "all"; `blocked` stands beside a funnel."""

    asked: Asked
    kept: tuple[Kept, ...]
    result: Result
    shown: Result
    blocked: Result | None = None

    @property
    def answered(self) -> datetime:
        """How old the numbers are: the oldest of what they are made of."""
        return min(kept.answered for kept in self.kept)

    @property
    def from_kept(self) -> bool:
        return any(kept.kept for kept in self.kept)

    @property
    def failure(self) -> service.JourneyError | None:
        """Why there is no newer answer; None where nothing went wrong."""
        return next((kept.failure for kept in self.kept if kept.failure is not None), None)


def meant(question: Question, now: datetime) -> Asked:
    """What a question means now. Raises RangeError."""
    zone = ZoneInfo(question.zone)
    span = ranges.resolve(ranges.parse(question.range), now, zone)
    by = granularity.chosen(question.by, span)
    before = None
    if question.compared_segment:
        before = span
    elif question.compare:
        try:
            before = compare.earlier(span, question.compare)
            # An hour more, where clocks went back, may be more buckets than are allowed.
            granularity.edges(by, before)
        except (RangeError, ValueError, OverflowError):
            before = None
    return Asked(question, span, by, now, before)


def plain(question: Question, now: datetime) -> Question:
    """The question without what it would do anyway, so that its address is the one address."""
    asked = meant(question, now)
    if question.by == granularity.proposed(asked.span):
        question = replace(question, by="")
    point = question.chart in ("line", "area") and granularity.count(asked.by, asked.span) == 1
    # A line of one point is none.
    if (
        point
        or question.chart != shown_chart(asked)
        or question.chart == proposed_chart(question, asked.by, asked.span)
    ):
        question = replace(question, chart="")
    return question


def proposed_chart(question: Question, by: str, span: Span) -> str:
    """The chart that fits: a line over time, bars of groups, one big number, a funnel of the whole life cycle."""
    if _has_funnel(question) and by == WHOLE:
        return "funnel"
    if granularity.count(by, span) > 1:
        return "line"
    return "bar" if question.group_by or len(question.made) > 1 else "number"


def restated_from(request: JourneyRequest, asked: Asked) -> datetime | None:
    """From when on the numbers may still be corrected: Genesys Cloud does for three days, the embedded server does not."""
    since = asked.now - RESTATED
    return since if request.connection.region and asked.span.end > since else None


def answer(
    request: JourneyRequest, asked: Asked, *, within: timedelta | None = None, or_earlier: bool = False
) -> Answered:
    """Asks the service, or takes what was kept and is not older than `within`. Raises JourneyError.

    With `or_earlier`, a moving range that has moved on since its last good answer is answered as it was then, where the
    service fails now: `asked` of the answer says from when to when that was.
    """
    place = Meant(asked.timeless, asked.now)

    def ask(query: Json) -> Kept:
        first = query == asked.query
        return answers.ask(request, query, within=within, meant=place if first else None)

    try:
        return _answered(asked, ask)
    except FAILURES as error:
        if not or_earlier:
            raise
        for then in answers.last_meant(request, place.question):
            earlier = _kept(request, meant(asked.question, then), error)
            if earlier is not None:
                return earlier
        raise


def _kept(request: JourneyRequest, asked: Asked, failure: service.JourneyError) -> Answered | None:
    """The last good answer to what was asked then; None where a part of it was not kept."""
    try:
        return _answered(asked, lambda query: answers.kept(request, query, failure))
    except FAILURES:
        return None


def _answered(asked: Asked, ask: Callable[[Json], Kept]) -> Answered:
    question = asked.question
    kept = [ask(asked.query)]
    edges = granularity.edges(asked.by, asked.span)
    compared, earlier = None, None
    if asked.before is not None:
        found = _compared(asked, edges)
        if found is not None:
            query, compared = found
            kept.append(ask(query))
            earlier = kept[-1].content
    buckets = series.make_buckets(edges, asked.now, granularity.full_end(asked.by, asked.span, edges[-2]))
    try:
        result = series.from_answer(
            kept[0].content,
            buckets,
            question.made,
            question.group_by,
            flatten=question.flatten,
            before=earlier,
            compared=compared,
        )
        blocked = None
        if shown_chart(asked) == "funnel":
            blocked, more = _blocked(asked, ask)
            kept.append(more)
    except UnexpectedAnswer as error:
        raise service.Unreadable(str(error), operation=QUERY_JOURNEY_AGGREGATES.name) from None
    return Answered(asked, tuple(kept), result, series.top(result, question.top), blocked)


def shown_chart(asked: Asked) -> str:
    """The chart that was chosen, where the question still has it."""
    question = asked.question
    lost = (question.chart == "heat" and not _has_heat(question, asked.by)) or (
        question.chart == "funnel" and not _has_funnel(question)
    )
    if question.chart and not lost:
        return question.chart
    return proposed_chart(question, asked.by, asked.span)


def _has_funnel(question: Question) -> bool:
    """Whether each step of the life cycle is asked for, and nothing else: "nobody qualified" is said of what was counted."""
    return question.measures == measures.FUNNEL and not question.views and not question.group_by


def _has_heat(question: Question, by: str) -> bool:
    """Whether there is a number for each hour of a week: buckets within hours, and groups that may be added."""
    overlap = any(DIMENSIONS[name].multi_valued for name in question.group_by) and not question.flatten
    return question.made[0].additive and granularity.within_hours(by) and not overlap


def _compared(asked: Asked, edges: list[datetime]) -> tuple[Json, Compared] | None:
    """The query of the compared period, or of the compared segment over the same period."""
    assert asked.before is not None
    if not asked.question.compared_segment:
        query = payloads.to_query(asked.question, asked.before, asked.by)
        return query, compare.align(asked.span, edges, asked.before, asked.by)
    other = payloads.against_segment(asked.question)
    if other is None:
        return None
    return payloads.to_query(other, asked.span, asked.by), Compared(
        edges, range(len(edges) - 1), asked.question.compared_segment
    )


def _blocked(asked: Asked, ask: Callable[[Json], Kept]) -> tuple[Result, Kept]:
    """Why actions were held back in the span of a funnel, with the same filter."""
    question = replace(BLOCKED, zone=asked.question.zone, filter=asked.question.filter)
    kept = ask(payloads.to_query(question, asked.span, WHOLE))
    buckets = series.make_buckets([asked.span.start, asked.span.end], asked.now)
    found = series.from_answer(kept.content, buckets, question.made, question.group_by)
    return series.top(found, LARGEST_TOP), kept
