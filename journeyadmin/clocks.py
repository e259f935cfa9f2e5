"""How the person of a request reads times: by 24 or 12 hours, and from which day their weeks run (LOC7).

Set where Django's zone is set, and asked wherever a time is written for people: the `date` filter of templates and
`analytics/spans.py`. Addresses, files and what is sent to the API are the same for everybody.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, time

from journeyadmin.digits import THIN

MONDAY, SATURDAY, SUNDAY = 0, 5, 6


@dataclass(frozen=True)
class Clock:
    """`week` is the weekday on which weeks begin; Monday is 0."""

    twelve: bool = False
    week: int = MONDAY


USUAL = Clock()
_active: ContextVar[Clock] = ContextVar("clock", default=USUAL)


def activate(clock: Clock) -> None:
    """From here on in this thread; each request sets its own."""
    _active.set(clock)


def active() -> Clock:
    return _active.get()


def said(moment: datetime | time) -> str:
    """`14:05`, `2:05 PM`; with seconds where there are any."""
    seconds = f":{moment.second:02d}" if moment.second else ""
    if not _active.get().twelve:
        return f"{moment.hour:02d}:{moment.minute:02d}{seconds}"
    half = "PM" if moment.hour >= 12 else "AM"
    return f"{(moment.hour - 1) % 12 + 1}:{moment.minute:02d}{seconds}{THIN}{half}"


def end_of_day() -> str:
    """Midnight as the end of a day: `24:00`, `12:00 AM`."""
    return said(time()) if _active.get().twelve else "24:00"


def pattern(written: str) -> str:
    r"""A pattern of Django's for this clock: `j M, H:i` as `j M, g:i A`. What machines read (`\T` between day and time) stays."""
    if not _active.get().twelve or "\\T" in written:
        return written
    return re.sub(r"H:i(:s)?", rf"g:i\1{THIN}A", written)
