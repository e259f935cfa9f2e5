"""What is wrong or worth knowing about a question before it is asked, each with repairs one click away (QRY3, QRY5, QRY7, QRY10, QRY12)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import granularity, labels
from analytics.filters import nevers
from analytics.names import Names
from analytics.question import Problem, Question, address
from analytics.ranges import Span
from journeyadmin.contract.buckets import MAX_BUCKETS, MAX_CELLS, MAX_GROUP_BY, MAX_VIEWS
from journeyadmin.contract.dimensions import DIMENSIONS, carried_by
from journeyadmin.contract.metrics import METRICS

# How many values a dimension usually has where no list says so; only for an estimate that says it is one.
_USUAL = {
    "journeyDeviceType": 10,
    "journeyIpGeolocationCountry": 60,
    "journeyCustomerIdType": 3,
    "journeySegmentId": 50,
    "journeySessionSegmentId": 50,
    "journeyActionMapVersion": 10,
}
_USUAL_IDS = 20
_EVERY_VISIT = 20_000
_VISITS = frozenset({"journeySessionId", "journeyCustomerId", "journeyActionId", "touchpointConversationId"})


@dataclass(frozen=True)
class Repair:
    """What a button says and the question it leads to."""

    label: str
    address: str


@dataclass(frozen=True)
class Check:
    """`stops` is true where asking would be refused."""

    code: str
    text: str
    stops: bool = False
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True)
class Estimate:
    """About how many cells the answer has: buckets × groups × numbers."""

    buckets: int
    groups: int
    numbers: int

    @property
    def cells(self) -> int:
        return self.buckets * self.groups * self.numbers

    @property
    def words(self) -> str:
        return _("about %(cells)s of %(most)s result cells") % {
            "cells": labels.whole(self.cells),
            "most": labels.whole(MAX_CELLS),
        }


def estimate(question: Question, span: Span, names: Names) -> Estimate:
    by = granularity.chosen(question.by, span)
    groups = prod(_values(name, names) for name in question.group_by)
    numbers = len({part for made in question.made for part in made.parts})
    return Estimate(granularity.count(by, span), groups, numbers)


def _values(name: str, names: Names) -> int:
    """How many values a dimension may have, the missing one included."""
    if name in _VISITS:
        return _EVERY_VISIT
    known = len(DIMENSIONS[name].values) or len(names.things(name))
    return (known or _USUAL.get(name, _USUAL_IDS)) + 1


def checks(question: Question, span: Span, names: Names, *, anyway: bool = False) -> list[Check]:
    """Everything about this question that should be known before it is asked; `anyway` lets the estimate pass."""
    by = granularity.chosen(question.by, span)
    found = list(_too_many_buckets(question, span, by))
    if not found:
        found += _too_many_cells(question, span, names, anyway)
    found += _never_true(question, names)
    found += _not_recorded(question)
    found += _not_in_filter(question)
    found += _overlapping(question)
    return found


def _too_many_buckets(question: Question, span: Span, by: str) -> Iterable[Check]:
    count = granularity.count(by, span)
    if count <= MAX_BUCKETS:
        return
    yield Check(
        "buckets",
        _("By %(by)s this range has %(count)s buckets; %(most)s are allowed.")
        % {"by": labels.granularity(by), "count": labels.whole(count), "most": labels.whole(MAX_BUCKETS)},
        stops=True,
        repairs=tuple(_coarser(question, span, by)),
    )


def _coarser(question: Question, span: Span, by: str) -> Iterable[Repair]:
    fitting = [choice for choice in granularity.choices(span, by) if choice.fits and choice.by != by]
    before = granularity.count(by, span)
    for choice in [choice for choice in fitting if choice.count < before][:2]:
        label = _("By %s") % labels.granularity(choice.by)
        yield Repair(label, address(replace(question, by=choice.by)))


def _too_many_cells(question: Question, span: Span, names: Names, anyway: bool) -> Iterable[Check]:
    guessed = estimate(question, span, names)
    if guessed.cells <= MAX_CELLS or anyway:
        return
    yield Check(
        "cells",
        _("Too many results: about %(cells)s cells, %(most)s allowed.")
        % {"cells": labels.whole(guessed.cells), "most": labels.whole(MAX_CELLS)},
        stops=True,
        repairs=(
            *repairs_for_size(question, span),
            Repair(_("Run it all the same"), address(question) + "&anyway=1"),
        ),
    )


def repairs_for_size(question: Question, span: Span) -> tuple[Repair, ...]:
    """Ready ways to ask for less: coarser, fewer groups, a shorter range."""
    by = granularity.chosen(question.by, span)
    found = list(_coarser(question, span, by))[:1]
    if question.group_by:
        last = labels.dimension(question.group_by[-1])
        found.append(
            Repair(
                _("Without grouping by %s") % labels.within(last),
                address(replace(question, group_by=question.group_by[:-1], flatten=False)),
            )
        )
    if span.days > 7 or not span.days:
        found.append(Repair(_("Only the last 7 days"), address(replace(question, range="last-7-days"))))
    return tuple(found)


def _never_true(question: Question, names: Names) -> Iterable[Check]:
    for never in nevers(question.filter):
        values = [names.value(never.dimension, value) for value in never.values]
        name = labels.dimension(never.dimension)
        yield Check(
            "never",
            _("%(dimension)s cannot be %(values)s at once: this is never true.")
            % {"dimension": name, "values": _(" and ").join(values)},
            repairs=(Repair(_("Make it any of them"), address(replace(question, filter=never.repaired))),),
        )


def _not_recorded(question: Question) -> Iterable[Check]:
    """Grouping by what a metric's facts do not carry makes one empty group."""
    for name in question.group_by:
        lacking = [metric for metric in _metrics(question) if not _carry(metric, name)]
        if lacking:
            yield Check(
                "not-recorded",
                _("%(dimension)s is not recorded on %(metrics)s: one empty group.")
                % {
                    "dimension": labels.dimension(name),
                    "metrics": ", ".join(labels.within(labels.metric(metric)) for metric in lacking),
                },
            )


