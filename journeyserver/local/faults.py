"""Failures on purpose: a rehearsal tool, and the test rig of every client. Only in a server started with JOURNEYSERVER_FAULTS=1.

    PUT /api/local/v1/faults  {"faults": [{"operation": "patchJourneySegment", "fault": "cut", "when": "after", "count": 1}]}

The middleware stands before sign-in, so that a 401 or a cut connection looks as it does in earnest.
"""

import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse

from journeyadmin.contract.local import (
    DELETE_FAULTS,
    GET_FAULTS,
    LOCAL_OPERATIONS,
    PUT_FAULTS,
)
from journeyadmin.contract.operations import OPERATIONS
from journeyserver.api.users import GET_TOKENS_ME, GET_USERS_ME
from journeyserver.auth import Call, operation
from journeyserver.errors import ApiError, InvalidFields, error_response, json_response
from journeyserver.fields import Fields
from journeyserver.middleware import correlation_id

MOST_FAULTS = 100
LONGEST_DELAY_MS = 120_000
DEFAULT_DELAY_MS = 2_000
DEFAULT_RETRY_AFTER = 2

# The code and the sentence of each status, as the server's own answers have them.
_STATUSES = {
    "400": ("bad.request", "The request was refused on purpose."),
    "401": ("bad.credentials", "The access token is unknown, expired or revoked."),
    "403": ("not.authorized", "You are not allowed to do this."),
    "404": ("not.found", "There is no such resource."),
    "408": ("request.timeout", "The request took too long to arrive."),
    "409": ("general.conflict", "The version given does not match the current version."),
    "413": ("request.entity.too.large", "The request is too large."),
    "429": ("too.many.requests", "Rate limit exceeded."),
    "500": ("internal.server.error", "The server failed while it worked on this request."),
    "501": ("not.implemented", "This is not available in this organisation."),
    "503": ("service.unavailable", "The service is not available at the moment."),
    "504": ("request.timeout", "The service did not answer in time."),
}
KINDS = ("delay", *_STATUSES, "cut", "garbled")

_SPARED = frozenset(operation.name for operation in (GET_FAULTS, PUT_FAULTS, DELETE_FAULTS))
_ANNOUNCEMENT = "getLocalCapabilities"
_OTHERS = (
    ("POST", "/oauth/token", "postOauthToken"),
    ("GET", "/api/local/v1/capabilities", _ANNOUNCEMENT),
    ("POST", "/api/v2/journey/deployments/{id}/webevents", "postJourneyDeploymentWebevents"),
    ("POST", "/api/v2/journey/deployments/{id}/actionevent", "postJourneyDeploymentActionevent"),
)
_ROUTES = tuple(
    (method, re.compile(re.escape(path).replace(r"\{id\}", "[^/]+")), name)
    for method, path, name in (
        *((row.method, row.path, row.name) for row in (*OPERATIONS, GET_USERS_ME, GET_TOKENS_ME)),
        *((row.method, row.path, row.name) for row in LOCAL_OPERATIONS),
        *_OTHERS,
    )
)
NAMES = tuple(name for _, _, name in _ROUTES if name not in _SPARED)


def operation_name(method: str, path: str) -> str:
    """The operation that a request asks for; "" for anything that has no name."""
    return next((name for verb, pattern, name in _ROUTES if verb == method and pattern.fullmatch(path)), "")


@dataclass(frozen=True)
class Fault:
    """One failure: for which operation ("*": any), what, for which share of requests, and how many more times (None: always)."""

    operation: str
    kind: str
    share: float = 1.0
    count: int | None = None
    when: str = "before"
    delay_ms: int = DEFAULT_DELAY_MS
    retry_after: int = DEFAULT_RETRY_AFTER
    message: str = ""

    def shown(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "operation": self.operation,
            "fault": self.kind,
            "share": self.share,
            "count": self.count,
            "when": self.when,
        }
        if self.kind == "delay":
            answer["delayMs"] = self.delay_ms
        if self.kind in ("429", "503"):
            answer["retryAfter"] = self.retry_after
        if self.message:
            answer["message"] = self.message
        return answer


