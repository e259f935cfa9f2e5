"""`manage.py names CONNECTION FILE`: names for ids that the service's operations cannot resolve, many at once.

The file is a JSON object: dimension → id → name. A name given in the browser since then is kept, unless `--replace` is given.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics.models import NamedValue
from analytics.names import NAMEABLE, kind_of
from journeyadmin.accounts.models import Connection

LONGEST = 80


class Command(BaseCommand):
    help = "Name action maps, outcomes, queues and other ids of a connection from a JSON file: dimension → id → name."
    # Pages are not needed for it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", nargs="+", help="names of connections")
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="also names that were given before")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = read(options["file"])
        for name in options["connection"]:
            connection = Connection.objects.filter(name=name).first()
            if connection is None:
                raise CommandError(f"There is no connection called “{name}”.")
            given = sum(give(connection, *row, replace=options["replace"]) for row in rows)
            self.stdout.write(f"{given} names were given in “{name}”.")


def read(file: Path) -> list[tuple[str, str, str]]:
    """The file's rows: dimension, id, name. Raises CommandError where it cannot be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(names, dict) for names in found.values()):
        raise CommandError(f"{file} is not a JSON object of dimension → id → name.")
    if unknown := sorted(set(found) - NAMEABLE):
        raise CommandError(
            f"Values of {', '.join(unknown)} have no names; these have: {', '.join(sorted(NAMEABLE))}."
        )
    return [
        (dimension, str(value).lower(), str(name).strip()[:LONGEST])
        for dimension, names in found.items()
        for value, name in names.items()
    ]


def give(connection: Connection, dimension: str, value: str, name: str, *, replace: bool) -> bool:
    """Names one value; says whether something changed."""
    row, _ = NamedValue.objects.get_or_create(connection=connection, kind=kind_of(dimension), value=value)
    if row.name == name or (row.name and not replace):
        return False
    row.name = name
    row.save(update_fields=["name"])
    return True
