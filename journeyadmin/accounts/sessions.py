"""A person's own sessions at this dashboard: which browsers are signed in, and ending them.

A session is a `Grant`: without it the browser's cookie is worth nothing. Kept of a browser are its family and system, and
when it signed in and was last seen, to the minute; no address, and not what it called itself in full.
"""

import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from journeyadmin.accounts.grants import GrantStore
from journeyadmin.accounts.middleware import GRANT, SEEN_STEP_SECONDS, SIGNED_IN
from journeyadmin.accounts.models import Connection, Grant, Person, SecretLost
from journeyadmin.service import OAuthEndpoint

# Ending other sessions takes a sign-in that is younger than this (OWASP ASVS 5.0 §7.5.2).
RECENT_SECONDS = 10 * 60
_LONGEST_USER_AGENT = 500


def device(user_agent: str) -> str:
    """Browser and system in two words, such as “Firefox · Linux”; empty where neither can be told."""
    # Its rules take a while to load, and only signing in asks for them.
    import ua_parser

    parsed = ua_parser.parse(user_agent[:_LONGEST_USER_AGENT])
    found = (parsed.user_agent, parsed.os)
    return " · ".join(part.family for part in found if part and part.family != "Other")[:80]


def of(request: HttpRequest) -> list[Grant]:
    """The present session first, then the person's others that have not ended by themselves, latest first.

    Signed in as a client, the others are other people's: only the present one is told.
    """
    person: Person = request.user  # type: ignore[assignment]
    present = str(request.session.get(GRANT))
    alive = timezone.now() - timedelta(seconds=settings.SESSION_IDLE_SECONDS + SEEN_STEP_SECONDS)
    youngest = timezone.now() - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)
    found = Grant.objects.filter(person=person, seen__gt=alive, created__gt=youngest).order_by("-seen")
    mine = [grant for grant in found if str(grant.pk) == present]
    if person.connection.mode == Connection.Mode.CLIENT:
        return mine
    return mine + [grant for grant in found if str(grant.pk) != present]


def is_recent(request: HttpRequest) -> bool:
    """Whether whoever asks has just signed in, and so may end the person's other sessions."""
    return bool(time.time() - request.session.get(SIGNED_IN, 0) < RECENT_SECONDS)


def end_others(request: HttpRequest, chosen: str) -> int:
    """Ends one of the person's other sessions by its id, or `all` of them; how many that were."""
    others = of(request)[1:]
    ended = [grant for grant in others if chosen in ("all", str(grant.pk))]
    give_back(grant.pk for grant in ended)
    return len(ended)


def give_back(ids: Iterable[str | uuid.UUID]) -> None:
    """Gives the tokens of these sign-ins back to their service and forgets them, which ends their sessions."""
    for grant in Grant.objects.select_related("person__connection").filter(pk__in=list(ids)):
        tokens = GrantStore(grant.pk).read()
        # First here: what the service answers, or does not, keeps no session alive.
        grant.delete()
        with suppress(SecretLost):
            if tokens is not None:
                OAuthEndpoint(grant.person.connection.client(), seconds=5).revoke(tokens)