class Switch:
    """The faults of this process. The first that fits a request, and whose share falls on it, is the one it meets."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._chance = chance

    @property
    def faults(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def set(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults = list(faults)

    def take(self, name: str) -> Fault | None:
        """The fault that a request for this operation meets, counted down; None for most."""
        if name in _SPARED:
            return None
        # What is announced stays true: only by its name is it meant.
        meant = (name,) if name == _ANNOUNCEMENT else ("*", name)
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.operation not in meant or self._chance() >= fault.share:
                    continue
                if fault.count == 1:
                    del self._faults[index]
                elif fault.count is not None:
                    self._faults[index] = replace(fault, count=fault.count - 1)
                return fault
        return None


switch = Switch()


class Faults:
    """The middleware that carries faults out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fault = switch.take(operation_name(request.method or "", request.path))
        if fault is None:
            return self.get_response(request)
        if fault.kind == "delay" and fault.when == "before":
            time.sleep(fault.delay_ms / 1000)
        # A delay spares the work, and so does whatever is to befall a request whose work is done.
        done = self.get_response(request) if fault.when == "after" or fault.kind == "delay" else None
        if fault.kind == "delay":
            if fault.when == "after":
                time.sleep(fault.delay_ms / 1000)
            return done or HttpResponse()
        if fault.kind == "cut":
            return cut(request)
        if fault.kind == "garbled":
            return HttpResponse(b'{"entities": [{"id": ', content_type="application/json")
        return error_response(_error(fault), correlation_id(request))


def cut(request: HttpRequest) -> HttpResponse:
    """Ends the connection with a reset and without a byte of an answer; what is returned goes nowhere."""
    connection: socket.socket | None = request.META.get("gunicorn.socket")
    if connection is None:
        raise ConnectionAbortedError("There is no connection to cut outside gunicorn.")
    # Closing with this option sends a reset in place of a proper end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    return HttpResponse(headers={"Connection": "close"})


def _error(fault: Fault) -> ApiError:
    code, sentence = _STATUSES[fault.kind]
    headers = {}
    if fault.kind == "401":
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if fault.kind in ("429", "503"):
        headers["Retry-After"] = str(fault.retry_after)
    return ApiError(int(fault.kind), code, fault.message or sentence, headers=headers)


@operation(GET_FAULTS)
def get_faults(call: Call) -> HttpResponse:
    """The faults that are set, and what can be set."""
    return _shown()


@operation(PUT_FAULTS)
def put_faults(call: Call) -> HttpResponse:
    """Replaces all faults."""
    fields = Fields(call.body)
    faults = [_read(row) for row in fields.children("faults", 0, MOST_FAULTS, required=True)]
    if fields.problems:
        raise InvalidFields(fields.problems)
    switch.set(faults)
    return _shown()


@operation(DELETE_FAULTS)
def delete_faults(call: Call) -> HttpResponse:
    """Removes all faults."""
    switch.set([])
    return HttpResponse(status=204)


def _shown() -> HttpResponse:
    return json_response(
        {"faults": [fault.shown() for fault in switch.faults], "operations": NAMES, "kinds": KINDS}
    )


def _read(row: Fields) -> Fault:
    share = row.number("share", 0, 1)
    delay = row.integer("delayMs", 0, LONGEST_DELAY_MS)
    retry = row.integer("retryAfter", 0, 3600)
    return Fault(
        operation=row.choice("operation", ("*", *NAMES), required=True) or "",
        kind=row.choice("fault", KINDS, required=True) or "",
        share=1.0 if share is None else share,
        count=row.integer("count", 1, 1_000_000),
        when=row.choice("when", ("before", "after")) or "before",
        delay_ms=DEFAULT_DELAY_MS if delay is None else delay,
        retry_after=DEFAULT_RETRY_AFTER if retry is None else retry,
        message=row.text("message", most=1000) or "",
    )
