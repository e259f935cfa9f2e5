"""EDT8, EDT15: each warning is raised by what it is about, not by its neighbour, and its repair takes it away."""

from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import given

from segments import payloads, warnings
from tests.segments.conftest import Api, Make
from tests.segments.definitions import SEGMENTS, criterion, segment, step, visit
from tests.segments.forms import HTMX, posted, shown

DE, FR = (visit("geolocation.country", "equal", code) for code in ("DE", "FR"))
PRICE = "attributes.price.value"


def one(row: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    """A definition with these criteria in one pattern, on the side they belong to."""
    if "entityType" in row:
        return segment(context=[[row, *more]])
    return segment(journey=[step(1, row, *more)])


# code, what raises it, what does not, and the criteria after the repair
CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[dict[str, Any]]]] = [
    (
        "W01",
        one(DE, FR),
        one(DE, visit("geolocation.country", "notEqual", "FR")),
        [visit("geolocation.country", "equal", "DE", "FR")],
    ),
    (
        "W02",
        one(criterion("page.title", "greaterThan", "5")),
        one(criterion(PRICE, "greaterThan", "5")),
        [criterion("page.title", "equal", "5")],
    ),
    (
        "W03",
        one(visit("mktCampaign.term", "equal", " red  shoes")),
        one(visit("mktCampaign.term", "equal", "red shoes")),
        [visit("mktCampaign.term", "equal", "red shoes")],
    ),
    (
        "W04",
        one(visit("referrer.hostname", "equal", "https://news.example/a")),
        one(visit("referrer.hostname", "equal", "news.example")),
        [visit("referrer.hostname", "equal", "news.example")],
    ),
    (
        "W05",
        one(visit("mktCampaign.name", "equal", "spring%20sale+now")),
        one(visit("mktCampaign.name", "equal", "Spring sale")),
        [visit("mktCampaign.name", "equal", "spring sale now")],
    ),
    (
        "W05",
        one(visit("mktCampaign.name", "equal", "Spring", ignore=False)),
        one(visit("mktCampaign.clickId", "equal", "EAIa", ignore=False)),
        [visit("mktCampaign.name", "equal", "Spring")],
    ),
    (
        "W06",
        one(visit("geolocation.country", "equal", "Germany", "FR")),
        one(visit("geolocation.country", "equal", "de")),
        [visit("geolocation.country", "equal", "DE", "FR")],
    ),
    (
        "W06",
        one(visit("geolocation.countryName", "equal", "DE")),
        one(visit("geolocation.countryName", "equal", "Germany")),
        [visit("geolocation.countryName", "equal", "Germany")],
    ),
    (
        "W06",
        one(visit("geolocation.country", "equal", "Utopia")),
        one(visit("geolocation.country", "containsAny", "Utopia")),
        [visit("geolocation.countryName", "equal", "Utopia")],
    ),
    (
        "W07",
        one(criterion("page.url", "equal", "https://a.example/c?x=1#y")),
        one(criterion("page.url", "startsWith", "https://a.example/c?x=1")),
        [criterion("page.url", "startsWith", "https://a.example/c")],
    ),
    (
        "W08",
        one(visit("geolocation.country", "notEqual", "DE")),
        one(visit("geolocation.country", "notEqual", "DE"), FR),
        [visit("geolocation.country", "notEqual", "DE")],
    ),
    (
        "W09",
        one(DE, visit("geolocation.country", "equal", "de")),
        one(DE, visit("browser.family", "equal", "DE")),
        [DE],
    ),
    (
        "W09",
        one(visit("geolocation.country", "equal", "DE", "de")),
        one(visit("geolocation.country", "equal", "DE", "de", ignore=False)),
        [DE],
    ),
    (
        "W10",
        one(criterion(PRICE, "greaterThan", "9"), criterion(PRICE, "lessThan", "5")),
        one(criterion(PRICE, "greaterThan", "5"), criterion(PRICE, "lessThan", "9")),
        [criterion(PRICE, "greaterThan", "5"), criterion(PRICE, "lessThan", "9")],
    ),
    (
        "W10",
        one(
            visit("browser.version", "greaterThan", "120"), visit("browser.version", "lessThanOrEqual", "120")
        ),
        one(
            visit("browser.version", "greaterThanOrEqual", "9.2"), visit("browser.version", "lessThan", "10")
        ),
        [
            visit("browser.version", "greaterThanOrEqual", "120"),
            visit("browser.version", "lessThanOrEqual", "120"),
        ],
    ),
    (
        "W11",
        one(criterion("searchQuery", "equal", "ana@shop.example", "shoes")),
        one(criterion("searchQuery", "equal", "@shop", "12345678")),
        [criterion("searchQuery", "equal", "shoes")],
    ),
    (
        "W11",
        one(criterion("searchQuery", "equal", "4111 1111 1111 1111", "shoes")),
        one(criterion("searchQuery", "equal", "4111 1111 1111 1112")),
        [criterion("searchQuery", "equal", "shoes")],
    ),
    (
        "W11",
        one(criterion("searchQuery", "equal", "+49 30 1234567", "shoes")),
        one(criterion("searchQuery", "equal", "49 30")),
        [criterion("searchQuery", "equal", "shoes")],
    ),
]


