"""Whose aggregate queries are running: a few per person at once, each of which can be stopped by its id.

A query keeps a thread of the server and both cores. So a person has three running and two waiting at most; what comes on
top of that is refused at once and may come again in a moment.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from journeyserver.auth import Call
from journeyserver.errors import ApiError
from journeyserver.local.calls import work_for
from journeyserver.local.running import Work

RUNNING, WAITING = 3, 2
_WAIT_SECONDS = 10.0
# A client names its query with this header, and may then stop it from elsewhere.
ID_HEADER = "Journeyserver-Query-Id"

Person = str


class Slots:
    """Places for running queries, by person."""

    def __init__(
        self, running: int = RUNNING, waiting: int = WAITING, seconds: float = _WAIT_SECONDS
    ) -> None:
        self._most, self._line, self._seconds = running, waiting, seconds
        self._changed = threading.Condition()
        self._running: Counter[Person] = Counter()
        self._waiting: Counter[Person] = Counter()

    @contextmanager
    def place(self, person: Person) -> Iterator[None]:
        """A place, after some waiting at most. Raises ApiError 429."""
        with self._changed:
            if self._running[person] >= self._most:
                if self._waiting[person] >= self._line:
                    raise _too_many(self._most)
                self._waiting[person] += 1
                free = self._changed.wait_for(lambda: self._running[person] < self._most, self._seconds)
                self._waiting[person] -= 1
                if not free:
                    raise _too_many(self._most)
            self._running[person] += 1
        try:
            yield
        finally:
            with self._changed:
                self._running[person] -= 1
                # Nobody is remembered who has nothing here.
                self._running += Counter()
                self._waiting += Counter()
                self._changed.notify_all()


def _too_many(most: int) -> ApiError:
    return ApiError(
        429,
        "too.many.requests",
        f"{most} of your queries are running already. Wait for their answers, or stop one.",
        limit={"key": "analytics.journeys.queries.running", "namespace": "platform.api", "value": most},
        headers={"Retry-After": "1"},
    )


slots = Slots()
_named: dict[tuple[Person, str], Work] = {}
_lock = threading.Lock()


def person_of(call: Call) -> Person:
    return str(call.token.person_id or call.token.client_id)


@contextmanager
def running(call: Call) -> Iterator[Work]:
    """Work for one query: in a place of its person's, ended by its time limit, by `stop`, and when the caller is gone."""
    person = person_of(call)
    name = call.request.headers.get(ID_HEADER, "")
    with slots.place(person), work_for(call, settings.QUERY_SECONDS) as doing:
        if name:
            with _lock:
                _named[person, name] = doing
        try:
            yield doing
        finally:
            with _lock:
                if _named.get((person, name)) is doing:
                    del _named[person, name]


def stop(call: Call, name: str) -> bool:
    """Stops the caller's query of this name; False where none is running."""
    with _lock:
        found = _named.get((person_of(call), name))
    if found is None:
        return False
    found.stop("cancelled")
    return True
