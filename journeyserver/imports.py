"""Imports in the process that owns the warehouse, one after the other, and how a command hands a file to it.

A running server leaves its address and a key, which only its owner can read, in the data folder: `journeyserver.running`.
A command that finds it lets the server do the work; one that does not opens the warehouse itself.
"""

import json
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import requests
from django.conf import settings
from django.db import connections

from journeyserver import warehouse
from journeyserver.definitions import active_definitions
from journeyserver.engine.backends.base import WarehouseError
from journeyserver.ingest.importer import Importer, Progress, Result
from journeyserver.ingest.incoming import Options, Refused, Unreadable

KEY_HEADER: Final = "Journeyserver-Key"
_PAUSE = 0.2


def _place() -> Path:
    return Path(settings.DATA_DIR) / "journeyserver.running"


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
                result = importer.run(stop=lambda wanted=import_id: self._must_stop(wanted))  # type: ignore[misc]
                with self._lock:
                    self._importers[import_id] = (importer, result)
        finally:
            connections.close_all()

    def _must_stop(self, import_id: str) -> bool:
        return self._stopping.is_set() or import_id in self._stopped


imports = Imports()


def note_interrupted() -> None:
    """Imports that a killed process left `running` are stopped ones: nobody works on them."""
    with warehouse.backend().transaction() as writer:
        writer.execute(
            "UPDATE imports SET state = 'stopped', message = ? WHERE state = 'running'",
            ("The server ended in the middle of it. It goes on where it is when it is started again.",),
        )


def announce(url: str) -> str:
    """Leaves this server's address and a new key in the data folder; the key."""
    key = secrets.token_urlsafe(32)
    place = _place()
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, "key": key}, file)
    return key


def withdraw() -> None:
    """Takes the announcement back."""
    _place().unlink(missing_ok=True)


class Running:
    """The server that runs on this data folder."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._url = f"{url}/api/local/v1/imports"
        self._session = requests.Session()
        self._session.headers[KEY_HEADER] = key
        # Loopback: whatever proxy the environment names is not meant.
        self._session.trust_env = False

    def run(
        self, path: Path, format_name: str | None, options: Options, on_progress: Callable[[Progress], None]
    ) -> Result:
        sent = {
            "path": str(path.absolute()),
            "format": format_name,
            "shift": options.shift,
            "withRobots": options.with_robots,
            "site": options.site,
            "more": dict(options.more),
        }
        answer = self._asked("POST", "", sent)
        while answer["progress"]["state"] == "running":
            time.sleep(_PAUSE)
            answer = self._asked("GET", f"/{answer['progress']['import_id']}")
            on_progress(Progress(**answer["progress"]))
        return Result(Progress(**answer["progress"]), tuple(Refused(**row) for row in answer["refusals"]))

    def answers(self) -> bool:
        try:
            # No import has this id: whoever knows the key is told so.
            return self._session.get(f"{self._url}/none", timeout=10).status_code == 404
        except requests.RequestException:
            return False

    def _asked(self, method: str, more: str, body: Any = None) -> Any:
        try:
            answer = self._session.request(method, self._url + more, json=body, timeout=300)
        except requests.RequestException:
            raise WarehouseError(
                "The Journey server stopped answering while it imported. Start it and the import again: it goes on where it was."
            ) from None
        told = answer.json()
        if not answer.ok:
            raise Unreadable(str(told.get("message", "The Journey server refused the import.")))
        return told


def _running() -> Running | None:
    """The server that has announced itself, if it answers and knows the key: an announcement may be left over."""
    try:
        told = json.loads(_place().read_text())
        running = Running(str(told["url"]), str(told["key"]))
    except (OSError, ValueError, KeyError):
        return None
    return running if running.answers() else None


def server_url() -> str | None:
    """The address of the server that runs on this data folder, if one does."""
    found = _running()
    return found.url if found else None


def run(
    path: Path, format_name: str | None, options: Options, on_progress: Callable[[Progress], None]
) -> Result:
    """What `importer.run_import` promises."""
    running = _running()
    if running is not None:
        return running.run(path, format_name, options, on_progress)
    return _importer(path, format_name, options).run(on_progress)


def _importer(path: Path, format_name: str | None, options: Options) -> Importer:
    from journeyserver.ingest.readers import open_file

    reader = open_file(path, format_name, options)
    return Importer(warehouse.backend(), active_definitions, path, reader, options)
