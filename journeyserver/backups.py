"""Both stores in one file, also while the server runs, and back again.

A backup is a tar archive: `manifest.json`, `warehouse.duckdb` and, where people and segments are kept in SQLite,
`store.sqlite3`. Each store is copied as it is at one moment; the warehouse first, so that no segment is missing that
something in it names. Keys are not in it: they are kept apart from what they protect (docs/running.md).
"""

import hashlib
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

import journeyserver
from journeyserver import owner, store, warehouse
from journeyserver.engine.backends import open_engine
from journeyserver.engine.backends.base import Busy, WarehouseError
from journeyserver.store import Refusal

_MANIFEST, _WAREHOUSE, _STORE = "manifest.json", "warehouse.duckdb", "store.sqlite3"
_FORMAT = 1


def backup(path: Path) -> dict[str, Any]:
    """Writes a backup through the server that runs, or in this process where none runs; what it says of itself.

    Raises Refusal, WarehouseError.
    """
    server = owner.server()
    if server is None:
        return write(path)
    try:
        told: dict[str, Any] = server.ask("POST", "backups", {"path": str(path.absolute())}, seconds=None)
    except owner.Refused as refused:
        raise Refusal(str(refused)) from None
    except owner.NoAnswer:
        raise Refusal("The Journey server stopped answering while it wrote the backup. Try again.") from None
    return told


def write(path: Path) -> dict[str, Any]:
    """Writes a backup in the process that owns the stores. What was begun and not finished is removed."""
    if path.exists():
        raise Refusal(f"{path} is there already. Name another file.")
    if not path.parent.is_dir():
        raise Refusal(f"There is no folder {path.parent}.")
    try:
        # In the backup's own folder: there is room for it, or there is none.
        with tempfile.TemporaryDirectory(prefix=".journeyserver-backup-", dir=path.parent) as folder:
            try:
                return _write(path, Path(folder))
            except WarehouseError as error:
                # Of the folder, which is gone when this is read, nobody knows.
                raise Refusal(str(error).replace(str(Path(folder, _WAREHOUSE)), str(path))) from None
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror or error}.") from None
    except sqlite3.Error as error:
        raise Refusal(f"The store could not be copied: {error}.") from None


def _write(path: Path, folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "format": _FORMAT,
        "version": journeyserver.__version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "store": connections["default"].vendor,
    }
    members = [_WAREHOUSE]
    backend = warehouse.backend()
    backend.copy_to(folder / _WAREHOUSE)
    manifest["rows"] = _counts(folder / _WAREHOUSE)
    if manifest["store"] == "sqlite":
        with _sqlite(settings.DATABASE_FILE) as source, _sqlite(folder / _STORE) as copy:
            source.backup(copy)
        members.append(_STORE)
    manifest["digests"] = {member: _digest(folder / member) for member in members}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2))
    part = folder / "archive"
    with (
        os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w") as archive,
    ):
        for member in (_MANIFEST, *members):
            archive.add(folder / member, member, filter=_nobodys)
    # Here at once and whole, or not at all.
    part.rename(path)
    return {**manifest, "bytes": path.stat().st_size}


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Says nothing of who made it on which machine."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def restore(path: Path) -> tuple[dict[str, Any], list[Path]]:
    """Puts both stores back as they were when the backup was made. What the backup says of itself, and where the stores that
    were there before lie now. Raises Refusal; nothing is touched then."""
    if owner.server() is not None:
        raise Refusal("The Journey server runs on this data folder. Stop it, then restore.")
    if not settings.ENGINE.startswith("duckdb"):
        raise Refusal(
            "A backup is restored into DuckDB: run this with JOURNEYSERVER_ENGINE=duckdb, then "
            f"python -m journeyserver move-engine to {settings.ENGINE.partition(':')[0]}."
        )
    places = {_WAREHOUSE: Path(settings.WAREHOUSE_PATH), _STORE: Path(settings.DATABASE_FILE)}
    try:
        with tempfile.TemporaryDirectory(
            prefix=".journeyserver-restore-", dir=places[_WAREHOUSE].parent
        ) as folder:
            manifest = _unpacked(path, Path(folder))
            _check(path, Path(folder), manifest)
            return manifest, _put_in_place(Path(folder), places)
    except OSError as error:
        raise Refusal(f"{path} cannot be restored: {error.strerror or error}.") from None


