"""Generated streams of events, definitions and deliveries, small enough to be checked event by event."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

START = datetime(2024, 3, 30, 22)
CUSTOMERS = ["ann", "bob", "cy"]
PAGES = ["https://shop.example/", "https://shop.example/Cart", "https://shop.example/cart/pay", None]
# Minutes between events: within a visit, at its very edge, beyond it, and days later.
STEPS = [0, 0, 1, 5, 19, 20, 21, 30, 700, 1440, 3000]


@st.composite
def events(draw: st.DrawFn, most: int = 25) -> list[dict[str, Any]]:
    """Events in order of time; several of one customer may share an instant, none equals another."""
    found: list[dict[str, Any]] = []
    seen = set()
    ts = START
    for _ in range(draw(st.integers(1, most))):
        ts += timedelta(minutes=draw(st.sampled_from(STEPS)))
        row: dict[str, Any] = {
            "ts": ts,
            "customer_id": draw(st.sampled_from(CUSTOMERS)),
            "event_name": draw(st.sampled_from(["page_viewed", "product_viewed", "Page_viewed"])),
            "page_url": draw(st.sampled_from(PAGES)),
            "stream": draw(st.sampled_from(["Web", "Web", "Web", "App"])),
            "page_hostname": "shop.example",
            "device_category": draw(st.sampled_from(["mobile", "desktop", None])),
            "browser_version": draw(st.sampled_from(["120.0.1", "9", None])),
            "authenticated": draw(st.sampled_from([False, False, False, True])),
        }
        row |= draw(
            st.sampled_from(
                [
                    {},
                    {},
                    {},
                    {"mkt_campaign_source": "mail"},
                    {"mkt_campaign_source": "mail", "mkt_campaign_name": "spring"},
                    {"referrer_hostname": "news.example", "referrer_medium": "unknown"},
                    {"referrer_hostname": "search.example", "referrer_medium": "search"},
                    {"referrer_hostname": "shop.example", "referrer_medium": "internal"},
                    {"referrer_hostname": "www.shop.example", "referrer_medium": "internal"},
                ]
            )
        )
        if draw(st.booleans()):
            row["attributes"] = {"price": draw(st.sampled_from(["5", "12.5", "free"]))}
        key = (row["customer_id"], row["event_name"], ts, row["page_url"])
        if key not in seen:
            seen.add(key)
            found.append(row)
    return found


def _criterion(key: str, operator: str, *values: str, fold: bool = False) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values), "shouldIgnoreCase": fold}


JOURNEY_CRITERIA = [
    _criterion("page.url", "containsAny", "cart", fold=True),
    _criterion("page.url", "containsAny", "cart"),
    _criterion("page.url", "notContainsAny", "pay"),
    _criterion("eventName", "equal", "page_viewed"),
    _criterion("attributes.price.value", "greaterThan", "10"),
]
CONTEXT_CRITERIA = [
    _criterion("device.category", "equal", "mobile"),
    _criterion("browser.version", "greaterThanOrEqual", "9.0.1"),
    _criterion("authenticated", "equal", "true"),
    _criterion("authenticated", "notEqual", "true"),
    _criterion("mktCampaign.source", "notEqual", "mail"),
]


@st.composite
def definitions(draw: st.DrawFn, most: int = 5) -> list[dict[str, Any]]:
    """Active segments of both scopes: context, ordered patterns with counts, expiry."""
    made = []
    for number in range(draw(st.integers(1, most))):
        context = draw(st.lists(st.sampled_from(CONTEXT_CRITERIA), max_size=2))
        steps = []
        for _ in range(draw(st.integers(0 if context else 1, 3))):
            step: dict[str, Any] = {
                "criteria": draw(st.lists(st.sampled_from(JOURNEY_CRITERIA), min_size=1, max_size=2)),
                "count": draw(st.integers(1, 3)),
                **draw(
                    st.sampled_from(
                        [
                            {"streamType": "Web", "sessionType": "web"},
                            {"streamType": "App", "sessionType": "app"},
                        ]
                    )
                ),
            }
            if draw(st.booleans()):
                step["eventName"] = "product_viewed"
            steps.append(step)
        scope = draw(st.sampled_from(["Session", "Customer"]))
        row: dict[str, Any] = {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "scope": scope,
            "context": {"patterns": [{"criteria": [row]} for row in context]},
            "journey": {"patterns": steps},
        }
        if draw(st.booleans()):
            row["assignmentExpirationDays"] = draw(st.sampled_from([0, 1, 2]))
        made.append(row)
    return made


@st.composite
def cuts(draw: st.DrawFn, rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The same rows in pieces, in their order."""
    pieces: list[list[dict[str, Any]]] = []
    rest = rows
    while rest:
        size = draw(st.integers(1, len(rest)))
        pieces.append(rest[:size])
        rest = rest[size:]
    return pieces
