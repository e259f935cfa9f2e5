"""What a warehouse notes about itself and its upkeep: a text under a name, in its table `settings`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from journeyserver.engine.backends.base import Writer

_READ = "SELECT value FROM settings WHERE name = ?"


def read(run: Callable[[str, Sequence[Any]], Mapping[str, Sequence[Any]]], name: str) -> str | None:
    """The note as a reader's `run` finds it, None where there is none."""
    kept = run(_READ, (name,))["value"]
    return str(kept[0]) if kept else None


def of_writer(writer: Writer, name: str) -> str | None:
    """The same, as it is in the writer's transaction."""
    kept = writer.ask(_READ, (name,))
    return str(kept[0]["value"]) if kept else None


def write(writer: Writer, name: str, text: str) -> None:
    remove(writer, name)
    writer.execute("INSERT INTO settings (name, value) VALUES (?, ?)", (name, text))


def remove(writer: Writer, name: str) -> None:
    writer.execute("DELETE FROM settings WHERE name = ?", (name,))
