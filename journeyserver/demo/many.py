"""Five hundred segments of twenty criteria each: as many as an organisation may have, for benchmarks and tests."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

from journeyadmin.contract.criteria import CONTEXT_KEYS
from journeyserver.demo import shop
from journeyserver.demo.segments import criterion, happened, visit

CRITERIA = 20
_COLORS = (
    "#C2410C",
    "#0F766E",
    "#7C3AED",
    "#B45309",
    "#1D4ED8",
    "#BE123C",
    "#4D7C0F",
    "#A21CAF",
    "#15803D",
    "#64748B",
)
_TEXT = (
    "containsAny",
    "notContainsAny",
    "equal",
    "notEqual",
    "startsWith",
    "endsWith",
    "containsAll",
    "notContainsAll",
)
_EVENTS = (
    "page_viewed",
    "product_viewed",
    "product_added",
    "search_performed",
    "checkout_started",
    "order_completed",
)
_PATHS = (
    "/cart", "/checkout/", "/c/", "/returns", "/stories/", "/help/",
    *(product.path for rows in shop.PRODUCTS.values() for product in rows),
)  # fmt: skip


def many(count: int, seed: int = 7) -> Iterator[tuple[uuid.UUID, dict[str, Any]]]:
    """Ids and bodies for the API, the same for the same seed; every name is different."""
    for number in range(1, count + 1):
        rng = random.Random(f"{seed}:segment:{number}")  # noqa: S311
        yield uuid.UUID(f"5e9b0000-0000-4000-8000-{number:012d}"), _body(rng, number)


def _body(rng: random.Random, number: int) -> dict[str, Any]:
    context = rng.randrange(0, CRITERIA + 1)
    return {
        "displayName": f"Segment {number:03d}, {rng.choice(list(shop.TITLES.values())).lower()}",
        "description": "Made for measuring.",
        "color": rng.choice(_COLORS),
        "scope": rng.choice(("Session", "Session", "Customer")),
        "context": {"patterns": _split(rng, [_context(rng) for _ in range(context)], visit)},
        "journey": {
            "patterns": _split(
                rng,
                [_journey(rng) for _ in range(CRITERIA - context)],
                lambda *rows: happened(rng.randrange(1, 5), *rows, event=rng.choice(_EVENTS)),
            )
        },
    }


def _split(rng: random.Random, rows: list[dict[str, Any]], pattern: Any) -> list[dict[str, Any]]:
    """The criteria in patterns of one to five."""
    made = []
    while rows:
        size = rng.randrange(1, 6)
        made.append(pattern(*rows[:size]))
        rows = rows[size:]
    return made


def _context(rng: random.Random) -> dict[str, Any]:
    row = rng.choice(list(CONTEXT_KEYS.values()))
    if row.kind == "boolean":
        return criterion(row.name, rng.choice(("equal", "notEqual")), rng.choice(row.values))
    if row.kind == "version":
        return criterion(
            row.name, rng.choice(("greaterThan", "lessThanOrEqual")), str(rng.randrange(60, 140))
        )
    values = (
        rng.sample(row.values, 2)
        if row.values
        else [row.example, row.example[: max(2, len(row.example) // 2)]]
    )
    operator = rng.choice(("equal", "notEqual") if row.values else _TEXT)
    return criterion(row.name, operator, *values[: rng.randrange(1, 3)], case=rng.random() < 0.2)


def _journey(rng: random.Random) -> dict[str, Any]:
    chance = rng.random()
    if chance < 0.25:
        return criterion(
            "attributes.price.value", rng.choice(("greaterThan", "lessThan")), str(rng.randrange(10, 400))
        )
    if chance < 0.35:
        return criterion("searchQuery", "containsAny", *rng.sample(shop.SEARCHES, 2))
    key = rng.choice(("page.pathname", "page.url"))
    return criterion(key, rng.choice(("containsAny", "notContainsAny", "startsWith")), *rng.sample(_PATHS, 2))
