"""What the shop offers to visitors, and what becomes of each offer: the life of actions, and why some are held back."""

import math
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from journeyserver.demo.people import Customer, pick
from journeyserver.demo.rhythm import local, weight

Row = dict[str, Any]


@dataclass(frozen=True)
class ActionMap:
    """A rule that offers something. `target` is the number of a demo action target, `open` the local hours in which its
    agents work; `pages` says on which pages it may be shown: the operator of the condition and its values."""

    key: str
    number: int
    version: int
    media_type: str
    target: int | None
    template: int
    accepted: float
    open: tuple[int, int] | None = None
    pages: tuple[str, tuple[str, ...]] = ("contains_any", ("/",))

    @property
    def id(self) -> str:
        return f"ac710000-0000-4000-8000-{self.number:012d}"

    @property
    def template_id(self) -> str:
        return f"7e3b1a00-0000-4000-8000-{self.template:012d}"


MAPS = {
    row.key: row
    for row in (
        ActionMap("product-advice", 1, 4, "webMessagingOffer", 1, 1, 0.13, (8, 20), ("contains_any", ("/p/", "/c/"))),
        ActionMap("checkout-help", 2, 7, "webMessagingOffer", 2, 2, 0.24, (8, 22), ("starts_with", ("/checkout/",))),
        ActionMap("where-is-my-parcel", 3, 2, "webMessagingOffer", 3, 1, 0.31, (8, 20)),
        ActionMap("returns-guide", 4, 3, "architectFlow", None, 3, 0.72),
        ActionMap("call-me-back", 5, 5, "webMessagingOffer", 5, 4, 0.27, (9, 18)),
        ActionMap("free-delivery-banner", 6, 9, "contentOffer", None, 5, 0.21,
                  pages=("not_contains_any", ("/checkout/", "/order/"))),
        ActionMap("letter-sign-up", 7, 2, "contentOffer", None, 6, 0.06, pages=("starts_with", ("/stories/",))),
        ActionMap("member-to-crm", 8, 1, "integrationAction", None, 7, 0.985),
        ActionMap("tell-buyers-what-is-missing", 9, 1, "openAction", None, 8, 0.97),
        ActionMap("return-with-help", 10, 1, "webMessagingOffer", 4, 1, 0.22, (8, 20)),
    )
}  # fmt: skip
# The call-back was a web chat in the first days, until a new version replaced it.
CHAT = ActionMap("call-me-back", 5, 4, "webchat", 5, 4, 0.2, (9, 18))
CHAT_HOURS = 6 * 24
SCHEDULES = "5c4ed000-0000-4000-8000-000000000001"
EMERGENCY_SCHEDULES = "5c4ed000-0000-4000-8000-000000000009"
_FITS: Mapping[str, Callable[[str, tuple[str, ...]], bool]] = {
    "starts_with": lambda path, values: path.startswith(values),
    "contains_any": lambda path, values: any(value in path for value in values),
    "not_contains_any": lambda path, values: not any(value in path for value in values),
}
_WITH_OFFER = ("webchat", "webMessagingOffer", "contentOffer")


