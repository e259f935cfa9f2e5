"""How a call reaches the service: base URL, time-outs, repeats, and turning a status into an error."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson
import requests

from journeyadmin.contract.operations import Operation
from journeyadmin.service import errors, stopping
from journeyadmin.service.answers import error_from
from journeyadmin.service.circuit import Circuit, circuit_of

log = logging.getLogger("journeyadmin.service")

# https://developer.genesys.cloud/platform/api/rate-limits: wait as told, else back off with full jitter.
REPEAT_STATUS = frozenset({429, 502, 503, 504})
TRIES = 4
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0)
# A page must not hang because the service asks for it; beyond this the person is told the time instead, and sees it count down.
LONGEST_WAIT_SECONDS = 8.0


class Credentials(Protocol):
    """Where the access token comes from: `token()` for a call, `renewed(refused)` once after a 401."""

    def token(self) -> str: ...

    def renewed(self, refused: str) -> str: ...


@dataclass(frozen=True)
class Rate:
    """The service's own count of our calls: how many it allows, how many it saw, and seconds until it begins anew."""

    allowed: int
    used: int
    reset_seconds: int


@dataclass(frozen=True)
class Call:
    """What may be told of one call: never a body, a query string or a token. `status` 0 is no answer at all."""

    method: str
    operation: str
    path: str
    status: int
    milliseconds: int
    tried: int
    correlation_id: str
    rate: Rate | None


Observer = Callable[[Call], None]


@dataclass(frozen=True)
class Answer:
    """A successful answer: the JSON (None when there is no body) and the id that names the call at the service."""

    content: Any
    status: int
    correlation_id: str


