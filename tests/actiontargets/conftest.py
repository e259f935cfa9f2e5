"""One action target in a known state on the shared server, changed behind the dashboard's back where a test says so."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests import cast
from tests.programs import Program

Json = dict[str, Any]
FIRST = "7a6e0000-0000-4000-8000-000000000001"
SECOND = "7a6e0000-0000-4000-8000-000000000002"
KNOWN = {
    FIRST: {
        "name": "Pre-sales advice",
        "serviceLevel": {"percentage": 0.8, "durationMs": 20_000},
        "shortAbandonThreshold": None,
    },
    SECOND: {
        "name": "Checkout help",
        "serviceLevel": {"percentage": 0.9, "durationMs": 15_000},
        "shortAbandonThreshold": 5,
    },
}


@pytest.fixture
def behind(server: Program) -> Iterator[Callable[..., Json]]:
    """`behind(ID)` reads a target without the dashboard, `behind(ID, serviceLevel=…)` changes it there."""
    session = cast.api(server.url)
    cache.clear()

    def ask(target_id: str, **patch: Any) -> Json:
        url = f"{server.url}/api/v2/journey/actiontargets/{target_id}"
        answer = session.patch(url, json=patch, timeout=30) if patch else session.get(url, timeout=30)
        assert answer.ok, answer.text
        found: Json = answer.json()
        return found

    for target_id, state in KNOWN.items():
        ask(target_id, **state)
    yield ask
    for target_id, state in KNOWN.items():
        ask(target_id, **state)