def _unpacked(path: Path, folder: Path) -> dict[str, Any]:
    foreign = Refusal(f"{path} is not a backup of the Journey server, or is damaged. Nothing was changed.")
    if not path.is_file():
        raise Refusal(f"There is no file {path}.")
    try:
        with tarfile.open(path, "r:") as archive:
            members = archive.getmembers()
            names = {member.name for member in members if member.isfile()}
            if not {_MANIFEST, _WAREHOUSE} <= names <= {_MANIFEST, _WAREHOUSE, _STORE} or len(members) > len(
                names
            ):
                raise foreign
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text())
        if manifest["format"] > _FORMAT:
            raise Refusal(
                f"{path} was made by a newer version of the Journey server. Install that version to restore it."
            )
        rows, digests, made = manifest["rows"], manifest.get("digests", {}), manifest["made"]
        if not (
            isinstance(rows, dict)
            and isinstance(digests, dict)
            and isinstance(made, str)
            and digests.keys() <= names
        ):
            raise foreign
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError):
        raise foreign from None
    return manifest


def _check(path: Path, folder: Path, manifest: dict[str, Any]) -> None:
    """Whether the copies are whole, before anything is put in their place."""
    damaged = Refusal(f"{path} is damaged. Nothing was changed.")
    # Neither store looks at every byte of itself. A backup of an earlier version has no digests.
    if any(_digest(folder / member) != digest for member, digest in manifest.get("digests", {}).items()):
        raise damaged
    try:
        if _counts(folder / _WAREHOUSE) != manifest["rows"]:
            raise damaged
    except WarehouseError:
        raise damaged from None
    if not (folder / _STORE).exists():
        if connections["default"].vendor == "sqlite":
            raise Refusal(
                f"{path} was made where people and segments are kept in PostgreSQL. Set JOURNEYSERVER_DATABASE_URL, and restore "
                "that database from its own backup."
            )
        return
    try:
        with _sqlite(folder / _STORE) as copy:
            whole = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            ours = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'journeyserver_segment'").fetchone()
    except sqlite3.Error:
        raise damaged from None
    if not whole or not ours:
        raise damaged


def _put_in_place(folder: Path, places: dict[str, Path]) -> list[Path]:
    """Moves the copies to where the stores belong, and what was there aside."""
    # A command may be at work at the warehouse. A damaged one is just what a backup is for.
    if places[_WAREHOUSE].exists():
        try:
            warehouse.backend()
        except Busy as error:
            raise Refusal(str(error)) from None
        except WarehouseError:
            pass
        warehouse.close()
    connections.close_all()
    suffix = f".before-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside = []
    for member, place in places.items():
        if not (folder / member).exists():
            continue
        # A log belongs to the file beside it: left behind it would be played into the restored one.
        for name in (place, *(place.with_name(place.name + end) for end in (".wal", "-wal", "-shm"))):
            if name.exists():
                moved = name.with_name(name.name.replace(place.name, place.name + suffix))
                name.rename(moved)
                aside.append(moved)
        (folder / member).rename(place)
    store.prepare()
    return aside


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _counts(file: Path) -> dict[str, int]:
    """How many rows a copied warehouse has, by table."""
    copied = open_engine("duckdb", file)
    try:
        cursor = copied.cursor()
        try:
            return {
                table: int(cursor.run(f"SELECT count(*) AS number FROM {table}")["number"][0])  # noqa: S608 — our own names
                for table in ("events", "sessions", "assignments", "actions", "facts")
            }
        finally:
            cursor.close()
    finally:
        copied.close()


@contextmanager
def _sqlite(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file)
    try:
        yield connection
    finally:
        connection.close()
