"""Backup and restore of both stores, and what becomes of older, newer, damaged and foreign files."""

import hashlib
import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from journeyserver.engine.backends.base import WarehouseError
from journeyserver.engine.backends.duckdb import open_backend
from tests import cast, programs
from tests.journeyserver.ingest.test_reports import event, post
from tests.programs import Program, run_journeyserver


def segment_names(server: Program) -> list[str]:
    answer = cast.api(server.url).get(f"{server.url}/api/v2/journey/segments", timeout=30)
    return [row["displayName"] for row in answer.json()["entities"]]


def rows(folder: Path, table: str) -> int:
    backend = open_backend(folder / "journeyserver.duckdb")
    try:
        cursor = backend.cursor()
        number: int = cursor.run(f"SELECT count(*) AS number FROM {table}")["number"][0]
        cursor.close()
    finally:
        backend.close()
    return number


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, int]]:
    """A data folder, a backup that was written while events came in, and how many events had been answered before it."""
    folder = tmp_path_factory.mktemp("backed-up")
    file = folder.parent / f"{folder.name}.tar"
    with programs.journeyserver(folder, JOURNEYSERVER_COOKIE_RATE_LIMIT="0") as running:
        body = {"displayName": "Kept", "context": {"patterns": [{"criteria": [{"key": "device.category", "values": ["mobile"], "entityType": "visit"}]}]}}  # fmt: skip
        answer = cast.api(running.url).post(f"{running.url}/api/v2/journey/segments", json=body, timeout=30)
        assert answer.ok, answer.text
        for _ in range(20):
            assert post(running, event()).status_code == 200
        over = threading.Event()
        answered: list[int] = []

        def go_on() -> None:
            while not over.is_set():
                answered.append(post(running, event()).status_code)

        sender = threading.Thread(target=go_on)
        sender.start()
        done = run_journeyserver(folder, "backup", str(file))
        over.set()
        sender.join()
        assert done.returncode == 0, done.stderr
        assert "holds both stores" in done.stdout
        assert set(answered) == {200}
        again = run_journeyserver(folder, "backup", str(file))
        assert (again.returncode, "is there already" in again.stderr) == (1, True)
        refused = run_journeyserver(folder, "restore", str(file))
        assert (refused.returncode, "Stop it, then restore." in refused.stderr) == (1, True)
        yield folder, file, 20


