"""What became of a batch."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from journeyserver.ingest.incoming import Refused


@dataclass(frozen=True)
class Taken:
    """Rows new to the warehouse, rows that were there before, rows refused (some with their text)."""

    added: int
    repeated: int
    refused: tuple[Refused, ...] = ()
    refused_more: int = 0

    @property
    def refused_count(self) -> int:
        return len(self.refused) + self.refused_more


@dataclass(frozen=True)
class VisitThen:
    """The visit of an event as that event left it; `added` is false where the event was there before."""

    session_id: UUID
    started: datetime
    latest: datetime
    event_count: int
    pageview_count: int
    referrer_url: str | None
    referrer_medium: str | None
    referrer_keywords: str | None
    added: bool
