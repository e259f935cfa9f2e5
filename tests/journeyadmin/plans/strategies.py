"""What a service may hold, and a service in memory that takes the steps of a plan by the contract's rules."""

import itertools
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from journeyadmin import servicelevel
from journeyadmin.contract.criteria import OPERATORS
from journeyadmin.plans import planning
from journeyadmin.plans.planning import Step

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
TRICKY = st.sampled_from(
    [
        "NO",
        "yes",
        "1",
        "1.5",
        "1:30",
        "null",
        "~",
        "2026-01-01",
        "true",
        "- a",
        "a: b",
        "#x",
        "=cmd()",
        "'",
        '"',
        "0x1F",
        "日本語",
        " x ",
    ]
)
VALUE = TEXT | TRICKY
NAME = (TEXT | TRICKY).map(str.strip).filter(bool)

_criterion = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["device.category", "page.url", "attributes.size.value"]),
        "values": st.lists(VALUE, min_size=1, max_size=3),
        "shouldIgnoreCase": st.booleans(),
        "operator": st.sampled_from(sorted(OPERATORS)),
    }
)
_context = st.lists(
    st.fixed_dictionaries({"criteria": st.lists(_criterion, min_size=1, max_size=2)}), max_size=2
)
_journey = st.lists(
    st.fixed_dictionaries(
        {
            "criteria": st.lists(_criterion, min_size=1, max_size=2),
            "count": st.integers(1, 9),
            "streamType": st.just("Web"),
            "sessionType": st.just("web"),
        },
        optional={"eventName": VALUE},
    ),
    max_size=2,
)
SEGMENT = st.fixed_dictionaries(
    {
        "displayName": NAME,
        "isActive": st.booleans(),
        "color": st.sampled_from(["#5E5782", "#0072b2"]),
        "scope": st.just("Session"),
        "shouldDisplayToAgent": st.booleans(),
        # Unknown to everyone here; what a file does not mention stays as it is, so all have it.
        "fieldOfTomorrow": st.lists(st.integers(), max_size=2),
        "context": _context.map(lambda rows: {"patterns": rows}),
        "journey": _journey.map(lambda rows: {"patterns": rows}),
    },
    optional={
        "description": VALUE,
        "assignmentExpirationDays": st.integers(1, 3650),
    },
)
SEGMENTS = st.lists(SEGMENT, max_size=5, unique_by=lambda one: one["displayName"].casefold())
TARGET = st.fixed_dictionaries(
    {
        "name": NAME,
        "serviceLevel": st.fixed_dictionaries(
            {
                "percentage": st.integers(0, 100).map(lambda share: share / 100),
                "durationMs": st.integers(1, 86_400_000),
            }
        ),
    },
    optional={"shortAbandonThreshold": st.integers(0, 3600)},
)
TARGETS = st.lists(TARGET, max_size=4, unique_by=lambda one: one["name"].casefold())


class Service:
    """Segments and targets in memory. Names are unique ignoring case, as at the service; a step that breaks that fails."""

    def __init__(self, segments: list[dict[str, Any]], targets: list[dict[str, Any]]) -> None:
        self._ids = itertools.count(1)
        self.segments: dict[str, dict[str, Any]] = {}
        self.targets: dict[str, dict[str, Any]] = {}
        for one in segments:
            self._add(self.segments, one)
        for one in targets:
            self._add(self.targets, one)

    def _add(self, store: dict[str, dict[str, Any]], body: Mapping[str, Any]) -> None:
        key = f"id-{next(self._ids)}"
        store[key] = {
            **body,
            "id": key,
            "version": 1,
            "createdDate": "2026-01-01T00:00:00.000Z",
            "selfUri": f"/{key}",
        }

    def carry_out(self, step: Step) -> None:
        store = self.segments if step.kind == planning.SEGMENT else self.targets
        body = step.body or {}
        if "displayName" in body:
            holders = [
                key
                for key, one in self.segments.items()
                if one["displayName"].casefold() == body["displayName"].casefold() and key != step.object_id
            ]
            assert not holders, f"{step} takes a name in use"
        if step.operation == planning.CREATE:
            assert None not in body.values()
            assert not {"id", "version", "selfUri"} & set(body)
            self._add(store, body)
        elif step.operation == planning.DELETE:
            del store[step.object_id]
        else:
            there = store[step.object_id]
            changed = (
                {**there, **body} if step.kind == planning.SEGMENT else servicelevel.with_patch(there, body)
            )
            kept = {name: value for name, value in changed.items() if value is not None}
            store[step.object_id] = {**kept, "version": there["version"] + 1}
