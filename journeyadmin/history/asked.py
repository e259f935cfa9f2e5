"""What the history page is asked for: filters in the address, read leniently and applied to the log."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from journeyadmin.history.models import Change, Kind, Operation

OUTSIDE = "outside"


@dataclass(frozen=True)
class Asked:
    """Each empty where nothing is asked. `person` is a name as the log has it, or `outside` for what nobody here did."""

    person: str = ""
    kind: str = ""
    operation: str = ""
    words: str = ""
    since: date | None = None
    until: date | None = None
    batch: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "Asked":
        # PostgreSQL takes no zero character, not even to look for it.
        params = {name: text.replace("\x00", "") for name, text in params.items()}
        kind, operation = params.get("kind", ""), params.get("operation", "")
        return cls(
            person=params.get("person", ""),
            kind=kind if kind in Kind.values else "",
            operation=operation if operation in Operation.values else "",
            words=params.get("q", "").strip(),
            since=_day(params.get("since", "")),
            until=_day(params.get("until", "")),
            batch=params.get("batch", ""),
        )

    @property
    def any(self) -> bool:
        return self != Asked()

    @property
    def query(self) -> str:
        """The address of exactly this, with nothing that is not asked."""
        params = QueryDict(mutable=True)
        for name, value in (
            ("person", self.person),
            ("kind", self.kind),
            ("operation", self.operation),
            ("q", self.words),
            ("since", self.since.isoformat() if self.since else ""),
            ("until", self.until.isoformat() if self.until else ""),
            ("batch", self.batch),
        ):
            if value:
                params[name] = value
        return params.urlencode()

    def apply(self, changes: QuerySet[Change]) -> QuerySet[Change]:
        """Days are days of the zone that times are shown in; both ends are included."""
        if self.person == OUTSIDE:
            changes = changes.filter(person_name="")
        elif self.person:
            changes = changes.filter(person_name=self.person)
        if self.kind:
            changes = changes.filter(kind=self.kind)
        if self.operation:
            changes = changes.filter(operation=self.operation)
        if self.words:
            # SQLite's LIKE knows letter case of A to Z alone; a pattern knows it of every alphabet, on PostgreSQL too.
            text = re.escape(self.words)
            changes = changes.filter(Q(name__iregex=text) | Q(object_id=self.words) | Q(reason__iregex=text))
        if self.since:
            changes = changes.filter(when__gte=_midnight(self.since))
        if self.until:
            changes = changes.filter(when__lt=_midnight(self.until + timedelta(days=1)))
        if self.batch:
            changes = changes.filter(batch=self.batch)
        return changes


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # The first and last year have no room for zones.
    return found if 1900 <= found.year <= 9000 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())
