"""What web sites report: web events and action events (docs/api/journey-api.md §11.1, §11.5), and beyond the contract blocked
offers and outcomes (docs/decisions/0017). No token is asked for: whose site it is says the deployment.

405 → 404 deployment → 403 origin → 415 → 413 → 400 → 429 → 404 visit → 409 state. Success is answered after COMMIT.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from journeyserver import warehouse
from journeyserver.api import reports
from journeyserver.api.ids import read_id
from journeyserver.auth import ABSENT, json_body
from journeyserver.errors import (
    ApiError,
    bad_request,
    conflict,
    error_response,
    json_response,
    method_not_allowed,
    not_found,
)
from journeyserver.ingest.actions import NO_VISIT
from journeyserver.ingest.incoming import Kind
from journeyserver.ingest.live import Refusal
from journeyserver.ingest.taken import VisitThen
from journeyserver.limits import Count, Windows
from journeyserver.middleware import as_api_error, correlation_id
from journeyserver.models import Deployment

Row = dict[str, Any]
View = Callable[[HttpRequest, object], HttpResponse]

_events = Windows(settings.COOKIE_RATE_LIMIT, 60)
# Deployments, by id as it was sent, and when they were read: looking one up was a fifth of an event's time.
_known: dict[str, tuple[float, Deployment]] = {}
_KNOWN_SECONDS, _MOST_KNOWN = 1.0, 1000
_EXPOSED = (
    "inin-correlation-id, inin-ratelimit-allowed, inin-ratelimit-count, inin-ratelimit-reset, Retry-After"
)


def reported(view: View) -> Callable[..., HttpResponse]:
    """Makes a view the answer to a report of a deployment's site: `view(request, body)`."""

    def answer(request: HttpRequest, deployment_id: str) -> HttpResponse:
        _note_window(request, Count(settings.COOKIE_RATE_LIMIT, 0, 60))
        origin = request.headers.get("Origin", "")
        allowed = ""
        try:
            if request.method not in ("POST", "OPTIONS"):
                raise method_not_allowed("OPTIONS", "POST")
            deployment = _deployment(deployment_id)
            if origin and deployment.allowed_origins and origin not in deployment.allowed_origins:
                raise ApiError(
                    403, "not.authorized", "This origin is not on the allow list of the deployment."
                )
            allowed = origin
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
            else:
                body = json_body(request)
                if body is ABSENT:
                    raise bad_request("The report needs a body.")
                response = view(request, body)
        except Exception as error:
            # Here and not in the middleware, so that a browser may read the error as well.
            response = error_response(as_api_error(request, error), correlation_id(request))
        return _for_browsers(response, allowed, preflight=request.method == "OPTIONS")

    return answer


def _for_browsers(response: HttpResponse, origin: str, *, preflight: bool) -> HttpResponse:
    """What lets a page of this origin read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    response["Vary"] = "Origin"
    if origin:
        response["Access-Control-Allow-Origin"] = origin
        if preflight:
            response["Access-Control-Allow-Methods"] = "POST"
            response["Access-Control-Allow-Headers"] = "Content-Type, Authorization"
            response["Access-Control-Max-Age"] = "86400"
        else:
            response["Access-Control-Expose-Headers"] = _EXPOSED
    return response


def _deployment(deployment_id: str) -> Deployment:
    known = _known.get(deployment_id)
    if known is not None and time.monotonic() - known[0] < _KNOWN_SECONDS:
        return known[1]
    key = read_id(deployment_id, "active deployment")
    found = Deployment.objects.filter(id=key, is_active=True).first()
    if found is None:
        raise not_found("There is no active deployment with this id.", deployment_id)
    if len(_known) >= _MOST_KNOWN:
        # However many ways there are to spell an id.
        _known.clear()
    _known[deployment_id] = time.monotonic(), found
    return found


def _count(request: HttpRequest, customer: str) -> None:
    """Counts a report of this customer; 429 where there were too many within a minute."""
    if not settings.COOKIE_RATE_LIMIT:
        return
    count = _events.add(customer)
    _note_window(request, count)
    if count.exceeded:
        raise ApiError(
            429,
            "too.many.requests",
            f"A customer may report {count.allowed} events a minute. Try again in {count.reset} s.",
            limit={"key": "journey.webevents.per.minute", "namespace": "journey", "value": count.allowed},
            headers={"Retry-After": str(count.reset)},
        )


def _note_window(request: HttpRequest, count: Count) -> None:
    if settings.COOKIE_RATE_LIMIT:
        request.META["journeyserver.rate_headers"] = {
            "inin-ratelimit-allowed": str(count.allowed),
            "inin-ratelimit-count": str(count.used),
            "inin-ratelimit-reset": str(count.reset),
        }


def _take(kind: Kind, row: Row) -> VisitThen | None:
    try:
        return warehouse.live.take(kind, row)
    except Refusal as refusal:
        if str(refusal) == NO_VISIT:
            raise not_found(NO_VISIT) from None
        raise conflict(str(refusal)) from None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@reported
def web_event(request: HttpRequest, body: object) -> HttpResponse:
    """An event of a web page; answered with its visit."""
    row, shown = reports.web_event(body, request.headers.get("User-Agent", ""), _now())
    _count(request, row["customer_id"])
    visit = _take("events", row)
    if visit is None:
        raise ApiError(503, "service.unavailable", "The event could not be taken in. Send it again.")
    return json_response(reports.answer(shown, visit))


def _counted_by(row: Row) -> str:
    return str(row.get("customer_id") or row.get("journey_session_id"))


@reported
def action_event(request: HttpRequest, body: object) -> HttpResponse:
    """A state that a web action entered."""
    return _silent(request, "actions", reports.action_event(body, _now()))


@reported
def blocked_event(request: HttpRequest, body: object) -> HttpResponse:
    """An offer that was held back."""
    return _silent(request, "blocks", reports.blocked_event(body, _now()))


@reported
def outcome_event(request: HttpRequest, body: object) -> HttpResponse:
    """An outcome achieved or attributed."""
    return _silent(request, "outcomes", reports.outcome_event(body, _now()))


def _silent(request: HttpRequest, kind: Kind, row: Row) -> HttpResponse:
    _count(request, _counted_by(row))
    _take(kind, row)
    return HttpResponse(status=204)
