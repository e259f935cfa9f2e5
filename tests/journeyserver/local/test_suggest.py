"""Suggestions are the values that exist, counted; what looks like a person's data is left out."""

from collections import Counter
from typing import Any

import pytest

from tests.journeyserver.local.conftest import Stocked


def counts(values: Any) -> list[dict[str, Any]]:
    ordered = sorted(Counter(values).items(), key=lambda row: (-row[1], row[0]))
    return [{"value": value, "count": count} for value, count in ordered]


def test_values_of_a_journey_key(stocked: Stocked) -> None:
    paths = [event.values["page.pathname"] for visit in stocked.visits for event in visit.events]
    found = stocked.ask("/suggest", key="page.pathname").json()
    assert found == {"key": "page.pathname", "values": counts(paths), "complete": True}
    found = stocked.ask("/suggest", key="page.pathname", text="PRODUCT", limit=1).json()
    assert found["values"] == counts(path for path in paths if "product" in path)[:1]


def test_values_of_a_context_key(stocked: Stocked) -> None:
    found = stocked.ask("/suggest", key="geolocation.country", side="context").json()
    assert found["values"] == counts(visit.context["geolocation.country"] for visit in stocked.visits)
    signed = stocked.ask("/suggest", key="authenticated", side="context").json()["values"]
    assert {row["value"] for row in signed} == {"true", "false"}


def test_attributes_have_names_and_values(stocked: Stocked) -> None:
    bags = [event.values.get("attributes", {}) for visit in stocked.visits for event in visit.events]
    names = stocked.ask("/suggest", key="attributes").json()["values"]
    assert names == counts(name for bag in bags for name in bag)
    prices = stocked.ask("/suggest", key="attributes.price.value", limit=3).json()["values"]
    assert prices == counts(bag["price"] for bag in bags if "price" in bag)[:3]


def test_addresses_of_people_are_for_those_who_may_see_them(stocked: Stocked) -> None:
    assert stocked.ask("/suggest", key="attributes.mail.value").json()["values"] == []
    assert stocked.ask("/suggest", username="admin", key="attributes.mail.value").json()["values"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "key"),
        ({"key": "page.kind"}, "key"),
        ({"key": "page.url", "side": "context"}, "key"),
        ({"key": "page.url", "side": "x"}, "side"),
        ({"key": "attributes", "side": "context"}, "key"),
        ({"key": ["page.url", "page.title"]}, "key"),
        ({"key": "page.url", "limit": 0}, "limit"),
    ],
)
def test_wrong_questions(stocked: Stocked, params: dict[str, Any], field: str) -> None:
    answer = stocked.ask("/suggest", **params)
    assert answer.status_code == 400
    assert [row["fieldName"] for row in answer.json()["details"]] == [field]
