"""For whoever watches this server: does its process run, and can it work? Asked without a token, and answered without any data."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from journeyserver import warehouse
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.errors import json_response, only_read
from journeyserver.models import Role

# Of each part; a slow one does not delay the other.
LIMIT_SECONDS = 2.0

Part = dict[str, Any]


def live(request: HttpRequest) -> HttpResponse:
    """200 whenever the process runs."""
    only_read(request)
    return json_response({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """200 where both stores answer, else 503: `store` (segments, people) and `events`, each with `status` and `ms`."""
    only_read(request)
    # Made by hand, not by `with`: leaving a `with` would wait for the slow one.
    pool = ThreadPoolExecutor(max_workers=2)
    try:
        asked = {name: pool.submit(_timed, ask) for name, ask in (("store", _store), ("events", _events))}
        parts = {name: _result(future) for name, future in asked.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    ok = all(part["status"] == "ok" for part in parts.values())
    return json_response({"status": "ok" if ok else "failed", **parts}, 200 if ok else 503)


def _timed(ask: Callable[[], None]) -> Part:
    started = time.monotonic()
    state: Part = {"status": "ok"}
    try:
        ask()
    except (DatabaseError, WarehouseError) as error:
        # What they say names files of this machine: that is for its log.
        state = {"status": "failed", "reason": type(error).__name__}
    return {**state, "ms": round((time.monotonic() - started) * 1000)}


def _result(future: Future[Part]) -> Part:
    try:
        return future.result(LIMIT_SECONDS)
    except TooSlow:
        return {"status": "failed", "reason": "no answer in time", "ms": round(LIMIT_SECONDS * 1000)}


def _store() -> None:
    try:
        Role.objects.exists()
    finally:
        # Of this thread alone.
        connection.close()


def _events() -> None:
    cursor = warehouse.backend().cursor()
    # Nobody waits for the answer any longer, and asking again must not pile threads up.
    over = threading.Timer(LIMIT_SECONDS, cursor.cancel)
    over.start()
    try:
        cursor.run("SELECT count(*) AS settings FROM settings")
    finally:
        over.cancel()
        cursor.close()
