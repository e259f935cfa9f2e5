"""How measures, dimensions and numbers are said, in the reader's language. Nothing here asks anything of anybody."""

import math

from django.utils.formats import get_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from analytics import measures
from analytics.measures import Measure
from analytics.parts import Number
from analytics.question import WHOLE
from journeyadmin.contract.buckets import BucketError, parse_granularity
from journeyadmin.contract.dimensions import DIMENSIONS
from journeyadmin.contract.metrics import METRICS
from journeyadmin.digits import THIN, grouped

NO_DATA = "–"
# What is smaller than these decimals can say does read as nothing.
MOST_PLACES = 12


# Numbers


def whole(number: Number) -> str:
    return grouped(round(number))


def decimal(number: Number, places: int) -> str:
    """Grouped, with as many decimals as asked for but no noughts at their end; with more where it would read as nothing.

    static/js/chart-points.js writes numbers in the same way.
    """
    text = grouped(number, places)
    if number and not text.strip("-0."):
        text = grouped(number, min(-math.floor(math.log10(abs(number))), MOST_PLACES))
    head, dot, tail = text.partition(".")
    tail = tail.rstrip("0")
    return f"{head}{get_format('DECIMAL_SEPARATOR')}{tail}" if dot and tail else head


def percent(share: Number) -> str:
    """`12.3 %`: one decimal below 10 %, none from there on, more where it would read as nothing."""
    value = share * 100
    return f"{decimal(value, 1 if abs(value) < 10 else 0)}{THIN}%"


def signed_percent(share: Number) -> str:
    """`+12 %`, `−3.4 %`, `±0 %`."""
    if round(share * 100, 2) == 0:
        return f"±{percent(0)}"
    return ("+" if share > 0 else "−") + percent(abs(share))


def moved(now: Number | None, before: Number | None, made: Measure) -> str:
    """The change from one number to another: `+12 %`, for shares in points; "" where it has no meaning."""
    if now is None or before is None:
        return ""
    if is_percent(made):
        points = (now - before) * 100
        if round(points, 1) == 0:
            return _("%s points") % "±0"
        return _("%s points") % f"{'+' if points > 0 else '−'}{decimal(abs(points), 1)}"
    return signed_percent((now - before) / abs(before)) if before else ""


def is_percent(measure: Measure) -> bool:
    """Whether it is said in percent: one count over another."""
    return measure.under is not None and all(
        not part.view and METRICS[part.name].aggregate != "value" for part in measure.parts
    )


def number(value: Number | None, measure: Measure) -> str:
    """A value of this measure as it stands in a table; `–` where there is no data."""
    if value is None:
        return NO_DATA
    if is_percent(measure):
        return percent(value)
    if measure.kind in ("count", "distinct"):
        return whole(value)
    return decimal(value, 0 if abs(value) >= 10_000 else 2)


def short(value: Number, as_percent: bool = False, step: float = 0) -> str:
    """`12 k`, `1.5 M`: for axes and labels in a plot. Ticks that are `step` apart differ in what they say."""
    if as_percent:
        return f"{decimal(value * 100, _places(step * 100))}{THIN}%" if step else percent(value)
    # Translators: short units on an axis: thousand million, million, thousand.
    for limit, scale, words in ((1e9, 1e9, _("%s bn")), (1e6, 1e6, _("%s M")), (1e4, 1e3, _("%s k"))):
        if abs(value) >= limit:
            return words.replace(" ", THIN) % decimal(value / scale, max(1, _places(step / scale)))
    return decimal(value, _places(step) if step else 2)


def _places(step: float) -> int:
    """The decimals that a step of 1, 2, 2.5 or 5 times a power of ten needs."""
    return next((places for places in range(12) if abs(round(step, places) - step) <= step * 1e-6), 12)


# Measures, dimensions, granularities


def metric(name: str) -> str:
    return _(METRICS[name].label)


def statistic(name: str) -> str:
    words = {
        "sum": _("sum"),
        "avg": _("average"),
        "min": _("smallest"),
        "max": _("largest"),
        "count": _("number"),
    }
    return words[name]


def measure(made: Measure) -> str:
    if made.key in measures.KNOWN_RATES:
        return _("%(metric)s %%") % {"metric": metric(made.top.name)}
    if "/" in made.key and made.under is not None:
        return f"{metric(made.top.name)} / {metric(made.under.name)}"
    name = made.top.name if made.top.view else metric(made.top.name)
    chosen = "" if made.top.view else made.key.partition(".")[2]
    return f"{name}, {statistic(chosen)}" if chosen else name


def definition(made: Measure) -> str:
    """What it counts, and whether its numbers may be added up."""
    if made.under is not None and "/" in made.key:
        return _("%(top)s divided by %(under)s; no data where there are none of the latter.") % {
            "top": metric(made.top.name),
            "under": metric(made.under.name),
        }
    if made.top.view:
        return _("Only the values within the bounds of this view.")
    return _(METRICS[made.top.name].definition)


def dimension(name: str) -> str:
    return _(DIMENSIONS[name].label)


def within(label: str) -> str:
    """A label within a sentence: words in capitals stay, and in German, whose nouns have capitals, all do."""
    if (get_language() or "").startswith("de"):
        return label
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def granularity(by: str) -> str:
    """`day`, `5 minutes`, `1 day 12 hours`."""
    known = {
        WHOLE: _("whole range"),
        "PT1H": _("hour"),
        "P1D": _("day"),
        "P1W": _("week"),
        "P1M": _("month"),
        "P1Y": _("year"),
    }
    if by in known:
        return known[by]
    try:
        period = parse_granularity(by)
    except BucketError:
        return by
    parts = []
    if period.months:
        parts.append(ngettext("%d month", "%d months", period.months) % period.months)
    if period.days:
        parts.append(ngettext("%d day", "%d days", period.days) % period.days)
    hours, rest = divmod(period.seconds, 3600)
    if hours:
        parts.append(ngettext("%d hour", "%d hours", hours) % hours)
    if rest:
        parts.append(ngettext("%d minute", "%d minutes", rest // 60) % (rest // 60))
    return " ".join(parts)
