"""`move-engine`: everything from the engine of the settings to another one, compared before it is said to be done."""

import argparse
import sys
from pathlib import Path

from django.conf import settings

from journeyserver import owner, warehouse
from journeyserver.engine import moving
from journeyserver.engine.backends import open_engine
from journeyserver.engine.backends.base import Backend, WarehouseError
from journeyserver.store import Refusal


def move_engine(arguments: argparse.Namespace) -> None:
    """Copies the warehouse to the engine at `arguments.target`, which must be empty. What was copied stays as it is."""
    target = _address(arguments.target)
    if owner.server() is not None:
        raise Refusal("The Journey server runs on this data folder. Stop it, then move its events.")
    if target == _address(settings.ENGINE):
        raise Refusal("The events are there already: name another engine than JOURNEYSERVER_ENGINE does.")
    try:
        source = warehouse.backend()
        opened = open_engine(target, Path(settings.WAREHOUSE_PATH))
    except WarehouseError as error:
        raise Refusal(str(error)) from None
    try:
        copied, asked = _move(source, opened)
    except WarehouseError as error:
        raise Refusal(f"{error} Nothing was changed.") from None
    finally:
        opened.close()
    rows = ", ".join(f"{number:,} {table}" for table, number in copied.items() if number)
    print(
        f"Copied and compared: {rows or 'nothing, as there was nothing'}. {asked} questions have the same answers."
    )
    print(
        "Set JOURNEYSERVER_ENGINE to the new address and start the server. What was copied is still where it was."
    )


def _address(given: str) -> str:
    """An engine's address with the place of DuckDB's file in it."""
    return f"duckdb:{Path(settings.WAREHOUSE_PATH)}" if given == "duckdb" else given


def _move(source: Backend, target: Backend) -> tuple[dict[str, int], int]:
    reading = source.cursor()
    try:
        copied = moving.copy(source, reading, target, _show)
    finally:
        reading.close()
    try:
        return copied, moving.compare(source, target)
    except moving.Differs as difference:
        moving.empty(target)
        raise Refusal(f"The copy is not the same, so it was taken back: {difference}.") from None
    except WarehouseError as error:
        raise Refusal(
            f"The copy is there, but could not be compared: {error} Empty that place and start again."
        ) from None


def _show(table: str, rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{table}: {rows:,} rows   ", end="", file=sys.stderr, flush=True)
