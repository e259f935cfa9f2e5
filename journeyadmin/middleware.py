"""A service error that no view handled becomes an error page or, for HTMX, a fragment with the same words."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from journeyadmin.accounts.middleware import end_session, to_sign_in
from journeyadmin.htmx import is_partial
from journeyadmin.logs import masked
from journeyadmin.service import errors

GetResponse = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("journeyadmin.errors")

STATUS: dict[type[errors.JourneyError], int] = {
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.InvalidRequest: 400,
    errors.RateLimited: 503,
    errors.NotEnabled: 501,
    errors.Unreachable: 502,
    errors.Unreadable: 502,
    errors.ServerFault: 502,
}

TITLES: dict[type[errors.JourneyError], Any] = {
    errors.Forbidden: _lazy("Not allowed"),
    errors.NotFound: _lazy("Not found"),
    errors.Conflict: _lazy("In conflict"),
    errors.TooLarge: _lazy("Too large"),
    errors.InvalidRequest: _lazy("Not accepted"),
    errors.RateLimited: _lazy("Please wait"),
    errors.NotEnabled: _lazy("Not enabled"),
    errors.Unreachable: _lazy("No answer"),
    errors.Unreadable: _lazy("Unexpected answer"),
    errors.ServerFault: _lazy("The service failed"),
}


class ServiceErrors:
    """Answers unhandled `JourneyError`s."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, errors.JourneyError):
            return None
        if isinstance(exception, errors.SignInExpired):
            end_session(request, error_words(request, exception)[1])
            return to_sign_in(request)
        log.warning("%s", exception)
        return error_answer(request, exception)


def error_answer(request: HttpRequest, error: errors.JourneyError) -> HttpResponse:
    """The error as a page, or as a fragment where HTMX asked; both say what happened, what to do, and the two ids."""
    status, context = error_words(request, error)
    template = "_error.html" if is_partial(request) else "error.html"
    response = render(request, template, context, status=status)
    if isinstance(error, errors.RateLimited) and error.retry_after:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def error_words(request: HttpRequest, error: errors.JourneyError) -> tuple[int, dict[str, Any]]:
    """The status of an answer that shows this error, and the context of its words: for pages with a place of their own for it."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 502)
    title = str(
        next((text for kind, text in TITLES.items() if isinstance(error, kind)), _("Something went wrong"))
    )
    return status, {
        "error_title": title,
        "error_message": error.user_message,
        "error_permissions": getattr(error, "permissions", ()),
        "error_wait": getattr(error, "retry_after", 0),
        "error_correlation_id": error.correlation_id,
        "error_details": _details(request, error, title),
    }


def _details(request: HttpRequest, error: errors.JourneyError, title: str) -> str:
    """Text for a support request: no token, no cookie, no address parameter, nothing that was typed."""
    return support_text(
        ("What", title),
        ("Operation", error.operation),
        ("Status", str(error.status or "no answer")),
        ("Code", error.code),
        ("Correlation id", error.correlation_id),
        ("Request id", str(getattr(request, "request_id", ""))),
        ("Page", masked(request.path)),
    )


def support_text(*lines: tuple[str, str]) -> str:
    """A line for each name that has a value; the names are English, as those are who read it."""
    return "\n".join(f"{name}: {value}" for name, value in lines if value)
