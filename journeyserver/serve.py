"""Serves the API with gunicorn: one worker process, which owns the warehouse, and threads."""

import errno
import os
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from journeyserver import imports, owner, warehouse
from journeyserver.demo.opening import Opening
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.local.daily import Daily
from journeyserver.store import Refusal
from journeyserver.upkeep import Upkeep


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told everything here and reading no configuration of its own."""

    def __init__(self, descriptor: int, url: str) -> None:
        self.descriptor = descriptor
        self.url = url
        self.shop = Opening()
        self.retention = Daily(settings.RETENTION_DAYS, warehouse.backend)
        self.upkeep = Upkeep()
        super().__init__()

    def load_config(self) -> None:
        choices = {
            "bind": f"fd://{self.descriptor}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": settings.THREADS,
            # The worker's life is not tied to how long an answer takes.
            "timeout": 0,
            "graceful_timeout": 30,
            "keepalive": 75,
            # A hundred ids fit into a query.
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "loglevel": "warning",
            "proc_name": "journeyserver",
            "pre_request": _lend,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }
        for name, value in choices.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from journeyserver.wsgi import application

        return application

    def _begin(self, worker: Any) -> None:
        # Ctrl-C reaches the worker as well: it finishes its answers as with SIGTERM.
        signal.signal(signal.SIGINT, worker.handle_exit)
        # The thread that writes waits for the interpreter after each statement; by default 5 ms, longer than the statement took.
        sys.setswitchinterval(0.001)
        # Opened here: a process that was forked off an open warehouse could not use it.
        warehouse.backend()
        imports.note_interrupted()
        owner.announce(self.url)
        if settings.SHOP_OPEN:
            self.shop.start()
        if settings.RETENTION_DAYS:
            self.retention.start()
        self.upkeep.start()
        print(f"Journey server ready on {self.url}", flush=True)

    def _end(self, arbiter: Any, worker: Any) -> None:
        self.shop.stop()
        self.retention.stop()
        self.upkeep.stop()
        owner.withdraw()
        imports.imports.stop()
        warehouse.close()
        connections.close_all()

    def run(self) -> None:
        _Arbiter(self).run()


def _lend(worker: Any, request: Any) -> None:
    """Lends the way to end a connection to whoever sees the body unread (`middleware`); gunicorn heeds no header that says so."""
    request.body.end_connection = request.force_close


class _Arbiter(Arbiter):  # type: ignore[misc]
    """Gunicorn's master process, for which Ctrl-C is a graceful stop too."""

    def handle_int(self) -> None:
        self.handle_term()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or one sentence on why there is none."""
    if not 0 <= port <= 65535:
        raise Refusal(f"A port is a number of 0 to 65535, not {port}.")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        reason = (
            "something else is listening there; stop it or choose another with --port"
            if error.errno == errno.EADDRINUSE
            else error.strerror or str(error)
        )
        raise Refusal(f"The server cannot listen on {host}:{port}: {reason}.") from None
    return listener


def _check_warehouse() -> None:
    """Opens the warehouse once before anything is served, to say in one sentence what is wrong with it.

    In a process of its own: the engine starts threads, and a worker forked off after that would end with an abort.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        sentence = ""
        try:
            warehouse.backend()
            warehouse.close()
        except WarehouseError as error:
            sentence = str(error)
        finally:
            os.write(writing, sentence.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as told:
        sentence = told.read()
    os.waitpid(child, 0)
    if sentence:
        raise Refusal(sentence)


def run(host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C. Port 0 takes a free one; the line `ready on` says which."""
    _check_warehouse()
    listener = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    # The worker opens connections of its own.
    connections.close_all()
    sys.stdout.flush()
    url = f"http://{shown}:{listener.getsockname()[1]}"
    # Gunicorn takes the descriptor over and closes it.
    _Server(listener.detach(), url).run()
