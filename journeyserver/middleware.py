"""What every request gets: a correlation id, security headers, and an error body where something failed."""

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from gunicorn.http.errors import ParseException

from journeyserver.engine.backends.base import WarehouseError
from journeyserver.errors import ApiError, bad_request, error_response, not_found

log = logging.getLogger("journeyserver.requests")

Respond = Callable[[HttpRequest], HttpResponse]

CORRELATION_HEADER = "inin-correlation-id"

# How much of a body nobody wanted gunicorn reads away, so that the connection may go on.
_READ_UNWANTED = 64 * 1024

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
        if request.is_secure():
            response.setdefault("Strict-Transport-Security", settings.HSTS)
        _end_where_unread(request)
        return _framed(request, response)


def _end_where_unread(request: HttpRequest) -> None:
    """Where a long body was refused unread, or broke off, gunicorn ends the connection after the answer: then that must say so.

    Else a client sends its next request on a connection that is gone, and cannot know whether it was heard.
    """
    body: Any = request.META.get("wsgi.input")
    if not hasattr(body, "end_connection"):
        return
    # By length, or by chunks, whose reader has a parser for as long as there may be more.
    long = getattr(body.reader, "length", 0) >= _READ_UNWANTED or getattr(body.reader, "parser", None)
    if long or body.failed:
        body.end_connection()


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
    if isinstance(exception, RequestDataTooBig):
        return ApiError(413, "request.entity.too.large", "The body is too large.")
    if isinstance(exception, SuspiciousOperation | BadRequest | MultiPartParserError):
        return bad_request("The request cannot be read.")
    if any(isinstance(cause, TimeoutError) for cause in _causes(exception)):
        return ApiError(408, "request.timeout", "The request was not received in time.")
    if isinstance(exception, UnreadablePostError | ParseException):
        return bad_request("The body broke off or is not framed as HTTP has it.")
    log.error("%s %s %s", correlation_id(request), request.method, request.path, exc_info=exception)
    # What a database says names files and statements: it is for the log.
    if isinstance(exception, OperationalError):
        return ApiError(503, "service.unavailable", "The store cannot be reached at the moment. Try again.")
    if isinstance(exception, WarehouseError):
        return ApiError(503, "service.unavailable", "The events cannot be reached at the moment. Try again.")
    return ApiError(500, "internal.server.error", "The server failed while it worked on this request.")


def _causes(exception: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came from: Django wraps what happens while it reads a body, more than once."""
    while exception is not None:
        yield exception
        exception = exception.__cause__


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer to an address that nothing is mounted at."""
    return error_response(not_found("There is no such resource."), correlation_id(request))


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's answer where a middleware cannot read the request."""
    return error_response(as_api_error(request, exception), correlation_id(request))


def handler500(request: HttpRequest) -> HttpResponse:
    """Django's answer where a middleware failed; Django has logged it."""
    failed = ApiError(500, "internal.server.error", "The server failed while it worked on this request.")
    return error_response(failed, correlation_id(request))
