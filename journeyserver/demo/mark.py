"""The mark that a warehouse bears whose data is generated: a row of its settings, which also says how."""

from journeyserver.engine import notes
from journeyserver.engine.backends.base import Backend

SETTING = "generated"


def read(backend: Backend) -> str | None:
    """The mark as it was kept, None where the data is not generated."""
    cursor = backend.cursor()
    try:
        return notes.read(cursor.run, SETTING)
    finally:
        cursor.close()
