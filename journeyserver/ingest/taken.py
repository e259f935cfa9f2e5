"""What became of a batch."""

from dataclasses import dataclass

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
