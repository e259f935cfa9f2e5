"""All segments of the connected service with what the list shows of each, read at most every few seconds."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone, translation

from journeyadmin import wording
from journeyadmin.contract.segments import MAX_SEGMENTS
from journeyadmin.history import log
from journeyadmin.history.lastknown import LastKnown
from journeyadmin.history.models import Kind
from journeyadmin.http import JourneyRequest
from journeyadmin.latest import Latest
from segments import recent, sameness, search, warnings

Json = dict[str, Any]

# As long as this the same list answers again; the page says how old it is. A write made here ends it at once.
KEPT_SECONDS = 15.0
# In a list a sentence is a reminder; the whole of it is on the segment's page.
SHOWN_SENTENCE = 260


@dataclass(frozen=True)
class Row:
    """One segment as the list shows it. `warned` holds the codes of its warnings, `normal` its conditions' normal form."""

    entity: Json
    sentence: str
    normal: Any
    created: datetime | None
    changed: datetime | None
    warned: tuple[str, ...]
    searched: search.Searched

    @property
    def id(self) -> str:
        return str(self.entity["id"])

    @property
    def path(self) -> str:
        """The address of its page; links in a row are built on it, because 500 rows look up no names."""
        return f"{_root()}{quote(self.id, safe='')}/"

    @property
    def name(self) -> str:
        return str(self.entity.get("displayName") or self.id)

    @property
    def active(self) -> bool:
        return self.entity.get("isActive") is True

    @property
    def scope(self) -> str:
        return str(self.entity.get("scope") or "")

    @property
    def agents(self) -> bool:
        return self.entity.get("shouldDisplayToAgent") is True

    @property
    def expiry(self) -> int:
        days = self.entity.get("assignmentExpirationDays")
        return days if isinstance(days, int) else 0

    @property
    def version(self) -> Any:
        return self.entity.get("version", "")

    @property
    def short_sentence(self) -> str:
        if len(self.sentence) <= SHOWN_SENTENCE:
            return self.sentence
        return self.sentence[:SHOWN_SENTENCE].rsplit(" ", 1)[0] + " …"


@dataclass(frozen=True)
class Catalogue:
    """`twins` maps an id to the other segments with the same conditions; `pending` are ids the service does not list yet."""

    rows: list[Row]
    read: datetime
    kept: bool
    pending: frozenset[str] = frozenset()
    twins: dict[str, list[Row]] = field(default_factory=dict)

    def find(self, segment_id: str) -> Row | None:
        return next((row for row in self.rows if row.id == segment_id), None)

    @property
    def active(self) -> int:
        return sum(row.active for row in self.rows)

    @property
    def full(self) -> bool:
        return len(self.rows) >= MAX_SEGMENTS

    @property
    def nearly_full(self) -> bool:
        return len(self.rows) >= MAX_SEGMENTS * 0.9


@dataclass(frozen=True)
class _Kept:
    entities: list[Json]
    read: datetime
    clock: float
    after: int


_lists: Latest[tuple[int, str], _Kept] = Latest(128)
_rows: Latest[tuple[Any, ...], Row] = Latest(4096)


def read(request: JourneyRequest, *, fresh: bool = False) -> Catalogue:
    """Every segment the person may see; `fresh` asks the service in any case."""
    kept = None if fresh else _find(request)
    from_store = kept is not None
    if kept is None:
        entities = cast("list[Json]", list(request.journey.list_segments(sortBy="displayName")))
        log.notice(request, "segment", entities, complete=True)
        kept = _Kept(entities, timezone.now(), time.monotonic(), _last_write(request))
        _lists.put(_key(request), kept)
    entities, pending = recent.laid_over(request, kept.entities)
    rows = _described(request.connection.pk, entities)
    return Catalogue(rows, kept.read, from_store, pending, _twins(rows))


def known(request: JourneyRequest) -> Catalogue | None:
    """The catalogue if it is at hand without asking the service, however old within its time."""
    return read(request) if _find(request) else None


def as_last_known(request: JourneyRequest, last: LastKnown) -> Catalogue:
    """The catalogue as it was when the service last answered."""
    rows = _described(request.connection.pk, last.entities)
    return Catalogue(rows, last.read, True, twins=_twins(rows))


def forget() -> None:
    """Nothing is kept any more."""
    _lists.forget()
    _rows.forget()


def describe(entity: Json) -> Row:
    """What the list shows of one segment."""
    sentence = wording.sentence(entity)
    created, changed = _moment(entity.get("createdDate")), _moment(entity.get("modifiedDate"))
    warned = tuple(dict.fromkeys(found.code for found in warnings.find(entity)))
    traits = {
        "active" if entity.get("isActive") is True else "inactive",
        "person" if entity.get("scope") == "Customer" else "visit",
    }
    if entity.get("shouldDisplayToAgent") is True:
        traits.add("agents")
    if entity.get("assignmentExpirationDays"):
        traits.add("expiring")
    if warned:
        traits.add("warned")
    local = timezone.localtime(changed).date() if changed else None
    return Row(
        entity,
        sentence,
        sameness.normal_form(entity),
        created,
        changed,
        warned,
        search.searched(entity, sentence, local, frozenset(traits)),
    )


@cache
def _root() -> str:
    return reverse("segments:list")


def _find(request: JourneyRequest) -> _Kept | None:
    kept = _lists.get(_key(request))
    if kept is None or time.monotonic() - kept.clock > KEPT_SECONDS or kept.after != _last_write(request):
        return None
    return kept


def _key(request: JourneyRequest) -> tuple[int, str]:
    """Lists are kept per person: two people need not see the same."""
    return request.user.pk, request.connection.api_url


def _last_write(request: JourneyRequest) -> int:
    return log.last_write(request.connection, Kind.SEGMENT)


def _described(connection: int, entities: Iterable[Json]) -> list[Row]:
    """Describing is the costly part; what did not change since is not described again."""
    language, zone = translation.get_language(), timezone.get_current_timezone_name()
    found = []
    for entity in entities:
        key = (connection, entity["id"], entity.get("version"), entity.get("modifiedDate"), language, zone)
        row = _rows.get(key)
        if row is None or (row.entity is not entity and row.entity != entity):
            row = describe(entity)
            _rows.put(key, row)
        found.append(row)
    return found


def _twins(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        if row.normal is not None:
            groups.setdefault(row.normal, []).append(row)
    return {
        row.id: [other for other in group if other is not row]
        for group in groups.values()
        if len(group) > 1
        for row in group
    }


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found
