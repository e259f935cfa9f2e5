"""DuckDB's dialect: types, and what compile.py and predicates.py mean in its words."""

from collections.abc import Mapping
from datetime import UTC, datetime

from journeyserver.engine.columns import Type

TYPES: Mapping[Type, str] = {
    "text": "VARCHAR",
    "uuid": "UUID",
    "time": "TIMESTAMP",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "kind": "fact_kind",
    "uuids": "UUID[]",
    "texts": "VARCHAR[]",
    "map": "MAP(VARCHAR, VARCHAR)",
}


class DuckWords:
    """DuckDB's dialect."""

    def count_if(self, condition: str) -> str:
        return f"count(*) FILTER (WHERE {condition})"

    def distinct_if(self, column: str, condition: str) -> str:
        return f"count(DISTINCT {column}) FILTER (WHERE {condition})"

    def aggregate_if(self, function: str, column: str, condition: str) -> str:
        return f"{function}({column}) FILTER (WHERE {condition})"

    def microseconds(self, column: str) -> str:
        return f"epoch_us({column})"

    def time_literal(self, moment: datetime) -> str:
        return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"

    def number_literal(self, number: float) -> str:
        return f"CAST({number!r} AS DOUBLE)"

    def integer_division(self, left: str, right: str) -> str:
        return f"({left} // {right})"

    def as_text(self, column: str, type_: str) -> str:
        return column if type_ == "text" else f"CAST({column} AS VARCHAR)"

    def as_group(self, column: str, type_: str) -> str:
        return f"CAST({column} AS BLOB)" if type_ == "uuid" else self.as_text(column, type_)

    def unnest(self, column: str) -> str:
        return f"unnest(CASE WHEN len({column}) > 0 THEN list_distinct({column}) ELSE [NULL] END)"

    def joined(self, column: str, type_: str) -> str:
        text = column if type_ == "texts" else f"CAST({column} AS VARCHAR[])"
        return f"CASE WHEN len({column}) > 0 THEN array_to_string(list_sort(list_distinct({text})), ',') END"

    def any_equals(self, column: str, type_: str, parameter: str) -> str:
        if type_ == "uuids":
            return f"coalesce(list_contains({column}, TRY_CAST({parameter} AS UUID)), false)"
        return f"coalesce(list_contains({column}, {parameter}), false)"

    def equals(self, column: str, type_: str, parameter: str) -> str:
        if type_ == "uuid":
            return f"coalesce({column} = TRY_CAST({parameter} AS UUID), false)"
        return f"coalesce({self.as_text(column, type_)} = {parameter}, false)"

    def is_present(self, column: str, type_: str) -> str:
        if type_ in ("uuids", "texts"):
            return f"coalesce(len({column}) > 0, false)"
        return f"{column} IS NOT NULL"

    def folded(self, text: str) -> str:
        return f"casefold({text})"

    def contains(self, text: str, part: str) -> str:
        return f"contains({text}, {part})"

    def starts_with(self, text: str, part: str) -> str:
        return f"starts_with({text}, {part})"

    def ends_with(self, text: str, part: str) -> str:
        return f"ends_with({text}, {part})"

    def as_number(self, text: str) -> str:
        return f"as_number({text})"

    def version_key(self, text: str) -> str:
        return f"version_key({text})"

    def map_value(self, column: str, parameter: str) -> str:
        return f"map_extract_value({column}, {parameter})"

    def nth_smallest(self, number: str, n: int, condition: str) -> str:
        return f"(min({number}, {n}) FILTER (WHERE {condition}))[{n}]"

    def in_part(self, column: str, parts: int) -> str:
        return f"hash({column}) % {parts} = 0"

    def wide(self, number: str) -> str:
        return f"CAST({number} AS HUGEINT)"

    def map_keys(self, column: str) -> str:
        return f"unnest(map_keys({column}))"

    def histogram(self, number: str) -> str:
        return f"histogram({number})"

    def latest(self, column: str, by: str, n: int) -> str:
        return f"arg_max({column}, {by}, {n})"
