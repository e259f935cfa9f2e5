"""What can be done with one point of an answer: a group, a bucket, or both (CHT9)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from analytics import labels, moves, spans
from analytics.answering import Answered, plain
from analytics.names import NAMEABLE, Names, kind_of
from analytics.question import Question, address
from analytics.series import Group, Line
from journeyadmin.contract.dimensions import DIMENSIONS

# What an answer is mostly broken down by; the others are in the builder.
_OFFERED = (
    "journeyDeviceCategory",
    "journeyIpGeolocationCountry",
    "journeySessionType",
    "journeySegmentId",
    "journeySessionSegmentId",
    "journeyActionMapId",
    "journeyActionMediaType",
    "journeyActionTargetId",
    "journeyBlockingReason",
    "journeyOutcomeId",
)


@dataclass(frozen=True)
class Choice:
    """Something to do, and where it leads."""

    label: str
    icon: str
    href: str


@dataclass(frozen=True)
class Point:
    """A group (None: everything) and a bucket (None: the whole range) of an answer."""

    group: Group | None
    at: int | None


def read(data: QueryDict, answered: Answered) -> Point:
    """The point that an address names; what is not in the answer is left out."""
    parts = data.getlist("p")
    group: Group | None = None
    if len(parts) == len(answered.result.group_by) and parts:
        group = tuple(part[1:] if part.startswith("=") else None for part in parts)
    start = moves.moment(data.get("at", ""))
    at = None
    if start is not None:
        at = next(
            (
                number
                for number, bucket in enumerate(answered.result.buckets)
                if bucket.start <= start < bucket.end
            ),
            None,
        )
    return Point(group, at)


def context(answered: Answered, point: Point, names: Names) -> dict[str, Any]:
    """The context of templates/analytics/_point.html."""
    asked, result = answered.asked, answered.result
    title = []
    if point.group is not None:
        title.append(names.group(result.group_by, point.group))
    if point.at is not None:
        title.append(spans.bucket(result.buckets[point.at], asked.span.zone, asked.by))
    return {
        "point_title": ", ".join(title) or spans.dates(asked.span),
        "values": _values(answered, point),
        "choices": _choices(answered, point),
        "breakdowns": _breakdowns(answered, point),
        "ids": _ids(answered, point),
        "nameable": _nameable(answered, point, names),
        "back": address(asked.question),
    }


def _values(answered: Answered, point: Point) -> list[dict[str, str]]:
    """What the answer says about the point, each measure with its share and change."""
    found = []
    result = answered.result
    for made in result.measures:
        line = _line(answered, made.key, point.group)
        if line is None:
            continue
        value = line.total if point.at is None else line.values[point.at]
        row = {"label": labels.measure(made), "value": labels.number(value, made), "share": "", "change": ""}
        whole = answered.shown.all_of(made)
        if whole is not None and point.group is not None and made.kind in ("count", "sum"):
            of = whole.total if point.at is None else whole.values[point.at]
            row["share"] = labels.percent(value / of) if value is not None and of else ""
        if line.before is not None:
            now, before = line.fair, line.fair_before
            if point.at is not None:
                now, before = value if result.fair(point.at) else None, line.before[point.at]
            row["change"] = labels.moved(now, before, made)
        found.append(row)
    return found


def _line(answered: Answered, key: str, group: Group | None) -> Line | None:
    if group is None:
        made = next(made for made in answered.result.measures if made.key == key)
        return answered.shown.all_of(made)
    return next(
        (line for line in answered.result.lines if line.measure.key == key and line.group == group), None
    )


def _choices(answered: Answered, point: Point) -> list[Choice]:
    asked, question = answered.asked, answered.asked.question
    found: list[tuple[str, str, Question | None]] = []
    if point.group is not None:
        groups = [line.group for line in answered.result.of(answered.result.measures[0], "group")]
        found += [
            (_("Only this"), "filter", moves.only(question, point.group)),
            (_("Without this"), "filter-x", moves.without(question, point.group, groups)),
        ]
    if point.at is not None and len(answered.result.buckets) > 1:
        bucket = answered.result.buckets[point.at]
        found.append((_("Look into this time"), "zoom-in", moves.narrower(asked, bucket.start, bucket.end)))
    choices = [Choice(label, icon, step(question, plain(to, asked.now))) for label, icon, to in found if to]
    return choices + _openings(answered, point)


def _openings(answered: Answered, point: Point) -> list[Choice]:
    """The segment or target itself."""
    found = []
    for name, value in zip(answered.result.group_by, point.group or (), strict=False):
        if value is None or (DIMENSIONS[name].multi_valued and "," in value):
            continue
        kind = kind_of(name)
        try:
            if kind == "journeySegmentId":
                href = reverse("segments:view", args=[value])
                found.append(Choice(_("Open the segment"), "users-round", href))
            elif kind == "journeyActionTargetId":
                found.append(Choice(_("Open action targets"), "target", reverse("actiontargets:list")))
        except NoReverseMatch:
            continue
    return found


def _breakdowns(answered: Answered, point: Point) -> list[Choice]:
    question, now = answered.asked.question, answered.asked.now
    found = []
    for name in _OFFERED:
        if name in question.group_by:
            continue
        to = moves.broken_down(question, point.group, name)
        if to is not None:
            found.append(Choice(labels.dimension(name), "", step(question, plain(to, now))))
    return found


def step(come_from: Question, to: Question) -> str:
    """An address that leads to another question and notes where one came from."""
    query = urlencode({"from": address(come_from), "to": address(to)})
    return f"{reverse('analytics:step')}?{query}"


def _ids(answered: Answered, point: Point) -> list[dict[str, str]]:
    """Ids of the group in full, to copy."""
    return [
        {"label": labels.dimension(name), "value": value}
        for name, value in zip(answered.result.group_by, point.group or (), strict=False)
        if value is not None and DIMENSIONS[name].kind == "uuid"
    ]


def _nameable(answered: Answered, point: Point, names: Names) -> list[dict[str, str]]:
    """Ids that the nine operations cannot resolve, so that people name them here."""
    return [
        {
            "dimension": name,
            "value": value,
            "label": labels.dimension(name),
            "name": names.own(name, value),
        }
        for name, value in zip(answered.result.group_by, point.group or (), strict=False)
        if value is not None and name in NAMEABLE
    ]
