"""The context of an answer on a page or in a tile: sentence, charts to choose from, figures, table, where to go from here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from analytics import charts, labels, measures, moves, sentences, spans, tables
from analytics.answering import Answered, Asked, plain, proposed_chart, shown_chart
from analytics.charts import Mark, Panel, Scene
from analytics.names import Names
from analytics.question import CHARTS, WHOLE, Question, address
from analytics.series import Group, Line
from journeyadmin import ages
from journeyadmin.contract.dimensions import DIMENSIONS

# A tile shows so many rows; the page behind it has more, the file has all.
TILE_ROWS = 40
ICONS = {
    "line": "chart-line",
    "area": "chart-area",
    "bar": "chart-column",
    "heat": "grid-3x3",
    "funnel": "filter",
    "number": "hash",
    "table": "table-2",
}


@dataclass(frozen=True)
class ChartChoice:
    """A kind of chart: where it is shown, or why it cannot be."""

    value: str
    label: str
    icon: str
    address: str
    chosen: bool
    why: str = ""


@dataclass(frozen=True)
class BigNumber:
    """One number with its change and its trend. `now` is what is held against `before` where that is less than `value`."""

    label: str
    value: str
    change: str
    rose: bool | None
    before: str
    points: str
    now: str = ""


def answer_context(
    answered: Answered,
    names: Names,
    *,
    marks: Sequence[Mark] = (),
    tile: bool = False,
    restated: datetime | None = None,
) -> dict[str, Any]:
    """The context of templates/analytics/_answer.html and of a dashboard's tile.

    `restated` is the moment from which on the service may still correct its numbers.
    """
    asked = answered.asked
    question, result = asked.question, answered.shown
    groups = [line.group for line in result.lines if line.kind == "group"]
    colours = names.colours(result.group_by, groups) if result.group_by else {}
    chart = shown_chart(asked)
    text = address(question)
    point = f"{reverse('analytics:point')}?{text}"
    filter_sentence = sentences.filter_words(question.filter, names)
    compared = "" if asked.before is None else _against(answered, names)
    scene = Scene(
        result=result,
        span=asked.span,
        by=asked.by,
        now=asked.now,
        names=names,
        colours=colours,
        point=point,
        goal=question.goal,
        marks=marks if question.marks else (),
        blocked=answered.blocked,
        small=tile,
        compared=compared,
        restated=restated,
    )
    panels = charts.panels(chart, scene)
    return {
        "answered": answered,
        "asked": asked,
        "chart": chart,
        "sentence": sentences.funnel(result)
        if chart == "funnel" and not result.empty
        else sentences.answer(result, asked.span, asked.by, names),
        "notes": [*_funnel_notes(chart), *sentences.notes(result, question.made)],
        "span": spans.span(asked.span),
        "compared": compared,
        "filter_sentence": filter_sentence,
        "panels": [(panel, figure_json(panel)) for panel in panels],
        "numbers": _big_numbers(answered) if chart == "number" and not result.empty else [],
        # Where there is nothing no table is shown.
        "table": None if result.empty else _table(answered, names, colours, filter_sentence, point, tile),
        "at": answered.answered,
        "ago": ages.ago(answered.answered, max(asked.now, timezone.now())),
        "failure": answered.failure,
        "address": text,
    }


def _funnel_notes(chart: str) -> list[str]:
    if chart != "funnel":
        return []
    return [
        _(
            "Offered and blocked need not add up to qualified: an action may be blocked several times and then be offered."
        )
    ]


def _against(answered: Answered, names: Names) -> str:
    question = answered.asked.question
    if question.compared_segment:
        return names.value("journeySegmentId", question.compared_segment)
    assert answered.asked.before is not None
    return spans.dates(answered.asked.before)


def figure_json(panel: Panel) -> SafeString:
    """The figure for a <template>: JSON in which nothing can end the element."""
    text = orjson.dumps(panel.figure).decode()
    for sign, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"), ("\u2028", "\\u2028")):
        text = text.replace(sign, escape)
    return mark_safe(text)  # noqa: S308


def _table(
    answered: Answered, names: Names, colours: dict[Group, str], filter_words: str, point: str, tile: bool
) -> tables.Table:
    """`point` is the address of any point, without what names it."""
    asked = answered.asked

    def link(line: Line | None, at: int | None) -> str:
        return point + point_params(answered, line, at)

    caption = spans.span(asked.span)
    if filter_words:
        caption = _("%(span)s, where %(words)s") % {"span": caption, "words": filter_words}
    most = TILE_ROWS if tile else tables.MOST_ROWS
    place = tables.Place(asked.span, asked.by, asked.now, names, link, colours, caption, most, small=tile)
    return tables.build(answered.shown, place)


def point_params(answered: Answered, line: Line | None, at: int | None) -> str:
    """What names a point in an address: the group's values, and the bucket by its beginning."""
    text = ""
    if line is not None and line.kind == "group":
        text = f"&{urlencode([('p', part) for part in charts.point_group(line.group)])}"
    if at is not None:
        # A number needs no escaping, and a page has one for each row.
        text += f"&at={answered.result.buckets[at].start.timestamp() / 60:.10g}"
    return text


