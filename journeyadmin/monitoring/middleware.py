"""Counts each request by view, method and status, and says in the log which request took how long."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from journeyadmin.monitoring import metrics

log = logging.getLogger("journeyadmin.requests")


class Measured:
    """Outermost of ours, so that what the others do is counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None:
            seconds = time.monotonic() - started
            metrics.request(match.view_name or "unnamed", request.method or "", response.status_code, seconds)
            log.info(
                "%s %s %s %d ms request=%s",
                request.method,
                match.view_name,
                response.status_code,
                round(seconds * 1000),
                response.headers.get("X-Request-Id", "-"),
            )
        return response
