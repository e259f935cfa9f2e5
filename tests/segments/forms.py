"""What a browser posts from the editor, and reading what it shows."""

import json
from html.parser import HTMLParser
from typing import Any

from django.test import Client as Browser

from segments import payloads
from tests.segments.definitions import Json

HTMX = {"hx-request": "true"}


def posted(wanted: Json, *, base: Json | None = None, **more: Any) -> dict[str, Any]:
    """The fields of a form that says `wanted` and was loaded from `base`."""
    data: dict[str, Any] = dict(payloads.to_data(wanted))
    if base is not None:
        data["base"] = json.dumps(base)
    return data | more


def shown(page: str, form: str | None = "segment-form") -> dict[str, list[str]]:
    """The fields of a form on a page, as a browser without scripts would post them; None: of the forms without an id."""
    reader = _Fields(form)
    reader.feed(page)
    return reader.fields


def edited(browser: Browser, made: Json, **changes: list[str] | str) -> Any:
    """Opens the form of a segment, changes some fields, and saves without scripts."""
    path = f"/segments/{made['id']}/edit"
    fields: dict[str, Any] = shown(browser.get(path).content.decode())
    return browser.post(path, fields | changes)


class _Fields(HTMLParser):
    """Collects what is posted; a template's content is not part of the page."""

    def __init__(self, form: str | None) -> None:
        super().__init__()
        self.form = form
        self.inside = False
        self.templates = 0
        self.fields: dict[str, list[str]] = {}
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.area = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "template":
            self.templates += 1
        if tag == "form":
            self.inside = given.get("id") == self.form
        name = given.get("name") or ""
        if self.templates or not (self.inside or given.get("form") == self.form):
            return
        kind = given.get("type", "text")
        if tag == "select":
            self.select, self.options = name, []
        elif tag == "option" and self.select:
            self.options.append((given.get("value") or "", "selected" in given))
        elif tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in given):
            default = "on" if kind == "checkbox" else ""
            self._add(name, given.get("value", default) or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        elif tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            chosen = [value for value, selected in self.options if selected]
            if self.options:
                self._add(self.select, chosen[-1] if chosen else self.options[0][0])
            self.select = ""
        elif tag == "textarea" and self.area:
            self._add(self.area, self.text.removeprefix("\n"))
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text += data

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)