def _big_numbers(answered: Answered) -> list[BigNumber]:
    found = []
    result = answered.shown
    for made in result.measures:
        line = result.all_of(made)
        if line is None and result.groups > 1:
            # One group's number is not that of all.
            found.append(BigNumber(labels.measure(made), _("not additive"), "", None, "", ""))
            continue
        line = line or result.of(made)[0]
        value = labels.number(line.total, made) if line.total is not None else _("not additive")
        if line.total is None and made.additive:
            value = labels.NO_DATA
        change = labels.moved(line.fair, line.fair_before, made)
        found.append(
            BigNumber(
                labels.measure(made),
                value,
                change,
                None if not line.change or change.startswith("±") else line.change > 0,
                "" if line.fair_before is None else labels.number(line.fair_before, made),
                charts.trend(line, result.buckets),
                "" if line.fair == line.total else labels.number(line.fair, made),
            )
        )
    return found


# Where to go from here


def chart_choices(asked: Asked) -> list[ChartChoice]:
    """Every kind of chart, the one shown marked; what cannot be says why, and what needs another question asks it."""
    words = {
        "line": _("Line"),
        "area": _("Area"),
        "bar": _("Bars"),
        "heat": _("Weekday and hour"),
        "funnel": _("Funnel"),
        "number": _("Number"),
        "table": _("Table"),
    }
    chosen = shown_chart(asked)
    return [
        ChartChoice(
            value,
            words[value],
            ICONS[value],
            address(_with_chart(asked, value)),
            value == chosen,
            _why_not(asked, value),
        )
        for value in CHARTS
    ]


def _with_chart(asked: Asked, chart: str) -> Question:
    question = replace(asked.question, chart=chart)
    if chart == "heat":
        question = replace(question, by="PT1H", group_by=(), flatten=False, compare="")
    elif chart == "funnel":
        question = replace(question, measures=measures.FUNNEL, views=(), by=WHOLE, group_by=(), flatten=False)
    elif chart in ("line", "area") and asked.by == WHOLE:
        question = replace(question, by="")
    return plain(question, asked.now)


def _why_not(asked: Asked, chart: str) -> str:
    first = asked.question.made[0]
    if chart == "heat" and not first.additive:
        return _("Distinct counts of hours cannot be added up.")
    if chart == "heat" and not (asked.span.days >= 1):
        return _("Needs whole days.")
    if chart == "area" and first.kind not in ("count", "sum"):
        return _("Only what adds up can be stacked.")
    overlap = any(DIMENSIONS[name].multi_valued for name in asked.question.group_by)
    if chart == "area" and overlap and not asked.question.flatten:
        return _("These groups overlap, so they cannot be stacked.")
    return ""


def navigation(asked: Asked) -> dict[str, str]:
    """Addresses of the same question about other times; "" where there is none."""
    found = {
        "earlier": moves.earlier(asked),
        "later": moves.later(asked),
        "wider": moves.wider(asked),
        "fixed": moves.fixed(asked),
        "table": _with_chart(asked, proposed_chart(asked.question, asked.by, asked.span))
        if shown_chart(asked) == "table"
        else replace(asked.question, chart="table"),
        "marks": replace(asked.question, marks=not asked.question.marks),
    }
    return {name: address(question) if question is not None else "" for name, question in found.items()}


def share_addresses(asked: Asked) -> dict[str, str]:
    """The address with these dates, and the one that moves with the calendar; the same where they are fixed already."""
    return {"fixed": address(moves.fixed(asked)), "rolling": address(asked.question)}


def export_rows(answered: Answered) -> int:
    """The rows of the CSV: one for each group and bucket that has begun."""
    begun = sum(bucket.state != "ahead" for bucket in answered.result.buckets)
    return begun * answered.result.groups
