"""The segments of the shop's marketing team, as they would send them to the API.

Real teams are not tidy: two of them mean the same, one never matches because its campaign name is misspelt, one is
switched off. The dashboard's clean-up finds these.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

# Switched off so many days ago: it was assigned until then.
PAUSED_DAYS_AGO = 9


@dataclass(frozen=True)
class Made:
    """A segment's body for the API, and the life it has had: created and last changed so many days ago."""

    number: int
    body: dict[str, Any]
    created_days_ago: int
    changed_days_ago: int
    version: int

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(f"5e900000-0000-4000-8000-{self.number:012d}")

    @property
    def paused(self) -> bool:
        return self.body.get("isActive") is False


def criterion(key: str, operator: str, *values: str, case: bool = False) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": not case}


def visit(*criteria: dict[str, Any]) -> dict[str, Any]:
    """A pattern about the visit itself."""
    return {"criteria": [{**row, "entityType": "visit"} for row in criteria]}


def happened(count: int, *criteria: dict[str, Any], event: str = "", stream: str = "Web") -> dict[str, Any]:
    """A pattern about what is done: so many events of this name that meet all criteria."""
    pattern = {
        "criteria": list(criteria),
        "count": count,
        "streamType": stream,
        "sessionType": stream.lower(),
    }
    return {**pattern, "eventName": event} if event else pattern


def _body(
    name: str, description: str, color: str, scope: str, *patterns: dict[str, Any], **more: Any
) -> dict[str, Any]:
    context = [row for row in patterns if "count" not in row]
    journey = [row for row in patterns if "count" in row]
    return {
        "displayName": name,
        "description": description,
        "color": color,
        "scope": scope,
        "context": {"patterns": context},
        "journey": {"patterns": journey},
        **more,
    }


_PRODUCT_PAGES = criterion("page.pathname", "startsWith", "/p/", case=True)

SEGMENTS = (
    Made(1, _body(
        "Second thoughts at the checkout",
        "Began to check out, then looked at the basket or at the help pages. Offered a chat with the checkout team.",
        "#C2410C", "Session",
        happened(1, criterion("eventName", "equal", "checkout_started", case=True)),
        happened(1, criterion("page.pathname", "startsWith", "/cart", "/help/", case=True), event="page_viewed"),
    ), 212, 26, 7),
    Made(2, _body(
        "Comparing products",
        "Four products in one visit. Product advisers can shorten the search.",
        "#0F766E", "Session",
        happened(4, _PRODUCT_PAGES, event="product_viewed"),
    ), 198, 60, 4),
    Made(3, _body(
        "Big baskets",
        "More than 250 euros in the basket. May be called back by the team for large orders.",
        "#7C3AED", "Session",
        happened(1, criterion("attributes.cart_value.value", "greaterThanOrEqual", "250"), event="product_added"),
    ), 174, 33, 5),
    Made(4, _body(
        "Gold members",
        "Signed in with a gold card at least once in the last 90 days.",
        "#B45309", "Customer",
        happened(1, criterion("attributes.loyalty_level.value", "equal", "gold"), event="signed_in"),
        assignmentExpirationDays=90, shouldDisplayToAgent=True,
    ), 160, 160, 1),
    Made(5, _body(
        "Readers of the letter",
        "Came by a link in the Thursday letter.",
        "#1D4ED8", "Session",
        visit(criterion("mktCampaign.source", "equal", "newsletter"), criterion("mktCampaign.medium", "equal", "email")),
    ), 150, 88, 2),
    Made(6, _body(
        "Paid search on phones",
        "For the monthly meeting with the search agency.",
        "#0369A1", "Session",
        visit(criterion("device.category", "equal", "mobile"), criterion("mktCampaign.medium", "equal", "cpc")),
        shouldDisplayToAgent=False,
    ), 141, 141, 1),
    Made(7, _body(
        "Mobile visitors from search ads",
        "Phones and search ads, set up for the landing page test.",
        "#0284C7", "Session",
        visit(criterion("mktCampaign.medium", "equal", "CPC"), criterion("device.category", "equal", "mobile")),
        shouldDisplayToAgent=False,
    ), 72, 72, 1),
    Made(8, _body(
        "Searched and found nothing",
        "Two searches without a result. Buyers get a list every morning of what is missing.",
        "#BE123C", "Session",
        happened(2, criterion("attributes.results.value", "equal", "0"), event="search_performed"),
    ), 133, 40, 3),
    Made(9, _body(
        "Where is my parcel?",
        "Looked up an order, read about delivery, and came back to the order.",
        "#4D7C0F", "Session",
        happened(1, criterion("page.pathname", "equal", "/account/orders", case=True), event="page_viewed"),
        happened(1, criterion("page.pathname", "equal", "/help/delivery", case=True), event="page_viewed"),
        happened(1, criterion("page.pathname", "equal", "/account/orders", case=True), event="page_viewed"),
    ), 120, 51, 6),
    Made(10, _body(
        "Thinking of sending something back",
        "Read about returns. Forgotten after two weeks, when most parcels have arrived.",
        "#A21CAF", "Customer",
        happened(1, criterion("page.pathname", "startsWith", "/returns", case=True), event="page_viewed"),
        assignmentExpirationDays=14, shouldDisplayToAgent=True,
    ), 116, 20, 3),
    Made(11, _body(
        "Nordic regulars",
        "Signed in twice from Sweden, Norway, Denmark or Finland, whenever that was.",
        "#15803D", "Customer",
        visit(criterion("geolocation.country", "equal", "SE", "NO", "DK", "FI", case=True)),
        happened(2, criterion("eventName", "equal", "signed_in", case=True)),
    ), 97, 97, 1),
    Made(12, _body(
        "App users close to paying",
        "Three products on a phone, then the checkout screen.",
        "#9333EA", "Session",
        happened(3, criterion("screenName", "equal", "Product", case=True), stream="App"),
        happened(1, criterion("screenName", "equal", "Checkout", case=True), stream="App"),
    ), 64, 64, 2),
    Made(13, _body(
        "Trail week visitors",
        "Came by the trail week stories. To be checked: the numbers look too low.",
        "#DB2777", "Session",
        visit(criterion("mktCampaign.name", "equal", "trail%20week", case=True)),
        shouldDisplayToAgent=False,
    ), 47, 47, 1),
    Made(14, _body(
        "Tent test, Alps (paused)",
        "Saw the wind test and a tent, in the three countries of the trial. Paused until the new tents arrive.",
        "#64748B", "Session",
        visit(criterion("geolocation.country", "equal", "DE", "AT", "CH", case=True)),
        happened(2, criterion("attributes.category.value", "equal", "tents"), event="product_viewed"),
        isActive=False,
    ), 88, PAUSED_DAYS_AGO, 3),
    Made(15, _body(
        "High spenders, gone quiet",
        "From the customer data platform: 1,000 euros in a year and nothing for half a year. Assigned there, not here.",
        "#334155", "Customer",
        externalSegment={"id": "cdp-audience-4711", "name": "lapsed_high_value", "source": "AdobeExperiencePlatform"},
        shouldDisplayToAgent=True,
    ), 81, 81, 1),
)  # fmt: skip
