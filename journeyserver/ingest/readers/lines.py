"""Lines of a file, plain or gzip, in pieces of bounded memory; how far it has been read; what a sample may show.

`position` of every reader of lines is the number of lines read, so that an interrupted import goes on at the right line
and a refused line is named by the number that an editor shows.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import IO

from journeyserver.ingest.incoming import Batch, Refused, Unreadable

_BLOCK = 4 * 1024 * 1024
_PACKED_BLOCK = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_BROKEN = "The compressed data breaks off here; what follows cannot be read."
# A line longer than this is cut: it is no line of any format here, and must not fill the memory.
_LONGEST = 1024 * 1024
_SAMPLE = 160

_ADDRESS_OF_PERSON = re.compile(r"[^\s@\"'<>=&?/:;,]+@[^\s@\"'<>=&?/:;,]+")
_IP = re.compile(
    r"(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)|(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"
)


@dataclass(frozen=True)
class Piece:
    """`lines` without their ends; the first has the number `first` (from 1). `position` and `total` in lines, the total
    estimated from the bytes read so far. `cut` says that the last line has no end: somebody may still be writing it."""

    first: int
    lines: list[str]
    position: int
    total: int
    cut: bool = False


class LineFile:
    """A file of lines. Opening raises Unreadable; a file that breaks off ends the pieces and leaves `broken`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken = ""
        self._position = 0
        try:
            with path.open("rb") as file:
                self._packed = file.read(2) == b"\x1f\x8b"
            self._size = path.stat().st_size
        except OSError as error:
            raise unreadable(path, error) from error

    def pieces(self, position: int = 0, least: int = 50_000) -> Iterator[Piece]:
        """Pieces of at least so many lines (the last one has fewer), behind the first `position` lines."""
        number, lines = 0, []
        with self.path.open("rb") as raw:
            for block, cut in self._blocks(raw):
                fresh = block.decode("utf-8", "replace").split("\n")
                if skipped := max(0, min(len(fresh), position - number)):
                    del fresh[:skipped]
                    number += skipped
                lines += fresh
                if lines and (cut or len(lines) >= least):
                    yield self._piece(number, lines, raw.tell(), cut)
                    number, lines = number + len(lines), []
            if lines:
                yield self._piece(number, lines, self._size, False)

    def _piece(self, number: int, lines: list[str], consumed: int, cut: bool) -> Piece:
        position = self._position = number + len(lines)
        total = position if consumed >= self._size else int(position * self._size / max(1, consumed))
        return Piece(number + 1, lines, position, max(position, total), cut)

    def end(self) -> Batch | None:
        """What is said of the file's end when it breaks off: a refused line of its own."""
        if not self.broken:
            return None
        at = self._position
        return Batch("events", None, at, at, (Refused(at + 1, self.broken),))

    def _blocks(self, raw: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
        """Whole lines without the end of the last one; True with what follows the last end of line."""
        rest = b""
        for block in self._unpacked(raw) if self._packed else iter(lambda: raw.read(_BLOCK), b""):
            whole, end, after = block.rpartition(b"\n")
            if end:
                yield rest + whole, False
                rest = after
            else:
                rest = (rest + block)[:_LONGEST]
        if rest:
            yield rest, True

    def _unpacked(self, raw: IO[bytes]) -> Iterator[bytes]:
        """What the gzip members hold, to the very byte where a broken one ends."""
        member, packed = zlib.decompressobj(_GZIP), b""
        while True:
            packed = packed or raw.read(_PACKED_BLOCK)
            if not packed:
                break
            if member.eof:
                member = zlib.decompressobj(_GZIP)
            try:
                block = member.decompress(packed, _BLOCK)
            except zlib.error:
                self.broken = _BROKEN
                return
            packed = member.unused_data or member.unconsumed_tail
            if block:
                yield block
        if not member.eof:
            self.broken = _BROKEN


def unreadable(path: Path, error: OSError) -> Unreadable:
    """The sentence for a file that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return Unreadable(f"There is no file {path}.")
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return Unreadable(f"{path} is a folder; name the files in it.")
    return Unreadable(f"{path} cannot be read ({error.strerror or error}).")


def masked(text: str) -> str:
    """The beginning of a line, as it may be shown and kept: without addresses of people or of their machines."""
    text = _ADDRESS_OF_PERSON.sub("[e-mail]", text[: 4 * _SAMPLE])
    text = _IP.sub(lambda found: "[ip]" if _is_ip(found[0]) else found[0], text)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _SAMPLE else text[: _SAMPLE - 1] + "…"


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        # Four numbers that are no address may be one with a typing error.
        return text.count(".") == 3
    return True
