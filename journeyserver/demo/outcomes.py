"""What visits were worth: outcomes that visitors reach, and which conversation is credited for them."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from journeyserver.demo.offers import MAPS, Row, uuid_of
from journeyserver.demo.people import Customer, pick

OUTCOMES = {
    name: f"0c700000-0000-4000-8000-{number:012d}"
    for number, name in enumerate(
        ("order-placed", "newsletter-subscribed", "account-created", "store-appointment"), start=1
    )
}
# What a visitor sees; an integration that ran unseen is credited with nothing.
SEEN = ("webchat", "webMessagingOffer", "contentOffer", "architectFlow")
_AGENTS = tuple(f"a9e27000-0000-4000-8000-{number:012d}" for number in range(1, 15))
_MAP_NUMBERS = {row.id: row for row in MAPS.values()}


class Outcomes:
    """The outcomes of one visit, as rows of the kind `outcomes` of `ingest/incoming.py`."""

    def __init__(self, rng: random.Random, customer: Customer) -> None:
        self.rng = rng
        self.customer = customer
        self.rows: list[Row] = []

    def achieve(self, name: str, at: datetime, actions: Sequence[Row], value: float | None = None) -> None:
        """Reached at this time; each conversation or offer that was accepted earlier in the visit is a touchpoint of it."""
        row: Row = {
            "customer_id": self.customer.id,
            "ts": at,
            "outcome": "achieved",
            "journey_outcome_id": OUTCOMES[name],
            "value": value,
        }
        self.rows.append(row)
        touched = [
            action
            for action in actions
            if action["action_state"] in ("engaged", "accepted")
            and action["journey_action_media_type"] in SEEN
            and action["ts"] <= at
        ]
        # An engaged action was accepted before: one touchpoint each, the later state.
        touchpoints = {action["journey_action_id"]: action for action in touched}
        for action in touchpoints.values():
            share = None if value is None else round(value / len(touchpoints), 2)
            self.rows.append(self._credited(row, action, at + timedelta(milliseconds=1), share))

    def _credited(self, row: Row, action: Row, at: datetime, share: float | None) -> Row:
        rng = self.rng
        talked = action["action_state"] == "engaged"
        credited: Row = {
            **row,
            "ts": at,
            "outcome": "attributed",
            "value": share,
            "touchpoint_action_map_id": action["journey_action_map_id"],
            "touchpoint_attribution_scope": "Session",
            "touchpoint_channel_platform": "Web",
            "touchpoint_channel_type": "Messaging" if talked else "Content",
            "touchpoint_interaction_type": action["journey_action_media_type"],
        }
        if not talked:
            return credited
        number = _MAP_NUMBERS[action["journey_action_map_id"]].target or 1
        routing = pick(rng, (("Standard", 70), ("Preferred", 14), ("Predictive", 10), ("Bullseye", 6)))
        return {
            **credited,
            "touchpoint_agent_id": _AGENTS[(number * 2 + rng.randrange(4)) % len(_AGENTS)],
            "touchpoint_queue_id": f"90e0e000-0000-4000-8000-{number:012d}",
            "touchpoint_conversation_id": uuid_of(rng),
            "touchpoint_channel_message_type": "WebMessaging",
            "touchpoint_requested_routing": routing,
            "touchpoint_used_routing": routing if rng.random() < 0.8 else "Standard",
            "touchpoint_wrapup_code": pick(
                rng, (("Bought", 55), ("Needs time", 20), ("Delivery question", 25))
            ),
        }
