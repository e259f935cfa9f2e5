"""ClickHouse's dialect: types, settings, and what compile.py and predicates.py mean in its words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from journeyserver.engine.columns import Type

# All but lists and maps can be missing; tables say which columns never are. Missing lists and maps are empty ones.
TYPES: Mapping[Type, str] = MappingProxyType(
    {
        "text": "Nullable(String)",
        "uuid": "Nullable(UUID)",
        "time": "Nullable(DateTime64(6, 'UTC'))",
        "bigint": "Nullable(Int64)",
        "double": "Nullable(Float64)",
        "boolean": "Nullable(Bool)",
        "kind": "LowCardinality(String)",
        "uuids": "Array(UUID)",
        "texts": "Array(String)",
        # A value may be missing, so that asking for a name that is not there gives null and not an empty text.
        "map": "Map(String, Nullable(String))",
    }
)
# Where ClickHouse reads SQL otherwise than the standard says, and this makes it do so: null for nothing, names of columns
# before those of results, numbers as written.
SETTINGS: Mapping[str, int | str] = MappingProxyType(
    {
        "aggregate_functions_null_for_empty": 1,
        "cast_keep_nullable": 1,
        "count_distinct_implementation": "uniqExact",
        "join_use_nulls": 1,
        "precise_float_parsing": 1,
        "prefer_column_name_to_alias": 1,
        "union_default_mode": "ALL",
        "date_time_input_format": "best_effort",
        "session_timezone": "UTC",
        # A transaction's rows are read, and taken back, right after they were written.
        "async_insert": 0,
        "lightweight_deletes_sync": 2,
        "mutations_sync": 2,
    }
)

_NUMBER = r"[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# What Python's str.strip takes away.
_BLANKS = "[" + "".join(f"\\\\x{{{code:x}}}" for code in range(0x3001) if chr(code).isspace()) + "]*"
_VERSION = r"[0-9]{1,18}(?:\\.[0-9]{1,18})*"
_PARTS = 16


class ClickWords:
    """ClickHouse's dialect. A text given is named once, as it may hold the place of a parameter."""

    def count_if(self, condition: str) -> str:
        return f"countIf({condition})"

    def distinct_if(self, column: str, condition: str) -> str:
        return f"uniqExactIf({column}, {condition})"

    def aggregate_if(self, function: str, column: str, condition: str) -> str:
        if function == "count":
            return f"countIf({column} IS NOT NULL AND ({condition}))"
        return f"{function}OrNullIf({column}, {condition})"

    def microseconds(self, column: str) -> str:
        return f"toUnixTimestamp64Micro({column})"

    def time_literal(self, moment: datetime) -> str:
        return f"toDateTime64('{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}', 6, 'UTC')"

    def number_literal(self, number: float) -> str:
        return f"CAST({number!r} AS Float64)"

    def integer_division(self, left: str, right: str) -> str:
        return f"intDiv({left}, {right})"

    def as_text(self, column: str, type_: str) -> str:
        return column if type_ == "text" else f"toString({column})"

    def as_group(self, column: str, type_: str) -> str:
        return self.as_text(column, type_)

    def unnest(self, column: str) -> str:
        return f"arrayJoin(if(empty({column}), [NULL], arrayDistinct({column})))"

    def joined(self, column: str, type_: str) -> str:
        text = column if type_ == "texts" else f"CAST({column} AS Array(String))"
        return f"if(empty({column}), NULL, arrayStringConcat(arraySort(arrayDistinct({text})), ','))"

    def any_equals(self, column: str, type_: str, parameter: str) -> str:
        if type_ == "uuids":
            return f"coalesce(has({column}, toUUIDOrNull({parameter})), false)"
        return f"has({column}, {parameter})"

    def equals(self, column: str, type_: str, parameter: str) -> str:
        if type_ == "uuid":
            return f"coalesce({column} = toUUIDOrNull({parameter}), false)"
        return f"coalesce({self.as_text(column, type_)} = {parameter}, false)"

    def is_present(self, column: str, type_: str) -> str:
        return f"notEmpty({column})" if type_ in ("uuids", "texts") else f"{column} IS NOT NULL"

    def folded(self, text: str) -> str:
        return f"caseFoldUTF8({text})"

    def contains(self, text: str, part: str) -> str:
        return f"position({text}, {part}) > 0"

    def starts_with(self, text: str, part: str) -> str:
        return f"startsWith({text}, {part})"

    def ends_with(self, text: str, part: str) -> str:
        return f"endsWith({text}, {part})"

    def as_number(self, text: str) -> str:
        # What is no number is extracted as an empty text, and that is none.
        number = f"toFloat64OrNull(extract(coalesce({text}, ''), '^{_BLANKS}({_NUMBER}){_BLANKS}$'))"
        return f"nullIf(nullIf({number}, inf), -inf)"

    def version_key(self, text: str) -> str:
        # Parts of one length, and as many as any: texts then compare as versions do. What is no version is one empty part.
        parts = f"splitByChar('.', extract(coalesce({text}, ''), '^({_VERSION})$'))"
        padded = f"arrayMap(part -> if(part = '', '-', leftPad(part, 18, '0')), arrayResize({parts}, {_PARTS}, '0'))"
        nothing = ["-", *["0" * 18] * (_PARTS - 1)]
        return f"nullIf(arrayStringConcat({padded}), '{''.join(nothing)}')"

    def map_value(self, column: str, parameter: str) -> str:
        return f"{column}[{parameter}]"

    def nth_smallest(self, number: str, n: int, condition: str) -> str:
        return f"arrayElementOrNull(groupArraySortedIf({n})({number}, {condition}), {n})"

    def in_part(self, column: str, parts: int) -> str:
        return f"cityHash64({column}) % {parts} = 0"

    def wide(self, number: str) -> str:
        return f"CAST({number} AS Int128)"

    def map_keys(self, column: str) -> str:
        return f"arrayJoin(mapKeys({column}))"

    def histogram(self, number: str) -> str:
        return f"sumMap(map(assumeNotNull({number}), 1))"

    def latest(self, column: str, by: str, n: int) -> str:
        return f"arrayMap(row -> row.2, groupArraySorted({n})((-{self.microseconds(by)}, {column})))"
