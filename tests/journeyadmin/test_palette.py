"""The command palette as a page, and the switch for single letters."""

import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from journeyadmin.palette import Entry, matching
from tests import cast
from tests.programs import Program


def test_it_finds_places_segments_and_targets_by_name(marketer: Browser, server: Program) -> None:
    name = f"Palette <b>{uuid.uuid4().hex[:8]}"
    made = (
        cast.api(server.url)
        .post(f"{server.url}/api/v2/journey/segments", json={"displayName": name}, timeout=30)
        .json()
    )
    page = marketer.get("/search/", {"q": name[-6:]}).content.decode()
    assert f'href="/segments/{made["id"]}/"' in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "Checkout help" in marketer.get("/search/").content.decode()
    assert "Nothing has this name." in marketer.get("/search/", {"q": "no such thing"}).content.decode()


def test_a_fragment_holds_the_rows_alone(marketer: Browser) -> None:
    fragment = marketer.get("/search/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert 'role="option"' in fragment


def test_groups_stay_together_and_beginnings_come_first() -> None:
    rows = [
        Entry("A", "the cart", "/1"),
        Entry("A", "Cart leavers", "/2"),
        Entry("B", "Cart", "/3"),
        Entry("B", "Basket", "/4"),
    ]
    assert [row.path for row in matching(rows, "cart")] == ["/2", "/1", "/3"]


@pytest.mark.parametrize(("sent", "off"), [("off", True), ("on", False), ("nonsense", False)])
def test_single_letters_can_be_switched_off(marketer: Browser, sent: str, off: bool) -> None:
    answer: Any = marketer.post("/keyboard/", {"letters": sent, "next": "/keyboard/"})
    assert answer["Location"] == "/keyboard/"
    assert ("Switch single letters on" in marketer.get("/keyboard/").content.decode()) is off


def test_the_switch_for_single_letters_goes_where_the_person_goes(marketer: Browser, server: Program) -> None:
    marketer.post("/keyboard/", {"letters": "off"})
    elsewhere = cast.signed_in(server.url, "marketer", Browser())
    assert "data-letters-off" in elsewhere.get("/keyboard/").content.decode()
    other = cast.signed_in(server.url, "supervisor", Browser())
    assert "data-letters-off" not in other.get("/keyboard/").content.decode()
