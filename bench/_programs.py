"""Both programs at fixed ports, to be ended and started again as often as wanted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from tests import cast, programs

START_SECONDS = 60
_CONNECTION = ("--client-id", cast.DASHBOARD_CLIENT, "--mode", "person", "--admin", "ada@shop.example")


def dashboard_serving(port: int) -> list[str]:
    """The arguments to Python that serve the dashboard as docs/running.md says, with two workers."""
    workers = ["--workers", "2", "--threads", "4", "--reuse-port", "--preload"]
    quiet = ["--no-control-socket", "--log-level", "warning"]
    return ["-m", "gunicorn", "journeyadmin.wsgi", "--bind", f"127.0.0.1:{port}", *workers, *quiet]


class Pair:
    """A Journey server that may fail on purpose and a dashboard with two workers, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.server_port = programs.free_port(), programs.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server_url = f"http://127.0.0.1:{self.server_port}"
        self.server_folder, self.dashboard_folder = folder / "server", folder / "dashboard"
        self._log = folder / "printed.txt"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Pair":
        self.server_folder.mkdir(parents=True)
        self.dashboard_folder.mkdir()
        done = programs.run_journeyserver(self.server_folder, "seed", "--dashboard-port", str(self.port))
        assert done.returncode == 0, done.stderr
        # Tokens for looking at the server itself come back to this one.
        programs.run_journeyserver(self.server_folder, "seed", "--dashboard-port", "8000")
        for arguments in (
            ("migrate", "--verbosity", "0"),
            ("collectstatic", "--noinput", "--verbosity", "0"),
            ("connection", "Test shop", "--url", self.server_url, *_CONNECTION),
        ):
            subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=programs.ROOT, env=self._dashboard_environment(), check=True, capture_output=True,
            )  # fmt: skip
        self._start_server()
        self._start_dashboard()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._running):
            self._end(name, kill=False)

    def faults(self, rows: list[dict[str, Any]]) -> None:
        """Replaces the failures on purpose."""
        for _ in range(20):
            try:
                token = cast.service_token(self.server_url)
                answer = requests.put(
                    f"{self.server_url}/api/local/v1/faults",
                    json={"faults": rows}, headers={"Authorization": f"Bearer {token}"}, timeout=30,
                )  # fmt: skip
                assert answer.ok, answer.text
                return
            except requests.ConnectionError:
                time.sleep(0.1)
        raise TimeoutError("The Journey server took no faults.")

    def restart_server(self, *, kill: bool) -> None:
        self._end("server", kill=kill)
        self._start_server()

    def restart_dashboard(self, *, kill: bool) -> None:
        self._end("dashboard", kill=kill)
        self._start_dashboard()

    def lines(self) -> list[str]:
        """What both programs printed."""
        return self._log.read_text(errors="replace").splitlines()

    def _start_server(self) -> None:
        command = ["-m", "journeyserver", "runserver", "--host", "127.0.0.1", "--port", str(self.server_port)]
        self._start(
            "server",
            command,
            programs.environment(self.server_folder, JOURNEYSERVER_FAULTS="1"),
            self.server_url,
        )

    def _start_dashboard(self) -> None:
        self._start(
            "dashboard", dashboard_serving(self.port), self._dashboard_environment(), f"{self.url}/healthz"
        )

    def _dashboard_environment(self) -> dict[str, str]:
        found: dict[str, str] = programs.environment(
            self.dashboard_folder, JOURNEYADMIN_EMBEDDED_SERVER=self.server_url
        )
        return found

    def _start(self, name: str, command: list[str], environment: dict[str, str], address: str) -> None:
        with self._log.open("ab") as printed:
            self._running[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=programs.ROOT, env=environment, stdout=printed, stderr=printed, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self._running[name].poll() is None, f"The {name} ended: {self.lines()[-5:]}"
            try:
                requests.get(address, timeout=5)
                return
            except requests.RequestException:
                assert time.monotonic() < deadline, f"The {name} did not start."
                time.sleep(0.05)

    def _end(self, name: str, *, kill: bool) -> None:
        process = self._running.pop(name)
        # The whole group: workers would live on after their master was killed.
        try:
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
            process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except ProcessLookupError:
            process.wait()
