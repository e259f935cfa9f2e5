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
from journeyserver.demo import definitions, mark, rhythm
from journeyserver.demo.month import Month, Rows
from journeyserver.demo.segments import PAUSED_DAYS_AGO
from journeyserver.demo.tables import batches
from journeyserver.engine import notes
from journeyserver.engine.backends.base import Backend, Cursor, Writer
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import Source
from journeyserver.models import ActionTarget
from journeyserver.store import Refusal

# Hours that are taken in at once: some thirty thousand events.
_PIECE = 180


# A shop whose last hour is so long ago is brought up to now.
_STALE_HOURS = 1


@dataclass(frozen=True)
class Shop:
    """Which shop the warehouse holds: hours from `first_hour` to `last_hour`, taken in up to `done_hour`."""

    seed: int
    per_hour: float
    first_hour: int
    pause_hour: int
    last_hour: int
    done_hour: int
    offset_seconds: float

    @property
    def month(self) -> Month:
        offset = timedelta(seconds=self.offset_seconds)
        return Month(self.seed, self.per_hour, self.first_hour, offset, definitions.targets())

    def hour_of(self, instant: datetime) -> int:
        """The shop's hour that this instant falls into."""
        return int((instant.timestamp() - self.offset_seconds) // 3600)


def fill(sessions: int, days: int, seed: int) -> None:
    """Adds the shop's segments and its month of visits, or what has happened since the last time.

    Raises Refusal where other events are there already.
    """
    if not ActionTarget.objects.exists():
        seeds.seed_demo([], [])
    backend = warehouse.backend()
    now = datetime.now(UTC)
    shop = _known(backend)
    if shop is None:
        shop = _new(sessions, days, seed, now)
        with backend.transaction() as writer:
            _keep(writer, shop)
    elif shop.done_hour == shop.last_hour:
        if shop.hour_of(now) - 1 < shop.last_hour + _STALE_HOURS:
            print("The generated shop is there already.")
            return
        shop = replace(shop, last_hour=shop.hour_of(now) - 1)
    if shop.done_hour <= shop.pause_hour:
        definitions.add_segments(shop.month.begins(shop.last_hour + 1))
    _take_in(backend, shop)


def _new(sessions: int, days: int, seed: int, now: datetime) -> Shop:
    hour = int(now.timestamp()) // 3600
    # The last hour ends now, so the clock's last full hour is shifted by the minutes that have passed since.
    offset = round(now.timestamp() - hour * 3600, 3)
    per_hour = sessions / (days * 24) / rhythm.MEAN
    first = hour - days * 24
    pause = max(first, hour - PAUSED_DAYS_AGO * 24) - 1
    return Shop(seed, per_hour, first, pause, hour - 1, first - 1, offset)


def _take_in(backend: Backend, shop: Shop) -> None:
    month, before, begun, events = shop.month, shop.done_hour, time.monotonic(), 0
    while shop.done_hour < shop.last_hour:
        until = min(shop.done_hour + _PIECE, shop.last_hour)
        # A piece ends where the team paused a segment, so that it is assigned until then.
        if shop.done_hour < shop.pause_hour:
            until = min(until, shop.pause_hour)
        elif shop.done_hour == shop.pause_hour:
            definitions.pause()
        # The hour before is walked again, for the visits that went on into this piece.
        rows = Rows()
        for hour in range(shop.done_hour, until + 1):
            rows.extend(month.hour(hour))
        since, end = month.begins(shop.done_hour + 1), month.begins(until + 1)
        shop = replace(shop, done_hour=until)
        received = datetime.now(UTC).replace(tzinfo=None)
        # A piece and how far we are go in together, or not at all.
        with backend.transaction() as writer:
            for batch in batches(rows, since, end):
                taken = take_in(writer, batch, active_definitions(), Source(), received)
                events += taken.added if batch.kind == "events" else 0
            _keep(writer, shop)
        _show((until - before) / (shop.last_hour - before), events, time.monotonic() - begun)


def _show(share: float, events: int, seconds: float) -> None:
    """One line that grows on a terminal, the last one alone elsewhere."""
    line = f"{share:4.0%}  {events:,} events in {seconds:.0f} s".replace(",", " ")
    if sys.stdout.isatty():
        print(f"\r{line}", end="\n" if share >= 1 else "", flush=True)
    elif share >= 1:
        print(line, flush=True)


def _known(backend: Backend) -> Shop | None:
    """The generated shop in the warehouse, if there is one. Raises Refusal where there is something else."""
    kept = mark.read(backend)
    if kept:
        return Shop(**json.loads(kept))
    cursor: Cursor = backend.cursor()
    try:
        if cursor.run("SELECT count(*) AS events FROM events")["events"][0]:
            raise Refusal(
                "This server holds events that were not generated. Name an empty folder in JOURNEYADMIN_DATA_DIR."
            )
    finally:
        cursor.close()
    return None


def _keep(writer: Writer, shop: Shop) -> None:
    notes.write(writer, mark.SETTING, json.dumps(asdict(shop)))
