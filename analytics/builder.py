"""What the builder at the top of the page shows: every part of the question with its choices, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import checks, granularity, labels, measures, ranges, sentences, spans
from analytics.answering import meant
from analytics.checks import Check
from analytics.forms import Draft, draft_of
from analytics.measures import STATISTICS, View
from analytics.names import Names
from analytics.question import Problem, Question
from analytics.ranges import RangeError
from journeyadmin import clocks
from journeyadmin.contract.buckets import MAX_VIEWS, format_interval
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS

_STAGES = (
    ("sessions", gettext_lazy("Sessions")),
    ("assignments", gettext_lazy("Segments")),
    ("actions", gettext_lazy("Actions")),
    ("outcomes", gettext_lazy("Outcomes")),
)
_GROUPS = ("session", "assignment", "outcome", "action", "blocking", "cap", "touchpoint")


@dataclass(frozen=True)
class Choice:
    """One choice: `why` says why it is off."""

    value: str
    label: str
    chosen: bool = False
    note: str = ""
    why: str = ""


@dataclass
class Builder:
    """The context of templates/analytics/_builder.html."""

    question: Question
    draft: Draft
    checks: list[Check]
    problems: dict[str, list[str]]
    typed: dict[str, str]
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def loose(self) -> list[str]:
        """Problems that have no place of their own in the builder."""
        placed = {"range", "zone", "view", "top", "goal"}
        return [text for name, texts in self.problems.items() if name not in placed for text in texts]

    @property
    def stops(self) -> bool:
        return any(check.stops for check in self.checks)

    @property
    def obstacle(self) -> str:
        """Why it is not asked, in one sentence; empty where nothing is in the way."""
        told = [text for texts in self.problems.values() for text in texts]
        told += [check.text for check in self.checks if check.stops]
        return next(iter(told), "")


def build(
    question: Question,
    names: Names,
    now: datetime,
    *,
    draft: Draft | None = None,
    problems: Sequence[Problem] = (),
    typed: dict[str, str] | None = None,
    anyway: bool = False,
) -> Builder:
    """The builder of a question. `typed` keeps what was written where it was not understood."""
    said: dict[str, list[str]] = {}
    for problem in problems:
        said.setdefault(problem.field, []).append(checks.problem_words(problem))
    found: list[Check] = []
    parts: dict[str, Any] = {}
    try:
        asked = meant(question, now)
    except RangeError as error:
        words = checks.problem_words(Problem("range", error.problem, error.text))
        # Whoever read the address may have said it already.
        if words not in said.setdefault("range", []):
            said["range"].append(words)
        parts = {"by": labels.granularity(question.by) if question.by else ""}
    else:
        found = checks.checks(question, asked.span, names, anyway=anyway)
        found += checks.uncompared(question, asked.before)
        zone = ZoneInfo(question.zone)
        guessed = checks.estimate(question, asked.span, names)
        parts = {
            "span": spans.span(asked.span),
            "dates": spans.dates(asked.span),
            "interval": format_interval(asked.span.start, asked.span.end, zone),
            "first": asked.span.first or asked.span.start.astimezone(zone).date(),
            "last": asked.span.last or asked.span.end.astimezone(zone).date(),
            "granularities": _granularities(question, asked.span, asked.by),
            "by": labels.granularity(asked.by),
            "by_whole": asked.by == "all",
            "estimate": guessed.words,
        }
    parts |= {
        "grouped": ", ".join(labels.dimension(name) for name in question.group_by),
        "goal": "" if question.goal is None else f"{question.goal:.15g}",
        "range_choice": _range_choice(question, "range" in said),
        "presets": _presets(question),
        "range_words": ranges.spelled(ranges.parse(question.range), clocks.active().week),
        "range": range_label(question, parts.get("dates", "")),
        "measures": ", ".join(labels.measure(made) for made in question.made),
        "stages": _stages(question),
        "rates": _rates(question),
        "metrics": [(name, labels.metric(name)) for name in METRICS],
        "groups": _group_choices(question),
        "dimensions": _dimensions(),
        "comparisons": _comparisons(question, names),
        "comparison": _comparison_label(question, names),
        "views": _views(question),
        "sentence": sentences.filter_words(question.filter, names),
        "filter": _filter(draft or draft_of(question.filter), names),
    }
    return Builder(question, draft or draft_of(question.filter), found, said, typed or {}, parts)


def _range_choice(question: Question, misread: bool) -> str:
    """Which of the three ways to say a range is chosen: a preset, dates, or words."""
    if misread:
        return "words"
    range_ = ranges.parse(question.range)
    if range_.text in ranges.presets(clocks.active().week):
        return range_.text
    meaning = range_.meaning
    whole = isinstance(meaning, ranges.Fixed) and not isinstance(meaning.start, datetime) and meaning.end
    return "dates" if whole else "words"


def _presets(question: Question) -> list[Choice]:
    return [
        Choice(text, spans.preset(ranges.parse(text)), text == question.range)
        for text in ranges.presets(clocks.active().week)
    ]


def range_label(question: Question, dates: str = "") -> str:
    """`Last 7 full days`; of fixed dates these, or as they are written in the address where they are times."""
    range_ = ranges.parse(question.range)
    meaning = range_.meaning
    if not dates and isinstance(meaning, ranges.Fixed) and meaning.end is not None:
        first, last = meaning.start, meaning.end
        if not isinstance(first, datetime) and not isinstance(last, datetime):
            dates = spans.days(first, last)
    return spans.preset(range_) or dates or question.range


def _granularities(question: Question, span: ranges.Span, by: str) -> list[Choice]:
    found = []
    for choice in granularity.choices(span, question.by):
        count = _("1 bucket") if choice.count == 1 else _("%s buckets") % labels.whole(choice.count)
        why = "" if choice.fits else _("%s buckets, 8 928 allowed") % labels.whole(choice.count)
        found.append(Choice(choice.by, labels.granularity(choice.by), choice.by == by, count, why))
    return found


def _stages(question: Question) -> list[tuple[str, list[Choice]]]:
    """Metrics in life-cycle order, each with its definition; measured values with their statistics."""
    found = []
    for stage, title in _STAGES:
        rows = []
        for name, metric in METRICS.items():
            if metric.stage != stage:
                continue
            keys = [name]
            if metric.aggregate == "value":
                keys += [f"{name}.{statistic}" for statistic in STATISTICS[1:]]
            for key in keys:
                made = measures.measure(key)
                assert made is not None
                adds = "" if made.additive else _("Not additive.")
                note = f"{labels.definition(made)} {adds}".strip() if key == name else ""
                rows.append(Choice(key, labels.measure(made), key in question.measures, note))
        found.append((str(title), rows))
    return found


def _rates(question: Question) -> list[Choice]:
    keys = [
        *measures.KNOWN_RATES,
        *(key for key in question.measures if "/" in key and key not in measures.KNOWN_RATES),
    ]
    found = []
    for key in keys:
        made = measures.measure(key)
        if made is not None:
            found.append(Choice(key, labels.measure(made), key in question.measures, labels.definition(made)))
    return found


def _dimensions() -> list[tuple[str, list[tuple[str, str]]]]:
    """Dimensions under the kind of fact that carries them."""
    titles = {
        "session": _("Visit and visitor"),
        "assignment": _("Segment assigned"),
        "outcome": _("Outcome"),
        "action": _("Action"),
        "blocking": _("Blocked action"),
        "cap": _("Frequency cap"),
        "touchpoint": _("Touchpoint"),
    }
    return [
        (
            titles[group],
            [(name, labels.dimension(name)) for name, row in DIMENSIONS.items() if row.group == group],
        )
        for group in _GROUPS
    ]


def _group_choices(question: Question) -> list[str]:
    """One select for each dimension grouped by, and an empty one for the next."""
    return [*question.group_by, ""][:8]


def _comparisons(question: Question, names: Names) -> dict[str, Any]:
    rows = [
        Choice("", _("Nothing"), not question.compare),
        Choice("previous", _("The period before"), question.compare == "previous"),
        Choice("weekdays", _("The period before, same weekdays"), question.compare == "weekdays"),
        Choice("year", _("A year before"), question.compare == "year"),
    ]
    segments = [
        Choice(value, text, value == question.compared_segment)
        for value, text in names.choices("journeySegmentId")
    ]
    if question.compared_segment and not any(row.chosen for row in segments):
        segments.append(
            Choice(
                question.compared_segment, names.value("journeySegmentId", question.compared_segment), True
            )
        )
    return {"rows": rows, "segments": segments, "segment": bool(question.compared_segment)}


def _comparison_label(question: Question, names: Names) -> str:
    if question.compared_segment:
        return names.value("journeySegmentId", question.compared_segment)
    words = {
        "previous": _("period before"),
        "weekdays": _("same weekdays before"),
        "year": _("year before"),
    }
    return words.get(question.compare, "")


def _views(question: Question) -> dict[str, Any]:
    shown: list[dict[str, str]] = [_view(view) for view in question.views]
    if len(shown) < MAX_VIEWS:
        shown.append({})
    targets = [(name, labels.metric(name)) for name, row in METRICS.items() if row.aggregate == "value"]
    return {
        "rows": shown,
        "targets": targets,
        "statistics": [(name, labels.statistic(name)) for name in STATISTICS],
    }


def _view(view: View) -> dict[str, str]:
    gte, lt = ("" if limit is None else f"{limit:.15g}" for limit in (view.gte, view.lt))
    return {"name": view.name, "target": view.target, "statistic": view.statistic, "gte": gte, "lt": lt}


def _filter(draft: Draft, names: Names) -> list[dict[str, Any]]:
    """The rows of the filter with the control that fits each: a list to pick from, a text, or bounds."""
    groups = []
    for number, group in enumerate(draft.groups):
        rows = []
        for at, row in enumerate(group.rows):
            known = row.dimension in DIMENSIONS
            choices = names.choices(row.dimension) if known and row.operator == "matches" else []
            if choices and row.value and row.value not in {value for value, _text in choices}:
                choices = [*choices, (row.value, names.value(row.dimension, row.value))]
            rows.append(
                {
                    "id": f"{number}-{at}",
                    "row": row,
                    "choices": choices,
                    "needs_value": row.operator in ("matches", "range"),
                    "numeric": known and DIMENSIONS[row.dimension].kind == "integer",
                }
            )
        groups.append({"number": number, "type": group.type, "rows": rows})
    return groups
