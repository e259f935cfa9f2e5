"""A call ends when nobody waits for its answer: our connection is closed, it is not repeated, the service is not blamed."""

import socket
import threading
from collections.abc import Iterator

import pytest

from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES
from journeyadmin.service import NobodyWaits
from journeyadmin.service.stopping import is_closed, while_awaited
from journeyadmin.service.transport import Transport


class Silent:
    """A service that takes a request and never answers; it notes when the caller closes."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken, self.closed = 0, threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.taken += 1
            with connection:
                while connection.recv(65536):
                    pass
            self.closed.set()


class Token:
    def token(self) -> str:
        return "t"

    def renewed(self, refused: str) -> str:
        return "t"


@pytest.fixture
def silent() -> Iterator[Silent]:
    found = Silent()
    yield found
    found.listener.close()


def test_a_call_ends_when_whoever_asked_has_gone(silent: Silent) -> None:
    transport = Transport(f"http://127.0.0.1:{silent.listener.getsockname()[1]}", Token(), read_seconds=20)
    gone = threading.Event()
    threading.Timer(0.3, gone.set).start()
    with while_awaited(gone.is_set), pytest.raises(NobodyWaits):
        transport.send(QUERY_JOURNEY_AGGREGATES, path="/x", body={})
    # The service sees it, and may stop; it is asked once, and not held to be down.
    assert silent.closed.wait(3)
    assert silent.taken == 1
    assert transport.circuit.refuses() == 0


def test_a_browser_that_waits_is_told_from_one_that_has_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        assert not is_closed(ours)
        theirs.send(b"next")
        assert not is_closed(ours)
        theirs.close()
        ours.recv(4)
        assert is_closed(ours)
    assert not is_closed(None)
