"""The warehouse's tables, built from the contract's names by one rule (docs/architecture.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from journeyadmin.contract.criteria import CONTEXT_KEYS, JOURNEY_KEYS
from journeyadmin.contract.dimensions import DIMENSIONS, Dimension
from journeyadmin.contract.names import column_name

# Words that every backend turns into types of its own.
Type = Literal["text", "uuid", "time", "bigint", "double", "boolean", "kind", "uuids", "texts", "map"]


@dataclass(frozen=True)
class Column:
    """A column of a table; its type is a word that a backend translates."""

    name: str
    type: Type


@dataclass(frozen=True)
class Table:
    """A table of the warehouse."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _columns(**types: Type) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name, type_ in types.items())


def _dimension_type(dimension: Dimension) -> Type:
    if dimension.multi_valued:
        return "uuids" if dimension.kind == "uuid" else "texts"
    if dimension.kind == "uuid":
        return "uuid"
    return "bigint" if dimension.kind == "integer" else "text"


JOURNEY_COLUMNS: Mapping[str, str] = MappingProxyType({name: column_name(name) for name in JOURNEY_KEYS})
CONTEXT_COLUMNS: Mapping[str, str] = MappingProxyType({name: column_name(name) for name in CONTEXT_KEYS})
DIMENSION_COLUMNS: Mapping[str, str] = MappingProxyType({name: column_name(name) for name in DIMENSIONS})

EVENTS = Table(
    "events",
    (
        *_columns(event_id="uuid", seq="bigint", ts="time", received="time", stream="text"),
        *_columns(customer_id="text", customer_id_type="text", session_id="uuid"),
        *(Column(name, "text") for name in JOURNEY_COLUMNS.values()),
        *_columns(authenticated="boolean", attributes="map", attribute_types="map"),
        *_columns(traits="map", trait_types="map", external_id="text"),
    ),
)
SESSIONS = Table(
    "sessions",
    (
        *_columns(session_id="uuid", session_type="text", customer_id="text", customer_id_type="text"),
        *_columns(started="time", last_event="time", event_count="bigint", pageview_count="bigint"),
        *(
            Column(name, "boolean" if name == "authenticated" else "text")
            for name in CONTEXT_COLUMNS.values()
        ),
        *_columns(referrer_keywords="text"),
        # The latest campaign and external referrer since the pause before the visit (docs/decisions/0005).
        *_columns(arrival_campaign="text", arrival_referrer="text"),
    ),
)
ASSIGNMENTS = Table(
    "assignments",
    _columns(
        segment_id="uuid",
        segment_scope="text",
        customer_id="text",
        session_id="uuid",
        event_id="uuid",
        ts="time",
        expires="time",
    ),
)
ACTIONS = Table(
    "actions",
    _columns(
        action_id="uuid",
        session_id="uuid",
        state="text",
        state_ts="time",
        entered="texts",
        error_code="text",
        error_message="text",
        media_type="text",
        action_map_id="uuid",
        action_map_version="bigint",
        action_target_id="uuid",
        action_template_id="uuid",
    ),
)
FACTS = Table(
    "facts",
    (
        *_columns(fact_id="uuid", kind="kind", ts="time", value="double"),
        *(Column(DIMENSION_COLUMNS[name], _dimension_type(row)) for name, row in DIMENSIONS.items()),
    ),
)
# What of a visit never changes, once for each hour that it has facts in; and how many facts of each kind an hour has.
SESSION_HOURS = Table(
    "session_hours",
    (
        *_columns(ts="time"),
        *(
            Column(DIMENSION_COLUMNS[name], _dimension_type(DIMENSIONS[name]))
            for name in (
                "journeySessionId",
                "journeySessionType",
                "journeyDeviceCategory",
                "journeyDeviceType",
                "journeyIpGeolocationCountry",
            )
        ),
    ),
)
FACT_HOURS = Table("fact_hours", _columns(ts="time", kind="kind", facts="bigint"))
IMPORTS = Table(
    "imports",
    _columns(
        import_id="uuid",
        fingerprint="text",
        name="text",
        format="text",
        options="text",
        shift_seconds="bigint",
        first_seq="bigint",
        state="text",
        message="text",
        started="time",
        finished="time",
        position="bigint",
        total="bigint",
        added="bigint",
        repeated="bigint",
        skipped="bigint",
        refused="bigint",
    ),
)
REFUSED = Table(
    "refused", _columns(import_id="uuid", received="time", number="bigint", reason="text", sample="text")
)
# Events that an import under way met, and that were there before it: how often it has met each of them.
REPEATS = Table(
    "repeats",
    _columns(
        import_id="uuid", customer_id="text", ts="time", event_name="text", page_url="text", copies="bigint"
    ),
)
SETTINGS = Table("settings", _columns(name="text", value="text"))
# What an engine notes about itself there: the version of its tables, and which months it has put in order.
SCHEMA, SORTED_MONTHS = "schema", "sorted_months"

TABLES = (
    EVENTS,
    SESSIONS,
    ASSIGNMENTS,
    ACTIONS,
    FACTS,
    SESSION_HOURS,
    FACT_HOURS,
    IMPORTS,
    REFUSED,
    REPEATS,
    SETTINGS,
)
