"""The relational database before anything is served from it: is it ours, is it usable, is it up to date?"""

import errno
import sqlite3
from contextlib import closing

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from journeyserver.models import Role
from journeyserver.roles import ROLES


class Refusal(Exception):
    """A command cannot go on; the text is one sentence for the person who typed it."""


def prepare() -> None:
    """Brings the database up to date, making it where there is none. A foreign, damaged or newer one is not touched."""
    check_file()
    _check_age()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("clearsessions")
    for name, (role_id, permissions) in ROLES.items():
        Role.objects.update_or_create(id=role_id, defaults={"name": name, "permissions": list(permissions)})


def check_file() -> None:
    """Refuses a file at our place that is not ours. An empty or absent one is fine."""
    if connection.vendor != "sqlite":
        tables = set(connection.introspection.table_names())
        if tables and "journeyserver_segment" not in tables:
            raise Refusal(
                "The database of JOURNEYSERVER_DATABASE_URL belongs to something else; use one of its own."
            )
        return
    file = settings.DATABASE_FILE
    foreign = Refusal(
        f"{file} is not a database of the Journey server and was left as it is. "
        "Move it away or set JOURNEYADMIN_DATA_DIR to another folder."
    )
    try:
        if not file.exists() or not file.stat().st_size:
            return
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as reader:
            rows = reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            (state,) = reader.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        raise Refusal(sentence(error)) from None
    except sqlite3.DatabaseError:
        raise foreign from None
    except OSError as error:
        raise Refusal(f"{file} cannot be read ({error.strerror}).") from None
    if rows and ("journeyserver_segment",) not in rows:
        raise foreign
    if state != "ok":
        raise Refusal(f"{file} is damaged and was left as it is. Restore a backup.")


def _check_age() -> None:
    """Refuses a database that a newer version of this program has changed."""
    known = MigrationLoader(connection, ignore_no_migrations=True)
    ours = {key for key in known.applied_migrations or () if key[0] == "journeyserver"}
    if ours - set(known.disk_migrations or ()):
        place = settings.DATABASE_FILE if connection.vendor == "sqlite" else "The database"
        raise Refusal(
            f"{place} was made by a newer version of the Journey server. Install that version to use it."
        )


def sentence(error: DatabaseError | sqlite3.Error | OSError) -> str:
    """What a person can do about a database that cannot be used."""
    place = str(settings.DATABASE_FILE if connection.vendor == "sqlite" else "The database")
    text = str(error)
    if "readonly" in text or "unable to open" in text:
        return f"{place} cannot be written. Make the folder writable or set JOURNEYADMIN_DATA_DIR to another."
    if "full" in text or "disk I/O" in text or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return f"{place} cannot grow: the disk is full. Nothing was lost; free some space and start again."
    if "locked" in text:
        return f"{place} is in use by another program. Stop it and try again."
    return f"{place} cannot be used: {text}."
