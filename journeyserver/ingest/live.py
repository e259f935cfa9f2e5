"""Live reports: request threads hand them over, one thread takes many at once into the warehouse, and only then they answer.

    live = Live(backend, active_definitions)
    answer = live.take("events", row)      # after COMMIT; raises Refusal, or WarehouseError where nothing was kept

A report that cannot be taken in does not spoil the others of its batch: they are then taken in one by one.
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from journeyserver.engine.backends.base import Backend, WarehouseError, Writer
from journeyserver.ingest.few import Few, TooMany
from journeyserver.ingest.incoming import KINDS, Batch, Kind, table
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import SHOWN, Source
from journeyserver.ingest.taken import VisitThen

log = logging.getLogger("journeyserver.ingest")

# How many reports go into one transaction: as many as wait, and no more than refusals come with their text.
MOST = SHOWN
_LIVE = Source()


class Refusal(Exception):
    """A report that cannot be taken in; the text says why."""


@dataclass
class _Report:
    kind: Kind
    row: Mapping[str, Any]
    done: threading.Event = field(default_factory=threading.Event)
    answer: VisitThen | None = None
    error: Exception | None = None


class Live:
    """The one thread that takes live reports in."""

    def __init__(
        self,
        backend: Callable[[], Backend],
        definitions: Callable[[], Sequence[Mapping[str, Any]]],
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        """`definitions` gives the active segments; `ended` is called by the thread when it ends."""
        self._backend = backend
        self._definitions = definitions
        self._ended = ended
        self._few = Few()
        self._waiting: queue.SimpleQueue[_Report | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def take(self, kind: Kind, row: Mapping[str, Any]) -> VisitThen | None:
        """Takes one report in and waits until it is on disk. An event's visit, or None for other kinds."""
        self._start()
        report = _Report(kind, row)
        self._waiting.put(report)
        report.done.wait()
        if report.error is not None:
            raise report.error
        return report.answer

    def stop(self) -> None:
        """Ends the thread after everything that waits has been taken in."""
        with self._starting:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None

    def _start(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < MOST and batch[-1] is not None and not self._waiting.empty():
                batch.append(self._waiting.get())
            reports = [report for report in batch if report is not None]
            if reports:
                self._take_in(reports)
            if batch[-1] is None:
                self._ended()
                return

    def _take_in(self, reports: list[_Report]) -> None:
        try:
            self._commit(reports)
        except Exception as error:
            if len(reports) == 1 or isinstance(error, WarehouseError):
                log.error("reports were not taken in: %s", error)
                _give_back(reports, error)
            else:
                for report in reports:
                    self._take_in([report])
            return
        for report in reports:
            report.done.set()

    def _commit(self, reports: list[_Report]) -> None:
        definitions = self._definitions()
        received = datetime.now(UTC).replace(tzinfo=None)
        backend = self._backend()
        with backend.transaction() as writer:
            # Events first: an action belongs to a visit that may have begun a moment ago.
            for kind in KINDS:
                some = [report for report in reports if report.kind == kind]
                if some and not (
                    kind == "events" and self._take_few(writer, backend.commits, some, definitions, received)
                ):
                    _take_kind(writer, kind, some, definitions, received)

    def _take_few(
        self,
        writer: Writer,
        commits: int,
        reports: list[_Report],
        definitions: Sequence[Mapping[str, Any]],
        received: datetime,
    ) -> bool:
        """Takes events in the quick way; False, and nothing is done, where it is not for them."""
        try:
            answers = self._few.take_in(
                writer, commits, [report.row for report in reports], definitions, received
            )
        except TooMany:
            return False
        for report, answer in zip(reports, answers, strict=True):
            report.answer = answer
        return True


def _give_back(reports: list[_Report], error: Exception) -> None:
    for report in reports:
        report.error, report.answer = error, None
        report.done.set()


def _take_kind(
    writer: Writer,
    kind: Kind,
    reports: list[_Report],
    definitions: Sequence[Mapping[str, Any]],
    received: datetime,
) -> None:
    rows = [{**report.row, "number": number} for number, report in enumerate(reports)]
    taken = take_in(writer, Batch(kind, table(kind, rows), 0, 0), definitions, _LIVE, received)
    for refused in taken.refused:
        reports[refused.number].error = Refusal(refused.reason)
    if kind != "events":
        return
    for number, visit in _visits(writer, taken.added, taken.repeated).items():
        reports[number].answer = visit


# A visit's counts as they were after each of the new events, which came in order of `seq`.
_NEW = """
SELECT i.number, v.session_id, v.started, greatest(v.started, coalesce(k.last_event, v.started), max(e.ts) OVER visit),
       v.event_count - c.events + count(*) OVER visit,
       v.pageview_count - c.pageviews + count(*) FILTER (WHERE e.viewed) OVER visit,
       v.referrer_url, v.referrer_medium, v.referrer_keywords, true
FROM new_events AS e JOIN incoming AS i ON i.row = e.row
JOIN visits AS v ON v.session_id = e.session_id
JOIN changes AS c ON c.session_id = e.session_id
LEFT JOIN known_sessions AS k ON k.session_id = e.session_id
WINDOW visit AS (PARTITION BY e.session_id ORDER BY e.seq)
"""
# An event that was there before is answered as it was then: by what of its visit had arrived up to it.
_THEIRS = """
SELECT e.customer_id, e.event_name, e.ts AS at_time, e.page_url, e.session_id, s.started,
       s.referrer_url, s.referrer_medium, s.referrer_keywords,
       max(o.ts) AS latest, count(*) AS events, count(*) FILTER (WHERE o.event_name = 'page_viewed') AS pageviews
FROM events AS e JOIN sessions AS s ON s.session_id = e.session_id
JOIN events AS o ON o.session_id = e.session_id AND o.seq <= e.seq
WHERE e.ts BETWEEN ? AND ? AND e.customer_id IN (SELECT customer_id FROM customers)
GROUP BY ALL
"""
_REPEATED = """
SELECT i.number, t.session_id, t.started, greatest(t.started, t.latest), t.events, t.pageviews,
       t.referrer_url, t.referrer_medium, t.referrer_keywords, false
FROM incoming AS i JOIN theirs AS t ON t.customer_id = i.customer_id AND t.event_name = i.event_name
  AND t.at_time = i.ts AND t.page_url IS NOT DISTINCT FROM nullif(i.page_url, '')
"""


def _visits(writer: Writer, added: int, repeated: int) -> dict[int, VisitThen]:
    desk = writer.desk
    found: dict[int, VisitThen] = {}
    if repeated:
        first, last = desk.execute("SELECT min(ts), max(ts) FROM incoming").fetchall()[0]
        writer.collect("theirs", _THEIRS, (first, last), keys=("customers",))
        found |= {row[0]: VisitThen(*row[1:]) for row in desk.execute(_REPEATED).fetchall()}
    if added:
        found |= {row[0]: VisitThen(*row[1:]) for row in desk.execute(_NEW).fetchall()}
    return found