def _not_in_filter(question: Question) -> Iterable[Check]:
    if question.filter.type != "and":
        return
    for group in question.filter.groups:
        names = {condition.dimension for condition in group.conditions if condition.operator != "notExists"}
        if len(names) != 1 or any(condition.operator == "notExists" for condition in group.conditions):
            continue
        (name,) = names
        lacking = [metric for metric in _metrics(question) if not _carry(metric, name)]
        if lacking:
            yield Check(
                "filtered-away",
                _("%(dimension)s is not recorded on %(metrics)s: this filter leaves nothing of it.")
                % {
                    "dimension": labels.dimension(name),
                    "metrics": ", ".join(labels.within(labels.metric(metric)) for metric in lacking),
                },
            )


def _metrics(question: Question) -> list[str]:
    named = [name for made in question.made for name in made.metrics]
    return list(dict.fromkeys([*named, *(view.target for view in question.views)]))


def _carry(metric: str, dimension: str) -> bool:
    return any(dimension in carried_by(kind) for kind in METRICS[metric].facts)


def _overlapping(question: Question) -> Iterable[Check]:
    many = [name for name in question.group_by if DIMENSIONS[name].multi_valued]
    if many and not question.flatten:
        yield Check(
            "overlap",
            _("A visit may have several of “%s”: the groups add up to more than the total.")
            % labels.dimension(many[0]),
            repairs=(Repair(_("One group for each combination"), address(replace(question, flatten=True))),),
        )


def uncompared(question: Question, before: Span | None) -> Iterable[Check]:
    """`before` is what the question is compared with."""
    if question.compare and before is None:
        text = _("The time before cannot be asked about in the same steps, so nothing is compared.")
        yield Check("uncompared", text)


def unfinished() -> Check:
    return Check("unfinished", _("A condition of the filter is not finished, so it does not count yet."))


def problem_words(problem: Problem) -> str:
    """Why a part of an address or of the form was not understood, and what would be."""
    text = problem.text
    match problem.code:
        case "unreadable":
            return (
                _(
                    "“%s” is not understood as a range. Write for example “last 3 weeks” or “2026-05-01..2026-05-07”."
                )
                % text
            )
        case "backwards":
            return _("The range must end after it starts.")
        case "too_long":
            return _("The range is longer than 366 days.")
        case "no_such_day":
            return _("This zone skipped that day; choose another one.")
        case "too_far":
            return _("These dates are too far away.")
        case "unknown_zone":
            return _("“%s” is not the name of a time zone, for example Europe/London.") % text
        case "granularity":
            return text
        case "unknown_metric":
            return _("“%s” is not a metric that is known here.") % text
        case "unknown_dimension":
            return _("“%s” is not a dimension that is known here.") % text
        case "too_many_groups":
            return (
                ngettext(
                    "Grouping is by at most %d dimension.",
                    "Grouping is by at most %d dimensions.",
                    MAX_GROUP_BY,
                )
                % MAX_GROUP_BY
            )
        case "filter":
            return _("The filter was not understood at “%s”.") % text
        case "view":
            return _("A view needs a name of its own, a measured value, and at least one bound.")
        case "too_many_views":
            return (
                ngettext("There is room for %d view.", "There is room for %d views.", MAX_VIEWS) % MAX_VIEWS
            )
        case "number":
            return _("“%s” is not a number that fits here.") % text
    return _("“%s” is not one of the choices.") % text
