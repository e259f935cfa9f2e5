"""Who is asking: ends old sessions, asks for sign-in, and gives the request its service, connection and permissions."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_htmx.http import HttpResponseClientRedirect

from journeyadmin import clocks
from journeyadmin.accounts import kept
from journeyadmin.accounts.grants import GrantStore
from journeyadmin.accounts.models import Grant, Person, SecretLost
from journeyadmin.accounts.permissions import READS, may
from journeyadmin.accounts.refused import Refused
from journeyadmin.monitoring.calls import observer
from journeyadmin.service import SignInExpired, journey_service

GetResponse = Callable[[HttpRequest], HttpResponse]
GRANT, SIGNED_IN, SEEN = "grant", "signed_in", "seen"
# Why a sign-in ended, for the page that asks to sign in again: words of an error, as `error_words` gives them.
ENDED = "ended"
# The connection's number → the grant of an earlier sign-in of this session (others.py).
OTHERS = "other_grants"
# What a page asks for by itself (a refresh, a poll, a countdown that is over) says so: by this header, or where a whole page is
# asked for anew by a cookie or a parameter of this name. It is answered while the session lasts, and does not prolong it.
UNASKED = "unasked"
# The time of the last request is written at most this often, so that reading pages does not write a row each.
SEEN_STEP_SECONDS = 60


class SignIn:
    """Every view is for signed-in people unless it is marked `login_not_required`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clocks.activate(clocks.USUAL)
        grant = self._grant(request)
        if grant is not None:
            try:
                self._equip(request, grant)
            except SecretLost as error:
                end_session(request, {"error_message": error.user_message})
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if hasattr(request, "journey") or not getattr(view, "login_required", True):
            return None
        return to_sign_in(request)

    def _grant(self, request: HttpRequest) -> Grant | None:
        session = request.session
        if GRANT not in session and not request.user.is_authenticated:
            return None
        now = time.time()
        begun, seen = session.get(SIGNED_IN, 0), session.get(SEEN, 0)
        idle = now - seen > settings.SESSION_IDLE_SECONDS
        if idle or now - begun > settings.SESSION_ABSOLUTE_SECONDS:
            end_session(request, _nothing_wrong())
            return None
        found = Grant.objects.select_related("person__connection").filter(pk=str(session.get(GRANT)))
        # Not `first`: each request would have one row put in order.
        grant = next(iter(found), None) if GRANT in session else None
        if grant is None or not _is_theirs(request, grant.person):
            end_session(request, _nothing_wrong())
            return None
        if now - seen > SEEN_STEP_SECONDS and not is_unasked(request):
            session[SEEN] = now
            Grant.objects.filter(pk__in=grants_of(request)).update(seen=timezone.now())
        return grant

    def _equip(self, request: Any, grant: Grant) -> None:
        person: Person = grant.person
        connection = person.connection
        request.user = person
        request.connection = connection
        request.refused = Refused(grant, observer(connection))
        request.journey = journey_service(
            connection.api_url, connection.client(), GrantStore(grant.pk, grant), request.refused
        )

        @cache
        def may_(permission: str) -> bool:
            if (connection.read_only and permission not in READS) or permission in request.refused.before:
                return False
            return not person.permissions_known or may(person.permissions, permission)

        request.may = may_
        timezone.activate(person.zone or settings.TIME_ZONE)
        clocks.activate(person.clock)


def is_unasked(request: HttpRequest) -> bool:
    """Whether the page asked by itself. Anybody can say so: all it does is to let the session end sooner."""
    told = request.headers.get(UNASKED, "0")
    return told != "0" or UNASKED in request.GET or UNASKED in request.COOKIES


def _is_theirs(request: HttpRequest, person: Person) -> bool:
    """Whether the session is this person's. Django's own look-up, which reads the person once more, only where their marks differ."""
    session = request.session
    marks = str(session.get(SESSION_KEY)), str(session.get(HASH_SESSION_KEY))
    known = str(person.pk), person.get_session_auth_hash()
    if all(constant_time_compare(mark, mine) for mark, mine in zip(marks, known, strict=True)):
        return True
    return request.user.is_authenticated and request.user.pk == person.pk


def grants_of(request: HttpRequest) -> list[str]:
    """The ids of every sign-in that this session holds, the present one first."""
    held = [request.session.get(GRANT), *request.session.get(OTHERS, {}).values()]
    return [str(one) for one in held if one]


def end_session(request: HttpRequest, told: dict[str, Any]) -> None:
    """Forgets who this is, but for whose forms are still to come, and why it ended."""
    whose, held = getattr(request.user, "key", ""), request.session.get(kept.KEPT, [])
    # Nobody can reach them any more.
    Grant.objects.filter(pk__in=grants_of(request)).delete()
    logout(request)
    request.session[ENDED] = told
    request.session[kept.WHOSE], request.session[kept.KEPT] = whose, held


def _nothing_wrong() -> dict[str, Any]:
    """Of a sign-in that ended by its time, or from elsewhere: without ids, as there is nothing to look for."""
    return {"error_message": SignInExpired().user_message}


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; in a fragment the whole page goes there, never the form into the fragment.

    What was just sent is kept for whose session it was, also where another tab met the end of it before.
    """
    kept.keep(request)
    url = f"{reverse('accounts:sign_in')}?{urlencode({'next': _way_back(request)})}"
    htmx = getattr(request, "htmx", None)
    return HttpResponseClientRedirect(url) if htmx else HttpResponseRedirect(url)


def _way_back(request: HttpRequest) -> str:
    """Where somebody was, or was on the way to: what a page asks of its own address (another question, a search) is its next state."""
    htmx = getattr(request, "htmx", None)
    if not htmx:
        return request.get_full_path()
    here: str = htmx.current_url_abs_path or "/"
    asks_itself = request.method == "GET" and here.partition("?")[0] == request.path
    return request.get_full_path() if asks_itself and not is_unasked(request) else here
