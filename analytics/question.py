"""A question as a page asks it, in one normal form: equal questions have equal addresses. Pure.

Reading never fails: what cannot be read is a problem with the field it belongs to, and the rest of the question stands.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlencode

from analytics import filters, measures, ranges
from analytics.filters import EVERYTHING, Filter
from analytics.measures import STATISTICS, Measure, View
from journeyadmin.contract.buckets import (
    MAX_GROUP_BY,
    MAX_VIEW_NAME_LENGTH,
    MAX_VIEWS,
    BucketError,
    parse_granularity,
    parse_zone,
)
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS
from journeyadmin.digits import whole_number

CHARTS = ("line", "area", "bar", "heat", "funnel", "number", "table")
COMPARISONS = ("previous", "weekdays", "year")
WITH_SEGMENT = "segment:"
WHOLE = "all"
TOP = 10
LARGEST_TOP = 50
LONGEST_VALUE = 2048


@dataclass(frozen=True)
class Question:
    """What is asked and how it is shown. `by` "" and `chart` "" are the fitting ones; `by` "all" is the whole range at once."""

    range: str = ranges.DEFAULT
    zone: str = "UTC"
    by: str = ""
    measures: tuple[str, ...] = measures.DEFAULT
    group_by: tuple[str, ...] = ()
    filter: Filter = EVERYTHING
    views: tuple[View, ...] = ()
    flatten: bool = False
    compare: str = ""
    chart: str = ""
    top: int = TOP
    goal: float | None = None
    marks: bool = True

    @property
    def made(self) -> tuple[Measure, ...]:
        return measures.all_measures(self.measures, self.views)

    @property
    def compared_segment(self) -> str:
        """The segment that the answer is compared with; "" where it is not."""
        return self.compare.removeprefix(WITH_SEGMENT) if self.compare.startswith(WITH_SEGMENT) else ""


@dataclass(frozen=True)
class Problem:
    """A part of an address that was left out: the field, a code, and what was written there."""

    field: str
    code: str
    text: str = ""


@dataclass
class Reading:
    """The question of an address, and what in it could not be read."""

    question: Question
    problems: list[Problem] = field(default_factory=list)


def address(question: Question) -> str:
    """The one query string of a question, without `?`."""
    return urlencode(pairs(question), quote_via=quote, safe=":,/~;=.")


def pairs(question: Question) -> list[tuple[str, str]]:
    """Parameters in a fixed order; what is as proposed is left out, the zone never (two people see the same numbers)."""
    found = [("range", question.range), ("zone", question.zone)]
    if question.by:
        found.append(("by", question.by))
    found += [("m", key) for key in question.measures]
    found += [("view", _view_text(view)) for view in question.views]
    found += [("g", name) for name in question.group_by]
    if question.flatten:
        found.append(("flatten", "1"))
    found += filters.to_pairs(question.filter)
    if question.compare:
        found.append(("compare", question.compare))
    if question.chart:
        found.append(("chart", question.chart))
    if question.top != TOP:
        found.append(("top", str(question.top)))
    if question.goal is not None:
        found.append(("goal", f"{question.goal:.15g}"))
    if not question.marks:
        found.append(("marks", "0"))
    return found


def read(params: Mapping[str, Sequence[str]], base: Question) -> Reading:
    """The question of an address. `base` gives what an address may leave out: the zone, and the range of a first visit."""
    reader = _Reader(params)
    views = reader.views()
    keys = reader.measures()
    if not keys and not views:
        keys = base.measures
    question = Question(
        range=reader.range(base.range),
        zone=reader.zone(base.zone),
        by=reader.granularity(),
        measures=keys,
        group_by=reader.group_by(),
        filter=reader.filter(),
        views=views,
        compare=reader.compare(),
        chart=reader.one_of("chart", CHARTS),
        top=int(reader.number("top", TOP, 1, LARGEST_TOP, whole=True) or TOP),
        goal=reader.goal(),
        marks=reader.first("marks") != "0",
    )
    # Joining the groups of a multi-valued dimension says something only where there is one.
    many = any(DIMENSIONS[name].multi_valued for name in question.group_by)
    question = replace(question, flatten=many and reader.first("flatten") == "1")
    return Reading(question, reader.problems)


class _Reader:
    def __init__(self, params: Mapping[str, Sequence[str]]) -> None:
        self.params = params
        self.problems: list[Problem] = []

    def all(self, name: str) -> list[str]:
        return [value for value in self.params.get(name, ()) if value]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "").strip()

    def problem(self, name: str, code: str, text: str = "") -> None:
        self.problems.append(Problem(name, code, text[:200]))

    def range(self, proposed: str) -> str:
        text = self.first("range")
        if not text:
            return proposed
        try:
            return ranges.parse(text).text
        except ranges.RangeError as error:
            self.problem("range", error.problem, error.text)
            return proposed

    def zone(self, proposed: str) -> str:
        text = self.first("zone")
        try:
            return parse_zone(text).key if text else proposed
        except BucketError:
            self.problem("zone", "unknown_zone", text)
            return proposed

    def granularity(self) -> str:
        text = self.first("by")
        if text in ("", WHOLE):
            return text
        try:
            parse_granularity(text)
        except BucketError as error:
            self.problem("by", "granularity", str(error))
            return ""
        return text

    def measures(self) -> tuple[str, ...]:
        keys = self.all("m")
        for key in keys:
            if measures.measure(key) is None and not key.startswith("view:"):
                self.problem("m", "unknown_metric", key)
        return measures.in_order(keys)

    def group_by(self) -> tuple[str, ...]:
        names = self.all("g")
        for name in names:
            if name not in DIMENSIONS:
                self.problem("g", "unknown_dimension", name)
        known = tuple(dict.fromkeys(name for name in names if name in DIMENSIONS))
        if len(known) > MAX_GROUP_BY:
            self.problem("g", "too_many_groups", str(len(known)))
        return known[:MAX_GROUP_BY]

    def filter(self) -> Filter:
        try:
            return filters.from_pairs(self.first("match"), self.all("where"))
        except filters.FilterError as error:
            self.problem("where", "filter", str(error))
            return EVERYTHING

    def views(self) -> tuple[View, ...]:
        found: dict[str, View] = {}
        for text in self.all("view"):
            view = _read_view(text)
            if view is None or view.name in METRICS or view.name in found:
                self.problem("view", "view", text)
            else:
                found[view.name] = view
        if len(found) > MAX_VIEWS:
            self.problem("view", "too_many_views", str(len(found)))
        return tuple(found[name] for name in sorted(found))[:MAX_VIEWS]

    def compare(self) -> str:
        text = self.first("compare")
        segment = text.removeprefix(WITH_SEGMENT)
        if text in ("", "none"):
            return ""
        if text in COMPARISONS or (text != segment and 0 < len(segment) <= 64):
            return text
        self.problem("compare", "choice", text)
        return ""

    def one_of(self, name: str, choices: Iterable[str]) -> str:
        text = self.first(name)
        if text and text not in choices:
            self.problem(name, "choice", text)
            return ""
        return text

    def goal(self) -> float | None:
        """A number, or a share that is typed as `40 %`."""
        text = self.first("goal")
        share = _number(text.removesuffix("%")) if text.endswith("%") else None
        if share is not None and abs(share) <= 1e15:
            return float(f"{share / 100:.15g}")
        return self.number("goal", None, -1e15, 1e15)

    def number(
        self, name: str, proposed: float | None, least: float, most: float, whole: bool = False
    ) -> float | None:
        text = self.first(name)
        if not text:
            return proposed
        found = _number(text)
        if found is None or not least <= found <= most or (whole and found != int(found)):
            self.problem(name, "number", text)
            return proposed
        return found


def small_number(text: str) -> int | None:
    """A whole number of an address or a form, such as a width, a place or seconds; None for any other text."""
    return whole_number(text, most_digits=9)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _view_text(view: View) -> str:
    limits = ["" if limit is None else f"{limit:.15g}" for limit in (view.gte, view.lt)]
    # The sign between the parts is one that quote leaves as it is.
    name = quote(view.name, safe=" ").replace("~", "%7E")
    return "~".join([name, view.target, *limits, view.statistic])


def view_of(name: str, target: str, gte: str, lt: str, statistic: str) -> View | None:
    """A view from text; None where the contract would refuse it (docs/api/journey-api.md §10.7)."""
    limits = [_number(limit) if limit else None for limit in (gte, lt)]
    metric = METRICS.get(target)
    if not 1 <= len(name) <= MAX_VIEW_NAME_LENGTH or metric is None or metric.aggregate != "value":
        return None
    if statistic not in STATISTICS or all(limit is None for limit in limits):
        return None
    if any(limit is None and text for limit, text in zip(limits, (gte, lt), strict=True)):
        return None
    return View(name, target, limits[0], limits[1], statistic)


def _read_view(text: str) -> View | None:
    parts = text.split("~")
    return view_of(unquote(parts[0]), *parts[1:]) if len(parts) == 5 else None
