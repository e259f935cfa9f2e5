"""Ids of visits and customers as they are shown: masked, unless the caller may see them, with a handle that opens the visit.

A handle is the visit's id, sealed: it says nothing to whoever holds it, and opens the same visit again.
"""

import base64
import hashlib
from functools import lru_cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from journeyadmin.contract.local import SEE_CUSTOMERS
from journeyserver.auth import Call


@lru_cache(maxsize=1)
def _seal() -> Fernet:
    key = hashlib.sha256(b"journeyserver.session-handles:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class Ids:
    """How ids are shown to one caller."""

    def __init__(self, call: Call) -> None:
        self.whole = SEE_CUSTOMERS in call.token.permissions

    def shown(self, value: object) -> str:
        """An id whole, or its first and last four characters; a short one loses more."""
        text = str(value)
        if self.whole:
            return text
        kept = min(4, len(text) // 4)
        return f"{text[:kept]}…{text[-kept:] if kept else ''}"

    def of_visit(self, session_id: object, customer_id: object) -> dict[str, str]:
        """`session` (a handle), `sessionId` and `customerId`."""
        return {
            "session": handle(str(session_id)),
            "sessionId": self.shown(session_id),
            "customerId": self.shown(customer_id),
        }


def handle(session_id: str) -> str:
    return _seal().encrypt(UUID(session_id).bytes).decode()


def opened(text: str) -> str | None:
    """The visit's id from a handle or from the id itself; None for anything else."""
    try:
        return str(UUID(bytes=_seal().decrypt(text.encode())))
    except (InvalidToken, ValueError):
        pass
    try:
        return str(UUID(text))
    except ValueError:
        return None
