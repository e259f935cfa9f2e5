"""Reaching other connections than the one a person works in: with their own earlier sign-in, or as the client a connection names.

Whoever signs in to a second connection in the same browser session keeps the first one for comparing; signing out ends all of them.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from journeyadmin.accounts.grants import GrantStore
from journeyadmin.accounts.middleware import GRANT, OTHERS
from journeyadmin.accounts.models import Connection, Grant, Person
from journeyadmin.accounts.permissions import may
from journeyadmin.service import Forbidden, JourneyService, OAuthEndpoint, journey_service, newly_signed_in


def carried(request: HttpRequest) -> dict[str, str]:
    """Every sign-in of this browser session by connection, the present one included; read before the session is renewed."""
    found = dict(request.session.get(OTHERS, {}))
    present = request.session.get(GRANT)
    grant = Grant.objects.select_related("person").filter(pk=present).first() if present else None
    if grant is not None:
        found[str(grant.person.connection_id)] = str(grant.pk)
    return found


def carry_on(request: HttpRequest, earlier: dict[str, str], connection: Connection) -> None:
    """After signing in to `connection`: the earlier sign-ins to others stay."""
    kept = {number: grant for number, grant in earlier.items() if number != str(connection.pk)}
    if kept:
        request.session[OTHERS] = kept


def reachable(request: HttpRequest) -> list[tuple[Connection, bool]]:
    """All other connections, and whether they can be read without signing in again."""
    present = request.connection.pk  # type: ignore[attr-defined]
    return [
        (connection, connection.mode == Connection.Mode.CLIENT or _grant(request, connection) is not None)
        for connection in Connection.objects.exclude(pk=present)
    ]


def service_of(request: HttpRequest, connection: Connection, permission: str) -> JourneyService | None:
    """The service of another connection, for reading; None where one has to sign in first. Raises Forbidden."""
    if connection.mode == Connection.Mode.CLIENT:
        return as_client(connection)
    grant = _grant(request, connection)
    if grant is None:
        return None
    person: Person = grant.person
    if person.permissions_known and not may(person.permissions, permission):
        raise Forbidden(permissions=[permission])
    return journey_service(connection.api_url, connection.client(), GrantStore(grant.pk))


def as_client(connection: Connection) -> JourneyService:
    """The service as the client itself, without a browser. Raises `JourneyError`."""
    return newly_signed_in(connection.api_url, OAuthEndpoint(connection.client()).client_credentials())


def client_person(connection: Connection) -> Person:
    """Whom the history names for what a client does."""
    person, _ = Person.objects.get_or_create(
        key=f"{connection.pk}:client:{connection.client_id}",
        defaults={
            "connection": connection,
            "name": connection.client_id,
            "permissions": [],
            "permissions_known": False,
        },
    )
    return person


def _grant(request: HttpRequest, connection: Connection) -> Grant | None:
    grant_id = request.session.get(OTHERS, {}).get(str(connection.pk))
    if not grant_id:
        return None
    oldest = timezone.now() - timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)
    return (
        Grant.objects.select_related("person")
        .filter(pk=grant_id, person__connection=connection, created__gt=oldest)
        .first()
    )
