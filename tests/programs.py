"""Starting the two programs for tests: each on a free loopback port with a data folder of its own, stopped by whoever started it."""

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

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


class Program:
    """A running program: its address, its data folder, and what it printed so far."""

    def __init__(self, url: str, folder: Path, process: subprocess.Popen[str], lines: list[str]) -> None:
        self.url = url
        self.folder = folder
        self.process = process
        self.lines = lines

    def kill(self) -> None:
        """SIGKILL, as a power cut would end it: the whole family, as the process that serves is a child of this one."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        self.process.wait()


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """The environment of a program in tests: a folder of its own, no rate limit, nothing inherited from a demo."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEY")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {
        **kept,
        "JOURNEYADMIN_DATA_DIR": str(folder),
        "JOURNEYSERVER_RATE_LIMIT": "0",
        "JOURNEYSERVER_FAILED_SIGN_INS": "1000",
        "PYTHONWARNINGS": "default",
        **extra,
    }


def run_journeyserver(folder: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """One command of the Journey server to its end."""
    return subprocess.run(
        [sys.executable, "-m", "journeyserver", *arguments],
        cwd=ROOT,
        env=environment(folder, **extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def journeyserver(
    folder: Path, *, seed: bool = True, dashboard_port: int = 8000, **extra: str
) -> Iterator[Program]:
    """A Journey server on this folder, with the demo's people, client, deployment and action targets."""
    folder.mkdir(parents=True, exist_ok=True)
    if seed:
        done = run_journeyserver(folder, "seed", "--dashboard-port", str(dashboard_port), **extra)
        assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "journeyserver", "runserver", "--host", "127.0.0.1", "--port", "0"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(folder, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines, ready = _follow(process, r"ready on (\S+)")
    try:
        yield Program(ready, folder, process, lines)
    finally:
        _stop(process)


@contextmanager
def dashboard(folder: Path, server: Program, port: int, **extra: str) -> Iterator[Program]:
    """A dashboard on this folder whose only connection is this Journey server, signing in per person."""
    folder.mkdir(parents=True, exist_ok=True)
    env = environment(folder, JOURNEYADMIN_EMBEDDED_SERVER=server.url, **extra)
    same = ["--url", server.url, "--client-id", "journey-admin-dashboard", "--mode", "person"]
    for arguments in (
        ["migrate", "--skip-checks", "--verbosity", "0"],
        ["connection", "Test shop", *same, "--admin", "ada@shop.example"],
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "journeyadmin.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "4",
    ]
    command += ["--no-control-socket", "--log-level", "warning"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines, _ = _follow(process, "")
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/healthz", process, lines)
        yield Program(url, folder, process, lines)
    finally:
        _stop(process)


def _follow(process: subprocess.Popen[str], wanted: str) -> tuple[list[str], str]:
    """Collects what a process prints; with `wanted`, waits for a line that matches and gives its first group."""
    lines: list[str] = []
    found: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                lines.append(line)
                match = re.search(wanted, line) if wanted else None
                if match:
                    found.put(match.group(1))
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    if not wanted:
        return lines, ""
    ready = found.get(timeout=START_SECONDS)
    assert ready is not None, "".join(lines)
    return lines, ready


def _wait_for(address: str, process: subprocess.Popen[str], lines: list[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, "".join(lines)
        try:
            if requests.get(address, timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass
        assert time.monotonic() < deadline, f"{address} did not answer"
        time.sleep(0.05)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
