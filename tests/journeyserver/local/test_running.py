"""Work really stops: at its time limit, for a newer question, when asked to, and when nobody waits any more."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from journeyserver.engine.backends.base import Backend
from journeyserver.local import running
from tests.journeyserver.engine import engines

ENDLESS = {
    "duckdb": "SELECT count(*) FROM range(3000000) AS a(x), range(3000000) AS b(y) WHERE x * y % 7 = 3",
    "clickhouse": "SELECT count(*) FROM numbers(3000000) AS a, numbers(3000000) AS b WHERE a.number * b.number % 7 = 3",
}


@pytest.fixture(scope="module", params=engines.NAMES)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    backend = engines.memory(request.param)
    yield backend
    backend.close()


FORM = ("maya", "form")


def ended(
    backend: Backend, seconds: float, owner: running.Owner = FORM, connection: socket.socket | None = None
) -> str:
    """Why endless work ended."""
    with pytest.raises(running.Stopped) as caught, running.work(backend, owner, seconds, connection) as doing:
        doing.run(ENDLESS[backend.name])
    return caught.value.reason


def in_a_while(action: Any, *arguments: Any) -> threading.Thread:
    timer = threading.Timer(0.2, action, arguments)
    timer.start()
    return timer


def test_a_time_limit(backend: Backend) -> None:
    assert ended(backend, 0.2) == "timeLimit"


def test_a_newer_question_of_the_same_form_replaces_the_older(backend: Backend) -> None:
    newer: list[Any] = []

    def ask_again() -> None:
        with running.work(backend, FORM, 10) as doing:
            newer.append(doing.run("SELECT 1 AS one"))

    asking = in_a_while(ask_again)
    reason = ended(backend, 60)
    asking.join()
    assert (reason, newer) == ("replaced", [{"one": [1]}])


def test_other_forms_and_other_people_are_left_alone(backend: Backend) -> None:
    def ask_elsewhere() -> None:
        for owner in (("maya", "other form"), ("tomas", "form")):
            with running.work(backend, owner, 10) as doing:
                doing.run("SELECT 1 AS one")
            running.stop(owner)

    asking = in_a_while(ask_elsewhere)
    assert ended(backend, 0.8) == "timeLimit"
    asking.join()


def test_stopped_on_request(backend: Backend) -> None:
    asking = in_a_while(running.stop, FORM)
    assert ended(backend, 60) == "cancelled"
    asking.join()
    running.stop(FORM)


def test_stopped_when_the_caller_has_gone(backend: Backend) -> None:
    ours, theirs = socket.socketpair()
    asking = in_a_while(theirs.close)
    assert ended(backend, 60, connection=ours) == "cancelled"
    asking.join()
    ours.close()


def test_a_next_request_that_waits_is_no_end(backend: Backend) -> None:
    ours, theirs = socket.socketpair()
    theirs.send(b"GET")
    assert ended(backend, 0.3, connection=ours) == "timeLimit"
    ours.close()
    theirs.close()


def test_nothing_is_begun_after_a_stop(backend: Backend) -> None:
    with running.work(backend, FORM, 10) as doing:
        doing.stop("cancelled")
        with pytest.raises(running.Stopped):
            doing.run("SELECT 1 AS one")
