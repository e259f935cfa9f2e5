"""Watching every socket that this process opens: nothing may leave but to the one address that is allowed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Watch:
    """`used` counts what was let through; `refused` says what was not."""

    host: str
    port: int
    used: int = 0
    refused: list[str] = field(default_factory=list)


_watching: list[Watch] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # The interpreter's own audit events, so that no library gets around them.
    if not _watching or event not in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        return
    watch = _watching[-1]
    where = arguments[:2] if event == "socket.getaddrinfo" else arguments[1]
    # Within the machine by file, as a database may be reached.
    if isinstance(where, str | bytes):
        return
    if str(where[0]) == watch.host and int(where[1] or 0) == watch.port:
        watch.used += 1
        return
    watch.refused.append(f"{event} {where}")
    raise ConnectionRefusedError(f"nothing may leave to {where}")


sys.addaudithook(_hook)


@contextmanager
def only_to(host: str, port: int) -> Iterator[Watch]:
    """Within, only this address can be reached; looking up a name fails too."""
    watch = Watch(host, port)
    _watching.append(watch)
    try:
        yield watch
    finally:
        _watching.remove(watch)
