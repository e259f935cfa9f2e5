"""Query parameters, sorting, and the envelope of a listing. Source: docs/api/journey-api.md §1.2 and §6."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from journeyadmin.contract.segments import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from journeyserver.errors import InvalidFields, Problem

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
# The last page number that every JSON reader takes for what it is.
_MAX_PAGE_NUMBER = 2**53 - 1

Row = dict[str, Any]


class Parameters:
    """The query string of a listing. What is wrong is noted, all at once, under the parameter's name."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.problems: list[Problem] = []

    def __contains__(self, name: str) -> bool:
        return name in self.query

    def note(self, name: str, code: str, reason: str) -> None:
        """Notes a problem of a parameter; the first of each is told."""
        if all(problem.path != name for problem in self.problems):
            self.problems.append(Problem(name, code, reason))

    def check(self) -> None:
        """Raises InvalidFields where anything is wrong."""
        if self.problems:
            raise InvalidFields(self.problems)

    def text(self, name: str) -> str | None:
        given = self.query.getlist(name)
        if len(given) > 1:
            self.note(name, "invalid.length", "must be given once.")
            return None
        return given[0] if given else None

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not _WHOLE.fullmatch(value):
            self.note(name, "invalid.type", f"must be a whole number of {low} to {high}.")
        elif not low <= int(value) <= high:
            self.note(name, "out.of.range", f"must be {low} to {high}, not {value}.")
        else:
            return int(value)
        return default

    def flag(self, name: str) -> bool | None:
        """True or false in any case, as some clients write `True`."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            self.note(name, "invalid.type", "must be true or false.")
            return None
        return value.lower() == "true"

    def texts(self, name: str) -> list[str] | None:
        """A list, written as a repeated parameter, with commas, or both; each value once."""
        if name not in self.query:
            return None
        parts = [part.strip() for given in self.query.getlist(name) for part in given.split(",")]
        return list(dict.fromkeys(part for part in parts if part))

    def sorting(self, name: str, allowed: Collection[str]) -> list[tuple[str, bool]]:
        """Property names with whether each is to descend."""
        value = self.text(name)
        if value is None:
            return []
        keys = [(part.removeprefix("-"), part.startswith("-")) for part in value.split(",")]
        if unknown := [f"“{key[:100]}”" for key, _ in keys if key not in allowed]:
            verb = "is not" if len(unknown) == 1 else "are not"
            self.note(name, "invalid.enum", f"{', '.join(unknown)[:500]} {verb} one of {', '.join(allowed)}.")
        return keys


@dataclass(frozen=True)
class Page:
    size: int
    number: int

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        start = (self.number - 1) * self.size
        return rows[start : start + self.size]


def read_page(parameters: Parameters) -> Page:
    return Page(
        size=parameters.integer("pageSize", DEFAULT_PAGE_SIZE, 1, MAX_PAGE_SIZE),
        number=parameters.integer("pageNumber", 1, 1, _MAX_PAGE_NUMBER),
    )


def ordered(rows: Sequence[Row], keys: Sequence[tuple[str, bool]]) -> list[Row]:
    """Text without regard to case, what is missing last in both directions, and at last by id."""
    result = sorted(rows, key=lambda row: str(row["id"]))
    # Python's sort is stable, so the first key is sorted by last.
    for name, descending in reversed(keys):
        present = [row for row in result if row.get(name) is not None]
        missing = [row for row in result if row.get(name) is None]
        present.sort(key=lambda row, name=name: _comparable(row[name]), reverse=descending)  # type: ignore[misc]
        result = present + missing
    return result


def _comparable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def whole(path: str, effective: Sequence[tuple[str, str]], entities: Sequence[Any]) -> dict[str, Any]:
    """The listing of what was asked for by id: one page, whose links do not name a page, as no request may then."""
    uri = f"{path}?{urlencode(effective)}"
    found = len(entities)
    return {
        "entities": entities,
        "pageSize": found,
        "pageNumber": 1,
        "total": found,
        "pageCount": 1 if found else 0,
        "firstUri": uri,
        "selfUri": uri,
        "lastUri": uri,
    }


def envelope(
    path: str, effective: Sequence[tuple[str, str]], entities: Sequence[Any], page: Page, total: int
) -> dict[str, Any]:
    """A listing; `effective` are the query parameters beside the page's own, as its links repeat them."""

    def uri(number: int) -> str:
        query = [*effective, ("pageSize", str(page.size)), ("pageNumber", str(number))]
        return f"{path}?{urlencode(query, safe=',')}"

    page_count = -(-total // page.size)
    shown: dict[str, Any] = {
        "entities": entities,
        "pageSize": page.size,
        "pageNumber": page.number,
        "total": total,
        "pageCount": page_count,
        "firstUri": uri(1),
        "selfUri": uri(page.number),
        "lastUri": uri(max(page_count, 1)),
    }
    if page.number > 1:
        # From beyond the end back to the last page there is.
        shown["previousUri"] = uri(min(page.number - 1, max(page_count, 1)))
    if page.number < page_count:
        shown["nextUri"] = uri(page.number + 1)
    return shown
