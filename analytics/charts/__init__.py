"""Series → figures: plotly.js figures as plain JSON (https://plotly.com/javascript/reference/). Only this folder knows plotly.

Colours are tokens that the page fills in (`@chart-1`, `@text`, `@#light|#dark`, with `/0.4` for transparency), so that light
and dark follow the page. `meta` is ours: what the hover box, the keyboard and the line labels need; plotly ignores it.
The x axis counts buckets, so a day of 23 hours is as wide as its neighbours and no time zone is plotly's business.
"""

from analytics.charts.bars import bars
from analytics.charts.funnel import Step, funnel, funnel_steps
from analytics.charts.heat import HeatCell, heat, heat_cells
from analytics.charts.overtime import columns, lines, over_time, stack
from analytics.charts.scene import Entry, Mark, Panel, Scene, point_group, shown
from analytics.charts.trend import trend

__all__ = [
    "Entry",
    "HeatCell",
    "Mark",
    "Panel",
    "Scene",
    "Step",
    "funnel_steps",
    "heat_cells",
    "panels",
    "point_group",
    "shown",
    "trend",
]


def panels(chart: str, scene: Scene) -> list[Panel]:
    """The figures of an answer; none for a table, for a big number, and where there is nothing to draw."""
    if scene.result.empty or chart in ("table", "number"):
        return []
    if chart == "funnel":
        return funnel(scene)
    if chart == "heat":
        return [heat(scene, scene.result.measures[0])]
    if len(scene.result.buckets) == 1:
        return bars(scene)
    if chart == "bar":
        return over_time(scene, columns)
    return over_time(scene, stack if chart == "area" else lines)
