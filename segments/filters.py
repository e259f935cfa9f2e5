"""Which segments the list shows and in which order: the address says it, so a link or a reload shows the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from segments import search
from segments.activity import DAYS, Activities
from segments.catalogue import Catalogue, Row
from segments.places import BACK

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """One chip: the parameter and value it sets in the address, its label, the group it stands in, and which rows it keeps."""

    name: str
    value: str
    label: Any
    group: str
    keeps: Callable[[Row, Catalogue], bool]


CHOICES = (
    Choice("active", "yes", _("Active"), "active", lambda row, _all: row.active),
    Choice("active", "no", _("Inactive"), "active", lambda row, _all: not row.active),
    Choice("scope", "Session", _("This visit"), "scope", lambda row, _all: row.scope == "Session"),
    Choice("scope", "Customer", _("This person"), "scope", lambda row, _all: row.scope == "Customer"),
    Choice("agents", "yes", _("Shown to agents"), "more", lambda row, _all: row.agents),
    Choice("expiry", "yes", _("Expires"), "more", lambda row, _all: row.expiry > 0),
    Choice("warnings", "yes", _("Has warnings"), "upkeep", lambda row, _all: bool(row.warned)),
    Choice("same", "yes", _("Same as another"), "upkeep", lambda row, all_: row.id in all_.twins),
)
# Needs the activity numbers, so it is applied apart from the others.
UNUSED = "unused"

SORTS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: (row.name.casefold(), row.id),
    "changed": lambda row: (row.changed or _OLDEST, row.id),
    "created": lambda row: (row.created or _OLDEST, row.id),
    "scope": lambda row: (row.scope, row.name.casefold()),
    "agents": lambda row: (not row.agents, row.name.casefold()),
    "active": lambda row: (not row.active, row.name.casefold()),
    "version": lambda row: (row.version if isinstance(row.version, int) else 0, row.name.casefold()),
}
BY_ACTIVITY = ("week", "month")
# The columns that can be left out, by their name in the address, in their order; the name stays.
COLUMNS = {
    "activity": _("Assignments"),
    "scope": _("Applies to"),
    "agents": _("Agents"),
    "changed": _("Changed"),
    "version": _("Version"),
    "active": _("Active"),
}
ALL_COLUMNS, NO_COLUMNS = "all", "none"
# Where the first click on a heading should show the largest first.
DESCENDING_FIRST = frozenset({"changed", "created", "version", *BY_ACTIVITY})


@dataclass(frozen=True)
class Chip:
    """A filter as the page shows it: chosen or not, how many rows it would keep, the address that toggles it."""

    label: Any
    chosen: bool
    count: int | None
    query: str


@dataclass(frozen=True)
class Asked:
    """What the address asks for. Unknown parameters and values ask for nothing."""

    chosen: tuple[Choice, ...] = ()
    unused: bool = False
    typed: str = ""
    query: search.Query = field(default_factory=search.Query)
    sort: str = "name"
    columns: tuple[str, ...] = tuple(COLUMNS)
    params: QueryDict = field(default_factory=QueryDict)

    @classmethod
    def of(cls, params: QueryDict, opening: str = "") -> "Asked":
        """`opening` is the query with which the person wants the list opened: it says the columns where the address does not."""
        kept = QueryDict(mutable=True)
        chosen = []
        for choice in CHOICES:
            if params.get(choice.name) == choice.value:
                chosen.append(choice)
                kept[choice.name] = choice.value
        unused = params.get(UNUSED) == "yes"
        if unused:
            kept[UNUSED] = "yes"
        typed = params.get("q", "").strip()
        if typed:
            kept["q"] = typed
        sort = params.get("sort", "name")
        if sort.lstrip("-") not in (*SORTS, *BY_ACTIVITY):
            sort = "name"
        if sort != "name":
            kept["sort"] = sort
        columns = params.get("columns") or QueryDict(opening).get("columns")
        if columns:
            kept["columns"] = columns = columns_in_words(columns_of(columns))
        return cls(
            tuple(chosen), unused, typed, search.parse(typed), sort, columns_of(columns or ALL_COLUMNS), kept
        )

    @property
    def filtered(self) -> bool:
        return bool(self.chosen or self.unused or self.typed)

    @property
    def needs_activity(self) -> bool:
        return self.unused or self.query.asks(UNUSED) or self.sort.lstrip("-") in BY_ACTIVITY

    def with_(self, **changes: str | None) -> str:
        """The query string of this list with some parameters changed, `?` at least."""
        params = {name: value for name, value in self.params.items() if name not in changes}
        return "?" + urlencode(params | {name: value for name, value in changes.items() if value is not None})

    @property
    def back(self) -> str:
        """What a link to a segment carries so that its page leads back to this list; nothing for the plain list."""
        if not self.params:
            return ""
        return "?" + urlencode({BACK: f"{reverse('segments:list')}?{self.params.urlencode()}"})

    def apply(self, catalogue: Catalogue, activities: Activities | None) -> list[Row]:
        """The rows asked for, in the order asked for. Without numbers nothing is left out or sorted by them."""
        query = self.query if activities is not None else self.query.without(UNUSED)
        rows = [
            row
            for row in catalogue.rows
            if all(choice.keeps(row, catalogue) for choice in self.chosen)
            and (not query.terms or query.matches(_searched(row, catalogue, activities)))
        ]
        if self.unused and activities is not None:
            rows = [row for row in rows if is_unused(row, activities)]
        name, backwards = self.sort.lstrip("-"), self.sort.startswith("-")
        if name in SORTS:
            rows.sort(key=SORTS[name], reverse=backwards)
        elif activities is not None:
            numbers = activities
            rows.sort(
                key=lambda row: (getattr(numbers.of(row.id), name), row.name.casefold()), reverse=backwards
            )
        return rows

    def chips(self, catalogue: Catalogue, activities: Activities | None) -> tuple[tuple[Chip, ...], ...]:
        """The filters in groups; one that would keep nothing is left out unless it is chosen."""
        groups: dict[str, list[Chip]] = {}
        for choice in CHOICES:
            chosen = choice in self.chosen
            count = len([None for row in catalogue.rows if choice.keeps(row, catalogue)])
            if count or chosen:
                query = self.with_(**{choice.name: None if chosen else choice.value})
                groups.setdefault(choice.group, []).append(Chip(choice.label, chosen, count, query))
        unused = sum(is_unused(row, activities) for row in catalogue.rows) if activities is not None else None
        if unused != 0 or self.unused:
            query = self.with_(unused=None if self.unused else "yes")
            chip = Chip(_("Active, none assigned in 30 days"), self.unused, unused, query)
            groups.setdefault("upkeep", []).append(chip)
        return tuple(tuple(group) for group in groups.values())

    def headings(self) -> dict[str, dict[str, Any]]:
        """For each column that sorts: the address of the next click, and `aria-sort` of the present state."""
        found = {}
        for name in (*SORTS, *BY_ACTIVITY):
            here = self.sort.lstrip("-") == name
            backwards = not self.sort.startswith("-") if here else name in DESCENDING_FIRST
            found[name] = {
                "query": self.with_(
                    sort=None if (name, backwards) == ("name", False) else f"{'-' * backwards}{name}"
                ),
                "state": ("descending" if self.sort.startswith("-") else "ascending") if here else "none",
            }
        return found


def columns_of(words: str) -> tuple[str, ...]:
    """The columns that `activity,scope`, `all` or `none` names, in the table's order; what names none of them names all."""
    named = set(words.split(","))
    found = tuple(name for name in COLUMNS if name in named)
    return found or (() if words == NO_COLUMNS else tuple(COLUMNS))


