"""Files of events in any format that is known here, opened for reading."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow
from django.conf import settings

from journeyserver.ingest import incoming
from journeyserver.ingest.incoming import Options, Unreadable
from journeyserver.ingest.readers import access_log, ga4, own
from journeyserver.ingest.readers.detect import CSV, FORMATS, JSON, PARQUET, detect, unknown
from journeyserver.ingest.visitors import kept_key


class Reader(incoming.Reader, Protocol):
    """A reader that also knows its newest event."""

    def newest(self) -> datetime | None:
        """The time of its newest event, UTC without zone; reads the file once."""
        ...


def open_file(path: Path, format: str | None, options: Options) -> Reader:
    """The file at `path`, read as `format` (one of FORMATS; None: what it looks like). Raises Unreadable."""
    # Arrow's own allocator keeps what it got, and asks for pages so large that clearing them costs as much as decoding a file.
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    if format is not None and format not in FORMATS:
        raise Unreadable(f"There is no format {format}; there are {', '.join(FORMATS)}.")
    found, written = detect(path)
    if format is not None and format != found:
        raise Unreadable(f"{path} is no {FORMATS[format]}; it looks like {found}: {FORMATS[found]}.")
    if found == access_log.FORMAT:
        return access_log.AccessLog(path, options, _key())
    if found == ga4.FORMAT and written == PARQUET:
        return ga4.Ga4Parquet(path)
    if found == ga4.FORMAT and written == JSON:
        return ga4.Ga4Lines(path)
    if found == own.FORMAT:
        return _OWN[written](path)
    raise unknown(path)


_OWN: Mapping[str, Callable[[Path], Reader]] = {
    PARQUET: own.OwnParquet,
    JSON: own.OwnLines,
    CSV: own.OwnCsv,
}


def _key() -> bytes:
    place = Path(settings.DATA_DIR) / "visitors.key"
    try:
        return kept_key(place)
    except (OSError, ValueError):
        raise Unreadable(
            f"The key {place}, which turns network addresses into visitors, cannot be read or made. Make its folder writable."
        ) from None