def test_a_backup_holds_what_was_answered_before_it(made: tuple[Path, Path, int], tmp_path: Path) -> None:
    _, file, least = made
    assert file.stat().st_mode & 0o077 == 0
    done = run_journeyserver(tmp_path, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert "kept as" not in done.stdout
    events = rows(tmp_path, "events")
    assert events >= least
    assert rows(tmp_path, "facts") == rows(tmp_path, "sessions") + rows(tmp_path, "assignments")
    with programs.journeyserver(tmp_path, seed=False) as running:
        assert segment_names(running) == ["Kept"]
        # It goes on from there.
        assert post(running, event()).status_code == 200
    assert rows(tmp_path, "events") == events + 1


def test_what_was_there_is_kept_aside(made: tuple[Path, Path, int], tmp_path: Path) -> None:
    _, file, _ = made
    (tmp_path / "journeyserver.duckdb").write_bytes(b"not a warehouse at all")
    done = run_journeyserver(tmp_path, "restore", str(file))
    assert done.returncode == 0, done.stderr
    aside = next(tmp_path.glob("journeyserver.duckdb.before-*"))
    assert aside.read_bytes() == b"not a warehouse at all"
    assert str(aside) in done.stdout


def _damages(file: Path, folder: Path) -> dict[str, Path]:
    whole = file.read_bytes()
    made = {
        name: folder / f"{name}.tar" for name in ("foreign", "cut", "other-tar", "bits", "inside", "no-store")
    }
    made["foreign"].write_bytes(b"PK\x03\x04" + b"x" * 5000)
    made["cut"].write_bytes(whole[: len(whole) // 2])
    with tarfile.open(made["other-tar"], "w") as archive:
        archive.add(__file__, "../journeyserver.duckdb")
    with tarfile.open(file) as archive:
        warehouse = archive.getmember("warehouse.duckdb")
        start = warehouse.offset_data
        store = archive.getmember("store.sqlite3")
    # The header of the warehouse, and the first page of the store.
    made["bits"].write_bytes(whole[: start + 8] + b"\0" * 64 + whole[start + 72 :])
    # Bytes in its middle, where nobody looks who only counts rows.
    middle = start + warehouse.size // 2
    made["inside"].write_bytes(
        whole[:middle] + bytes(byte ^ 1 for byte in whole[middle : middle + 64]) + whole[middle + 64 :]
    )
    made["no-store"].write_bytes(
        whole[: store.offset_data] + b"\0" * 4096 + whole[store.offset_data + 4096 :]
    )
    return made


def _forgeries(file: Path, folder: Path) -> dict[str, Path]:
    """Archives with the stores of a backup and a manifest that no backup has."""
    manifests: dict[str, Any] = {
        "list": [],
        "no-rows": {"format": 1, "made": "now"},
        "odd-format": {"format": "1", "made": "now", "rows": {}},
        "odd-digests": {"format": 1, "made": "now", "rows": {}, "digests": ["warehouse.duckdb"]},
        "digest-elsewhere": {"format": 1, "made": "now", "rows": {}, "digests": {"../journeyserver.key": ""}},
        "other-rows": {"format": 1, "made": "now", "rows": {"events": 7}},
    }
    made = {name: folder / f"forged-{name}.tar" for name in (*manifests, "folders")}
    with tarfile.open(file) as whole:
        for name, manifest in manifests.items():
            with tarfile.open(made[name], "w") as archive:
                written = json.dumps(manifest).encode()
                head = tarfile.TarInfo("manifest.json")
                head.size = len(written)
                archive.addfile(head, io.BytesIO(written))
                for member in ("warehouse.duckdb", "store.sqlite3"):
                    archive.addfile(whole.getmember(member), whole.extractfile(member))
    with tarfile.open(made["folders"], "w") as archive:
        for member in ("manifest.json", "warehouse.duckdb"):
            head = tarfile.TarInfo(member)
            head.type = tarfile.DIRTYPE
            archive.addfile(head)
    return made


def test_a_damaged_or_foreign_backup_changes_nothing(made: tuple[Path, Path, int], tmp_path: Path) -> None:
    _, file, _ = made
    folder = tmp_path / "data"
    assert run_journeyserver(folder, "restore", str(file)).returncode == 0
    kept = {path.name: digest(path) for path in folder.iterdir() if path.is_file() and path.suffix != ".key"}
    damages = {**_damages(file, tmp_path), **_forgeries(file, tmp_path)}
    code = "import sys; from journeyserver.__main__ import main; print(*(main(['restore', file]) for file in sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, damages.values())],
        cwd=programs.ROOT,
        env=programs.environment(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout.split() == ["1"] * len(damages), done.stderr
    told = done.stderr.splitlines()
    assert len(told) == len(damages), done.stderr
    for damaged, line in zip(damages.values(), told, strict=True):
        assert line.startswith(f"journeyserver: {damaged} is "), line
        assert line.endswith("Nothing was changed."), line
    missing = run_journeyserver(folder, "restore", str(tmp_path / "nothing.tar"))
    assert (missing.returncode, "There is no file" in missing.stderr) == (1, True)
    assert {name: digest(folder / name) for name in kept} == kept


def test_a_folder_that_cannot_be_written_is_said(made: tuple[Path, Path, int], tmp_path: Path) -> None:
    folder, _, _ = made
    done = run_journeyserver(folder, "backup", str(tmp_path / "no" / "folder.tar"))
    assert (done.returncode, done.stderr) == (1, f"journeyserver: There is no folder {tmp_path / 'no'}.\n")


# What version 1 of the warehouse had not.
_LATER = {
    "sessions": ("arrival_campaign", "arrival_referrer"),
    "imports": ("options", "first_seq"),
    "actions": ("entered",),
}


def test_an_older_warehouse_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    place = tmp_path / "journeyserver.duckdb"
    open_backend(place).close()
    with duckdb.connect(str(place)) as older:
        older.execute("DROP TABLE repeats")
        for table, columns in _LATER.items():
            for column in columns:
                older.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        older.execute(
            "INSERT INTO sessions BY NAME SELECT uuid() AS session_id, 'ann' AS customer_id, now()::TIMESTAMP AS started"
        )
    backend = open_backend(place)
    cursor = backend.cursor()
    found = cursor.run("SELECT customer_id, arrival_campaign FROM sessions")
    assert found == {"customer_id": ["ann"], "arrival_campaign": [None]}
    assert cursor.run("SELECT count(*) AS number FROM repeats") == {"number": [0]}
    cursor.close()
    backend.close()


def test_a_newer_warehouse_is_refused_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "journeyserver.duckdb"
    open_backend(place).close()
    with duckdb.connect(str(place)) as newer:
        newer.execute("UPDATE settings SET value = '99' WHERE name = 'schema'")
    before = digest(place)
    with pytest.raises(WarehouseError, match="newer version"):
        open_backend(place)
    assert digest(place) == before


def test_an_older_store_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    migrations = sorted(
        path.name for path in resources.files("journeyserver.migrations").iterdir() if path.name[:4].isdigit()
    )
    assert run_journeyserver(tmp_path, "seed").returncode == 0
    store = tmp_path / "journeyserver.sqlite3"
    with sqlite3.connect(store) as connection:
        people = connection.execute("SELECT count(*) FROM journeyserver_person").fetchone()
        known = connection.execute(
            "SELECT count(*) FROM django_migrations WHERE app = 'journeyserver'"
        ).fetchone()
    connection.close()
    assert known == (len(migrations),)
    if len(migrations) > 1:
        code = "import django; django.setup(); from django.core.management import call_command; call_command('migrate', 'journeyserver', '0001', verbosity=0)"
        environment = programs.environment(tmp_path, DJANGO_SETTINGS_MODULE="journeyserver.settings")
        subprocess.run([sys.executable, "-c", code], cwd=programs.ROOT, env=environment, check=True)
    assert run_journeyserver(tmp_path, "migrate").returncode == 0
    with sqlite3.connect(store) as connection:
        assert connection.execute("SELECT count(*) FROM journeyserver_person").fetchone() == people
        assert (
            connection.execute(
                "SELECT count(*) FROM django_migrations WHERE app = 'journeyserver'"
            ).fetchone()
            == known
        )
    connection.close()


def _other_warehouse(place: Path) -> None:
    with duckdb.connect(str(place)) as other:
        other.execute("CREATE TABLE settings AS SELECT 'theme' AS name, 'dark' AS value")


def _other_store(place: Path) -> None:
    with closing(sqlite3.connect(place)) as other:
        other.execute("CREATE TABLE invoices (number INTEGER)")


def _cut_warehouse(place: Path) -> None:
    open_backend(place).close()
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])


def _changed_warehouse(place: Path) -> None:
    open_backend(place).close()
    whole = place.read_bytes()
    # The second header is that of the last checkpoint.
    place.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))


