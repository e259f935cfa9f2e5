"""Answers of the aggregate query, kept for a short while: equal questions asked at once are asked once of the service.

The kept answers are in the dashboard's own database, so this holds across its processes. A refresh that fails keeps the
last good answer, says so, and is not repeated at once. What one person may see is asked with that person's sign-in.
Where a moving range has moved on and the service fails, the answer to the range as it was last is the last good one.
"""

import hashlib
import time
import uuid
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, models
from django.utils import timezone

from analytics.models import KeptAnswer
from journeyadmin import service
from journeyadmin.contract.buckets import parse_interval
from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES
from journeyadmin.http import JourneyRequest
from journeyadmin.service.stopping import is_closed, while_awaited

Json = dict[str, Any]
PERMISSION = QUERY_JOURNEY_AGGREGATES.permission

# How long an answer serves: one about a time that is over, and one that still grows.
SETTLED = timedelta(minutes=10)
GROWING = timedelta(seconds=30)
# Whoever asks for something newer than this is given an answer of this age: impatience asks once.
AT_LEAST = timedelta(seconds=2)
# After a failure the service is left alone for a moment.
PAUSE = timedelta(seconds=8)
# Late events still arrive for a while after a bucket is over.
LATE = timedelta(hours=1)
KEEP = timedelta(hours=24)
# So many earlier moments are looked at for one that has every part of an answer.
LOOKED_BACK = 10
LARGEST_KEPT = 16 * 1024 * 1024
POLL_SECONDS = 0.03

# What went wrong with the service, and not with the one who asked: the others waiting need not try it too.
SHARED_FAILURES: dict[str, type[service.JourneyError]] = {
    kind.__name__: kind
    for kind in (
        service.Unreachable,
        service.Unreadable,
        service.InvalidRequest,
        service.TooLarge,
        service.RateLimited,
        service.NotEnabled,
        service.ServerFault,
    )
}


@dataclass(frozen=True)
class Kept:
    """An answer: when it was given, whether it was kept from before, and why there is no newer one where that failed."""

    content: Json
    answered: datetime
    kept: bool
    failure: service.JourneyError | None = None


@dataclass(frozen=True)
class Meant:
    """What a query asks whatever the time is, its range as it is named, and the moment from which that was counted."""

    question: Json
    at: datetime


def ask(
    request: JourneyRequest, query: Json, *, within: timedelta | None = None, meant: Meant | None = None
) -> Kept:
    """The answer to an aggregate query, at most a little old; with `within`, at most so old.

    Raises JourneyError when there is none: Forbidden without asking where the permission is known to be missing.
    """
    if not request.may(PERMISSION):
        raise service.Forbidden(permissions=[PERMISSION], operation=QUERY_JOURNEY_AGGREGATES.name, status=403)
    now = timezone.now()
    oldest = now - (_serves(query, now) if within is None else max(within, AT_LEAST))
    # Whoever asks again by hand is not told to wait because it just failed.
    impatient = within is not None and within <= AT_LEAST
    key = _key(request, query)
    deadline = time.monotonic() + _claim_time().total_seconds()
    while True:
        # Not `first`: every tile would have one row put in order.
        row = next(iter(KeptAnswer.objects.filter(key=key)), None)
        if row is not None and row.answered and row.answered >= oldest:
            return _given(row, kept=True)
        if row is not None and row.failed and row.failed >= timezone.now() - PAUSE and not impatient:
            return _last_good(row, _failure(row))
        token = _claimed(key, request, row)
        if token:
            return _asked(request, query, key, token, meant)
        # Somebody is asking this very question: what comes of it is ours too.
        impatient = False
        if time.monotonic() > deadline:
            raise service.Unreachable("waited for an equal question", operation=QUERY_JOURNEY_AGGREGATES.name)
        time.sleep(POLL_SECONDS)


def last_meant(request: JourneyRequest, question: Json) -> list[datetime]:
    """From when the range of this question was counted at its last good answers, the newest first."""
    if not request.may(PERMISSION):
        return []
    rows = KeptAnswer.objects.filter(question=_key(request, question), content__isnull=False)
    moments = rows.order_by("-answered").values_list("meant", flat=True)[:LOOKED_BACK]
    return [moment for moment in moments if moment]


def kept(request: JourneyRequest, query: Json, failure: service.JourneyError) -> Kept:
    """The last good answer to a query, without asking. Raises `failure` where there is none."""
    row = KeptAnswer.objects.filter(key=_key(request, query)).first()
    if row is None:
        raise failure
    return _last_good(row, failure)


