"""A generated shop goes on while the server runs: people come and buy as time passes, through the same intake.

What happens here is what `generate` would add later, by the same seed, so that adding it then adds nothing.
"""

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connections

from journeyserver import warehouse
from journeyserver.definitions import active_definitions
from journeyserver.demo import mark
from journeyserver.demo.fill import Shop
from journeyserver.demo.month import Rows
from journeyserver.demo.tables import batches
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import Source

log = logging.getLogger("journeyserver.demo")

SECONDS = 2.0
# What happened before the server started is caught up with, if it is not longer ago than this.
_CATCH_UP = timedelta(hours=3)


class Opening:
    """The thread that lets time pass in the shop."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Opens the shop, if the warehouse holds a generated one."""
        kept = mark.read(warehouse.backend())
        if kept is not None:
            self._thread = threading.Thread(
                target=self._run, args=(Shop(**json.loads(kept)),), name="shop", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, shop: Shop) -> None:
        since = max(shop.month.begins(shop.done_hour + 1), datetime.now(UTC) - _CATCH_UP)
        while not self._closing.is_set():
            until = datetime.now(UTC)
            try:
                take_in_between(shop, since, until)
                since = until
            except (WarehouseError, DatabaseError) as error:
                # A full disk, for example, or a store that is busy: the next round tries again, with a connection that works.
                log.warning("the shop stood still: %s", error)
                connections.close_all()
            self._closing.wait(SECONDS)


def take_in_between(shop: Shop, since: datetime, until: datetime) -> None:
    """Takes in what happens in the shop from `since` on and before `until`."""
    month = shop.month
    rows = Rows()
    for hour in range(shop.hour_of(since) - 1, shop.hour_of(until) + 1):
        rows.extend(month.hour(hour))
    ready = list(batches(rows, since, until))
    if not ready:
        return
    received = datetime.now(UTC).replace(tzinfo=None)
    with warehouse.backend().transaction() as writer:
        for batch in ready:
            take_in(writer, batch, active_definitions(), Source(), received)
