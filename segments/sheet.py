"""The form as it travels: what was posted, what it is based on, and the hidden parts that carry it from one request to the next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from journeyadmin.once import marks
from segments import jsontext, payloads
from segments.forms import SegmentForm

Json = dict[str, Any]

# Not part of what is typed: they are written anew with every page.
CARRIED = frozenset(
    {
        "csrfmiddlewaretoken",
        "row",
        "base",
        "mark",
        "back",
        "read",
        "tab",
        "json",
        "reason",
        "confirmed",
        "window",
        "from_pattern",
    }
)
# What is pasted into *Try it* is no part of the definition either.
TRIED = "try_"


@dataclass
class Sheet:
    """One form on one screen. `base` is the segment it was loaded from, None for one that does not exist yet.

    On the JSON tab `text` is what is typed and `trouble` why it cannot be read; the definition is then read from it.
    """

    data: payloads.Data
    base: Json | None
    mark: str = field(default_factory=marks.new)
    tab: str = "form"
    text: str = ""
    trouble: str = ""
    reason: str = ""
    confirmed: bool = False
    _read: Json | None = field(default=None, repr=False)

    @classmethod
    def of_segment(cls, base: Json) -> "Sheet":
        return cls(payloads.to_data(base), base)

    @classmethod
    def of_definition(cls, wanted: Mapping[str, Any], base: Json | None = None) -> "Sheet":
        return cls(payloads.to_data(wanted), base)

    @classmethod
    def posted(cls, post: QueryDict, base: Json | None = None) -> "Sheet":
        """What a browser sent. `base` is used where the form does not carry a readable one."""
        data = {
            name: values
            for name, values in post.lists()
            if name not in CARRIED and not name.startswith(TRIED)
        }
        sheet = cls(
            data,
            carried_segment(post.get("base", "")) or base,
            post.get("mark", "") or marks.new(),
            post.get("tab", "form"),
            post.get("json", ""),
            reason=post.get("reason", "").strip(),
            confirmed="confirmed" in post,
        )
        if sheet.tab == "json":
            sheet.read_text()
        return sheet

    @classmethod
    def kept(cls, draft: Json, base: Json | None = None) -> "Sheet":
        """What `to_keep` gave. `base` is used where that had none."""
        sheet = cls(draft["fields"], draft["base"] or base)
        if "json" in draft:
            sheet.tab, sheet.text = "json", draft["json"]
            sheet.read_text()
        return sheet

    def to_keep(self) -> Json:
        """What a draft keeps: the fields, or JSON that cannot be read as it is typed."""
        draft: Json = {"fields": self.data, "base": self.base}
        return draft | {"json": self.text} if self.trouble else draft

    @property
    def creating(self) -> bool:
        return self.base is None

    @cached_property
    def form(self) -> SegmentForm:
        return SegmentForm(self.data, creating=self.creating)

    @property
    def definition(self) -> Json:
        return self._read if self._read is not None else self.form.definition()

    @property
    def carried_base(self) -> str:
        return json.dumps(self.base, ensure_ascii=False) if self.base is not None else ""

    def replace(self, data: payloads.Data) -> None:
        """Other data in the same form."""
        self.data = data
        self.__dict__.pop("form", None)

    def take_conditions(self, wanted: Mapping[str, Any]) -> None:
        """The conditions of another definition in this form; the settings stay as typed, half-typed numbers too."""
        prefixes = tuple(f"{side}-" for side in payloads.SIDES)
        fresh = {name: row for name, row in payloads.to_data(wanted).items() if name.startswith(prefixes)}
        if fresh["journey-TOTAL_FORMS"] == self.data.get("journey-TOTAL_FORMS"):
            counts = (name for name in fresh if name.startswith("journey-") and name.endswith("-count"))
            fresh |= {name: self.data.get(name, fresh[name]) for name in counts}
        settings = {name: row for name, row in self.data.items() if not name.startswith(prefixes)}
        self.replace({**settings, **fresh})
        self._read = None
        if self.tab == "json":
            self.text = json.dumps(payloads.definition(wanted), ensure_ascii=False, indent=2)

    def to_json(self) -> None:
        """The other way to see it: as JSON. What the API would answer beside it is left out."""
        self.text = json.dumps(self.definition, ensure_ascii=False, indent=2)
        self.tab = "json"

    def to_form(self) -> None:
        """Back to the form, unless the text cannot be read."""
        if self.trouble:
            return
        self.tab = "form"
        self.text = ""
        self._read = None

    def read_text(self) -> None:
        """Takes over what the JSON says; what cannot be read stays as typed, with line and column."""
        try:
            wanted = jsontext.read(self.text)
        except jsontext.Unreadable as error:
            self.trouble = str(error)
            return
        self._read = wanted
        self.replace(payloads.to_data(wanted))


def carried_segment(text: str) -> Json | None:
    """A segment that the form carries, as the service gave it; None for what is none."""
    found = payloads.carried(text)
    return found if found and found.get("id") else None
