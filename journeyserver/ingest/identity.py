"""Ids that follow from what happened: the same event, visit, assignment or fact has the same id whenever it arrives.

An event is its customer, name, time and page, and, within one file, which of several equal ones it is; a visit is its
first event; a fact is its kind and what it is about. MD5 spreads, it keeps nothing secret.
"""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

_SEPARATOR = "\x1f"
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def _id(*parts: str) -> UUID:
    return UUID(hashlib.md5(_SEPARATOR.join(parts).encode(), usedforsecurity=False).hexdigest())


def id_sql(*parts: str) -> str:
    """SQL for the id that these parts (SQL of texts or numbers, none of them null) have together."""
    return f"CAST(md5(concat_ws(chr(31), {', '.join(parts)})) AS UUID)"


def event_id(customer_id: str, event_name: str, ts: datetime, page_url: str | None, copy: int = 0) -> UUID:
    """`ts` is UTC without zone."""
    return _id(customer_id, event_name, str((ts - _EPOCH) // _MICROSECOND), page_url or "", str(copy))


def event_id_sql(copy: str) -> str:
    return id_sql("customer_id", "event_name", "epoch_us(ts)", "coalesce(page_url, '')", copy)


def fact_id(kind: str, *about: UUID | str) -> UUID:
    return _id(kind, *(str(part) for part in about))


def session_id(first_event: UUID) -> UUID:
    return _id("visit", str(first_event))


def session_id_sql(first_event: str) -> str:
    return id_sql("'visit'", f"CAST({first_event} AS VARCHAR)")
