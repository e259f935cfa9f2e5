"""A name with marks that turn the direction of writing turns nothing beside it (SEC4)."""

import pytest
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string

from journeyadmin import wording
from journeyadmin.direction import isolated, isolated_quotes
from segments.warnings import Warned

OVERRIDE = "\u202egnp.exe <b>"
HELD = f"\u2068{OVERRIDE}\u2069"


@pytest.mark.parametrize("name", ["plain", "שלום", "日本語 \U0001f600", ""])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert isolated(name) == name
    assert isolated_quotes(f"“{name}” is saved.") == f"“{name}” is saved."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"“{OVERRIDE}” is saved, version 3.", f"“{HELD}” is saved, version 3."),
        (f"„{OVERRIDE}“ ist gespeichert.", f"„{HELD}“ ist gespeichert."),
        (f"“a” and “{OVERRIDE}”", f"“a” and “{HELD}”"),
    ],
)
def test_what_follows_the_name_is_not_turned(before: str, after: str) -> None:
    assert isolated_quotes(before) == after


def test_messages_titles_and_sentences_hold_the_name() -> None:
    told = render_to_string("_messages.html", {"messages": [Message(25, f"“{OVERRIDE}” is saved.")]})
    assert f"“{HELD.replace('<b>', '&lt;b&gt;')}” is saved." in told
    warned = render_to_string(
        "segments/_warnings.html", {"warnings": [Warned("W12", "", f"Same as “{OVERRIDE}”.", "")]}
    )
    assert f"Same as “{HELD.replace('<b>', '&lt;b&gt;')}”." in warned
    page = render_to_string("base.html", {"title": f"Edit “{OVERRIDE}”"})
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert title.startswith("\u2068Edit “\u202egnp.exe &lt;b&gt;”\u2069")
    criterion = {
        "key": "page.url",
        "operator": "containsAny",
        "values": [OVERRIDE, "b"],
        "shouldIgnoreCase": True,
    }
    assert f"“{HELD}”" in wording.criterion_words(criterion, "journey")
    assert wording.value_words("displayName", OVERRIDE) == f"“{HELD}”"
