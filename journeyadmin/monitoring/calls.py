"""Keeping the last calls to a service; failing to keep one never fails the call."""

import logging
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone

from journeyadmin.accounts.models import Connection
from journeyadmin.logs import masked
from journeyadmin.monitoring import metrics
from journeyadmin.monitoring.models import ServiceCall
from journeyadmin.service import Call, Observer, Rate

KEPT = 50
# Old rows go every so many calls, not at each.
SWEEP = 25

log = logging.getLogger("journeyadmin.monitoring")


def observer(connection: Connection) -> Observer:
    """What to hand to `journey_service`: notes every call of this connection."""

    def note(call: Call) -> None:
        metrics.service_call(call)
        try:
            kept = ServiceCall.objects.create(
                connection_id=connection.pk,
                method=call.method,
                operation=call.operation[:64],
                path=masked(call.path)[:300],
                status=call.status,
                milliseconds=call.milliseconds,
                tried=call.tried,
                note=call.correlation_id[:100],
                rate_allowed=call.rate.allowed if call.rate else None,
                rate_used=call.rate.used if call.rate else None,
                rate_reset=call.rate.reset_seconds if call.rate else None,
            )
            if kept.pk % SWEEP == 0:
                _sweep(connection)
        except DatabaseError as error:
            log.warning("a call was not kept: %s", type(error).__name__)

    return note


def last_calls(connection: Connection) -> list[ServiceCall]:
    """The last fifty, newest first."""
    return list(ServiceCall.objects.filter(connection=connection)[:KEPT])


def rate(connection: Connection) -> tuple[Rate, int] | None:
    """The newest count the service told, with the seconds until it begins anew from now; None where it told nothing yet."""
    newest = ServiceCall.objects.filter(connection=connection, rate_allowed__isnull=False).first()
    if newest is None or newest.rate_allowed is None:
        return None
    begins = newest.at + timedelta(seconds=newest.rate_reset or 0)
    left = max(0, round((begins - timezone.now()).total_seconds()))
    used = (newest.rate_used or 0) if left else 0
    return Rate(newest.rate_allowed, used, newest.rate_reset or 0), left


def _sweep(connection: Connection) -> None:
    oldest = ServiceCall.objects.filter(connection=connection).values_list("pk", flat=True)[KEPT : KEPT + 1]
    for pk in oldest:
        ServiceCall.objects.filter(connection=connection, pk__lte=pk).delete()
