"""`/healthz` while every thread of the dashboard waits for a service that does not answer."""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests import programs
from tests.journeyadmin.service.scripted import Asked, Reply, Scripted, scripted
from tests.programs import ROOT, Program, environment

THREADS = 4


@dataclass
class Slow:
    """A dashboard whose service answers once it may."""

    dashboard: Program
    service: Scripted
    may_answer: threading.Event


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    folder = tmp_path_factory.mktemp("dashboard")
    gate = threading.Event()
    with scripted(Reply(401, {})) as script:
        at_once = script.next

        def later(asked: Asked) -> Reply:
            reply = at_once(asked)
            gate.wait(30)
            return reply

        script.next = later  # type: ignore[method-assign]
        server = Program(script.url, folder, None, [])  # type: ignore[arg-type]
        with programs.dashboard(folder, server, programs.free_port()) as running:
            told = ["--url", script.url, "--client-id", "c", "--mode", "client"]
            done = subprocess.run(
                [sys.executable, "manage.py", "connection", "Slow", *told, "--client-secret-env", "SLOW"],
                cwd=ROOT,
                env=environment(folder, JOURNEYADMIN_EMBEDDED_SERVER=script.url, SLOW="secret"),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            yield Slow(running, script, gate)


def sign_in(url: str, answered: list[int]) -> threading.Thread:
    """Somebody for whom the dashboard asks the service for a token."""
    session = requests.Session()
    door = session.get(f"{url}/accounts/sign-in", timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', door)
    button = re.search(r'name="connection" value="(\d+)">(?:(?!</form>).)*Slow', door, re.DOTALL)
    assert token
    assert button
    form = {"csrfmiddlewaretoken": token[1], "connection": button[1]}
    headers = {"Referer": url}

    def wait() -> None:
        answer = session.post(f"{url}/accounts/sign-in", data=form, headers=headers, timeout=60)
        answered.append(answer.status_code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    return waiting


def test_live_answers_though_all_threads_wait(slow: Slow) -> None:
    dashboard = slow.dashboard
    answered: list[int] = []
    waiting = [sign_in(dashboard.url, answered) for _ in range(THREADS)]
    while len(slow.service.asked) < THREADS:
        assert not answered
        time.sleep(0.01)
    # Somebody who connects and says nothing, and one more who has to wait.
    silent = socket.create_connection(dashboard.url.removeprefix("http://").split(":"))
    behind: list[int] = []
    late = threading.Thread(
        target=lambda: behind.append(
            requests.get(f"{dashboard.url}/accounts/sign-in", timeout=60).status_code
        )
    )
    late.start()
    with requests.Session() as prober:
        for _ in range(3):
            assert prober.get(f"{dashboard.url}/healthz", timeout=20).json() == {"status": "ok"}
    assert requests.get(f"{dashboard.url}/healthz?at=1", timeout=20).ok
    assert not answered
    assert not behind
    slow.may_answer.set()
    for one in (*waiting, late):
        one.join()
    silent.close()
    assert answered == [502] * THREADS
    assert behind == [200]


def test_other_addresses_are_no_shorter_way(slow: Slow) -> None:
    """What only looks like it is served as ever, and a request that comes in pieces too."""
    dashboard = slow.dashboard
    assert requests.get(f"{dashboard.url}/healthzz", timeout=30).status_code == 404
    assert requests.post(f"{dashboard.url}/healthz", timeout=30).status_code == 403
    host, port = dashboard.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as torn:
        for piece in (b"GET /hea", b"lthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"Connection: close\r\n\r\n"):
            torn.sendall(piece)
        said = b"".join(iter(lambda: torn.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("begun", [b"Host: 127.0.0.1", b"Host: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"])
def test_who_stops_half_way_keeps_nobody_waiting(slow: Slow, begun: bytes) -> None:
    host, port = slow.dashboard.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as torn:
        torn.sendall(b"GET /healthz HTTP/1.1\r\n" + begun)
        # Long enough to be taken up, which is what kept others waiting.
        time.sleep(0.3)
        for _ in range(2):
            assert requests.get(f"{slow.dashboard.url}/healthz", timeout=3).ok
