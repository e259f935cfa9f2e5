"""Starting `demo.py` as somebody would who types `make demo`, and signing in without a browser."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests import programs

SESSIONS = "250"
# Where a folder's demo was started before: at the same ports it is started as somebody would who types it again.
_ports: dict[Path, tuple[int, int]] = {}


class Running:
    """A started demo.py: what it says, how it ends."""

    def __init__(self, folder: Path, *files: str, elsewhere: bool = False, **variables: str) -> None:
        if elsewhere or folder not in _ports:
            _ports[folder] = (programs.free_port(), programs.free_port())
        self.port, self.server_port = _ports[folder]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEY")}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        environment = {
            **kept,
            "PORT": str(self.port),
            "JOURNEYSERVER_PORT": str(self.server_port),
            "JOURNEYADMIN_DATA_DIR": str(folder),
            "SESSIONS": SESSIONS,
            **variables,
        }
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "demo.py", *files],
            cwd=programs.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._said: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._said.put(line.rstrip())

    def wait_for(self, wanted: str, seconds: float = 90) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while True:
            assert time.monotonic() < deadline, self.lines
            try:
                line = self._said.get(timeout=0.2)
            except queue.Empty:
                assert self.process.poll() is None, self.lines
                continue
            if match := re.search(wanted, line):
                return match

    def ready(self) -> float:
        """Waits for the line that says so; how many seconds that took."""
        assert self.wait_for(r"^ready (.*)$")[1] == f"http://127.0.0.1:{self.port}"
        return time.monotonic() - self.begun

    def end(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(10)
        if self.process.stdout and not self.process.stdout.closed:
            self.process.stdout.close()
        return code


@contextmanager
def running(folder: Path, *files: str, elsewhere: bool = False, **variables: str) -> Iterator[Running]:
    """A demo on this folder; `elsewhere` at other ports than the last time."""
    started = Running(folder, *files, elsewhere=elsewhere, **variables)
    try:
        yield started
    finally:
        started.end(signal.SIGKILL)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def signed_in(started: Running, username: str) -> tuple[requests.Session, str]:
    """A browser without JavaScript: from the door of the dashboard through the server's sign-in page and back."""
    session = requests.Session()
    field = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
    door = session.get(f"http://127.0.0.1:{started.port}/", timeout=20)
    button = re.search(r'name="connection" value="(\d+)"', door.text)
    assert button, door.text
    form = {"csrfmiddlewaretoken": field.search(door.text)[1], "connection": button[1]}  # type: ignore[index]
    login = session.post(door.url, data=form, headers={"Referer": door.url}, timeout=20)
    assert login.url.startswith(f"http://127.0.0.1:{started.server_port}/oauth/authorize"), login.url
    form = {
        "csrfmiddlewaretoken": field.search(login.text)[1],  # type: ignore[index]
        "username": username,
        "password": "demo",
    }
    inside = session.post(login.url, data=form, headers={"Referer": login.url}, timeout=20)
    assert inside.url.startswith(f"http://127.0.0.1:{started.port}/"), inside.url
    if "/accounts/permissions/" in inside.url:
        # An administrator who is the first of all is shown what they may do, and goes on.
        inside = session.get(f"http://127.0.0.1:{started.port}/", timeout=20)
    return session, inside.text
