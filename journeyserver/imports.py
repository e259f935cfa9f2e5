"""Imports in the process that owns the warehouse, one after the other, and how a command hands a file to it."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections

from journeyserver import owner, warehouse
from journeyserver.definitions import active_definitions
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.ingest.importer import Importer, Progress, Result
from journeyserver.ingest.incoming import Options, Refused, Unreadable
from journeyserver.ingest.upkeep import keep_up

log = logging.getLogger("journeyserver.imports")

_PAUSE = 0.2


class Imports:
    """The files that this process takes in: one works, the others wait."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._importers: dict[str, tuple[Importer, Result | None]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._stopped: set[str] = set()

    def add(self, path: Path, format_name: str | None, options: Options) -> Progress:
        """Puts a file in line. Raises Unreadable, WarehouseError."""
        importer = _importer(path, format_name, options)
        import_id = importer.progress.import_id
        with self._lock:
            known = self._importers.get(import_id)
            if known is not None and known[1] is None:
                # It is on its way already, sent by somebody else or by the same command before.
                return known[0].progress
            self._stopped.discard(import_id)
            self._importers[import_id] = (importer, None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
                self._thread.start()
        self._waiting.put(import_id)
        return importer.progress

    def result(self, import_id: str) -> Result | None:
        """How an import of this process stands or ended; None for one that it does not know."""
        with self._lock:
            known = self._importers.get(import_id)
        return None if known is None else known[1] or Result(known[0].progress)

    def stop_one(self, import_id: str) -> None:
        """Stops an import after the piece that is under way."""
        self._stopped.add(import_id)

    def stop(self) -> None:
        """Stops all imports, each after the piece that is under way, and waits until none works."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._stopping.set()
            self._waiting.put(None)
            thread.join()

    def _run(self) -> None:
        try:
            while (import_id := self._waiting.get()) is not None and not self._stopping.is_set():
                importer, _ = self._importers[import_id]
                result = self._result(importer, import_id)
                with self._lock:
                    self._importers[import_id] = (importer, result)
                _keep_up()
        finally:
            connections.close_all()

    def _result(self, importer: Importer, import_id: str) -> Result:
        try:
            return importer.run(stop=lambda: self._must_stop(import_id))
        except Exception as error:
            # One file that nobody foresaw does not keep the others waiting for ever.
            log.exception("import %s broke", import_id)
            message = (
                f"It broke off ({type(error).__name__}); the server's log says where. It goes on where it is."
            )
            return Result(replace(importer.progress, state="failed", message=message))

    def _must_stop(self, import_id: str) -> bool:
        return self._stopping.is_set() or import_id in self._stopped


imports = Imports()


def _keep_up() -> None:
    try:
        keep_up(warehouse.backend(), datetime.now(UTC))
    except WarehouseError as error:
        log.error("The facts could not be put in order: %s", error)


def note_interrupted() -> None:
    """Imports that a killed process left `running` are stopped ones: nobody works on them."""
    with warehouse.backend().transaction() as writer:
        writer.execute(
            "UPDATE imports SET state = 'stopped', message = ? WHERE state = 'running'",
            ("The server ended in the middle of it. It goes on where it is when it is started again.",),
        )


def server_url() -> str | None:
    """The address of the server that runs on this data folder, if one does."""
    found = owner.server()
    return found.url if found else None


def run(
    path: Path, format_name: str | None, options: Options, on_progress: Callable[[Progress], None]
) -> Result:
    """What `importer.run_import` promises."""
    server = owner.server()
    if server is None:
        result = _importer(path, format_name, options).run(on_progress)
        _keep_up()
        return result
    try:
        return _by_server(server, path, format_name, options, on_progress)
    except owner.Refused as refused:
        raise Unreadable(str(refused)) from None
    except owner.NoAnswer:
        raise WarehouseError(
            "The Journey server stopped answering while it imported. Start it and the import again: it goes on where it was."
        ) from None


def _by_server(
    server: owner.Server,
    path: Path,
    format_name: str | None,
    options: Options,
    on_progress: Callable[[Progress], None],
) -> Result:
    sent = {
        "path": str(path.absolute()),
        "format": format_name,
        "shift": options.shift,
        "withRobots": options.with_robots,
        "site": options.site,
        "more": dict(options.more),
    }
    answer = server.ask("POST", "imports", sent)
    while answer["progress"]["state"] == "running":
        time.sleep(_PAUSE)
        answer = server.ask("GET", f"imports/{answer['progress']['import_id']}")
        on_progress(Progress(**answer["progress"]))
    return Result(Progress(**answer["progress"]), tuple(Refused(**row) for row in answer["refusals"]))


def _importer(path: Path, format_name: str | None, options: Options) -> Importer:
    from journeyserver.ingest.readers import open_file

    reader = open_file(path, format_name, options)
    return Importer(warehouse.backend(), active_definitions, path, reader, options)
