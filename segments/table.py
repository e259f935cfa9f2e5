"""The rows of the list's table as HTML, kept: a list of 500 is mostly the same list as a moment ago."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from journeyadmin.clocks import Clock
from journeyadmin.latest import Latest
from segments.activity import Activity
from segments.catalogue import Row

_kept: Latest[Any, tuple[Row, SafeString]] = Latest(4096)


@dataclass(frozen=True)
class Manner:
    """How the whole table is drawn: for whom, what they may do, where a row's page leads back to, and what leads to its panel."""

    language: str | None
    zone: str
    clock: Clock

    can_edit: bool
    no_activity: bool
    back: str
    panel: str
    chosen: bool
    columns: tuple[str, ...]


class Entry(NamedTuple):
    """A row with what depends on the rest of the list. `focused` is the one that takes the focus; one that is `swapped` by itself keeps
    the focus that its link had."""

    row: Row
    pending: bool
    twins: Sequence[Row]
    activity: Activity | None
    young: int | None
    focused: bool
    swapped: bool

    def html(self, manner: Manner) -> SafeString:
        key = (
            self.row.id,
            manner,
            self.pending,
            tuple(twin.name for twin in self.twins),
            self.activity,
            self.young,
            self.focused,
            self.swapped,
        )
        found = _kept.get(key)
        # The same row, not one with the same id: another version is another object.
        if found is not None and found[0] is self.row:
            return found[1]
        drawn = self._draw(manner)
        _kept.put(key, (self.row, drawn))
        return drawn

    def _draw(self, manner: Manner) -> SafeString:
        template: Any = get_template("segments/_row.html")
        drawn: SafeString = template.template.render(
            Context({"entry": self, "row": self.row, "manner": manner, "zone": manner.zone})
        )
        return drawn


def drawn(entries: Sequence[Entry], manner: Manner) -> SafeString:
    """The rows of the table, in their order."""
    return mark_safe("".join(entry.html(manner) for entry in entries))  # noqa: S308