class _Bearer(requests.auth.AuthBase):
    """Being an auth object, it also keeps requests from sending what a .netrc file says."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


# What is answered for the request as such, whichever try it was.
_SETTLED = (errors.Conflict, errors.Forbidden, errors.InvalidRequest, errors.NotFound)
_local = threading.local()


def _session(loopback: bool) -> requests.Session:
    """A session per thread: connections are kept alive, cookies never, so that nothing of one person reaches another."""
    sessions: dict[bool, requests.Session] = _local.__dict__.setdefault("sessions", {})
    if loopback not in sessions:
        session = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update({"Accept": "application/json", "User-Agent": "journeyadmin"})
        for scheme in ("http://", "https://"):
            session.mount(scheme, stopping.Adapter())
        # A proxy named in the environment is for the world outside.
        session.trust_env = not loopback
        sessions[loopback] = session
    return sessions[loopback]


class Transport:
    """Sends operations to one base URL. `sleep` and `jitter` are arguments so that tests need not wait."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        connect_seconds: float = 5,
        read_seconds: float = 30,
        budget_seconds: float = 60,
        observer: Observer | None = None,
        circuit: Circuit | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float], float] = lambda longest: random.uniform(0, longest),  # noqa: S311
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.credentials = credentials
        self.timeouts = (connect_seconds, read_seconds)
        self.budget_seconds = budget_seconds
        self.observer = observer
        self.circuit = circuit or circuit_of(self.base_url)
        self.clock = clock
        self.sleep = sleep
        self.jitter = jitter
        self.loopback = urlsplit(base_url).hostname in {"127.0.0.1", "localhost", "::1"}
        # Names the latest call at the service, for the log of changes.
        self.correlation_id = ""

    def send(
        self,
        operation: Operation,
        *,
        path: str,
        params: dict[str, Any] | None = None,
        body: Any = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """The answer of one operation, or a `JourneyError`. Repeats and the one token renewal happen in here.
        `body` is JSON, or a binary file that is sent as it is.

        All tries and waits together stay within the budget: a person waits for a page, not for a service.
        """
        may_repeat = operation.repeatable if repeatable is None else repeatable
        token = self.credentials.token()
        renewed = False
        # Whether an earlier try may have carried it out: what the last one says about itself does not take that back.
        doubt = False
        tries = 0
        end = self.clock() + self.budget_seconds
        while True:
            tries += 1
            try:
                return self._once(operation, path, params, body, token, end, tries)
            except errors.SignInExpired as error:
                if renewed:
                    error.unsure = doubt
                    raise
                token = self.credentials.renewed(token)
                renewed = True
                tries -= 1
            except errors.JourneyError as error:
                if isinstance(error, errors.NotFound) and operation.method == "DELETE" and doubt:
                    # An earlier try, whose answer was lost, deleted it.
                    return Answer(None, 204, error.correlation_id)
                # Only a write leaves a doubt behind.
                doubt = (doubt or error.unsure) and not only_reads(operation)
                wait = self._wait(error, tries, may_repeat)
                if wait is None or self.clock() + wait >= end:
                    # These judge the same request, an earlier try included.
                    settled = isinstance(error, _SETTLED)
                    error.unsure = doubt and not settled
                    if isinstance(error, errors.Conflict):
                        error.after_doubt = doubt
                    raise
                self.sleep(wait)

    def _wait(self, error: errors.JourneyError, tries: int, may_repeat: bool) -> float | None:
        """Seconds until the next try, or None when there is none."""
        limited = isinstance(error, errors.RateLimited)
        fleeting = isinstance(error, errors.Unreachable) or error.status in REPEAT_STATUS
        if tries >= TRIES or not fleeting or not (may_repeat or limited):
            return None
        if isinstance(error, errors.CircuitOpen):
            return None
        told = error.retry_after if isinstance(error, errors.RateLimited | errors.ServerFault) else 0
        if told > LONGEST_WAIT_SECONDS:
            return None
        return told or self.jitter(BACKOFF_SECONDS[tries - 1])

    def _once(
        self,
        operation: Operation,
        path: str,
        params: dict[str, Any] | None,
        body: Any,
        token: str,
        end: float,
        tried: int,
    ) -> Answer:
        wait = self.circuit.refuses()
        if wait:
            raise errors.CircuitOpen(operation=operation.name, retry_after=wait)
        started = time.monotonic()
        connect_seconds, read_seconds = self.timeouts
        try:
            response = _session(self.loopback).request(
                operation.method,
                self.base_url + path,
                params=_spelled(params or {}),
                **_sent(body),
                auth=_Bearer(token),
                timeout=(connect_seconds, max(0.05, min(read_seconds, end - self.clock()))),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            if stopping.is_stopped():
                self._note(operation, path, 0, started, tried, "NobodyWaits")
                raise errors.NobodyWaits(operation=operation.name, unsure=True) from None
            self.circuit.unanswered()
            self._note(operation, path, 0, started, tried, type(error).__name__)
            # Refused before anything was sent is certain; any other failure may have come after the request.
            unsure = not isinstance(error, requests.exceptions.ConnectTimeout) and not _refused(error)
            raise errors.Unreachable(type(error).__name__, operation=operation.name, unsure=unsure) from None
        correlation_id = self.correlation_id = response.headers.get("inin-correlation-id", "")
        self.circuit.answered()
        rate = _rate(response.headers)
        self._note(operation, path, response.status_code, started, tried, correlation_id, rate)
        if not response.ok or response.is_redirect:
            raise error_from(response.status_code, response.headers, response.content, operation)
        if response.status_code == 204 or (operation.success == 204 and not response.content):
            return Answer(None, response.status_code, correlation_id)
        try:
            content = _read(response)
        except (ValueError, RecursionError):
            raise errors.Unreadable(
                "not JSON",
                status=response.status_code,
                operation=operation.name,
                correlation_id=correlation_id,
                # It said success; whether it carried out a write, nobody can read.
                unsure=True,
            ) from None
        return Answer(content, response.status_code, correlation_id)

    def _note(
        self,
        operation: Operation,
        path: str,
        status: int,
        started: float,
        tried: int,
        note: str,
        rate: Rate | None = None,
    ) -> None:
        milliseconds = round((time.monotonic() - started) * 1000)
        log.info("%s %s %s %d ms %s", operation.method, operation.name, status or "-", milliseconds, note)
        if self.observer is not None:
            call = Call(operation.method, operation.name, path, status, milliseconds, tried, note, rate)
            self.observer(call)


def _sent(body: Any) -> dict[str, Any]:
    """A file, from its beginning at each try, goes as it is; anything else as JSON."""
    if not hasattr(body, "read"):
        return {"json": body}
    body.seek(0)
    return {"data": body, "headers": {"Content-Type": "application/octet-stream"}}


def _rate(headers: Mapping[str, str]) -> Rate | None:
    """https://developer.genesys.cloud/platform/api/rate-limits: three headers on every answer."""
    told = [headers.get(f"inin-ratelimit-{name}", "") for name in ("allowed", "count", "reset")]
    return Rate(*map(int, told)) if all(text.isascii() and text.isdigit() for text in told) else None


def probe(base_url: str, path: str, seconds: float) -> tuple[int, bytes]:
    """Status and beginning of the answer to an unsigned GET, for readiness checks; status 0 when nobody answers."""
    loopback = urlsplit(base_url).hostname in {"127.0.0.1", "localhost", "::1"}
    try:
        with _session(loopback).get(
            base_url.rstrip("/") + path, timeout=seconds, allow_redirects=False, stream=True
        ) as response:
            return response.status_code, next(response.iter_content(4096), b"")
    except requests.RequestException:
        return 0, b""


def only_reads(operation: Operation) -> bool:
    """Whether a lost answer leaves no doubt behind."""
    return operation.method == "GET" or operation.permission.endswith(":view")


def _refused(error: requests.RequestException) -> bool:
    """Whether the connection was never made."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}


def _read(response: requests.Response) -> Any:
    """The JSON of an answer. What orjson does not take (half of a surrogate pair, a number without end) the standard library may.

    Raises `ValueError` where nothing can read it, or `RecursionError` where it is nested without end.
    """
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return response.json()


def _spelled(params: dict[str, Any]) -> list[tuple[str, str]]:
    """Query parameters as the API spells them: lists repeated, yes and no in lower case."""
    spelled: list[tuple[str, str]] = []
    for name, value in params.items():
        values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        spelled += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in values]
    return spelled
