"""Which format a file has, by what is in it and not by its name."""

import csv
import zlib
from collections.abc import Collection
from pathlib import Path

import orjson

from journeyserver.ingest.incoming import Unreadable
from journeyserver.ingest.readers import access_log, ga4, own, parquet
from journeyserver.ingest.readers.ga4_columns import NEEDED
from journeyserver.ingest.readers.lines import unreadable

FORMATS = {
    access_log.FORMAT: "access log of Apache or nginx, combined",
    ga4.FORMAT: "export of Google Analytics 4, Parquet or NDJSON",
    own.FORMAT: "events in our own format, NDJSON, CSV or Parquet",
}
_HEAD = 256 * 1024
# How far down a line of a log is looked for: a log may begin in the middle of one.
_LINES = 50

# What a file is written in.
PARQUET, JSON, CSV, LOG = "Parquet", "NDJSON", "CSV", "log"


def detect(path: Path) -> tuple[str, str]:
    """The format of a file and what it is written in. Raises Unreadable."""
    head = _head(path)
    if head.startswith(b"PAR1"):
        return _named(path, parquet.opened(path).schema_arrow.names), PARQUET
    lines = [line.strip() for line in head.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:_LINES]]
    lines = [line for line in lines if line]
    if not lines:
        raise Unreadable(f"{path} is empty.")
    if access_log.looks_like(lines):
        return access_log.FORMAT, LOG
    for line in lines:
        if line.startswith("{"):
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            return _named(path, found), JSON
    try:
        names = [name.strip() for name in next(csv.reader(lines[:1]), [])]
    except csv.Error:
        # A line of a hundred thousand letters names no columns.
        raise unknown(path) from None
    return _named(path, names), CSV


def _named(path: Path, names: Collection[str]) -> str:
    if set(NEEDED) <= set(names):
        return ga4.FORMAT
    if "time" in names:
        return own.FORMAT
    raise unknown(path)


def unknown(path: Path) -> Unreadable:
    """The sentence for a file of another format."""
    known = "; ".join(f"{name}: {text}" for name, text in FORMATS.items())
    return Unreadable(f"{path} is in no format that is known here ({known}).")


def _head(path: Path) -> bytes:
    """The beginning of a file, unpacked."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from None
    if not head:
        raise Unreadable(f"{path} is empty.")
    if not head.startswith(b"\x1f\x8b"):
        return head
    member = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = member.decompress(head, _HEAD)
        whole = member.eof
    except zlib.error:
        unpacked, whole = b"", False
    if not unpacked and not whole:
        raise Unreadable(f"{path} is packed by gzip and damaged from its beginning.")
    return unpacked
