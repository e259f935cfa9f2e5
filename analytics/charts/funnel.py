"""The funnel of an action's life, with the reasons for blocking beside it (CHT12)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from analytics import labels
from analytics.charts.bars import bars
from analytics.charts.scene import Json, Panel, Scene, numbers, words
from analytics.measures import Measure
from analytics.parts import Number
from analytics.series import Result


@dataclass(frozen=True)
class Step:
    """A step of the funnel: its number, and as shares of the step before and of the first one (None: no data)."""

    measure: Measure
    count: Number | None
    of_before: float | None
    of_first: float | None


def funnel_steps(result: Result) -> list[Step]:
    """The steps of the life cycle with both percentages; a share of nothing is no data."""
    found: list[Step] = []
    for made in result.measures:
        line = result.all_of(made)
        count = line.total if line else None
        before, first = (found[-1].count, found[0].count) if found else (None, None)
        found.append(Step(made, count, _over(count, before), _over(count, first)))
    return found


def _over(count: Number | None, of: Number | None) -> float | None:
    return count / of if count is not None and of else None


def funnel(scene: Scene) -> list[Panel]:
    steps = funnel_steps(scene.result)
    places = list(range(len(steps)))
    high = max((step.count or 0 for step in steps), default=0) or 1
    texts = [_step_text(step) for step in steps]
    trace: Json = {
        "type": "bar",
        "orientation": "h",
        "x": [step.count or 0 for step in steps],
        "y": places,
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "none",
        "marker": {
            "color": ["@chart-1" if at == 0 else f"@chart-1/{1 - 0.13 * at:.2f}" for at in places],
            "line": {"width": 0},
        },
        "meta": {"line": 0},
    }
    layout: Json = {
        "xaxis": {"range": [0, high], "showgrid": False, "showticklabels": False, "zeroline": False},
        "yaxis": {
            "range": [len(steps) - 0.5, -0.5],
            "tickvals": places,
            "ticktext": [labels.measure(step.measure) for step in steps],
            "automargin": True,
            "showgrid": False,
        },
        "bargap": 0.25,
    }
    meta = {
        "kind": "bars",
        "lines": [
            {
                "name": labels.measure(step.measure),
                "colour": "@chart-1",
                "symbol": "square",
                "value": step.count,
                "text": text,
                # For a phone: the share of the step before; the first one's is in the table.
                "short": _short(step),
            }
            for step, text in zip(steps, texts, strict=True)
        ],
        "numbers": numbers(steps[0].measure),
        "words": words(),
    }
    found = [Panel(_("From qualified to engaged"), {"data": [trace], "layout": layout, "meta": meta}, 260)]
    if scene.blocked is not None and not scene.blocked.empty:
        beside = Scene(
            result=scene.blocked,
            span=scene.span,
            by=scene.by,
            now=scene.now,
            names=scene.names,
            colours=scene.names.colours(
                scene.blocked.group_by, [line.group for line in scene.blocked.lines if line.kind == "group"]
            ),
        )
        panel = bars(beside)[0]
        found.append(Panel(_("Blocked, by reason"), panel.figure, max(260, panel.height)))
    return found


def _short(step: Step) -> str:
    count = labels.number(step.count, step.measure)
    return count if step.of_before is None else f"{count}  {labels.percent(step.of_before)}"


def _step_text(step: Step) -> str:
    count = labels.number(step.count, step.measure)
    if step.of_first is None:
        return count
    return _("%(count)s  %(before)s of the step before, %(first)s of the first") % {
        "count": count,
        "before": labels.percent(step.of_before) if step.of_before is not None else labels.NO_DATA,
        "first": labels.percent(step.of_first),
    }
