"""What the builder's fields send → the parameters of an address; and the forms for names, saved queries and dashboards.

The builder has rows (conditions, views) whose fields are numbered; everything else has the names that addresses use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from analytics import filters, ranges
from analytics.filters import Condition, Filter, FilterError, Group, Joiner
from analytics.models import NamedValue, SavedQuery
from analytics.question import WITH_SEGMENT, Question, pairs, small_number, view_of
from journeyadmin import clocks
from journeyadmin.contract.dimensions import DIMENSIONS

# Only the type checker's Django has generic forms.
if TYPE_CHECKING:
    _SavedForm = forms.ModelForm[SavedQuery]
    _NameForm = forms.ModelForm[NamedValue]
else:
    _SavedForm = _NameForm = forms.ModelForm

OPERATORS = ("matches", "exists", "notExists", "range")
_ROW = re.compile(r"f-(\d{1,3})-(\d{1,3})-d")
_VIEW = re.compile(r"v-(\d{1,2})-name")
_LIMIT = re.compile(r"(>=|<=|≥|≤|>|<)\s*(-?\d+(?:\.\d+)?)")
# A text that holds anything else, such as "≥ 1,000", would be read as another number.
_LIMITS = re.compile(rf"\s*(?:{_LIMIT.pattern}(?:[\s,;]+|$))+")
_BOUNDS = {">": "gt", ">=": "gte", "≥": "gte", "<": "lt", "<=": "lte", "≤": "lte"}
_SIGNS = {"gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}


@dataclass
class Row:
    """One condition as it stands in the form, finished or not."""

    dimension: str = ""
    operator: str = "matches"
    value: str = ""

    @property
    def condition(self) -> Condition | None:
        """None while something is missing."""
        if self.dimension not in DIMENSIONS or self.operator not in OPERATORS:
            return None
        if self.operator == "range":
            limits = _LIMIT.findall(self.value) if _LIMITS.fullmatch(self.value) else []
            found = {_BOUNDS[sign]: float(limit) for sign, limit in limits}
            try:
                return filters.ranged(self.dimension, found)
            except FilterError:
                return None
        if self.operator != "matches":
            return Condition(self.dimension, "exists" if self.operator == "exists" else "notExists")
        return Condition(self.dimension, "matches", self.value) if self.value else None


@dataclass
class Rows:
    """A group of conditions as it stands in the form."""

    type: Joiner = "or"
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Edited:
    """What a button of the filter did, and the selector of where one goes on: the new row, or the button that follows."""

    added: bool
    focus: str


@dataclass
class Draft:
    """The filter as it stands in the form."""

    type: Joiner = "and"
    groups: list[Rows] = field(default_factory=list)
    edited: Edited | None = None

    @property
    def filter(self) -> Filter:
        """What is finished of it, in normal form."""
        groups = []
        for group in self.groups:
            done = tuple(condition for row in group.rows if (condition := row.condition))
            if done:
                groups.append(Group(group.type, done))
        return filters.normal(Filter(self.type, tuple(groups)))

    @property
    def unfinished(self) -> bool:
        return any(row.dimension and row.condition is None for group in self.groups for row in group.rows)

    def edit(self, action: str) -> None:
        """`add`: a new group; `add:0`: another condition in the first group; `remove:0-1`: its second condition goes."""
        verb, _colon, place = action.partition(":")
        numbers = [number for part in place.split("-") if (number := small_number(part)) is not None]
        if verb == "add" and not numbers:
            self.groups.append(Rows(rows=[Row()]))
            self.edited = _added(len(self.groups) - 1, 0)
        elif verb == "add" and numbers[0] < len(self.groups):
            rows = self.groups[numbers[0]].rows
            rows.append(Row(rows[-1].dimension if rows else ""))
            self.edited = _added(numbers[0], len(rows) - 1)
        elif verb == "remove" and len(numbers) == 2 and numbers[0] < len(self.groups):
            group = self.groups[numbers[0]]
            del group.rows[numbers[1] : numbers[1] + 1]
            if not group.rows:
                del self.groups[numbers[0]]
            self.edited = self._removed(*numbers)

    def _removed(self, number: int, row: int) -> Edited:
        """The rows after this one moved up; where none follow, the one before is the nearest, and at last the button that adds."""
        places = [(at, place) for at, group in enumerate(self.groups) for place in range(len(group.rows))]
        near = next((one for one in places if one >= (number, row)), places[-1] if places else None)
        return Edited(False, f"#f-{near[0]}-{near[1]}-remove" if near else "#add-filter")


def _added(group: int, row: int) -> Edited:
    return Edited(True, f"#f-{group}-{row}-d")


def draft_of(filter_: Filter) -> Draft:
    groups = []
    for group in filter_.groups:
        rows = [_row_of(condition) for condition in group.conditions]
        groups.append(Rows(group.type if len(rows) > 1 else "or", rows))
    return Draft(filter_.type, groups)


def _row_of(condition: Condition) -> Row:
    value = condition.value
    if condition.operator == "range":
        value = ", ".join(f"{_SIGNS[bound]} {_digits(limit)}" for bound, limit in condition.bounds)
    return Row(condition.dimension, condition.operator, value)


def _digits(limit: float) -> str:
    """A number without an exponent, to all its digits: what is shown is what is sent again."""
    return f"{Decimal(repr(limit)):f}".removesuffix(".0")


def is_form(data: Mapping[str, object]) -> bool:
    """Whether parameters come from the builder and not from an address."""
    return "form" in data


def draft_from(data: QueryDict) -> Draft:
    """The filter rows of the builder, in their order, with the row action carried out."""
    groups: dict[int, Rows] = {}
    places = sorted((int(match[1]), int(match[2])) for name in data if (match := _ROW.fullmatch(name)))
    for group, row in places:
        joiner: Joiner = "and" if data.get(f"f-{group}-type") == "and" else "or"
        prefix = f"f-{group}-{row}"
        groups.setdefault(group, Rows(joiner)).rows.append(
            Row(
                data.get(f"{prefix}-d", ""),
                data.get(f"{prefix}-o", "matches") or "matches",
                data.get(f"{prefix}-v", ""),
            )
        )
    draft = Draft("or" if data.get("f-type") == "or" else "and", list(groups.values()))
    draft.edit(data.get("row", ""))
    return draft


def params_from(data: QueryDict, draft: Draft) -> dict[str, list[str]]:
    """The parameters of the address that the builder's fields mean."""
    params = {
        name: data.getlist(name)
        for name in ("zone", "by", "m", "g", "flatten", "chart", "top", "goal", "marks")
    }
    chosen = data.get("range", "")
    if chosen == "dates":
        first, last = data.get("from", ""), data.get("to", "")
        chosen = f"{first}..{last}" if first and last else first or last
    elif chosen == "words":
        chosen = ranges.with_week(data.get("words", ""), clocks.active().week)
    params["range"] = [chosen]
    top, under = data.get("rate-top", ""), data.get("rate-under", "")
    if top and under:
        params["m"] = [*params["m"], f"{top}/{under}"]
    compare = data.get("compare", "")
    if compare == "segment":
        compare = WITH_SEGMENT + data.get("compare-segment", "")
    params["compare"] = ["" if compare == WITH_SEGMENT else compare]
    params["view"] = _views(data)
    for name, value in filters.to_pairs(draft.filter):
        params.setdefault(name, []).append(value)
    return params


def _views(data: QueryDict) -> list[str]:
    found = []
    for number in sorted(int(match[1]) for name in data if (match := _VIEW.fullmatch(name))):
        name, target, gte, lt, statistic = (
            data.get(f"v-{number}-{part}", "").strip() for part in ("name", "target", "gte", "lt", "stat")
        )
        if not name and not gte and not lt:
            continue
        view = view_of(name, target, gte, lt, statistic or "sum")
        # What is no view is passed on as it is, so that the reader of addresses says why.
        asked = Question(views=(view,)) if view else None
        found += [value for key, value in pairs(asked) if key == "view"] if asked else [name or "?"]
    return found


class PasteForm(forms.Form):
    """A query's JSON, as an engineer hands it over."""

    query = forms.CharField(
        label=_("Query as JSON"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        error_messages={"required": _("Paste a query as JSON first.")},
    )


class SaveQueryForm(_SavedForm):
    """A question under a name."""

    class Meta:
        model = SavedQuery
        fields = ("name", "description", "shared")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class NameForm(_NameForm):
    """The name that people here give to an id which the service cannot resolve."""

    class Meta:
        model = NamedValue
        fields = ("name",)
