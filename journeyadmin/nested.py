"""Formsets whose rows own a formset, and adding, copying, moving and removing rows in posted data.

Nothing here knows what the rows are about. A row's fields are posted as `<formset>-<index>-<field>`, and a row may own a
formset whose prefix is `<formset>-<index>-<name>`: nesting is a longer prefix. A button
`<button name="row" value="add:context-0-criteria">` posts the whole form; `edit_rows` answers with the data as it is after
the change, from which the form is drawn again. So there is no index arithmetic in the browser, and it works without scripts.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, BaseFormSet
from django.forms.renderers import get_default_renderer
from django.forms.utils import ErrorDict

Data = dict[str, list[str]]
Row = dict[str, list[str]]

VERBS = ("add", "copy", "remove", "up", "down")
_ACTION = re.compile(
    r"(add):([a-z_]+(?:-[0-9]+-[a-z_]+)*)|(copy|remove|up|down):([a-z_]+(?:-[0-9]+-[a-z_]+)*)-([0-9]{1,4})"
)


class NotARow(ValueError):
    """The action names no row that is there."""


class TooManyRows(ValueError):
    """The formset holds as many rows as it may."""

    def __init__(self, prefix: str, most: int) -> None:
        super().__init__(f"{prefix} holds at most {most} rows")
        self.prefix = prefix
        self.most = most


@dataclass(frozen=True)
class RowAction:
    """What a row button asks for: `index` is the row it acts on, None for a new last one."""

    verb: str
    prefix: str
    index: int | None = None

    @classmethod
    def parse(cls, text: str) -> "RowAction":
        found = _ACTION.fullmatch(text)
        if found is None:
            raise NotARow(text)
        if found[1]:
            return cls(found[1], found[2])
        return cls(found[3], found[4], int(found[5]))


@dataclass(frozen=True)
class Edited:
    """The data after a row action; `at` is where the row it made or moved now is, or the row that took a removed one's place."""

    data: Data
    at: int | None


def edit_rows(
    data: Mapping[str, list[str]], action: RowAction, blank: Callable[[str], Row], most: int
) -> Edited:
    """The posted data after a row action; fields of other rows keep their content whatever happens.

    `blank(prefix)` gives the fields of a new row by their names within it, the counts of formsets it owns included.
    """
    rows, rest = _take(data, action.prefix)
    index = action.index
    if index is not None and index >= len(rows):
        raise NotARow(f"{action.prefix}-{index}")
    if action.verb in ("add", "copy") and len(rows) >= most:
        raise TooManyRows(action.prefix, most)
    at: int | None
    if index is None:
        rows.append(dict(blank(action.prefix)))
        at = len(rows) - 1
    elif action.verb == "copy":
        at = index + 1
        rows.insert(at, {name: list(values) for name, values in rows[index].items()})
    elif action.verb == "remove":
        del rows[index]
        at = min(index, len(rows) - 1) if rows else None
    else:
        at = index - 1 if action.verb == "up" else index + 1
        if 0 <= at < len(rows):
            rows[index], rows[at] = rows[at], rows[index]
        else:
            at = index
    return Edited(_put(rest, action.prefix, rows), at)


def row_count(data: Mapping[str, list[str]], prefix: str) -> int:
    """How many rows the data says the formset has; none where it says nothing sensible."""
    said = data.get(f"{prefix}-{TOTAL_FORM_COUNT}") or ["0"]
    return int(said[-1]) if re.fullmatch("[0-9]{1,4}", said[-1]) else 0


def _take(data: Mapping[str, list[str]], prefix: str) -> tuple[list[Row], Data]:
    """The rows of one formset, each by field names within it, and everything else."""
    total = row_count(data, prefix)
    rows: list[Row] = [{} for _ in range(min(total, 1000))]
    field = re.compile(re.escape(prefix) + r"-([0-9]{1,4})-(.+)", re.DOTALL)
    rest: Data = {}
    for name, values in data.items():
        found = field.fullmatch(name) if name.startswith(prefix) else None
        if found is None:
            rest[name] = values
        elif int(found[1]) < len(rows):
            rows[int(found[1])][found[2]] = values
    return rows, rest


def _put(rest: MutableMapping[str, list[str]], prefix: str, rows: list[Row]) -> Data:
    whole: Data = dict(rest)
    whole[f"{prefix}-{TOTAL_FORM_COUNT}"] = [str(len(rows))]
    whole[f"{prefix}-{INITIAL_FORM_COUNT}"] = ["0"]
    for index, row in enumerate(rows):
        for name, values in row.items():
            whole[f"{prefix}-{index}-{name}"] = values
    return whole


class RowForm(forms.Form):
    """A row. `inner` names the formsets it owns; their errors are its errors.

    A form that is being filled in is bound to what is typed so far, and shows no errors until `is_valid` was asked.
    """

    inner: ClassVar[dict[str, type["RowFormSet"]]] = {}
    checked = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owned: dict[str, RowFormSet] = {
            name: formset(self.data if self.is_bound else None, prefix=self._inner_prefix(name))
            for name, formset in self.inner.items()
        }

    def _inner_prefix(self, name: str) -> str:
        return f"{self.prefix}-{name}" if self.prefix else name

    @property
    def errors(self) -> ErrorDict:
        return super().errors if self.checked else ErrorDict()

    def is_valid(self) -> bool:
        self.checked = True
        # Every part is asked, so that all errors show at once; the inner ones first, so that this one may add to them.
        parts = [*(formset.is_valid() for formset in self.owned.values()), super().is_valid()]
        return all(parts)


class RowFormSet(BaseFormSet):  # type: ignore[type-arg]
    """Rows that are never optional. Set `form` and `max_num`; there are no extra rows: what is posted is what there is."""

    extra = 0
    min_num = 0
    max_num = 50
    absolute_max = 100
    can_order = False
    can_delete = False
    validate_min = False
    validate_max = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.renderer = get_default_renderer()  # a formset made by a class statement has none yet
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        # Django lets rows beyond INITIAL_FORMS be empty: an added blank row would pass validation and vanish.
        return {**super().get_form_kwargs(index), "empty_permitted": False, "use_required_attribute": False}

    @property
    def add_id(self) -> str:
        """The id of the button that adds a row, for moving the focus there."""
        return f"add-{self.prefix}"
