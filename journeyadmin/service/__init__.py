"""The OAuth-authenticated API service: all that an app imports to reach the Journey API."""

from django.conf import settings

from journeyadmin.service.auth import (
    Bearer,
    Client,
    JustIssued,
    OAuthEndpoint,
    SignInRefused,
    Tokens,
    TokenStore,
)
from journeyadmin.service.errors import (
    UNSURE,
    Conflict,
    FieldError,
    Forbidden,
    Incomplete,
    InvalidRequest,
    JourneyError,
    NobodyWaits,
    NotEnabled,
    NotFound,
    RateLimited,
    ServerFault,
    SignInExpired,
    TooLarge,
    Unreachable,
    Unreadable,
)
from journeyadmin.service.journey import JourneyService
from journeyadmin.service.local import LocalService
from journeyadmin.service.pages import Listing, Page
from journeyadmin.service.transport import Call, Credentials, Observer, Rate, Transport, probe

__all__ = [
    "UNSURE",
    "Call",
    "Client",
    "Conflict",
    "FieldError",
    "Forbidden",
    "Incomplete",
    "InvalidRequest",
    "JourneyError",
    "JourneyService",
    "Listing",
    "LocalService",
    "NobodyWaits",
    "NotEnabled",
    "NotFound",
    "OAuthEndpoint",
    "Observer",
    "Page",
    "Rate",
    "RateLimited",
    "ServerFault",
    "SignInExpired",
    "SignInRefused",
    "TokenStore",
    "Tokens",
    "TooLarge",
    "Unreachable",
    "Unreadable",
    "journey_service",
    "newly_signed_in",
    "probe",
]


def journey_service(
    api_url: str, client: Client, store: TokenStore, observer: Observer | None = None
) -> JourneyService:
    """The service at `api_url` for the sign-in whose tokens are in `store`; `observer` is told of every call.
    Making one asks nothing of the network."""
    return _service(api_url, Bearer(OAuthEndpoint(client), store), observer)


def newly_signed_in(api_url: str, tokens: Tokens) -> JourneyService:
    """The service for tokens that were given a moment ago and are kept nowhere yet."""
    return _service(api_url, JustIssued(tokens))


def _service(api_url: str, credentials: Credentials, observer: Observer | None = None) -> JourneyService:
    return JourneyService(
        Transport(
            api_url,
            credentials,
            connect_seconds=settings.SERVICE_CONNECT_SECONDS,
            read_seconds=settings.SERVICE_READ_SECONDS,
            budget_seconds=settings.SERVICE_BUDGET_SECONDS,
            observer=observer,
        )
    )
