"""What is measured here: each file of this folder with a `run(arguments) -> Iterable[Row]` is a benchmark of that name.

One that takes long to get ready has a `prepare(arguments)` as well, which can be called by itself for a folder that is kept.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = ("small", "full")


@dataclass(frozen=True)
class Arguments:
    """`size` "small" ends within about a minute each, "full" is what the targets are stated for. `folder` is an
    empty one for this benchmark alone, removed afterwards; `data` holds the real data sets, None where they are not.
    `kept` is a folder of this benchmark that stays, for what takes long to prepare; None where none was named."""

    size: str
    folder: Path
    data: Path | None
    kept: Path | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table: our number beside that of something well known, measured in the same run.

    `target` says in words what is aimed at (`at least 0.33×`, `under 300 ms`), `met` whether it was reached; both are
    left out where the number only informs. `note` says what a reader must know to trust it (rows, runs, machine).
    """

    name: str
    ours: float
    unit: str
    reference_name: str = ""
    reference: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours divided by the reference."""
        return self.ours / self.reference if self.reference else None


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The median time of one run, after one that is not counted."""
    work()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def peak_memory_mb(process_id: int) -> float:
    """The most memory that a running process has held so far (Linux: VmHWM)."""
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"/proc/{process_id}/status has no VmHWM line.")
