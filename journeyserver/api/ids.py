"""Ids in paths: what is not a UUID names nothing, and is answered as any other unknown id."""

import re
import uuid

from journeyserver.errors import not_found

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def read_id(text: str, kind: str) -> uuid.UUID:
    """The id, or 404 saying that there is no such `kind`."""
    if not _UUID.fullmatch(text):
        raise not_found(f"There is no {kind} with this id.")
    return uuid.UUID(text)
