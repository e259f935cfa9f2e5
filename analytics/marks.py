"""Changes to the segments and targets that a chart shows, as marks on its time axis: who, and what (CHT11)."""

from analytics.answering import Answered
from analytics.charts import Mark
from analytics.names import Names, kind_of
from journeyadmin.history import log
from journeyadmin.history.models import Kind
from journeyadmin.http import JourneyRequest

MOST = 60
_KINDS = {"journeySegmentId": Kind.SEGMENT, "journeyActionTargetId": Kind.ACTION_TARGET}


def marks_for(request: JourneyRequest, answered: Answered, names: Names) -> list[Mark]:
    """Marks within the range, the earliest first; none for an answer without a time axis."""
    result, span = answered.shown, answered.asked.span
    if len(result.buckets) < 2:
        return []
    found: list[Mark] = []
    for kind, ids in _shown(answered).items():
        rows = (
            log.all_changes(request.connection)
            .filter(kind=kind, object_id__in=ids, when__gte=span.start, when__lt=span.end)
            .order_by("when")[:MOST]
        )
        for change in rows:
            said = "; ".join(change.said) or change.operation_words
            found.append(Mark(change.when, f"{change.name}: {said} ({change.who})"))
    return sorted(found, key=lambda mark: mark.at)[:MOST]


def _shown(answered: Answered) -> dict[str, set[str]]:
    """Ids of the segments and targets in the groups shown and in the filter."""
    question = answered.asked.question
    found: dict[str, set[str]] = {}
    for at, name in enumerate(question.group_by):
        kind = _KINDS.get(kind_of(name))
        if kind is not None:
            values = {line.group[at] for line in answered.shown.lines if line.kind == "group"}
            found.setdefault(kind, set()).update(
                part for value in values if value for part in value.split(",")
            )
    for condition in question.filter.conditions:
        kind = _KINDS.get(kind_of(condition.dimension))
        if kind is not None and condition.operator == "matches":
            found.setdefault(kind, set()).add(condition.value)
    if question.compared_segment:
        found.setdefault(Kind.SEGMENT, set()).add(question.compared_segment)
    return found
