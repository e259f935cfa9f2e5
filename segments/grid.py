"""The grid: name, description, colour and active of many segments in one form, pure functions.

The form holds a list for each column, a value for each row in the same order. With each row travels what it was when the grid was
drawn: the version and a mark of the four cells. So it is known which rows a person changed, and which somebody else did.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from journeyadmin.contract.segments import (
    COLOR_PATTERN,
    DEFAULT_COLOR,
    MAX_DESCRIPTION_LENGTH,
    MAX_NAME_LENGTH,
)
from journeyadmin.history.models import Kind
from journeyadmin.plans import planning
from journeyadmin.plans.documents import Document

Json = Mapping[str, Any]
# The hidden field of each row: `<id>:<version>:<mark>`.
ROW = "row"
# The mark of a row whose segment was found to be deleted: sent again, it is left out.
GONE = "gone"


@dataclass(frozen=True)
class Cells:
    """What a browser can hold of it: no line end in a name, `\\n` in a description, a colour in small letters, black for none."""

    name: str
    description: str
    colour: str
    active: bool

    @classmethod
    def of(cls, segment: Json) -> "Cells":
        colour = str(segment.get("color") or DEFAULT_COLOR).lower()
        return cls(
            _line(str(segment.get("displayName") or "")),
            _lines(str(segment.get("description") or "")),
            colour if re.fullmatch(COLOR_PATTERN, colour) else "#000000",
            segment.get("isActive") is True,
        )

    @property
    def mark(self) -> str:
        told = json.dumps([self.name, self.description, self.colour, self.active])
        return hashlib.blake2s(told.encode(), digest_size=6).hexdigest()

    def patch(self, now: "Cells") -> dict[str, Any]:
        """What makes `now` say this, in the API's spelling."""
        found: dict[str, Any] = {}
        if self.name != now.name:
            found["displayName"] = self.name.strip()
        if self.description != now.description:
            found["description"] = self.description or None
        if self.colour != now.colour:
            found["color"] = self.colour
        if self.active != now.active:
            found["isActive"] = self.active
        return found


@dataclass(frozen=True)
class Row:
    """A row of the form. `was` is the name that it is called by; `errors` are sentences by cell, `note` one about the row."""

    id: str
    version: str
    mark: str
    cells: Cells
    was: str
    errors: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(cls, segment: Json, patch: Json | None = None) -> "Row":
        """As the segment is, or with what a plan that was not applied yet would make of it."""
        cells = Cells.of(segment)
        typed = Cells.of({**segment, **patch}) if patch else cells
        return cls(
            str(segment["id"]), str(segment.get("version", "")), cells.mark, typed, planning.name_of(segment)
        )

    @property
    def token(self) -> str:
        return f"{self.id}:{self.version}:{self.mark}"

    @property
    def touched(self) -> bool:
        return self.cells.mark != self.mark

    @property
    def wrong(self) -> bool:
        return bool(self.errors or self.note)


def posted(data: QueryDict) -> list[Row]:
    """The rows of a form that was sent."""
    on = frozenset(data.getlist("active"))
    columns = zip(
        data.getlist(ROW),
        data.getlist("name"),
        data.getlist("description"),
        data.getlist("colour"),
        strict=False,
    )
    rows = []
    for token, name, description, colour in columns:
        segment_id, version, mark = ["", "", *token.rsplit(":", 2)][-3:]
        cells = Cells(_line(name), _lines(description), colour.strip().lower(), segment_id in on)
        rows.append(Row(segment_id, version, mark, cells, cells.name))
    return rows


def planned(rows: Sequence[Row], held: Sequence[Json]) -> tuple[list[Row], list[planning.Step]]:
    """The rows with what is wrong with them, and, where nothing is, the steps: changes first, then what stays the same."""
    there = {str(one["id"]): one for one in held}
    rows = [row for row in rows if row.id in there or row.mark != GONE]
    names = _names(rows, held)
    rows = [_checked(row, there.get(row.id), names) for row in rows]
    if any(row.wrong for row in rows):
        return rows, []
    wanted = [{"id": row.id, **row.cells.patch(Cells.of(there[row.id]))} for row in rows if row.touched]
    entries = tuple({"displayName": planning.name_of(there[str(one["id"])])} | one for one in wanted)
    steps = list(planning.make(held, (), Document(entries)).steps)
    if refused := {step.object_id: step.why for step in steps if step.operation == planning.CONFLICT}:
        return [replace(row, note=refused.get(row.id, "")) for row in rows], []
    same = (planning.Step(planning.SAME, Kind.SEGMENT, row.was, row.id) for row in rows if not row.touched)
    return rows, [*steps, *same]


def _checked(row: Row, there: Json | None, names: Mapping[str, int]) -> Row:
    if there is None:
        note = _("It was deleted since. Copy what you still need; sent again, the row is left out.")
        return replace(row, note=note, mark=GONE)
    now = Cells.of(there)
    row = replace(row, was=planning.name_of(there))
    if not row.touched:
        # What somebody else changed meanwhile stays as they made it.
        return replace(row, cells=now, version=str(there.get("version", "")), mark=now.mark)
    if now.mark != row.mark and now != row.cells:
        said = planning.change(Kind.SEGMENT, there, row.cells.patch(now)).said
        words = _(
            "Somebody saved version %(new)s since you opened the grid with version %(old)s. Sent again, your cells win: %(said)s"
        )
        note = words % {"old": row.version, "new": there.get("version", ""), "said": "; ".join(said)}
        row = replace(row, note=note, version=str(there.get("version", "")), mark=now.mark)
    return replace(row, errors=_errors(row.cells, now, names))


def _errors(cells: Cells, now: Cells, names: Mapping[str, int]) -> dict[str, str]:
    found = {}
    if cells.name != now.name:
        if not cells.name.strip():
            found["name"] = _("Give it a name.")
        elif len(cells.name.strip()) > MAX_NAME_LENGTH:
            found["name"] = _("A name has at most %s characters.") % MAX_NAME_LENGTH
        elif names[_folded(cells.name)] > 1:
            found["name"] = _("Another segment has this name.")
    if cells.description != now.description and len(cells.description) > MAX_DESCRIPTION_LENGTH:
        found["description"] = _("A description has at most %s characters.") % MAX_DESCRIPTION_LENGTH
    if cells.colour != now.colour and not re.fullmatch(COLOR_PATTERN, cells.colour):
        found["colour"] = _("A colour such as #5E5782.")
    return found


def _names(rows: Iterable[Row], held: Iterable[Json]) -> dict[str, int]:
    """How many segments will have each name; letter case makes no difference to the service."""
    typed = {row.id: row.cells.name for row in rows if row.touched}
    found: dict[str, int] = {}
    for one in held:
        name = _folded(typed.get(str(one["id"]), planning.name_of(one)))
        found[name] = found.get(name, 0) + 1
    return found


def _folded(name: str) -> str:
    return _line(name).strip().casefold()


def _line(text: str) -> str:
    return re.sub(r"[\r\n]", "", text)


def _lines(text: str) -> str:
    return re.sub(r"\r\n|\r", "\n", text)
