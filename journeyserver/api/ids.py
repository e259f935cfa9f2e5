"""Ids in paths: what is not a UUID names nothing, and is answered as any other unknown id."""

import uuid

from journeyadmin.contract.names import is_uuid
from journeyserver.errors import not_found


def read_id(text: str, kind: str) -> uuid.UUID:
    """The id, or 404 saying that there is no such `kind`."""
    if not is_uuid(text):
        raise not_found(f"There is no {kind} with this id.")
    return uuid.UUID(text)
