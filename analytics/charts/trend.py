"""The small trend beside a big number."""

from collections.abc import Sequence

from analytics.series import Bucket, Line


def trend(line: Line, buckets: Sequence[Bucket], width: int = 160, height: int = 40) -> str:
    """The points of a polyline over the whole buckets, for an SVG of this size; "" where there is no line."""
    whole = {at: value for at, value in enumerate(line.values) if value is not None and buckets[at].whole}
    values = whole.values()
    if len(values) < 2:
        return ""
    low, high = min(0, *values), max(values)
    room = (high - low) or 1
    points = []
    for at, value in whole.items():
        x = 2 + at * (width - 4) / (len(line.values) - 1)
        points.append(f"{x:.1f},{height - 2 - (value - low) / room * (height - 4):.1f}")
    return " ".join(points)