def uuid_of(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


@dataclass(frozen=True)
class Target:
    """An action target as the server holds it: its service level is this share answered within these seconds."""

    id: str
    share: float
    seconds: float


NO_TARGET = Target("", 0.8, 20)


class Offers:
    """The offers of one visit. A strict service level of a target (they are numbered as in `seeds.py`) holds back more.
    What happened is in `actions` and `blocks`, rows of the kinds of `ingest/incoming.py`."""

    def __init__(
        self, rng: random.Random, customer: Customer, hour: int, targets: Mapping[int, Target], age: int
    ) -> None:
        self.rng = rng
        self.customer = customer
        self.targets = targets
        self.age = age
        self.local_hour = local(hour).hour
        self.load = 0.6 + 0.4 * weight(hour)
        self.actions: list[Row] = []
        self.blocks: list[Row] = []
        self.showing: tuple[ActionMap, datetime] | None = None
        self.ended: dict[str, str] = {}

    def trigger(self, key: str, at: datetime, path: str) -> str:
        """Something happened that this map waits for. Returns the state in which its action ends."""
        action_map = MAPS[key]
        if key == "call-me-back" and self.age < CHAT_HOURS:
            action_map = CHAT
        if self.ended.get(key) in ("accepted", "engaged", "completed", "abandoned", "ignored"):
            return ""
        life = _Life(self, action_map, at)
        self.ended[key] = life.run(path)
        if life.shown_until and action_map.media_type in _WITH_OFFER:
            self.showing = (action_map, life.shown_until)
        return self.ended[key]


class _Life:
    """One action from qualifying to its end."""

    def __init__(self, offers: Offers, action_map: ActionMap, at: datetime) -> None:
        self.offers = offers
        self.map = action_map
        self.at = at
        self.target = offers.targets.get(action_map.target or 0, NO_TARGET)
        self.rng = offers.rng
        self.shown_until: datetime | None = None
        self.state = ""
        self.row: Row = {
            "customer_id": offers.customer.id,
            "journey_action_id": uuid_of(offers.rng),
            "journey_action_map_id": action_map.id,
            "journey_action_map_version": action_map.version,
            "journey_action_media_type": action_map.media_type,
            "journey_action_target_id": self.target.id or None,
            "journey_action_template_id": action_map.template_id,
        }

    def enter(self, state: str, least: float = 0, most: float = 0, **more: Any) -> str:
        self.at += timedelta(seconds=round(self.rng.uniform(least, most), 3))
        self.offers.actions.append({**self.row, "ts": self.at, "action_state": state, **more})
        self.state = state
        return state

    def block(self, reason: str, **more: Any) -> None:
        self.at += timedelta(milliseconds=self.rng.randrange(5, 90))
        self.offers.blocks.append({**self.row, "ts": self.at, "journey_blocking_reason": reason, **more})

    def run(self, path: str) -> str:
        outside = bool(self.map.open) and not self.map.open[0] <= self.offers.local_hour < self.map.open[1]  # type: ignore[index]
        self.enter("qualifiedOutsideSchedule" if outside else "qualified")
        if self.offers.ended.get(self.map.key) == "rejected" and not outside and self.rng.random() < 0.7:
            return self.enter(
                "frequencyCapReached", 0.01, 0.2, journey_frequency_cap_reason="CapOnceRejected"
            )
        if outside:
            return self._outside()
        if self._held_back(path):
            return self.state
        if self.map.media_type in _WITH_OFFER:
            self.enter("offered", 0.2, 2.5)
        return self._answer()

    def _outside(self) -> str:
        if self.rng.random() < 0.55:
            self.block(
                "OfferedOutsideSchedule",
                journey_blocking_schedule_group_id=SCHEDULES,
                journey_blocking_emergency_schedule_group_id=(
                    EMERGENCY_SCHEDULES if self.rng.random() < 0.08 else None
                ),
            )
            return self.state
        self.enter("offeredOutsideSchedule", 0.2, 2.5)
        # There is nobody to talk to: a form to leave a message, which few fill in.
        return self._answer(talk=False, ease=0.45)

    def _held_back(self, path: str) -> bool:
        """Whether something keeps this action from being offered for good. Some are only held up for a while."""
        rng, showing = self.rng, self.offers.showing
        operator, values = self.map.pages
        if not _FITS[operator](path, values):
            self.block("PageUrlConditionsNotMatching", **{f"{operator}_condition": list(values)})
            return rng.random() < 0.8
        if showing and showing[1] > self.at and self.map.media_type in _WITH_OFFER:
            self.block("AlreadyExistingOffer", journey_blocking_action_map_id=showing[0].id)
            return rng.random() < 0.75
        if self.map.target and rng.random() < self._throttling():
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                self.block("ServiceLevelThrottling")
            return rng.random() < 0.85
        chance = rng.random()
        if self.map.open and chance < 0.035 * self.offers.load:
            self.block("NoAvailableAgents")
            return True
        if self.map.media_type == "contentOffer" and chance < 0.09:
            cap = pick(
                rng, (("CapForPeriod", 60), ("CapOnceFinalized", 28), ("CapOnceRejected", 10), ("Unknown", 2))
            )
            self.block("FrequencyCapping", journey_frequency_cap_reason=cap)
            self.enter("frequencyCapReached", 0.01, 0.2, journey_frequency_cap_reason=cap)
            return True
        if chance > 0.985:
            other = rng.choice([row for row in MAPS.values() if row.number != self.map.number])
            self.block("MultipleSimultaneousOffers", journey_blocking_action_map_id=other.id)
            return rng.random() < 0.5
        if self.map.key == "letter-sign-up" and chance > 0.95:
            self.block("TriggerDateInFuture")
            return True
        if chance > 0.9835:
            self.block("Unknown")
            return True
        return False

    def _throttling(self) -> float:
        """The chance that offering would miss the target's service level: strict and quick ones are held back often."""
        strict = (self.target.share / 0.8) ** 6 * 20 / self.target.seconds
        return min(0.65, 0.05 * strict * self.offers.load)

    def _answer(self, talk: bool = True, ease: float = 1.0) -> str:
        rng = self.rng
        self.shown_until = self.at + timedelta(seconds=90)
        accepted = self.map.accepted * ease * (1.15 if self.offers.customer.member else 1.0)
        chance = rng.random()
        if chance < accepted:
            self.enter("accepted", 2, 35)
            talks = talk and self.map.media_type in ("webMessagingOffer", "webchat")
            return self._talk() if talks else self.state
        if self.map.media_type in ("integrationAction", "openAction"):
            return self.enter(
                "errored", 0.4, 8, error_code="http-503", error_message="The receiver did not answer."
            )
        if self.map.media_type == "architectFlow":
            return self.enter(*pick(rng, ((("rejected", 0.5, 3), 3), (("ignored", 60, 200), 1))))
        rest = (chance - accepted) / (1 - accepted)
        if rest < 0.27:
            return self.enter("rejected", 1, 20)
        if rest < 0.78:
            return self.enter("ignored", 8, 160)
        if rest < 0.985:
            return self.enter("timedout", 120, 120)
        return self.enter(
            "errored", 0.1, 1, error_code="render", error_message="The offer could not be shown."
        )

    def _talk(self) -> str:
        """From accepting to the end of the conversation. Agents keep the service level on quiet days and miss it a
        little on busy ones: the time until they answer is exponential, with the level's share within its seconds."""
        rng, target = self.rng, self.target
        usual = target.seconds / -math.log(1 - min(target.share, 0.98))
        waits = rng.expovariate(1 / (usual * self.offers.load))
        opens = min(rng.uniform(0.4, 1.5), target.seconds / 8)
        self.enter("started", opens, opens)
        patience = rng.expovariate(1 / (3 + 3 * target.seconds))
        if patience < waits:
            return self.enter("abandoned", patience, patience)
        if rng.random() < 0.006:
            return self.enter(
                "errored", 1, 9, error_code="disconnected", error_message="The connection was lost."
            )
        answers = max(0.3, waits - opens)
        self.enter("engaged", answers, answers)
        return self.enter("completed", 90, 800)
