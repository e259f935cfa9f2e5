"""LST2: the words of the search box."""

from datetime import date

import pytest
from django.utils import translation

from segments import search
from tests.segments.definitions import criterion, segment, step, visit

CHECKOUT = segment(
    "Cart leavers",
    description="Left at the till",
    context=[[visit("geolocation.country", "notEqual", "DE")]],
    journey=[
        step(1, criterion("page.url", "containsAny", "/checkout"), event="page_viewed"),
        step(2, event="purchase"),
    ],
)


def found(typed: str, traits: frozenset[str] = frozenset({"active", "visit"})) -> bool:
    seen = search.searched(CHECKOUT, "Visits where …", date(2026, 3, 15), traits)
    return search.parse(typed).matches(seen)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "cart",
        "CART till",
        '"left at"',
        "key:page.url",
        'key:"page address"',
        "key:page.url value:checkout",
        "key:country op:notEqual value:de",
        'op:"is not"',
        "event:purchase",
        "is:active -is:agents",
        "changed:>2026-01-01",
        "changed:2026-03",
        "changed:<=2026-03-15",
        "-value:basket",
        "-cellar",
        "visits where",
    ],
)
def test_found(typed: str) -> None:
    assert found(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "cellar",
        "key:page.url value:de",  # both are there, but not in one condition
        "op:equal",
        "event:checkout",
        "is:inactive",
        "changed:>2026-03-15",
        "changed:<2026",
        "-key:page.url",
        "cart -till",
    ],
)
def test_not_found(typed: str) -> None:
    assert not found(typed)


def test_labels_are_found_in_the_language_of_the_page() -> None:
    with translation.override("de"):
        assert all(found(typed) for typed in ("key:Land", "key:country", 'op:"ist nicht"', 'op:"is not"'))
    assert not found("key:Land")


def test_an_unknown_word_is_text_and_said() -> None:
    query = search.parse("colour:red cart is:tall changed:soon")
    assert query.unknown == ("colour:", "is:tall", "changed:soon")
    assert [term.text for term in query.terms] == ["colour:red", "cart", "is:tall", "changed:soon"]
    assert {term.word for term in query.terms} == {"text"}


def test_an_address_is_no_search_word() -> None:
    query = search.parse("https://shop.example/cart")
    assert query.unknown == ()
    assert query.terms[0].text == "https://shop.example/cart"
