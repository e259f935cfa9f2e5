"""The request as the dashboard's views receive it: with the service, the connection and what the person may do."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from journeyadmin.accounts.models import Connection, Person
    from journeyadmin.accounts.refused import Refused
    from journeyadmin.service import JourneyService

# As many as the numbers of rows have at most; Python itself refuses to read some thousand (and a forged field may have them).
LONGEST_NUMBER = 18


def whole_number(text: str) -> int | None:
    """A number as an address or a form of ours names it; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


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
