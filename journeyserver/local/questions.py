"""What preview, explain and overlap are asked: a definition that need not be saved, and a window of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from journeyadmin.contract import buckets, segments
from journeyserver import definitions, validation
from journeyserver.auth import Call
from journeyserver.errors import InvalidFields, bad_request, not_found
from journeyserver.fields import Fields

Json = Mapping[str, Any]

DAYS = 30


@dataclass(frozen=True)
class Question:
    """A definition as it would be stored, its scope, and the fields of the body for whatever else is asked."""

    definition: dict[str, Any]
    scope: str
    fields: Fields

    @property
    def is_empty(self) -> bool:
        return not (self.definition["context"]["patterns"] or self.definition["journey"]["patterns"])

    def check(self) -> None:
        """Raises InvalidFields where anything was wrong."""
        if self.fields.problems:
            raise InvalidFields(self.fields.problems)


def read(call: Call) -> Question:
    """The question in a body. What is wrong is only noted, so that all of it is said at once by `check`."""
    if not isinstance(call.body, dict):
        raise bad_request("The body must be a JSON object with a segment's context and journey.")
    fields = Fields(call.body)
    try:
        definition = validation.definition(call.body)
    except InvalidFields as error:
        fields.problems += error.problems
        definition = {"context": {"patterns": []}, "journey": {"patterns": []}}
    scope = fields.choice("scope", segments.SCOPES) or "Session"
    return Question(definition, scope, fields)


@dataclass(frozen=True)
class Span:
    """Start and end (exclusive) in UTC, and the zone whose days they are cut into."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def text(self) -> str:
        return buckets.format_interval(self.start, self.end, ZoneInfo("UTC"))

    def days(self) -> list[datetime]:
        """The edges of the days, one more than there are days; from the start on, as in an aggregate query."""
        return buckets.bucket_edges(self.start, self.end, buckets.parse_granularity("P1D"), self.zone)


def span(fields: Fields) -> Span:
    """`interval` and `timeZone` of a body; without an interval, today and the days before, thirty in all."""
    zone = ZoneInfo("UTC")
    try:
        zone = buckets.parse_zone(fields.text("timeZone", most=64))
    except buckets.BucketError as error:
        fields.note("timeZone", "invalid.format", str(error))
    text = fields.text("interval", most=128)
    if text is not None:
        try:
            found = Span(*buckets.parse_interval(text), zone)
            # That its days can be told is part of the question.
            found.days()
            return found
        except buckets.BucketError as error:
            fields.note("interval", "invalid.format", str(error))
    return last_days(DAYS, zone)


def last_days(days: int, zone: ZoneInfo) -> Span:
    """Today up to now and the whole days before it, so many in all."""
    now = datetime.now(UTC)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    first = (midnight - timedelta(days=days - 1)).replace(tzinfo=zone)
    return Span(first.astimezone(UTC), now, zone)


def saved_segment(fields: Fields) -> Json | None:
    """The stored segment that `savedId` names."""
    saved_id = fields.text("savedId", most=64)
    if saved_id is None:
        return None
    found = definitions.snapshot().by_id.get(saved_id.lower())
    if found is None:
        raise not_found("There is no segment with the id in savedId.", saved_id)
    return found
