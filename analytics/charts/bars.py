"""Bars of groups or measures over the whole range, the largest on top."""

from analytics import labels, series
from analytics.charts.scene import (
    Drawn,
    Json,
    Panel,
    Scene,
    drawn_lines,
    line_metas,
    numbers,
    rounded,
    shown,
    words,
)
from analytics.measures import Measure

LONGEST_LABEL = 34


def bars(scene: Scene) -> list[Panel]:
    """Horizontal bars, the largest on top; a panel for each measure of grouped answers, one for measures of one unit."""
    result = scene.result
    found = []
    parts = [[made] for made in result.measures] if result.group_by else [list(result.measures)]
    for part in parts:
        rows = drawn_lines(scene, part)
        found.append(_bar_panel(scene, part, rows))
    return found


def _bar_panel(scene: Scene, part: list[Measure], rows: list[Drawn]) -> Panel:
    whole = scene.result.all_of(part[0]) if scene.result.group_by else None
    values = [one.line.values[0] for one in rows]
    high = max((value for value in values if value is not None), default=0)
    low = min((value for value in values if value is not None), default=0)
    past = [one.line.before[0] for one in rows if one.line.before and one.line.before[0] is not None]
    high = max([high, 0, *[value for value in past if value is not None]])
    texts = []
    for one, value in zip(rows, values, strict=True):
        share = series.shares(one.line, whole)[0] if one.line.kind != "all" else None
        text = labels.number(value, one.line.measure)
        texts.append(f"{text}  {labels.percent(share)}" if share is not None else text)
    places = list(range(len(rows)))
    trace: Json = {
        "type": "bar",
        "orientation": "h",
        "x": [rounded(value) for value in values],
        "y": places,
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "none",
        "marker": {"color": [one.colour for one in rows], "line": {"width": 0}},
        "meta": {"line": 0},
    }
    data = [trace]
    if past:
        # The compared period as a thin bar under each.
        trace |= {"width": 0.58, "offset": -0.32}
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [rounded(one.line.before[0]) if one.line.before else None for one in rows],
                "y": places,
                "width": 0.1,
                "offset": 0.28,
                "marker": {"color": "@text-faint", "line": {"width": 0}},
                "hoverinfo": "skip",
                "showlegend": False,
                "meta": {"with": 0, "before": True},
            }
        )
    layout: Json = {
        "xaxis": {
            # The page leaves room beside it for the numbers at the bars' ends.
            "range": [min(low * 1.15, 0), high or 1],
            "showgrid": False,
            "showticklabels": False,
            "zeroline": low < 0,
        },
        "yaxis": {
            "range": [len(rows) - 0.5, -0.5],
            "tickvals": places,
            "ticktext": [shown(_cut(one.name)) for one in rows],
            "automargin": True,
            "showgrid": False,
        },
        "bargap": 0.35,
        "barmode": "overlay",
    }
    meta = {
        "kind": "bars",
        "lines": [
            line | {"value": rounded(value), "text": text}
            for line, value, text in zip(line_metas(scene, rows), values, texts, strict=True)
        ],
        "numbers": numbers(part[0]),
        "point": scene.point,
        "words": words(),
    }
    title = labels.measure(part[0]) if len(part) == 1 else ""
    height = max(120, 32 * len(rows) + 40)
    return Panel(title, {"data": data, "layout": layout, "meta": meta}, height, before="grey" if past else "")


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
