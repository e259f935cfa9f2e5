"""A service on loopback that answers what a test scripted: the faults of the outside world, on a real socket."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer. `cut` closes the connection: before any byte (`True`) or in the middle of the body (`"body"`)."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool | str = False
    delay: float = 0.0


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Scripted:
    """Answers in the order of the script; the last answer repeats."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.url = ""
        self._lock = threading.Lock()

    def next(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def scripted(*replies: Reply) -> Iterator[Scripted]:
    script = Scripted(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            reply = script.next(Asked(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            time.sleep(reply.delay)
            if reply.cut is True:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            if reply.status == 204:
                raw = b""
            lines = [f"HTTP/1.1 {reply.status} Scripted"]
            lines += [f"{name}: {value}" for name, value in reply.headers.items()]
            lines += ["Content-Type: application/json", f"Content-Length: {len(raw)}", "", ""]
            sent = "\r\n".join(lines).encode() + (raw[: len(raw) // 2] if reply.cut == "body" else raw)
            self.wfile.write(sent)
            if reply.cut == "body":
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, *arguments: Any) -> None:
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.daemon_threads = True
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{service.server_address[1]}"
    try:
        yield script
    finally:
        service.shutdown()
        service.server_close()
        thread.join()