def codes(definition: dict[str, Any], **more: Any) -> list[str]:
    return [warned.code for warned in warnings.find(definition, **more)]


def rows(definition: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        row
        for side in ("context", "journey")
        for pattern in definition[side]["patterns"]
        for row in pattern["criteria"]
    ]


@pytest.mark.parametrize(("code", "raised", "quiet", "repaired"), CASES)
def test_each_code(
    code: str, raised: dict[str, Any], quiet: dict[str, Any], repaired: list[dict[str, Any]]
) -> None:
    assert code in codes(raised)
    assert code not in codes(quiet)
    warned = next(one for one in warnings.find(raised) if one.code == code)
    assert warned.repair
    fixed = warned.fix(raised)
    if code != "W08":
        assert rows(fixed) == repaired
        assert code not in codes(fixed)
    else:
        # Its repair opens a row to be filled in.
        assert rows(fixed)[-1]["key"] == ""
        assert rows(fixed)[0] == repaired[0]


def test_equals_on_two_events_may_both_hold() -> None:
    apart = segment(
        journey=[
            step(1, criterion("page.pathname", "equal", "/a")),
            step(1, criterion("page.pathname", "equal", "/b")),
        ]
    )
    assert "W01" not in codes(apart)
    same = segment(
        journey=[
            step(1, criterion("page.pathname", "equal", "/a"), criterion("page.pathname", "equal", "/b"))
        ]
    )
    assert "W01" in codes(same)


def test_equals_in_two_groups_of_one_visit_never_both_hold() -> None:
    assert "W01" in codes(segment(context=[[DE], [FR]]))


def test_another_with_the_same_conditions() -> None:
    assert codes(one(DE), twins=["Europe"]) == ["W12"]


def test_an_event_name_is_a_condition_that_must_hold() -> None:
    only_not = criterion("page.pathname", "notEqual", "/a")
    assert "W08" in codes(segment(journey=[step(1, only_not)]))
    assert "W08" not in codes(segment(journey=[step(1, only_not, event="page_viewed")]))


@given(SEGMENTS)
def test_any_definition_can_be_warned_about_and_repaired(definition: dict[str, Any]) -> None:
    full = payloads.definition(definition)
    before = payloads.definition(definition)
    for warned in warnings.find(full):
        fixed = warned.fix(full)
        assert full == before
        assert payloads.definition(fixed)
        assert warned.text


def test_the_repair_button_repairs_that_row_alone(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[visit("referrer.hostname", "equal", "https://a.example/b")], [DE]])
    path = f"/segments/{made['id']}/edit"
    page = marketer.post(path, posted(made, base=made, row="check"), headers=HTMX).content.decode()
    assert 'data-code="W04"' in page
    button = "repair:W04:context.patterns[0].criteria[0]"
    assert f'value="{button}"' in page
    typed = posted(made, base=made, row=button, expiry="soon", name="typed")
    repaired = shown(marketer.post(path, typed).content.decode())
    assert repaired["context-0-criteria-0-values"] == ["a.example"]
    assert repaired["context-1-criteria-0-values"] == ["DE"]
    assert (repaired["expiry"], repaired["name"]) == (["soon"], ["typed"])


def test_warnings_never_block_saving(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Europe", context=[[DE]])
    wanted = made | {"context": one(DE, FR)["context"]}
    assert marketer.post(f"/segments/{made['id']}/edit", posted(wanted, base=made)).status_code == 303
    assert codes(api.get(made["id"])) == ["W01"]  # type: ignore[arg-type]


def test_showing_personal_things_to_agents_asks_once(marketer: Browser, make: Make, api: Api) -> None:
    made = make("Signed in", context=[[visit("authenticated", "equal", "true")]], shouldDisplayToAgent=False)
    path = f"/segments/{made['id']}/edit"
    wanted = made | {"shouldDisplayToAgent": True}
    answer = marketer.post(path, posted(wanted, base=made))
    assert answer.status_code == 422
    assert "It tells agents whether the visitor is signed in." in answer.content.decode()
    assert api.get(made["id"])["shouldDisplayToAgent"] is False  # type: ignore[index]
    assert marketer.post(path, posted(wanted, base=made, confirmed="on")).status_code == 303
    now = api.get(made["id"])
    assert now is not None
    assert now["shouldDisplayToAgent"] is True
    again = marketer.post(path, posted(now | {"description": "x"}, base=now))
    assert again.status_code == 303
