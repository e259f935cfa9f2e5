"""Alerts in words: what is waited for, what was seen, why it could not be looked at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics import labels, spans
from analytics.alerts.conditions import CONDITIONS
from analytics.alerts.evaluating import NothingFinished, measure_of
from analytics.measures import Measure
from analytics.models import Alert, SavedQuery
from analytics.names import Names
from analytics.parts import Number
from analytics.ranges import RangeError
from analytics.trail import question_of
from journeyadmin import service
from journeyadmin.digits import THIN

Json = dict[str, Any]

# Why an alert was not looked at, where the service was not even asked.
NO_CONNECTION, NO_PERMISSION, NOT_SHARED = "no_connection", "no_permission", "not_shared"
NOTHING_FINISHED, RANGE, UNEXPECTED = "nothing_finished", "range", "unexpected"
_REASONS = {
    NO_CONNECTION: gettext_lazy(
        "No connection is named through which it could be asked without a person. An administrator of this connection can name one."
    ),
    NO_PERMISSION: gettext_lazy("Its owner lacks the permission to read these numbers."),
    NOT_SHARED: gettext_lazy("The query is no longer shared with its owner."),
    NOTHING_FINISHED: gettext_lazy(
        "The query has no finished time to look at. Choose a shorter “by” or a longer range."
    ),
    RANGE: gettext_lazy("The range of the query means no time that can be asked about."),
    UNEXPECTED: gettext_lazy("It could not be looked at; the log of the dashboard says why."),
}


def condition(alert: Alert) -> str:
    """`Sessions above 1 000`, `Sessions lower than in the period before by at least 20 %`."""
    row, measure = CONDITIONS[alert.condition], measure_of(alert)
    limit = labels.decimal(alert.limit, 4)
    if row.relative or (measure is not None and labels.is_percent(measure)):
        limit = f"{limit}{THIN}%"
    name = labels.measure(measure) if measure is not None else alert.measure
    return f"{name} {str(row.words) % limit}"


def waiting_on(query: SavedQuery) -> list[str]:
    """What the alerts on a query wait for: said before it is deleted."""
    return [condition(alert) for alert in query.alerts.all()]


def seen(alert: Alert, facts: Mapping[str, Any], names: Names) -> str:
    """What was looked at: `Wed 6 May 2026: 120`, `Wed 6 May 2026: Mobile 120, Tablet 118 and 3 others`."""
    # An alert may have looked at another measure then.
    question, measure = question_of(alert.query.address), measure_of(alert, facts.get("measure", ""))
    zone = ZoneInfo(question.zone)
    when = spans.moments(datetime.fromisoformat(facts["start"]), datetime.fromisoformat(facts["end"]), zone)
    if measure is None:
        return when
    if facts["groups"] and not facts["met"]:
        none = ngettext("the %d group does not", "none of %d groups does", facts["groups"]) % facts["groups"]
        return f"{when}: {none}"
    told = [
        f"{names.group(question.group_by, tuple(group))} {_number(value, before, measure)}".strip()
        if question.group_by
        else _number(value, before, measure)
        for group, value, before in facts["rows"]
    ]
    more = facts["met"] - len(told)
    if question.group_by and more > 0:
        told.append(ngettext("%d other", "%d others", more) % more)
    return f"{when}: {', '.join(told) or labels.NO_DATA}"


def _number(value: Number | None, before: Number | None, measure: Measure) -> str:
    text = labels.number(value, measure)
    moved = labels.moved(value, before, measure)
    if before is None:
        return text
    return _("%(now)s, before %(before)s (%(moved)s)") % {
        "now": text,
        "before": labels.number(before, measure),
        "moved": moved or labels.NO_DATA,
    }


def kept_failure(error: Exception) -> Json:
    """What is kept of a failure, to be said again in the reader's language."""
    if isinstance(error, service.JourneyError):
        facts: Json = {"error": type(error).__name__, "detail": error.detail[:300]}
        if isinstance(error, service.Forbidden):
            facts["permissions"] = list(error.permissions)
        return facts
    if isinstance(error, NothingFinished):
        return {"reason": NOTHING_FINISHED}
    return {"reason": RANGE if isinstance(error, RangeError) else UNEXPECTED}


def failure(facts: Mapping[str, Any]) -> str:
    """A failure as a sentence."""
    if "error" not in facts:
        return str(_REASONS.get(facts.get("reason", ""), _REASONS[UNEXPECTED]))
    kind = getattr(service, facts["error"], service.ServerFault)
    if issubclass(kind, service.Forbidden):
        return kind(permissions=facts.get("permissions", ())).user_message
    if issubclass(kind, service.InvalidRequest | service.SignInRefused):
        return kind(facts.get("detail", "")).user_message
    return str(kind.summary)
