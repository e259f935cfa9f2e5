"""What an import shows to whoever typed it: a bar or lines while it runs, a summary at its end, ten lines beforehand."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any, Protocol, TextIO

from journeyserver.ingest import agents, pages, referrers
from journeyserver.ingest.importer import Progress, Result
from journeyserver.ingest.incoming import Reader, Refused
from journeyserver.ingest.peek import peek

EXAMPLES = 10
_WIDTH = 24
# Seconds between two lines where no bar can be drawn.
_PAUSE = 5.0


def say(sentence: str) -> None:
    print(sentence, flush=True)


def complain(sentence: str) -> None:
    print(f"journeyserver: {sentence}", file=sys.stderr, flush=True)


class Bar(Protocol):
    """Shows progress; `clear` before anything else is printed."""

    def show(self, progress: Progress) -> None: ...

    def clear(self) -> None: ...


def bar(name: str, stream: TextIO) -> Bar:
    """A bar on a terminal, a line now and then elsewhere."""
    return _Drawn(name, stream) if stream.isatty() else _Lines(name, stream)


class _Measured:
    """Speed and time left, from the first progress seen: an import that goes on began somewhere in the file."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self._name = name
        self._stream = stream
        self._begun = time.monotonic()
        self._first: int | None = None

    def _text(self, progress: Progress) -> str:
        if self._first is None:
            self._first = 0 if progress.seconds else progress.position
        spent = max(1e-3, time.monotonic() - self._begun)
        speed = (progress.position - self._first) / spent
        text = f"{share(progress):4.0%}  {number(round(speed))} rows/s"
        if speed > 0 and progress.total > progress.position:
            text += f"  {duration((progress.total - progress.position) / speed)} left"
        return text


class _Drawn(_Measured):
    def show(self, progress: Progress) -> None:
        filled = round(_WIDTH * share(progress))
        drawn = "█" * filled + "░" * (_WIDTH - filled)
        self._stream.write(f"\r\x1b[2K{self._name}  {drawn} {self._text(progress)}")
        self._stream.flush()

    def clear(self) -> None:
        self._stream.write("\r\x1b[2K")
        self._stream.flush()


class _Lines(_Measured):
    def __init__(self, name: str, stream: TextIO) -> None:
        super().__init__(name, stream)
        self._last = self._begun

    def show(self, progress: Progress) -> None:
        text = self._text(progress)
        if time.monotonic() - self._last >= _PAUSE:
            self._last = time.monotonic()
            print(f"{self._name}: {text.strip()}", file=self._stream, flush=True)

    def clear(self) -> None:
        pass


def share(progress: Progress) -> float:
    """How much of the file has been read, from 0 to 1."""
    return min(1.0, progress.position / progress.total) if progress.total else 0.0


def number(value: int) -> str:
    return f"{value:,}"


def duration(seconds: float) -> str:
    """`0.8 s`, `48 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if seconds < 9.5:
        return f"{seconds:.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def summary(result: Result, site: str = "") -> str:
    """A few lines on what became of a file."""
    told = result.progress
    if told.state == "already":
        return f"{told.name} ({told.format}): 0 added. {told.message}"
    head = f"{told.name} ({told.format}): {number(told.added)} added, {number(told.repeated)} repeated"
    if told.skipped:
        why = ", ".join(f"{number(count)} {reason}" for reason, count in sorted(told.left_out.items()))
        head += f", {number(told.skipped)} skipped" + (f" ({why})" if why else "")
    head += f", {number(told.refused)} refused"
    rate = f" ({number(round(told.position / told.seconds))} rows/s)" if told.seconds >= 1 else ""
    lines = [f"{head}, in {duration(told.seconds)}{rate}."]
    if site:
        lines.append(f"Its pages are those of {site}.")
    return "\n".join(lines + refusals(result.refusals, told.refused))


def refusals(refused: tuple[Refused, ...], total: int) -> list[str]:
    """Refused lines by reason, with at most ten examples between them."""
    reasons = Counter(line.reason for line in refused)
    shown = min(EXAMPLES, len(refused))
    share_of_each = max(1, shown // len(reasons)) if reasons else 0
    lines = []
    for reason, count in reasons.most_common(EXAMPLES):
        lines.append(f"  {number(count)} × {reason}")
        examples = (line for line in refused if line.reason == reason)
        lines += [
            f"      line {number(line.number)}: {line.sample}".rstrip(": ")
            for line in islice(examples, share_of_each)
        ]
    if len(reasons) > EXAMPLES:
        lines.append(f"  and {len(reasons) - EXAMPLES} more reasons")
    if total > len(refused):
        lines.append(f"  {number(total - len(refused))} more are counted but not shown")
    return lines


def preview(name: str, reader: Reader) -> str:
    """What the first ten lines become, and which of the first piece are refused. Raises Unreadable."""
    head = peek(reader)
    site = getattr(reader, "site", "")
    title = f"{name} ({reader.format})" + (f", pages of {site}" if site else "")
    lines = [_row(kind, row) for kind, row in head.rows] or ["  no line of it becomes an event"]
    if head.refused:
        lines += ["Refused among the first lines:", *refusals(tuple(head.refused), head.refused_count)]
    return "\n".join([title, *lines])


def _row(kind: str, row: Mapping[str, Any]) -> str:
    """`2015-05-17 10:05:03  page_viewed  https://…  desktop, Chrome 32, search  visitor 3f2a91c4`."""
    words = [f"{row['ts']:%Y-%m-%d %H:%M:%S}"]
    if kind == "events":
        words += [str(row["event_name"]), row.get("page_url") or row.get("screen_name") or ""]
        words.append(", ".join(part for part in _context(row) if part))
    else:
        told = {key: value for key, value in row.items() if key not in ("ts", "number", "customer_id")}
        words += [kind, ", ".join(f"{key} {value}" for key, value in told.items())]
    if who := row.get("customer_id"):
        words.append(f"visitor {who[:8]}")
    return "  " + "  ".join(word for word in words if word)


def _context(row: Mapping[str, Any]) -> list[str]:
    """Device, browser and where the visitor came from, as intake will derive them."""
    agent = (
        dict(zip(agents.COLUMNS, agents.parts(row["user_agent"]), strict=True))
        if row.get("user_agent")
        else {}
    )
    found = {**agent, **row}
    medium = row.get("referrer_medium")
    if not medium and row.get("referrer_url"):
        host = pages.split(row.get("page_url") or "").hostname
        medium = referrers.parts(row["referrer_url"], host)[1]
    browser = (
        f"{found.get('browser_family', '')} {(found.get('browser_version') or '').partition('.')[0]}".strip()
    )
    return [found.get("device_category", ""), browser, medium or "", found.get("geolocation_country", "")]
