"""The checks before a view, in the contract's order, so that a view meets only requests it may answer.

401 → 404 unknown route, 405 → 429 → 403 → 415 → 413 → 400 syntax → the view: 404 entity → 400 fields → 409.
Nobody without a token and a permission learns whether an id exists. Source: docs/api/journey-api.md §1.3.

    @operation(GET_SEGMENT)
    def segment(call: Call, segment_id: str) -> HttpResponse: ...

    path("api/v2/journey/segments/<str:segment_id>", route(segment, segment_update, segment_delete))

A decorated view can be given to `path` by itself where the path has one method. An operation that is not of
the nine is declared in place: `Operation("getLocalData", "GET", "/api/local/v1/data", permission, scopes, True)`;
an empty permission or empty scopes ask for a token alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from journeyadmin.contract.operations import Operation
from journeyserver.errors import ApiError, method_not_allowed, not_found
from journeyserver.limits import Count, Windows
from journeyserver.models import Token


class Absent:
    """The body of a request that has none; unlike a JSON null, which is a body."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()

# json: parsed and at most 1 MiB; raw: left unread on `call.request` for the view, of any type and size.
Body = Literal["json", "raw"]


@dataclass(frozen=True)
class Call:
    """A request that passed every check: whose it is, and its JSON body or ABSENT."""

    request: HttpRequest
    token: Token
    body: object = ABSENT


View = Callable[..., HttpResponseBase]

_LIMIT_OF_CLIENTS = "client.credentials.token.rate.per.minute"
_LIMIT_OF_PEOPLE = "org.app.user.rate.per.minute"
_requests = Windows(settings.RATE_LIMIT, 60)


class Endpoint:
    """A view behind the checks of its operation."""

    def __init__(self, operation: Operation, view: View, body: Body) -> None:
        self.operation = operation
        self.view = view
        self.body = body
        self.__name__ = view.__name__
        self.__qualname__ = view.__qualname__
        self.__doc__ = view.__doc__

    def __call__(self, request: HttpRequest, **ids: str) -> HttpResponseBase:
        return _answer((self,), request, ids)


def operation(described: Operation, body: Body = "json") -> Callable[[View], Endpoint]:
    """Makes a view the answer to an operation: `view(call, **ids from the path)`."""
    return lambda view: Endpoint(described, view, body)


def route(*endpoints: Endpoint) -> View:
    """The view of a path with several methods."""

    def answer(request: HttpRequest, **ids: str) -> HttpResponseBase:
        return _answer(endpoints, request, ids)

    return answer


def unknown_route(request: HttpRequest) -> HttpResponseBase:
    """Any other path below /api/: 401 without a token, else 404."""
    authenticate(request)
    raise not_found("There is no such resource.")


def _answer(endpoints: tuple[Endpoint, ...], request: HttpRequest, ids: dict[str, Any]) -> HttpResponseBase:
    token, count = authenticate(request)
    method = "GET" if request.method == "HEAD" else request.method
    by_method = {endpoint.operation.method: endpoint for endpoint in endpoints}
    endpoint = by_method.get(method or "")
    if endpoint is None:
        raise method_not_allowed(*sorted({*by_method, *(["HEAD"] if "GET" in by_method else [])}))
    if settings.RATE_LIMIT and count.exceeded:
        raise ApiError(
            429,
            "too.many.requests",
            f"Rate limit exceeded: {count.allowed} requests a minute are allowed. Try again in {count.reset} s.",
            params={"rateLimit": str(count.allowed)},
            limit={
                "key": _LIMIT_OF_PEOPLE if token.person_id else _LIMIT_OF_CLIENTS,
                "namespace": "platform.api",
                "value": count.allowed,
            },
            headers={"Retry-After": str(count.reset)},
        )
    _authorise(token, endpoint.operation)
    body: object = ABSENT
    if method not in ("GET", "DELETE") and endpoint.body == "json":
        body = json_body(request)
    return endpoint.view(Call(request, token, body), **ids)


def authenticate(request: HttpRequest) -> tuple[Token, Count]:
    """The token of a request, counted in its window; 401 where there is none that is good."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if not text.strip():
        _note_window(request, Count(settings.RATE_LIMIT, 0, 60))
        raise ApiError(
            401,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    token = Token.of_access(text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        _note_window(request, Count(settings.RATE_LIMIT, 0, 60))
        raise ApiError(
            401,
            "bad.credentials",
            "The access token is unknown, expired or revoked.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    count = _requests.add(token.pk)
    _note_window(request, count)
    return token, count


def _note_window(request: HttpRequest, count: Count) -> None:
    if settings.RATE_LIMIT:
        request.META["journeyserver.rate_headers"] = {
            "inin-ratelimit-allowed": str(count.allowed),
            "inin-ratelimit-count": str(count.used),
            "inin-ratelimit-reset": str(count.reset),
        }


def _authorise(token: Token, operation: Operation) -> None:
    needed = operation.permission
    if needed and needed not in token.permissions:
        raise ApiError(
            403,
            "missing.any.permissions",
            f"Unable to perform the requested action. You are missing one of the following permissions: [{needed}]",
            params={"permissions": f"[{needed}]"},
        )
    if operation.scopes and not set(operation.scopes) & set(token.scope.split()):
        raise ApiError(
            403,
            "not.authorized",
            f"The token lacks the scope of this operation: one of {', '.join(operation.scopes)}.",
            params={"scopes": f"[{', '.join(operation.scopes)}]"},
        )


def json_body(request: HttpRequest) -> object:
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not chunked and declared == "0":
        return ABSENT
    if request.content_type != "application/json":
        raise ApiError(415, "unsupported.media.type", "The body must be sent as application/json.")
    limit = settings.MAX_BODY_BYTES
    too_large = ApiError(413, "request.entity.too.large", f"The body must not be larger than {limit} bytes.")
    if not chunked and int(declared) > limit:
        raise too_large
    limit_pauses(request)
    # Django reads a body by its declared length and would take a chunked one for empty.
    raw = request.META["wsgi.input"].read(limit + 1) if chunked else request.body
    if len(raw) > limit:
        raise too_large
    if not raw:
        return ABSENT
    try:
        parsed: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "bad.request", f"The body is not well-formed JSON: {error}.") from None
    return parsed


def limit_pauses(request: HttpRequest) -> None:
    """A client that stops in the middle of its body does not hold a thread for ever: `middleware` answers 408."""
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(settings.BODY_SECONDS)
