"""What the pages of action targets read from the service, and what they may show of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from actiontargets import payloads
from actiontargets.payloads import Numbers
from journeyadmin.history import log
from journeyadmin.history.models import Kind
from journeyadmin.http import JourneyRequest
from journeyadmin.service import Forbidden, JourneyError, SignInExpired
from journeyadmin.servicelevel import SPACE
from journeyadmin.tags import grouped

VIEW = "journey:actiontarget:view"
EDIT = "journey:actiontarget:edit"
NUMBERS = "analytics:journeyAggregate:view"
DAYS = 7


def targets(request: JourneyRequest) -> list[dict[str, Any]]:
    """All targets. Notices what was changed outside. Raises `JourneyError`."""
    if not request.may(VIEW):
        raise Forbidden(permissions=[VIEW])
    found = list(request.journey.list_action_targets())
    log.notice(request, Kind.ACTION_TARGET, found, complete=True)
    return found


def target(request: JourneyRequest, target_id: str) -> dict[str, Any]:
    if not request.may(VIEW):
        raise Forbidden(permissions=[VIEW])
    found = request.journey.get_action_target(target_id)
    log.notice(request, Kind.ACTION_TARGET, [found])
    return found


def why_not(request: JourneyRequest) -> str:
    """Why nothing can be changed here, in a sentence; empty where it can."""
    if request.may(EDIT):
        return ""
    if request.connection.read_only:
        return _("This connection is read-only, so targets can be looked at but not changed.")
    return (
        _("To change targets you need the permission “%s”. Ask an administrator of the service for it.")
        % EDIT
    )


@dataclass(frozen=True)
class Stretch:
    """A stretch of time and what happened in it at each target, or in words why that cannot be told."""

    start: datetime
    end: datetime
    by_target: Mapping[str, Numbers]
    error: JourneyError | None = None
    read: datetime | None = None

    def of(self, target_id: str) -> Numbers:
        return self.by_target.get(target_id.lower(), payloads.NONE)


def last_week(request: JourneyRequest, target_id: str = "") -> Stretch:
    """The last seven days to this minute."""
    end = timezone.now().replace(second=0, microsecond=0)
    return stretch(request, end - timedelta(days=DAYS), end, target_id)


def stretch(request: JourneyRequest, start: datetime, end: datetime, target_id: str = "") -> Stretch:
    if not request.may(NUMBERS):
        return Stretch(start, end, {}, Forbidden(permissions=[NUMBERS]))
    try:
        answers = [
            request.journey.query_journey_aggregates(question)
            for question in payloads.questions(start, end, target_id)
        ]
    except SignInExpired:
        raise
    except JourneyError as error:
        return Stretch(start, end, {}, error)
    return Stretch(start, end, payloads.numbers(answers), read=timezone.now())


def side_by_side(before: Numbers, after: Numbers) -> list[dict[str, str]]:
    """Two stretches line by line, with the change between them; shares where there is something to divide by."""
    rows = []
    for label, count, share in (
        (_("Offered"), "offered", ""),
        (_("Accepted"), "accepted", "accepted_words"),
        (_("Engaged"), "engaged", "engaged_words"),
        (_("Abandoned"), "abandoned", ""),
        (_("Held back for service level"), "held_back", "held_words"),
    ):
        old, new = getattr(before, count), getattr(after, count)
        rows.append(
            {
                "label": label,
                "before": _with_share(old, getattr(before, share) if share else ""),
                "after": _with_share(new, getattr(after, share) if share else ""),
                "change": f"{(new - old) / old:+.0%}".replace("%", f"{SPACE}%").replace("-", "\u2212")
                if old
                else "–",
            }
        )
    return rows


def _with_share(count: int, share: str) -> str:
    words = grouped(count)
    return f"{words} · {share}" if share else words
