"""The two ways to sign in, what is kept of them, and signing out."""

import time
from typing import Any

from django.contrib.auth import login, logout
from django.http import HttpRequest
from django.utils import timezone

from journeyadmin import logs
from journeyadmin.accounts import grants, kept, others, sessions
from journeyadmin.accounts.middleware import GRANT, SEEN, SIGNED_IN, grants_of
from journeyadmin.accounts.models import Connection, Person
from journeyadmin.http import JourneyRequest
from journeyadmin.service import OAuthEndpoint, Tokens, Unreadable, newly_signed_in


def as_person(request: HttpRequest, connection: Connection, tokens: Tokens) -> Person:
    """Ask the service who this is and what they may do, and sign them in here."""
    person = _known(connection, newly_signed_in(connection.api_url, tokens).person())
    _enter(request, person, tokens)
    return person


def look_anew(request: JourneyRequest) -> bool:
    """Asks the service once more what this person may do; what it refused in this session may be tried again.

    False for a client, of which the service has nothing to say.
    """
    asks = request.connection.mode == Connection.Mode.PERSON
    if asks:
        _known(request.connection, request.journey.person())
    request.refused.forget()
    return asks


def _known(connection: Connection, told: dict[str, Any]) -> Person:
    subject = told.get("id")
    if not isinstance(subject, str) or not subject:
        raise Unreadable("a person without an id", operation="users/me")
    authorization = told.get("authorization")
    granted = authorization.get("permissions") if isinstance(authorization, dict) else None
    person, _ = Person.objects.update_or_create(
        key=f"{connection.pk}:{subject}",
        defaults={
            "connection": connection,
            "name": _text(told.get("name")),
            "email": _text(told.get("email")),
            "permissions": [name for name in granted if isinstance(name, str)]
            if isinstance(granted, list)
            else [],
            "permissions_known": isinstance(granted, list),
        },
    )
    return person


def as_client(request: HttpRequest, connection: Connection) -> Person:
    """Sign in with the client's own credentials; the service's audit then names the client, not the person."""
    tokens = OAuthEndpoint(connection.client()).client_credentials()
    person, _ = Person.objects.update_or_create(
        key=f"{connection.pk}:client:{connection.client_id}",
        defaults={
            "connection": connection,
            "name": connection.client_id,
            "permissions": [],
            "permissions_known": False,
        },
    )
    _enter(request, person, tokens)
    return person


def leave(request: HttpRequest) -> None:
    """Give the tokens back to the service and forget the session, with every sign-in it held."""
    held, whose = grants_of(request), getattr(request.user, "key", "")
    logout(request)
    request.session[kept.WHOSE] = whose
    sessions.give_back(held)


def _enter(request: HttpRequest, person: Person, tokens: Tokens) -> None:
    # Whatever the browser's session was before, it is a new one from here on.
    whose = getattr(request.user, "key", "") or request.session.get(kept.WHOSE)
    held, secret = request.session.get(kept.KEPT, []), request.META.get("CSRF_COOKIE")
    earlier = others.carried(request)
    # Whoever signs in again where they were does not leave a session behind.
    sessions.give_back(
        [earlier.pop(str(person.connection_id))] if str(person.connection_id) in earlier else []
    )
    request.session.flush()
    person.backend = "django.contrib.auth.backends.ModelBackend"
    login(request, person)
    if secret and whose == person.key:
        # Forms of theirs that are open in other tabs can still be sent. For anybody else they are void.
        request.META["CSRF_COOKIE"] = secret
    logs.security.info("person %s signed in at connection %s", person.pk, person.connection_id)
    now = time.time()
    device = sessions.device(request.headers.get("User-Agent", ""))
    request.session[GRANT] = str(grants.keep(person, tokens, device).pk)
    request.session[SIGNED_IN] = request.session[SEEN] = now
    if held:
        request.session[kept.KEPT] = held
    others.carry_on(request, earlier, person.connection)
    grants.forget_old(timezone.now())


def _text(value: Any) -> str:
    return value[:256] if isinstance(value, str) else ""
