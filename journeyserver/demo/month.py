"""A month of the shop, hour by hour: whoever comes, wherever from, whatever they do. Pure: the same words give the same rows."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from journeyserver.demo.app import AppVisit
from journeyserver.demo.arrivals import arrival
from journeyserver.demo.offers import Row, Target
from journeyserver.demo.people import customer
from journeyserver.demo.rhythm import moment, visits
from journeyserver.demo.visits import Setting, Visit
from journeyserver.demo.web import WebVisit

# Shares of the visits
_REGULARS = 0.14
_RETURNING = 0.24
# How many hours ago somebody who returns was first here, on average
_RETURN_HOURS = 80
# Regulars per visit in an hour
_POOL = 18


@dataclass
class Rows:
    """Rows of the four kinds of `ingest/incoming.py`."""

    events: list[Row] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)
    blocks: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)

    def extend(self, other: "Rows") -> None:
        self.events += other.events
        self.actions += other.actions
        self.blocks += other.blocks
        self.outcomes += other.outcomes


@dataclass(frozen=True)
class Month:
    """Which shop it is: its seed, how busy it is, its first hour and its action targets. It has no end: hours follow.

    Hour `n` begins `offset` later than the clock's hour, so that the last one may end now whatever the time.
    """

    seed: int
    per_hour: float
    first_hour: int
    offset: timedelta
    targets: Mapping[int, Target]

    def begins(self, hour: int) -> datetime:
        return moment(hour) + self.offset

    def newcomers(self, hour: int) -> int:
        return round(visits(hour, self.per_hour, self.seed) * (1 - _REGULARS - _RETURNING))

    def hour(self, hour: int) -> Rows:
        """Everything of the visits that begin in this hour, in order of time within each visit.

        Nobody came before the first hour: whoever walks an hour back for the visits that went on must not find any there.
        """
        if hour < self.first_hour:
            return Rows()
        rng = random.Random(f"{self.seed}:hour:{hour}")  # noqa: S311
        rows = Rows()
        newcomers = 0
        present: set[int] = set()
        for _ in range(visits(hour, self.per_hour, self.seed)):
            number, returning = self._who(rng, hour, newcomers)
            newcomers += not returning
            # Nobody is in the shop twice at once.
            if number in present:
                continue
            present.add(number)
            visit = self._visit(rng, hour, number, returning)
            rows.extend(Rows(visit.events, visit.offers.actions, visit.offers.blocks, visit.outcomes.rows))
        return rows

    def _who(self, rng: random.Random, hour: int, newcomers: int) -> tuple[int, bool]:
        """A number of `people.customer`, and whether they were here before."""
        chance = rng.random()
        if chance < _REGULARS:
            return rng.randrange(max(2, int(self.per_hour * _POOL))), True
        if chance < _REGULARS + _RETURNING:
            first = hour - 1 - int(rng.expovariate(1 / _RETURN_HOURS))
            known = self.newcomers(first)
            if known:
                return first * 1000 + rng.randrange(known), True
        return hour * 1000 + newcomers, False

    def _visit(self, rng: random.Random, hour: int, number: int, returning: bool) -> Visit:
        who = customer(number, self.seed)
        start = self.begins(hour) + timedelta(milliseconds=rng.randrange(3_600_000))
        in_app = who.uses_app and returning and rng.random() < 0.45
        machine = who.machines[0] if in_app or rng.random() < 0.7 else who.machines[-1]
        setting = Setting(who, machine, start, hour, hour - self.first_hour, self.targets)
        visit: Visit
        if in_app:
            visit = AppVisit(rng, setting)
        else:
            come = arrival(rng, who, hour, returning)
            visit = WebVisit(rng, setting, come)
        visit.walk()
        return visit
