"""Is everything there that the dashboard needs? Each part is asked beside the others, within a time limit of its own."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import Any

import orjson
from django.db import connections

from journeyadmin.accounts.models import Connection, Grant
from journeyadmin.accounts.sealed import KeyLost, unseal
from journeyadmin.monitoring import schema
from journeyadmin.service import probe

LIMIT_SECONDS = 2.0
_MOST_SERVICES = 20

Part = dict[str, Any]


class Broken(Exception):
    """A part does not work; the text and what else is told are safe to show."""

    def __init__(self, reason: str, **told: Any) -> None:
        super().__init__(reason)
        self.told = told


def check() -> tuple[bool, dict[str, Any]]:
    """Whether pages can be served, and every part with its state and milliseconds.

    Only the dashboard's own store decides: without the service the pages still open and say so.
    """
    # Made by hand, not by `with`: leaving a `with` would wait for the slow ones. Each has a thread: none waits for another.
    pool = ThreadPoolExecutor(max_workers=2 + _MOST_SERVICES)
    try:
        tokens, store = pool.submit(_timed, _tokens), _results({"store": pool.submit(_timed, _store)})
        asked: dict[str, Future[Part]] = {}
        if store["store"]["status"] == "ok":
            places = Connection.objects.all()[:_MOST_SERVICES]
            asked = {place.name: pool.submit(_timed, _service(place)) for place in places}
        services = _results({"": tokens, **asked})
        parts = {**store, "tokens": services.pop("")}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    ready = parts["store"]["status"] == "ok"
    everything = [*parts.values(), *services.values()]
    state = (
        "failed" if not ready else "ok" if all(part["status"] == "ok" for part in everything) else "degraded"
    )
    return ready, {"status": state, **parts, "services": services}


def _timed(ask: Callable[[], Part | None]) -> Part:
    started = time.monotonic()
    try:
        state: Part = {"status": "ok", **(ask() or {})}
    except Broken as reason:
        state = {"status": "failed", "reason": str(reason), **reason.told}
    except Exception as error:
        state = {"status": "failed", "reason": type(error).__name__}
    finally:
        connections.close_all()
    return {**state, "ms": round((time.monotonic() - started) * 1000)}


def _results(asked: dict[str, Future[Part]]) -> dict[str, Part]:
    """What each has to tell, all of them within one limit."""
    end = time.monotonic() + LIMIT_SECONDS
    found: dict[str, Part] = {}
    for name, future in asked.items():
        try:
            found[name] = future.result(max(0.0, end - time.monotonic()))
        except TooSlow:
            found[name] = {
                "status": "failed",
                "reason": "no answer in time",
                "ms": round(LIMIT_SECONDS * 1000),
            }
    return found


def _store() -> None:
    trouble = schema.trouble()
    if trouble:
        raise Broken(trouble)


def _tokens() -> None:
    newest = Grant.objects.order_by("-created").first()
    if newest is not None:
        try:
            unseal(newest.sealed_access)
        except KeyLost:
            raise Broken("stored tokens cannot be read with the configured keys") from None


def _service(place: Connection) -> Callable[[], Part]:
    def ask() -> Part:
        # A Journey server says how its event store is; anything else has no such page.
        if not place.region:
            status, body = probe(place.api_url, "/readyz", LIMIT_SECONDS)
            if not status:
                raise Broken("no answer")
            told = _told(body) if status in (200, 503) else {}
            if "events" in told:
                if status == 503:
                    raise Broken("not ready", event_store=told["events"])
                return {"event_store": told["events"]}
        # Without a token a living service answers 401.
        status, _ = probe(place.api_url, "/api/v2/tokens/me", LIMIT_SECONDS)
        if status not in (200, 401, 403):
            raise Broken(f"answered {status}" if status else "no answer")
        return {}

    return ask


def _told(body: bytes) -> Part:
    """Each part's state and milliseconds, whatever else a service may have written."""
    try:
        parts = orjson.loads(body)
        return {
            name: {"status": str(part["status"])[:20], "ms": int(part["ms"])}
            for name, part in parts.items()
            if isinstance(part, dict)
        }
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return {}
