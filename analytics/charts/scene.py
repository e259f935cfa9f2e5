"""What every chart of one answer shares, and the lines that are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.formats import get_format
from django.utils.translation import gettext as _

from analytics import colours, labels, series, tables
from analytics.measures import Measure
from analytics.names import Names
from analytics.parts import Number
from analytics.ranges import Span
from analytics.series import Line, Result
from journeyadmin.contract.metrics import METRICS
from journeyadmin.digits import THIN
from journeyadmin.direction import isolated

Json = dict[str, Any]

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "hexagon", "pentagon")
# Lines of one colour differ by their dash as well; short dots are a bucket that is not over.
DASHES = ("solid", "dash", "longdash", "dashdot", "longdashdot")
# More lines than this and each is drawn faint until it is chosen.
CROWD = 8
OTHER, BEFORE = "@text-faint", "@text-faint"
_METRIC_SLOTS = {name: at for at, name in enumerate(METRICS)}


@dataclass(frozen=True)
class Mark:
    """Something that happened at a moment: who and what, and where to read more."""

    at: datetime
    text: str
    link: str = ""


@dataclass(frozen=True)
class Panel:
    """One figure with the measure it shows; `height` in pixels. `legend` lists what is drawn, as the page's own legend.

    `before` says how the compared values are drawn, for the legend: "grey", or "pale" in each line's colour; "" for not at all.
    """

    title: str
    figure: Json
    height: int
    legend: tuple["Entry", ...] = ()
    before: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of the legend."""

    name: str
    colour: str
    symbol: str
    value: str
    trace: int


@dataclass(frozen=True)
class Scene:
    """What every chart of one answer shares."""

    result: Result
    span: Span
    by: str
    now: datetime
    names: Names
    colours: dict[series.Group, str]
    point: str = ""
    goal: float | None = None
    marks: Sequence[Mark] = field(default_factory=tuple)
    blocked: Result | None = None
    small: bool = False
    # What it is compared with, in words.
    compared: str = ""
    # From this moment on the service may still correct its numbers.
    restated: datetime | None = None


@dataclass(frozen=True)
class Drawn:
    """A line as it is drawn; `number` counts them. Those of one colour differ by marker and by dash."""

    line: Line
    name: str
    colour: str
    number: int
    symbol: str
    dash: str


def drawn_lines(scene: Scene, part: list[Measure]) -> list[Drawn]:
    found: list[Drawn] = []
    for made in part:
        for line in scene.result.of(made):
            if line.kind == "all":
                continue
            if not scene.result.group_by:
                name, colour = labels.measure(made), _unused(measure_colour(made), found)
            else:
                name = tables.line_name(line, scene.result, scene.names)
                colour = (
                    OTHER if line.kind == "other" else scene.colours.get(line.group, colours.slot(len(found)))
                )
            found.append(Drawn(line, name, colour, len(found), *_shape(colour, found)))
    return found


def _unused(colour: str, drawn: list[Drawn]) -> str:
    """A measure's colour, or the next one where another statistic of the same metric has it already."""
    used = {one.colour for one in drawn}
    slots = [colours.slot(number) for number in range(colours.SLOTS)]
    after = slots[slots.index(colour) :] + slots
    return next((slot for slot in after if slot not in used), colour)


def _shape(colour: str, drawn: list[Drawn]) -> tuple[str, str]:
    """The marker and the dash of the next line: what no line of its colour has, as long as there is one."""
    number = len(drawn)
    twins = [one.symbol for one in drawn if one.colour == colour]
    symbols = [SYMBOLS[(number + at) % len(SYMBOLS)] for at in range(len(SYMBOLS))]
    free = [symbol for symbol in symbols if symbol not in twins]
    return (free or symbols)[0], DASHES[len(twins) % len(DASHES)]


def measure_colour(made: Measure) -> str:
    return colours.slot(_METRIC_SLOTS.get(made.top.name, 4))


def entry(scene: Scene, one: Drawn) -> Entry:
    total = labels.number(one.line.total, one.line.measure) if one.line.total is not None else ""
    return Entry(one.name, one.colour, one.symbol, total, one.number)


def adds(scene: Scene, made: Measure) -> bool:
    """Whether the lines of a measure may be stacked on one another."""
    return made.kind in ("count", "sum") and bool(scene.result.group_by) and scene.result.groups_add


def trace_of(scene: Scene, one: Drawn, values: Sequence[Number | None]) -> Json:
    return {
        "name": shown(one.name),
        "x": list(range(len(values))),
        "y": all_rounded(values),
        "hoverinfo": "none",
        "meta": {"line": one.number},
    }


def all_rounded(values: Sequence[Number | None]) -> list[Number | None]:
    return [value if value is None or type(value) is int else rounded(value) for value in values]


def rounded(value: Number | None) -> Number | None:
    """Twelve significant digits: nobody sees the rest, and every page would carry it."""
    return value if value is None or isinstance(value, int) else float(f"{value:.12g}")


def line_metas(scene: Scene, drawn: Sequence[Drawn]) -> list[Json]:
    odd = [at for at, bucket in enumerate(scene.result.buckets) if not bucket.whole]
    return [_line_meta(scene, one, odd) for one in drawn]


def _line_meta(scene: Scene, one: Drawn, odd: Sequence[int]) -> Json:
    """`odd` are the buckets that are not whole."""
    # What the trace leaves out because it is drawn apart.
    apart = {str(at): rounded(value) for at in odd if (value := one.line.values[at]) is not None}
    meta: Json = {"name": one.name, "colour": one.colour, "symbol": one.symbol, "apart": apart}
    if one.line.kind == "group" and scene.result.group_by:
        meta["group"] = point_group(one.line.group)
    if one.line.before is not None:
        meta["before"] = all_rounded(one.line.before)
        # As the table says them.
        meta["changes"] = [
            labels.moved(now, before, one.line.measure) if scene.result.fair(at) else ""
            for at, (now, before) in enumerate(zip(one.line.values, one.line.before, strict=True))
        ]
    return meta


def point_group(group: series.Group) -> list[str]:
    """A group in an address: `=value`, or `!` where the value is missing."""
    return ["!" if part is None else f"={part}" for part in group]


def minutes(moment: datetime) -> float:
    """Minutes since 1970: short, and exact for every zone."""
    found = moment.timestamp() / 60
    return int(found) if found.is_integer() else found


def numbers(made: Measure) -> Json:
    """How the page writes numbers of this measure."""
    percent = labels.is_percent(made)
    places = 0 if made.kind in ("count", "distinct") else 2
    return {
        "percent": percent,
        "places": places,
        "thin": THIN,
        "decimal": get_format("DECIMAL_SEPARATOR"),
    }


def words() -> Json:
    return {
        "total": _("Total"),
        "before": _("before"),
        "none": _("no data"),
        "more": _("and %d more"),
    }


def shown(text: str) -> str:
    """A name as plotly shows it: its pseudo-HTML is taken literally, and a change of writing direction stays within."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return isolated(escaped)
