"""What is measured: a metric, one of the statistics of a measured value, a rate of two metrics, or a view. Pure.

A measure is spelled as in addresses: `nWebActionsOffered`, `oJourneyOutcomeValue.avg`,
`nWebActionsAccepted/nWebActionsOffered`, `view:bigOrders`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from journeyadmin.contract.metrics import METRICS

Statistic = Literal["count", "sum", "avg", "min", "max"]
# How its numbers behave: `count` and `sum` may be added up and are 0 where nothing happened; `distinct` is 0 there too
# but is never added up; `ratio` and `extreme` have no value there.
Kind = Literal["count", "sum", "distinct", "ratio", "extreme"]

STATISTICS: tuple[Statistic, ...] = ("sum", "avg", "min", "max", "count")
# The rates of the reports (docs/api/journey-api.md §10.3).
KNOWN_RATES = (
    "nWebActionsOffered/nWebActionsQualified",
    "nWebActionsAccepted/nWebActionsOffered",
    "nWebActionsEngaged/nWebActionsAccepted",
)
FUNNEL = (
    "nWebActionsQualified",
    "nWebActionsOffered",
    "nWebActionsAccepted",
    "nWebActionsStarted",
    "nWebActionsEngaged",
)
DEFAULT = ("nJourneySessions",)
_ORDER = {name: index for index, name in enumerate(METRICS)}
_VIEW = "view:"


@dataclass(frozen=True)
class Part:
    """One number of an answer: `statistic` of a metric or, with `view`, of a view of that name."""

    name: str
    statistic: Literal["count", "sum", "min", "max"]
    view: bool = False


@dataclass(frozen=True)
class View:
    """A view of a measured value: values v with gte ≤ v < lt under a name of its own, shown by one statistic."""

    name: str
    target: str
    gte: float | None = None
    lt: float | None = None
    statistic: Statistic = "sum"


@dataclass(frozen=True)
class Measure:
    """`top` or, with `under`, `top` divided by `under`."""

    key: str
    kind: Kind
    top: Part
    under: Part | None = None

    @property
    def additive(self) -> bool:
        """Whether a total over buckets or groups can be made from their parts."""
        if self.under is not None:
            return not any(METRICS[part.name].aggregate == "distinct" for part in self.parts if not part.view)
        return self.kind != "distinct"

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.top,) if self.under is None else (self.top, self.under)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that the service is asked for; none for a view."""
        return tuple(dict.fromkeys(part.name for part in self.parts if not part.view))


def measure(key: str) -> Measure | None:
    """The measure that a key spells; None where it spells none. Views are made by `of_view`."""
    top, slash, under = key.partition("/")
    if slash:
        over, below = _plain(top), _plain(under)
        return Measure(key, "ratio", over, below) if over and below and over != below else None
    name, dot, statistic = key.partition(".")
    metric = METRICS.get(name)
    if metric is None or (dot and metric.aggregate != "value"):
        return None
    if metric.aggregate != "value":
        return Measure(key, metric.aggregate, Part(name, "count"))
    return _of_value(key, name, statistic or "sum") if statistic != "sum" else None


def _plain(name: str) -> Part | None:
    metric = METRICS.get(name)
    return Part(name, "sum" if metric.aggregate == "value" else "count") if metric else None


def _of_value(key: str, name: str, statistic: str, view: bool = False) -> Measure | None:
    match statistic:
        case "sum":
            return Measure(key, "sum", Part(name, "sum", view))
        case "count":
            return Measure(key, "count", Part(name, "count", view))
        case "avg":
            return Measure(key, "ratio", Part(name, "sum", view), Part(name, "count", view))
        case "min":
            return Measure(key, "extreme", Part(name, "min", view))
        case "max":
            return Measure(key, "extreme", Part(name, "max", view))
    return None


def of_view(view: View) -> Measure:
    found = _of_value(_VIEW + view.name, view.name, view.statistic, view=True)
    assert found is not None
    return found


def in_order(keys: Iterable[str]) -> tuple[str, ...]:
    """Known keys, each once, in life-cycle order, rates after what they are made of."""
    found = {key: made for key in keys if (made := measure(key)) is not None}
    return tuple(sorted(found, key=lambda key: _place(found[key])))


def _place(made: Measure) -> tuple[int, int, int, int]:
    numbers = [_ORDER[name] for name in made.metrics]
    statistic = made.key.partition(".")[2]
    rate = "/" in made.key
    place = STATISTICS.index(statistic) if statistic in STATISTICS else 0
    return (int(rate), numbers[0], place, numbers[-1])


def all_measures(keys: Sequence[str], views: Sequence[View]) -> tuple[Measure, ...]:
    """The measures of a question: those chosen, then its views."""
    chosen = (measure(key) for key in keys)
    return (*(made for made in chosen if made is not None), *(of_view(view) for view in views))


def asked_metrics(measures: Iterable[Measure]) -> list[str]:
    """What the service is asked for, in life-cycle order."""
    return sorted({name for made in measures for name in made.metrics}, key=_ORDER.__getitem__)