def _serves(query: Json, now: datetime) -> timedelta:
    over = parse_interval(query["interval"])[1] + LATE <= now
    return SETTLED if over else GROWING


def _key(request: JourneyRequest, query: Json) -> str:
    # Where nobody knows what a person may do, an answer is theirs alone.
    whose = "" if request.user.permissions_known else str(request.user.pk)
    text = orjson.dumps([request.connection.pk, whose, query], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def _claim_time() -> timedelta:
    """After this long, whoever held a claim is taken to have died."""
    return timedelta(seconds=settings.SERVICE_BUDGET_SECONDS + 5)


def _claimed(key: str, request: JourneyRequest, row: KeptAnswer | None) -> str:
    """A token when it is ours to ask, "" when somebody else is at it."""
    now, token = timezone.now(), uuid.uuid4().hex
    if row is None:
        try:
            KeptAnswer.objects.create(key=key, connection=request.connection, claim=token, claimed=now)
        except IntegrityError:
            return ""
        return token
    free = models.Q(claimed=None) | models.Q(claimed__lt=now - _claim_time())
    # Only from the state that was looked at: an answer that came in between is used instead.
    same = KeptAnswer.objects.filter(free, key=key, answered=row.answered)
    return token if same.update(claim=token, claimed=now) else ""


def _asked(request: JourneyRequest, query: Json, key: str, token: str, meant: Meant | None) -> Kept:
    mine = KeptAnswer.objects.filter(key=key, claim=token)
    free: dict[str, Any] = {"claim": "", "claimed": None}
    try:
        connection = request.META.get("gunicorn.socket")
        with while_awaited(lambda: is_closed(connection)):
            content = request.journey.query_journey_aggregates(query)
    except service.JourneyError as error:
        if type(error).__name__ not in SHARED_FAILURES:
            mine.update(**free)
            raise
        mine.update(**free, failed=timezone.now(), failure=_facts(error))
        row = KeptAnswer.objects.filter(key=key).first()
        if row is None:
            raise
        return _last_good(row, error)
    except BaseException:
        mine.update(**free)
        raise
    answered = timezone.now()
    packed = zlib.compress(orjson.dumps(content), 1)
    if len(packed) <= LARGEST_KEPT:
        good: dict[str, Any] = {"content": packed, "answered": answered, "failed": None, "failure": None}
        if meant is not None:
            good |= {"question": _key(request, meant.question), "meant": meant.at}
        mine.update(**free, **good)
    else:
        mine.update(**free)
    _forget(answered)
    return Kept(content, answered, kept=False)


def _given(row: KeptAnswer, *, kept: bool, failure: service.JourneyError | None = None) -> Kept:
    assert row.content is not None
    assert row.answered is not None
    return Kept(orjson.loads(zlib.decompress(row.content)), row.answered, kept, failure)


def _last_good(row: KeptAnswer, error: service.JourneyError) -> Kept:
    if row.content is None:
        raise error
    return _given(row, kept=True, failure=error)


def _facts(error: service.JourneyError) -> Json:
    return {
        "kind": type(error).__name__,
        "detail": error.detail[:500],
        "status": error.status,
        "code": error.code,
        "correlation_id": error.correlation_id,
        "operation": error.operation,
        "retry_after": getattr(error, "retry_after", 0),
    }


def _failure(row: KeptAnswer) -> service.JourneyError:
    """The failure that another process met."""
    facts = dict(row.failure or {})
    kind = SHARED_FAILURES.get(facts.pop("kind", ""), service.ServerFault)
    if not issubclass(kind, service.RateLimited | service.ServerFault):
        facts.pop("retry_after", None)
    elif facts.get("retry_after") and row.failed:
        # What was to be waited then has partly gone by.
        facts["retry_after"] = max(1, facts["retry_after"] - (timezone.now() - row.failed).total_seconds())
    return kind(facts.pop("detail", ""), **facts)


def _forget(now: datetime) -> None:
    """Removes what is older than a day: at most once an hour in each process."""
    if time.monotonic() - _swept[0] < 3600:
        return
    _swept[0] = time.monotonic()
    old = KeptAnswer.objects.exclude(answered__gte=now - KEEP)
    old.filter(models.Q(claimed=None) | models.Q(claimed__lt=now - KEEP)).delete()


_swept = [-3600.0]
