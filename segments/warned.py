"""One warning, and the criterion it is about where it stands."""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from journeyadmin import wording
from journeyadmin.contract.criteria import CriteriaKey, Side

Json = Mapping[str, Any]
Fix = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Warned:
    """`path` is the JSON path of what it is about ("" for the whole), `repair` what the button says it does."""

    code: str
    path: str
    text: str
    repair: str
    apply: Fix | None = field(default=None, repr=False, compare=False)

    @property
    def target(self) -> str:
        return row_id(self.path)

    @property
    def repairable(self) -> bool:
        return self.apply is not None

    def fix(self, definition: Json) -> dict[str, Any]:
        repaired: dict[str, Any] = copy.deepcopy(dict(definition))
        if self.apply is not None:
            self.apply(repaired)
        return repaired


@dataclass(frozen=True)
class Placed:
    """A criterion where it stands. `group` is equal for criteria that must hold of the same visit or the same event."""

    side: Side
    pattern: int
    index: int
    group: int
    row: Json
    known: CriteriaKey | None

    @property
    def path(self) -> str:
        return f"{self.side}.patterns[{self.pattern}].criteria[{self.index}]"

    @property
    def key(self) -> str:
        return str(self.row.get("key") or "")

    @property
    def operator(self) -> str:
        return str(self.row.get("operator") or "equal")

    @property
    def values(self) -> list[str]:
        found = self.row.get("values")
        return [str(value) for value in found] if isinstance(found, list) else []

    @property
    def words(self) -> str:
        return wording.criterion_words(self.row, self.side)

    def of(self, definition: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = definition[self.side]["patterns"][self.pattern]["criteria"][self.index]
        return found

    def remove(self, definition: dict[str, Any]) -> None:
        rows = definition[self.side]["patterns"][self.pattern]["criteria"]
        del rows[self.index]
        if not rows:
            del definition[self.side]["patterns"][self.pattern]


def row_id(path: str) -> str:
    """The row's id in the form: `context.patterns[0].criteria[1]` → `context-0-criteria-1`."""
    return re.sub(r"\.patterns\[(\d+)\]|\.criteria\[(\d+)\]", _dashed, path)


def _dashed(found: re.Match[str]) -> str:
    return f"-{found[1]}" if found[1] is not None else f"-criteria-{found[2]}"