def columns_in_words(columns: Sequence[str]) -> str:
    """Columns as the address names them."""
    return ALL_COLUMNS if len(columns) == len(COLUMNS) else ",".join(columns) or NO_COLUMNS


def is_unused(row: Row, activities: Activities) -> bool:
    return row.active and activities.of(row.id).month == 0


def too_young(row: Row) -> int | None:
    """Days since the segment was created where that is too short to say that it does nothing, else None."""
    if row.created is None:
        return None
    age = timezone.now() - row.created
    return age.days if age < timedelta(days=DAYS) else None


def neighbour(rows: Sequence[Row], segment_id: str) -> str:
    """The id of the row that takes a removed one's place in the list, "" for none."""
    ids = [row.id for row in rows]
    if segment_id not in ids:
        return ""
    index = ids.index(segment_id)
    rest = ids[:index] + ids[index + 1 :]
    return rest[min(index, len(rest) - 1)] if rest else ""


def _searched(row: Row, catalogue: Catalogue, activities: Activities | None) -> search.Searched:
    """With the traits that only the whole list or the numbers tell."""
    more = set()
    if row.id in catalogue.twins:
        more.add("duplicate")
    if activities is not None and is_unused(row, activities):
        more.add("unused")
    if not more:
        return row.searched
    found = row.searched
    return search.Searched(found.text, found.conditions, found.traits | more, found.changed)
