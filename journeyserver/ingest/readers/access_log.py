r"""Access logs of Apache and nginx in the combined format, plain or gzip, with or without the host in front (vhost_combined):

    [host[:port] ]address ident user [17/May/2015:10:05:03 +0000] "GET /page HTTP/1.1" 200 2326 "referrer" "user agent"

https://httpd.apache.org/docs/2.4/logs.html#combined. Which lines become events, and which are left out on purpose, is said in
docs/importing.md. Quotes and backslashes inside fields are escaped by a backslash, other bytes as \xhh.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow
import pyarrow.compute

from journeyserver.ingest import campaigns, pages
from journeyserver.ingest.agents import agent
from journeyserver.ingest.incoming import SCHEMAS, Batch, Options, Refused
from journeyserver.ingest.readers.lines import LineFile, Piece, masked
from journeyserver.ingest.visitors import visitor_id

FORMAT = "combined"
SHOWN = 100
# How many lines are asked for the site's own address.
_LOOKED_AT = 5_000

_TEXT = r'"([^"\\]*(?:\\.[^"\\]*)*)'
# The user's name may hold blanks only in quotes; so two records run together do not pass for one.
_LINE = re.compile(
    r'(?:([\w.\-]+(?::\d+)?) )?(\S+) (\S+) ("[^"]*"|\S+) \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] '
    + _TEXT
    + r'" (\d{3}) (?:\d+|-) '
    + _TEXT
    + r'" '
    + _TEXT
    + r'("?)\s*\Z'
)
_TIME = re.compile(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:")
_COMMON = re.compile(r'\S+ \S+ .*\[[^\]]+\] "[^"]*" \d{3} (?:\d+|-)\s*\Z')
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\(.)")
_MONTHS = {name: at for at, name in enumerate(re.findall("...", "JanFebMarAprMayJunJulAugSepOctNovDec"), 1)}

_SEEN = ("200", "304")  # 304: the browser showed the page from its cache
_DOWNLOADS = re.compile(
    r"7z|apk|bin|bz2|csv|deb|dmg|doc|docx|epub|exe|gz|iso|jar|key|msi|odp|ods|odt|pdf|pkg|pps|ppt|pptx|rar|"
    r"rpm|rtf|tar|tgz|xls|xlsx|xz|zip"
)
_ASSETS = re.compile(
    r"avif|avi|bmp|class|cur|css|eot|flv|gif|ico|jpe|jpeg|jpg|js|less|m3u8|m4a|m4v|map|mid|mov|mp3|mp4|"
    r"mpeg|mpg|mjs|ogg|ogv|otf|png|scss|svg|svgz|swf|tif|tiff|ts|ttf|wasm|wav|webm|webmanifest|webp|wma|"
    r"wmv|woff|woff2"
)
# Read by programs, not by people.
_MACHINES = frozenset(["atom", "json", "rdf", "rss", "xml", "xsl"])
_MACHINE_PATHS = ("/robots.txt", "/ads.txt", "/humans.txt", "/.well-known/", "/server-status")
# What Google Analytics takes for a search within a site (support.google.com/analytics/answer/9216061).
_SEARCHES = ("q", "s", "search", "query", "keyword")

ROBOT, ASSET, OTHER = "robots", "images, styles and scripts", "other requests"


class Line(NamedTuple):
    """A line of a log, its fields unescaped; `host` is empty where the format has none."""

    host: str
    address: str
    user: str
    moment: int  # microseconds since 1970, UTC
    method: str
    target: str
    status: str
    referrer: str
    user_agent: str


class BadLine(Exception):
    """A line that cannot be read; the text says why."""


def parse(line: str, cut: bool = False) -> Line:
    """A line in fields. `cut` says that the file ends within it. Raises BadLine."""
    found = _LINE.match(line)
    if found is None:
        raise BadLine(_reason(line))
    host, address, _, user, moment, request, status, referrer, user_agent, quote = found.groups()
    if not quote and (cut or not user_agent):
        raise BadLine("The line breaks off.")
    if "\\" in line:
        request, referrer, user_agent = _unescaped(request), _unescaped(referrer), _unescaped(user_agent)
    # A target may hold blanks that should have been encoded: the method is before the first, the protocol behind the last.
    method, _, rest = request.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    if not protocol.startswith("HTTP/"):
        target = rest
    return Line(
        host or "",
        address,
        "" if user in ("-", '""') else user,
        microseconds(moment),
        method,
        target.strip(),
        status,
        "" if referrer == "-" else referrer,
        "" if user_agent == "-" else user_agent,
    )


def _reason(line: str) -> str:
    if len(_TIME.findall(line)) > 1:
        return "Two records run together in this line."
    if _COMMON.match(line):
        return (
            "The line has no referrer and no user agent: it is in the common format, not in the combined one."
        )
    if _TIME.search(line):
        return "The line breaks off or is damaged."
    return "This is no line of an access log in the combined format."


def _unescaped(field: str) -> str:
    if "\\" not in field:
        return field
    octets = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], field)
    if all(ord(letter) < 256 for letter in octets):
        return octets.encode("latin-1").decode("utf-8", "replace")
    return octets


@lru_cache(maxsize=4096)
def _hour(text: str, offset: str) -> int:
    """The microseconds at which this hour (`17/May/2015:10`) begins at this offset from UTC. Raises ValueError, KeyError."""
    away = timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[3:]))
    begun = datetime(
        int(text[7:11]), _MONTHS[text[3:6]], int(text[:2]), int(text[12:14]), tzinfo=timezone(away)
    )
    return int(begun.timestamp()) * 1_000_000


def microseconds(text: str) -> int:
    """`17/May/2015:10:05:03 +0000` since 1970. Raises BadLine for a time that does not exist."""
    try:
        minute, second = int(text[15:17]), int(text[18:20])
        if minute > 59 or second > 60:
            raise ValueError(text)
        return _hour(text[:14], text[21:]) + (minute * 60 + second) * 1_000_000
    except (ValueError, KeyError):
        raise BadLine("There is no such time.") from None


def left_out(line: Line, with_robots: bool = False) -> str | None:
    """Why a line is no event (ROBOT, ASSET, OTHER), or None for one that is."""
    if not with_robots and _robot(line.user_agent):
        return ROBOT
    kind = extension(line.target)
    if _ASSETS.fullmatch(kind):
        return ASSET
    seen = line.method == "GET" and line.status in _SEEN and line.target.startswith("/")
    if not seen or kind in _MACHINES or line.target.startswith(_MACHINE_PATHS):
        return OTHER
    return None


@lru_cache(maxsize=16_384)
def _robot(user_agent: str) -> bool:
    return agent(user_agent).is_robot


@lru_cache(maxsize=16_384)
def extension(target: str) -> str:
    """`/a/style.CSS?v=2` → `css`; empty where there is none."""
    name = target.partition("?")[0].rpartition("/")[2]
    _, dot, last = name.rpartition(".")
    return last.lower() if dot else ""


@lru_cache(maxsize=1024)
def _site(host: str) -> str:
    """`Shop.example:443` → `https://shop.example`."""
    name, _, port = host.lower().partition(":")
    scheme = "https" if port == "443" else "http"
    return f"{scheme}://{name}" + (f":{port}" if port not in ("", "80", "443") else "")


@lru_cache(maxsize=16_384)
def _page(site: str, target: str) -> tuple[str, str, str | None]:
    """Event name, address and site search of what was asked for."""
    name = "file_downloaded" if _DOWNLOADS.fullmatch(extension(target)) else "page_viewed"
    found = campaigns.parameters(target.partition("?")[2]) if "?" in target else {}
    return name, site + target, next((found[key] for key in _SEARCHES if key in found), None)


class AccessLog:
    """A log opened for reading. Nothing of a visitor's network address leaves it but the keyed hash."""

    format = FORMAT

    def __init__(self, path: Path, options: Options, key: bytes) -> None:
        self._file = LineFile(path)
        self._with_robots = options.with_robots
        self._key = key
        self.site = options.site.rstrip("/") or self._guessed_site()

    def batches(self, position: int = 0) -> Iterator[Batch]:
        for piece in self._file.pieces(position):
            yield self._batch(piece)
        if broken := self._file.end():
            yield broken

    def newest(self) -> datetime | None:
        """The time of the latest event in it, UTC without zone."""
        latest: datetime | None = None
        for piece in self._file.pieces():
            table: Any = self._batch(piece).rows
            latest = max(
                filter(None, (latest, pyarrow.compute.max(table.column("ts")).as_py())), default=None
            )
        return latest

    def _batch(self, piece: Piece) -> Batch:
        rows: list[tuple[Any, ...]] = []
        refused: list[Refused] = []
        skipped: Counter[str] = Counter()
        visitors: dict[tuple[str, str], str] = {}
        last = piece.position if piece.cut else 0
        bad = 0
        for number, text in enumerate(piece.lines, piece.first):
            if not text.strip():
                continue
            try:
                line = parse(text, cut=number == last)
            except BadLine as error:
                bad += 1
                if bad <= SHOWN:
                    refused.append(Refused(number, str(error), _sample(text)))
                continue
            if why := left_out(line, self._with_robots):
                skipped[why] += 1
                continue
            who = (line.address, line.user_agent)
            visitor = visitors.get(who)
            if visitor is None:
                visitor = visitors[who] = visitor_id(self._key, *who)
            site = _site(line.host) if line.host else self.site
            rows.append(
                (
                    number,
                    line.moment,
                    visitor,
                    *_page(site, line.target),
                    line.referrer,
                    line.user_agent,
                    bool(line.user),
                )
            )
        return Batch(
            "events",
            _table(rows),
            piece.position,
            piece.total,
            tuple(refused),
            bad - len(refused),
            skipped.total(),
            dict(skipped),
        )

    def _guessed_site(self) -> str:
        """The site's own address, which the lines do not hold: a browser that loads an image names the page it is in."""
        votes: Counter[str] = Counter()
        piece = next(self._file.pieces(), None)
        for text in piece.lines[:_LOOKED_AT] if piece else ():
            try:
                line = parse(text)
            except BadLine:
                continue
            if line.referrer and _ASSETS.fullmatch(extension(line.target)) and not _robot(line.user_agent):
                address = pages.split(line.referrer)
                if address.hostname and address.scheme in ("http", "https"):
                    votes[f"{address.scheme}://{address.hostname}"] += 1
        return votes.most_common(1)[0][0] if votes else UNKNOWN_SITE


# A name that no site can have (RFC 2606).
UNKNOWN_SITE = "http://site.invalid"
_COLUMNS = (
    "number",
    "ts",
    "customer_id",
    "event_name",
    "page_url",
    "search_query",
    "referrer_url",
    "user_agent",
    "authenticated",
)


def _table(rows: list[tuple[Any, ...]]) -> Any:
    columns = zip(*rows, strict=True) if rows else [()] * len(_COLUMNS)
    schema = SCHEMAS["events"]
    arrays = [
        pyarrow.array(column, schema.field(name).type) for name, column in zip(_COLUMNS, columns, strict=True)
    ]
    return pyarrow.table(arrays, names=list(_COLUMNS))


def _sample(text: str) -> str:
    """The line without whoever asked: its first word is an address or a host's name."""
    return masked("[address] " + text.partition(" ")[2])


def looks_like(lines: list[str]) -> bool:
    """Whether at least one of a file's first lines is in this format."""
    for text in lines:
        try:
            parse(text)
        except BadLine:
            continue
        return True
    return False