def _changed_store(place: Path) -> None:
    assert run_journeyserver(place.parent, "seed").returncode == 0
    whole = place.read_bytes()
    place.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])


def _newer_store(place: Path) -> None:
    assert run_journeyserver(place.parent, "seed").returncode == 0
    with closing(sqlite3.connect(place)) as store, store:
        store.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('journeyserver', '9999_later', '2030-01-01')"
        )


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("journeyserver.duckdb", lambda place: place.write_bytes(b"x" * 4096), "left as it is"),
        ("journeyserver.sqlite3", lambda place: place.write_bytes(b"SQLite format 3\0" + b"\1" * 4096), "left as it is"),
        ("journeyserver.sqlite3", _other_store, "is not a database"),
        ("journeyserver.sqlite3", _changed_store, "is damaged"),
        ("journeyserver.sqlite3", _newer_store, "newer version"),
    ],
)  # fmt: skip
def test_a_foreign_damaged_or_newer_store_is_said_in_one_sentence_and_not_touched(
    tmp_path: Path, name: str, make: Callable[[Path], object], said: str
) -> None:
    place = tmp_path / name
    make(place)
    before = place.is_file() and digest(place)
    done = run_journeyserver(tmp_path, "runserver", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.startswith("journeyserver: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr
    assert (place.is_file() and digest(place)) == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.mkdir, "is not a warehouse"),
        (_other_warehouse, "is not a warehouse"),
        (_cut_warehouse, "is damaged"),
        (_changed_warehouse, "is damaged"),
    ],
)
def test_a_foreign_or_damaged_warehouse_is_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    place = tmp_path / "journeyserver.duckdb"
    make(place)
    before = place.is_file() and digest(place)
    with pytest.raises(WarehouseError, match=f"{said} .*and was left as it is|{said} and was left as it is"):
        open_backend(place)
    assert (place.is_file() and digest(place)) == before


def test_a_copy_of_a_damaged_warehouse_names_the_warehouse(tmp_path: Path) -> None:
    place = tmp_path / "journeyserver.duckdb"
    open_backend(place).close()
    with duckdb.connect(str(place)) as filled:
        filled.execute(
            "INSERT INTO events BY NAME SELECT uuid() AS event_id, range AS seq, md5(range::VARCHAR) AS customer_id FROM range(100000)"
        )
    whole = place.read_bytes()
    middle = len(whole) // 2
    place.write_bytes(whole[:middle] + b"\xff" * 300_000 + whole[middle + 300_000 :])
    opened = open_backend(place)
    try:
        with pytest.raises(WarehouseError) as caught:
            opened.copy_to(tmp_path / "copy.duckdb")
    finally:
        opened.close()
    assert str(caught.value) == f"{place} is damaged and was left as it is. Restore a backup."


def test_only_the_owner_may_name_files(server: Program, tmp_path: Path) -> None:
    url = f"{server.url}/api/local/v1/backups"
    for headers in ({}, {"Journeyserver-Key": str(uuid.uuid4())}):
        answer = requests.post(url, json={"path": str(tmp_path / "x.tar")}, headers=headers, timeout=30)
        assert answer.status_code == 401
    answer: Any = cast.api(server.url).post(url, json={"path": str(tmp_path / "x.tar")}, timeout=30)
    assert answer.status_code == 401
    assert not (tmp_path / "x.tar").exists()
