"""What the connected service announces beyond the nine operations, asked rarely."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from journeyadmin.accounts.models import Connection
from journeyadmin.service import JourneyError, NobodyWaits, SignInExpired

SECONDS = 60
# Of a service that cannot be asked, what it last said holds: it is down, and has not become another one.
_REMEMBERED = 7 * 86_400


def capabilities(request: HttpRequest) -> dict[str, Any]:
    """The announcement of the embedded server; empty for anything else. Genesys Cloud's regions are never asked."""
    # A page asks a dozen times.
    known: dict[str, Any] | None = getattr(request, "announced", None)
    if known is None:
        known = _announced(request)
        request.announced = known  # type: ignore[attr-defined]
    return known


def _announced(request: HttpRequest) -> dict[str, Any]:
    connection: Connection | None = getattr(request, "connection", None)
    if connection is None or connection.region:
        return {}
    key = f"capabilities:{connection.pk}"
    known: dict[str, Any] | None = cache.get(key)
    if known is None:
        try:
            known = request.journey.capabilities()  # type: ignore[attr-defined]
        except JourneyError as error:
            known = cache.get(f"{key}:last") or {}
            # A server that just starts is asked again soon. That this one may not ask says nothing to the others.
            if not isinstance(error, SignInExpired | NobodyWaits):
                cache.set(key, known, 5)
        else:
            cache.set(key, known, SECONDS)
            cache.set(f"{key}:last", known, _REMEMBERED)
    return known


def forget_announcement(connection: Connection) -> None:
    """It leads elsewhere from now on."""
    cache.delete_many([f"capabilities:{connection.pk}", f"capabilities:{connection.pk}:last"])


def offers(request: HttpRequest, name: str) -> bool:
    """Whether the connected service announced this extension (`preview`, `suggest`, …: contract/local.py EXTENSIONS)."""
    announced = capabilities(request).get("extensions")
    return isinstance(announced, list) and name in announced


def local_data(request: HttpRequest) -> str:
    """The words of the band that says where the numbers come from; empty where there is nothing to say."""
    announced = capabilities(request)
    if announced.get("server") != "journeyserver":
        return ""
    data = announced.get("data")
    generated = isinstance(data, dict) and data.get("generated") is True
    return _("Local data · generated") if generated else _("Local data")
