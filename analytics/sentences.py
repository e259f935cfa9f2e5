"""What an answer says in one plain sentence, and a filter read back with brackets (CHT14, QRY6)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import labels, series, spans
from analytics.filters import Condition, Filter, Group
from analytics.measures import Measure
from analytics.names import Names
from analytics.parts import Number
from analytics.ranges import Span
from analytics.series import Bucket, Line, Result

# A change above this share is said by its two numbers: nobody pictures 1 700 %.
MANIFOLD = 3
_SIGNS = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}


# The filter


def filter_words(filter_: Filter, names: Names) -> str:
    """`device category is Mobile, and (action map is A or action map is B)`; "" where there is none."""
    if not filter_:
        return ""
    joiner = _(", or ") if filter_.type == "or" else _(", and ")
    many = len(filter_.groups) > 1
    return joiner.join(_group_words(group, names, brackets=many) for group in filter_.groups)


def _group_words(group: Group, names: Names, brackets: bool) -> str:
    words = [condition_words(condition, names) for condition in group.conditions]
    if len(words) == 1:
        return words[0]
    same = {(condition.dimension, condition.operator) for condition in group.conditions}
    if group.type == "or" and len(same) == 1 and group.conditions[0].operator == "matches":
        # “device category is Mobile or Tablet” reads better than the dimension said twice.
        name = group.conditions[0].dimension
        values = _(" or ").join(names.value(name, condition.value) for condition in group.conditions)
        text = _("%(dimension)s is %(values)s") % {
            "dimension": labels.within(labels.dimension(name)),
            "values": values,
        }
    else:
        text = (_(" or ") if group.type == "or" else _(" and ")).join(words)
    return f"({text})" if brackets else text


def condition_words(condition: Condition, names: Names) -> str:
    name = labels.within(labels.dimension(condition.dimension))
    match condition.operator:
        case "exists":
            return _("there is a %s") % name
        case "notExists":
            return _("there is no %s") % name
        case "range":
            limits = ", ".join(
                f"{_SIGNS[bound]} {labels.decimal(limit, 6)}" for bound, limit in condition.bounds
            )
            return f"{name} {limits}"
    value = names.value(condition.dimension, condition.value)
    return _("%(dimension)s is %(values)s") % {"dimension": name, "values": value or "“”"}


# The answer


def answer(result: Result, span: Span, by: str, names: Names) -> str:
    """The one sentence above a chart, about its first measure."""
    if result.empty or not result.measures:
        return _("No data for this query.")
    measure = result.measures[0]
    if result.group_by:
        return _of_groups(result, measure, names)
    if len(result.measures) > 1 and len(result.buckets) == 1:
        return _of_measures(result)
    line = result.all_of(measure)
    segment = result.compared.segment if result.compared else ""
    other = names.compared(segment) if segment else ""
    return _of_line(line, result.buckets, span, by, other) if line else _("No data for this query.")


def _of_measures(result: Result) -> str:
    """Several measures over the whole range: the largest of the first one's kind, and the next."""
    kind = result.measures[0].kind
    lines = [line for made in result.measures if made.kind == kind and (line := result.all_of(made))]
    ordered = sorted(lines, key=lambda line: -(line.total or 0))
    said = [
        f"{labels.measure(line.measure)}, {labels.number(line.total, line.measure)}" for line in ordered[:2]
    ]
    if len(said) < 2:
        return _total(ordered[0], result.buckets) + "." if ordered else _("No data for this query.")
    return _("Most: %(first)s; then %(second)s.") % {"first": said[0], "second": labels.within(said[1])}


def funnel(result: Result) -> str:
    """How many of the qualified were engaged, and where most were lost."""
    counts = [(made, line.total) for made in result.measures if (line := result.all_of(made))]
    known = [(labels.measure(made), total or 0) for made, total in counts]
    if len(known) < 2 or not known[0][1]:
        return _("Nobody qualified.")
    (first, most), (last, least) = known[0], known[-1]
    losses = [
        (1 - after[1] / before[1], before[0], after[0])
        for before, after in pairwise(known)
        if before[1] > after[1]
    ]
    words = {
        "most": labels.whole(most),
        "first": _lower(first),
        "least": labels.whole(least),
        "last": _lower(last),
        "share": labels.percent(least / most),
    }
    said = _("Of %(most)s %(first)s, %(least)s were %(last)s (%(share)s)") % words
    if not losses:
        return f"{said}."
    share, before, after = max(losses)
    words = {"share": labels.percent(share), "before": _lower(before), "after": _lower(after)}
    return said + _("; most are lost from %(before)s to %(after)s: %(share)s.") % words


def _lower(step: str) -> str:
    """What a step of the funnel is called within a sentence: no noun in any language."""
    return step[:1].lower() + step[1:]


def _of_line(line: Line, buckets: Sequence[Bucket], span: Span, by: str, other: str) -> str:
    said = _total(line, buckets, other)
    peak = _peak(line, buckets)
    if peak is None:
        return f"{said}."
    at, value = peak
    when = spans.named_day(buckets[at], span.zone, by)
    if not said:
        return _("%(measure)s: most %(when)s, %(value)s.") % {
            "measure": labels.measure(line.measure),
            "when": when,
            "value": labels.number(value, line.measure),
        }
    pattern = (
        _("%(said)s; highest %(when)s.")
        if line.measure.kind in ("ratio", "extreme")
        else _("%(said)s; most %(when)s.")
    )
    return pattern % {"said": said, "when": when}


