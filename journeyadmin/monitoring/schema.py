"""Does the dashboard's database fit this version of the dashboard?"""

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def trouble() -> str:
    """Why pages cannot be served from the database, in a sentence; empty when they can. Raises `DatabaseError`."""
    ours = _ours()
    apps = {app for app, _ in ours}
    applied = {key for key in MigrationRecorder(connection).applied_migrations() if key[0] in apps}
    if applied - ours:
        return "The database was made by a newer version of the dashboard. Install that version to use it."
    if ours - applied:
        return "The database is of an earlier version. Run manage.py migrate with the same settings."
    return ""


@cache
def _ours() -> frozenset[tuple[str, str]]:
    """All migrations of this version, as app and name."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or ())
