"""Engine-neutral steps: which facts are read, and the buckets as runs of equal width."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from journeyadmin.contract.metrics import METRICS
from journeyserver.engine.query import Query
from journeyserver.engine.rollups import table_for

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Run:
    """`count` buckets of `width` microseconds from `start` (microseconds since 1970); the first is number `first`."""

    start: int
    width: int
    count: int
    first: int


@dataclass(frozen=True)
class Plan:
    """What compile.py turns into SQL."""

    query: Query
    kinds: tuple[str, ...]
    runs: tuple[Run, ...]
    # The table that is read, and for a roll-up: before which moment; what is younger comes from the facts.
    table: str = "facts"
    rolled_up_to: datetime | None = None


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def make(query: Query, rolled_up_to: datetime | None = None) -> Plan:
    """Facts of every kind that a metric or a view needs, and the buckets compressed into runs."""
    targets = [METRICS[name] for name in query.metrics] + [METRICS[view.target] for view in query.views]
    kinds = tuple(dict.fromkeys(kind for metric in targets for kind in metric.facts))
    table = table_for(query)
    if rolled_up_to is None or rolled_up_to <= query.start:
        table = "facts"
    return Plan(query, kinds, _runs([micros(edge) for edge in query.edges]), table, rolled_up_to)


def _runs(edges: list[int]) -> tuple[Run, ...]:
    """Days over a change of clocks make three runs, months twelve: bucket numbers are then plain arithmetic."""
    widths = [end - start for start, end in itertools.pairwise(edges)]
    firsts = [number for number, width in enumerate(widths) if number == 0 or width != widths[number - 1]]
    ends = [*firsts[1:], len(widths)]
    return tuple(
        Run(edges[first], widths[first], end - first, first) for first, end in zip(firsts, ends, strict=True)
    )
