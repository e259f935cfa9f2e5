"""What every request gets: a correlation id, security headers, and an error body where something failed."""

import logging
import uuid
from collections.abc import Callable

from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from journeyserver.errors import ApiError, bad_request, error_response

log = logging.getLogger("journeyserver.requests")

Respond = Callable[[HttpRequest], HttpResponse]

CORRELATION_HEADER = "inin-correlation-id"

# Nothing of this server is a page that loads anything, but the login page, which sets a policy of its own.
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def correlation_id(request: HttpRequest) -> str:
    """The id of this request, the same in the answer's header and in an error's contextId."""
    return str(request.META["journeyserver.correlation_id"])


class Correlation:
    """Gives the request its id and every answer its headers."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["journeyserver.correlation_id"] = str(uuid.uuid4())
        response = self.get_response(request)
        response[CORRELATION_HEADER] = correlation_id(request)
        # Set by auth.py once it knows whose window counts.
        for name, value in request.META.get("journeyserver.rate_headers", {}).items():
            response[name] = value
        for name, value in _SECURITY_HEADERS.items():
            response.setdefault(name, value)
        return _framed(request, response)


def _framed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Says how long the body is, so that it is not sent in chunks, and leaves it out where none may be."""
    if response.streaming:
        return response
    if response.status_code == 204:
        del response["Content-Type"]
    else:
        response.setdefault("Content-Length", str(len(response.content)))
    if request.method == "HEAD":
        response.content = b""
    return response


class Failures:
    """Turns what a view raised into an ErrorBody; what nobody foresaw is logged under its correlation id."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            # A refused host is an error body as well, and not a page of Django's.
            request.get_host()
        except DisallowedHost:
            return error_response(
                bad_request("This host name is not served here; see JOURNEYSERVER_ALLOWED_HOSTS."),
                correlation_id(request),
            )
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        return error_response(as_api_error(request, exception), correlation_id(request))


def as_api_error(request: HttpRequest, exception: Exception) -> ApiError:
    """What to tell the caller about an exception; logs the ones that are our fault."""
    if isinstance(exception, ApiError):
        return exception
    if isinstance(exception, SuspiciousOperation):
        return bad_request("The request cannot be read.")
    log.error("%s %s %s", correlation_id(request), request.method, request.path, exc_info=exception)
    if isinstance(exception, OperationalError):
        return ApiError(503, "service.unavailable", "The store cannot be reached at the moment. Try again.")
    return ApiError(500, "internal.server.error", "The server failed while it worked on this request.")
