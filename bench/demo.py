"""How long somebody waits who types `make demo`, the first time and the second, all downloads done."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench import ROOT, Arguments, Row

FIRST, SECOND = 90.0, 5.0


def run(arguments: Arguments) -> list[Row]:
    """The first start fills the shop with its 20,000 visits whatever the size: that is what the target is about."""
    ports = {"PORT": str(_free_port()), "JOURNEYSERVER_PORT": str(_free_port())}
    first = _seconds_until_ready(arguments.folder, ports)
    second = min(_seconds_until_ready(arguments.folder, ports) for _ in range(2))
    note = "until the `ready` line; no other program busy"
    return [
        Row("first start", first, "s", target=f"under {FIRST:.0f} s", met=first < FIRST, note=note),
        Row("second start", second, "s", target=f"under {SECOND:.0f} s", met=second < SECOND),
    ]


def _seconds_until_ready(folder: Path, ports: dict[str, str]) -> float:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "demo.py"],
        cwd=ROOT,
        env={**os.environ, **ports, "JOURNEYADMIN_DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready "):
                return time.perf_counter() - begun
        raise RuntimeError("the demo did not start")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
