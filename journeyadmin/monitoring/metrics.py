"""Metrics in Prometheus' text format, added up over all worker processes: https://prometheus.io/docs/instrumenting/exposition_formats/

Labels are names of views and operations, never an address, a person or anything typed.
"""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from journeyadmin.service import Call

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

PAGES = Histogram(
    "journeyadmin_request_seconds",
    "Time to answer a request.",
    ("view", "method", "status"),
    buckets=_BUCKETS,
)
CALLS = Histogram(
    "journeyadmin_service_seconds",
    "Time of a call to the service.",
    ("operation", "status"),
    buckets=_BUCKETS,
)
REPEATS = Counter("journeyadmin_service_repeats", "Calls to the service that were a repeat.", ("operation",))


def service_call(call: Call) -> None:
    CALLS.labels(call.operation, str(call.status)).observe(call.milliseconds / 1000)
    if call.tried > 1:
        REPEATS.labels(call.operation).inc()


def request(view: str, method: str, status: int, seconds: float) -> None:
    PAGES.labels(view, method, str(status)).observe(seconds)


def text() -> bytes:
    """All workers' numbers."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def forget_dead_processes(folder: Path) -> None:
    """Gauges of workers that are gone say nothing any more; counters stay, so that sums never fall."""
    for file in folder.glob("*.db"):
        number = file.stem.rsplit("_", 1)[-1]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            mark_process_dead(int(number), os.fspath(folder))  # type: ignore[no-untyped-call]
