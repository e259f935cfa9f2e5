"""Many callers at once, from one process: requests per second and how long an answer takes, over kept connections."""

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Load:
    """What `connections` callers saw who each asked again as soon as they were answered."""

    a_second: float
    median_ms: float
    p99_ms: float


@dataclass
class _Caller:
    channel: socket.socket
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def load(url: str, request: Callable[[], bytes], *, connections: int = 16, seconds: float = 3.0) -> Load:
    """Sends what `request` gives, whole HTTP requests, over and over; every answer must be a success with its length."""
    place = urlsplit(url)
    took: list[float] = []
    with selectors.DefaultSelector() as waiting:
        for _ in range(connections):
            channel = socket.create_connection((place.hostname or "", place.port or 80))
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            caller = _Caller(channel)
            waiting.register(channel, selectors.EVENT_READ, caller)
            _ask(caller, request)
        # The first half second warms up and is not counted.
        begun = time.perf_counter() + 0.5
        while (instant := time.perf_counter()) < begun + seconds:
            for key, _ in waiting.select(timeout=1):
                caller = key.data
                caller.received += caller.channel.recv(1 << 20)
                if _is_whole(caller.received):
                    instant = time.perf_counter()
                    if instant >= begun:
                        took.append(instant - caller.asked)
                    _ask(caller, request)
        lasted = instant - begun
        for key in list(waiting.get_map().values()):
            key.data.channel.close()
    took.sort()
    return Load(len(took) / lasted, took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000)


def _ask(caller: _Caller, request: Callable[[], bytes]) -> None:
    caller.received.clear()
    caller.asked = time.perf_counter()
    caller.channel.sendall(request())


def _is_whole(received: bytearray) -> bool:
    head, end, body = bytes(received).partition(b"\r\n\r\n")
    if not end:
        return False
    assert head.startswith(b"HTTP/1.1 2"), head
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return len(body) >= int(length.partition(b":")[2])
