"""The request as the dashboard's views receive it: with the service, the connection and what the person may do."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from journeyadmin.accounts.models import Connection, Person
    from journeyadmin.accounts.refused import Refused
    from journeyadmin.service import JourneyService


class JourneyRequest(HttpRequest):
    """What `journeyadmin.accounts.middleware.SignIn` makes of a request; annotate views with it."""

    user: "Person"
    htmx: HtmxDetails
    journey: "JourneyService"
    connection: "Connection"
    request_id: str
    refused: "Refused"

    def may(self, permission: str) -> bool:
        """Whether the person has this permission and the connection is not read-only for a write."""
        raise NotImplementedError
