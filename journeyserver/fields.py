"""Reads the fields of one JSON object and collects everything that is wrong with them, each under its JSON path."""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from journeyserver.errors import Problem


class Fields:
    """One object of a request body. What is wrong is noted in `problems`, shared with the objects inside.

    Each reading method gives the clean value, or None where the field is absent, null or wrong. A field that is null
    counts as absent unless the method says otherwise.
    """

    def __init__(self, value: object, path: str = "", problems: list[Problem] | None = None) -> None:
        self.path = path
        self.problems: list[Problem] = [] if problems is None else problems
        self.readable = isinstance(value, dict)
        self.values: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if not self.readable:
            self.problems.append(Problem(path, "invalid.type", "must be an object."))

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def note(self, name: str, code: str, reason: str) -> None:
        """Notes a problem of a field. What is no object at all lacks no field besides."""
        if self.readable:
            self.problems.append(Problem(self._place(name), code, reason))

    def is_null(self, name: str) -> bool:
        return name in self.values and self.values[name] is None

    def refuse_null(self, name: str) -> None:
        if self.is_null(name):
            self.note(name, "invalid.type", "must not be null.")

    def _given(self, name: str, required: bool) -> Any:
        value = self.values.get(name)
        if value is None and required:
            self.note(name, "missing.required", "is required.")
        return value

    def text(
        self, name: str, *, least: int = 0, most: int, trim: bool = False, required: bool = False
    ) -> str | None:
        """Text of `least` to `most` characters, with `trim` without the blanks around it."""
        value = self._given(name, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.note(name, "invalid.type", "must be text.")
            return None
        if "\0" in value:
            # No text column of PostgreSQL can hold it.
            self.note(name, "invalid.format", "must not hold a NUL character.")
            return None
        value = value.strip() if trim else value
        if not least <= len(value) <= most:
            bounds = f"{least} to {most}" if least else f"at most {most}"
            self.note(name, "invalid.length", f"must have {bounds} characters, not {len(value)}.")
            return None
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = False) -> str | None:
        value = self._given(name, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.note(name, "invalid.type", "must be text.")
            return None
        if value not in allowed:
            self.note(name, "invalid.enum", f"“{value[:100]}” is not one of {', '.join(allowed)}.")
            return None
        return value

    def flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            self.note(name, "invalid.type", "must be true or false.")
            return None
        return value

    def integer(self, name: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number; 2.0 is one, as JSON knows only one kind of number."""
        number = self.number(name, low, high, required=required, kind="a whole number")
        if number is None:
            return None
        if isinstance(number, float) and not number.is_integer():
            self.note(name, "invalid.type", "must be a whole number.")
            return None
        return int(number)

    def number(
        self, name: str, low: float, high: float, *, required: bool = False, kind: str = "a number"
    ) -> float | None:
        value = self._given(name, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.note(name, "invalid.type", f"must be {kind}.")
            return None
        if not low <= value <= high:
            self.note(name, "out.of.range", f"must be {low} to {high}, not {value}.")
            return None
        return value

    def child(self, name: str) -> "Fields | None":
        """The object in a field."""
        value = self.values.get(name)
        return None if value is None else Fields(value, self._place(name), self.problems)

    def children(self, name: str, least: int, most: int, *, required: bool = False) -> Iterator["Fields"]:
        """The objects of a list with `least` to `most` of them; nothing where the list itself is wrong."""
        value = self._given(name, required)
        if value is None:
            return
        if not isinstance(value, list):
            self.note(name, "invalid.type", "must be a list.")
            return
        if not least <= len(value) <= most:
            bounds = f"{least} to {most}" if least else f"at most {most}"
            self.note(name, "invalid.length", f"must have {bounds} entries, not {len(value)}.")
            return
        for index, item in enumerate(value):
            yield Fields(item, f"{self._place(name)}[{index}]", self.problems)

    def _place(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name
