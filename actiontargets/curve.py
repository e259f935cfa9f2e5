"""The share answered within t as a drawing: a line in a box, the old and the new setting as crosses, and the same as a table. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log10
from typing import Any

from journeyadmin.servicelevel import duration_words, level_words, share_words

Json = Mapping[str, Any]
WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 28
# As high as the words beside a setting, on a small screen.
LINE = 24
SHARES = (0, 0.25, 0.5, 0.75, 1)
ROWS_MS = (5_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 90_000, 120_000, 180_000, 300_000)


@dataclass(frozen=True)
class Tick:
    at: str
    label: str


@dataclass(frozen=True)
class Setting:
    """A service level in the drawing, and what share the curve has at its time."""

    x: str
    y: str
    words: str
    reached: float | None
    # Where its words stand: on the side with more room, and not on the curve.
    anchor: str = "start"
    below: bool = False

    @property
    def dx(self) -> str:
        return "8" if self.anchor == "start" else "-8"

    @property
    def dy(self) -> str:
        """In heights of a letter, which is larger on small screens."""
        return "1.3em" if self.below else "-0.6em"


@dataclass(frozen=True)
class Drawing:
    path: str
    ticks_x: list[Tick]
    ticks_y: list[Tick]
    new: Setting | None
    old: Setting | None
    rows: list[tuple[str, str]]
    answered: int
    interval: str

    @property
    def reached_words(self) -> str:
        return _words(self.new)

    @property
    def old_reached_words(self) -> str:
        return _words(self.old)


def _words(setting: Setting | None) -> str:
    return share_words(round(setting.reached, 3)) if setting and setting.reached is not None else ""


def drawn(found: Json, old: tuple[float | None, int | None]) -> Drawing | None:
    """None where nobody was answered, so there is no curve. `old` is the setting before the last change."""
    points = _points(found.get("toAnswer"))
    if not points:
        return None
    new = (found.get("percentage"), found.get("durationMs"))
    longest = _longest(points, [one for one in (old[1], new[1]) if one])

    def x(ms: float) -> str:
        return f"{LEFT + min(1, ms / longest) * (WIDTH - LEFT - RIGHT):.1f}"

    def y(share: float) -> str:
        return f"{TOP + (1 - share) * (HEIGHT - TOP - BOTTOM):.1f}"

    def setting(share: Any, ms: Any) -> Setting | None:
        if share is None or ms is None:
            return None
        words = level_words({"serviceLevel": {"percentage": share, "durationMs": ms}})
        reached = share_at(points, ms)
        anchor = "start" if ms < longest / 2 else "end"
        return Setting(x(ms), y(share), words, reached, anchor, reached is not None and reached >= share)

    now, before = setting(*new), setting(*old) if old != new else None
    if now and before and now.below == before.below and abs(float(now.y) - float(before.y)) < LINE:
        before = replace(before, below=not before.below)
    shown = [point for point in points if point[0] <= longest]
    step = longest / 5
    return Drawing(
        path="M" + "L".join(f"{x(ms)} {y(share)}" for ms, share in shown),
        ticks_x=[Tick(x(step * number), duration_words(round(step * number))) for number in range(1, 6)],
        ticks_y=[Tick(y(share), share_words(share)) for share in SHARES],
        new=now,
        old=before,
        rows=[
            (duration_words(ms), share_words(round(share_at(points, ms) or 0, 3)))
            for ms in sorted({*ROWS_MS, *[int(one) for one in (old[1], new[1]) if one]})
            if ms <= longest
        ],
        answered=int(found.get("answered") or 0),
        interval=str(found.get("interval") or ""),
    )


def share_at(points: Sequence[tuple[float, float]], ms: float) -> float | None:
    """The share at a time, straight between two points; the last one beyond the end."""
    before = None
    for at, share in points:
        if at >= ms:
            if before is None or at == before[0]:
                return share
            return before[1] + (share - before[1]) * (ms - before[0]) / (at - before[0])
        before = (at, share)
    return before[1] if before else None


def _points(rows: Any) -> list[tuple[float, float]]:
    return [(float(row["ms"]), float(row["share"])) for row in rows or () if isinstance(row, Mapping)]


def _longest(points: Sequence[tuple[float, float]], times: Sequence[float]) -> int:
    """The end of the axis: where the curve is nearly flat and every setting fits, rounded up to a number people say."""
    flat = next((ms for ms, share in points if share >= points[-1][1] * 0.98), points[-1][0])
    wanted = max([flat, 10_000, *[time * 1.25 for time in times]])
    size = 10 ** int(log10(wanted))
    return int(next(ceil(part * size) for part in (1, 1.5, 2, 2.5, 3, 5, 7.5, 10) if part * size >= wanted))
