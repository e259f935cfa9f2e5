"""Names each request, counts it by view, method and status, and says in the log how long it took and what was refused."""

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from journeyadmin import logs
from journeyadmin.monitoring import metrics

log = logging.getLogger("journeyadmin.requests")


def who(request: HttpRequest) -> str:
    """The number of the signed-in person: enough to find them, and no name in a log."""
    user = getattr(request, "user", None)
    return f"person {user.pk}" if user is not None and user.pk else "nobody"


class Measured:
    """Gives the request its id. Outermost of ours, so that what the others do is counted and named too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        logs.request_id.set(request.request_id)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("X-Request-Id", request.request_id)  # type: ignore[attr-defined]
        if response.status_code == 403:
            logs.security.warning("refused %s %s to %s", request.method, request.path, who(request))
        match = request.resolver_match
        if match is not None:
            seconds = time.monotonic() - started
            metrics.request(match.view_name or "unnamed", request.method or "", response.status_code, seconds)
            log.info(
                "%s %s %s %d ms",
                request.method,
                match.view_name,
                response.status_code,
                round(seconds * 1000),
            )
        return response
