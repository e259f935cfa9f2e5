"""Fills an empty server with the generated month, through the same intake as real events.

Which shop it is is kept in the warehouse before the first event: a fill that was cut short goes on where it stopped,
and one that is complete is not repeated.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from journeyserver import seeds, warehouse
from journeyserver.definitions import active_definitions
from journeyserver.demo import definitions, rhythm
from journeyserver.demo.month import Month, Rows
from journeyserver.demo.segments import PAUSED_DAYS_AGO
from journeyserver.demo.tables import batches
from journeyserver.engine.backends.base import Backend, Cursor, Writer
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import Source
from journeyserver.models import ActionTarget
from journeyserver.store import Refusal

# The row of the warehouse's settings that says the data is generated, and how.
SETTING = "generated"
# Hours that are taken in at once: some ten thousand events.
_PIECE = 60


@dataclass(frozen=True)
class Shop:
    """Which shop the warehouse holds, and the last hour that was taken in."""

    seed: int
    per_hour: float
    days: int
    last_hour: int
    offset_seconds: float
    done_hour: int

    @property
    def month(self) -> Month:
        offset = timedelta(seconds=self.offset_seconds)
        return Month(self.seed, self.per_hour, self.last_hour, offset, definitions.targets())

    @property
    def complete(self) -> bool:
        return self.done_hour >= self.last_hour


def fill(sessions: int, days: int, seed: int) -> None:
    """Adds the shop's segments and its month of visits. Raises Refusal where other events are there already."""
    if not ActionTarget.objects.exists():
        seeds.seed_demo([], [])
    backend = warehouse.backend()
    shop = _known(backend)
    if shop is not None and shop.complete:
        print("The generated shop is there already.")
        return
    if shop is None:
        shop = _new(sessions, days, seed)
        with backend.transaction() as writer:
            _keep(writer, shop)
    end = shop.month.end()
    definitions.add_segments(end)
    _take_in(backend, shop, end)


def _new(sessions: int, days: int, seed: int) -> Shop:
    now = datetime.now(UTC)
    hour = int(now.timestamp()) // 3600
    # The month's last hour ends now, so the clock's last full hour is shifted by the minutes that have passed since.
    offset = round(now.timestamp() - hour * 3600, 3)
    per_hour = sessions / (days * 24) / rhythm.MEAN
    return Shop(seed, per_hour, days, hour - 1, offset, hour - 1 - days * 24)


def _take_in(backend: Backend, shop: Shop, end: datetime) -> None:
    month, first = shop.month, shop.last_hour - shop.days * 24
    begun, events = time.monotonic(), 0
    while not shop.complete:
        until = min(shop.done_hour + _PIECE, shop.last_hour)
        # A piece ends where the team paused a segment, so that it is assigned until then.
        paused = shop.last_hour - PAUSED_DAYS_AGO * 24
        if shop.done_hour < paused:
            until = min(until, paused)
        else:
            definitions.pause()
        rows = Rows()
        for hour in range(shop.done_hour + 1, until + 1):
            rows.extend(month.hour(hour))
        shop = replace(shop, done_hour=until)
        received = datetime.now(UTC).replace(tzinfo=None)
        # A piece and how far we are go in together, or not at all.
        with backend.transaction() as writer:
            for batch in batches(rows, end):
                taken = take_in(writer, batch, active_definitions(), Source(), received)
                if taken.refused_count:
                    raise Refusal(f"A generated row was refused: {taken.refused[0].reason}")
                events += taken.added if batch.kind == "events" else 0
            _keep(writer, shop)
        _show((until - first) / (shop.last_hour - first), events, time.monotonic() - begun)


def _show(share: float, events: int, seconds: float) -> None:
    """One line that grows on a terminal, the last one alone elsewhere."""
    line = f"{share:4.0%}  {events:,} events in {seconds:.0f} s".replace(",", " ")
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if share >= 1 else "", flush=True)
    elif share >= 1:
        print(line, flush=True)


def _known(backend: Backend) -> Shop | None:
    """The generated shop in the warehouse, if there is one. Raises Refusal where there is something else."""
    cursor: Cursor = backend.cursor()
    try:
        kept = cursor.run("SELECT value FROM settings WHERE name = ?", [SETTING])["value"]
        if kept:
            return Shop(**json.loads(kept[0]))
        if cursor.run("SELECT count(*) AS events FROM events")["events"][0]:
            raise Refusal(
                "This server holds events that were not generated. Name an empty folder in JOURNEYADMIN_DATA_DIR."
            )
    finally:
        cursor.close()
    return None


def _keep(writer: Writer, shop: Shop) -> None:
    writer.execute("DELETE FROM settings WHERE name = ?", [SETTING])
    writer.execute("INSERT INTO settings VALUES (?, ?)", [SETTING, json.dumps(asdict(shop))])
