"""A round of looking at alerts without anybody signed in: fires, arms again, tells, and keeps what went wrong.

Each alert is asked through the connection as a client that its connection names (docs/decisions/0024), with no more than its owner
may see. One that fails does not stop the others. Rounds of several machines may overlap: what fires is decided in the database.
"""

import logging
from collections import Counter
from typing import Literal

from django.db import transaction
from django.utils import timezone, translation

from analytics.alerts import telling, words
from analytics.alerts.evaluating import NothingFinished, Outcome, evaluate
from analytics.answers import PERMISSION
from analytics.models import Alert, Firing
from analytics.names import Names
from analytics.ranges import RangeError
from journeyadmin import clocks
from journeyadmin.accounts import others
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.accounts.permissions import may
from journeyadmin.http import JourneyRequest
from journeyadmin.service import JourneyError, JourneyService

Result = Literal["fired", "armed", "unchanged", "failed"]
log = logging.getLogger("analytics.alerts")
# Older ones of an alert are forgotten.
KEPT_FIRINGS = 100


def look_at_all() -> Counter[Result]:
    """How many alerts fired, were armed again, are as they were, and failed."""
    services: dict[int, JourneyService | JourneyError] = {}
    found: Counter[Result] = Counter()
    for alert in Alert.objects.select_related("query__connection", "owner__connection"):
        found[_guarded(alert, services)] += 1
    return found


def _guarded(alert: Alert, services: dict[int, JourneyService | JourneyError]) -> Result:
    try:
        reason = _refusal(alert)
        if reason:
            return _failed(alert, {"reason": reason})
        return look(alert, _service(alert.query.connection, services))
    except (JourneyError, NothingFinished, RangeError) as error:
        log.warning("alert %s was not looked at: %s", alert.pk, error)
        return _failed(alert, words.kept_failure(error))
    except Exception as error:
        log.exception("alert %s was not looked at", alert.pk)
        return _failed(alert, words.kept_failure(error))


def _refusal(alert: Alert) -> str:
    """Why it is not even asked; "" where it is."""
    owner = alert.owner
    if not alert.query.shared and alert.query.owner_id != owner.pk:
        return words.NOT_SHARED
    if owner.permissions_known and not may(owner.permissions, PERMISSION):
        return words.NO_PERMISSION
    return "" if alert.query.connection.asks_unattended else words.NO_CONNECTION


def _service(connection: Connection, services: dict[int, JourneyService | JourneyError]) -> JourneyService:
    """One sign-in for all alerts of a connection; one that was refused is not tried for each. Raises JourneyError."""
    asking = connection.asks_unattended
    assert asking is not None
    if asking.pk not in services:
        try:
            services[asking.pk] = others.as_client(asking)
        except JourneyError as error:
            services[asking.pk] = error
    found = services[asking.pk]
    if isinstance(found, JourneyError):
        raise found
    return found


def look(alert: Alert, journey: JourneyService) -> Result:
    """Looks at one alert and keeps what came of it. Raises JourneyError, RangeError, NothingFinished."""
    now = timezone.now()
    outcome = evaluate(alert, journey.query_journey_aggregates, now)
    mine = Alert.objects.filter(pk=alert.pk)
    mine.update(looked=now, facts=outcome.facts, failure=None)
    if outcome.holds is None or outcome.holds == alert.firing:
        return "unchanged"
    with transaction.atomic():
        # Of two rounds at once one changes it, and tells.
        if not mine.filter(firing=alert.firing).update(firing=outcome.holds):
            return "unchanged"
        if not outcome.holds:
            Firing.objects.filter(alert=alert, ended=None).update(ended=now)
            return "armed"
        firing = Firing.objects.create(alert=alert, fired=now, facts=outcome.facts)
    old = Firing.objects.filter(alert=alert).values_list("pk", flat=True)[KEPT_FIRINGS:]
    Firing.objects.filter(pk__in=list(old)).delete()
    if telling.wanted(alert):
        clocks.activate(alert.owner.clock)
        with translation.override(alert.language or None):
            seen = words.seen(alert, outcome.facts, Names(as_owner(alert.owner, journey)))
            firing.mail = telling.by_mail(alert, seen)
        firing.save(update_fields=["mail"])
    return "fired"


def _failed(alert: Alert, failure: words.Json) -> Result:
    Alert.objects.filter(pk=alert.pk).update(looked=timezone.now(), failure=failure)
    return "failed"


def as_owner(owner: Person, journey: JourneyService) -> JourneyRequest:
    """A request as its owner would make it, for names that they may see and no others."""
    request = JourneyRequest()
    request.user, request.connection, request.journey = owner, owner.connection, journey

    def allowed(permission: str) -> bool:
        return not owner.permissions_known or may(owner.permissions, permission)

    request.may = allowed  # type: ignore[method-assign]
    return request


def rehearsed(
    alert: Alert, outcome: Outcome, *, anew: bool
) -> Literal["fires", "holds", "arms", "nothing", "no_number"]:
    """What a round would do with this outcome; `anew` where the alert waits for something else than when it fired."""
    if outcome.holds is None:
        return "no_number"
    if outcome.holds:
        return "holds" if alert.firing and not anew else "fires"
    return "arms" if alert.firing else "nothing"
