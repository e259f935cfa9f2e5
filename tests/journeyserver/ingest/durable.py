"""A process that takes events in until it is killed: `python -m tests.journeyserver.ingest.durable live|import ENGINE FIRST`.

It prints the number of each event after it was answered (live), or where in the file each piece begins when it is read and `done` at
the end (import).
"""

import random
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from journeyserver.engine.backends import open_engine
from journeyserver.ingest.importer import Importer
from journeyserver.ingest.incoming import Batch, Options, table
from journeyserver.ingest.live import Live

START = datetime(2024, 5, 1)
NOWHERE = Path("/nonexistent")
ROWS = 2400
PIECE = 150
SEGMENTS: list[dict[str, Any]] = [
    {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "scope": scope,
        "context": {"patterns": []},
        "journey": {
            "patterns": [
                {
                    "criteria": [{"key": "page.url", "operator": "containsAny", "values": [part]}],
                    "count": times,
                    "streamType": "Web",
                    "sessionType": "web",
                }
            ]
        },
    }
    for number, (scope, part, times) in enumerate(
        [("Session", "/1", 2), ("Customer", "/2", 3), ("Session", "/", 1)]
    )
]


def row(number: int) -> dict[str, Any]:
    """The event of this number: always the same one."""
    chance = random.Random(number)
    return {
        "number": number,
        "ts": START + timedelta(seconds=number * 7),
        "customer_id": f"customer {chance.randrange(40)}",
        "event_name": "page_viewed",
        "page_url": f"https://shop.example/{chance.randrange(5)}",
        "mkt_campaign_source": chance.choice([None] * 9 + ["mail"]),
    }


def take_live(address: str, first: int) -> None:
    """Four callers at once, for ever."""
    backend = open_engine(address, NOWHERE)
    live = Live(lambda: backend, lambda: SEGMENTS)
    numbers = count(first)
    turn, printing = threading.Lock(), threading.Lock()

    def call() -> None:
        while True:
            with turn:
                number = next(numbers)
            live.take("events", row(number))
            with printing:
                print(number, flush=True)

    for _ in range(4):
        threading.Thread(target=call).start()


class Rows:
    """A file of ROWS events."""

    format = "rows"

    def batches(self, position: int = 0) -> Iterator[Batch]:
        for start in range(position, ROWS, PIECE):
            print(start, flush=True)
            piece = table("events", [row(number) for number in range(start, start + PIECE)])
            yield Batch("events", piece, start + PIECE, ROWS)


def import_rows(address: str) -> None:
    backend = open_engine(address, NOWHERE)
    result = Importer(backend, lambda: SEGMENTS, Path(__file__), Rows(), Options()).run()
    assert result.ok, result
    backend.close()
    print("done", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "live":
        take_live(sys.argv[2], int(sys.argv[3]))
    else:
        import_rows(sys.argv[2])
