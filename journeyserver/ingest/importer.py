"""A file of events from its first unread piece to its last, each piece in a transaction with how far the file has been read.

    result = run_import(path, format, options, on_progress)     # where a command stands: asks a running server to do it

An import that was cut short, by whatever, goes on behind its last piece; a file that was taken in before adds nothing.
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from journeyserver.engine.backends.base import Backend, WarehouseError, Writer
from journeyserver.ingest import ahead
from journeyserver.ingest.incoming import Batch, Options, Reader, Refused, Unreadable
from journeyserver.ingest.intake import take_in
from journeyserver.ingest.stage import Source, clear_away, next_seq

Json = Mapping[str, Any]

# Refused lines that are kept with their text, per import.
KEPT_REFUSALS = 1000


@dataclass(frozen=True)
class Progress:
    """How an import stands. `position` and `total` are in the reader's unit; rows are events, reports and outcomes.

    `state`: running; then done, already (it was taken in before), stopped (on purpose; it can go on) or failed
    (`message` says why; it can go on).
    """

    import_id: str
    name: str
    format: str
    state: str = "running"
    message: str = ""
    position: int = 0
    total: int = 0
    added: int = 0
    repeated: int = 0
    skipped: int = 0
    refused: int = 0
    seconds: float = 0.0
    # Why lines were skipped → how many, as far as this run goes.
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """How an import ended: its last progress, and some of the refused lines (the last run's, at most a thousand)."""

    progress: Progress
    refusals: tuple[Refused, ...] = ()

    @property
    def ok(self) -> bool:
        return self.progress.state in ("done", "already")


def run_import(
    path: Path,
    format: str | None = None,
    options: Options | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Result:
    """Takes a file in: through the server that runs on this data folder, or in this process where none runs.

    Raises Unreadable where the file cannot be read or is of no known format, WarehouseError where the warehouse cannot
    be opened. What goes wrong later is told by the result.
    """
    from journeyserver import imports

    return imports.run(path, format, options or Options(), on_progress)


def fingerprint(path: Path) -> str:
    """What tells whether this is the file of before, under whatever name. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None


class Importer:
    """One file on its way into the warehouse."""

    def __init__(
        self,
        backend: Backend,
        definitions: Callable[[], Sequence[Json]],
        path: Path,
        reader: Reader,
        options: Options,
    ) -> None:
        """`definitions` gives the active segments; they are read anew for each piece."""
        self._backend = backend
        self._definitions = definitions
        self._reader = reader
        self._refusals: list[Refused] = []
        self._kept = 0
        self._fingerprint = fingerprint(path)
        self._options = json.dumps(asdict(replace(options, shift=0)), sort_keys=True, default=str)
        self._shift = options.shift
        self._first_seq = 0
        self._before = 0.0
        self.progress = self._begin(path.name)

    def _begin(self, name: str) -> Progress:
        """A row in `imports`, or the one that this file has already."""
        with self._backend.transaction() as writer:
            writer.collect(
                "imports_before",
                "SELECT * FROM imports WHERE fingerprint = ? AND format = ? AND options = ?",
                (self._fingerprint, self._reader.format, self._options),
            )
            known = (
                writer.desk.sql("SELECT * FROM imports_before ORDER BY started").to_arrow_table().to_pylist()
            )
            if known:
                return self._go_on(writer, known[0])
            self._first_seq = next_seq(writer)
            import_id = uuid4()
            writer.execute(
                "INSERT INTO imports (import_id, fingerprint, name, format, options, shift_seconds, first_seq, state, message, "
                "started, position, total, added, repeated, skipped, refused) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 'running', '', ?, 0, 0, 0, 0, 0, 0)",
                (
                    import_id,
                    self._fingerprint,
                    name,
                    self._reader.format,
                    self._options,
                    self._shift,
                    self._first_seq,
                    _now(),
                ),
            )
        return Progress(str(import_id), name, self._reader.format)

    def _go_on(self, writer: Writer, row: Json) -> Progress:
        # Its times were moved then: the same events must stay the same.
        self._shift, self._first_seq = int(row["shift_seconds"]), int(row["first_seq"])
        counts: dict[str, Any] = {
            name: int(row[name]) for name in ("position", "total", "added", "repeated", "skipped", "refused")
        }
        self._kept = min(counts["refused"], KEPT_REFUSALS)
        progress = Progress(str(row["import_id"]), row["name"], row["format"], **counts)
        if row["state"] == "done":
            return replace(
                progress,
                state="already",
                message=f"It was taken in on {row['finished']:%Y-%m-%d at %H:%M} UTC.",
            )
        self._set_state(writer, progress.import_id, "running", "")
        return progress

    def run(
        self,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Result:
        """Takes in piece after piece until the file ends or `stop` says so."""
        if self.progress.state == "already":
            return Result(self.progress)
        begun = time.monotonic()
        try:
            for piece in self._pieces():
                self._take(piece, time.monotonic() - begun)
                # Its rows are as large as the next one's.
                del piece
                self.progress = replace(self.progress, seconds=self._before + time.monotonic() - begun)
                on_progress(self.progress)
                if stop():
                    return self._end(
                        "stopped", "It was stopped and goes on where it is when it is started again."
                    )
        except (WarehouseError, Unreadable) as error:
            return self._end("failed", str(error))
        return self._end("done", "")

    def _pieces(self) -> Iterator[list[Batch]]:
        """Batches up to one that moves the position: they go in together, or not at all."""
        piece: list[Batch] = []
        position = self.progress.position
        for batch in ahead.batches(self._reader, position):
            piece.append(batch)
            if batch.position > position:
                yield piece
                piece, position = [], batch.position
        if piece:
            yield piece

    def _take(self, piece: Sequence[Batch], seconds: float) -> None:
        source = Source(UUID(self.progress.import_id), self._first_seq, self._shift)
        definitions = self._definitions()
        progress = replace(
            self.progress, position=piece[-1].position, total=piece[-1].total, seconds=self._before + seconds
        )
        refusals: list[Refused] = []
        with self._cleared_away(), self._backend.transaction() as writer:
            # Events first: reports and outcomes belong to visits.
            for batch in sorted(piece, key=lambda batch: batch.kind != "events"):
                taken = take_in(writer, batch, definitions, source, _now())
                refusals += taken.refused
                progress = replace(
                    progress,
                    added=progress.added + taken.added,
                    repeated=progress.repeated + taken.repeated,
                    skipped=progress.skipped + batch.skipped,
                    refused=progress.refused + taken.refused_count,
                    left_out=dict(Counter(progress.left_out) + Counter(batch.left_out)),
                )
            self._note(writer, progress, refusals)
        self._kept += len(refusals[: KEPT_REFUSALS - self._kept])
        self._refusals = [*self._refusals, *refusals][:KEPT_REFUSALS]
        self.progress = progress

    @contextmanager
    def _cleared_away(self) -> Iterator[None]:
        """Leaves nothing of a piece on the desk, whether it was taken in or not."""
        try:
            yield
        finally:
            # A transaction of its own: memory is free when the one that drops a table has ended. What keeps that from
            # working keeps the next piece from being taken in, and is told then.
            with suppress(WarehouseError), self._backend.transaction() as writer:
                clear_away(writer.desk)

    def _note(self, writer: Writer, progress: Progress, refusals: Sequence[Refused]) -> None:
        writer.execute(
            "UPDATE imports SET position = ?, total = ?, added = ?, repeated = ?, skipped = ?, refused = ? WHERE import_id = ?",
            (
                progress.position,
                progress.total,
                progress.added,
                progress.repeated,
                progress.skipped,
                progress.refused,
                UUID(progress.import_id),
            ),
        )
        for refused in refusals[: KEPT_REFUSALS - self._kept]:
            writer.execute(
                "INSERT INTO refused (import_id, received, number, reason, sample) VALUES (?, ?, ?, ?, ?)",
                (UUID(progress.import_id), _now(), refused.number, refused.reason, refused.sample[:200]),
            )

    def _end(self, state: str, message: str) -> Result:
        # Whoever looks at `progress` meanwhile sees it running: it has ended when the result is there.
        ended = replace(self.progress, state=state, message=message)
        try:
            with self._backend.transaction() as writer:
                self._set_state(writer, ended.import_id, state, message)
                if state == "done":
                    writer.execute("DELETE FROM repeats WHERE import_id = ?", (UUID(ended.import_id),))
        except WarehouseError:
            # What stopped the import stops this note as well; the import goes on from `running` all the same.
            if state == "done":
                raise
        return Result(ended, tuple(self._refusals))

    def _set_state(self, writer: Writer, import_id: str, state: str, message: str) -> None:
        finished = _now() if state == "done" else None
        writer.execute(
            "UPDATE imports SET state = ?, message = ?, finished = ? WHERE import_id = ?",
            (state, message, finished, UUID(import_id)),
        )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