def _total(line: Line, buckets: Sequence[Bucket], other: str = "") -> str:
    """`Offered rose 12 % to 4 310`, `Offered: 4 310 so far`; "" where there is no total.

    `other` is the segment that this is compared with, where it is not an earlier time.
    """
    name = labels.measure(line.measure)
    if line.total is None:
        if line.measure.additive or len(buckets) == 1:
            return _("%s: no data") % name
        return ""
    value = labels.number(line.total, line.measure)
    unfinished = any(bucket.state != "over" for bucket in buckets)
    words = {"measure": name, "value": value}
    if line.change is None:
        return (_("%(measure)s: %(value)s so far") if unfinished else _("%(measure)s: %(value)s")) % words
    if other:
        words |= {"before": labels.number(line.fair_before, line.measure), "other": other}
        return _("%(measure)s: %(value)s, against %(before)s for “%(other)s”") % words
    if labels.is_percent(line.measure):
        words |= {
            "value": labels.number(line.fair, line.measure),
            "before": labels.number(line.fair_before, line.measure),
        }
        return (
            _moved(
                line.change,
                _("%(measure)s rose from %(before)s to %(value)s"),
                _("%(measure)s fell from %(before)s to %(value)s"),
                _("%(measure)s stayed at %(value)s"),
            )
            % words
        )
    words |= {"change": labels.percent(abs(line.change))}
    if unfinished:
        # The change is of the part that is over; the total includes what has only begun.
        return (
            _moved(
                line.change,
                _("%(measure)s: %(value)s so far, and %(change)s more than before in what is over"),
                _("%(measure)s: %(value)s so far, and %(change)s fewer than before in what is over"),
                _("%(measure)s: %(value)s so far, and as many as before in what is over"),
            )
            % words
        )
    if line.change > MANIFOLD:
        words["before"] = labels.number(line.fair_before, line.measure)
        return _("%(measure)s rose from %(before)s to %(value)s") % words
    return (
        _moved(
            line.change,
            _("%(measure)s rose %(change)s to %(value)s"),
            _("%(measure)s fell %(change)s to %(value)s"),
            _("%(measure)s stayed at %(value)s"),
        )
        % words
    )


def _moved(change: float, rose: str, fell: str, stayed: str) -> str:
    if abs(change) < 0.0005:
        return stayed
    return rose if change > 0 else fell


def _peak(line: Line, buckets: Sequence[Bucket]) -> tuple[int, Number] | None:
    """The bucket with the most among those that are whole; None where none stands out."""
    known = [(at, value) for at, value in enumerate(line.values) if value is not None and buckets[at].whole]
    if len(known) < 3:
        return None
    most = max(value for _at, value in known)
    found = [at for at, value in known if value == most]
    return (found[0], most) if len(found) == 1 and most > 0 else None


def _of_groups(result: Result, measure: Measure, names: Names) -> str:
    lines = [line for line in result.of(measure, "group") if _size(line) is not None]
    if not lines:
        return _("No data for this query.")
    name = labels.measure(measure)

    def said(line: Line) -> str:
        return names.group(result.group_by, line.group)

    if measure.kind in ("ratio", "extreme"):
        ordered = sorted(lines, key=lambda line: _size(line) or 0)
        words = {
            "measure": name,
            "group": said(ordered[-1]),
            "value": labels.number(_size(ordered[-1]), measure),
            "last": said(ordered[0]),
            "least": labels.number(_size(ordered[0]), measure),
        }
        if len(lines) == 1:
            return _("%(measure)s for %(group)s: %(value)s.") % words
        return (
            _("%(measure)s is highest for %(group)s (%(value)s) and lowest for %(last)s (%(least)s).") % words
        )
    leader = max(lines, key=lambda line: _size(line) or 0)
    whole = result.all_of(measure)
    words = {"measure": name, "group": said(leader), "value": labels.number(_size(leader), measure)}
    if whole is not None and whole.total and leader.total is not None and measure.kind in ("count", "sum"):
        words |= {
            "total": labels.number(whole.total, measure),
            "share": labels.percent(leader.total / whole.total),
        }
        text = _("%(measure)s: %(group)s leads with %(value)s of %(total)s (%(share)s)") % words
        if whole.change is not None and not (result.compared and result.compared.segment):
            words["change"] = labels.signed_percent(whole.change)
            text += _("; all together %(change)s") % words
        return text + "."
    if leader.total is None:
        return _("%(measure)s: %(group)s reached the most, %(value)s.") % words
    return _("%(measure)s: %(group)s leads with %(value)s.") % words


def _size(line: Line) -> Number | None:
    """A group's number: its total or, where there is none, its largest bucket."""
    return line.total if line.total is not None else series.largest(line.values)


def notes(result: Result, measures: Iterable[Measure]) -> list[str]:
    """What a reader must know to read the numbers right."""
    found = []
    distinct = [labels.measure(made) for made in measures if made.kind == "distinct"]
    if distinct and (len(result.buckets) > 1 or result.group_by):
        found.append(
            _("%s: different ones in each cell, so the cells are never added up.") % ", ".join(distinct)
        )
    if result.group_by and not result.groups_add:
        found.append(_("One visit may be in several groups, so they add up to more than there were."))
    hidden = result.groups - result.shown
    if hidden and not any(line.kind == "other" for line in result.lines):
        found.append(
            ngettext("%s more group is not shown.", "%s more groups are not shown.", hidden)
            % labels.whole(hidden)
        )
    return found
