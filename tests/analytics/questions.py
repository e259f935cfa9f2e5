"""Questions of every shape, for Hypothesis."""

from datetime import date, timedelta

from hypothesis import strategies as st

from analytics import filters, measures
from analytics.filters import Condition, Filter, Group
from analytics.measures import STATISTICS, View
from analytics.question import CHARTS, COMPARISONS, Question
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS
from tests.analytics.zones import ZONES

VALUES = st.one_of(
    st.sampled_from(
        ["mobile", "desktop", "DE", "a,b", "x:y", "100%", "", " padded ", "<b>", "Ünï", "a/b;c~d", "%2C"]
    ),
    st.text(max_size=12),
)
KEYS = [*METRICS, "oJourneyOutcomeValue.avg", "oJourneyOutcomeValue.max", *measures.KNOWN_RATES]


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(sorted(DIMENSIONS)))
    operator = draw(st.sampled_from(["matches", "matches", "exists", "notExists", "range"]))
    if operator == "range":
        bounds = draw(
            st.dictionaries(st.sampled_from(filters.BOUNDS), st.integers(-5, 5000).map(float), min_size=1)
        )
        return filters.ranged("journeyActionMapVersion", bounds)
    return Condition(name, operator, draw(VALUES) if operator == "matches" else "")


GROUPS = st.builds(
    Group, st.sampled_from(["and", "or"]), st.lists(conditions(), min_size=1, max_size=4).map(tuple)
)
FILTERS = st.builds(Filter, st.sampled_from(["and", "or"]), st.lists(GROUPS, max_size=4).map(tuple))
LIMITS = st.one_of(st.none(), st.floats(-1e9, 1e9).map(lambda number: round(number, 3)))


@st.composite
def views(draw: st.DrawFn) -> View:
    gte, lt = draw(LIMITS), draw(LIMITS)
    return View(
        draw(st.text(min_size=1, max_size=20).filter(lambda name: name not in METRICS)),
        draw(st.sampled_from(["oJourneyOutcomeValue", "oJourneyOutcomeTouchpointValue"])),
        1.5 if gte is None and lt is None else gte,
        lt,
        draw(st.sampled_from(STATISTICS)),
    )


def _fixed(first: date, more: int) -> str:
    return f"{first}..{first + timedelta(days=more)}" if more else f"{first}"


RANGES = st.one_of(
    st.sampled_from(["today", "last-7-days", "this-week", "last-3-months", "last-24-hours", "2026-05-01.."]),
    st.builds(_fixed, st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.integers(0, 300)),
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Questions in normal form."""
    group_by = tuple(draw(st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=3, unique=True)))
    many = any(DIMENSIONS[name].multi_valued for name in group_by)
    named = {view.name: view for view in draw(st.lists(views(), max_size=2))}
    return Question(
        range=draw(RANGES),
        zone=draw(st.sampled_from(ZONES)),
        by=draw(st.sampled_from(["", "all", "PT1H", "P1D", "P1DT12H", "P1M"])),
        measures=measures.in_order(draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4))),
        group_by=group_by,
        filter=filters.normal(draw(FILTERS)),
        views=tuple(named[name] for name in sorted(named)),
        flatten=many and draw(st.booleans()),
        compare=draw(st.sampled_from(["", *COMPARISONS, "segment:a1b2"])),
        chart=draw(st.sampled_from(["", *CHARTS])),
        top=draw(st.integers(1, 50)),
        goal=draw(st.one_of(st.none(), st.floats(-1e6, 1e6).map(lambda number: round(number, 2)))),
        marks=draw(st.booleans()),
    )
