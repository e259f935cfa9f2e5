"""The dashboard's gunicorn worker: threads as usual, and one of its own for `/healthz`, which answers whatever the others wait for.

A page waits for the service, and a service that is slow can have all threads wait. Whoever asks whether the process lives
would stand in line behind them, take it for dead, and end it with all that waits.
"""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import DEFAULT_WORKER_DATA_TIMEOUT, ThreadWorker

# All that is asked, to the blank line, and no body: nobody who stops half-way keeps that one thread.
_LIVE = re.compile(
    rb"(?:GET|HEAD) /healthz[ ?](?!.*\n(?:content-length|transfer-encoding):).*\r\n\r\n",
    re.DOTALL | re.IGNORECASE,
)
# More than a probe sends, with what proxies add.
_MOST = 8192


class Worker(ThreadWorker):  # type: ignore[misc]
    """Sorts by what has come of a request, before it gets a thread."""

    def init_process(self) -> None:
        self.aside = ThreadPoolExecutor(max_workers=1)
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        begun = _begun(conn.sock)
        if _LIVE.fullmatch(begun):
            answered = self.aside.submit(self.handle, conn)
            answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
        elif begun or conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
        else:
            self._await(conn)

    def _await(self, conn: Any) -> None:
        """A connection that says nothing yet waits without a thread, as gunicorn has those wait that say nothing for long."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + DEFAULT_WORKER_DATA_TIMEOUT
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))


def _begun(connection: socket.socket) -> bytes:
    """What has come so far, which stays where it is."""
    try:
        return connection.recv(_MOST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return b""
